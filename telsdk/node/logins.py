"""Who is logged in over which connection, and by what standing on the chain."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from telsdk.directory import NumberFacts
from telsdk.number import Number
from telsdk.sip.hop import Hop


class LoginKind(enum.Enum):
    """How a login was proven."""

    SESSION = "session"  # a UC's session token, deep or light
    PHONE = "phone"  # a phone password: no session key, so no caller tokens


@dataclass(frozen=True, slots=True)
class Login:
    """What a login was judged by. When the chain no longer says the same, it is void."""

    number: Number
    kind: LoginKind
    epoch: int
    session: int
    credential: bytes | None  # of a light login; a change of it touches no other
    expiry: int  # of the session or password, in seconds since 1970: nothing that it granted lasts longer

    @classmethod
    def of(cls, facts: NumberFacts, kind: LoginKind, role: str, expiry: int) -> Login:
        """The login that `facts` grant to a session of `role`, "deep" or "light", until `expiry`."""
        credential = facts.credential if role == "light" else None
        return cls(facts.number, kind, facts.epoch, facts.session, credential, expiry)

    def holds(self, facts: NumberFacts | None) -> bool:
        """Whether `facts` still grant it."""
        if facts is None or (facts.epoch, facts.session) != (self.epoch, self.session):
            return False
        return self.credential is None or self.credential == facts.credential


_Key = tuple[str, int] | tuple[str, str, int]


class Logins:
    """The logins of one node, by the hop that each came over.

    A hop stands for one user, who logged in last. Who logged in over it before keeps what was granted to him, his
    bindings, and so his login is kept too, to be held against the chain.
    """

    def __init__(self) -> None:
        self._by_hop: dict[_Key, Login] = {}
        self._by_number: dict[Number, dict[_Key, Login]] = {}
        self._numbers: dict[_Key, set[Number]] = {}  # all that have logged in over a hop

    def __len__(self) -> int:
        """How many hops stand for a user."""
        return len(self._by_hop)

    def add(self, hop: Hop, login: Login) -> None:
        """Notes a login; the hop stands for its user from now on."""
        key = _key(hop)
        self._by_hop[key] = login
        self._by_number.setdefault(login.number, {})[key] = login
        self._numbers.setdefault(key, set()).add(login.number)

    def find(self, hop: Hop) -> Login | None:
        """Who is logged in over `hop`."""
        return self._by_hop.get(_key(hop))

    def of(self, number: Number) -> list[Login]:
        """Every login by which `number` may be bound here."""
        return [*self._by_number.get(number, {}).values()]

    def drop(self, number: Number) -> None:
        """Forgets every login of `number`."""
        for key in tuple(self._by_number.get(number, ())):
            self._remove(key, number)

    def drop_hop(self, hop: Hop) -> None:
        """Forgets every login over `hop`."""
        key = _key(hop)
        for number in tuple(self._numbers.get(key, ())):
            self._remove(key, number)

    def _remove(self, key: _Key, number: Number) -> None:
        current = self._by_hop.get(key)
        if current is not None and current.number == number:
            del self._by_hop[key]
        self._numbers[key].discard(number)
        if not self._numbers[key]:
            del self._numbers[key]
        del self._by_number[number][key]
        if not self._by_number[number]:
            del self._by_number[number]


def _key(hop: Hop) -> _Key:
    return (hop.transport, hop.flow) if hop.flow is not None else (hop.transport, hop.host, hop.port)
