"""The load of a node, which its answers to OPTIONS carry: the heartbeat by which a hub knows its nodes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from telsdk.errors import TelError

LOAD_HEADER = "Tel-Load"

_FORM = re.compile(
    r"users=(\d{1,9});calls=(\d{1,9});lag=(\d{1,6}\.\d{3});block=(\d{1,12});time=(\d{1,20});stale=([01])",
    re.ASCII,
)


class LoadError(TelError, ValueError):
    """A Tel-Load header is malformed."""


@dataclass(frozen=True, slots=True)
class Load:
    """One reading of a node's load."""

    users: int  # numbers with a binding
    calls: int  # calls being set up
    lag: float  # seconds by which the event loop ran late
    block: int  # newest block that the node has taken in
    time: int  # of that block, in seconds since 1970
    stale: bool  # whether the node finds that too old, and so takes no logins

    def __str__(self) -> str:
        return (
            f"users={self.users};calls={self.calls};lag={self.lag:.3f};block={self.block};time={self.time};"
            f"stale={self.stale:d}"
        )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a Tel-Load value.

        Raises:
            LoadError: it is not one.
        """
        match = _FORM.fullmatch(text)
        if match is None:
            raise LoadError(f"{text!r} is not a load: users=N;calls=N;lag=S.SSS;block=N;time=N;stale=0|1")
        users, calls, lag, block, time, stale = match.groups()
        return cls(int(users), int(calls), float(lag), int(block), int(time), stale == "1")
