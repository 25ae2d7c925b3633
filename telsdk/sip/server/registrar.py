"""The registrar: who is reachable where (RFC 3261 section 10.3, RFC 3327, RFC 5626).

It trusts whoever calls it: the request is authenticated, and its sender may speak for the user. There are no
GRUUs (RFC 5627): a device is found again by its flow, or not at all.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from telsdk.clock import Monotonic
from telsdk.sip.errors import SipParseError
from telsdk.sip.hop import Hop
from telsdk.sip.message import PATH, REQUIRE, NameAddr, Request, Response, Uri, malformation
from telsdk.sip.server.binding import Binding, first_hop_knows_flows, flow_id
from telsdk.sip.server.holders import Holders

__all__ = ["Binding", "Registrar"]

DEFAULT_EXPIRES = 3600  # 10.3 step 7: seconds, when the request names none
MAX_MIN_EXPIRES = 3600  # 10.3 step 7: an hour or more may never be refused as too short

SUPPORTED = ("path", "outbound")
"""Option tags that a REGISTER may require."""


@dataclass(slots=True)
class _User:
    bindings: list[Binding]
    wake_at: float  # when `Registrar.expire` looks at this user next


class _Refusal(Exception):
    def __init__(self, status: int, reason: str | None = None, *headers: tuple[str, str]) -> None:
        self.status, self.reason, self.headers = status, reason, headers


class Registrar:
    """All bindings of one node, in memory.

    Args:
        min_expires: shorter registrations are refused with 423 (seconds).
        max_expires: longer ones are cut to this (seconds).
        max_contacts: bindings a user may have at once.
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
        self._contacts: Holders[Uri] = Holders()  # the users who claim each
        self._wakes: list[
            tuple[float, str]
        ] = []  # heap; what does not agree with `_User.wake_at` is passed over

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
        if (malformed := malformation(request)) is not None:
            return request.response(malformed.status, malformed.reason)
        if request.to.uri.scheme not in ("sip", "sips"):
            return request.response(400, "To must be a SIP URI")  # 10.3 step 5
        user = user if user is not None else request.to.uri.user or ""
        try:
            wanted = self._wanted(request, now, flow, longest)
            left = self._merge(self.bindings(user, now), wanted, request, now)
        except _Refusal as refusal:
            return request.response(refusal.status, refusal.reason, headers=refusal.headers)
        except SipParseError as error:
            return request.response(400, error.reason)
        self._store(user, left)
        return self._ok(request, left, now)

    def bindings(self, user: str, now: Monotonic | None = None) -> list[Binding]:
        """Where `user` is, highest q first; with `now`, without what has run out."""
        known = self._users.get(user)
        if known is None:
            return []
        return [one for one in known.bindings if now is None or one.expires_at > now]

    def at(self, contact: Uri) -> Binding | None:
        """The binding with this Contact URI, whoever's it is: where a request within a call goes on to.

        Where several users claim it, it is that of who has held it longest: nobody takes another's calls by
        registering the other's Contact.
        """
        for user in self._contacts.of(contact)[:1]:
            return next(one for one in self._users[user].bindings if one.contact.uri == contact)
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
        users = self._users if hop.flow is None else self._flows.of(hop.flow)
        left = {
            user: [
                one
                for one in self.bindings(user)
                if not hop.covers(one.hop) or (stays is not None and stays(one))
            ]
            for user in users
        }
        hit = [user for user, bindings in left.items() if bindings != self.bindings(user)]
        for user in hit:
            self._store(user, left[user])
        return hit

    def expire(self, now: Monotonic) -> list[str]:
        """Forget what has run out; returns the users who have no binding any more."""
        gone = []
        while self._wakes and self._wakes[0][0] <= now:
            wake_at, name = heapq.heappop(self._wakes)
            user = self._users.get(name)
            if user is None or user.wake_at != wake_at:
                continue
            user.wake_at = math.inf
            self._store(name, self.bindings(name, now))
            if name not in self._users:
                gone.append(name)
        return gone

    def deadline(self) -> Monotonic | None:
        """When `expire` may have something to do next."""
        return Monotonic(self._wakes[0][0]) if self._wakes else None

    def _wanted(
        self, request: Request, now: Monotonic, flow: Hop, longest: int | None
    ) -> list[Binding] | None:
        """The bindings asked for, with those to be removed already expired; None for ``*``."""
        unknown = [tag for tag in REQUIRE.of(request) if tag.lower() not in SUPPORTED]
        if unknown:
            raise _Refusal(420, None, ("Unsupported", ", ".join(unknown)))
        if request.contact_star:
            if request.expires != 0 or request.contacts:
                raise _Refusal(400, "Contact * is for Expires: 0, alone")
            return None
        contacts = request.contacts
        if not _may_be_flows(request, contacts):
            contacts = [contact.without("reg-id") for contact in contacts]
        wanted = [self._binding(contact, request, now, flow, longest) for contact in contacts]
        added = [one for one in wanted if one.expires_at > now]
        if len(added) > 1 and any(one.flow_id for one in added):
            raise _Refusal(400, "One flow, one Contact")
        if len(added) > self.max_contacts:
            raise _Refusal(403, f"More than {self.max_contacts} Contacts")
        return wanted

    def _binding(
        self, contact: NameAddr, request: Request, now: Monotonic, flow: Hop, longest: int | None
    ) -> Binding:
        seconds = self._seconds(contact, request)
        return Binding(
            contact.without("expires"),
            flow,
            Monotonic(now + (seconds if longest is None else min(seconds, longest))),
            request.call_id,
            request.cseq.number,
            _q(contact),
            PATH.of(request),
            now,
        )

    def _seconds(self, contact: NameAddr, request: Request) -> int:
        """10.3 step 7; a malformed value counts as the default."""
        written = contact.param("expires")
        if written is not None and written.isascii() and written.isdecimal():
            seconds = min(int(written[:11]), 2**32)
        else:
            seconds = DEFAULT_EXPIRES if request.expires is None else request.expires
        if 0 < seconds < min(self.min_expires, MAX_MIN_EXPIRES):
            raise _Refusal(423, None, ("Min-Expires", str(self.min_expires)))
        return min(seconds, self.max_expires)

    def _merge(
        self, known: list[Binding], wanted: list[Binding] | None, request: Request, now: Monotonic
    ) -> list[Binding]:
        """What is bound afterwards (10.3 steps 6 and 7)."""
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
                new = new.as_before(old)
            if new.expires_at > now:
                left.append(new)
        if len(left) > self.max_contacts and len(left) > len(known):
            raise _Refusal(403, f"More than {self.max_contacts} Contacts")
        return sorted(left, key=lambda one: -one.q)

    def _store(self, name: str, bindings: list[Binding]) -> None:
        user = self._users.get(name)
        before = user.bindings if user else []
        self._index(name, before, bindings)
        if self._on_change is not None and [one.contact for one in before] != [
            one.contact for one in bindings
        ]:
            self._on_change(name)
        if not bindings:
            self._users.pop(name, None)
            return
        if user is None:
            user = self._users[name] = _User(bindings, math.inf)
        user.bindings = bindings
        end = min(one.expires_at for one in bindings)
        # One entry a user is enough: an earlier one looks again, and a refresh adds none.
        if end < user.wake_at:
            user.wake_at = end
            heapq.heappush(self._wakes, (end, name))

    def _index(self, name: str, before: list[Binding], after: list[Binding]) -> None:
        claimed = {one.contact.uri for one in after}
        for uri in claimed:
            self._contacts.add(uri, name)
        for uri in {one.contact.uri for one in before} - claimed:
            self._contacts.discard(uri, name)
        old = {one.hop.flow for one in before if one.hop.flow is not None}
        new = {one.hop.flow for one in after if one.hop.flow is not None}
        for flow in old - new:
            self._flows.discard(flow, name)
        for flow in new - old:
            self._flows.add(flow, name)

    def _ok(self, request: Request, bindings: list[Binding], now: Monotonic) -> Response:
        """10.3 step 8: the 200 lists every binding with the time it has left."""
        response = request.response(200)
        for one in bindings:
            left = str(max(1, round(one.expires_at - now)))
            response.headers.add("Contact", str(one.contact.with_param("expires", left)))
        for path in request.headers.all("Path"):
            response.headers.add("Path", path)
        response.headers.add("Supported", ", ".join(SUPPORTED))
        if _may_be_flows(request, request.contacts):
            response.headers.add("Require", "outbound")
            if self.flow_timer is not None:
                response.headers.add("Flow-Timer", str(self.flow_timer))
        return response


def _may_be_flows(request: Request, contacts: list[NameAddr]) -> bool:
    """Whether a Contact names a flow that may be kept as one (RFC 5626 section 6)."""
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
