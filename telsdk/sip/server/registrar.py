"""The registrar: who is reachable where (RFC 3261 section 10.3, RFC 3327, RFC 5626).

It trusts whoever calls it: the request is authenticated, and its sender may speak for the user. There are no
GRUUs (RFC 5627): a device is found again by its flow, or not at all.
"""

from __future__ import annotations

import heapq
import math
import sys
from collections.abc import Callable, Sequence
from typing import Final

from telsdk.clock import Monotonic
from telsdk.sip.errors import SipParseError
from telsdk.sip.hop import Hop
from telsdk.sip.message import PATH, REQUIRE, NameAddr, Request, Response, Uri, malformation
from telsdk.sip.server.binding import (
    Binding,
    first_hop_knows_flows,
    flow_id,
    is_all_the_same,
    is_direct,
    split_expires,
)
from telsdk.sip.server.holders import Holders

__all__ = ["Binding", "Registrar"]

DEFAULT_EXPIRES: Final = 3600  # 10.3 step 7: seconds, when the request names none
MAX_MIN_EXPIRES: Final = 3600  # 10.3 step 7: an hour or more may never be refused as too short

SUPPORTED: Final = ("path", "outbound")
"""Option tags that a REGISTER may require."""

_MAX_AGENT: Final = (
    80  # characters of a User-Agent that are kept with a binding: enough to tell devices apart
)
_SCHEMES: Final = ("sip", "sips")
_SUPPORTED_LINE: Final = f"Supported: {', '.join(SUPPORTED)}"
_SPARE_WAKES: Final = (
    64  # entries that may be there besides two for each user, before those of no use are sorted out
)


class _User:
    """What is known of one user. Nearly all have one binding, which is kept bare.

    Attributes:
        wake_at: when `Registrar.expire` looks at this user next.
    """

    __slots__ = ("first", "name", "others", "wake_at")

    def __init__(self, name: str, first: Binding, others: tuple[Binding, ...], wake_at: float) -> None:
        self.name = name
        self.first = first
        self.others = others
        self.wake_at = wake_at

    def __lt__(self, other: _User) -> bool:
        return self.wake_at < other.wake_at

    def bindings(self) -> list[Binding]:
        return [self.first, *self.others] if self.others else [self.first]

    def first_end(self) -> float:
        """Return when the first of the bindings runs out."""
        end: float = self.first.expires_at
        for one in self.others:
            end = min(end, one.expires_at)
        return end


class _Refusal(Exception):
    def __init__(self, status: int, reason: str | None = None, *headers: tuple[str, str]) -> None:
        self.status, self.reason, self.headers = status, reason, headers


