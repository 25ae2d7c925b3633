"""What HubList promises."""

from __future__ import annotations

import re
from dataclasses import replace

from tests.contracts.model.facts import Hub, Node
from tests.contracts.model.promises import promise
from tests.contracts.model.world import Step, World
from tests.contracts.suite import NONE

BOND = 10**17
EXIT_DELAY = 7 * 86_400
_URI = re.compile(r"sips?:[A-Za-z0-9._:;=@\[\]-]+")


@promise("H1", "The list holds the bond of each hub that has not left, and nothing else.")
def _(world: World, step: Step) -> None:
    bonds = sum(hub.bond for hub in step.after.hubs.values())
    assert step.balances[1][world.suite.hubs.address] == bonds
    assert all(hub.bond in (0, BOND) for hub in step.after.hubs.values())


@promise(
    "H2", "A hub and its nodes change by its operator's call only; accepting an offered hub is the exception."
)
def _(world: World, step: Step) -> None:
    for hub_id, hub in step.before.hubs.items():
        if step.after.hubs[hub_id] != hub:
            assert (step.contract, step.args[0]) == ("HubList", hub_id)
            assert step.function == "acceptOperator" or step.sender.address == hub.operator


@promise(
    "H3",
    "A bond leaves once, to the operator, seven days after the beginning of an exit that was not taken back.",
    "HubList.withdrawBond",
)
def _(world: World, step: Step) -> None:
    hub = step.before.hubs[step.args[0]]
    assert 0 < hub.exit_at <= step.time
    assert hub.bond == BOND == step.gained(hub.operator)
    assert step.sender.address == hub.operator


@promise("H4", "The exit of a hub is seven days after it was begun.", "HubList.beginExit")
def _(world: World, step: Step) -> None:
    assert step.before.hubs[step.args[0]].exit_at == 0
    assert step.after.hubs[step.args[0]].exit_at == step.time + EXIT_DELAY


@promise(
    "H5",
    "An operator changes only by offering the hub to another who accepts; a begun exit ends with that.",
    "HubList.*",
)
def _(world: World, step: Step) -> None:
    for hub_id, hub in step.before.hubs.items():
        after = step.after.hubs[hub_id]
        if step.function == "acceptOperator" and step.args[0] == hub_id:
            assert step.sender.address == hub.pending == after.operator
            assert after.exit_at == 0
        else:
            assert after.operator == hub.operator


@promise("H6", "A hub that has left never changes again.")
def _(world: World, step: Step) -> None:
    for hub_id, hub in step.before.hubs.items():
        if not hub.bond:
            assert step.after.hubs[hub_id] == hub


@promise(
    "H7", "A hub or node has a pin, and a second one only between a rotation and the end of its overlap."
)
def _(world: World, step: Step) -> None:
    for hub_id, hub in step.after.hubs.items():
        before = step.before.hubs.get(hub_id, replace(hub, nodes=()))
        pairs: list[tuple[Hub | Node, Hub | Node]] = [
            (before, hub),
            *zip(before.nodes, hub.nodes, strict=False),
        ]
        for was, now in pairs:
            assert now.pin != NONE
            assert now.pin != now.previous
            if was.pin != now.pin:
                assert now.previous == was.pin
            else:
                assert now.previous in (NONE, was.previous)


@promise("H8", "An address in the list is sip: or sips:, at most 128 bytes of letters, digits and -._:;=@[].")
def _(world: World, step: Step) -> None:
    hubs = step.after.hubs.values()
    for uri in [*(hub.uri for hub in hubs), *(node.uri for hub in hubs for node in hub.nodes)]:
        assert len(uri) <= 128
        assert _URI.fullmatch(uri)


@promise("H9", "The version goes up by the number of changes of the list, and with nothing else.")
def _(world: World, step: Step) -> None:
    version = world.suite.hubs.read("version")
    changes = [e for e in step.events if e.address == world.suite.hubs.address]
    assert version == step.before.hub_events + len(changes) == step.after.hub_events


@promise("H10", "No hub and no node leaves the list: ids and indices stay what they are.")
def _(world: World, step: Step) -> None:
    hubs = step.after.hubs
    assert step.before.hubs.keys() <= hubs.keys() == {*range(1, len(hubs) + 1)}
    for hub_id, hub in step.before.hubs.items():
        assert len(hub.nodes) <= len(hubs[hub_id].nodes)
