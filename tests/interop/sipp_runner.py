"""sipp as the phones of a test: each plays acts from `sipp/*.xml`, and fails at the first message that does not fit.

sipp tells calls apart by Call-ID alone, and who began by sending takes no other. So all phones of a test share one
Call-ID: a phone that has registered is called within the same scenario, over the same connection.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from telsdk.clock import Wall
from telsdk.credential.phone import PhonePasswords
from telsdk.net.driver import Wire
from telsdk.net.sockets import Listener, bind, bind_stream
from telsdk.number import Number
from telsdk.sip.message import Message, Response, parse
from telsdk.sip.server import Binding
from telsdk.sip.transaction import Timers
from tests.conftest import program
from tests.network import HOST, Network

SECRET = bytes(range(32))
ACTS = Path(__file__).with_name("sipp")
ANY_CALL_ID = "%u-%p@%s"  # sipp's own way: one for each call
PATIENCE = 40  # seconds that a phone may take for all of its acts


def scenario(name: str, acts: Sequence[str], sdp: str) -> str:
    """A scenario of these acts, each the name of a file and, behind colons, what stands there for %1 and %2."""
    body = (ACTS / f"{sdp}.sdp").read_text().strip()
    parts = []
    for act in acts:
        file, *arguments = act.split(":")
        text = (ACTS / f"{file}.xml").read_text()
        for index in (1, 2):
            text = text.replace(f"%{index}", arguments[index - 1] if index <= len(arguments) else "")
        parts.append(text.replace("%sdp", body))
    variables = sorted(set(re.findall('assign_to="(.*?)"', "".join(parts))))
    read = f'  <Reference variables="{",".join(variables)}"/>\n' if variables else ""
    frame = (ACTS / "frame.xml").read_text()
    return frame.replace("%name", name).replace("%acts\n", "".join(parts)).replace("%read", read)


def free_ports(count: int) -> Iterator[int]:
    """Ports that are free now and differ from each other; sipp's own choice is 5060 for whoever comes first."""
    bound = [bind(HOST) for _ in range(count)]
    ports = [one.port for one in bound]
    for one in bound:
        one.close()
    return iter(ports)


@dataclass
class Phone:
    """A running sipp."""

    name: str
    process: asyncio.subprocess.Process
    logs: tuple[Path, Path]  # what did not fit, and its screen
    port: int = 0  # where it has registered; zero before

    async def ended(self) -> None:
        """Returns when it has played all of its acts; what did not fit fails the test."""
        if await self.process.wait() != 0:
            told = "".join(one.read_text(errors="replace")[-3000:] for one in self.logs if one.exists())
            raise AssertionError(f"{self.name}: sipp ended with {self.process.returncode}\n{told}")


