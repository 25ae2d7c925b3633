"""The demo's list of promises and what was seen of each."""

from __future__ import annotations

from collections.abc import Awaitable

from telsdk.cli.demo.report import Check
from telsdk.errors import TelError


class Checks:
    """Collects checks in the order in which they are made."""

    def __init__(self) -> None:
        self.list: list[Check] = []

    def note(self, name: str, ok: bool, seen: object) -> None:
        """Records what was seen of a promise."""
        self.list.append(Check(name=name, seen=str(seen), ok=ok))

    async def refused(self, name: str, attempt: Awaitable[object], *errors: type[TelError]) -> None:
        """Records that an attempt has to fail with one of `errors`, and how it did."""
        try:
            outcome = await attempt
        except errors as error:
            self.note(name, True, error)
        except TelError as error:
            self.note(name, False, f"failed in another way: {type(error).__name__}: {error}")
        else:
            self.note(name, False, f"was not refused: {outcome}")
