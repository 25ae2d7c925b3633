"""Who is logged in over which connection, and by what standing on the chain."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from telsdk.credential.grant import Grant
from telsdk.directory import NumberFacts
from telsdk.number import Number
from telsdk.sip.hop import Hop


class LoginKind(enum.Enum):
    """How a login was proven."""

    SESSION = "session"  # a UC's session token, deep or light
    PHONE = "phone"  # a phone password: no session key, so no caller tokens


@dataclass(frozen=True, slots=True)
class BoundLogin:
    """A login and what it was judged by. When the chain no longer says the same, it is void."""

    kind: LoginKind
    grant: Grant
    expiry: int  # of the session or password, in seconds since 1970: nothing that it granted lasts longer
    proxied: bool = False  # it came through a proxy of somebody else, whose hop others may share

    @property
    def number(self) -> Number:
        return self.grant.number


_Key = int | tuple[str, str, int]
"""A connection by its number, or else transport, host and port."""


class Logins:
    """The logins of one node, by the hop that each came over.

    A hop stands for one user, or for several: those behind one proxy of somebody else share its hop. Which of them
    sends a request he has to prove; a hop proves nothing.
    """

    def __init__(self) -> None:
        # Nearly all hops have one login, kept bare: a dictionary for it would take more room than the login.
        self._by_hop: dict[_Key, BoundLogin | dict[Number, BoundLogin]] = {}
        self._by_number: dict[Number, tuple[Hop, ...]] = {}

    def __len__(self) -> int:
        """How many logins there are; a number over two hops counts twice."""
        return sum(map(len, self._by_number.values()))

    def add(self, hop: Hop, login: BoundLogin) -> None:
        """Notes a login over `hop`, in place of an earlier one of the same number there."""
        key, number = _key(hop), login.number
        known = self._by_hop.get(key)
        if isinstance(known, dict):
            known[number] = login
        elif known is None or known.number == number:
            self._by_hop[key] = login
        else:
            self._by_hop[key] = {known.number: known, number: login}
        hops = self._by_number.get(number, ())
        if all(_key(one) != key for one in hops):
            self._by_number[number] = (*hops, hop)

    def over(self, hop: Hop) -> Mapping[Number, BoundLogin]:
        """Who is logged in over `hop`."""
        known = self._by_hop.get(_key(hop))
        if known is None:
            return _NOBODY
        return {known.number: known} if isinstance(known, BoundLogin) else known

    def judge(self, number: Number, facts: NumberFacts | None) -> list[Hop] | None:
        """Forgets the logins of `number` that `facts` grant no longer; gives the hops of the others, or None when
        none was forgotten."""
        known = self._by_number.get(number, ())
        void = [hop for hop in known if not self.over(hop)[number].grant.holds(facts)]
        for hop in void:
            self._remove(hop, number)
        return [*self._by_number.get(number, ())] if void else None

    def drop(self, number: Number) -> None:
        """Forgets every login of `number`; others over the same hops stay."""
        for hop in self._by_number.get(number, ()):
            self._remove(hop, number)

    def keep(self, number: Number, hops: Iterable[Hop]) -> None:
        """Forgets the logins of `number` over other hops than these, where it is bound."""
        kept = {_key(hop) for hop in hops}
        for hop in self._by_number.get(number, ()):
            if _key(hop) not in kept:
                self._remove(hop, number)

    def drop_hop(self, hop: Hop) -> None:
        """Forgets every login over `hop`."""
        for number in tuple(self.over(hop)):
            self._remove(hop, number)

    def _remove(self, hop: Hop, number: Number) -> None:
        key = _key(hop)
        known = self._by_hop[key]
        if isinstance(known, BoundLogin):
            del self._by_hop[key]
        else:
            del known[number]
            if len(known) == 1:
                (self._by_hop[key],) = known.values()
        others = tuple(one for one in self._by_number[number] if _key(one) != key)
        if others:
            self._by_number[number] = others
        else:
            del self._by_number[number]


_NOBODY: Mapping[Number, BoundLogin] = {}


def _key(hop: Hop) -> _Key:
    return hop.flow if hop.flow is not None else (hop.transport, hop.host, hop.port)
