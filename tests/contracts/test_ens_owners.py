"""EnsOwners: who owns a name in ENS. See tests.contracts.ens for what of ENS is real here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from scripts.helpers import helpers
from tests.contracts.ens import CANNOT_UNWRAP, DAY, GRACE, ZERO, Ens, node, token
from tests.contracts.evm import START, Chain, Contract, Reverted, artefacts
from tests.contracts.suite import actor

DAO, ALICE, BOB, MALLORY = (actor(name).address for name in ("deployer", "alice", "bob", "mallory"))
YEAR = 365 * DAY
GARBAGE = b"\xff" * 32
ANSWER, REFUSE, SPEND_ALL, HUGE = range(4)


class World:
    """ENS, and the contract that asks it."""

    def __init__(self) -> None:
        self.chain = Chain()
        self.ens = Ens.deploy(self.chain, DAO)
        self.owners = self.put(*self.ens.addresses)

    def put(self, *addresses: str) -> Contract:
        return self.chain.deploy(artefacts()["EnsOwners"], *addresses, sender=DAO)

    def owner(self, label: str = "alice", asked: Contract | None = None) -> str:
        owner: str = (asked or self.owners).read("ownerOf", label)
        return owner

    def oracle(self, manner: int = ANSWER, words: bytes = b"") -> Contract:
        """Return a contract that answers anything so."""
        made = self.chain.deploy(helpers()["Oracle"], sender=DAO)
        made.send("set", manner, words, sender=DAO)
        return made


@pytest.fixture(scope="module")
def deployed() -> World:
    return World()


@pytest.fixture
def world(deployed: World) -> Iterator[World]:
    before = deployed.chain.evm.snapshot()
    deployed.chain.advance(START - deployed.chain.now)
    yield deployed
    deployed.chain.evm.revert(before)


@pytest.fixture
def ens(world: World) -> Ens:
    world.ens.register("alice", ALICE, YEAR)
    return world.ens


# ENS v1


def test_the_owner_is_who_has_the_token(world: World, ens: Ens) -> None:
    assert world.owner() == ALICE


def test_a_sold_name_is_the_buyers_though_nobody_reclaimed_it(world: World, ens: Ens) -> None:
    ens.sell("alice", ALICE, BOB)
    assert ens.registry.read("owner", node("alice")) == ALICE
    assert world.owner() == BOB


def test_who_controls_a_name_does_not_own_it(world: World, ens: Ens) -> None:
    ens.registry.send("setOwner", node("alice"), MALLORY, sender=ALICE)
    assert world.owner() == ALICE


def test_what_nobody_registered_is_nobodys(world: World, ens: Ens) -> None:
    assert world.owner("bob") == ZERO
    assert world.owner("") == ZERO


def test_a_name_is_nobodys_from_the_moment_that_it_runs_out(world: World, ens: Ens) -> None:
    world.chain.advance(YEAR - 1)
    assert world.owner() == ALICE
    world.chain.advance(1)
    assert world.owner() == ZERO


def test_a_name_renewed_in_its_grace_period_is_its_owners_again(world: World, ens: Ens) -> None:
    world.chain.advance(YEAR + GRACE - 1)
    assert world.owner() == ZERO
    ens.registrar.send("renew", token("alice"), YEAR, sender=DAO)
    assert world.owner() == ALICE


def test_a_name_registered_anew_is_whoever_registered_it(world: World, ens: Ens) -> None:
    world.chain.advance(YEAR + GRACE + 1)
    ens.register("alice", BOB)
    assert world.owner() == BOB


@pytest.mark.parametrize("fuses", [0, CANNOT_UNWRAP])
def test_a_wrapped_name_is_who_holds_it_in_the_wrapper(world: World, ens: Ens, fuses: int) -> None:
    ens.wrap("alice", ALICE, fuses)
    assert ens.registrar.read("ownerOf", token("alice")) == ens.wrapper.address
    assert world.owner() == ALICE
    ens.wrapper.send("safeTransferFrom", ALICE, BOB, int.from_bytes(node("alice")), sender=ALICE)
    assert world.owner() == BOB


def test_an_unwrapped_name_is_its_owners(world: World, ens: Ens) -> None:
    ens.wrap("alice", ALICE)
    ens.wrapper.send("unwrap", "alice", BOB, sender=ALICE)
    assert world.owner() == BOB


def test_a_wrapped_name_ends_with_its_registration_not_with_the_grace_period(world: World, ens: Ens) -> None:
    ens.wrap("alice", ALICE, CANNOT_UNWRAP)
    world.chain.advance(YEAR)
    assert ens.wrapper.read("ownerOf", int.from_bytes(node("alice"))) == ALICE
    assert world.owner() == ZERO


def test_a_renewal_of_which_the_wrapper_does_not_know_counts_when_it_knows(world: World, ens: Ens) -> None:
    ens.wrap("alice", ALICE)
    ens.registrar.send("renew", token("alice"), YEAR, sender=DAO)
    world.chain.advance(YEAR)
    assert world.owner() == ALICE  # by the old expiry and its grace period
    world.chain.advance(GRACE + 1)
    assert world.owner() == ZERO
    ens.wrapper.send("sync", "alice", sender=MALLORY)
    assert world.owner() == ALICE


def test_what_ran_out_wrapped_and_was_registered_anew_is_the_new_owners(world: World, ens: Ens) -> None:
    ens.wrap("alice", ALICE)
    world.chain.advance(YEAR + GRACE + 1)
    ens.register("alice", BOB)
    assert world.owner() == BOB
    # And by giving the token to the wrapper Bob makes it nobody's, never Alice's again.
    ens.sell("alice", BOB, ens.wrapper.address)
    assert world.owner() == ZERO


def test_where_there_is_no_wrapper_a_name_in_it_is_its_own(world: World, ens: Ens) -> None:
    bare = world.put(ens.registry.address, ZERO, ZERO)
    assert world.owner(asked=bare) == ALICE
    ens.wrap("alice", ALICE)
    assert world.owner(asked=bare) == ens.wrapper.address


def test_another_registrar_that_ens_names_counts_from_then_on(world: World, ens: Ens) -> None:
    other = world.chain.deploy(helpers()["EthRegistrarStandIn"], sender=DAO)
    other.send("setOwner", token("alice"), BOB, sender=DAO)
    ens.registry.send("setSubnodeOwner", bytes(32), bytes.fromhex(ETH_LABEL), other.address, sender=DAO)
    assert world.owner() == BOB


ETH_LABEL = token("eth").to_bytes(32).hex()


# ENS v2


@pytest.fixture
def v2(ens: Ens) -> Ens:
    ens.cut_over()
    return ens


def _second(v2: Ens, label: str, owner: str, seconds: int = YEAR) -> None:
    v2.v2.send("register", label, owner, v2.chain.now + seconds, sender=DAO)


def test_before_the_cutover_v2_says_nothing(world: World, ens: Ens) -> None:
    _second(ens, "alice", BOB)
    assert world.owner() == ALICE
    ens.cut_over()
    assert world.owner() == BOB


def test_a_reserved_name_is_still_its_owners_in_v1(world: World, v2: Ens) -> None:
    _second(v2, "alice", ZERO)
    assert world.owner() == ALICE
    v2.sell("alice", ALICE, BOB)
    assert world.owner() == BOB
    v2.wrap("alice", BOB)
    assert world.owner() == BOB


def test_a_reserved_name_that_runs_out_in_v1_is_nobodys(world: World, v2: Ens) -> None:
    _second(v2, "alice", ZERO, YEAR + GRACE)
    world.chain.advance(YEAR)
    assert world.owner() == ZERO


def test_a_migrated_name_is_its_owners_in_v2_and_not_the_graveyards(world: World, v2: Ens) -> None:
    graveyard = world.oracle().address
    _second(v2, "alice", ZERO)
    v2.sell("alice", ALICE, graveyard)
    v2.v2.send("register", "alice", BOB, 0, sender=DAO)
    assert world.owner() == BOB
    world.chain.advance(YEAR)
    assert world.owner() == ZERO


def test_what_ran_out_in_v1_and_was_registered_in_v2_is_the_new_owners(world: World, v2: Ens) -> None:
    world.chain.advance(YEAR + GRACE + 1)
    _second(v2, "alice", BOB)
    assert world.owner() == BOB


def test_what_v2_does_not_know_is_nobodys_whatever_v1_says(world: World, v2: Ens) -> None:
    assert world.owner() == ZERO


def test_a_name_of_v2_is_nobodys_when_it_has_expired_or_was_taken_back(world: World, v2: Ens) -> None:
    _second(v2, "bob", BOB)
    world.chain.advance(YEAR - 1)
    assert world.owner("bob") == BOB
    world.chain.advance(1)
    assert world.owner("bob") == ZERO
    _second(v2, "bob", ALICE)
    v2.v2.send("unregister", "bob", sender=DAO)
    assert world.owner("bob") == ZERO


def test_a_name_of_v2_is_known_by_its_label_whatever_its_tokens_id_is(world: World, v2: Ens) -> None:
    _second(v2, "bob", BOB)
    first = v2.v2.read("getState", token("bob"))[3]
    v2.v2.send("regenerate", "bob", sender=DAO)
    assert v2.v2.read("getState", token("bob"))[3] != first
    assert world.owner("bob") == BOB


# Answers that no ENS gives


def _state(world: World, **other: int) -> bytes:
    """What v2 says of alice.eth, registered and Mallory's, but for `other`."""
    words = {
        "status": 2,
        "expiry": world.chain.now + YEAR,
        "latest_owner": int(MALLORY, 16),
        "token": token("alice"),
        "resource": 0,
    }
    return encode(["uint256"] * 5, list({**words, **other}.values()))


