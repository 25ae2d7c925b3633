"""From URIs to hops."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from telsdk.net.route import (
    NoRoute,
    at_place,
    hop_of,
    hop_to,
    is_listed,
    named_node,
    pin_text,
    way_to,
)
from telsdk.sip.hop import Hop
from telsdk.sip.message import Uri

PIN = bytes(range(32))


@dataclass(frozen=True)
class Server:
    uri: str
    pins: tuple[bytes, ...] = ()


def test_a_uri_names_transport_host_and_port() -> None:
    assert hop_of(Uri.parse("sip:bob@192.0.2.7:5070;transport=tls")) == Hop("TLS", "192.0.2.7", 5070)
    assert hop_of(Uri.parse("sip:[2001:db8::7];transport=tcp")) == Hop("TCP", "2001:db8::7", 5060)


def test_the_pin_in_a_contact_says_who_answers_there() -> None:
    uri = Uri.parse(f"sip:bob@192.0.2.7:5070;transport=tls;pin={pin_text(PIN)}")
    assert hop_of(uri).pins == {PIN}


def test_pins_that_are_known_outweigh_the_one_in_the_uri() -> None:
    uri = Uri.parse(f"sip:bob@192.0.2.7:5070;transport=tls;pin={pin_text(PIN)}")
    assert hop_of(uri, [bytes(32)]).pins == {bytes(32)}


@pytest.mark.parametrize(
    "text",
    [
        "tel:+15551234",
        "sip:bob@192.0.2.7;transport=sctp",
        "sip:b@192.0.2.7;pin=abc",
        "sip:b@192.0.2.7;pin=!!",
    ],
)
def test_what_leads_nowhere_is_refused(text: str) -> None:
    with pytest.raises(NoRoute):
        hop_of(Uri.parse(text))


@dataclass(frozen=True)
class Node:
    hub: int
    index: int
    uri: str = "sip:192.0.2.7:5071;transport=tls"
    pins: tuple[bytes, ...] = (PIN,)
    active: bool = True


OTHER = bytes(32)
THERE = Uri.parse("sip:bob.eth@192.0.2.7:5071;transport=tls")


def find_in(*nodes: Node) -> Callable[[int, int], Node | None]:
    return lambda hub, index: next((one for one in nodes if (one.hub, one.index) == (hub, index)), None)


def test_a_redirect_names_a_node_by_its_place_in_the_list_of_the_hub() -> None:
    first, second = Node(1, 0), Node(1, 1, pins=(OTHER,))
    assert named_node((first, second), at_place(THERE, first)) is first
    assert named_node((first, second), at_place(THERE, second)) is second
    assert named_node((first, second), at_place(THERE, Node(2, 0))) is None
    assert named_node((first,), at_place(Uri.parse("sip:192.0.2.8:5071;transport=tls"), first)) is None


def test_a_long_list_is_not_searched_for_each_contact_of_a_redirect() -> None:
    read: list[Node] = []

    class Watched(Node):
        def __getattribute__(self, name: str) -> object:
            if name == "uri":
                read.append(self)
            return super().__getattribute__(name)

    nodes = tuple(Watched(1, index, f"sip:192.0.2.{index};transport=tls") for index in range(200))
    for last in range(200, 256):
        elsewhere = Uri.parse(f"sip:bob.eth@192.0.2.{last};transport=tls")
        assert named_node(nodes, elsewhere) is None
        assert named_node(nodes, at_place(elsewhere, nodes[7])) is None
    assert len(read) <= len(nodes) + 56


def test_without_a_place_the_active_node_that_the_hub_listed_last_at_the_address_is_meant() -> None:
    old, new, off = Node(1, 0), Node(1, 1, pins=(OTHER,)), Node(1, 2, active=False)
    broken = Node(1, 3, uri="broken")
    assert named_node((old, new, off, broken), THERE) is new
    assert named_node((off,), THERE) is None
    assert named_node((old,), Uri.parse("sip:bob.eth@192.0.2.7:5071")) is None
    assert named_node((old,), Uri.parse("tel:+15551234")) is None


@pytest.mark.parametrize("shadows", [1, 5])
def test_no_other_listing_of_an_address_changes_the_way_to_it(shadows: int) -> None:
    """Whoever lists an address with a key of their own changes nothing for those who come by another list."""
    node = Node(7, 3)
    others = [Node(hub, 3, pins=(OTHER,)) for hub in range(shadows)]
    for listed in ([*others, node], [node, *others]):
        assert way_to(at_place(THERE, node), find_in(*listed)).pins == {PIN}
        assert way_to(THERE, find_in(*listed)).pins == set()


def test_the_pin_in_a_uri_outweighs_every_list() -> None:
    shadow = Node(1, 0, pins=(OTHER,))
    pinned = at_place(Uri.parse(f"{THERE};pin={pin_text(PIN)}"), shadow)
    assert way_to(pinned, find_in(shadow)).pins == {PIN}


def test_a_place_that_is_not_listed_so_is_no_way() -> None:
    node = Node(1, 0)
    moved = Node(1, 0, uri="sip:192.0.2.9:5071;transport=tls")
    for listed, uri in (
        (find_in(), at_place(THERE, node)),
        (find_in(moved), at_place(THERE, node)),
        (find_in(node), Uri.parse(f"{THERE};tel-node=1")),
        (find_in(node), Uri.parse(f"{THERE};tel-node=1.00")),
    ):
        with pytest.raises(NoRoute):
            way_to(uri, listed)
        assert not is_listed(uri, listed)
    assert is_listed(at_place(THERE, node), find_in(node))
    assert not is_listed(THERE, find_in(node))


def test_a_malformed_listing_is_named() -> None:
    with pytest.raises(NoRoute, match="operator"):
        hop_to(Server("sip:"))
