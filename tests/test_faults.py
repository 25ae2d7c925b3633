"""Faults are counted by kind, and logged in one line, seldom."""

from __future__ import annotations

import asyncio
import logging

import pytest

from telsdk.faults import EVERY, LONGEST, Fault, Faults


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged for an operator; it is meant, and so forgotten: any other fails the test."""
    found = [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR]
    caplog.clear()
    return found


def test_each_kind_is_counted_and_logged_apart(caplog: pytest.LogCaptureFixture) -> None:
    faults = Faults(Clock())
    for kind in (Fault.EVENT, Fault.EVENT, Fault.TIMER):
        faults.note(kind, ValueError("x"))
    assert (faults.counts[Fault.EVENT], faults.counts[Fault.TIMER], faults.total) == (2, 1, 3)
    assert set(faults.counts) == set(Fault)
    assert lines(caplog) == ["fault in handling an event: ValueError: x", "fault in a timer: ValueError: x"]


def test_of_many_there_is_one_line_and_then_how_many_were_left_out(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    faults = Faults(clock)
    for _ in range(100):
        faults.note(Fault.EVENT)
    clock.now = EVERY
    faults.note(Fault.EVENT)
    assert lines(caplog) == [
        "fault in handling an event",
        "fault in handling an event; 99 more of this kind since the last such line",
    ]
    assert faults.counts[Fault.EVENT] == 101


@pytest.mark.parametrize("text", ["\x1b[2J\r\nforged: a line", "\u202eabc", "\udce9", "x" * 100_000])
def test_what_a_peer_wrote_stays_in_its_line(caplog: pytest.LogCaptureFixture, text: str) -> None:
    Faults(Clock()).note(Fault.MESSAGE, ValueError(text), text)
    (line,) = lines(caplog)
    assert line.isprintable()
    assert len(line) < 12 * LONGEST


async def test_a_task_that_fails_is_told_of_and_one_that_is_cancelled_is_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    faults = Faults(Clock())
    failing = asyncio.create_task(fail(), name="look after x")
    waiting = asyncio.create_task(asyncio.Event().wait())
    faults.watch(failing)
    faults.watch(waiting)  # type: ignore[arg-type]
    waiting.cancel()
    await asyncio.gather(failing, waiting, return_exceptions=True)
    await asyncio.sleep(0)
    assert faults.counts[Fault.TASK] == faults.total == 1
    (line,) = lines(caplog)
    assert line.startswith("fault in a task (look after x): ZeroDivisionError")


def test_what_is_caught_goes_no_further(caplog: pytest.LogCaptureFixture) -> None:
    faults = Faults(Clock())
    with faults.caught(Fault.CHAIN, "5550001"):
        int("x")
    assert faults.counts[Fault.CHAIN] == 1
    assert len(lines(caplog)) == 1
