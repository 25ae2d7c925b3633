"""The programs in examples/ do what they say, each in a process of its own as people start it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "examples"

SAID = {
    "own_a_number": [
        r"5551234 costs 0\.1 ether",
        r"alice\.tel is 5551234; it is Alice's: True",
    ],
    "watch_sales": [
        r"5551234 belongs to Alice now",
        r"5551234 is for sale at 1\.5 ether",
        r"5551234 belongs to Bob now",
    ],
    "call": [
        r"Bob's phone rings: alice\.eth \(5550001\), verified: deep login, media key bound",
        r"Alice is connected: bob\.eth \(5550002\), verified: deep login, media key bound",
        r"she heard him: True",
        r"Bob reads of alice\.eth: Nice talking to you\.",
    ],
    "answering_machine": [
        r"connected to bob\.eth \(5550002\), verified: deep login, media key bound",
        r"bob\.eth writes: Thank you\. I have \d+ s of you\.",
        r"recorded: True",
    ],
}


def test_every_example_is_tried_and_says_how_to_run_it() -> None:
    programs = {path.stem: path.read_text() for path in FOLDER.glob("*.py") if path.stem != "playground"}
    assert programs.keys() == SAID.keys()
    for name, text in programs.items():
        assert f"python -m examples.{name}" in (ast.get_docstring(ast.parse(text)) or "")


@pytest.mark.slow
@pytest.mark.timeout(150)
@pytest.mark.parametrize("name", SAID)
def test_an_example_says_what_it_found(name: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", f"examples.{name}"],
        cwd=FOLDER.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (run.returncode, run.stderr) == (0, "")
    lines = run.stdout.splitlines()
    assert len(lines) == len(SAID[name])
    for line, pattern in zip(lines, SAID[name], strict=True):
        assert re.fullmatch(pattern, line), line
