"""HubList as the SDK shows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from telsdk.chain import revert
from telsdk.chain.client import Client
from telsdk.chain.contracts import HubEntry, InsecureListing, hubs
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.directory import HubFacts, NodeFacts
from telsdk.errors import NotFound
from telsdk.net.route import NoRoute, hop_to
from tests.chain.actors import NEXT_PIN, PIN, me

URI, NODE_URI = "sip:192.0.2.1:5061;transport=tls", "sip:192.0.2.2:5061;transport=tls"


@pytest.fixture
def operator(client: Client) -> Client:
    """He operates hub 1."""
    assert client.hubs.add_hub(URI, PIN).event("HubAdded").args["hubId"] == 1
    return client


def test_a_hub_is_listed_with_its_bond(operator: Client) -> None:
    assert operator.hubs.count() == 1
    assert operator.hubs.hub(1) == HubEntry(1, me(operator), None, URI, (PIN,), Decimal("0.1"), None, 0)
    assert operator.hubs.facts(1) == HubFacts(1, me(operator), URI, (PIN,), ())


def test_a_hub_that_never_was_is_not_found(operator: Client) -> None:
    with pytest.raises(NotFound, match="there is no hub 2"):
        operator.hubs.hub(2)
    assert operator.hubs.facts(2) is None


def test_nodes_are_added_changed_and_read_page_by_page(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "PAGE", 2)
    for index in range(3):
        operator.hubs.add_node(1, NODE_URI, PIN, 100 + index)
    operator.hubs.set_node(1, 1, URI, 7, active=False)
    assert list(operator.hubs.nodes(1)) == [
        NodeFacts(1, 0, NODE_URI, (PIN,), 100, active=True),
        NodeFacts(1, 1, URI, (PIN,), 7, active=False),
        NodeFacts(1, 2, NODE_URI, (PIN,), 102, active=True),
    ]


def test_while_a_key_rotates_two_pins_hold(operator: Client) -> None:
    operator.hubs.add_node(1, NODE_URI, PIN, 100)
    operator.hubs.rotate_hub_pin(1, NEXT_PIN)
    operator.hubs.rotate_node_pin(1, 0, NEXT_PIN)
    facts = operator.hubs.facts(1)
    assert facts is not None
    assert facts.pins == facts.nodes[0].pins == (NEXT_PIN, PIN)
    operator.hubs.retire_hub_pin(1)
    operator.hubs.retire_node_pin(1, 0)
    facts = operator.hubs.facts(1)
    assert facts is not None
    assert facts.pins == facts.nodes[0].pins == (NEXT_PIN,)
    with pytest.raises(revert.NothingToRetire):
        operator.hubs.retire_hub_pin(1)


def test_the_version_changes_with_the_list(operator: Client) -> None:
    before = operator.hubs.version()
    operator.hubs.set_hub(1, NODE_URI)
    assert operator.hubs.version() != before
    assert operator.hubs.hub(1).uri == NODE_URI


def test_only_the_operator_changes_a_hub(operator: Client, bob: Client) -> None:
    with pytest.raises(revert.NotOperator, match="hub 1 is operated by"):
        bob.hubs.set_hub(1, NODE_URI)
    assert operator.hubs.hub(1).uri == URI


def test_a_hub_is_handed_over_by_offer_and_acceptance(operator: Client, bob: Client) -> None:
    operator.hubs.propose_operator(1, me(bob))
    assert operator.hubs.hub(1).pending_operator == me(bob)
    bob.hubs.accept_operator(1)
    assert operator.hubs.hub(1).operator == me(bob)


def test_an_offer_of_a_hub_can_be_taken_back(operator: Client, bob: Client) -> None:
    operator.hubs.propose_operator(1, me(bob))
    operator.hubs.propose_operator(1, None)
    with pytest.raises(revert.NotPendingOperator):
        bob.hubs.accept_operator(1)


def test_the_bond_comes_back_after_the_delay(operator: Client, chain: EmbeddedChain) -> None:
    receipt = operator.hubs.begin_exit(1)
    begun = datetime.fromtimestamp(operator.head(receipt.block).timestamp, UTC)
    assert operator.hubs.hub(1).exit_at == begun + operator.hubs.exit_delay()
    with pytest.raises(revert.ExitNotReady, match="may be withdrawn at"):
        operator.hubs.withdraw_bond(1)
    chain.advance_time(operator.hubs.exit_delay() + timedelta(seconds=1))
    operator.hubs.withdraw_bond(1)
    assert operator.hubs.hub(1).bond == 0
    assert operator.hubs.facts(1) is None
    with pytest.raises(revert.HubLeft):
        operator.hubs.set_hub(1, NODE_URI)


def test_a_begun_exit_can_be_cancelled(operator: Client) -> None:
    operator.hubs.begin_exit(1)
    operator.hubs.cancel_exit(1)
    assert operator.hubs.hub(1).exit_at is None


LISTINGS = {
    "sip:192.0.2.1;transport=tls": True,
    "sip:192.0.2.1:5061;lr;Transport=TLS": True,
    "sip:192.0.2.1;transport=wss": True,
    "sips:192.0.2.1": True,
    "sips:192.0.2.1;transport=ws": True,
    "sips:192.0.2.1;transport=tcp": True,
    "sip:192.0.2.1": False,
    "sip:192.0.2.1:5061": False,
    "sip:192.0.2.1;transport=udp": False,
    "sip:192.0.2.1;transport=tcp": False,
    "sip:192.0.2.1;transport=ws": False,
    "sip:192.0.2.1;transport=": False,
    "sip:192.0.2.1;transport=tls2": False,
    "sip:192.0.2.1;transports=tls": False,
    "sip:192.0.2.1;x=transport=tls": False,
}


@pytest.mark.parametrize("uri", LISTINGS)
def test_what_is_listed_without_tls_is_refused_before_it_costs_anything(client: Client, uri: str) -> None:
    """As those see it who read the list: `hop_to` goes where this lets it be listed, and nowhere else."""
    facts = NodeFacts(1, 0, uri, (PIN,), 1, True)
    if LISTINGS[uri]:
        assert hop_to(facts).secure
        client.hubs.add_hub(uri, PIN)
        client.hubs.add_node(1, uri, PIN, 1)
        return
    with pytest.raises(NoRoute):
        hop_to(facts)
    client.hubs.add_hub(URI, PIN)
    client.hubs.add_node(1, URI, PIN, 1)
    before = client.head(), client.hubs.version()
    writes: list[Callable[[], object]] = [
        lambda: client.hubs.add_hub(uri, PIN),
        lambda: client.hubs.set_hub(1, uri),
        lambda: client.hubs.add_node(1, uri, PIN, 1),
        lambda: client.hubs.set_node(1, 0, uri, 1, active=True),
    ]
    for write in writes:
        with pytest.raises(InsecureListing, match="list it with transport=tls"):
            write()
    assert (client.head(), client.hubs.version()) == before
    client.hubs.set_node(1, 0, uri, 1, active=False)  # whoever is listed so may at least leave


@pytest.mark.parametrize(
    "uri", ["", "sips:", "http://192.0.2.1", "sip:a b;transport=tls", "sip:" + "a" * 200 + ";transport=tls"]
)
def test_an_address_that_is_none_is_refused(client: Client, uri: str) -> None:
    with pytest.raises(revert.InvalidUri):
        client.hubs.add_hub(uri, PIN)
