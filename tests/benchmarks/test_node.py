"""The comparison runs: servers are started, registered with, called and stopped, and every figure is there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from benchmarks.node import ROOT, kamailio, node
from benchmarks.sipload.comparison import (
    CALL,
    MEMORY,
    OPERATIONS,
    P99,
    PAUSE,
    Plan,
    compare,
    cost_of,
    most_of,
)
from benchmarks.sipload.server import Kind, Place, Server, ServerFailed, free_ports
from tests.conftest import program

SMALL = Plan((CALL,), tries=1, seconds=0.5, rounds=1, users=None, pause=(4, 8))


def processes(port: int) -> list[str]:
    """The command lines that have this port."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
            found += [" ".join(words) for word in words if str(port) in word]
    return found


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_servers_are_compared(tmp_path: Path) -> None:
    program("sipp")
    cores = os.sched_getaffinity(0)
    kinds = [node("node", ROOT)]
    if shutil.which("kamailio"):
        kinds.insert(0, kamailio())
    slow = [Kind(kind.name, kind.command, kind.with_passwords, 20.0, kind.core) for kind in kinds]
    figures = compare(slow, SMALL, Place(min(cores)), Place(max(cores)), tmp_path)
    assert list(figures) == [kind.name for kind in kinds]
    for name, found in figures.items():
        assert found[most_of(CALL)] == 20.0
        assert all(found[cost_of(operation)] > 0 for operation in OPERATIONS)
        assert found[P99] < 1_000
        assert (PAUSE in found) == (name == "node")
        assert MEMORY not in found


def test_a_server_is_gone_when_it_was_stopped(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    place = Place(min(os.sched_getaffinity(0)))
    with Server(node("node", ROOT).command, port, place, tmp_path) as server:
        assert server.seconds() > 0
        assert server.memory() > 1_000_000
        assert processes(port)
    assert not processes(port)


def test_a_server_that_ends_by_itself_is_told_and_not_waited_for(tmp_path: Path) -> None:
    with pytest.raises(ServerFailed, match="it ended with 3"):
        Server(["sh", "-c", "exit 3"], free_ports(1)[0], Place(min(os.sched_getaffinity(0))), tmp_path)
