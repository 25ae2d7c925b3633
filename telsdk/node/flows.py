"""What this node writes into a Record-Route: a proof that it was this node, and which connection leads on.

A phone behind NAT or in a browser is reached by nothing but the flow that it opened; its Contact may be a name that
does not exist (RFC 7118 section 5). So the user part of the URI holds that flow, as RFC 5626 section 5.2 proposes
for edge proxies, under an HMAC with the Call-ID: in another call it is worth nothing, and nobody else can write it.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import secrets

from telsdk.errors import Refused
from telsdk.sip.hop import Hop
from telsdk.sip.limits import MAX_REMEMBERED_LENGTH

_MAC_BYTES = 12
_TO_URL = bytes.maketrans(b"+/", b"-_")  # RFC 4648 section 5
_FROM_URL = bytes.maketrans(b"-_", b"+/")
MAX_KNOWN = (
    16_384  # tokens that are not worked out again: two for each of the calls that are being set up or ended
)


class ForgedRoute(Refused):
    """A Route names this node, and this node did not write it into this call."""


class FlowTokens:
    """Writes and reads the user parts. The secret lives as long as the process, like the flows."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)
        # Those that a call brings again, by all that decides; made anew when it was emptied.
        self._known: dict[tuple[str, str, str, str, tuple[str, int] | None], Hop | None] = {}

    def write(self, call_id: str, hop: Hop | None) -> str:
        """Return the token for one side of a call; `hop` where only it leads there, else None: the URI leads on."""
        way = "" if hop is None else _encode(hop)
        return self._mac(call_id, way) + way

    def write_both(self, call_id: str, caller_tag: str, callee: Hop | None, caller: Hop | None) -> str:
        """Return the token for both sides of a call that come by one listener, each as `write` takes it.

        Args:
            caller_tag: the tag of From in the INVITE: whoever sends with it later is the caller.
        """
        ways = f".{'' if callee is None else _encode(callee)}.{'' if caller is None else _encode(caller)}"
        return self._mac(call_id, caller_tag, ways) + ways

    def read(
        self,
        call_id: str,
        token: str | None,
        from_tag: str = "",
        to_tag: str = "",
        place: tuple[str, int] | None = None,
    ) -> Hop | None:
        """Return the hop that leads on from who sends.

        Args:
            from_tag, to_tag: of the request within the call that has the token.
            place: where whoever is there opened its connection to, as the URI with the token says.

        Raises:
            ForgedRoute: it is none of ours, or of another call.
        """
        token = token or ""
        key = (call_id, token, from_tag, to_tag, place)
        if key in self._known:
            return self._known[key]
        mac, way = token[: 2 * _MAC_BYTES], token[2 * _MAC_BYTES :]
        if way.startswith("."):
            if self._matches(mac, call_id, from_tag, way):
                way = way.split(".")[1]
            elif self._matches(mac, call_id, to_tag, way):
                way = way.split(".")[2]
            else:
                raise ForgedRoute("this call does not go by this node")
        elif not self._matches(mac, call_id, way):
            raise ForgedRoute("this call does not go by this node")
        hop = _decode(way, place) if way else None
        if (
            len(call_id) + len(from_tag) + len(to_tag) <= MAX_REMEMBERED_LENGTH
        ):  # peers choose how long those are
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known[key] = hop
        return hop

    def _matches(self, mac: str, *parts: str) -> bool:
        return hmac.compare_digest(mac.encode(), self._mac(*parts).encode())

    def _mac(self, *parts: str) -> str:
        text = "\0".join(parts).encode()
        return hashlib.blake2b(text, key=self._secret, digest_size=_MAC_BYTES).hexdigest()


def _encode(hop: Hop) -> str:
    text = f"{hop.transport} {hop.host} {hop.port} {'' if hop.flow is None else hop.flow}"
    return binascii.b2a_base64(text.encode(), newline=False).translate(_TO_URL, b"=").decode()


def _decode(way: str, place: tuple[str, int] | None) -> Hop:
    try:
        padded = way.encode().translate(_FROM_URL) + b"=="  # what is more than needed is passed over
        transport, host, port, flow = binascii.a2b_base64(padded).decode().split(" ")
    except (binascii.Error, ValueError) as error:  # not ours: the HMAC says that it is
        raise ForgedRoute("this call does not go by this node") from error
    return Hop(transport, host, int(port), int(flow) if flow else None, is_source=True, taken_at=place)
