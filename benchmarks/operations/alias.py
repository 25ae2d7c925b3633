"""NameAlias: names claimed and released, where there is ENS and where there is none."""

from __future__ import annotations

from eth_utils.crypto import keccak

from benchmarks.world import FULL_LABEL, NUMBER, SECOND, World

_LABELS = (("3 characters", "bob"), ("32 characters", FULL_LABEL))
_SET_OWNER = {"registry": "setOwner(bytes32,address)", "wrapper": "setOwner(uint256,address)"}


def claims(w: World) -> None:
    for variant, label in _LABELS:
        with w.undone():
            w.measure(f"first, {variant}", w.alias, "claim", label, NUMBER, sender=w.alice)
    w.do(w.alias, "claim", "alice", NUMBER, sender=w.alice)
    w.measure("another, 32 characters", w.alias, "claim", FULL_LABEL, NUMBER, sender=w.alice)


def claims_after_a_sale(w: World) -> None:
    """Who bought the number names it; who held it takes the name, void since, for another number of hers."""
    w.do(w.alias, "claim", FULL_LABEL, NUMBER, sender=w.alice)
    w.do(w.registry, "transferFrom", w.alice.address, w.bob.address, NUMBER, sender=w.alice)
    w.register(w.alice, SECOND)
    with w.undone():
        variant = "first after a sale, 3 characters"
        w.measure(variant, w.alias, "claim", "bob", NUMBER, sender=w.bob)
    w.measure("of a number since sold, 32 characters", w.alias, "claim", FULL_LABEL, SECOND, sender=w.alice)


def claims_with_ens(w: World) -> None:
    """ENS is a stand-in here that answers from one slot. The real registry is about as short, its wrapper longer."""
    registry, wrapper = w.helper("EnsRegistryStandIn"), w.helper("NameWrapperStandIn")
    w.use(w.deploy(registry, wrapper))
    w.register(w.alice)
    for length, label in _LABELS:
        node = _node(label)
        w.tell_helper(registry, _SET_OWNER["registry"], node, w.alice.address)
        w.tell_helper(wrapper, _SET_OWNER["wrapper"], int.from_bytes(node), w.alice.address)
        with w.undone():
            w.measure(f"first, {length}, in ENS", w.alias, "claim", label, NUMBER, sender=w.alice)
        w.tell_helper(registry, _SET_OWNER["registry"], node, wrapper)
        with w.undone():
            w.measure(f"first, {length}, wrapped in ENS", w.alias, "claim", label, NUMBER, sender=w.alice)


def _node(label: str) -> bytes:
    """ENSIP-1's namehash of label.eth."""
    eth = keccak(bytes(32) + keccak(text="eth"))
    return bytes(keccak(eth + keccak(text=label)))


def releases(w: World) -> None:
    for variant, label in _LABELS:
        with w.undone():
            w.do(w.alias, "claim", label, NUMBER, sender=w.alice)
            w.measure(variant, w.alias, "release", NUMBER, sender=w.alice)


SCENARIOS = (claims, claims_after_a_sale, claims_with_ens, releases)
