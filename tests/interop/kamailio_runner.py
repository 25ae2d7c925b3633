"""Runs Kamailio between phones and a node, on loopback, as whoever runs the tests; what it does is in `kamailio/`.

It judges every message that it gets by its sanity module and by its own parsers. When it stops, it must have refused
none and complained of none.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from telsdk.net.certificates import ServerCertificate
from telsdk.net.sockets import bind, bind_stream
from tests.conftest import program
from tests.network import HOST

CONFIG = Path(__file__).with_name("kamailio")
PATIENCE = 20.0  # seconds that it may take to start or to stop
_MEMORY = (
    "-x",
    "fm",
    "-X",
    "fm",
    "-m",
    "32",
    "-M",
    "4",
)  # the fast allocator; MiB shared, MiB of each process
_ATTEMPTS = 3  # to find ports that nobody takes between our look and its start


class PortsTaken(Exception):
    """Somebody took a port meanwhile."""


class Kamailio:
    """One that runs.

    Attributes:
        port: where phones reach it, over UDP.
        node_side: its own port towards the node, over `transport`.
        next_port: the node's port, its next hop.
        log: what it said, line by line.
    """

    def __init__(self, port: int, node_side: int, next_port: int, transport: str) -> None:
        self.port = port
        self.node_side = node_side
        self.next_port = next_port
        self.transport = transport
        self.log: list[str] = []
        self._said = asyncio.Event()

    @property
    def uri(self) -> str:
        """How it names its node side in Path and Record-Route, without parameters of its own."""
        suffix = "" if self.transport == "UDP" else f";transport={self.transport.lower()}"
        return f"sip:{HOST}:{self.node_side}{suffix};lr"

    async def has_judged(self, *messages: str) -> None:
        """Returns once it has found good a message of each of these methods and statuses."""
        await self.says(*(f"JUDGED {message}" for message in messages))

    def take_complaints(self) -> list[str]:
        """What it has against the messages that it got; told once. What it said while it started is not of them."""
        started = next((at for at, line in enumerate(self.log) if "READY" in line), 0)
        wrong = [line for line in self.log[started:] if any(word in line for word in _COMPLAINTS)]
        self.log = [line for line in self.log if line not in wrong]
        return wrong

    async def says(self, *texts: str) -> None:
        """Returns once all of these are in its log."""
        async with asyncio.timeout(PATIENCE):
            while not all(any(text in line for line in self.log) for text in texts):
                await self.next_word()

    async def next_word(self) -> None:
        """Returns when it says something more."""
        self._said.clear()
        await self._said.wait()

    async def listen_to(self, process: asyncio.subprocess.Process) -> None:
        """Takes what it says until it ends."""
        assert process.stderr is not None
        while raw := await process.stderr.readline():
            self.log.append(raw.decode(errors="replace").rstrip())
            self._said.set()
        self.log.append("ENDED")
        self._said.set()


_COMPLAINTS = ("REFUSED ", "ALERT:", "ERROR:", "CRITICAL:", "BUG:", "WARNING:")


@asynccontextmanager
async def kamailio(
    folder: Path,
    node_port: int,
    transport: str = "UDP",
    certificate: ServerCertificate | None = None,
    authority: Path | None = None,
) -> AsyncIterator[Kamailio]:
    """Kamailio before a node.

    Args:
        node_port: where the node takes `transport`: UDP, TCP or TLS.
        certificate, authority: over TLS, what it shows and whose word it takes for the node.
    """
    options: tuple[str, ...] = ()
    if certificate is not None:
        text = (CONFIG / "tls.cfg").read_text()
        (folder / "tls.cfg").write_text(
            text.format(certificate=certificate.chain, key=certificate.key, authority=authority)
        )
        options = ("-A", "WITH_TLS", "-A", f'TLS_CONFIG="{folder / "tls.cfg"}"')
    for attempt in range(_ATTEMPTS):
        running, process = await _start(folder, node_port, transport, options)
        listening = asyncio.create_task(running.listen_to(process))
        try:
            try:
                await _is_ready(running)
            except PortsTaken:
                if attempt + 1 < _ATTEMPTS:
                    continue
                raise
            yield running
        except Exception as error:
            error.add_note("\n".join(["Kamailio said:", *running.log[-40:]]))
            raise
        finally:
            await _stop(process)
            await listening
        assert not (found := running.take_complaints()), "\n".join(found)
        return


async def _start(
    folder: Path, node_port: int, transport: str, options: tuple[str, ...]
) -> tuple[Kamailio, asyncio.subprocess.Process]:
    running = Kamailio(*_free_ports(transport), node_port, transport)
    side = f"{transport.lower()}:{HOST}:{running.node_side}"
    node = f"sip:{HOST}:{node_port};transport={transport.lower()}"
    listens = dict.fromkeys((f"udp:{HOST}:{running.port}", side))
    process = await asyncio.create_subprocess_exec(
        program("kamailio"), "-DD", "-E", *_MEMORY, "-f", str(CONFIG / "edge.cfg"),
        "-Y", str(folder), "-P", str(folder / "pid"), "-w", str(folder),
        *(part for listen in listens for part in ("-l", listen)),
        "-A", f'NODE="{node}"', "-A", f'NODE_SIDE="{side}"', *options,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # its processes are a group of their own, which is ended as one
    )  # fmt: skip
    return running, process


def _free_ports(transport: str) -> tuple[int, int]:
    """A port for the phones, and one towards the node; over UDP they are one."""
    phones = bind(HOST)
    stream = bind_stream(HOST)
    ports = (phones.port, phones.port if transport == "UDP" else int(stream.getsockname()[1]))
    phones.close()
    stream.close()
    return ports


async def _is_ready(running: Kamailio) -> None:
    async with asyncio.timeout(PATIENCE):
        while not any("READY" in line for line in running.log):
            if "ENDED" in running.log:
                said = "\n".join(running.log)
                raise PortsTaken(said) if "bind(" in said else AssertionError(f"Kamailio ended:\n{said}")
            await running.next_word()


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Ends it and its children, who are in its process group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
