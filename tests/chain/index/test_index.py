"""The chain index: what it says is what the chain says, whatever becomes of the chain."""

# The steps of a history all take the same arguments.

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts import samples
from telsdk.chain.client import Client, facts_of
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.errors import ChainError, ContractRefused, IndexMismatch, RpcError, RpcUnreachable
from telsdk.chain.index import ChainIndex, ReadingSettings
from telsdk.chain.index import index as index_module
from telsdk.chain.interface import ChainEvent
from telsdk.directory import NumberFacts
from telsdk.errors import NotFound
from telsdk.name import Name
from telsdk.number import Number
from telsdk.records import CONTRACT, RECORDS, Record
from tests.chain.actors import NEXT_PIN, NUMBER, OTHER, PIN, buy, me
from tests.chain.simulated import ALICE, BOB, DEPLOYMENT, FIRST_BLOCK, MARKET, Said, SimulatedChain, minted

NAME = Name("alice.tel")


def facts_by_asking(client: Client, number: Number) -> NumberFacts | None:
    """The facts as the contracts themselves give them."""
    try:
        return facts_of(client, number)
    except NotFound:
        return None


def _writes(record: Record) -> Callable[[Client, Client, Number, Name], object]:
    update = samples.update(only=record.name)
    return lambda who, whom, number, name: who.records.write("setMany", number, update.struct())


def index_height(index: ChainIndex) -> int:
    try:
        return index.head.number
    except ChainError:
        return 0


# On the real contracts


def test_it_tells_what_the_contracts_tell(alice: Client, bob: Client, chain: EmbeddedChain) -> None:
    with ChainIndex(alice) as index:
        assert index.load() == alice.head()
        assert index.number(NUMBER) == NumberFacts(NUMBER, me(alice), epoch=1, session=0)
        assert index.number(OTHER) is None
        assert index.numbers_of(me(alice)) == (NUMBER,)
        assert index.domain == alice.domain
        buy(bob, chain, OTHER)
        alice.alias.claim(NAME, NUMBER)
        assert index.resolve(NAME) is None
        assert index.poll() == {NUMBER, OTHER}
        assert index.resolve(NAME) == NUMBER
        assert index.poll() == frozenset()


def test_hubs_and_nodes_are_followed(client: Client) -> None:
    with ChainIndex(client) as index:
        for _ in range(2):
            client.hubs.add_hub("sip:192.0.2.1;transport=tls", PIN)
        client.hubs.add_node(1, "sip:192.0.2.2;transport=tls", PIN, 100)
        client.hubs.add_node(1, "sip:192.0.2.3;transport=tls", PIN, 200)
        client.hubs.set_node(1, 1, "sip:192.0.2.4;transport=tls", 300, active=False)
        client.hubs.rotate_node_pin(1, 0, NEXT_PIN)
        client.hubs.rotate_hub_pin(1, NEXT_PIN)
        client.hubs.rotate_hub_pin(2, NEXT_PIN)
        client.hubs.retire_hub_pin(2)
        index.load()
        assert index.hubs() == (client.hubs.facts(1), client.hubs.facts(2))
        assert index.hub(1) == client.hubs.facts(1)
        assert index.hub(3) is None


def test_a_hub_that_leaves_is_gone(client: Client, chain: EmbeddedChain) -> None:
    client.hubs.add_hub("sip:192.0.2.1;transport=tls", PIN)
    client.hubs.begin_exit(1)
    with ChainIndex(client) as index:
        index.load()
        assert index.hub(1) is not None
        chain.advance_time(client.hubs.exit_delay())
        client.hubs.withdraw_bond(1)
        index.poll()
        assert index.hub(1) is None
        assert index.hubs() == ()


