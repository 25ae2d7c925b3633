"""A SIP server in processes of its own, on one core: what it costs is read from /proc."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

HOST: Final = "127.0.0.1"
STARTS: Final = 20.0  # seconds until it has to answer
STOPS: Final = 10.0  # seconds until it has to be gone; then it is killed

_URGENT: Final = -15  # a thousandth of the core is left to those who want it meanwhile, and are not urgent
_OPTIONS: Final = (
    "OPTIONS sip:{host}:{port} SIP/2.0\r\nVia: SIP/2.0/UDP {host}:{own};branch=z9hG4bK{n};rport\r\n"
    "Max-Forwards: 70\r\nFrom: <sip:probe@{host}>;tag={n}\r\nTo: <sip:{host}:{port}>\r\nCall-ID: probe{n}@{own}\r\n"
    "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
)


@dataclass(frozen=True)
class Place:
    """Where a process runs.

    Attributes:
        core: this one and no other.
        urgent: before others that want the core too; for root alone.
    """

    core: int
    urgent: bool = False

    def put(self, pid: int) -> None:
        """Have a process, and what it starts from now on, run there.

        Raises:
            PermissionError: urgent, and we are not root.
        """
        os.sched_setaffinity(pid, {self.core})
        if self.urgent:
            os.setpriority(os.PRIO_PROCESS, pid, _URGENT)


class ServerFailed(Exception):
    """A server ended by itself, or does not answer."""


@dataclass(frozen=True)
class Kind:
    """One kind of server.

    Attributes:
        name: for people.
        command: starts it in the foreground; ``{port}`` stands for the UDP port on 127.0.0.1.
        with_passwords: the same, asking for passwords.
        begin: calls a second that it may well carry, where a search begins.
        core: the folder that telsdk is imported from; None where it is no node of ours.
    """

    name: str
    command: Sequence[str]
    with_passwords: Sequence[str]
    begin: float
    core: Path | None


class Server:
    """A running server; a context manager that stops it.

    Args:
        place: where its processes run, and nothing else of ours.
        folder: for what it prints.

    Raises:
        ServerFailed: it does not answer an OPTIONS within `STARTS` seconds.
    """

    def __init__(self, command: Sequence[str], port: int, place: Place, folder: Path) -> None:
        self.port = port
        self.core = place.core
        self._log = folder / f"server-{port}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [part.replace("{port}", str(port)) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            place.put(self._process.pid)
            self._await_answer()
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def seconds(self) -> float:
        """Processor time of all its threads so far."""
        return sum(_on_processor(task) for pid in self._pids() for task in _tasks(pid))

    def memory(self) -> int:
        """Bytes of memory, what processes share counted once (PSS)."""
        return sum(_proportional(pid) for pid in self._pids())

    def stop(self) -> None:
        """Stop every process of it, and wait for them."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pid in self._pids():
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
            if self._is_gone(STOPS):
                self._process.wait()
                return
        raise ServerFailed(f"process {self._process.pid} does not end; see {self._log}")

    def _is_gone(self, within: float) -> bool:
        until = time.monotonic() + within
        while time.monotonic() < until:
            if not self._pids():
                return True
            time.sleep(0.02)
        return False

    def _pids(self) -> list[int]:
        """The processes of its session: those that it started too."""
        pids = [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]
        return [pid for pid in pids if self._is_ours(pid)]

    def _is_ours(self, pid: int) -> bool:
        fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
        return bool(fields) and fields[0] != "Z" and int(fields[3]) == self._process.pid

    def _await_answer(self) -> None:
        until = time.monotonic() + STARTS
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((HOST, 0))
            probe.settimeout(0.2)
            for n in range(10_000):
                if self._process.poll() is not None:
                    said = _read(str(self._log)).strip().rpartition("\n")[2]
                    raise ServerFailed(f"it ended with {self._process.returncode}: {said}")
                if time.monotonic() > until:
                    break
                asked = _OPTIONS.format(host=HOST, port=self.port, own=probe.getsockname()[1], n=n)
                try:
                    probe.sendto(asked.encode(), (HOST, self.port))
                    probe.recv(65_535)
                except ConnectionRefusedError:
                    time.sleep(0.05)
                except TimeoutError:
                    continue
                else:
                    return
        raise ServerFailed(f"it does not answer on port {self.port}; see {self._log}")


def free_ports(count: int) -> list[int]:
    """UDP ports on 127.0.0.1 that nobody has."""
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
    try:
        for one in sockets:
            one.bind((HOST, 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


def busy_seconds(core: int) -> float:
    """How long a core has been at work for anybody, since the machine was started."""
    line = next(line for line in _read("/proc/stat").splitlines() if line.startswith(f"cpu{core} "))
    user, nice, system, _idle, _wait, interrupts, soft = map(int, line.split()[1:8])
    return (user + nice + system + interrupts + soft) / os.sysconf("SC_CLK_TCK")


def _tasks(pid: int) -> list[Path]:
    """Its threads; none when it has ended."""
    try:
        return list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return []


def _on_processor(task: Path) -> float:
    """Seconds: schedstat counts nanoseconds, where stat counts hundredths."""
    return int((_read(task / "schedstat") or "0").split()[0]) / 1e9


def _proportional(pid: int) -> int:
    lines = _read(f"/proc/{pid}/smaps_rollup").splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _read(path: str | Path) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""
