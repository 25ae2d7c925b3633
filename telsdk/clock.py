"""The two clocks, told apart by type, so that a type checker finds where one is taken for the other.

Both count seconds. Nothing here reads a clock: whoever has one (the driver its event loop's, a server its machine's)
says once which it is, and hands the time in.
"""

from __future__ import annotations

from typing import NewType

Monotonic = NewType("Monotonic", float)
"""Seconds by a clock that only goes forward, from no known beginning: for timers, timeouts and lifetimes in memory."""

Wall = NewType("Wall", float)
"""Seconds since 1970 by the machine's clock, which may be set: for tokens, passwords and dates, which others read."""
