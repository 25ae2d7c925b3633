from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from telsdk.server import memory


@pytest.fixture
def collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.usefixtures("collector")
def test_what_is_there_at_the_start_is_not_looked_at_again_and_cycles_still_end() -> None:
    class Cycle:
        def __init__(self) -> None:
            self.itself = self

    memory.settle()
    assert gc.get_freeze_count() > 1_000
    assert gc.get_threshold() == (memory.YOUNG, memory.OLDER, memory.OLDER)
    Cycle()
    assert gc.collect() >= 1