@pytest.mark.parametrize(
    "other",
    [
        {"status": 0},
        {"status": 3},
        {"status": 2**256 - 1},
        {"status": 1},  # reserved, and somebody's
        {"expiry": START},
        {"expiry": 2**64},
        {"latest_owner": 2**160 + 5},
        {"token": token("bob")},
        {"token": token("alice") ^ 1 << 32},
    ],
)
def test_a_state_that_cannot_be_makes_nobody_the_owner(world: World, ens: Ens, other: dict[str, int]) -> None:
    registry = world.oracle(ANSWER, _state(world))
    resolver = world.oracle(ANSWER, encode(["address"], [registry.address]))
    asked = world.put(ens.registry.address, ens.wrapper.address, resolver.address)
    assert world.owner(asked=asked) == MALLORY  # so it is this word that makes it nobody's
    registry.send("set", ANSWER, _state(world, **other), sender=DAO)
    assert world.owner(asked=asked) == ZERO


def test_a_name_of_v2_may_end_at_the_last_second_that_there_is(world: World, ens: Ens) -> None:
    registry = world.oracle(ANSWER, _state(world, expiry=2**64 - 1))
    resolver = world.oracle(ANSWER, encode(["address"], [registry.address]))
    assert (
        world.owner(asked=world.put(ens.registry.address, ens.wrapper.address, resolver.address)) == MALLORY
    )


