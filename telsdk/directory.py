"""The few questions that node, hub and UC ask of the chain, and the facts that they get.

`telsdk.chain` answers from its own copy of the chain (`telsdk.chain.index.ChainIndex`), so nothing else needs to know
web3. All answers are as of one block, `Directory.head`, and come without network I/O. The exceptions are
`Directory.is_contract` and `Directory.is_valid_signature`, which ask.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from telsdk.errors import NotFound, TelError
from telsdk.name import Name, NameFormatError
from telsdk.number import Number, NumberError
from telsdk.records import Records


@dataclass(frozen=True, slots=True)
class Domain:
    """What ties a signature to one deployment (EIP-712): the chain and its NumberRegistry."""

    chain_id: int
    registry: str  # EIP-55 address

    def octets_of(self, number: int) -> bytes:
        """Return what names a number of this deployment and no other, 84 octets: so derived keys are for it alone."""
        return (
            self.chain_id.to_bytes(32, "big")
            + bytes.fromhex(self.registry.removeprefix("0x"))
            + number.to_bytes(32, "big")
        )


@dataclass(frozen=True, slots=True)
class Head:
    """A block: the one as of which the answers hold."""

    number: int
    hash: bytes
    timestamp: int  # seconds since 1970, by the chain's clock


@dataclass(frozen=True, slots=True)
class NumberFacts(Records):
    """What the chain says of one number: its records, and who holds it."""

    number: Number
    owner: str  # EIP-55 address
    epoch: int
    session: int  # the session counter: the owner raises it to end all sessions
    name: Name | None = None  # primary name; set only if it resolves back to this number
    price: int | None = None  # in wei; None unless it can be bought now


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """A node in a hub's list."""

    hub: int
    index: int
    uri: str  # SIP URI, for example sip:192.0.2.7:5061;transport=tls
    pins: tuple[bytes, ...]  # SHA-256 of the TLS SubjectPublicKeyInfo; two while a key rotates
    capacity: int  # users
    active: bool


@dataclass(frozen=True, slots=True)
class HubFacts:
    """A hub and its nodes."""

    id: int
    operator: str  # EIP-55 address
    uri: str
    pins: tuple[bytes, ...]
    nodes: tuple[NodeFacts, ...]  # each at its index, those that are not active included


class NoContract(TelError):
    """An account has no code (ERC-1271 cannot be asked): it belongs to a key alone."""


class Directory(Protocol):
    """The chain, as node, hub and UC see it."""

    @property
    def domain(self) -> Domain: ...

    @property
    def head(self) -> Head:
        """The newest block that the copy has."""
        ...

    def number(self, number: Number) -> NumberFacts | None:
        """Return the facts of `number`, or None when nobody holds it."""
        ...

    def resolve(self, name: Name) -> Number | None:
        """Return the number that `name` stands for now, or None.

        Raises:
            NotFound: no name on this network ends as this one does; the message says how they end.
        """
        ...

    def hubs(self) -> tuple[HubFacts, ...]: ...

    def hub(self, hub: int) -> HubFacts | None: ...

    def is_contract(self, account: str) -> bool:
        """Ask the chain whether `account` has code: a contract, or a key's account that runs one (EIP-7702)."""
        ...

    def is_valid_signature(self, account: str, digest: bytes, signature: bytes) -> bool:
        """Ask the chain whether the contract at `account` accepts `signature` over `digest` (ERC-1271).

        Raises:
            NoContract: there is no contract at `account`, so nobody there accepts anything.
        """
        ...


def node_at(directory: Directory, hub: int, index: int) -> NodeFacts | None:
    """Return the node at a place in the list, or None when there is none."""
    facts = directory.hub(hub)
    nodes = () if facts is None else facts.nodes
    # A list may be long, and this is asked for each request within a call: so it is not searched.
    return nodes[index] if 0 <= index < len(nodes) else None


NOBODY: Final = (NotFound, NumberError, NameFormatError)
"""What `locate` raises. To a server each means the same: the user of a URI is nobody (404, RFC 3261 section 21.4.5)."""


def locate(directory: Directory, address: str) -> NumberFacts:
    """Return the facts behind a number or a name.

    Raises:
        NotFound: nobody holds it, or the name stands for no number.
        NumberError, NameFormatError: it is neither a number nor a name.
    """
    if address.isdecimal():
        number = Number.parse(address)
    else:
        resolved = directory.resolve(Name(address))
        if resolved is None:
            raise NotFound(f"{address} stands for no number: nobody has claimed it, or its number was sold")
        number = resolved
    facts = directory.number(number)
    if facts is None:
        raise NotFound(f"nobody holds {number}: buy it with `telsdk number buy-new {number}`")
    return facts
