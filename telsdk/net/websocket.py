"""SIP over WebSocket (RFC 7118): one SIP message in each WebSocket message, subprotocol ``sip``.

The `websockets` package does handshake and frames (RFC 6455); its core touches no socket either. No extension is
offered or accepted: a few compressed bytes could unpack to a message of any size.
"""

from __future__ import annotations

import logging
from http import HTTPStatus

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidState, NegotiationError
from websockets.frames import CloseCode, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import Event as WebSocketEvent
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol
from websockets.uri import WebSocketURI

from telsdk.net.limits import MAX_WEBSOCKET_HANDSHAKE
from telsdk.sip.errors import SipParseError
from telsdk.sip.limits import MAX_MESSAGE
from telsdk.sip.message import PING, PONG, KeepAlive, Malformed, StreamEvent, parse

SUBPROTOCOL = Subprotocol("sip")
"""By it the other side knows that this is SIP (RFC 7118 section 4.1)."""

_log = logging.getLogger("telsdk.net.websocket")
_HEAD_END = b"\r\n\r\n"
_BAD_HEAD = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)


class WebSocketFraming:
    """The framing of a WebSocket connection, at either end. See `telsdk.net.framing.Framing`."""

    secured = True

    def __init__(self, protocol: ServerProtocol | ClientProtocol) -> None:
        self._protocol = protocol
        self._head = bytearray()  # of the handshake, until all of it has come
        self._message = bytearray()  # the fragments of a message whose last is still on its way
        self._is_text = False
        self._output: list[bytes] = []
        self.ended = False
        self.refusal: str | None = None

    @classmethod
    def server(cls) -> WebSocketFraming:
        """Return the framing of a connection that a client opened."""
        return cls(ServerProtocol(subprotocols=[SUBPROTOCOL], max_size=MAX_MESSAGE, logger=_log))

    @classmethod
    def client(cls, host: str, port: int, *, secure: bool) -> WebSocketFraming:
        """Return the framing of a connection that we opened. The handshake is its first output."""
        uri = WebSocketURI(secure, host, port, "/", "")
        protocol = ClientProtocol(uri, subprotocols=[SUBPROTOCOL], max_size=MAX_MESSAGE, logger=_log)
        protocol.send_request(protocol.connect())
        return cls(protocol)

    @property
    def ready(self) -> bool:
        return self._protocol.state is State.OPEN and not self.ended

    @property
    def closing(self) -> bool:
        return self._protocol.close_expected()

    def feed(self, data: bytes) -> list[StreamEvent]:
        if self.ended:
            return []
        if self._protocol.state is State.CONNECTING:
            return self._handshake(data)
        self._protocol.receive_data(data)
        return [event for frame in self._protocol.events_received() for event in self._frame(frame)]

    def send(self, message: bytes) -> None:
        try:
            if _is_utf8(message):
                self._protocol.send_text(message)
            else:
                self._protocol.send_binary(message)
        except InvalidState:
            return  # the connection is closing: the stack is told when it is gone

    def ping(self) -> None:
        if self.ready:
            self._protocol.send_ping(b"")

    def close(self, reason: str) -> None:
        """Begin the closing handshake (RFC 6455 7.1.2) with code 1001, "going away"."""
        if self.ready:
            self._protocol.send_close(CloseCode.GOING_AWAY, reason)
        else:
            self.ended = True

    def take_output(self) -> bytes:
        for data in self._protocol.data_to_send():
            if data:
                self._output.append(data)
            else:
                self.ended = True  # the package's sign for the end of the stream
        taken, self._output = self._output, []
        return b"".join(taken)

    # The handshake (RFC 6455 section 4)

    def _handshake(self, data: bytes) -> list[StreamEvent]:
        # The package gets the head alone: what a hasty peer sends behind it must wait for our answer.
        searched = max(0, len(self._head) - len(_HEAD_END) + 1)
        self._head += data
        end = self._head.find(_HEAD_END, searched)
        if (len(self._head) if end < 0 else end) > MAX_WEBSOCKET_HANDSHAKE:
            self.ended, self.refusal = True, "its WebSocket handshake is too long"
            return []
        if end < 0:
            return []
        head, rest = bytes(self._head[: end + len(_HEAD_END)]), bytes(self._head[end + len(_HEAD_END) :])
        self._head.clear()
        if not head.isascii():
            # RFC 9110 5.5. Besides, the package raises when it has to quote such a header.
            self._output.append(_BAD_HEAD if isinstance(self._protocol, ServerProtocol) else b"")
            self.ended, self.refusal = True, "its WebSocket handshake is not ASCII"
            return []
        self._protocol.receive_data(head)
        for event in self._protocol.events_received():
            if isinstance(event, Request) and isinstance(self._protocol, ServerProtocol):
                self._answer(self._protocol, event)
        self._check_answer()
        if not self.ready:
            self.ended = True
            return []
        return [KeepAlive(ping=False), *(self.feed(rest) if rest else ())]

    def _answer(self, protocol: ServerProtocol, request: Request) -> None:
        response = protocol.accept(request)
        if isinstance(protocol.handshake_exc, NegotiationError):
            response = protocol.reject(
                HTTPStatus.BAD_REQUEST,
                "This is SIP over WebSocket (RFC 7118): "
                f"ask for the subprotocol by the header Sec-WebSocket-Protocol: {SUBPROTOCOL}\n",
            )
        protocol.send_response(response)

    def _check_answer(self) -> None:
        if not isinstance(self._protocol, ClientProtocol):
            return
        if self._protocol.state is State.OPEN and self._protocol.subprotocol != SUBPROTOCOL:
            self._protocol.fail(CloseCode.PROTOCOL_ERROR, "subprotocol sip is missing")
            self.refusal = "it speaks WebSocket, but not SIP (its handshake names no subprotocol sip)"
        elif self._protocol.state is not State.OPEN:
            self.refusal = (
                f"its WebSocket handshake says no: {self._protocol.handshake_exc or 'nothing more'}"
            )

    # Messages (RFC 7118 section 4.2, RFC 6455 section 5.4)

    def _frame(self, frame: WebSocketEvent) -> list[StreamEvent]:
        if isinstance(frame, Request | Response) or self.ended:
            return []
        if frame.opcode not in _DATA:
            return [KeepAlive(ping=False)]
        if frame.opcode is not Opcode.CONT:
            self._is_text = frame.opcode is Opcode.TEXT
        self._message += frame.data
        if not frame.fin:
            return []
        data = bytes(self._message)
        self._message.clear()
        if self._is_text and not _is_utf8(data):
            self._protocol.fail(CloseCode.INVALID_DATA, "text that is not UTF-8")  # RFC 6455 8.1
            return []
        return [self._read(data)]

    def _read(self, data: bytes) -> StreamEvent:
        if not data.strip(b"\r\n"):
            if data.startswith(PING):  # RFC 5626 3.5.1, as RFC 7118 section 6 allows
                self.send(PONG)
            return KeepAlive(ping=data.startswith(PING))
        try:
            return parse(data)
        except SipParseError as error:
            return Malformed(error, fatal=False)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
