"""Attacks on a user's store: to fill it, so that texts are lost, the memory runs full or no backup is made."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from telsdk.address import aor
from telsdk.sip.message import Response
from telsdk.uc.client import UserClient
from telsdk.uc.errors import CallRejected, MessageNotDelivered
from telsdk.uc.limits import StoreLimits, Usage
from telsdk.uc.quota import RETRY_AFTER
from telsdk.uc.settings import UcSettings
from telsdk.uc.store import Store
from tests.network import ALICE, BOB, CAROL, HOST, Network
from tests.peer import Peer

SETTINGS = UcSettings(
    store_limits=StoreLimits(
        unverified=Usage(5, 100_000), unknown_sender=Usage(3, 100_000), unknown=Usage(4, 100_000)
    ),
    waiting_messages=3,
)


@asynccontextmanager
async def bob_at(
    path: Path | None, settings: UcSettings = SETTINGS
) -> AsyncIterator[tuple[Network, UserClient, Peer]]:
    """Yield a network of one node, Bob with a store at `path` and Alice as a contact, and Mallory, unknown to all."""
    store = None if path is None else Store(path)
    async with Network(1) as network:
        await network.start()
        bob = await network.user(BOB, store=store, settings=settings)
        if store is not None:
            store.add_contact(str(ALICE), "Alice")
        with Peer("stranger") as mallory:
            yield network, bob, mallory
    if store is not None:
        store.close()


async def write(network: Network, mallory: Peer, text: bytes, name: str = "stranger") -> Response:
    """The answer to a text from somebody who proves nothing."""
    mallory.user = name
    request = mallory.request("MESSAGE", aor(BOB), ("Content-Type", "text/plain"))
    request.body = text
    return await mallory.ask(request, HOST, network.listed[0].sockets.port)


@contextmanager
def full_disk() -> Iterator[None]:
    """Let this process write to no file, as where the disk is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def texts(bob: UserClient) -> list[str]:
    assert bob.store is not None
    return [one.text for one in bob.store.messages()]


async def test_whoever_may_write_does_and_is_shown_else_the_attacks_below_would_show_nothing(
    tmp_path: Path,
) -> None:
    async with bob_at(tmp_path / "bob.db") as (network, bob, mallory):
        alice = await network.user(ALICE)
        for index in range(6):
            await alice.message(str(BOB), f"from alice {index}")
            await bob.messages.get()
        assert (await write(network, mallory, b"from a stranger")).status == 200
        _, text = await bob.messages.get()
        assert text == "from a stranger"
        assert len(texts(bob)) == 7, "what a contact writes fills no stranger's share"


async def test_texts_under_ever_new_names_fill_the_store(tmp_path: Path) -> None:
    async with bob_at(tmp_path / "bob.db") as (network, bob, mallory):
        answers = [await write(network, mallory, b"spam", f"name{index}") for index in range(8)]
        assert [one.status for one in answers] == [200] * 5 + [480] * 3
        assert answers[-1].headers.get("Retry-After") == str(RETRY_AFTER)
        assert texts(bob) == ["spam"] * 5
        alice = await network.user(ALICE)
        await alice.message(str(BOB), "hello")
        assert texts(bob)[-1] == "hello", "whom Bob knows is not kept waiting"
        assert bob.store is not None
        bob.store.delete_unverified()
        assert (await write(network, mallory, b"room again")).status == 200


async def test_one_number_with_proof_fills_the_share_of_the_others(tmp_path: Path) -> None:
    async with bob_at(tmp_path / "bob.db") as (network, bob, _):
        carol = await network.user(CAROL)
        for index in range(3):
            await carol.message(str(BOB), f"spam {index}")
        with pytest.raises(MessageNotDelivered, match="480"):
            await carol.message(str(BOB), "and more")
        other = await network.user(type(CAROL)(5550007))
        await other.message(str(BOB), "hello")
        assert len(texts(bob)) == 4


async def test_missed_calls_fill_the_store(tmp_path: Path) -> None:
    async with bob_at(tmp_path / "bob.db") as (network, bob, _):
        carol = await network.user(CAROL)
        assert bob.store is not None
        for _ in range(5):
            placed = asyncio.ensure_future(carol.call(str(BOB)))
            (await bob.incoming.get()).reject(486)
            await asyncio.gather(placed, return_exceptions=True)
        assert len(bob.store.calls()) == 3


async def test_a_text_that_the_disk_has_no_room_for_is_taken_and_lost(tmp_path: Path) -> None:
    async with bob_at(tmp_path / "bob.db") as (network, bob, mallory):
        with full_disk():
            answer = await write(network, mallory, b"a text")
        assert answer.status == 500
        assert answer.headers.get("Retry-After") == str(RETRY_AFTER)
        assert bob.messages.empty()
        assert texts(bob) == []
        assert (await write(network, mallory, b"there is room again")).status == 200
        assert texts(bob) == ["there is room again"]


async def test_a_disk_that_is_full_ends_calls_or_silences_the_client(tmp_path: Path) -> None:
    async with bob_at(tmp_path / "bob.db") as (network, bob, _):
        alice = await network.user(ALICE)
        with full_disk():
            placed = asyncio.ensure_future(alice.call(str(BOB)))
            (await bob.incoming.get()).reject(486)
            (ended,) = await asyncio.gather(placed, return_exceptions=True)
            await bob.message(str(ALICE), "delivered, though not noted")
        assert isinstance(ended, CallRejected)
        assert ended.status == 486
        assert (await alice.messages.get())[1] == "delivered, though not noted"
        assert bob.store is not None
        assert bob.store.calls() == []
        await alice.message(str(BOB), "still there")
        assert texts(bob) == ["still there"]


async def test_a_text_larger_than_the_store_takes_is_taken_and_lost(tmp_path: Path) -> None:
    async with bob_at(tmp_path / "bob.db") as (network, bob, mallory):
        answer = await write(network, mallory, b"\x01" * 12_000)  # six characters each, in JSON
        assert answer.status == 413
        assert answer.headers.get("Retry-After") is None
        assert (texts(bob), bob.messages.empty()) == ([], True)


async def test_texts_that_nobody_reads_fill_the_memory(tmp_path: Path) -> None:
    async with bob_at(tmp_path / "bob.db") as (network, bob, mallory):
        for index in range(5):
            assert (await write(network, mallory, f"{index}".encode())).status == 200
        assert bob.messages.qsize() == 3
        assert len(texts(bob)) == 5, "none is lost"


async def test_texts_that_nobody_reads_fill_the_memory_of_a_client_without_a_store() -> None:
    async with bob_at(None) as (network, bob, mallory):
        answers = [await write(network, mallory, f"{index}".encode()) for index in range(5)]
        assert [one.status for one in answers] == [200] * 3 + [480] * 2
        assert [bob.messages.get_nowait()[1] for _ in range(3)] == ["0", "1", "2"]
        assert (await write(network, mallory, b"read again")).status == 200
