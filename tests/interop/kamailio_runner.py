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
from tests.conftest import missing, program
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
    """One before a node.

    Args:
        folder: for what it writes.
        next_port: the node's port, its next hop.
        transport: how the two speak: UDP, TCP or TLS.
        options: more for its command line.

    Attributes:
        port: where phones reach it, over UDP.
        node_side: its own port towards the node.
        log: what it said, line by line.
    """

    def __init__(self, folder: Path, next_port: int, transport: str, options: tuple[str, ...]) -> None:
        self.port, self.node_side = _free_ports(transport)
        self.next_port = next_port
        self.transport = transport
        self.log: list[str] = []
        self._folder = folder
        self._options = options
        self._said = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None

    @property
    def uri(self) -> str:
        """How it names its side towards the node in a Path."""
        suffix = "" if self.transport == "UDP" else f";transport={self.transport.lower()}"
        return f"sip:{HOST}:{self.node_side}{suffix};lr"

    # Running

    async def start(self) -> None:
        """Returns when it serves.

        Raises:
            PortsTaken: it cannot have its ports.
        """
        self.log.clear()
        self._process = await asyncio.create_subprocess_exec(
            program("kamailio"), *self._arguments(),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # its processes are a group of their own, which is ended as one
        )  # fmt: skip
        self._listening = asyncio.create_task(self._listen(self._process))
        async with asyncio.timeout(PATIENCE):
            while not any("READY" in line for line in self.log):
                if self._listening.done():
                    said = "\n".join(self.log)
                    if "could not find module" in said:
                        missing(
                            f"Kamailio lacks a module (.ci/run says which Debian packages have them):\n{said}"
                        )
                    raise PortsTaken(said) if "bind(" in said else AssertionError(f"Kamailio ended:\n{said}")
                await self._next_word()

    async def stop(self) -> None:
        """Ends it and its children, who are in its process group; nothing else is left of it."""
        if self._process is None or self._listening is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        await self._listening
        self._process = None

    def _arguments(self) -> list[str]:
        side = f"{self.transport.lower()}:{HOST}:{self.node_side}"
        node = f"sip:{HOST}:{self.next_port};transport={self.transport.lower()}"
        listens = dict.fromkeys((f"udp:{HOST}:{self.port}", side))
        return [
            "-DD", "-E", *_MEMORY, "-f", str(CONFIG / "edge.cfg"),
            "-Y", str(self._folder), "-P", str(self._folder / "pid"), "-w", str(self._folder),
            *(part for listen in listens for part in ("-l", listen)),
            "-A", f'NODE="{node}"', "-A", f'NODE_SIDE="{side}"', *self._options,
        ]  # fmt: skip

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        while raw := await process.stderr.readline():
            self.log.append(raw.decode(errors="replace").rstrip())
            self._said.set()
        self._said.set()

    async def _next_word(self) -> None:
        """Returns when it says something more, or has said its last."""
        await self._said.wait()
        self._said.clear()

    # What it says

    async def has_judged(self, *messages: str) -> None:
        """Returns once it has found good a message of each of these methods and statuses."""
        await self.says(*(f"JUDGED {message}" for message in messages))

    async def says(self, *texts: str) -> None:
        """Returns once all of these are in its log."""
        async with asyncio.timeout(PATIENCE):
            while not all(any(text in line for line in self.log) for text in texts):
                await self._next_word()

    def take_complaints(self) -> list[str]:
        """What it has against the messages that it got; told once. What it said while it started is not of them."""
        started = next((at for at, line in enumerate(self.log) if "READY" in line), 0)
        wrong = [line for line in self.log[started:] if any(word in line for word in _COMPLAINTS)]
        self.log = [line for line in self.log if line not in wrong]
        return wrong


_COMPLAINTS = ("REFUSED ", "ALERT:", "ERROR:", "CRITICAL:", "BUG:", "WARNING:")


@asynccontextmanager
async def kamailio(
    folder: Path,
    next_port: int,
    transport: str = "UDP",
    certificate: ServerCertificate | None = None,
    authority: Path | None = None,
) -> AsyncIterator[Kamailio]:
    """Kamailio before a node; see there. It must have had nothing against any message when it stops.

    Args:
        certificate, authority: over TLS, what it shows and whose word it takes for the node.
    """
    options: tuple[str, ...] = ()
    if certificate is not None:
        text = (CONFIG / "tls.cfg").read_text()
        (folder / "tls.cfg").write_text(
            text.format(certificate=certificate.chain, key=certificate.key, authority=authority)
        )
        options = ("-A", "WITH_TLS", "-A", f'TLS_CONFIG="{folder / "tls.cfg"}"')
    running = await _started(folder, next_port, transport, options)
    try:
        yield running
    except Exception as error:
        error.add_note("\n".join(["Kamailio said:", *running.log[-40:]]))
        raise
    finally:
        await running.stop()
    assert not (found := running.take_complaints()), "\n".join(found)


async def _started(folder: Path, next_port: int, transport: str, options: tuple[str, ...]) -> Kamailio:
    for _ in range(_ATTEMPTS):
        running = Kamailio(folder, next_port, transport, options)
        try:
            await running.start()
        except PortsTaken:
            await running.stop()
        except BaseException:
            await running.stop()
            raise
        else:
            return running
    raise AssertionError(f"no free ports in {_ATTEMPTS} attempts")


def _free_ports(transport: str) -> tuple[int, int]:
    """A port for the phones, and one towards the node; over UDP they are one."""
    phones = bind(HOST)
    stream = bind_stream(HOST)
    ports = (phones.port, phones.port if transport == "UDP" else int(stream.getsockname()[1]))
    phones.close()
    stream.close()
    return ports
