"""The two clocks: that a type checker finds where one is taken for the other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from mypy import api

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("sip", "net", "node", "server", "hub", "uc", "credential", "cli")
MIXED_UP = "# mixed up"
PROGRAM = f"""
from telsdk.clock import Monotonic, Wall
from telsdk.credential.phone import PhonePasswords
from telsdk.hub.location import Location
from telsdk.net.backoff import Backoff
from telsdk.sip.auth import DigestServer
from telsdk.sip.transaction import Stack


def sip(stack: Stack, digest: DigestServer, now: Monotonic, wall: Wall) -> None:
    stack.advance(now)
    stack.advance(wall)  {MIXED_UP}
    stack.advance(1.0)  {MIXED_UP}
    digest.challenge(wall, "192.0.2.1")
    digest.challenge(now, "192.0.2.1")  {MIXED_UP}


def others(passwords: PhonePasswords, location: Location, backoff: Backoff, now: Monotonic, wall: Wall) -> None:
    passwords.granted("5551234", wall)
    passwords.granted("5551234", now)  {MIXED_UP}
    location.node_of(5551234, now)
    location.node_of(5551234, wall)  {MIXED_UP}
    backoff.failed("192.0.2.1", "refused", now)
    backoff.failed("192.0.2.1", "refused", wall)  {MIXED_UP}
    later: Monotonic = now + 1.0  {MIXED_UP}
    print(Monotonic(now + 1.0), wall - 1.0, later)
"""


def untyped_times() -> list[str]:
    """Where a parameter is called as a time is, and is of neither clock."""
    found = []
    for path in sorted(path for package in PACKAGES for path in (ROOT / "telsdk" / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                kind = "" if arg.annotation is None else ast.unparse(arg.annotation)
                if arg.arg in ("now", "wall") and not re.search(r"\b(Monotonic|Wall)\b", kind):
                    found.append(f"{path.relative_to(ROOT)}:{arg.lineno} {node.name}({arg.arg})")
    return found


def test_every_time_that_is_handed_in_says_by_which_clock_it_is() -> None:
    assert untyped_times() == []


@pytest.mark.timeout(300)  # mypy reads the core anew
def test_a_clock_that_is_taken_for_the_other_is_found(tmp_path: Path) -> None:
    program = tmp_path / "mixed_up.py"
    program.write_text(PROGRAM)
    out, err, _ = api.run(
        [
            *("--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(tmp_path / "cache")),
            *("--follow-imports", "silent", "--no-error-summary", str(program)),
        ]
    )
    assert not err
    errors = re.findall(r"^.*?mixed_up\.py:(\d+): error: (.*)$", out, re.MULTILINE)
    lines = [number for number, line in enumerate(PROGRAM.split("\n"), 1) if line.endswith(MIXED_UP)]
    assert [int(number) for number, _ in errors] == lines, out
    assert all('"Monotonic"' in text or '"Wall"' in text for _, text in errors)
