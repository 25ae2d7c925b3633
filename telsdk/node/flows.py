"""What this node writes into a Record-Route: a proof that it was this node, and the ways to both ends of the dialog.

A phone behind NAT or in a browser is reached by nothing but the flow that it opened; its Contact may be a name that
does not exist (RFC 7118 section 5). So the user part of the URI holds that flow, as RFC 5626 section 5.2 proposes
for edge proxies. It holds the way to any other end too: else the Request-URI and the Routes that a sender writes would
say where this node sends. A keyed hash binds it to the Call-ID and to the caller's tag, and where the way was learned
from an answer, to the callee's tag: in another dialog it is worth nothing, and nobody else can write it.
"""

from __future__ import annotations

import base64
import binascii
import enum
import hashlib
import hmac
import secrets
from typing import Final

from telsdk.errors import Refused
from telsdk.net.route import place_text
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


class WayKind(enum.Enum):
    """What a way leads to, and so why it may be gone."""

    END = "e"  # the connection or address that the end itself sends from
    PROXY = "p"  # a proxy of somebody else, at the host that it sends from
    LISTED = "l"  # a node of the list on chain, which says its key
    KEY = "k"  # a user client: wherever it says it is, it has to show this key there


_KINDS: Final = {kind.value: kind for kind in WayKind}


class Way:
    """How one end of a dialog is reached. Immutable.

    Attributes:
        user: whose binding at this node may stand for it by now; empty: nobody's.
        listed: the place of a node in the list on chain, hub and index; None for any other kind.
    """

    __slots__ = ("hop", "kind", "listed", "user")

    def __init__(
        self, kind: WayKind, hop: Hop, user: str = "", listed: tuple[int, int] | None = None
    ) -> None:
        self.kind = kind
        self.hop = hop
        self.user = user
        self.listed = listed

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Way) and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash(self._parts())

    def __repr__(self) -> str:
        return f"<Way to {self.kind.name} {self.hop} of {self.user or 'nobody here'}>"

    def _parts(self) -> tuple[object, ...]:
        return (self.kind, self.hop, self.user, self.listed)


class FlowTokens:
    """Writes and reads the user parts. The secret lives as long as the process, like the flows."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)
        # Those that a call brings again, by all that decides; made anew when it was emptied.
        self._known: dict[tuple[str, str, str, str, tuple[str, int] | None], Way | None] = {}

    def write(self, call_id: str, caller_tag: str, callee: Way | None, caller: Way | None) -> str:
        """Return the token for both sides of a call; None where the way is not known, and leads nowhere.

        Args:
            caller_tag: the tag of From in the INVITE: whoever sends with it later is the caller.
        """
        ways = f".{_encode(callee)}.{_encode(caller)}"
        return self._mac(call_id, caller_tag, ways) + ways

    def write_answered(self, call_id: str, caller_tag: str, callee_tag: str, callee: Way) -> str:
        """Return the token for the caller alone, where the way to the callee was learned from their answer."""
        way = f"~{_encode(callee)}"
        return self._mac(call_id, caller_tag, callee_tag, way) + way

    def read(
        self,
        call_id: str,
        token: str | None,
        from_tag: str,
        to_tag: str,
        place: tuple[str, int] | None = None,
    ) -> Way | None:
        """Return the way from whoever sends to the other end; None where this node has not learned it.

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
        text = self._proven(call_id, token, from_tag, to_tag)
        way = _decode(text, place) if text else None
        if (
            len(call_id) + len(from_tag) + len(to_tag) <= MAX_REMEMBERED_LENGTH
        ):  # peers choose how long those are
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known[key] = way
        return way

    def _proven(self, call_id: str, token: str, from_tag: str, to_tag: str) -> str:
        mac, ways = token[: 2 * _MAC_BYTES], token[2 * _MAC_BYTES :]
        if ways.startswith("."):
            if self._matches(mac, call_id, from_tag, ways):
                return ways.split(".")[1]
            if self._matches(mac, call_id, to_tag, ways):
                return ways.split(".")[2]
        elif ways.startswith("~") and self._matches(mac, call_id, from_tag, to_tag, ways):
            return ways[1:]
        raise ForgedRoute("this call does not go by this node")

    def _matches(self, mac: str, *parts: str) -> bool:
        return hmac.compare_digest(mac.encode(), self._mac(*parts).encode())

    def _mac(self, *parts: str) -> str:
        text = "\0".join(parts).encode()
        return hashlib.blake2b(text, key=self._secret, digest_size=_MAC_BYTES).hexdigest()


def _encode(way: Way | None) -> str:
    if way is None:
        return ""
    hop = way.hop
    flow = "" if hop.flow is None else hop.flow
    listed = "" if way.listed is None else place_text(*way.listed)
    text = f"{way.kind.value} {hop.transport} {hop.host} {hop.port} {flow} {way.user} {listed}"
    for pin in sorted(hop.pins):
        text += f" {base64.b64encode(pin).decode()}"
    return binascii.b2a_base64(text.encode(), newline=False).translate(_TO_URL, b"=").decode()


def _decode(text: str, place: tuple[str, int] | None) -> Way:
    try:
        padded = text.encode().translate(_FROM_URL) + b"=="  # what is more than needed is passed over
        text = binascii.a2b_base64(padded).decode()
        kind, transport, host, port, flow, user, listed, *pins = text.split(" ")
        hub, _, index = listed.partition(".")
        known = _KINDS[kind]
        return Way(
            known,
            Hop(
                transport,
                host,
                int(port),
                int(flow) if flow else None,
                frozenset([base64.b64decode(pin) for pin in pins]),
                is_source=known is WayKind.END,
                taken_at=place,
            ),
            user,
            (int(hub), int(index)) if listed else None,
        )
    except (binascii.Error, KeyError, ValueError) as error:  # not ours: the keyed hash says that it is
        raise ForgedRoute("this call does not go by this node") from error