MARKET_ENDS: list[Callable[[Client, Client], object]] = [
    lambda alice, bob: alice.registry.approve_market(NUMBER, alice.market.address),
    lambda alice, bob: alice.registry.approve_market(NUMBER, me(bob)),
    lambda alice, bob: alice.registry.write("setApprovalForAll", alice.market.address, True),
    lambda alice, bob: alice.market.cancel(NUMBER),
    lambda alice, bob: alice.registry.transfer(NUMBER, me(bob)),
    lambda alice, bob: alice.registry.transfer(NUMBER, me(alice)),
    lambda alice, bob: alice.relay(bob.registry.permit_move(NUMBER)),
    lambda alice, bob: bob.market.buy(bob.market.offer(NUMBER)),  # type: ignore[arg-type]
]


@pytest.mark.parametrize("end", MARKET_ENDS)
def test_a_price_is_told_only_while_the_number_can_be_bought(
    alice: Client, bob: Client, end: Callable[[Client, Client], object]
) -> None:
    with ChainIndex(alice) as index:
        alice.market.list(NUMBER, Decimal(20))
        index.load()
        facts = index.number(NUMBER)
        assert facts is not None
        assert facts.price == 20 * 10**18
        end(alice, bob)
        assert index.poll() == {NUMBER}
        assert index.number(NUMBER) == facts_by_asking(alice, NUMBER)


def test_a_word_about_another_market_ends_no_offer(alice: Client, bob: Client) -> None:
    alice.market.list(NUMBER, Decimal(1))
    alice.registry.write("setApprovalForAll", me(bob), True)
    with ChainIndex(alice) as index:
        index.load()
        assert index.number(NUMBER) == facts_by_asking(alice, NUMBER)


def test_a_reorganised_chain_takes_its_words_back(alice: Client, bob: Client, chain: EmbeddedChain) -> None:
    alice.alias.claim(NAME, NUMBER)
    with ChainIndex(alice) as index:
        index.load()
        before = chain.snapshot()
        alice.registry.transfer(NUMBER, me(bob))
        index.poll()
        sold = index.number(NUMBER)
        assert sold is not None
        assert (sold.owner, sold.epoch, sold.name) == (me(bob), 2, None)
        chain.revert(before)
        chain.mine(2)
        assert index.poll() == {NUMBER}
        assert index.number(NUMBER) == facts_by_asking(alice, NUMBER)
        assert index.resolve(NAME) == NUMBER
        assert index.head == alice.head()


def test_a_long_random_history_with_reorganisations_is_told_right(
    client: Client, bob: Client, chain: EmbeddedChain
) -> None:
    choice = random.Random(8)
    users, numbers, names = [client, bob], [NUMBER, OTHER], [NAME, Name("bob.tel")]
    buy(client, chain, *numbers)
    steps: list[Callable[[Client, Client, Number, Name], object]] = [
        lambda who, whom, number, name: who.registry.transfer(number, me(whom)),
        lambda who, whom, number, name: who.relay(whom.registry.permit_move(number)),
        lambda who, whom, number, name: who.registry.revoke_sessions(number),
        lambda who, whom, number, name: who.alias.claim(name, number),
        lambda who, whom, number, name: who.alias.claim(name, number),
        lambda who, whom, number, name: who.alias.release(number),
        *map(_writes, RECORDS),
        lambda who, whom, number, name: who.market.list(number, Decimal(2)),
        lambda who, whom, number, name: who.registry.write("setApprovalForAll", who.market.address, True),
    ]
    with ChainIndex(client) as index:
        marks = [chain.snapshot()]
        for _ in range(40):
            owners = {number: client.registry.custody(number).owner for number in numbers}
            number = choice.choice(numbers)
            who, whom = sorted(users, key=lambda user: me(user) != owners[number])
            try:
                choice.choice(steps)(who, whom, number, choice.choice(names))
            except ContractRefused:
                continue
            marks.append(chain.snapshot())
            if choice.random() < 0.15:
                back = choice.randrange(len(marks))
                chain.revert(marks[back])
                del marks[back + 1 :]
                # Only a chain that has grown longer is believed to have replaced the other.
                chain.mine(max(1, index_height(index) + 1 - client.head().number))
            if choice.random() < 0.5:
                index.poll()
                assert index.head == client.head()
                for number in numbers:
                    assert index.number(number) == facts_by_asking(client, number)
                for name in names:
                    assert index.resolve(name) == client.alias.number_of(name)


