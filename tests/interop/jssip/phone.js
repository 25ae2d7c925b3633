// A JsSIP user agent without a browser, driven by lines of JSON.
//
// Its signalling is all JsSIP's own, over the WebSocket of the npm package "ws"; its media is that of "werift".
//
//   node phone.js URL URI USER PASSWORD
//   in:  {"do": "call", "to": URI} | {"do": "hang_up"} | {"do": "drop"} | {"do": "stop"}
//   out: {"event": "registered" | "incoming" | "confirmed" | "heard" | "ended" | "failed" | ..., ...}
"use strict";

const readline = require("node:readline");
const { WebSocket } = require("ws");
const media = require("./media.js");

const [url, uri, user, password] = process.argv.slice(2);
const tell = (event, facts = {}) => process.stdout.write(JSON.stringify({ event, ...facts }) + "\n");

class SessionDescription {
  constructor({ type, sdp }) {
    this.type = type;
    this.sdp = sdp;
  }
}

globalThis.window = globalThis; // where JsSIP looks for it
globalThis.WebSocket = WebSocket;
globalThis.RTCPeerConnection = media.peerConnection(() => tell("heard"));
globalThis.RTCSessionDescription = SessionDescription;
const JsSIP = require("jssip");

const phone = new JsSIP.UA({
  sockets: [new JsSIP.WebSocketInterface(url)],
  uri,
  authorization_user: user,
  password,
  register_expires: 600,
  connection_recovery_min_interval: 1,
  connection_recovery_max_interval: 1,
});

let call = null;

function watch(session) {
  call = session;
  for (const name of ["progress", "accepted", "confirmed", "ended", "failed"]) {
    session.on(name, (data) => tell(name, { originator: data.originator, cause: data.cause }));
  }
}

for (const name of ["connected", "disconnected", "registered"]) {
  phone.on(name, () => tell(name));
}
phone.on("registrationFailed", (data) => {
  tell("registrationFailed", { cause: data.cause, status: data.response && data.response.status_code });
});
phone.on("newRTCSession", ({ originator, session }) => {
  watch(session);
  if (originator === "remote") {
    tell("incoming", { from: session.remote_identity.uri.toString() });
    session.answer({ mediaStream: media.stream() });
  }
});
phone.on("newMessage", ({ originator, message, request }) => {
  if (originator === "remote") {
    tell("message", { text: request.body });
    return;
  }
  message.on("succeeded", () => tell("message sent"));
  message.on("failed", (data) => tell("message failed", { cause: data.cause }));
});

const commands = {
  call: ({ to }) => phone.call(to, { mediaStream: media.stream() }),
  message: ({ to, text }) => phone.sendMessage(to, text),
  hang_up: () => call.terminate(),
  drop: () => phone.transport.socket._ws.terminate(),
  stop: () => {
    phone.on("disconnected", () => process.exit(0));
    phone.stop();
  },
};

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const command = JSON.parse(line);
  commands[command.do](command);
});
phone.start();
