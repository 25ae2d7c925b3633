"""HubList: the hubs and their nodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from telsdk.chain import inputs
from telsdk.chain.access import Batch, Block, Read, Receipt
from telsdk.chain.contracts.base import Contract
from telsdk.chain.errors import InputError
from telsdk.chain.interface import NOBODY
from telsdk.chain.units import ether, moment
from telsdk.directory import HubFacts, NodeFacts
from telsdk.errors import NotFound

PAGE = 50  # nodes read in one call
_HUB_SIZE = 448  # bytes of a hub in an answer, with a URI of 128, which the contract allows at most
_NODE_SIZE = 352  # bytes of a node in an answer, with such a URI


@dataclass(frozen=True, slots=True)
class HubEntry:
    """A hub, with what only its operator needs; `telsdk.directory.HubFacts` has what users need."""

    id: int
    operator: str  # EIP-55 address
    pending_operator: str | None  # the account that may take over
    uri: str
    pins: tuple[bytes, ...]  # two while a key rotates, the newer first
    bond: Decimal  # ether; 0 when the hub has left
    exit_at: datetime | None  # when the bond may be withdrawn, if the exit was begun
    node_count: int


class InsecureListing(InputError):
    """An address to be listed is not reached over TLS: nobody could know the server there by its key."""


def check_secure(uri: str) -> None:
    """Raise if `uri` is a SIP URI of another transport than TLS. All else is for the contract to judge.

    Raises:
        InputError: it is no text.
        InsecureListing: it says no ``transport=tls`` or ``wss``, and is no ``sips`` URI (RFC 3261 section 26.2.2).
    """
    scheme, _, rest = inputs.text(uri, "uri").lower().partition(":")
    params = [one.partition("=") for one in rest.partition("?")[0].split(";")[1:]]
    transports = [value for name, _, value in params if name == "transport"]
    if scheme == "sips" and transports in ([], ["tls"], ["tcp"], ["ws"], ["wss"]):
        return
    if scheme in ("sip", "sips") and transports not in (["tls"], ["wss"]):
        raise InsecureListing(
            f"{uri!r} is not reached over TLS, and would be of no use to anybody: list it with transport=tls, "
            'such as "sip:192.0.2.7:5061;transport=tls"'
        )


class HubList(Contract):
    """The list of hubs. All from `set_hub` to `withdraw_bond` raise revert.NotOperator for any other account."""

    NAME = "HubList"

    def bond(self) -> Decimal:
        """Return what a hub deposits, in ether."""
        return ether(self.read("BOND"))

    def exit_delay(self) -> timedelta:
        """Return how long before it leaves a hub must say so."""
        return timedelta(seconds=self.read("EXIT_DELAY"))

    def count(self) -> int:
        """Return how many hubs were ever added. Their ids are counted from 1."""
        return int(self.read("hubCount"))

    def version(self) -> int:
        """Return a count that grows with every change of the list."""
        return int(self.read("version"))

    def hub(self, hub: int, block: Block = "latest") -> HubEntry:
        """Return the hub of that id.

        Raises:
            NotFound: there never was one.
        """
        return self.ask(self.hub_read(hub), block)

    def hub_read(self, hub: int) -> Read[HubEntry]:
        """Return the question of `hub`, for a batch."""
        return self.later("hub", hub, parse=lambda answer: _hub(hub, answer), size=_HUB_SIZE)

    def all(self, block: int | None = None) -> Iterator[HubEntry]:
        """Yield every hub that was ever added, in order. Those that have left have no bond."""
        with Batch(self.session, block) as batch:
            count = self.read("hubCount", block=batch.block)
            hubs = [batch.add(self.hub_read(hub)) for hub in range(1, count + 1)]
        for answer in hubs:
            yield answer.get()

    def nodes(self, hub: int, block: Block = "latest") -> Iterator[NodeFacts]:
        """Yield the nodes of a hub, read page by page."""
        offset = 0
        while page := self.ask(self.nodes_read(hub, offset), block):
            yield from page
            offset += len(page)

    def nodes_read(self, hub: int, offset: int = 0) -> Read[tuple[NodeFacts, ...]]:
        """Return the question for the nodes of a hub from index `offset` on, PAGE at most, for a batch."""
        return self.later(
            "nodes",
            hub,
            offset,
            PAGE,
            parse=lambda page: tuple(_node(hub, index, node) for index, node in enumerate(page, offset)),
            size=PAGE * _NODE_SIZE,
        )

    def facts(self, hub: int, block: int | None = None) -> HubFacts | None:
        """Return what users need to know of a hub and its nodes; None when there is none, or it has left."""
        with Batch(self.session, block) as batch:
            asked = batch.add(self.hub_read(hub))
            first = batch.add(self.nodes_read(hub))
        try:
            found = asked.get()
        except NotFound:
            return None
        if not found.bond:
            return None
        nodes = list(first.get())
        while len(nodes) < found.node_count and (
            page := self.ask(self.nodes_read(hub, len(nodes)), batch.block)
        ):
            nodes += page
        return HubFacts(hub, found.operator, found.uri, found.pins, tuple(nodes))

    def add_hub(self, uri: str, pin: bytes) -> Receipt:
        """Add a hub, and pay its bond. Its id is `hubId` of the event HubAdded.

        Raises:
            InsecureListing: the URI is not one of TLS.
            revert.InvalidUri, revert.InvalidPin: the contract does not accept URI or pin.
        """
        check_secure(uri)
        return self.write("addHub", uri, pin, value=self.read("BOND"))

    def set_hub(self, hub: int, uri: str) -> Receipt:
        """Change the hub's address. Raises InsecureListing as `add_hub` does."""
        check_secure(uri)
        return self.write("setHub", hub, uri)

    def rotate_hub_pin(self, hub: int, pin: bytes) -> Receipt:
        """Make `pin` the hub's key. The present one holds too until `retire_hub_pin`."""
        return self.write("rotateHubPin", hub, pin)

    def retire_hub_pin(self, hub: int) -> Receipt:
        """End a rotation: only the hub's present key holds."""
        return self.write("retireHubPin", hub)

    def add_node(self, hub: int, uri: str, pin: bytes, capacity: int) -> Receipt:
        """Add a node for `capacity` users, active. Its index is `index` of the event NodeAdded.

        Raises:
            InsecureListing: the URI is not one of TLS.
        """
        check_secure(uri)
        return self.write("addNode", hub, uri, pin, capacity)

    def set_node(self, hub: int, index: int, uri: str, capacity: int, *, active: bool) -> Receipt:
        """Change a node's address, capacity and state.

        Raises:
            InsecureListing: it is to be active, and the URI is not one of TLS.
        """
        if active:
            check_secure(uri)
        return self.write("setNode", hub, index, uri, capacity, active)

    def rotate_node_pin(self, hub: int, index: int, pin: bytes) -> Receipt:
        """Make `pin` the node's key. The present one holds too until `retire_node_pin`."""
        return self.write("rotateNodePin", hub, index, pin)

    def retire_node_pin(self, hub: int, index: int) -> Receipt:
        """End a rotation: only the node's present key holds."""
        return self.write("retireNodePin", hub, index)

    def propose_operator(self, hub: int, account: str | None) -> Receipt:
        """Offer the hub to `account`. None takes the offer back."""
        return self.write("proposeOperator", hub, NOBODY if account is None else account)

    def accept_operator(self, hub: int) -> Receipt:
        """Take over a hub that was offered to this account."""
        return self.write("acceptOperator", hub)

    def begin_exit(self, hub: int) -> Receipt:
        """Announce that the hub leaves after the exit delay."""
        return self.write("beginExit", hub)

    def cancel_exit(self, hub: int) -> Receipt:
        """Announce that the hub stays."""
        return self.write("cancelExit", hub)

    def withdraw_bond(self, hub: int) -> Receipt:
        """Take the hub off the list, and its bond back.

        Raises:
            revert.ExitNotBegun, revert.ExitNotReady: it is too early.
        """
        return self.write("withdrawBond", hub)


def _hub(hub: int, answer: tuple[Any, ...]) -> HubEntry:
    operator, pending, uri, pin, previous, bond, exit_at, count = answer
    if operator == NOBODY:
        raise NotFound(f"there is no hub {hub}: see `telsdk hubs list`")
    return HubEntry(
        id=hub,
        operator=operator,
        pending_operator=None if pending == NOBODY else pending,
        uri=uri,
        pins=_pins(pin, previous),
        bond=ether(bond),
        exit_at=moment(exit_at) if exit_at else None,
        node_count=count,
    )


def _node(hub: int, index: int, answer: tuple[str, bytes, bytes, int, bool]) -> NodeFacts:
    uri, pin, previous, capacity, active = answer
    return NodeFacts(hub, index, uri, _pins(pin, previous), capacity, active)


def _pins(pin: bytes, previous: bytes) -> tuple[bytes, ...]:
    return (pin, previous) if any(previous) else (pin,)