# On made-up chains


def _told(record: Record, turn: int) -> dict[str, Any]:
    return {word.argument: samples.word(word, turn) for word in record.words}


WORDS: list[Callable[[int, str, int], list[Said]]] = [
    lambda number, who, nth: minted(number, who, nth),
    lambda number, who, nth: [("NumberRegistry", "SessionsRevoked", {"number": number, "session": nth})],
    lambda number, who, nth: [
        ("NameAlias", "NameClaimed", {"number": number, "epoch": nth, "label": f"{who[-3:].lower()}"})
    ],
    lambda number, who, nth: [
        ("NameAlias", "NameReleased", {"number": number, "label": f"{who[-3:].lower()}"})
    ],
    lambda number, who, nth: [
        ("NumberMarket", "Listed", {"number": number, "epoch": nth, "price": 10**19 * nth, "seller": who})
    ],
    lambda number, who, nth: [
        ("NumberRegistry", "ApprovalForAll", {"owner": who, "operator": MARKET, "approved": True})
    ],
    lambda number, who, nth: [
        (CONTRACT, record.event, {"number": number, "epoch": nth, **_told(record, nth - 1)})
        for record in RECORDS
    ],
    lambda number, who, nth: [
        ("HubList", "HubAdded", {"hubId": nth, "operator": who, "uri": "sip:192.0.2.1", "pin": PIN})
    ],
]
said = st.builds(
    lambda word, number, who, nth: word(number, who, nth),
    st.sampled_from(WORDS),
    st.sampled_from([10_001, 10_002]),
    st.sampled_from([ALICE, BOB]),
    st.integers(1, 3),
)
moves = st.lists(
    st.one_of(said, st.integers(1, 6), st.just("poll")),
    max_size=30,
)


def everything(index: ChainIndex) -> object:
    labels = [Name(f"of-{who[-3:].lower()}.tel") for who in (ALICE, BOB)]
    return (
        index.head,
        [index.number(Number(number)) for number in (10_001, 10_002)],
        [index.resolve(label) for label in labels],
        index.hubs(),
        index.numbers_of(ALICE),
    )


@settings(deadline=None, max_examples=150)
@given(moves)
def test_after_any_reorganisation_it_equals_a_new_index(history: list[list[Said] | int | str]) -> None:
    chain = SimulatedChain()
    with ChainIndex(chain) as index:
        for place, move in enumerate(history):
            if isinstance(move, list):
                chain.mine(*move)
            elif isinstance(move, int):
                chain.rewind(move, salt=str(place))
            else:
                index.poll()
        for _ in range(8):  # longer than what was there before: a shorter chain is not believed yet
            chain.mine()
        index.poll()
        with ChainIndex(chain) as fresh:
            fresh.load()
            assert everything(index) == everything(fresh)


def test_an_rpc_that_lags_behind_changes_nothing() -> None:
    chain = SimulatedChain()
    chain.mine(*minted(10_001))
    chain.mine()
    with ChainIndex(chain) as index:
        head = index.load()
        newest = chain.blocks.pop()
        assert index.poll() == frozenset()
        assert index.head == head
        chain.blocks.append(newest)
        chain.mine()
        assert index.poll() == frozenset()
        assert index.head.number == head.number + 1


def test_an_rpc_that_bears_few_blocks_at_once_is_asked_for_fewer() -> None:
    chain = SimulatedChain(most=7)
    for number in range(10_000, 10_040):
        chain.mine(*minted(number))
    with ChainIndex(chain) as index:
        index.load()
        assert index.numbers_of(ALICE) == tuple(range(10_000, 10_040))


def test_an_rpc_that_bears_not_one_block_is_an_error() -> None:
    chain = SimulatedChain(most=0)
    chain.mine()
    with ChainIndex(chain) as index, pytest.raises(RpcError, match="too many blocks"):
        index.load()


