"""Exceptions that nobody foresaw: caught where one request ends and the next begins, counted, logged, never hidden.

A fault harms the one request, timer or task that met it. Somebody who can cause one can cause many, so a line is
logged for the first of a kind, and then at most one in `EVERY` seconds, which says how many were left out.
"""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from telsdk.plain_text import plain

log = logging.getLogger(__name__)

EVERY: Final = 10.0
"""Seconds between two lines about faults of one kind."""

LONGEST: Final = 200
"""Characters of an exception's text that are logged: it may hold what a peer sent."""


class Fault(StrEnum):
    """What was being done when an exception came that nobody foresaw."""

    MESSAGE = "taking in a message"
    EVENT = "handling an event"
    TIMER = "a timer"
    SENDING = "sending a message"
    CONNECTION = "opening or ending a connection"
    CHAIN = "acting on a change of the chain"
    TASK = "a task"
    GIVING_UP = "giving up what met a fault"
    UNREST = "handlers that never come to rest"
    UNANSWERED = "a request that the application left unanswered"


class Faults:
    """The faults of one server or client, counted by kind.

    Args:
        now: returns monotonic seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._counts = dict.fromkeys(Fault, 0)
        self._quiet_until: dict[Fault, float] = {}
        self._left_out = dict.fromkeys(Fault, 0)

    @property
    def counts(self) -> Mapping[Fault, int]:
        """How many there were of each kind since the start; a view that goes on counting."""
        return MappingProxyType(self._counts)

    @property
    def total(self) -> int:
        """How many there were of all kinds since the start."""
        return sum(self._counts.values())

    def note(self, kind: Fault, error: BaseException | None = None, about: object = "") -> None:
        """Count a fault, and log it unless one of its kind was logged less than `EVERY` seconds ago.

        Args:
            error: None where no exception says what is wrong.
            about: what met it, such as the method of a request and where it came from.
        """
        self._counts[kind] += 1
        log.debug("fault in %s", kind, exc_info=error)
        now = self._now()
        if now < self._quiet_until.get(kind, now):
            self._left_out[kind] += 1
            return
        self._quiet_until[kind] = now + EVERY
        left_out, self._left_out[kind] = self._left_out[kind], 0
        log.error(
            "fault in %s%s%s%s",
            kind,
            f" ({plain(about, LONGEST)})" if about else "",
            f": {_told(error)}" if error is not None else "",
            f"; {left_out} more of this kind since the last such line" if left_out else "",
        )

    @contextmanager
    def caught(self, kind: Fault, about: object = "") -> Iterator[None]:
        """Note what is raised within, and go on after it."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - that is what this is for
            self.note(kind, error, about)

    def watch(self, task: asyncio.Task[None], kind: Fault = Fault.TASK) -> None:
        """Note what a task of ours ends with, if nobody foresaw it."""
        task.add_done_callback(lambda done: self._ended(done, kind))

    def _ended(self, task: asyncio.Task[None], kind: Fault) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.note(kind, error, task.get_name())


def _told(error: BaseException) -> str:
    """Return what an exception says and where it was raised, in one line."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}: {plain(error, LONGEST)}{where}"
