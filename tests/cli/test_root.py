"""The command as a whole: its help, how it loads, how it ends."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import telsdk
from telsdk.cli import main
from telsdk.cli.root import SECTIONS
from tests.cli.command import run

FOLDER = Path(telsdk.__file__).parent / "cli"


def paths(command: click.Command, *path: str) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        ctx = click.Context(command)
        for name in command.list_commands(ctx):
            below = command.get_command(ctx, name)
            assert below is not None
            yield from paths(below, *path, name)


PATHS = list(paths(main))


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_every_command_says_what_it_does_and_gives_an_example(path: tuple[str, ...]) -> None:
    ran = run(*path, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert "Examples:\n" in ran.out
    example = ran.out.partition("Examples:\n")[2].splitlines()[0]
    assert " ".join(("telsdk", *path)) in example
    assert max(map(len, ran.out.splitlines())) <= 110


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_an_example_has_only_commands_and_options_that_there_are(path: tuple[str, ...]) -> None:
    text = run(*path, "--help").out
    known = set(PATHS)
    for line in text.partition("Examples:\n")[2].partition("\n\n")[0].splitlines():
        words = line.partition("telsdk ")[2].split()
        command = max((p for p in known if tuple(words[: len(p)]) == p), key=len)
        options = run(*command, "--help").out
        assert command
        assert [word for word in words if word.startswith("--") and f" {word}" not in options] == []


def test_a_file_is_a_command_and_what_commands_share_is_elsewhere() -> None:
    places = {place.partition(":")[0] for commands in SECTIONS.values() for place in commands.values()}
    files = {f"telsdk.cli.{path.stem}" for path in FOLDER.glob("*.py")}
    assert files - places == {"telsdk.cli.__init__", "telsdk.cli.root"}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("common/*.py")), ids=lambda path: path.name)
def test_what_commands_share_knows_none_of_them(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("telsdk.cli"):
            assert str(node.module).startswith("telsdk.cli.common")


def test_the_design_s_commands_are_there() -> None:
    promised = """demo, lookup, number buy-new, number transfer, number move, number show, number list-mine,
        market list, market buy, market cancel, name claim, name release, credential set, credential clear,
        credential revoke-sessions, hubs list, hubs add, hubs nodes, login deep, login light, phone-password, call,
        listen, message, contacts, history, backup, restore, node run, hub run"""
    assert {tuple(words.split()) for words in promised.split(",")} <= set(PATHS)


def test_help_lists_the_commands_under_their_headings() -> None:
    lines = run("--help").out.splitlines()
    for heading, commands in SECTIONS.items():
        assert f"{heading}:" in lines
        for name in commands:
            assert [line for line in lines if line.startswith(f"  {name} ")]


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_what_a_command_does_is_said_in_one_line(path: tuple[str, ...]) -> None:
    assert not [line for line in run(*path, "--help").out.splitlines()[1:] if line.endswith("...")]


def test_an_unknown_command_is_wrong_usage() -> None:
    ran = run("dial")
    assert ran.code == 2
    assert "No such command 'dial'" in ran.err


def test_the_version_is_the_packages() -> None:
    assert run("--version").out == f"telsdk {telsdk.__version__}\n"


def test_it_runs_as_a_module() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "telsdk", "--version"], capture_output=True, text=True, check=True
    )
    assert ran.stdout == f"telsdk {telsdk.__version__}\n"


def test_help_waits_for_no_library_that_it_does_not_need() -> None:
    ran = python(
        "import contextlib, io, sys\nfrom telsdk.cli import main\n"
        "heavy = {'web3', 'eth_account', 'aiortc', 'prometheus_client', 'numpy', 'cryptography'}\n"
        f"for path in {PATHS}:\n"
        "    with contextlib.redirect_stdout(io.StringIO()):\n"
        "        main([*path, '--help'], standalone_mode=False)\n"
        "    if loaded := heavy & sys.modules.keys():\n"
        "        sys.exit(f'{path} loads {loaded}')\n"
        "print('click' in sys.modules)"
    )
    assert (ran.stdout, ran.stderr) == ("True\n", "")


@pytest.mark.parametrize(
    ("missing", "words", "extra"),
    [
        ("aiortc", ["call", "bob.eth"], "uc"),
        ("aiortc", ["listen"], "uc"),
        ("pyrage", ["backup", "5551234"], "uc"),
    ],
)
def test_a_command_whose_extra_is_not_installed_says_which(
    missing: str, words: list[str], extra: str
) -> None:
    ran = python(f"import sys\nsys.modules[{missing!r}] = None\nfrom telsdk.cli import main\nmain({words})")
    assert ran.returncode == 1
    assert ran.stderr == f"error: {missing} is missing: pip install 'telprotocol[{extra}]'\n"