STATIONS = ("registry", "registrar", "wrapper", "resolver", "registry of v2")
HOSTILE = {
    "reverts": (REFUSE, b"no"),
    "reverts with an address": (REFUSE, encode(["address"], [MALLORY])),
    "spends all gas": (SPEND_ALL, b""),
    "answers at length": (HUGE, encode(["address"], [MALLORY])),
    "answers nothing": (ANSWER, b""),
    "answers too little": (ANSWER, encode(["address"], [MALLORY])[:31]),
    "answers too much": (ANSWER, encode(["address"], [MALLORY]) * 2),
    "answers more than an address": (ANSWER, GARBAGE),
}


def _hostile_at(world: World, station: str, manner: int, words: bytes) -> Contract:
    """Return an EnsOwners one of whose informants is hostile."""
    ens, bad = world.ens, world.oracle(manner, words).address
    registry, wrapper, resolver = ens.addresses
    if station == "registrar":
        ens.registry.send("setSubnodeOwner", bytes(32), bytes.fromhex(ETH_LABEL), bad, sender=DAO)
    elif station == "wrapper":
        ens.sell("alice", ALICE, bad)
        wrapper = bad
    elif station == "registry of v2":
        resolver = world.oracle(ANSWER, encode(["address"], [bad])).address
    return world.put(
        *(
            bad if station == name else given
            for name, given in (("registry", registry), ("wrapper", wrapper), ("resolver", resolver))
        )
    )


@pytest.mark.parametrize(("station", "how"), product(STATIONS, HOSTILE))
def test_who_answers_what_no_ens_answers_makes_nobody_the_owner(
    world: World, ens: Ens, station: str, how: str
) -> None:
    asked = _hostile_at(world, station, *HOSTILE[how])
    assert world.owner(asked=asked) == ZERO


