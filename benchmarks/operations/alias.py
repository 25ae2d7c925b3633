"""NameAlias: names claimed and released, where there is ENS and where there is none."""

from __future__ import annotations

from eth_utils.crypto import keccak

from benchmarks.world import FULL_LABEL, NUMBER, SECOND, World
from telsdk.chain.rollout import EnsAddresses

_LABELS = (("3 characters", "bob"), ("32 characters", FULL_LABEL))
_ETH_NODE = bytes(keccak(bytes(32) + keccak(text="eth")))
_OF_REGISTRY, _OF_TOKEN = "setOwner(bytes32,address)", "setOwner(uint256,address)"


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
    """ENS v1 and v2 are stand-ins here that answer from a slot or two. The real ones are about as short, but for v2's
    Universal Resolver and the proxies before its registries."""
    registry, registrar = w.helper("EnsRegistryStandIn"), w.helper("EthRegistrarStandIn")
    wrapper, second = w.helper("NameWrapperStandIn", registrar), w.helper("PermissionedRegistryStandIn")
    first = w.helper("UniversalResolverV1StandIn")
    proxy = w.helper("UniversalResolverProxyStandIn", first)
    w.tell_helper(registry, _OF_REGISTRY, _ETH_NODE, registrar)
    w.use(w.deploy(EnsAddresses(registry, wrapper, proxy)))
    w.register(w.alice)
    for length, label in _LABELS:
        token = int.from_bytes(keccak(text=label))
        w.tell_helper(registrar, _OF_TOKEN, token, w.alice.address)
        with w.undone():
            w.measure(f"first, {length}, in ENS", w.alias, "claim", label, NUMBER, sender=w.alice)
        with w.undone():
            w.tell_helper(registrar, _OF_TOKEN, token, wrapper)
            w.tell_helper(wrapper, _OF_TOKEN, int.from_bytes(_node(label)), w.alice.address)
            w.measure(f"first, {length}, wrapped in ENS", w.alias, "claim", label, NUMBER, sender=w.alice)
        with w.undone():
            w.tell_helper(proxy, "upgradeTo(address)", w.helper("UniversalResolverV2StandIn", second))
            w.tell_helper(second, "register(string,address,uint64)", label, w.alice.address, 2**63)
            w.measure(f"first, {length}, in ENS v2", w.alias, "claim", label, NUMBER, sender=w.alice)


def _node(label: str) -> bytes:
    """ENSIP-1's namehash of label.eth."""
    return bytes(keccak(_ETH_NODE + keccak(text=label)))


def releases(w: World) -> None:
    for variant, label in _LABELS:
        with w.undone():
            w.do(w.alias, "claim", label, NUMBER, sender=w.alice)
            w.measure(variant, w.alias, "release", NUMBER, sender=w.alice)


SCENARIOS = (claims, claims_after_a_sale, claims_with_ens, releases)
