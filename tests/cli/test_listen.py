"""`telsdk listen`: how calls and messages are met, between real user clients."""

from __future__ import annotations

import asyncio
import io
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from telsdk.cli.listen import Manner, meet
from telsdk.uc.client import UserClient
from telsdk.uc.errors import CallRejected, SessionEnded
from tests.network import ALICE, BOB, CAROL, Network

MANNER = Manner(answer=True, once=False, play=None, record=None, as_json=True)


class Told:
    """What the command has told so far."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self._out = self._err = ""

    def events(self) -> list[dict[str, Any]]:
        self._read()
        return [json.loads(line) for line in self._out.splitlines()]

    async def until(self, text: str) -> str:
        """All that it told people, once `text` is in it."""
        async with asyncio.timeout(10):
            while text not in self._out + self._err:
                await asyncio.sleep(0.01)
                self._read()
        return self._out + self._err

    def _read(self) -> None:
        read = self._capsys.readouterr()
        self._out += read.out
        self._err += read.err


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    return Told(capsys)


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A terminal in place of stdin; what is written to it has been typed."""
    master, slave = os.openpty()
    with os.fdopen(slave, encoding="utf-8") as terminal:
        monkeypatch.setattr("sys.stdin", terminal)
        yield master
    os.close(master)


@asynccontextmanager
async def listening(manner: Manner) -> AsyncIterator[tuple[UserClient, UserClient, asyncio.Task[None]]]:
    """Two callers, and bob, whose command runs."""
    async with Network(1) as network:
        await network.start()
        bob = await network.user(BOB, "bob.eth")
        alice, carol = await network.user(ALICE, "alice.eth"), await network.user(CAROL)
        task = asyncio.create_task(meet(bob, manner))
        try:
            yield alice, carol, task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_a_call_is_answered_and_told_from_ring_to_end(told: Told) -> None:
    async with listening(replace(MANNER, once=True)) as (alice, _, task):
        call = await alice.call("bob.eth")
        call.hang_up()
        await asyncio.wait_for(task, 10)  # --once
    ringing, ended = told.events()
    assert ringing == {
        "event": "ringing",
        "number": ALICE,
        "name": "alice.eth",
        "trust": "verified",
        "as_of": None,
        "changed": None,
    }
    assert (ended["event"], ended["number"], ended["ended_by"]) == ("ended", ALICE, "remote")


async def test_who_calls_meanwhile_is_told_busy(told: Told) -> None:
    async with listening(MANNER) as (alice, carol, _):
        call = await alice.call("bob.eth")
        with pytest.raises(CallRejected, match="486"):
            await carol.call("bob.eth")
        assert told.events()[-1] == {
            "event": "missed",
            "number": CAROL,
            "name": None,
            "trust": "verified",
            "as_of": None,
            "changed": None,
        }
        call.hang_up()
        await call.wait_ended(10)
        await told.until('"event": "ended"')  # the line is free again
        again = await carol.call("bob.eth")
        assert again.party is not None


async def test_stopping_hangs_up(told: Told) -> None:
    async with listening(MANNER) as (alice, _, task):
        call = await alice.call("bob.eth")
        task.cancel()
        await call.wait_ended(10)
        await asyncio.gather(task, return_exceptions=True)
    assert (call.ended_by, told.events()[-1]["ended_by"]) == ("remote", "local")


async def test_messages_are_shown_and_cannot_move_the_cursor(told: Told) -> None:
    async with listening(replace(MANNER, as_json=False)) as (alice, _, _):
        await alice.message("bob.eth", "gone\x1b[2J")
        assert await told.until("\n") == f"alice.eth ({ALICE}), verified: deep login: gone\\x1b[2J\n"


async def test_a_person_answers_at_the_terminal(keyboard: int, told: Told) -> None:
    async with listening(replace(MANNER, answer=False)) as (alice, _, _):
        calling = asyncio.create_task(alice.call("bob.eth"))
        await told.until("answer? [y/n]")
        os.write(keyboard, b"y\n")
        assert (await calling).party is not None


async def test_a_person_declines_at_the_terminal(keyboard: int, told: Told) -> None:
    async with listening(replace(MANNER, answer=False)) as (alice, _, _):
        calling = asyncio.create_task(alice.call("bob.eth"))
        await told.until("answer? [y/n]")
        os.write(keyboard, b"n\n")
        with pytest.raises(CallRejected, match="603"):
            await calling


async def test_what_was_typed_before_it_rang_answers_nothing(keyboard: int, told: Told) -> None:
    async with listening(replace(MANNER, answer=False)) as (alice, _, _):
        os.write(keyboard, b"y\n")
        calling = asyncio.create_task(alice.call("bob.eth"))
        await told.until("answer? [y/n]")
        calling.cancel()
        assert "answered" not in await told.until("the caller gave up")


async def test_without_a_terminal_nobody_answers(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    async with listening(replace(MANNER, answer=False)) as (alice, _, _):
        calling = asyncio.create_task(alice.call("bob.eth"))
        await told.until("give --answer")
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)


async def test_a_login_that_the_chain_ends_is_told_and_the_command_fails(told: Told) -> None:
    async with Network(1) as network:
        await network.start()
        bob = await network.user(BOB)
        task = asyncio.create_task(meet(bob, MANNER))
        network.facts.sell(BOB, "0x" + "22" * 20)
        with pytest.raises(SessionEnded, match="changed hands"):
            await asyncio.wait_for(task, 10)
        await network.taken_in()
        assert network.nodes[0].registrar.users == 0
    (event,) = told.events()
    assert (event["event"], "changed hands" in event["reason"]) == ("logged-out", True)


async def test_a_call_in_progress_goes_on_after_the_login_has_ended_and_then_the_command_fails(
    told: Told,
) -> None:
    async with Network(1) as network:
        await network.start()
        bob, alice = await network.user(BOB), await network.user(ALICE)
        task = asyncio.create_task(meet(bob, MANNER))
        call = await alice.call(str(BOB))
        network.facts.sell(BOB, "0x" + "22" * 20)
        await told.until("logged-out")
        assert call.media is not None
        await call.media.wait_for_audio(0.2)
        assert not task.done()
        call.hang_up()
        with pytest.raises(SessionEnded):
            await asyncio.wait_for(task, 10)
    assert [event["event"] for event in told.events()] == ["ringing", "logged-out", "ended"]
