"""Servers beside each other in one run: each searched for its maximum, then measured at the same part of it in turn."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Final

from benchmarks.sipload.generator import Generator, GeneratorFailed, Step
from benchmarks.sipload.search import highest
from benchmarks.sipload.server import Kind, Place, Server, free_ports
from benchmarks.sipload.table import Row

ROOT: Final = Path(__file__).resolve().parents[2]
USERS: Final = 1_000
REGISTERS: Final = 500.0
"""Registrations a second where nothing is measured."""
PART: Final = 0.7
"""Of its maximum, what a server is measured at: processor time an operation falls with load, as idle wake-ups end."""
LINGERS: Final = 35.0
"""Seconds until nothing is left of a transaction (timer J is 32, RFC 3261 17.2.2)."""
PAUSE_TAKES: Final = 900.0
"""Seconds after which the look for the longest pause is given up."""
OFTEN: Final = 0.1
"""Part of the server's core that others may take before the run says that it was disturbed."""

CALL, CALL_AUTH, REGISTER_AUTH = "call", "call with digest", "REGISTER with digest"
OPERATIONS: Final = (CALL, CALL_AUTH, REGISTER_AUTH)
OF_CALLS: Final = {CALL: 1.0, CALL_AUTH: 0.7, REGISTER_AUTH: 2.0}
"""How many of an operation to expect for each call a second: where the search begins, and where none is made."""


def cost_of(operation: str) -> str:
    """The row of what an operation costs."""
    return f"CPU a {operation}, us"


def most_of(operation: str) -> str:
    """The row of how many a server carries."""
    what, _, rest = operation.partition(" ")
    return f"{what}s {rest} a second".replace("  ", " ")


P99, MEMORY, PAUSE = "99 % of the 180s within, ms", "memory a user by UDP, kB", "longest pause, ms"
ROWS: Final = (
    *(Row(cost_of(operation)) for operation in OPERATIONS),
    *(Row(most_of(operation)) for operation in OPERATIONS),
    Row(P99, compared=False),
    Row(MEMORY, digits=1),
    Row(PAUSE, digits=1, compared=False),
)


@dataclass(frozen=True)
class Plan:
    """How much is done.

    Attributes:
        searched: the operations whose maximum is searched for; the others are taken to follow that of calls.
        tries: rates that a search may try.
        seconds: that a rate is kept up.
        rounds: in which each server is measured once.
        users: for the memory that one takes; None: not measured.
        pause: users and calls for the longest pause; None: not measured.
    """

    searched: tuple[str, ...]
    tries: int
    seconds: float
    rounds: int
    users: int | None
    pause: tuple[int, int] | None


QUICK: Final = Plan((CALL,), tries=5, seconds=2.0, rounds=1, users=None, pause=None)
FULL: Final = Plan(OPERATIONS, tries=10, seconds=5.0, rounds=3, users=10_000, pause=(10_000, 20_000))


def compare(
    kinds: Sequence[Kind], plan: Plan, server_place: Place, load_place: Place, folder: Path
) -> Mapping[str, Mapping[str, float]]:
    """The figures of each kind of server, by row; what comes on the way is told on standard error.

    Args:
        server_place: where the servers run, one at a time.
        load_place: where sipp runs.
        folder: for what they print.

    Raises:
        ServerFailed: a server does not start.
        GeneratorFailed: users cannot register.
    """
    comparison = Comparison(kinds, plan, server_place, load_place, folder)
    comparison.search()
    comparison.measure()
    if plan.users is not None:
        comparison.weigh(plan.users)
    if plan.pause is not None:
        comparison.wait(*plan.pause)
    return comparison.figures


