"""HubList: hubs, their nodes and pins, exits and handovers."""

from __future__ import annotations

from eth_utils.crypto import keccak

from benchmarks.world import ETHER, World

_BOND = ETHER // 10  # HubList.BOND
_EXIT = 7 * 86_400  # seconds, HubList.EXIT_DELAY
_SHORT = "sips:hub.example.org"  # up to 31 bytes are in one slot
_OTHER_SHORT = "sips:hub2.example.org"
_LONG = "sips:" + "n" * 110 + ".example.org"
_PINS = tuple(bytes(keccak(text=f"pin {i}")) for i in range(4))
_HUB, _NODE = 1, 0


def _add(w: World) -> None:
    w.do(w.hubs, "addHub", _SHORT, _PINS[0], sender=w.bob, value=_BOND)
    w.do(w.hubs, "addNode", _HUB, _SHORT, _PINS[0], 100, sender=w.bob)


def new_hubs(w: World) -> None:
    with w.undone():
        args = (_LONG, _PINS[0])
        w.measure("first, URI of 127 bytes", w.hubs, "addHub", *args, sender=w.bob, value=_BOND)
    for variant, sender in (("first", w.bob), ("later", w.carol)):
        w.measure(
            f"{variant}, URI of 20 bytes", w.hubs, "addHub", _SHORT, _PINS[0], sender=sender, value=_BOND
        )


def hubs(w: World) -> None:
    _add(w)
    w.measure("URI of 21 bytes", w.hubs, "setHub", _HUB, _OTHER_SHORT, sender=w.bob)
    w.measure("URI of 127 bytes", w.hubs, "setHub", _HUB, _LONG, sender=w.bob)
    w.measure("one pin before", w.hubs, "rotateHubPin", _HUB, _PINS[1], sender=w.bob)
    w.measure("two pins before", w.hubs, "rotateHubPin", _HUB, _PINS[2], sender=w.bob)
    w.measure("previous pin", w.hubs, "retireHubPin", _HUB, sender=w.bob)


def new_nodes(w: World) -> None:
    w.do(w.hubs, "addHub", _SHORT, _PINS[0], sender=w.bob, value=_BOND)
    with w.undone():
        args = (_HUB, _LONG, _PINS[0], 100)
        w.measure("first, URI of 127 bytes", w.hubs, "addNode", *args, sender=w.bob)
    for variant in ("first", "later"):
        args = (_HUB, _SHORT, _PINS[0], 100)
        w.measure(f"{variant}, URI of 20 bytes", w.hubs, "addNode", *args, sender=w.bob)


def nodes(w: World) -> None:
    _add(w)
    for variant, uri, active in (
        ("URI of 21 bytes", _OTHER_SHORT, True),
        ("out of service", _OTHER_SHORT, False),
        ("URI of 127 bytes", _LONG, False),
    ):
        w.measure(variant, w.hubs, "setNode", _HUB, _NODE, uri, 100, active, sender=w.bob)
    w.measure("one pin before", w.hubs, "rotateNodePin", _HUB, _NODE, _PINS[1], sender=w.bob)
    w.measure("two pins before", w.hubs, "rotateNodePin", _HUB, _NODE, _PINS[2], sender=w.bob)
    w.measure("previous pin", w.hubs, "retireNodePin", _HUB, _NODE, sender=w.bob)


def exits(w: World) -> None:
    _add(w)
    w.measure("begin", w.hubs, "beginExit", _HUB, sender=w.bob)
    with w.undone():
        w.measure("cancel", w.hubs, "cancelExit", _HUB, sender=w.bob)
    w.chain.advance_time(_EXIT)
    w.measure("after the exit", w.hubs, "withdrawBond", _HUB, sender=w.bob)


def handovers(w: World) -> None:
    _add(w)
    w.measure("new", w.hubs, "proposeOperator", _HUB, w.carol.address, sender=w.bob)
    w.measure("another", w.hubs, "proposeOperator", _HUB, w.alice.address, sender=w.bob)
    with w.undone():
        w.measure("proposed", w.hubs, "acceptOperator", _HUB, sender=w.alice)
    w.do(w.hubs, "beginExit", _HUB, sender=w.bob)
    w.measure("proposed, ends an exit", w.hubs, "acceptOperator", _HUB, sender=w.alice)


SCENARIOS = (new_hubs, hubs, new_nodes, nodes, exits, handovers)
