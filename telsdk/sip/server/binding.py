"""A binding: one place where a user is, and how two of them are told apart (RFC 3261 10.3, RFC 5626 section 6).

A user agent that follows RFC 5626 registers the same device over several connections, its flows. They share
`+sip.instance` and differ in `reg-id`; whoever asks for the user tries one of them at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from telsdk.clock import Monotonic
from telsdk.sip.hop import Hop
from telsdk.sip.message import PATH, NameAddr, Request, Uri

MAX_REG_ID = 2**31 - 1
"""RFC 5626 section 9."""


@dataclass(frozen=True, slots=True)
class Binding:
    """One place where a user is."""

    contact: NameAddr  # as it was given, without expires
    hop: Hop  # the way back by which the REGISTER came; for a phone behind NAT the only way
    expires_at: Monotonic
    call_id: str
    cseq: int
    q: float = 1.0
    path: tuple[NameAddr, ...] = ()  # RFC 3327: what requests to the contact pass before it
    updated_at: Monotonic = Monotonic(0.0)

    @property
    def flow_id(self) -> tuple[str, int] | None:
        """Which flow of which device this is, where it was registered as one."""
        return flow_id(self.contact)

    def is_same_place(self, other: Binding) -> bool:
        """Whether a newer one replaces this: the same flow, or else an equivalent URI (19.1.4)."""
        if self.flow_id or other.flow_id:
            return self.flow_id == other.flow_id
        return same_uri(self.contact.uri, other.contact.uri)

    def as_before(self, old: Binding) -> Binding:
        """Return an equal binding that shares what is equal with `old`, or each refresh would keep both."""
        return replace(
            self,
            contact=old.contact if old.contact == self.contact else self.contact,
            hop=old.hop if _is_all_the_same(old.hop, self.hop) else self.hop,
            call_id=old.call_id if old.call_id == self.call_id else self.call_id,
            path=old.path if old.path == self.path else self.path,
        )


def same_uri(one: Uri, other: Uri) -> bool:
    """Whether both are one place. Most are not, and differ in what is quickly seen."""
    return one == other or (one.user == other.user and one.host == other.host and one.equivalent(other))


def _is_all_the_same(one: Hop, other: Hop) -> bool:
    return (one, one.is_source, one.taken_at) == (other, other.is_source, other.taken_at)


def flow_id(contact: NameAddr) -> tuple[str, int] | None:
    """Instance and reg-id; None where one of them is missing or malformed: then it is no flow."""
    instance, number = contact.param("+sip.instance"), contact.param("reg-id")
    if not instance or not number or not (number.isascii() and number.isdecimal()) or len(number) > 10:
        return None
    return (instance, int(number)) if 0 < int(number) <= MAX_REG_ID else None


def first_hop_knows_flows(request: Request) -> bool:
    """Whether the server that the user agent is connected to keeps its flow (RFC 5626 section 6).

    That is this one, when it came directly; else the one that put the last Path there, and said ``ob``.
    """
    if len(request.vias) == 1:
        return True
    paths = PATH.of(request)
    return bool(paths) and paths[-1].uri.has("ob")


def by_user_agent(bindings: Sequence[Binding]) -> list[list[Binding]]:
    """The bindings, those of one device together, its newest flow first (RFC 5626 5.3); else in their order."""
    groups: dict[object, list[Binding]] = {}
    for at, one in enumerate(bindings):
        flow = one.flow_id
        groups.setdefault(flow[0] if flow else at, []).append(one)
    return [sorted(group, key=lambda one: -one.updated_at) for group in groups.values()]
