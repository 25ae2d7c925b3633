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

    @classmethod
    def of(cls, facts: NumberFacts, kind: LoginKind, role: str) -> Login:
        """The login that `facts` grant to a session of `role`, "deep" or "light"."""
        credential = facts.credential if role == "light" else None
        return cls(facts.number, kind, facts.epoch, facts.session, credential)

    def holds(self, facts: NumberFacts | None) -> bool:
        """Whether `facts` still grant it."""
        if facts is None or (facts.epoch, facts.session) != (self.epoch, self.session):
            return False
        return self.credential is None or self.credential == facts.credential


_Key = tuple[str, int] | tuple[str, str, int]


class Logins:
    """The logins of one node, by the hop that each came over."""

    def __init__(self) -> None:
        self._by_hop: dict[_Key, Login] = {}
        self._by_number: dict[Number, set[_Key]] = {}

    def __len__(self) -> int:
        return len(self._by_hop)

    def add(self, hop: Hop, login: Login) -> None:
        """Notes a login; another over the same hop is replaced."""
        key = _key(hop)
        self._remove(key)
        self._by_hop[key] = login
        self._by_number.setdefault(login.number, set()).add(key)

    def find(self, hop: Hop) -> Login | None:
        """Who is logged in over `hop`."""
        return self._by_hop.get(_key(hop))

    def of(self, number: Number) -> list[Login]:
        return [self._by_hop[key] for key in self._by_number.get(number, ())]

    def drop(self, number: Number) -> None:
        """Forgets every login of `number`."""
        for key in tuple(self._by_number.get(number, ())):
            self._remove(key)

    def drop_hop(self, hop: Hop) -> None:
        self._remove(_key(hop))

    def _remove(self, key: _Key) -> None:
        login = self._by_hop.pop(key, None)
        if login is None:
            return
        keys = self._by_number[login.number]
        keys.discard(key)
        if not keys:
            del self._by_number[login.number]


def _key(hop: Hop) -> _Key:
    return (hop.transport, hop.flow) if hop.flow is not None else (hop.transport, hop.host, hop.port)
