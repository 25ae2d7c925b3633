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


_Key = tuple[str, int] | tuple[str, str, int]


class Logins:
    """The logins of one node, by the hop that each came over.

    A hop stands for one user, or for several: those behind one proxy of somebody else share its hop. Which of them
    sends a request he has to prove; a hop proves nothing.
    """

    def __init__(self) -> None:
        self._by_hop: dict[_Key, dict[Number, BoundLogin]] = {}
        self._by_number: dict[Number, dict[_Key, Hop]] = {}

    def __len__(self) -> int:
        """How many logins there are; a number over two hops counts twice."""
        return sum(map(len, self._by_number.values()))

    def add(self, hop: Hop, login: BoundLogin) -> None:
        """Notes a login over `hop`, in place of an earlier one of the same number there."""
        key = _key(hop)
        self._by_hop.setdefault(key, {})[login.number] = login
        self._by_number.setdefault(login.number, {})[key] = hop

    def over(self, hop: Hop) -> Mapping[Number, BoundLogin]:
        """Who is logged in over `hop`."""
        return self._by_hop.get(_key(hop), _NOBODY)

    def judge(self, number: Number, facts: NumberFacts | None) -> list[Hop] | None:
        """Forgets the logins of `number` that `facts` grant no longer; gives the hops of the others, or None when
        none was forgotten."""
        known = self._by_number.get(number, {})
        void = [key for key in known if not self._by_hop[key][number].grant.holds(facts)]
        for key in void:
            self._remove(key, number)
        return [*self._by_number.get(number, {}).values()] if void else None

    def drop(self, number: Number) -> None:
        """Forgets every login of `number`; others over the same hops stay."""
        for key in tuple(self._by_number.get(number, ())):
            self._remove(key, number)

    def keep(self, number: Number, hops: Iterable[Hop]) -> None:
        """Forgets the logins of `number` over other hops than these, where it is bound."""
        kept = {_key(hop) for hop in hops}
        for key in self._by_number.get(number, {}).keys() - kept:
            self._remove(key, number)

    def drop_hop(self, hop: Hop) -> None:
        """Forgets every login over `hop`."""
        key = _key(hop)
        for number in tuple(self._by_hop.get(key, ())):
            self._remove(key, number)

    def _remove(self, key: _Key, number: Number) -> None:
        del self._by_hop[key][number]
        if not self._by_hop[key]:
            del self._by_hop[key]
        del self._by_number[number][key]
        if not self._by_number[number]:
            del self._by_number[number]


_NOBODY: Mapping[Number, BoundLogin] = {}


def _key(hop: Hop) -> _Key:
    return (hop.transport, hop.flow) if hop.flow is not None else (hop.transport, hop.host, hop.port)
