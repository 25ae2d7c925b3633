// What a browser would bring to JsSIP, from the npm package "werift": WebRTC in plain JavaScript.
//
// Each call sends a tone in PCMU, and tells once it has heard a second of the other side.
"use strict";

const werift = require("werift");

const RATE = 8000; // samples a second
const FRAME = 160; // samples in a packet: 20 ms
const TONE = 440; // Hz
const SECOND = 50; // packets

// G.711: sign, exponent and mantissa of the biased magnitude, all bits turned.
function ulaw(sample) {
  const magnitude = Math.min(Math.abs(sample), 32635) + 132;
  const exponent = Math.max(0, 24 - Math.clz32(magnitude));
  const mantissa = (magnitude >> (exponent + 3)) & 15;
  return ~((sample < 0 ? 128 : 0) | (exponent << 4) | mantissa) & 255;
}

// A track that plays the tone until it is stopped.
function tone() {
  const track = new werift.MediaStreamTrack({ kind: "audio" });
  let sent = 0;
  const timer = setInterval(() => {
    const sound = Buffer.alloc(FRAME);
    for (let at = 0; at < FRAME; at++) {
      sound[at] = ulaw(Math.round(8000 * Math.sin((2 * Math.PI * TONE * (sent * FRAME + at)) / RATE)));
    }
    const header = new werift.RtpHeader({
      payloadType: 0,
      sequenceNumber: sent & 65535,
      timestamp: (sent * FRAME) >>> 0,
      ssrc: 1,
    });
    track.writeRtp(new werift.RtpPacket(header, sound));
    sent++;
  }, 20);
  timer.unref();
  return track;
}

// A MediaStream, as far as JsSIP looks at one.
function stream() {
  const tracks = [tone()];
  return { id: "tone", getTracks: () => tracks, getAudioTracks: () => tracks, getVideoTracks: () => [] };
}

// The class that JsSIP looks for: PCMU alone, on loopback; JsSIP gives null where werift wants nothing.
function peerConnection(heard) {
  return class extends werift.RTCPeerConnection {
    constructor() {
      const pcmu = new werift.RTCRtpCodecParameters({
        mimeType: "audio/PCMU",
        clockRate: RATE,
        channels: 1,
        payloadType: 0,
      });
      super({
        codecs: { audio: [pcmu], video: [] },
        iceServers: [],
        iceUseIpv6: false,
        iceAdditionalHostAddresses: ["127.0.0.1"],
      });
      this.onTrack.subscribe((track) => {
        let packets = 0;
        track.onReceiveRtp.subscribe(() => ++packets === SECOND && heard());
      });
    }
    createOffer() {
      return super.createOffer({});
    }
    createAnswer() {
      return super.createAnswer();
    }
    // A phone names no mid; a browser does without (RFC 9429 section 5.10), werift does not.
    setRemoteDescription({ type, sdp }) {
      const named = /^a=mid:/m.test(sdp) ? sdp : sdp.replace(/^(m=audio .*)$/m, "$1\r\na=mid:0").replace(/\r\r/g, "\r");
      return super.setRemoteDescription({ type, sdp: named });
    }
  };
}

module.exports = { peerConnection, stream };