class Stage:
    """A node that takes phones, and sipps at it. Its timers are those of the RFC, like those of sipp.

    Args:
        transport: by which the phones come, "UDP" or "TCP".
    """

    def __init__(self, folder: Path, *, transport: str = "UDP") -> None:
        self.network = Network(1)
        self.transport = transport
        self.wire: list[Wire] = []
        self._folder = folder
        self._call_id = secrets.token_hex(8)
        self._phones: list[Phone] = []
        self._listener = Listener("TCP", bind_stream(HOST))
        self._ports = free_ports(4)
        self._undo = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._undo.enter_async_context(self.network)
        self._undo.push_async_callback(self._close)
        await self.network.start_node(
            0, phone_secrets=(SECRET,), listeners=[self._listener], tap=self._note, timers=Timers()
        )
        await self.network.start_hub()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._undo.aclose()

    def _note(self, passed: Wire) -> None:
        self.wire.append(passed)
        if Network.tap is not None:
            Network.tap(passed)

    async def _close(self) -> None:
        for phone in self._phones:
            if phone.process.returncode is None:
                phone.process.kill()
            await phone.process.wait()

    def bindings(self, number: Number) -> list[Binding]:
        """Where a number is registered."""
        return self.network.nodes[0].registrar.bindings(str(number))

    async def start(
        self,
        number: Number,
        *acts: str,
        peer: Number | None = None,
        port: int = 0,
        sdp: str = "plain",
        transport: str | None = None,
        options: Sequence[str] = ("-m", "1"),
        call_id: str | None = None,
        base_cseq: int = 0,
    ) -> Phone:
        """A phone of `number`, which calls `peer`.

        Args:
            port: its own, if it has to be a certain one.
            sdp: which of `sipp/*.sdp` it offers and answers with.
            transport: another one than the stage's.
            call_id: another one than that of all, in the words of sipp's -cid_str.
        """
        if number not in self.network.facts.numbers:
            self.network.own(number)
        facts = self.network.facts.numbers[number]
        issued = PhonePasswords([SECRET], self.network.facts).issue(facts, Wall(time.time()))
        transport = transport or self.transport
        name = f"{number}-{len(self._phones)}"
        file, errors, screen = (self._folder / f"{name}.{kind}" for kind in ("xml", "errors", "screen"))
        file.write_text(scenario(name, acts, sdp))
        with screen.open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                program("sipp"), f"{HOST}:{self.port(transport)}", "-sf", str(file), *options,
                "-i", HOST, "-bind_local", "-ci", HOST, "-mi", HOST, "-p", str(port or next(self._ports)),
                "-t", "u1" if transport == "UDP" else "t1",
                "-cid_str", call_id or self._call_id, "-base_cseq", str(base_cseq),
                "-key", "number", str(number), "-key", "peer", str(peer),
                "-au", issued.username, "-ap", issued.password,
                "-timeout", f"{PATIENCE}s", "-timeout_error", "-trace_err", "-error_file", str(errors), "-nostdin",
                stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=asyncio.subprocess.STDOUT,
                cwd=self._folder,
            )  # fmt: skip
        phone = Phone(name, process, (errors, screen))
        self._phones.append(phone)
        return phone

    async def registered(self, number: Number, *acts: str, params: str = "", **options: Any) -> Phone:
        """A phone that has registered `number`, and goes on with the acts."""
        before = len(self.wire)
        phone = await self.start(number, f"register:600:{params}", *acts, **options)

        def ports() -> list[int]:
            # What was said, not what is bound: a quick phone by TCP has gone again when we look.
            said = [
                one
                for one in self.wire[before:]
                if one.direction == "sent" and _is_registered(one.data, number)
            ]
            return [one.hop.port for one in said]

        await self.until(lambda: bool(ports()) or phone.process.returncode is not None)
        if not ports():
            await phone.ended()
        phone.port = ports()[0]
        return phone

    async def ended(self) -> None:
        """Returns when every phone has played its acts."""
        await asyncio.gather(*(phone.ended() for phone in self._phones))

    def messages(self, phone: Phone | None = None) -> list[tuple[str, Message]]:
        """What passed the node, in order, each as sent or received by it; only to and from `phone`, if that is told.

        Registrations are left out, and what was sent again, as a busy machine makes UDP do, stands once.
        """
        return [
            (direction, message)
            for direction, message in self._passed(phone)
            if message.cseq.method != "REGISTER"
        ]

    def answers_to(self, method: str) -> list[Response]:
        """What the node has answered to requests of that method."""
        return [
            message
            for direction, message in self._passed()
            if direction == "sent" and isinstance(message, Response) and message.cseq.method == method
        ]

    def _passed(self, phone: Phone | None = None) -> list[tuple[str, Message]]:
        once = dict.fromkeys(
            (one.direction, one.data)
            for one in self.wire
            if one.data.strip() and (phone is None or one.hop.port == phone.port)
        )
        return [(direction, parse(data)) for direction, data in once]

    def port(self, transport: str) -> int:
        """Where the node takes phones by that transport."""
        return self.network.listed[0].sockets.port if transport == "UDP" else self._listener.address[1]

    def ladder(self, phone: Phone | None = None) -> list[str]:
        """The same in words: ``> INVITE`` came to the node, ``< 180 INVITE`` left it."""
        return [
            f"{'>' if direction == 'received' else '<'} {_word(message)}"
            for direction, message in self.messages(phone)
        ]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Returns once this holds, which the node may bring about."""
        async with asyncio.timeout(PATIENCE):
            while not holds():
                await self.network.taken_in()

    async def waiting(self, number: Number, *acts: str, **options: Any) -> Phone:
        """A phone that has registered, and now waits to be called by somebody who chooses the Call-ID."""
        registered = await self.registered(number)
        await registered.ended()
        phone = await self.start(number, *acts, port=registered.port, **{"call_id": ANY_CALL_ID, **options})
        phone.port = registered.port
        # Before it has its socket, ICMP would say that nobody is there.
        local, table = f"{_hexadecimal(HOST)}:{phone.port:04X}", Path("/proc/net/udp")
        await self.until(lambda: local in table.read_text() or phone.process.returncode is not None)
        return phone


def _hexadecimal(host: str) -> str:
    """An IPv4 address as the kernel's tables write it."""
    return f"{int.from_bytes(socket.inet_aton(host), sys.byteorder):08X}"


def _word(message: Message) -> str:
    status = f"{message.status} " if isinstance(message, Response) else ""
    return f"{status}{message.cseq.method}"


def _is_registered(data: bytes, number: Number) -> bool:
    """Whether a message tells `number` that it is registered."""
    if not data.startswith(b"SIP/2.0 200 ") or b" REGISTER\r\n" not in data:
        return False
    return parse(data).to.uri.user == str(number)
