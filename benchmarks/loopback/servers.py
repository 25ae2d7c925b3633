"""Hub and nodes, each in a process of its own, which says over a pipe what it costs."""

from __future__ import annotations

import asyncio
import cProfile
import gc
import multiprocessing
import pstats
import resource
import time
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Self

from benchmarks.loopback.facts import HUB, Facts
from benchmarks.loopback.places import Place
from telsdk.hub.hub import Hub
from telsdk.hub.settings import HubSettings
from telsdk.net.limits import NO_CONNECTION_LIMITS
from telsdk.node.node import Node
from telsdk.node.settings import NodeSettings
from telsdk.node.shares import NO_SHARES
from telsdk.server.gate import NO_LIMITS
from telsdk.sip.transaction import Stack, Timers

PATIENCE = 120.0  # seconds for an answer of a server's process
QUICK = Timers(t1=0.05, t2=0.4, t4=0.5)  # what RFC 3261 has remembered for 32 s is forgotten after 3 s
PHONE_SECRET = bytes(range(32))

Function = tuple[str, str, int, float]
"""Of a profile: file, function, calls, seconds in itself."""

Held = tuple[str, int, int, int]
"""Of a look at memory: file, line, bytes, blocks."""


@dataclass(frozen=True)
class Plan:
    """What one process runs: the hub, or the node of that index."""

    facts: Facts
    place: Place
    index: int | None = None
    timers: Timers = QUICK
    limited: bool = False  # a node with the limits that it has in production

    async def start(self) -> Hub | Node:
        """The server, running."""
        sockets, identity = self.place.sockets, self.place.identity
        if self.index is None:
            settings = HubSettings(
                timers=self.timers, balance=100.0, gate=NO_LIMITS, connections=NO_CONNECTION_LIMITS
            )
            return await Hub.launch(self.facts, HUB, sockets, identity, settings=settings)
        return await Node.launch(
            self.facts,
            HUB,
            self.index,
            sockets,
            identity,
            settings=NodeSettings(timers=self.timers, token_lifetime=5)
            if self.limited
            else NodeSettings(
                timers=self.timers,
                token_lifetime=5,
                max_users=1_000_000,
                gate=NO_LIMITS,
                shares=NO_SHARES,
                connections=NO_CONNECTION_LIMITS,
            ),
            phone_secrets=(PHONE_SECRET,),
        )


class Server:
    """The other end: a running process. Use it as a context manager."""

    def __init__(self, plan: Plan) -> None:
        self._sockets = plan.place.sockets
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_run, args=(plan, theirs), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        self.ask("ready")
        self._sockets.close()  # they are the process's now
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._pipe.send("stop")
        self._process.join(PATIENCE)
        self._process.close()
        self._pipe.close()

    def ask(self, command: str) -> object:
        """What the process answers to a command of `_Commands`.

        Raises:
            RuntimeError: it does not answer.
        """
        self._pipe.send(command)
        if not self._pipe.poll(PATIENCE):
            raise RuntimeError(f"a server does not answer to {command!r}")
        return self._pipe.recv()

    def wait(self, command: str, wanted: object) -> None:
        """Return once it answers `wanted` to `command`.

        Raises:
            RuntimeError: it never does.
        """
        deadline = time.monotonic() + PATIENCE
        while self.ask(command) != wanted:
            if time.monotonic() > deadline:
                raise RuntimeError(f"a server's {command!r} does not come to {wanted}")
            time.sleep(0.1)

    def cpu(self) -> float:
        """Seconds of processor time that it has used."""
        used = self.ask("cpu")
        assert isinstance(used, float)
        return used

    def memory(self) -> int:
        """Bytes of memory that are its own (PSS), once it is quiet and its garbage is collected."""
        self.wait("open", 0)
        self.ask("collect")
        return self.held()

    def held(self) -> int:
        """Bytes of memory that are its own (PSS), as it is now."""
        rollup = Path(f"/proc/{self._process.pid}/smaps_rollup").read_text()
        return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) * 1024

    def profile(self) -> list[Function]:
        """Where its time went since it was asked to "profile"."""
        functions = self.ask("profiled")
        assert isinstance(functions, list)
        return functions

    def traced(self) -> list[Held]:
        """What was allocated, and is held, since it was asked to "trace"."""
        held = self.ask("traced")
        assert isinstance(held, list)
        return held


class _Commands:
    """What a server's process can be asked for; each method is a command."""

    def __init__(self, server: Hub | Node) -> None:
        self._server = server
        self._stack: Stack = server._stack
        self._profile = cProfile.Profile(time.process_time)  # not what it waits

    def ready(self) -> bool:
        return True

    def users(self) -> int:
        assert isinstance(self._server, Node)
        return self._server.registrar.users

    def healthy(self) -> int:
        """How many nodes have answered a hub's probe."""
        assert isinstance(self._server, Hub)
        return len(self._server._usable(self._server._driver.now()))

    def cpu(self) -> float:
        return time.process_time()

    def open(self) -> int:
        return self._stack.transactions

    def collect(self) -> int:
        return gc.collect()

    def profile(self) -> None:
        self._profile.enable()

    def profiled(self) -> list[Function]:
        self._profile.disable()
        stats: dict[tuple[str, int, str], tuple[int, int, float, float, object]]
        stats = pstats.Stats(self._profile).stats  # type: ignore[attr-defined]
        return [(file, name, calls, own) for (file, _, name), (_, calls, own, *_) in stats.items()]

    def trace(self) -> None:
        tracemalloc.start()

    def traced(self) -> list[Held]:
        gc.collect()
        kept = tracemalloc.take_snapshot().statistics("lineno")
        return [(one.traceback[0].filename, one.traceback[0].lineno, one.size, one.count) for one in kept]


def _run(plan: Plan, pipe: Connection) -> None:
    more_files()
    asyncio.run(_serve(plan, pipe))


async def _serve(plan: Plan, pipe: Connection) -> None:
    server = await plan.start()
    commands = _Commands(server)
    over = asyncio.Event()

    def obey() -> None:
        try:
            command = pipe.recv()
        except EOFError:  # whoever asked is gone
            command = "stop"
        if command == "stop":
            over.set()
            return
        answer: Callable[[], object] = getattr(commands, command)
        pipe.send(answer())

    loop = asyncio.get_running_loop()
    loop.add_reader(pipe.fileno(), obey)
    await over.wait()
    loop.remove_reader(pipe.fileno())
    await server.stop()


def more_files() -> int:
    """Lets this process open as many files as it may; gives how many that are."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def short(file: str) -> str:
    """A file of ours or of a library by the end of its path."""
    for mark in ("/telsdk/", "/site-packages/", "/python3"):
        _, found, rest = file.rpartition(mark)
        if found:
            return f"{mark.strip('/')}/{rest}"
    return "built in" if file == "~" else file
