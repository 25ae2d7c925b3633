"""Running until told to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal

import pytest

from telsdk.cli.common.serve import stop_asked, told_of_chain, unless


async def value() -> int:
    await asyncio.sleep(0)
    return 7


async def test_work_that_ends_gives_its_result() -> None:
    assert await unless(asyncio.Event(), value()) == 7


async def test_work_that_fails_says_so() -> None:
    async def fail() -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        await unless(asyncio.Event(), fail())


async def test_stopping_cancels_the_work_and_waits_for_its_end() -> None:
    stop, ended = asyncio.Event(), []

    async def work() -> bool:
        try:
            stop.set()
            return await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append(True)

    assert await unless(stop, work()) is None
    assert ended == [True]


async def test_being_cancelled_cancels_the_work() -> None:
    started, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        try:
            started.set()
            await asyncio.Event().wait()
        finally:
            ended.set()

    task = asyncio.create_task(unless(asyncio.Event(), work()))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_asks_to_stop(number: signal.Signals) -> None:
    stop = stop_asked()
    try:
        os.kill(os.getpid(), number)
        await asyncio.wait_for(stop.wait(), 5)
    finally:
        for one in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().remove_signal_handler(one)


def test_what_becomes_of_the_chain_is_said_in_a_line_each_and_nothing_stays(
    capsys: pytest.CaptureFixture[str],
) -> None:
    follow = logging.getLogger("telsdk.follow")
    before = (follow.level, follow.propagate, list(follow.handlers))
    with told_of_chain():
        follow.warning("the chain cannot be read: \x1b[2J")
        follow.info("the chain is followed again")
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["note", "note"]
    assert "\x1b" not in "".join(lines)
    assert (follow.level, follow.propagate, list(follow.handlers)) == before
