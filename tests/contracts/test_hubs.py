"""HubList: hubs with a bond, their nodes, and keys that rotate without a gap."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.evm import Reverted
from tests.contracts.suite import ETHER, NONE, ZERO, Suite

BOND = ETHER // 10
WEEK = 7 * 86_400
URI = "sip:192.0.2.7:5061;transport=tls"
PIN, NEXT, THIRD = b"\1" * 32, b"\2" * 32, b"\3" * 32


@pytest.fixture
def hub(suite: Suite) -> Suite:
    """Alice operates hub 1."""
    suite.hubs.send("addHub", URI, PIN, sender=suite.alice.address, value=BOND)
    return suite


def _hub(s: Suite, hub_id: int = 1) -> dict[str, Any]:
    keys = ("operator", "pendingOperator", "uri", "pin", "previousPin", "bond", "exitAt", "nodeCount")
    return dict(zip(keys, s.hubs.read("hub", hub_id), strict=True))


def _nodes(s: Suite, offset: int = 0, limit: int = 100) -> tuple[Any, ...]:
    page: tuple[Any, ...] = s.hubs.read("nodes", 1, offset, limit)
    return page


def test_a_hub_enters_with_its_bond(suite: Suite) -> None:
    result = suite.hubs.send("addHub", URI, PIN, sender=suite.alice.address, value=BOND)
    assert result.value == 1
    assert result.event("HubAdded") == {
        "hubId": 1,
        "operator": suite.alice.address,
        "uri": URI,
        "pin": PIN,
    }
    assert suite.hubs.read("hubCount") == 1
    assert tuple(_hub(suite).values()) == (suite.alice.address, ZERO, URI, PIN, NONE, BOND, 0, 0)


@pytest.mark.parametrize("value", [0, BOND - 1, BOND + 1])
def test_the_bond_is_exact(suite: Suite, value: int) -> None:
    with pytest.raises(Reverted) as refused:
        suite.hubs.send("addHub", URI, PIN, sender=suite.alice.address, value=value)
    assert (refused.value.name, refused.value.values) == ("WrongBond", (BOND, value))


@pytest.mark.parametrize(
    "uri",
    [
        "sip:a",
        "sips:hub.example",
        "sip:[2001:db8::7]:5060;transport=tcp;lr",
        "sip:" + "a" * 124,
        "sip:n-1_x@h",
    ],
)
def test_sip_addresses_are_taken_as_they_are(hub: Suite, uri: str) -> None:
    hub.hubs.send("setHub", 1, uri, sender=hub.alice.address)
    assert _hub(hub)["uri"] == uri


@pytest.mark.parametrize(
    "uri",
    ["", "sip:", "sips:", "tel:1", "SIP:a", "http://a", "sip:a b", "sip:a\n", "sip:a<b>", 'sip:"a"',
     "sip:a\0", "sip:é", "sip:a%00", "sip:a?b=c", "sip:" + "a" * 125, "x" * 10_000],
)  # fmt: skip
def test_other_bytes_are_refused_not_cleaned(hub: Suite, uri: str) -> None:
    alice = hub.alice.address
    for call in (("setHub", 1, uri), ("addNode", 1, uri, PIN, 1)):
        with pytest.raises(Reverted) as refused:
            hub.hubs.send(*call, sender=alice)
        assert (refused.value.name, refused.value.values) == ("InvalidUri", (uri,))


@given(text=st.text(alphabet=st.characters(max_codepoint=255), min_size=1, max_size=3))
def test_what_gets_in_is_of_the_allowed_bytes(deployed: Suite, text: str) -> None:
    allowed = all(c.isascii() and (c.isalnum() or c in "-._:;=@[]") for c in text)
    with pytest.raises(Reverted) as refused:
        # A pin of zero is refused after the address is looked at.
        deployed.hubs.send("addHub", "sip:" + text, NONE, sender=deployed.alice.address, value=BOND)
    assert refused.value.name == ("InvalidPin" if allowed else "InvalidUri")


@pytest.mark.parametrize("uri", ["sip:{}", "sip:{}bc", "sips:a{}c", "sip:ab{}", "sip:" + "a" * 123 + "{}"])
def test_each_byte_of_an_address_is_looked_at(suite: Suite, uri: str) -> None:
    taken = set()
    for byte in range(128):
        with pytest.raises(Reverted) as refused:
            # A pin of zero is refused after the address is looked at.
            suite.hubs.send("addHub", uri.format(chr(byte)), NONE, sender=suite.alice.address, value=BOND)
        if refused.value.name == "InvalidPin":
            taken.add(chr(byte))
    assert taken == set(string.ascii_letters + string.digits + "-._:;=@[]")


def test_nodes_are_counted_from_zero_and_paged(hub: Suite) -> None:
    alice = hub.alice.address
    for index in range(5):
        added = hub.hubs.send("addNode", 1, f"sip:n{index}", PIN, index, sender=alice)
        assert added.value == index
    expected = [(f"sip:n{i}", PIN, NONE, i, True) for i in range(5)]
    assert _nodes(hub) == tuple(expected)
    assert _nodes(hub, 1, 2) == tuple(expected[1:3])
    assert _nodes(hub, 4, 2**32 - 1) == tuple(expected[4:])
    assert _nodes(hub, 5, 1) == _nodes(hub, 0, 0) == _nodes(hub, 2**32 - 1, 2**32 - 1) == ()


def test_a_node_changes_and_keeps_its_key(hub: Suite) -> None:
    alice = hub.alice.address
    hub.hubs.send("addNode", 1, "sip:a", PIN, 10, sender=alice)
    result = hub.hubs.send("setNode", 1, 0, "sip:b", 20, False, sender=alice)
    assert result.event("NodeChanged") == {
        "hubId": 1,
        "index": 0,
        "uri": "sip:b",
        "capacity": 20,
        "active": False,
    }
    assert _nodes(hub) == (("sip:b", PIN, NONE, 20, False),)


def test_two_keys_hold_while_one_follows_the_other(hub: Suite) -> None:
    alice = hub.alice.address
    hub.hubs.send("addNode", 1, "sip:a", PIN, 10, sender=alice)
    for rotate, retire, pins in (
        (("rotateHubPin", 1), ("retireHubPin", 1), lambda: (_hub(hub)["pin"], _hub(hub)["previousPin"])),
        (("rotateNodePin", 1, 0), ("retireNodePin", 1, 0), lambda: _nodes(hub)[0][1:3]),
    ):
        with pytest.raises(Reverted, match="NothingToRetire"):
            hub.hubs.send(*retire, sender=alice)
        for refused in (PIN, NONE):
            with pytest.raises(Reverted, match="InvalidPin"):
                hub.hubs.send(*rotate, refused, sender=alice)
        hub.hubs.send(*rotate, NEXT, sender=alice)
        assert pins() == (NEXT, PIN)
        hub.hubs.send(*rotate, THIRD, sender=alice)
        assert pins() == (THIRD, NEXT)
        hub.hubs.send(*retire, sender=alice)
        assert pins() == (THIRD, NONE)


OPERATORS_CALLS: list[tuple[Any, ...]] = [
    ("setHub", 1, URI),
    ("rotateHubPin", 1, NEXT),
    ("retireHubPin", 1),
    ("addNode", 1, URI, PIN, 1),
    ("setNode", 1, 0, URI, 1, True),
    ("rotateNodePin", 1, 0, NEXT),
    ("retireNodePin", 1, 0),
    ("beginExit", 1),
    ("cancelExit", 1),
    ("withdrawBond", 1),
    ("proposeOperator", 1, ZERO),
]


@pytest.mark.parametrize("call", OPERATORS_CALLS, ids=lambda c: c[0])
def test_only_the_operator_changes_a_hub(hub: Suite, call: tuple[Any, ...]) -> None:
    with pytest.raises(Reverted) as refused:
        hub.hubs.send(*call, sender=hub.mallory.address)
    assert refused.value.values == (1, hub.mallory.address, hub.alice.address)
    with pytest.raises(Reverted) as refused:
        hub.hubs.send(call[0], 2, *call[2:], sender=hub.mallory.address)
    assert refused.value.values == (2, hub.mallory.address, ZERO)


@pytest.mark.parametrize("call", OPERATORS_CALLS, ids=lambda c: c[0])
def test_a_hub_that_left_is_changed_no_more(hub: Suite, call: tuple[Any, ...]) -> None:
    alice = hub.alice.address
    hub.hubs.send("beginExit", 1, sender=alice)
    hub.chain.advance(WEEK)
    hub.hubs.send("withdrawBond", 1, sender=alice)
    with pytest.raises(Reverted, match="HubLeft"):
        hub.hubs.send(*call, sender=alice)


@pytest.mark.parametrize("call", ["setNode", "rotateNodePin", "retireNodePin"])
def test_there_is_no_node_beyond_the_last(hub: Suite, call: str) -> None:
    args: dict[str, tuple[Any, ...]] = {
        "setNode": (URI, 1, True),
        "rotateNodePin": (NEXT,),
        "retireNodePin": (),
    }
    with pytest.raises(Reverted) as refused:
        hub.hubs.send(call, 1, 0, *args[call], sender=hub.alice.address)
    assert (refused.value.name, refused.value.values) == ("NoSuchNode", (1, 0, 0))


def test_the_bond_comes_back_after_the_delay(hub: Suite) -> None:
    alice = hub.alice.address
    with pytest.raises(Reverted, match="ExitNotBegun"):
        hub.hubs.send("withdrawBond", 1, sender=alice)
    hub.hubs.send("beginExit", 1, sender=alice)
    with pytest.raises(Reverted, match="ExitAlreadyBegun"):
        hub.hubs.send("beginExit", 1, sender=alice)
    hub.chain.advance(WEEK - 1)
    with pytest.raises(Reverted) as refused:
        hub.hubs.send("withdrawBond", 1, sender=alice)
    assert (refused.value.name, refused.value.values) == (
        "ExitNotReady",
        (1, hub.chain.now + 1, hub.chain.now),
    )
    hub.chain.advance(1)
    before = hub.chain.balance(alice)
    hub.hubs.send("withdrawBond", 1, sender=alice)
    assert hub.chain.balance(alice) - before == BOND
    assert _hub(hub)["bond"] == 0


def test_a_cancelled_exit_begins_anew(hub: Suite) -> None:
    alice = hub.alice.address
    with pytest.raises(Reverted, match="ExitNotBegun"):
        hub.hubs.send("cancelExit", 1, sender=alice)
    hub.hubs.send("beginExit", 1, sender=alice)
    hub.chain.advance(WEEK)
    hub.hubs.send("cancelExit", 1, sender=alice)
    with pytest.raises(Reverted, match="ExitNotBegun"):
        hub.hubs.send("withdrawBond", 1, sender=alice)
    hub.hubs.send("beginExit", 1, sender=alice)
    with pytest.raises(Reverted, match="ExitNotReady"):
        hub.hubs.send("withdrawBond", 1, sender=alice)


def test_a_hub_is_handed_over_when_the_other_accepts(hub: Suite) -> None:
    alice, bob = hub.alice.address, hub.bob.address
    hub.hubs.send("proposeOperator", 1, bob, sender=alice)
    assert _hub(hub)["operator"] == alice
    with pytest.raises(Reverted, match="NotPendingOperator"):
        hub.hubs.send("acceptOperator", 1, sender=hub.mallory.address)
    result = hub.hubs.send("acceptOperator", 1, sender=bob)
    assert result.event("OperatorChanged") == {"hubId": 1, "previous": alice, "operator": bob}
    assert (_hub(hub)["operator"], _hub(hub)["pendingOperator"]) == (bob, ZERO)
    with pytest.raises(Reverted, match="NotOperator"):
        hub.hubs.send("setHub", 1, URI, sender=alice)


def test_the_version_counts_the_events(hub: Suite) -> None:
    alice = hub.alice.address
    assert hub.hubs.read("version") == 1
    steps: list[tuple[Any, ...]] = [
        ("setHub", 1, URI),
        ("rotateHubPin", 1, NEXT),
        ("retireHubPin", 1),
        ("addNode", 1, URI, PIN, 1),
        ("setNode", 1, 0, URI, 2, True),
        ("rotateNodePin", 1, 0, NEXT),
        ("retireNodePin", 1, 0),
        ("beginExit", 1),
        ("cancelExit", 1),
        ("proposeOperator", 1, alice),
        ("acceptOperator", 1),
    ]
    for count, step in enumerate(steps, start=2):
        result = hub.hubs.send(*step, sender=alice)
        assert len(result.events) == 1
        assert hub.hubs.read("version") == count


def test_a_node_needs_a_pin(hub: Suite) -> None:
    with pytest.raises(Reverted) as refused:
        hub.hubs.send("addNode", 1, URI, NONE, 1, sender=hub.alice.address)
    assert (refused.value.name, refused.value.values) == ("InvalidPin", (NONE,))


def test_a_node_does_not_change_to_a_bad_address(hub: Suite) -> None:
    alice = hub.alice.address
    hub.hubs.send("addNode", 1, URI, PIN, 1, sender=alice)
    with pytest.raises(Reverted, match="InvalidUri"):
        hub.hubs.send("setNode", 1, 0, "sip:a<b>", 1, True, sender=alice)
    assert _nodes(hub)[0][0] == URI


def test_a_hub_that_leaves_says_so_and_nobody_may_take_it_over(hub: Suite) -> None:
    alice = hub.alice.address
    hub.hubs.send("proposeOperator", 1, hub.bob.address, sender=alice)
    hub.hubs.send("beginExit", 1, sender=alice)
    hub.chain.advance(WEEK)
    result = hub.hubs.send("withdrawBond", 1, sender=alice)
    assert result.event("BondWithdrawn") == {"hubId": 1, "operator": alice, "bond": BOND}
    assert _hub(hub)["pendingOperator"] == ZERO


def test_a_bond_that_cannot_be_paid_out_stays(suite: Suite) -> None:
    operator = suite.helper("Reentrant")
    suite.chain.fund(operator.address, BOND)
    hubs = suite.hubs

    def act(*call: Any, value: int = 0) -> None:
        data = hubs.abi.calldata(*call)
        operator.send("execute", hubs.address, value, data, sender=suite.alice.address)

    act("addHub", URI, PIN, value=BOND)
    act("beginExit", 1)
    suite.chain.advance(WEEK)
    operator.send("setRefuses", True, sender=suite.alice.address)
    with pytest.raises(Reverted) as refused:
        act("withdrawBond", 1)
    assert (refused.value.name, refused.value.values) == ("BondTransferFailed", (1, operator.address))
    assert _hub(suite)["bond"] == BOND == suite.chain.balance(hubs.address)