@pytest.mark.parametrize("station", STATIONS[:3])
def test_a_bare_refusal_makes_nobody_the_owner(world: World, ens: Ens, station: str) -> None:
    """From the resolver it means ENS v1: only that one may lack the function."""
    assert world.owner(asked=_hostile_at(world, station, REFUSE, b"")) == ZERO


def test_who_is_no_contract_any_more_makes_nobody_the_owner(world: World, ens: Ens) -> None:
    nowhere = "0x" + "12" * 20
    ens.registry.send("setSubnodeOwner", bytes(32), bytes.fromhex(ETH_LABEL), nowhere, sender=DAO)
    assert world.owner() == ZERO
    resolver = world.oracle(ANSWER, encode(["address"], [nowhere])).address
    assert world.owner(asked=world.put(ens.registry.address, ens.wrapper.address, resolver)) == ZERO


@given(words=st.binary(max_size=200), manner=st.integers(0, 3), station=st.sampled_from(STATIONS))
def test_whatever_is_answered_nothing_reverts(
    deployed: World, words: bytes, manner: int, station: str
) -> None:
    before = deployed.chain.evm.snapshot()
    try:
        if deployed.owner() == ZERO:
            deployed.ens.register("alice", ALICE, YEAR)
        found = deployed.owner(asked=_hostile_at(deployed, station, manner, words))
        assert found in (ZERO, ALICE) or int(found, 16) in (
            int.from_bytes(words[place : place + 32]) for place in range(0, 160, 32)
        )
    finally:
        deployed.chain.evm.revert(before)


# Gas


def _spent(world: World, asked: Contract, gas: int | None = None) -> tuple[str, int]:
    """Return the owner, and what the call cost besides what every transaction costs."""
    data = asked.abi.calldata("ownerOf", "alice")
    output = world.chain.evm.message_call(ALICE, asked.address, data, gas=gas, is_static=True)
    result = world.chain.evm.result
    assert result is not None
    return asked.abi.output("ownerOf", output), result.gas_used


@pytest.mark.parametrize("station", STATIONS)
def test_the_gas_is_bounded_whoever_wastes_it(world: World, ens: Ens, station: str) -> None:
    asked = _hostile_at(world, station, SPEND_ALL, b"")
    _, spent = _spent(world, asked)
    assert spent < asked.read("LOOKUP_GAS") + 4 * asked.read("READ_GAS")


def _v1(world: World) -> str:
    return ALICE


def _wrapped(world: World) -> str:
    world.ens.wrap("alice", ALICE)
    return ALICE


def _registered(world: World) -> str:
    world.ens.cut_over()
    _second(world.ens, "alice", BOB)
    return BOB


def _reserved(world: World) -> str:
    world.ens.cut_over()
    _second(world.ens, "alice", ZERO)
    world.ens.wrap("alice", ALICE)
    return ALICE


@pytest.mark.parametrize("case", [_v1, _wrapped, _registered, _reserved])
def test_by_the_gas_nobody_chooses_the_owner(world: World, ens: Ens, case: Callable[[World], str]) -> None:
    """Any gas brings the owner, or nobody, or the end of the whole call; never v1's owner of a name that is in v2."""
    owner = case(world)
    answers = set()
    for gas in range(21_000, 600_000, 3_000):
        try:
            found, _ = _spent(world, world.owners, gas)
        except RuntimeError:
            continue  # the call as a whole ran out
        answers.add(found)
    assert answers == {owner, ZERO}


# What it is made with


def test_it_is_made_only_where_ens_is(world: World) -> None:
    registry, wrapper, resolver = world.ens.addresses
    nobody = "0x" + "34" * 20
    for given_ in ((nobody, wrapper, resolver), (registry, nobody, resolver), (registry, wrapper, nobody)):
        with pytest.raises(Reverted) as refused:
            world.put(*given_)
        assert (refused.value.name, refused.value.values) == ("NotAContract", (nobody,))
    with pytest.raises(Reverted, match="NotAContract"):
        world.put(ZERO, wrapper, resolver)


def test_it_says_what_it_asks(world: World) -> None:
    getters = ("ens", "wrapper", "universalResolver")
    assert tuple(map(world.owners.read, getters)) == world.ens.addresses
    assert (world.owners.read("READ_GAS"), world.owners.read("LOOKUP_GAS")) == (100_000, 250_000)