def test_while_the_chain_is_down_the_last_answers_stay() -> None:
    chain = SimulatedChain()
    chain.mine(*minted(10_001))
    with ChainIndex(chain) as index:
        head = index.load()
        chain.down = True
        with pytest.raises(RpcUnreachable):
            index.poll()
        assert index.head == head
        assert index.number(Number(10_001)) is not None


def test_a_chain_reorganised_while_it_is_read_is_not_mixed() -> None:
    chain = SimulatedChain()
    for said in (minted(10_001, ALICE), [], []):
        chain.mine(*said)
    with ChainIndex(chain, settings=ReadingSettings(near=1)) as index:
        read = chain.events

        def events_and_a_reorganisation(first: int, last: int) -> list[ChainEvent]:
            found = read(first, last)
            chain.rewind(3, "other")
            chain.mine()
            chain.mine()
            chain.events = read  # type: ignore[method-assign]
            return found

        chain.events = events_and_a_reorganisation  # type: ignore[method-assign]
        with pytest.raises(ChainError, match="reorganised at block 101 while it was read"):
            index.load()
        index.load()
        assert index.number(Number(10_001)) is None


def test_before_anything_is_loaded_there_is_no_head() -> None:
    with ChainIndex(SimulatedChain()) as index, pytest.raises(ChainError, match="load it first"):
        _ = index.head


def test_an_index_in_a_file_goes_on_from_where_it_was(tmp_path: Path) -> None:
    chain = SimulatedChain()
    chain.mine(*minted(10_001))
    path = str(tmp_path / "index")
    with ChainIndex(chain, path) as index:
        index.load()
    chain.mine(*minted(10_002))
    chain.asked.clear()
    with ChainIndex(chain, path) as index:
        assert index.number(Number(10_001)) is not None
        index.load()
        assert index.number(Number(10_002)) is not None
    assert chain.asked == [(FIRST_BLOCK, FIRST_BLOCK + 1)]  # the newest are asked for again


def test_a_file_of_another_deployment_is_not_touched(tmp_path: Path) -> None:
    path = str(tmp_path / "index")
    chain = SimulatedChain()
    with ChainIndex(chain, path) as index:
        index.load()
    other = SimulatedChain(deployment=type(DEPLOYMENT)("other", 8, 1, DEPLOYMENT.addresses))
    with pytest.raises(IndexMismatch, match="index of another deployment"):
        ChainIndex(other, path)


@pytest.mark.parametrize("content", [b"not SQLite" * 100])
def test_a_file_that_is_no_index_is_not_touched(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "index"
    path.write_bytes(content)
    with pytest.raises(IndexMismatch, match="is no index"):
        ChainIndex(SimulatedChain(), str(path))
    assert path.read_bytes() == content


def test_it_is_read_from_one_thread_while_another_polls() -> None:
    chain = SimulatedChain()
    failures: list[BaseException] = []
    with ChainIndex(chain) as index:
        chain.mine(*minted(10_001, ALICE, 1))
        index.load()
        done = threading.Event()

        def read() -> None:
            try:
                while not done.is_set():
                    facts = index.number(Number(10_001))
                    assert facts is not None
                    # Owner and epoch change in one block, so no other pair may ever be seen.
                    assert (facts.owner == ALICE) == (facts.epoch % 2 == 1)
            except BaseException as error:  # noqa: BLE001
                failures.append(error)

        reader = threading.Thread(target=read)
        reader.start()
        for epoch in range(2, 60):
            chain.mine(*minted(10_001, BOB if epoch % 2 == 0 else ALICE, epoch))
            index.poll()
        done.set()
        reader.join()
    assert failures == []


def test_what_is_kept_at_hand_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "CACHED", 3)
    with ChainIndex(SimulatedChain()) as index:
        for number in range(10_000, 10_010):
            index.number(Number(number))
        assert len(index._facts) <= 3


def test_signatures_of_contracts_are_asked_of_the_chain() -> None:
    with ChainIndex(SimulatedChain()) as index:
        assert index.is_valid_signature(BOB, bytes(32), b"yes")
        assert not index.is_valid_signature(BOB, bytes(32), b"no")
