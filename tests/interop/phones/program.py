"""A phone that others wrote, as a process: told by lines on its input, heard by what it says on its output."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from telsdk.credential.phone import PhonePassword
from telsdk.number import Number
from tests.interop.phones.sound import frequency, recorded

PATIENCE = 8.0  # seconds that anything may take


@dataclass(frozen=True)
class Account:
    """Who a phone is, and the place of a node that it registers at."""

    number: Number
    password: PhonePassword
    transport: str  # UDP, TCP or TLS
    place: tuple[str, int]
    authority: Path | None = None  # whose certificates it takes

    def address(self, number: Number) -> str:
        """How this phone writes the address of `number`."""
        host, port = self.place
        return f"sip:{number}@{host}:{port}"

    @property
    def server(self) -> str:
        host, port = self.place
        return f"sip:{host}:{port};transport={self.transport.lower()}"


@dataclass(frozen=True)
class Manner:
    """What a phone is told, and what it says."""

    dial: str  # with {address}
    hang_up: str
    hold: str
    resume: str
    connected: str
    ended: tuple[str, ...]  # by whom
    records: str = (
        "heard.wav"  # the file of what it hears, in its folder; a pattern where it makes up the name
    )
    first: tuple[str, ...] = ()  # what it is told before anything else


class Kind(Protocol):
    """One kind of phone, as its module has it: it registers, answers by itself, plays a tone and records."""

    @property
    def manner(self) -> Manner: ...

    def command(self, folder: Path, account: Account, tone: Path) -> Sequence[str]:
        """Writes its settings into the folder; what to run there."""
        ...


class Phone:
    """A running phone.

    Args:
        folder: where it runs, and records each call.
    """

    def __init__(
        self, process: asyncio.subprocess.Process, manner: Manner, account: Account, folder: Path
    ) -> None:
        self.account = account
        self._folder = folder
        self._process = process
        self._manner = manner
        self._said = ""
        self._read = 0
        self._changed = asyncio.Event()

    @property
    def number(self) -> Number:
        return self.account.number

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())

    async def says(self, *words: str) -> None:
        """Returns once it has said one of these, and not before it was last waited for."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not (found := self._unread(words)):
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"it did not say {words}, but: {self._said[self._read :]}") from None
        self._read = min(found)

    def _unread(self, words: Sequence[str]) -> list[int]:
        """Where each of those ends that it has said since."""
        return [at + len(word) for word in words if (at := self._said.find(word, self._read)) >= 0]

    async def listen(self) -> None:
        """Takes in all that it says."""
        assert self._process.stdout is not None
        while data := await self._process.stdout.read(4096):
            self._said += data.decode(errors="replace")
            self._changed.set()

    def dial(self, number: Number) -> None:
        self.tell(self._manner.dial.format(address=self.account.address(number)))

    def hang_up(self) -> None:
        self.tell(self._manner.hang_up)

    def hold(self) -> None:
        self.tell(self._manner.hold)

    def resume(self) -> None:
        self.tell(self._manner.resume)

    async def connected(self) -> None:
        await self.says(self._manner.connected)

    async def hears(self) -> None:
        await recorded(self._folder, self._manner.records, PATIENCE)

    async def ended(self) -> None:
        await self.says(*self._manner.ended)

    async def heard_hz(self) -> float:
        """What it heard in the last call."""
        return await frequency(self._folder, self._manner.records, PATIENCE)


@asynccontextmanager
async def running(kind: Kind, folder: Path, account: Account, tone: Path) -> AsyncIterator[Phone]:
    """A phone of this kind, which registers by itself. `folder` is there, and is all that it takes for its home.

    Args:
        tone: what it plays in calls.
    """
    process = await asyncio.create_subprocess_exec(
        *kind.command(folder, account, tone),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        cwd=folder, env={**os.environ, "HOME": str(folder)},
    )  # fmt: skip
    phone = Phone(process, kind.manner, account, folder)
    listening = asyncio.create_task(phone.listen())
    try:
        for line in kind.manner.first:
            phone.tell(line.format(tone=tone))
        yield phone
    finally:
        if process.returncode is None:
            process.kill()
        await listening
        await process.wait()
