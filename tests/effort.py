"""What something costs in processor time, where a text made for it must not cost more than its length."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Hold what runs within to so much processor time of this thread alone.

    What other threads and other programs do meanwhile does not count, so that no loaded machine fails a test. The
    bound stands between proportional and quadratic, which are a factor of hundreds apart where this is used.
    """
    began = time.thread_time()
    yield
    spent = time.thread_time() - began
    assert spent < seconds, f"{spent:.3f} s of processor time, where {seconds} s are far more than enough"
