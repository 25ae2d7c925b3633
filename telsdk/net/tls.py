"""TLS of one connection (RFC 8446), between the octets of the wire and the framing within. It touches no socket.

asyncio's own TLS keeps a buffer of 256 KiB for each connection, and objects around it: 290 kB a user.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable

from telsdk.errors import Refused
from telsdk.net.certificates import certificate_refusal
from telsdk.net.framing import Framing
from telsdk.net.limits import TLS_PORTION
from telsdk.sip.message import StreamEvent

CheckPeer = Callable[[ssl.SSLObject], None]
"""Checks that a TLS peer is the one that is expected; raises Refused when it is not."""


class TlsFraming:
    """A framing within TLS, itself a `telsdk.net.framing.Framing`: what it is fed and what it gives out is encrypted.

    Args:
        inner: how messages lie within.
        context: how TLS is set up. If it checks names, it compares `host` with the peer's certificate.
        host: the host that we connect to; None for a connection that a peer opens.
        check: checks the peer's certificate besides; None if there is no more to check.

    Raises:
        ValueError: `host` cannot be the name of a TLS server.
    """

    __slots__ = (
        "_check",
        "_host",
        "_incoming",
        "_inner",
        "_notified",
        "_outgoing",
        "_refusal",
        "_tls",
        "ended",
        "secured",
    )

    def __init__(
        self,
        inner: Framing,
        context: ssl.SSLContext,
        host: str | None = None,
        check: CheckPeer | None = None,
    ) -> None:
        self._inner = inner
        self._host = host or "the peer"
        self._check = check
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, host is None, host)
        self._notified = False  # our close_notify is out: nothing more is sent
        self._refusal: str | None = None
        self.secured = False
        self.ended = False

    @property
    def ready(self) -> bool:
        return self.secured and not self._notified and self._inner.ready

    @property
    def closing(self) -> bool:
        return self._notified or self._inner.closing

    @property
    def refusal(self) -> str | None:
        return self._refusal or self._inner.refusal

    def feed(self, data: bytes) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        if self.ended:
            return events
        # OpenSSL keeps a buffer as large as the most that ever waited in it. So little may wait at a time.
        for start in range(0, len(data), TLS_PORTION):
            self._incoming.write(data[start : start + TLS_PORTION])
            self._read_into(events)
        return events

    def send(self, message: bytes) -> None:
        self._inner.send(message)

    def ping(self) -> None:
        self._inner.ping()

    def close(self, reason: str) -> None:
        if self.secured:
            self._inner.close(reason)
        else:
            self.ended = True

    def take_output(self) -> bytes:
        if not self.ended:
            self._proceed()
        return self._outgoing.read() if self._outgoing.pending else b""

    def _proceed(self) -> None:
        """Encrypt what there is to send; begin or end TLS where it is time for that."""
        if not self.secured:
            self._handshake()
        elif not self._notified:
            self._write(self._inner.take_output())
            if self._inner.ended:
                self._close()

    def _handshake(self) -> None:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return
        except ssl.SSLCertVerificationError as error:
            self._fail(str(certificate_refusal(error, self._host)))
            return
        except ssl.SSLError as error:
            self._fail(f"TLS comes to nothing: {error.reason or error}")
            return
        try:
            if self._check is not None:
                self._check(self._tls)
        except Refused as error:
            self._fail(str(error))
            self._outgoing.read()  # the peer is another one: it gets no further byte
        else:
            self.secured = True

    def _read_into(self, events: list[StreamEvent]) -> None:
        if not self.secured:
            self._handshake()
        try:
            # Do not read until OpenSSL wants more: it says so by an exception, which costs more than the message.
            while self._is_readable():
                data = self._tls.read(TLS_PORTION)
                if not data:  # its close_notify
                    self._close()
                    return
                events += self._inner.feed(data)
            if self._notified and not self.ended:
                self._tls.unwrap()
                self.ended = True
        except ssl.SSLWantReadError:
            return
        except ssl.SSLError as error:
            self._fail(f"TLS is broken: {error.reason or error}")

    def _is_readable(self) -> bool:
        waits = self._incoming.pending or self._tls.pending()
        return bool(waits) and self.secured and not self.ended and not self._notified

    def _write(self, data: bytes) -> None:
        try:
            while data:
                data = data[self._tls.write(data) :]
        except ssl.SSLError as error:
            self._fail(f"TLS is broken: {error.reason or error}")

    def _close(self) -> None:
        """Send close_notify (RFC 8446 6.1). The connection has ended once the peer has sent its own."""
        self._notified = True
        try:
            self._tls.unwrap()
        except ssl.SSLWantReadError:
            return
        except ssl.SSLError as error:
            self._fail(f"TLS is broken: {error.reason or error}")
        else:
            self.ended = True

    def _fail(self, reason: str) -> None:
        self._refusal = self._refusal or reason
        self.ended = True
