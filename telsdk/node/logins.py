"""Who is logged in over which connection, and by what standing on the chain."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping

from telsdk.credential.grant import Grant
from telsdk.directory import NumberFacts
from telsdk.number import Number
from telsdk.sip.hop import Hop


class LoginKind(enum.Enum):
    """How a login was proven."""

    SESSION = "session"  # a UC's session token, deep or light
    PHONE = "phone"  # a phone password: no session key, so no caller tokens


class BoundLogin:
    """A login and what it was judged by. When the chain no longer says the same, it is void. Immutable.

    Attributes:
        expiry: of the session or password, in seconds since 1970: nothing that it granted lasts longer.
        proxied: it came through a proxy of somebody else, whose hop others may share.
    """

    __slots__ = ("expiry", "grant", "kind", "proxied")

    def __init__(self, kind: LoginKind, grant: Grant, expiry: int, proxied: bool = False) -> None:
        self.kind = kind
        self.grant = grant
        self.expiry = expiry
        self.proxied = proxied

    @property
    def number(self) -> Number:
        return self.grant.number

    def by_proxy(self) -> BoundLogin:
        """Return the same login, come through a proxy of somebody else."""
        return BoundLogin(self.kind, self.grant, self.expiry, True)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BoundLogin) and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash((self.kind, self.grant.number, self.expiry, self.proxied))

    def __repr__(self) -> str:
        return f"<BoundLogin of {self.number} by {self.kind.value} until {self.expiry}>"

    def _parts(self) -> tuple[object, ...]:
        return (self.kind, self.grant, self.expiry, self.proxied)


_Key = int | tuple[str, str, int]
"""`telsdk.sip.hop.Hop.key`."""


class Logins:
    """The logins of one node, by the hop that each came over.

    A hop stands for one user, or for several: those behind one proxy of somebody else share its hop. Which of them
    sends a request they have to prove; a hop proves nothing.
    """

    def __init__(self) -> None:
        # Nearly all hops have one login, and numbers one hop, kept bare: what held it would take more room than it.
        self._by_hop: dict[_Key, BoundLogin | dict[Number, BoundLogin]] = {}
        self._by_number: dict[Number, Hop | tuple[Hop, ...]] = {}

    def __len__(self) -> int:
        """Return how many logins there are; a number over two hops counts twice."""
        return sum([len(self._hops(number)) for number in self._by_number])

    def add(self, hop: Hop, login: BoundLogin) -> None:
        """Note a login over `hop`, in place of an earlier one of the same number there."""
        key, number = hop.key, login.grant.number
        known = self._by_hop.get(key)
        if known is None:
            self._by_hop[key] = login
        elif isinstance(known, dict):
            known[number] = login
        elif known.grant.number == number:
            self._by_hop[key] = login
        else:
            self._by_hop[key] = {known.grant.number: known, number: login}
        hops = self._by_number.get(number)
        if hops is None:
            self._by_number[number] = hop
        elif hops is not hop:
            several = hops if isinstance(hops, tuple) else (hops,)
            for one in several:
                if one.key == key:
                    return
            self._by_number[number] = (*several, hop)

    def over(self, hop: Hop) -> Mapping[Number, BoundLogin]:
        """Return who is logged in over `hop`."""
        known = self._by_hop.get(hop.key)
        if known is None:
            return _NOBODY
        return {known.number: known} if isinstance(known, BoundLogin) else known

    def count(self, hop: Hop) -> int:
        """Return how many users are logged in over `hop`."""
        known = self._by_hop.get(hop.key)
        if known is None:
            return 0
        return 1 if isinstance(known, BoundLogin) else len(known)

    def has_phone(self, hop: Hop) -> bool:
        """Return whether a phone is logged in over `hop`."""
        known = self._by_hop.get(hop.key)
        if known is None:
            return False
        if isinstance(known, BoundLogin):
            return known.kind is LoginKind.PHONE
        return LoginKind.PHONE in [login.kind for login in known.values()]

    def judge(self, number: Number, facts: NumberFacts | None) -> list[Hop] | None:
        """Forget the logins of `number` that `facts` grant no longer.

        Returns:
            The hops of the others, or None when none was forgotten.
        """
        void = [hop for hop in self._hops(number) if not self.over(hop)[number].grant.holds(facts)]
        for hop in void:
            self._remove(hop, number)
        return list(self._hops(number)) if void else None

    def drop(self, number: Number) -> None:
        """Forget every login of `number`; others over the same hops stay."""
        for hop in self._hops(number):
            self._remove(hop, number)

    def keep(self, number: Number, hops: Iterable[Hop]) -> None:
        """Forget the logins of `number` over other hops than these, where it is bound."""
        kept = {hop.key for hop in hops}
        for hop in self._hops(number):
            if hop.key not in kept:
                self._remove(hop, number)

    def keep_one(self, number: Number, hop: Hop) -> None:
        """Forget the logins of `number` over other hops than this, where it is bound; as `keep`."""
        known = self._by_number.get(number)
        if known is not hop and not (isinstance(known, Hop) and known.key == hop.key):
            self.keep(number, (hop,))

    def drop_hop(self, hop: Hop) -> None:
        """Forget every login over `hop`."""
        for number in tuple(self.over(hop)):
            self._remove(hop, number)

    def _hops(self, number: Number) -> tuple[Hop, ...]:
        known = self._by_number.get(number, ())
        return known if isinstance(known, tuple) else (known,)

    def _remove(self, hop: Hop, number: Number) -> None:
        key = hop.key
        known = self._by_hop[key]
        if isinstance(known, BoundLogin):
            del self._by_hop[key]
        else:
            del known[number]
            if len(known) == 1:
                (self._by_hop[key],) = known.values()
        others = tuple([one for one in self._hops(number) if one.key != key])
        if others:
            self._by_number[number] = others if len(others) > 1 else others[0]
        else:
            del self._by_number[number]


_NOBODY: Mapping[Number, BoundLogin] = {}
