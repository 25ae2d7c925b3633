"""Run something until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, TypeVar

from telsdk.plain_text import PlainFormatter

Result = TypeVar("Result")


def stop_asked() -> asyncio.Event:
    """Return an event that Ctrl-C and SIGTERM set, in place of what they do otherwise."""
    event = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, event.set)
    return event


async def unless(stop: asyncio.Event, work: Coroutine[Any, Any, Result]) -> Result | None:
    """Return what `work` returns. If `stop` is set first, cancel `work` and return None."""
    task = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return await task if task.done() else None
    finally:
        task.cancel()
        stopping.cancel()
        await asyncio.gather(task, stopping, return_exceptions=True)


def log_handler(stream: TextIO) -> logging.Handler:
    """Return what writes records to `stream`, each on a line of its own: see `telsdk.plain_text.PlainFormatter`."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(PlainFormatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    return handler


def log_to_stderr(verbose: bool) -> None:
    """Log to stderr what telsdk notes, and of the libraries only warnings."""
    logging.basicConfig(level=logging.WARNING, handlers=[log_handler(sys.stderr)])
    logging.getLogger("telsdk").setLevel(logging.DEBUG if verbose else logging.INFO)
    if not verbose:  # the part that wanted to reach a peer says so itself, once
        logging.getLogger("telsdk.net").setLevel(logging.WARNING)


@contextmanager
def told_of_chain() -> Iterator[None]:
    """Say on stderr when the chain is not followed any more, or is again; for commands that log nothing else."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(PlainFormatter("note: %(message)s"))
    follow = logging.getLogger("telsdk.follow")
    before = follow.level, follow.propagate
    follow.addHandler(handler)
    follow.setLevel(logging.INFO)
    follow.propagate = False
    try:
        yield
    finally:
        follow.removeHandler(handler)
        follow.setLevel(before[0])
        follow.propagate = before[1]
