"""A binding: one place where a user is, and how two of them are told apart (RFC 3261 10.3, RFC 5626 section 6).

A user agent that follows RFC 5626 registers the same device over several connections, its flows. They share
`+sip.instance` and differ in `reg-id`; whoever asks for the user tries one of them at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from telsdk.clock import Monotonic
from telsdk.sip.hop import Hop
from telsdk.sip.message import PATH, NameAddr, Request, Uri

MAX_REG_ID: Final = 2**31 - 1
"""RFC 5626 section 9."""

_EXPIRES: Final = "expires="


class Binding:
    """One place where a user is. Immutable; a node keeps one for each of its users, so it holds little.

    Attributes:
        contact_text: the Contact as it was given, without expires.
        hop: the way back by which the REGISTER came; for a phone behind NAT the only way.
        path: what requests to the contact pass before it (RFC 3327).
        flow_id: which flow of which device this is, where it was registered as one: instance and reg-id.
        agent: the User-Agent of the REGISTER; empty: it named none.
    """

    __slots__ = (
        "agent", "call_id", "contact_text", "cseq", "expires_at", "flow_id", "hop", "path", "q", "updated_at",
    )  # fmt: skip

    def __init__(
        self,
        contact_text: str,
        hop: Hop,
        expires_at: Monotonic,
        call_id: str,
        cseq: int,
        q: float = 1.0,
        path: tuple[NameAddr, ...] = (),
        updated_at: Monotonic = Monotonic(0.0),
        flow_id: tuple[str, int] | None = None,
        agent: str = "",
    ) -> None:
        self.contact_text = contact_text
        self.hop = hop
        self.expires_at = expires_at
        self.call_id = call_id
        self.cseq = cseq
        self.q = q
        self.path = path
        self.updated_at = updated_at
        self.flow_id = flow_id
        self.agent = agent

    @property
    def contact(self) -> NameAddr:
        """Where the user is: read from the text when somebody asks, for most bindings are never called."""
        return NameAddr.parse(self.contact_text)

    def is_same_place(self, other: Binding) -> bool:
        """Return whether a newer one replaces this: the same flow, or else an equivalent URI (19.1.4)."""
        if self.flow_id or other.flow_id:
            return self.flow_id == other.flow_id
        return self.contact_text == other.contact_text or same_uri(self.contact.uri, other.contact.uri)

    def is_same_device(self, other: Binding) -> bool:
        """Return whether both are probably of one device, which has come to another place since.

        It says so by its instance (RFC 5626 4.1), keeps the Call-ID of its registrations (RFC 3261 10.2), or is the
        same user agent at the same address. Where two have an instance, that alone counts.
        """
        mine, its = self.contact.param("+sip.instance"), other.contact.param("+sip.instance")
        if mine and its:
            return mine == its
        if self.call_id == other.call_id:
            return True
        return bool(self.agent) and self.agent == other.agent and self.hop.host == other.hop.host

    def refreshed(self, by: Binding) -> Binding:
        """Return one that is equal to `by`, and shares what is equal with this, or each refresh would keep both."""
        return Binding(
            self.contact_text if self.contact_text == by.contact_text else by.contact_text,
            self.hop if is_all_the_same(self.hop, by.hop) else by.hop,
            by.expires_at,
            self.call_id if self.call_id == by.call_id else by.call_id,
            by.cseq,
            by.q,
            self.path if self.path == by.path else by.path,
            by.updated_at,
            self.flow_id if self.flow_id == by.flow_id else by.flow_id,
            self.agent if self.agent == by.agent else by.agent,
        )

    def __repr__(self) -> str:
        return f"<Binding {self.contact_text} over {self.hop} until {self.expires_at}>"


def same_uri(one: Uri, other: Uri) -> bool:
    """Return whether both are one place. Most are not, and differ in what is quickly seen."""
    return one == other or (one.user == other.user and one.host == other.host and one.equivalent(other))


def is_all_the_same(one: Hop, other: Hop) -> bool:
    """Return whether nothing tells two hops apart, not even what does not count when they are compared."""
    return one is other or (
        one == other and one.is_source == other.is_source and one.taken_at == other.taken_at
    )


def split_expires(contact: str) -> tuple[str, str | None]:
    """Return a Contact value without the ``expires`` at its end, and what that says; None where none ends it.

    What is before the last semicolon is a value of its own: digits cannot end a URI in brackets, or a quoted string.
    """
    before, semicolon, last = contact.rpartition(";")
    if semicolon and last.startswith(_EXPIRES):
        digits = last[len(_EXPIRES) :]
        if digits.isascii() and digits.isdecimal():
            return before.rstrip(" \t"), digits
    return contact, None


def flow_id(contact: NameAddr) -> tuple[str, int] | None:
    """Return instance and reg-id; None where one of them is missing or malformed: then it is no flow."""
    if not contact.params:
        return None
    instance, number = contact.param("+sip.instance"), contact.param("reg-id")
    if not instance or not number or not (number.isascii() and number.isdecimal()) or len(number) > 10:
        return None
    return (instance, int(number)) if 0 < int(number) <= MAX_REG_ID else None


def is_direct(request: Request) -> bool:
    """Return whether nobody has passed a request on: it has one Via."""
    headers = request.headers
    if "via" not in headers.shape.doubled and "," not in headers.raw[headers.shape.first["via"]]:
        return True
    return len(request.vias) == 1


def first_hop_knows_flows(request: Request) -> bool:
    """Return whether the server that the user agent is connected to keeps its flow (RFC 5626 section 6).

    That is this one, when it came directly; else the one that put the last Path there, and said ``ob``.
    """
    if is_direct(request):
        return True
    paths = PATH.of(request)
    return bool(paths) and paths[-1].uri.has("ob")


def by_user_agent(bindings: Sequence[Binding]) -> list[list[Binding]]:
    """Return them, those of one device together, its newest flow first (RFC 5626 5.3); else in their order."""
    if len(bindings) == 1:
        return [[bindings[0]]]
    groups: dict[object, list[Binding]] = {}
    for at, one in enumerate(bindings):
        flow = one.flow_id
        groups.setdefault(flow[0] if flow else at, []).append(one)
    return [sorted(group, key=lambda one: -one.updated_at) for group in groups.values()]
