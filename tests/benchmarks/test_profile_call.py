"""What benchmarks/profile_call.py says of a call is of a call that went through, stage by stage."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CALL = ["INVITE", "180", "200", "ACK", "BYE", "200 to BYE"]


def profile(*arguments: str) -> dict[str, Any]:
    """What it prints for programs."""
    command = [sys.executable, "-m", "benchmarks.profile_call", "--json", *arguments]
    ran = subprocess.run(command, cwd=Path(__file__).parents[2], check=True, capture_output=True, timeout=50)
    figures: dict[str, Any] = json.loads(ran.stdout)
    return figures


@pytest.mark.parametrize(
    ("arguments", "stages"),
    [
        ([], CALL),
        (["--auth"], ["INVITE", "ACK of the 407", "INVITE with password", *CALL[1:]]),
        (["--register"], ["REGISTER"]),
        (["--register", "--auth"], ["REGISTER", "REGISTER with password"]),
    ],
)
def test_each_message_of_an_operation_has_its_time(arguments: list[str], stages: list[str]) -> None:
    figures = profile("--users", "4", "--times", "8", "--rate", "1", *arguments)
    assert list(figures["stages"]) == stages
    assert all(microseconds > 0 for microseconds in figures["stages"].values())
    assert figures["us"] == pytest.approx(sum(figures["stages"].values()))
    assert figures["python"] > 0
    assert figures["allocated"] > figures["kept"]


def test_the_pause_is_the_longest_datagram() -> None:
    figures = profile("--pause", "--users", "4", "--times", "8")
    assert (figures["users"], figures["calls"]) == (4, 8)
    assert figures["longest"] > 0