class Registrar:
    """All bindings of one node, in memory.

    Args:
        min_expires: shorter registrations are refused with 423 (seconds).
        max_expires: longer ones are cut to this (seconds).
        max_contacts: bindings a user may have at once; of one more, the oldest of the same device gives way.
        flow_timer: how often a flow is to be kept alive (seconds), which user agents are told; None: not told.
        on_change: told of each user who is bound elsewhere than before, or no more; a refresh is no change.
    """

    def __init__(
        self,
        *,
        min_expires: int = 60,
        max_expires: int = 3600,
        max_contacts: int = 10,
        flow_timer: int | None = None,
        on_change: Callable[[str], object] | None = None,
    ) -> None:
        self.min_expires = min_expires
        self.max_expires = max_expires
        self.max_contacts = max_contacts
        self.flow_timer = flow_timer
        self._on_change = on_change
        self._users: dict[str, _User] = {}
        self._flows: Holders[int] = Holders()  # the users over each connection
        self._wakes: list[_User] = []  # heap; who is not in `_users` any more is passed over

    @property
    def users(self) -> int:
        """How many users have a binding."""
        return len(self._users)

    def __contains__(self, user: str) -> bool:
        return user in self._users

    def process(
        self,
        request: Request,
        now: Monotonic,
        flow: Hop,
        *,
        user: str | None = None,
        longest: int | None = None,
    ) -> Response:
        """Carry out an authenticated REGISTER and return its response; all of it is done, or nothing.

        Args:
            flow: where the request came from.
            user: whose bindings these are; the user of the To URI when None.
            longest: seconds that the right to them lasts: no binding is granted for longer, be that less than
                `min_expires`, for nothing longer could be asked for instead.
        """
        if user is None:
            user = request.to.uri.user or ""
        known = self._users.get(user)
        if known is not None and not known.others:
            again = self._again(known.first, request, now, flow, longest)
            if again is not None:
                known.first = again
                if again.expires_at < known.wake_at:
                    self._watch(known.name, [again])
                return self._ok(request, [again], now, again.flow_id is not None)
        if (malformed := malformation(request)) is not None:
            return request.response(malformed.status, malformed.reason)
        if request.to.uri.scheme not in _SCHEMES:
            return request.response(400, "To must be a SIP URI")  # 10.3 step 5
        try:
            wanted, flows = self._wanted(request, now, flow, longest)
            left = self._merge(self.bindings(user, now), wanted, request, now)
        except _Refusal as refusal:
            return request.response(refusal.status, refusal.reason, headers=refusal.headers)
        except SipParseError as error:
            return request.response(400, error.reason)
        self._store(user, left)
        return self._ok(request, left, now, flows)

    def bindings(self, user: str, now: Monotonic | None = None) -> list[Binding]:
        """Return where `user` is, highest q first; with `now`, without what has run out."""
        known = self._users.get(user)
        if known is None:
            return []
        if known.others:
            return [one for one in known.bindings() if now is None or one.expires_at > now]
        return [known.first] if now is None or known.first.expires_at > now else []

    def at(self, user: str, contact: Uri) -> Binding | None:
        """Return the binding of `user` with this Contact URI: where a request within a call of theirs goes on to.

        Whoever else registers the same URI takes nothing of it over.
        """
        known = self._users.get(user)
        if known is not None:
            for one in known.bindings():
                if one.contact.uri == contact:
                    return one
        return None

    def drop(self, user: str, keep: Sequence[Hop] = ()) -> list[Binding]:
        """Forget all bindings of `user` but those that came over one of these hops; returns what is gone."""
        left: list[Binding] = []
        dropped: list[Binding] = []
        for one in self.bindings(user):
            (left if any(hop.covers(one.hop) for hop in keep) else dropped).append(one)
        self._store(user, left)
        return dropped

    def drop_flow(self, hop: Hop, stays: Callable[[Binding], bool] | None = None) -> list[str]:
        """Forget all bindings over a connection that is gone (RFC 5626 5.3); returns their users.

        Args:
            stays: whether a binding of that connection can be reached without it, and is kept; None: none can.
        """
        users = list(self._users) if hop.flow is None else self._flows.of(hop.flow)
        hit: list[str] = []
        for user in users:
            before = self.bindings(user)
            left = [one for one in before if not hop.covers(one.hop) or (stays is not None and stays(one))]
            if len(left) < len(before):
                self._store(user, left)
                hit.append(user)
        return hit

    def expire(self, now: Monotonic) -> list[str]:
        """Forget what has run out; returns the users who have no binding any more."""
        gone: list[str] = []
        while self._wakes and self._wakes[0].wake_at <= now:
            user = heapq.heappop(self._wakes)
            if self._users.get(user.name) is not user:
                continue
            user.wake_at = math.inf
            self._store(user.name, self.bindings(user.name, now))
            if user.name not in self._users:
                gone.append(user.name)
        return gone

    def deadline(self) -> Monotonic | None:
        """Return when `expire` may have something to do next."""
        return Monotonic(self._wakes[0].wake_at) if self._wakes else None

    def _again(
        self, old: Binding, request: Request, now: Monotonic, flow: Hop, longest: int | None
    ) -> Binding | None:
        """Return what follows `old` where `request` is no more than its refresh; None to look at all of it.

        Nearly every REGISTER is one: the same device says the same Contact from the same place. So that was judged
        when it came first, and nothing that would have to be judged now is there.
        """
        headers = request.headers
        shape = headers.shape
        first = shape.first
        if (
            shape.doubled
            or "contact" not in first
            or "require" in first
            or "path" in first
            or old.path
            or "record-route" in first
            or "content-type" in first
            or old.expires_at <= now
            or not is_all_the_same(old.hop, flow)
            or not is_direct(request)
        ):
            return None
        text, written = split_expires(headers.first_line("contact") or "")
        if text != old.contact_text or (written is not None and "expires" in first):
            return None
        try:
            seconds = self._seconds(written, request)
        except (_Refusal, SipParseError):
            return None
        if longest is not None and longest < seconds:
            seconds = longest
        call_id, cseq = request.call_id, request.cseq.number
        if call_id == old.call_id:
            call_id = old.call_id
            if cseq <= old.cseq:
                return None
        if seconds <= 0 or request.to.uri.scheme not in _SCHEMES:
            return None
        return Binding(
            old.contact_text,
            old.hop,
            Monotonic(now + seconds),
            call_id,
            cseq,
            old.q,
            (),
            now,
            old.flow_id,
            old.agent,
        )

    def _wanted(
        self, request: Request, now: Monotonic, flow: Hop, longest: int | None
    ) -> tuple[list[Binding] | None, bool]:
        """Return the bindings asked for, with those to be removed already expired, and whether flows may be kept.

        None in place of the bindings stands for ``*``.
        """
        unknown = [tag for tag in REQUIRE.of(request) if tag.lower() not in SUPPORTED]
        if unknown:
            raise _Refusal(420, None, ("Unsupported", ", ".join(unknown)))
        if request.contact_star:
            if request.expires != 0 or request.contacts:
                raise _Refusal(400, "Contact * is for Expires: 0, alone")
            return None, False
        contacts = request.contacts
        flows = _may_be_flows(request, contacts)
        wanted = [
            self._binding(text, contact, request, now, flow, longest, flows)
            for text, contact in zip(request.headers.all("Contact"), contacts, strict=True)
        ]
        added = [one for one in wanted if one.expires_at > now]
        if len(added) > 1 and any(one.flow_id for one in added):
            raise _Refusal(400, "One flow, one Contact")
        if len(added) > self.max_contacts:
            raise _Refusal(403, f"More than {self.max_contacts} Contacts")
        return wanted, flows

    def _binding(
        self,
        text: str,
        contact: NameAddr,
        request: Request,
        now: Monotonic,
        flow: Hop,
        longest: int | None,
        flows: bool,
    ) -> Binding:
        written = contact.param("expires")
        seconds = self._seconds(written, request)
        if not flows and contact.has("reg-id"):
            text = str(contact.without("reg-id", "expires"))
        elif written is not None:
            text, at_its_end = split_expires(text)
            if at_its_end is None:
                text = str(contact.without("expires"))
        return Binding(
            text,
            flow,
            Monotonic(now + (seconds if longest is None else min(seconds, longest))),
            request.call_id,
            request.cseq.number,
            _q(contact),
            PATH.of(request),
            now,
            flow_id(contact) if flows else None,
            sys.intern((request.headers.first_line("user-agent") or "")[:_MAX_AGENT]),
        )

    def _seconds(self, written: str | None, request: Request) -> int:
        """Return for how long a Contact with this ``expires`` is bound (10.3 step 7).

        A malformed value counts as the default.
        """
        if written is not None and written.isascii() and written.isdecimal():
            seconds = min(int(written[:11]), 2**32)
        else:
            asked = request.expires
            seconds = DEFAULT_EXPIRES if asked is None else asked
        if 0 < seconds < min(self.min_expires, MAX_MIN_EXPIRES):
            raise _Refusal(423, None, ("Min-Expires", str(self.min_expires)))
        return min(seconds, self.max_expires)

    def _merge(
        self, known: list[Binding], wanted: list[Binding] | None, request: Request, now: Monotonic
    ) -> list[Binding]:
        """Return what is bound afterwards (10.3 steps 6 and 7)."""
        if wanted is None:
            if any(_is_stale(old, request) for old in known):
                raise _Refusal(500, "CSeq out of order")
            return []
        left = known.copy()
        for new in wanted:
            old = next((one for one in left if one.is_same_place(new)), None)
            if old is not None:
                if old in known and _is_stale(old, request):
                    raise _Refusal(500, "CSeq out of order")
                left.remove(old)
                new = old.refreshed(new)
            if new.expires_at > now:
                left.append(new)
        self._make_room(left, known, wanted)
        return sorted(left, key=lambda one: -one.q)

    def _make_room(self, left: list[Binding], known: list[Binding], wanted: list[Binding]) -> None:
        """Let the oldest bindings of the devices that register now give way where there are too many.

        A phone that comes from another port each time, or was restarted, would else be refused until its first ones run
        out (10.3 lets a registrar bound by its policy).

        Raises:
            _Refusal: 403, no binding is one of those devices.
        """
        allowed = max(self.max_contacts, len(known))
        for new in wanted:
            if len(left) <= allowed:
                return
            old = [one for one in left if one in known and one.is_same_device(new)]
            if old and new in left:
                left.remove(min(old, key=lambda one: one.updated_at))
        if len(left) > allowed:
            raise _Refusal(403, f"More than {self.max_contacts} Contacts")

    def _store(self, name: str, bindings: list[Binding]) -> None:
        user = self._users.get(name)
        before = user.bindings() if user is not None else []
        changed = [one.contact_text for one in before] != [one.contact_text for one in bindings]
        self._index_flows(name, before, bindings)
        if changed and self._on_change is not None:
            self._on_change(name)
        if bindings:
            self._watch(name, bindings)
        elif user is not None:
            del self._users[name]

    def _watch(self, name: str, bindings: list[Binding]) -> None:
        """Keep the bindings of a user, and see to it that `expire` looks at them in time.

        One entry a user is enough: an earlier one looks again, and a refresh adds none.
        """
        first, others = bindings[0], tuple(bindings[1:])
        user = self._users.get(name)
        if user is not None:
            user.first, user.others = first, others
            end = user.first_end()
            if user.wake_at <= end:
                return
        # An entry in the heap does not change its time while it is there: so another takes its place.
        user = self._users[name] = _User(name if user is None else user.name, first, others, math.inf)
        user.wake_at = user.first_end()
        if len(self._wakes) > 2 * len(self._users) + _SPARE_WAKES:
            self._wakes = list(self._users.values())
            heapq.heapify(self._wakes)
        else:
            heapq.heappush(self._wakes, user)

    def _index_flows(self, name: str, before: list[Binding], after: list[Binding]) -> None:
        old = {one.hop.flow for one in before if one.hop.flow is not None}
        new = {one.hop.flow for one in after if one.hop.flow is not None}
        for flow in old - new:
            self._flows.discard(flow, name)
        for flow in new - old:
            self._flows.add(flow, name)

    def _ok(self, request: Request, bindings: list[Binding], now: Monotonic, flows: bool) -> Response:
        """Return the 200, which lists every binding with the time it has left (10.3 step 8)."""
        response = request.response(200)
        headers = response.headers
        for one in bindings:
            left = max(1, round(one.expires_at - now))
            headers.insert_line(len(headers.raw), "contact", f"Contact: {one.contact_text};expires={left}")
        if "path" in request.headers.shape.first:
            for path in request.headers.all("Path"):
                headers.add("Path", path)
        headers.insert_line(len(headers.raw), "supported", _SUPPORTED_LINE)
        if flows:
            headers.add("Require", "outbound")
            if self.flow_timer is not None:
                headers.add("Flow-Timer", str(self.flow_timer))
        return response


def _may_be_flows(request: Request, contacts: list[NameAddr]) -> bool:
    """Return whether a Contact names a flow that may be kept as one (RFC 5626 section 6)."""
    if not any(flow_id(contact) for contact in contacts):
        return False
    if first_hop_knows_flows(request):
        return True
    if any(tag.lower() == "outbound" for tag in request.headers.all("Supported")):
        raise _Refusal(439)
    return False


def _is_stale(old: Binding, request: Request) -> bool:
    return old.call_id == request.call_id and request.cseq.number <= old.cseq


def _q(contact: NameAddr) -> float:
    try:
        return min(1.0, max(0.0, float(contact.param("q") or "1")))
    except ValueError:
        return 1.0
