"""In which layer of the program its time goes, and how many functions are called there."""

from __future__ import annotations

import signal
import sys
from collections import Counter
from collections.abc import Mapping
from functools import cache
from types import FrameType, TracebackType
from typing import Final, Self

INTERVAL: Final = 0.000_5
"""Seconds between two samples."""

Function = tuple[str, str]
"""The layer that a function is in, and its name there."""


@cache
def layer_of(filename: str) -> str | None:
    """The layer that a source file belongs to; None for one that works for whoever calls it."""
    path = filename.replace("\\", "/")
    inside = path.rpartition("/telsdk/")[2] if "/telsdk/" in path else ""
    if inside:
        folders = inside.split("/")[:-1]
        return "/".join(folders[:2]) or "telsdk"
    if "/asyncio/" in path or path.endswith("/selectors.py"):
        return "asyncio"
    if path.endswith("/benchmarks/sipload/replay.py"):
        return "socket"
    return None


def function_of(frame: FrameType | None) -> Function:
    """The layer that a frame works for, and the function of that layer that is being run."""
    while frame is not None:
        layer = layer_of(frame.f_code.co_filename)
        if layer is not None:
            return layer, frame.f_code.co_qualname
        frame = frame.f_back
    return "elsewhere", "?"


class Samples:
    """Looks again and again which function runs, by the clock; a context manager, to be entered while work is done.

    It costs little and the same everywhere. A profiler that hooks calls makes small functions look dear.

    Attributes:
        found: how often each function was seen.
    """

    def __init__(self) -> None:
        self.found: Counter[Function] = Counter()
        self._works = False
        self._before = signal.signal(signal.SIGALRM, self._look)
        signal.setitimer(signal.ITIMER_REAL, INTERVAL, INTERVAL)

    def __enter__(self) -> Self:
        self._works = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._works = False

    def close(self) -> None:
        """Look no more."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._before)

    def _look(self, _number: int, frame: FrameType | None) -> None:
        if self._works:
            self.found[function_of(frame)] += 1


class Counts:
    """Counts every call of a function; a context manager, to be entered while work is done.

    Attributes:
        python: how often each function in Python was called.
        native: how often a function in C was called from each.
    """

    def __init__(self) -> None:
        self.python: Counter[Function] = Counter()
        self.native: Counter[Function] = Counter()

    def __enter__(self) -> Self:
        sys.setprofile(self._called)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        sys.setprofile(None)

    def _called(self, frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            self.python[function_of(frame)] += 1
        elif event == "c_call":
            self.native[function_of(frame)] += 1


def by_layer(functions: Mapping[Function, float]) -> dict[str, float]:
    """The same, a layer in one."""
    layers: dict[str, float] = {}
    for (layer, _), times in functions.items():
        layers[layer] = layers.get(layer, 0.0) + times
    return layers