class Comparison:
    """One run; `compare` makes it.

    Attributes:
        figures: of each server, by row.
    """

    def __init__(
        self, kinds: Sequence[Kind], plan: Plan, server_place: Place, load_place: Place, folder: Path
    ) -> None:
        self._kinds = kinds
        self._plan = plan
        self._server_place = server_place
        self._load_place = load_place
        self._folder = folder
        self.figures: dict[str, dict[str, float]] = {kind.name: {} for kind in kinds}

    def search(self) -> None:
        """How many of each operation a server carries in a second."""
        for kind in self._kinds:
            calls = self._search(kind, CALL, kind.begin)
            for operation in self._plan.searched:
                if operation != CALL:
                    self._search(kind, operation, calls * OF_CALLS[operation])

    def measure(self) -> None:
        """What an operation costs, and how soon a call rings, at the same part of each server's maximum."""
        found: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
        for _ in range(self._plan.rounds):
            for operation, kind in product(OPERATIONS, self._kinds):
                with self._running(kind, operation, USERS) as (_, generator):
                    step = self._try(kind, generator, operation, PART * self._most(kind, operation))
                found[kind.name, cost_of(operation)].append(step.us)
                if operation == CALL:
                    found[kind.name, P99].append(step.p99)
        for (name, row), values in found.items():
            self.figures[name][row] = statistics.median(values)

    def weigh(self, users: int) -> None:
        """How much memory a registered user takes."""
        for kind in self._kinds:
            with self._server(kind, CALL) as server:
                before = server.memory()
                Generator(server, self._load_place, self._folder, auth=False, users=users).register_all(
                    REGISTERS
                )
                time.sleep(LINGERS)
                self.figures[kind.name][MEMORY] = (server.memory() - before) / users / 1000

    def wait(self, users: int, calls: int) -> None:
        """How long our own nodes answer nobody; without a kernel, as benchmarks/profile_call.py does it."""
        for kind in self._kinds:
            if kind.core is None:
                continue
            command = [sys.executable, "-m", "benchmarks.profile_call", "--pause", "--json"]
            command += ["--core", str(kind.core), "--users", str(users), "--times", str(calls)]
            with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
                self._server_place.put(process.pid)
                try:
                    printed, _ = process.communicate(timeout=PAUSE_TAKES)
                finally:
                    process.kill()
            self.figures[kind.name][PAUSE] = json.loads(printed)["longest"] * 1000

    def _search(self, kind: Kind, operation: str, begin: float) -> float:
        with ExitStack() as running:
            generators: list[Generator] = []  # one, or none where the last rate was too much

            def passes(rate: float) -> bool:
                if not generators:
                    running.close()
                    generators.append(running.enter_context(self._running(kind, operation, USERS))[1])
                step = self._try(kind, generators[0], operation, rate)
                if not step.passed:
                    generators.clear()
                return step.passed

            found = highest(passes, begin, self._plan.tries)
        if found is None:
            raise GeneratorFailed(f"{kind.name} carries no {operation} at all: nothing to compare")
        self.figures[kind.name][most_of(operation)] = found
        return found

    def _most(self, kind: Kind, operation: str) -> float:
        """What was found to be its maximum, or what to take for it."""
        figures = self.figures[kind.name]
        return figures.get(most_of(operation)) or figures[most_of(CALL)] * OF_CALLS[operation]

    def _try(self, kind: Kind, generator: Generator, operation: str, rate: float) -> Step:
        doing = generator.register if operation == REGISTER_AUTH else generator.call
        step = doing(rate, self._plan.seconds)
        disturbed = f", others took {step.foreign:.0%} of its core" if step.foreign > OFTEN else ""
        print(
            f"{kind.name}, {operation}: {rate:.0f} a second {'passed' if step.passed else 'was too much'}, "
            f"{step.us:.0f} us, 99 % within {step.p99:.0f} ms{disturbed}",
            file=sys.stderr,
        )
        return step

    @contextmanager
    def _running(self, kind: Kind, operation: str, users: int) -> Iterator[tuple[Server, Generator]]:
        """A server just started, where users are registered."""
        with self._server(kind, operation) as server:
            generator = Generator(server, self._load_place, self._folder, auth=operation != CALL, users=users)
            generator.register_all(REGISTERS)
            yield server, generator

    def _server(self, kind: Kind, operation: str) -> Server:
        command = kind.command if operation == CALL else kind.with_passwords
        return Server(command, free_ports(1)[0], self._server_place, self._folder)
