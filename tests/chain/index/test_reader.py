"""Reading in chunks that an RPC bears, and the newest blocks one by one."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.errors import AnswerError, RangeTooWide, RpcUnreachable
from telsdk.chain.index import ChainIndex, ReadingSettings
from telsdk.chain.index.reader import Reader, single
from telsdk.chain.interface import ChainEvent, EventFilter, bloom_bits
from tests.chain.actors import NUMBER
from tests.chain.simulated import DEPLOYMENT, FIRST_BLOCK, SimulatedChain, minted

DENSE = range(FIRST_BLOCK + 400, FIRST_BLOCK + 440)


@dataclass
class Dense(SimulatedChain):
    """An RPC that tells so many events at once: of a dense stretch, few blocks."""

    sizes: list[int] = field(default_factory=list)

    def events(self, first: int, last: int) -> list[ChainEvent]:
        events = super().events(first, last)
        if len(events) > 10:
            raise RangeTooWide("query returned more than 10 results")
        self.sizes.append(last - first + 1)
        return events


def test_a_chunk_grows_again_after_a_dense_stretch() -> None:
    chain = Dense()
    for block in range(FIRST_BLOCK, FIRST_BLOCK + 2_000):
        chain.mine(*(minted(10_000 + block) if block in DENSE else ()))
    with ChainIndex(chain, settings=ReadingSettings(chunk=200)) as index:
        index.load()
        assert len(index.numbers_of(minted(1)[0][2]["to"])) == len(DENSE)
    assert min(chain.sizes) <= 5
    assert max(chain.sizes[chain.sizes.index(min(chain.sizes)) :]) >= 150
    assert len(chain.sizes) < 80


def test_a_limit_that_is_one_for_all_blocks_is_not_tried_again() -> None:
    class Ten(SimulatedChain):
        refused = 0

        def events(self, first: int, last: int) -> list[ChainEvent]:
            if last - first + 1 > 10:
                self.refused += 1
                raise RangeTooWide("up to a 10 block range", 10, always=True)
            return super().events(first, last)

    chain = Ten()
    for _ in range(500):
        chain.mine()
    with ChainIndex(chain) as index:
        index.load()
    assert chain.refused == 1


def test_an_answer_that_takes_too_long_is_asked_for_in_less_and_not_for_ever() -> None:
    class Slow(SimulatedChain):
        asks = 0

        def events(self, first: int, last: int) -> list[ChainEvent]:
            self.asks += 1
            if last - first + 1 > 40:
                raise RpcUnreachable("slow", slow=True)
            return super().events(first, last)

    chain = Slow()
    for _ in range(3_000):
        chain.mine()
    with ChainIndex(chain) as index:
        index.load()
        assert index.head == chain.head()


def test_guesses_at_a_smaller_question_have_an_end() -> None:
    class Dead(SimulatedChain):
        asks = 0

        def events(self, first: int, last: int) -> list[ChainEvent]:
            self.asks += 1
            raise RpcUnreachable("slow", slow=True)

    chain = Dead()
    for _ in range(3_000):
        chain.mine()
    with ChainIndex(chain) as index, pytest.raises(RpcUnreachable):
        index.load()
    assert chain.asks == 3


def test_an_event_is_told_once_and_has_one_story() -> None:
    one = ChainEvent("NumberRegistry", "Transfer", {"tokenId": 1}, 5, 0, b"h")
    other = ChainEvent("NumberRegistry", "Transfer", {"tokenId": 2}, 5, 0, b"h")
    after = ChainEvent("NumberRegistry", "Transfer", {"tokenId": 1}, 6, 0, b"i")
    assert single([after, one, one]) == [one, after]
    with pytest.raises(AnswerError, match="two stories of what happened in block 5"):
        single([one, other])


@given(st.lists(st.binary(min_size=20, max_size=32), max_size=50), st.binary(min_size=20, max_size=32))
def test_a_bloom_filter_has_what_is_in_it(items: list[bytes], other: bytes) -> None:
    filled = bloom_bits(items)
    assert all(filled & bloom_bits([item]) == bloom_bits([item]) for item in items)
    assert bloom_bits([*items, other]) | filled == bloom_bits([*items, other])
    assert bloom_bits([other]).bit_count() <= 3


def test_the_chains_own_filters_say_what_ours_say(alice: Client, chain: EmbeddedChain) -> None:
    """Every block of a real chain: no event is denied, and none but those with events are looked into."""
    events = EventFilter(alice.deployment)
    chain.mine(3)
    alice.registry.revoke_sessions(NUMBER)
    for number in range(1, alice.head().number + 1):
        header = alice.header(number)
        said = alice.events_in(header)
        assert events.may_have(header) == bool(said)
        assert not any(events.denies(header, event) for event in said)
    empty = alice.header(alice.head().number - 1)
    assert empty.is_empty
    assert all(events.denies(empty, event) for event in said)


def test_a_path_ends_where_the_reading_left_off() -> None:
    chain = SimulatedChain()
    for _ in range(30):
        chain.mine()
    reader = Reader(EventFilter(DEPLOYMENT), ReadingSettings(near=5))
    newest = chain.header()
    path, joined = reader.path(chain, newest, lambda header: header.number == newest.number - 2)
    assert ([one.number for one in path], joined) == ([newest.number - back for back in range(3)], True)
    path, joined = reader.path(chain, newest, lambda _: False)
    assert (len(path), joined) == (5, False)
