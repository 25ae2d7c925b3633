from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from telsdk.server import memory


class Cycle:
    """What only the collector frees."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def outlived() -> weakref.ref[Cycle]:
    """A cycle that becomes garbage when it was looked at already."""
    cycle = Cycle()
    memory.look_at_the_new()
    return weakref.ref(cycle)


def test_what_is_there_at_the_start_is_not_looked_at_again_and_new_cycles_still_end() -> None:
    memory.settle()
    assert gc.get_freeze_count() > 1_000
    gone = weakref.ref(Cycle())
    memory.look_at_the_new()
    assert gone() is None
    assert not gc.get_objects(0)


def test_what_outlived_a_look_is_left_alone_until_all_is_looked_at() -> None:
    memory.settle()
    left = outlived()
    memory.look_at_the_new()
    assert left() is not None
    assert memory.look_at_all() >= 1
    assert left() is None
    assert gc.get_freeze_count() > 1_000  # and is left alone again


@pytest.mark.parametrize(
    ("every", "much", "put_off", "looks"),
    [
        pytest.param(0.0, 1_000_000_000, 1e9, True, id="little is there"),
        pytest.param(0.0, -1_000_000_000, 0.0, True, id="much, and it was put off for long"),
        pytest.param(0.0, -1_000_000_000, 1e9, False, id="much"),
        pytest.param(1e9, 1_000_000_000, 0.0, False, id="not due"),
    ],
)
async def test_all_is_looked_at_when_it_is_due_and_little_is_there_or_after_long(
    monkeypatch: pytest.MonkeyPatch, every: float, much: int, put_off: float, looks: bool
) -> None:
    for name, value in {"SOON": 0.0, "EVERY": every, "MUCH": much, "PUT_OFF": put_off}.items():
        monkeypatch.setattr(memory, name, value)
    memory.settle()
    left = outlived()
    keeping = asyncio.create_task(memory.keep_clean())
    for _ in range(10):
        await asyncio.sleep(0)
    keeping.cancel()
    assert (left() is None) is looks
    new = weakref.ref(Cycle())
    memory.look_at_the_new()
    assert new() is None


async def test_a_servers_process_is_kept_clean_until_it_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "SOON", 0.0)
    before = asyncio.all_tasks()
    async with memory.kept_clean():
        gone = weakref.ref(Cycle())
        for _ in range(10):
            await asyncio.sleep(0)
        assert gone() is None
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
