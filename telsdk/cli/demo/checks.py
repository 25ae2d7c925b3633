"""The demo's list of promises and what was seen of each."""

from __future__ import annotations

from collections.abc import Awaitable

from telsdk.cli.demo.report import Check
from telsdk.errors import TelError


class Checks:
    """The checks, in the order in which they were made."""

    def __init__(self) -> None:
        self.list: list[Check] = []

    def note(self, name: str, ok: bool, seen: object) -> None:
        """Note what was seen of a promise."""
        self.list.append(Check(name=name, seen=str(seen), ok=ok))

    async def refused(self, name: str, attempt: Awaitable[object], *errors: type[TelError]) -> None:
        """Make an attempt that has to fail with one of `errors`, and note what it did."""
        try:
            outcome = await attempt
        except errors as error:
            self.note(name, True, error)
        except TelError as error:
            self.note(name, False, f"failed in another way: {type(error).__name__}: {error}")
        else:
            self.note(name, False, f"was not refused: {outcome}")
