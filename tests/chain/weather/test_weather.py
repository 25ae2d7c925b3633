"""Whatever an RPC does, the copy of the chain is right, or says that it is not fresh, and why."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from telsdk.chain.access import RpcSettings, open_rpc
from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.index import ChainIndex, Failover, ReadingSettings
from telsdk.chain.interface import Deployment
from telsdk.follow import Follower, FollowSettings
from tests.chain.actors import NUMBER, me
from tests.chain.weather import badrpc
from tests.chain.weather.badrpc import Weather, served

QUICK = RpcSettings(timeout=0.5, tries=1, max_answer=1_000_000)
SOON = FollowSettings(longest_wait=0.05, longest_rest=0.05)
Make = Callable[[EmbeddedChain], Weather]


@dataclass
class Followed:
    """A copy of the chain that is followed by way of `weather`."""

    weather: Weather
    index: ChainIndex
    follower: Follower

    @property
    def owner(self) -> str:
        facts = self.index.number(NUMBER)
        assert facts is not None
        return facts.owner

    async def owned_by(self, account: str) -> None:
        """Returns once the copy says so, and no trouble any more."""
        await self.follower.wait_for(lambda: self.follower.trouble is None and self.owner == account)

    async def troubled(self) -> str:
        """Which kind of trouble there is, once there is one."""
        await self.follower.wait_for(lambda: self.follower.trouble is not None)
        assert self.follower.trouble is not None
        return self.follower.trouble.kind


@asynccontextmanager
async def following(
    weather: Weather, deployment: Deployment, path: str = ":memory:", settings: ReadingSettings | None = None
) -> AsyncIterator[Followed]:
    with served(weather) as url:
        client = Client(open_rpc(url, QUICK), deployment)
        with ChainIndex(client, path, settings) as index:
            follower = Follower(index, lambda _: None, 0.01, settings=SOON)
            await follower.start()
            try:
                yield Followed(weather, index, follower)
                task = follower._task
                assert task is not None
                assert not task.done()  # whatever happened
            finally:
                weather.fair.set()
                await follower.stop()


def sell(alice: Client, bob: Client) -> str:
    """Alice sells, in a block of its own; whose the number is then."""
    alice.registry.transfer(NUMBER, me(bob))
    return me(bob)


@pytest.mark.parametrize(
    "make",
    [
        Weather,
        badrpc.DoubledLogs,
        badrpc.ReversedLogs,
        badrpc.RemovedLogs,
        badrpc.LateRanges,
        badrpc.NoBlooms,
        badrpc.UnknownTags,
        badrpc.TwoBackends,
    ],
    ids=lambda make: make.__name__,
)
async def test_what_can_be_understood_is_understood(
    chain: EmbeddedChain, deployment: Deployment, alice: Client, bob: Client, make: Make
) -> None:
    weather = make(chain)
    weather.bad = make is badrpc.NoBlooms  # no chain has them only sometimes
    async with following(weather, deployment) as followed:
        followed.weather.bad = True
        buyer = await asyncio.to_thread(sell, alice, bob)
        await followed.owned_by(buyer)
        facts = followed.index.number(NUMBER)
        assert facts is not None
        assert (facts.epoch, followed.index.numbers_of(me(alice))) == (2, ())
        chain.mine(3)
        await followed.follower.reach(bob.head().number)
        assert followed.owner == buyer


async def test_events_that_come_two_blocks_late_are_found(
    chain: EmbeddedChain, deployment: Deployment, alice: Client, bob: Client
) -> None:
    """The sale that was lost for ever."""
    async with following(badrpc.LateLogs(chain), deployment) as followed:
        followed.weather.bad = True
        buyer = await asyncio.to_thread(sell, alice, bob)
        await followed.follower.reach(bob.head().number)
        assert followed.owner == me(alice)  # nobody can know yet
        chain.mine(2)
        await followed.owned_by(buyer)


async def test_the_copy_does_not_go_back_with_a_backend_that_is_behind(
    chain: EmbeddedChain, deployment: Deployment, alice: Client, bob: Client
) -> None:
    async with following(badrpc.TwoBackends(chain), deployment) as followed:
        followed.weather.bad = True
        heights: list[int] = []
        followed.follower._on_look = lambda: heights.append(followed.index.head.number)
        for _ in range(4):
            chain.mine(1)
            await followed.follower.reach(bob.head().number)
        for _ in range(4):
            await followed.follower.next_look()
        assert heights == sorted(heights)


@pytest.mark.parametrize(
    ("make", "kinds"),
    [
        (badrpc.NullLogs, {"AnswerError"}),
        (badrpc.OtherBlocksLogs, {"AnswerError"}),
        (badrpc.ContradictingLogs, {"AnswerError"}),
        (badrpc.InventedLogs, {"AnswerError"}),
        (badrpc.NullBlock, {"RpcBehind"}),
        (badrpc.AnotherChain, {"WrongNetwork"}),
        (badrpc.ChainBegunAnew, {"NotDeployed"}),
        (badrpc.Silent, {"RpcUnreachable"}),
        (badrpc.RateLimited, {"RpcBusy"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_what_cannot_be_right_is_a_trouble_and_ends_with_the_weather(
    chain: EmbeddedChain, deployment: Deployment, alice: Client, bob: Client, make: Make, kinds: set[str]
) -> None:
    async with following(make(chain), deployment) as followed:
        seller = followed.owner
        followed.weather.bad = True
        buyer = await asyncio.to_thread(sell, alice, bob)
        if make is badrpc.InventedLogs:
            await followed.owned_by(buyer)  # before there is something to invent
            seller = buyer
            chain.mine(1)
        assert await followed.troubled() in kinds
        assert followed.owner == seller
        head, state = followed.index.head, followed.follower.state
        assert (state.head, state.trouble) == (head, followed.follower.trouble)
        followed.weather.bad = False
        followed.weather.fair.set()
        await followed.owned_by(buyer)
        assert followed.follower.state.trouble is None
        assert followed.follower.failures.total() >= 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 413, 429, 500, 502, 503, 504])
async def test_every_status_of_http_passes(
    chain: EmbeddedChain, deployment: Deployment, alice: Client, bob: Client, status: int
) -> None:
    async with following(badrpc.Refusing(chain, status), deployment) as followed:
        seller = followed.owner
        followed.weather.bad = True
        buyer = await asyncio.to_thread(sell, alice, bob)
        assert await followed.troubled() == ("RpcBusy" if status in (429, 503) else "RpcUnreachable")
        assert followed.owner == seller
        followed.weather.bad = False
        await followed.owned_by(buyer)


GARBAGE = {
    "nothing": b"",
    "html": b"<html><title>502 Bad Gateway</title></html>",
    "truncated": b'{"jsonrpc": "2.0", "id": 0, "result": {"number": "0x',
    "a list": b"[]",
    "a number": b"7",
    "latin-1": b"\xff\xfe\xfd",
    "nested": b"[" * 200_000,
    "no result": b'{"jsonrpc": "2.0", "id": 0}',
    "an empty object": b"{}",
    "long": b'{"jsonrpc": "2.0", "id": 0, "result": "0x' + b"00" * 1_000_000 + b'"}',
}


@pytest.mark.parametrize("body", GARBAGE.values(), ids=GARBAGE)
async def test_garbage_is_a_trouble_and_nothing_else(
    chain: EmbeddedChain, deployment: Deployment, alice: Client, bob: Client, body: bytes
) -> None:
    async with following(badrpc.Garbage(chain, body), deployment) as followed:
        seller = followed.owner
        followed.weather.bad = True
        buyer = await asyncio.to_thread(sell, alice, bob)
        assert await followed.troubled() in {"RpcUnreachable", "RpcError", "AnswerError", "AnswerTooLong"}
        assert followed.owner == seller
        followed.weather.bad = False
        await followed.owned_by(buyer)


@pytest.mark.parametrize("piece", [b" ", b" " * 65_536], ids=["octet by octet", "as fast as it can"])
async def test_an_answer_without_end_is_not_read_for_ever(
    chain: EmbeddedChain, deployment: Deployment, alice: Client, bob: Client, piece: bytes
) -> None:
    async with following(badrpc.Garbage(chain, piece, endless=True), deployment) as followed:
        followed.weather.bad = True
        buyer = await asyncio.to_thread(sell, alice, bob)
        assert await followed.troubled() == ("RpcUnreachable" if len(piece) == 1 else "AnswerTooLong")
        followed.weather.bad = False
        await followed.owned_by(buyer)


@pytest.mark.parametrize("method", ["eth_getBlockBy", "eth_getLogs", "eth_chainId"])
@pytest.mark.parametrize(
    "result",
    [
        5,
        -1,
        "0x",
        "0xzz",
        "garbage",
        [],
        [[]],
        [None],
        [5],
        {},
        {"number": "0x1"},
        {"hash": None},
        True,
        [{}],
    ],
    ids=repr,
)
async def test_a_result_of_another_type_never_ends_the_following(
    chain: EmbeddedChain, deployment: Deployment, alice: Client, bob: Client, result: object, method: str
) -> None:
    async with following(badrpc.GarbageResult(chain, result, method), deployment) as followed:
        followed.weather.bad = True
        buyer = await asyncio.to_thread(sell, alice, bob)
        follower, looks = followed.follower, followed.follower._looks
        await follower.wait_for(lambda: follower.failures.total() + follower._looks > looks + 1)
        assert set(followed.follower.failures) <= {"AnswerError", "RpcError", "RpcBehind", "RpcUnreachable"}
        followed.weather.bad = False
        chain.mine(1)
        await followed.owned_by(buyer)


# Providers' limits

LIMITS = [
    (400, -32602, "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range and no"
                  " limit on the response size. Based on your parameters, this block range should work: [{hexlow}, "
                  "{hexhigh}]"),
    (200, -32005, "query returned more than 10000 results. Try with this block range [{hexlow}, {hexhigh}]."),
    (200, -32602, "query exceeds max results 20000, retry with the range {low}-{high}"),
    (413, -32614, "eth_getLogs is limited to a {most} range"),
    (200, -32047, "Invalid eth_getLogs request. 'fromBlock'-'toBlock' range too large. Max range: {most}"),
    (200, -32000, "exceed maximum block range: {most}"),
    (200, -32602, "query exceeds max block range {most}"),
    (400, 35, "ranges over {most} blocks are not supported on freetier"),
    (200, -32600, "block range is too wide"),
    (200, -32005, "limit exceeded"),
    (200, -32000, "query timeout exceeded"),
    (400, None, "Bad Request"),
    (408, None, "Request Timeout"),
    (413, None, "Payload Too Large"),
    (504, None, "Gateway Time-out"),
    (502, None, "Bad Gateway"),
]  # fmt: skip


def index_by(url: str, deployment: Deployment) -> ChainIndex:
    """A copy of the chain that is read in few wide questions."""
    return ChainIndex(Client(open_rpc(url, QUICK), deployment), settings=ReadingSettings(near=2))


@pytest.mark.parametrize(("status", "code", "words"), LIMITS)
async def test_a_limit_on_blocks_is_kept_in_every_providers_words(
    chain: EmbeddedChain,
    deployment: Deployment,
    alice: Client,
    bob: Client,
    status: int,
    code: int | None,
    words: str,
) -> None:
    for _ in range(3):
        chain.mine(10)
        alice.registry.revoke_sessions(NUMBER)
    weather = badrpc.Narrow(chain, 9, status, code, words)
    weather.bad = True
    with served(weather) as url, index_by(url, deployment) as index:
        index.load()
        facts = index.number(NUMBER)
        assert facts is not None
        assert (facts.owner, facts.session, index.head) == (me(alice), 3, alice.head())
    # A range that is named is used at once; others are found by halves, and an end is put to guesses.
    assert 1 <= weather.refused <= (2 if "{" in words and "-{" not in words and "low" not in words else 12)


async def test_an_rpc_says_when_to_come_again_and_is_not_asked_before(
    chain: EmbeddedChain, deployment: Deployment
) -> None:
    weather = badrpc.Refusing(chain, 429, "7")
    with served(weather) as url:
        client = Client(open_rpc(url, QUICK), deployment)
        with ChainIndex(client) as index:
            follower = Follower(index, lambda _: None, 0.01)
            await follower.start()
            weather.bad = True
            await follower.wait_for(lambda: follower.trouble is not None)
            asked = weather.asked.total()
            assert follower._wait(await _failure(index)) == 7.0
            assert weather.asked.total() == asked + 1
            await follower.stop()


async def _failure(index: ChainIndex) -> Exception:
    try:
        await asyncio.to_thread(index.poll)
    except Exception as error:  # noqa: BLE001 - it is what is asked for
        return error
    raise AssertionError("that look should have failed")


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_short_wait_that_an_rpc_asks_for_is_waited_within_one_request(
    chain: EmbeddedChain, deployment: Deployment, form: str
) -> None:
    class Once(badrpc.Refusing):
        """It is busy once."""

        def misbehave(self, request: object) -> badrpc.Reply:
            self.bad = False
            return super().misbehave(request)

    weather = Once(chain, 429, "0" if form == "seconds" else badrpc.http_date(time.time()))
    with served(weather) as url:
        w3 = open_rpc(url, RpcSettings(tries=2))
        weather.bad = True
        assert w3.eth.chain_id == deployment.chain_id
    assert weather.asked["eth_chainId"] == 3


# Several RPCs


async def test_the_next_rpc_is_read_and_the_first_again_once_it_is_well(
    chain: EmbeddedChain, deployment: Deployment, alice: Client, bob: Client
) -> None:
    first, second = badrpc.Refusing(chain, 502), Weather(chain)
    now = 0.0
    with served(first) as one, served(second) as other:
        rpcs = [(url, lambda url=url: Client(open_rpc(url, QUICK), deployment)) for url in (one, other)]
        with ChainIndex(Failover(deployment, rpcs, clock=lambda: now)) as index:
            index.load()
            assert not second.asked
            first.bad = True
            buyer = sell(alice, bob)
            assert index.poll() == {NUMBER}
            facts = index.number(NUMBER)
            assert facts is not None
            assert facts.owner == buyer
            asked = first.asked.total()
            chain.mine(1)
            index.poll()
            assert (first.asked.total(), index.head) == (asked, bob.head())  # it rests
            first.bad = False
            now = 1000.0
            second.asked.clear()
            chain.mine(1)
            index.poll()
            assert (index.head, second.asked.total()) == (bob.head(), 0)


async def test_an_rpc_that_is_down_at_first_is_used_later(
    chain: EmbeddedChain, deployment: Deployment, bob: Client
) -> None:
    first, second = badrpc.Refusing(chain, 503), Weather(chain)
    first.bad = True
    now = 0.0
    with served(first) as one, served(second) as other:
        rpcs = [(url, lambda url=url: Client(open_rpc(url, QUICK), deployment)) for url in (one, other)]
        with ChainIndex(Failover(deployment, rpcs, clock=lambda: now)) as index:
            assert index.load() == bob.head()
            first.bad, now = False, 1000.0
            second.asked.clear()
            chain.mine(1)
            index.poll()
            assert (index.head, second.asked.total()) == (bob.head(), 0)


async def test_an_rpc_that_stands_still_is_left_for_one_that_goes_on(
    chain: EmbeddedChain, deployment: Deployment, bob: Client
) -> None:
    first, second = badrpc.StoodStill(chain), Weather(chain)
    first.bad = True
    chain.mine(3)
    late = float(bob.head().timestamp) + 10_000
    with served(first) as one, served(second) as other:
        rpcs = [(url, lambda url=url: Client(open_rpc(url, QUICK), deployment)) for url in (one, other)]
        with ChainIndex(Failover(deployment, rpcs, wall=lambda: late)) as index:
            assert index.load() == bob.head()
            first.asked.clear()
            chain.mine(1)
            index.poll()
            assert (index.head, first.asked.total()) == (bob.head(), 0)  # it rests
