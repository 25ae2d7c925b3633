"""sipp on another core: users that register and call through a server, so many a second, for so long."""

from __future__ import annotations

import csv
import math
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.sipload.facts import PASSWORD
from benchmarks.sipload.messages import DOMAIN
from benchmarks.sipload.server import HOST, Place, Server, busy_seconds, free_ports

SCENARIOS: Final = Path(__file__).with_name("scenarios")
TALK: Final = 0.1  # seconds between ACK and BYE
BEGINS: Final = 0.1  # seconds that sipp needs before its first call
GRACE: Final = 3.0  # seconds for what is under way when nothing new begins
BEHIND: Final = 0.92
"""What part of the asked rate has to be reached: else it was the generator, or the server was waited for."""
TOLERATED: Final = 0.001
"""What part may fail or be sent again: one datagram that a busy machine loses is no limit of a server."""


class GeneratorFailed(Exception):
    """sipp did not do what it was started for."""


@dataclass(frozen=True)
class Step:
    """What came of one rate.

    Attributes:
        rate: operations a second that were asked for.
        planned, succeeded, failed, again: operations; `again` counts messages that were sent again.
        seconds: from the first to the last.
        processor: seconds of the server's processor time.
        foreign: what part of the server's core others took.
        p99: milliseconds within which 99 % of the responses came (180 to an INVITE, 200 to a REGISTER).
    """

    rate: float
    planned: int
    succeeded: int
    failed: int
    again: int
    seconds: float
    processor: float
    foreign: float
    p99: float

    @property
    def passed(self) -> bool:
        """Whether the server kept up with the rate."""
        bad = self.planned - self.succeeded + self.again
        return bad <= TOLERATED * self.planned and self.succeeded / self.seconds >= BEHIND * self.rate

    @property
    def us(self) -> float:
        """Microseconds of the server's processor time an operation."""
        return self.processor / max(1, self.succeeded) * 1e6


class Generator:
    """Runs sipp against one server.

    Args:
        place: where sipp runs.
        auth: the server asks for passwords.
        users: how many there are, from u00000 on.
    """

    def __init__(self, server: Server, place: Place, folder: Path, *, auth: bool, users: int) -> None:
        self._server = server
        self._place = place
        self._folder = folder
        self._suffix = "_auth" if auth else ""
        self._caller, self._callee = free_ports(2)
        self._users = folder / f"users-{users}.csv"
        self._count = users
        names = [f"u{n:05}" for n in range(users)]
        lines = [f"{name};[authentication username={name} password={PASSWORD}];" for name in names]
        self._users.write_text("\n".join(["SEQUENTIAL", *lines, ""]))

    def register_all(self, rate: float) -> None:
        """Have every user register once.

        Raises:
            GeneratorFailed: one of them could not.
        """
        step = self._run("register", rate, self._count)
        if step.succeeded < self._count:
            raise GeneratorFailed(f"only {step.succeeded} of {self._count} users could register")

    def register(self, rate: float, seconds: float) -> Step:
        """Have users register, so many a second."""
        return self._run("register", rate, int(rate * seconds))

    def call(self, rate: float, seconds: float) -> Step:
        """Have users called, so many a second."""
        with self._sipp("callee", self._callee, {"-timeout": str(int(seconds + 2 * GRACE))}):
            return self._run("call", rate, int(rate * seconds))

    def _run(self, what: str, rate: float, planned: int) -> Step:
        lasts = planned / rate + GRACE
        options = {
            "-r": f"{rate:g}",
            "-m": str(planned),
            "-l": str(max(200, int(rate * 2))),
            "-d": str(int(TALK * 1000)),
            "-timeout": str(int(lasts) + 1),
            "-inf": str(self._users),
        }
        server = self._server
        used, busy, began = server.seconds(), busy_seconds(server.core), time.monotonic()
        with self._sipp(what + self._suffix, self._caller, options) as sipp:
            _wait(sipp, lasts + GRACE)
        took, processor = time.monotonic() - began, server.seconds() - used
        foreign = max(0.0, busy_seconds(server.core) - busy - processor) / took
        row = _last_row(self._folder / f"sipp-{self._caller}.csv")
        return Step(
            rate,
            planned,
            int(row.get("SuccessfulCall(C)", 0)),
            int(row.get("FailedCall(C)", 0)),
            int(row.get("Retransmissions(C)", 0)),
            max(0.001, took - BEGINS - (TALK if what == "call" else 0.0)),
            processor,
            foreign,
            _p99(self._folder, sipp.pid),
        )

    @contextmanager
    def _sipp(
        self, scenario: str, port: int, options: Mapping[str, str]
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A running sipp, which is stopped in the end."""
        statistics = self._folder / f"sipp-{port}.csv"
        statistics.unlink(missing_ok=True)
        told = [
            "sipp", "-sf", str(SCENARIOS / f"{scenario}.xml"), "-i", HOST, "-p", str(port), "-t", "u1", "-nostdin",
            "-key", "domain", DOMAIN, "-key", "callee_port", str(self._callee),
            "-trace_stat", "-stf", str(statistics), "-fd", "1", "-trace_rtt", "-rtt_freq", "5",
            # It is to be no narrower than what it measures: room in the socket, many messages a turn of its loop.
            "-buff_size", str(4 * 1024 * 1024), "-max_recv_loops", "1000", "-max_sched_loops", "1000",
            "-deadcall_wait", "0", "-default_behaviors", "all,-bye", "-watchdog_interval", "0", "-skip_rlimit",
            *(part for option in options.items() for part in option),
        ]  # fmt: skip
        if scenario != "callee":
            told.append(f"{HOST}:{self._server.port}")
        with (self._folder / f"sipp-{port}.log").open("wb") as log:
            sipp = subprocess.Popen(
                told, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log
            )
        try:
            self._place.put(sipp.pid)
            yield sipp
        finally:
            sipp.kill()
            sipp.wait()


def _wait(sipp: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait until sipp is through, or no longer than that."""
    with suppress(subprocess.TimeoutExpired):
        sipp.wait(seconds)


def _last_row(statistics: Path) -> dict[str, str]:
    """What sipp counted in all; empty when it ended before it wrote anything."""
    try:
        with statistics.open(newline="") as file:
            rows = list(csv.DictReader(file, delimiter=";"))
    except FileNotFoundError:
        return {}
    return rows[-1] if rows else {}


def _p99(folder: Path, pid: int) -> float:
    """Milliseconds, as finely as the clock of sipp goes: 1 to 4. Infinite when nothing was answered."""
    took: list[float] = []
    for file in folder.glob(f"*_{pid}_rtt.csv"):
        with file.open(newline="") as rows:
            took += [float(row["response_time_ms"]) for row in csv.DictReader(rows, delimiter=";")]
    took.sort()
    return took[int(0.99 * len(took))] if took else math.inf
