"""Users for a load generator: what the chain would say of them, held in memory.

Their SIP names are u00000, u00001 and so on; each stands for one number. All have one password.
"""

from __future__ import annotations

import re
import time
from typing import Final

from telsdk import directory
from telsdk.directory import Directory, Domain, Head, HubFacts, NodeFacts, NumberFacts
from telsdk.errors import NotFound
from telsdk.name import Name
from telsdk.number import Number

PASSWORD: Final = "pw"
FIRST: Final = 5_500_000
"""The number of u00000; the others follow it."""

HUB: Final = 1
OWNER: Final = "0x" + "11" * 20

_user = re.compile(r"u([0-9]{5})", re.ASCII).fullmatch


class LoadFacts:
    """A `telsdk.follow.FollowedDirectory` of `users` numbers and one node, in which nothing ever changes.

    Args:
        uri, pin: of the node, as a hub would list it.
    """

    def __init__(self, users: int, uri: str, pin: bytes) -> None:
        self.domain = Domain(31337, "0x5FbDB2315678afecb367f032d93F642f64180aa3")
        self.head = Head(1, bytes(32), int(time.time()))
        numbers = map(Number, range(FIRST, FIRST + users))
        self._numbers = {number: NumberFacts(number, OWNER, 1, 0, hub=HUB) for number in numbers}
        node = NodeFacts(HUB, 0, uri, (pin,), capacity=users, active=True)
        self._hubs = (HubFacts(HUB, OWNER, "sip:127.0.0.1:1;transport=tls", (pin,), (node,)),)

    def number(self, number: Number) -> NumberFacts | None:
        return self._numbers.get(number)

    def resolve(self, name: Name) -> Number | None:  # noqa: ARG002 - nobody here has one
        return None

    def hubs(self) -> tuple[HubFacts, ...]:
        return self._hubs

    def hub(self, hub: int) -> HubFacts | None:
        return self._hubs[0] if hub == HUB else None

    def is_contract(self, account: str) -> bool:  # noqa: ARG002
        """Owners have keys."""
        return False

    def is_valid_signature(self, account: str, digest: bytes, signature: bytes) -> bool:  # noqa: ARG002
        return False

    def poll(self) -> frozenset[Number]:
        return frozenset()


def number_of(user: str) -> Number:
    """The number that the SIP user `user` stands for.

    Raises:
        NotFound: it is not one of the names given here.
    """
    match = _user(user)
    if match is None:
        raise NotFound(f"{user} is none of u00000, u00001 and so on")
    return Number(FIRST + int(match[1]))


def locate(directory: Directory, address: str) -> NumberFacts:
    """The facts of a user, where `telsdk.directory.locate` gives those of a number or a name on chain.

    Raises:
        NotFound: the name is none of ours, or stands for a number beyond those that there are.
    """
    facts = directory.number(number_of(address))
    if facts is None:
        raise NotFound(f"there are fewer users than {address} says")
    return facts


def name_users() -> None:
    """Have the whole process take u00000 for a number: no name on chain looks like that.

    Modules bind `telsdk.directory.locate` when they are imported: call this before the node's are.
    """
    directory.locate = locate
