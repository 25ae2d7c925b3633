"""What commands print of strangers' texts: all of it plain, however it came, and by one way alone."""

from __future__ import annotations

import ast
import json
from itertools import count
from pathlib import Path
from typing import Any

import click
import pytest

import telsdk.cli
from telsdk.cli import listen
from telsdk.cli.common import confirm, online
from telsdk.cli.common.failure import Failure
from telsdk.cli.common.output import print_facts, print_line, print_lines, print_table
from telsdk.cli.common.places import Own
from telsdk.number import Number
from telsdk.uc.store import Direction, Store
from telsdk.uc.trust import Party, Trust
from tests.cli.command import Ran, run
from tests.jsonrpc import serving
from tests.test_plain_text import HOSTILE, harmful

CLI = Path(telsdk.cli.__file__).parent
ONE = Own(Number(5550001), 1)
HOSTILE = HOSTILE.replace("\ud800", "")  # what comes in JSON or UTF-8 has none; arguments may


def held(*texts: str) -> None:
    for text in texts:
        assert harmful(text.replace("\n", "")) == []
        assert all(len(line) < 3_000 for line in text.split("\n"))


def ran(*args: object) -> Ran:
    done = run(*args)
    held(done.out, done.err)
    return done


def test_texts_of_the_store() -> None:
    """Messages, peers, outcomes of calls, and labels of contacts."""
    ONE.login.touch()
    with Store(ONE.store, clock=count().__next__) as store:
        long = HOSTILE[:30_000]
        store.add_message(Direction.IN, HOSTILE[:500], HOSTILE[:500], long)
        store.add_message(Direction.IN, "zoë", "verified", "Grüße, 山田 🙂")
        store.add_call(Direction.IN, long, "unverified", HOSTILE[:500], 12)
        store.add_contact(HOSTILE[:500], long)
    shown = ran("history").out
    assert "Grüße, 山田 🙂" in shown
    assert "more characters)" in shown
    assert "\\x1b]0;owned" in shown
    assert "\\x1b]0;owned" in ran("contacts").out
    assert run("history", "--json").json["history"][0]["text"] == long


def test_arguments_are_quoted_plainly() -> None:
    short = HOSTILE[:60]
    for args in (
        (f"x{short}",),
        ("lookup", short),
        ("history", "--last", short),
        ("contacts", "add", short, short),
        ("contacts", "remove", short),
        ("number", "show", short),
        ("demo", f"--{short}"),
        ("lookup", "5550001", "--network", short),
    ):
        assert ran(*args).code in (1, 2)


@pytest.mark.parametrize(
    "answer",
    [
        {"error": {"code": -32000, "message": HOSTILE}},
        {"error": {"code": 3, "message": "execution reverted", "data": HOSTILE}},
        {"error": HOSTILE},
    ],
    ids=["message", "data", "error"],
)
def test_errors_of_an_rpc(answer: dict[str, Any]) -> None:
    with serving(lambda request: {"jsonrpc": "2.0", "id": request["id"], **answer}) as url:
        done = ran("lookup", "5550001", "--rpc", url)
    assert done.code == 1
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1


def test_events_of_a_client(capsys: pytest.CaptureFixture[str]) -> None:
    party = Party(Trust.REFUSED, reason=HOSTILE)
    manner = listen.Manner(False, False, None, None, False)
    listen._tell(manner, "message", f"{party}: {HOSTILE}", body=HOSTILE)
    online.say(HOSTILE)
    captured = capsys.readouterr()
    held(captured.out, captured.err)
    assert (captured.out.count("\n"), captured.err.count("\n")) == (1, 1)
    listen._tell(listen.Manner(False, False, None, None, True), "message", "", body=HOSTILE)
    out = capsys.readouterr().out
    assert (json.loads(out)["body"], out.isascii(), out.count("\n")) == (HOSTILE, True, 1)


def test_facts_tables_and_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """Names, text records, and the addresses of hubs, as an RPC may say that the chain has them."""
    print_facts({"name": HOSTILE, "hubs": [HOSTILE, HOSTILE], "link": "[link=http://x]a[/link]"}, False)
    print_table(["name", "uri"], [[HOSTILE, "[red]sip:a"]])
    print_line(HOSTILE)
    print_lines(f"a\n{HOSTILE[:50]}\n")
    Failure(HOSTILE).show()
    captured = capsys.readouterr()
    held(captured.err)
    assert harmful(captured.out.replace("\n", "")) == []
    assert len(captured.out) < 20_000
    assert "[link=http://x]a[/link]" in captured.out
    assert "[red]sip:a" in captured.out


def test_questions(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", open("/dev/null"))  # noqa: PTH123, SIM115 - closed with the test
    with pytest.raises(Failure):
        confirm.confirm(HOSTILE, False)
    held(capsys.readouterr().err)


def printed() -> list[str]:
    """Where a command prints without `telsdk.cli.common.output`."""
    found = []
    for file in sorted(CLI.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            if name in (
                "print",
                "click.echo",
                "click.secho",
                "click.echo_via_pager",
                "sys.stdout.write",
                "sys.stderr.write",
            ):
                found.append(f"{file.relative_to(CLI)}: {name}")
            if name in ("click.prompt", "click.confirm") and not ast.unparse(node.args[0]).startswith(
                "plain("
            ):
                found.append(f"{file.relative_to(CLI)}: {name}")
            if name in ("click.ClickException", "Text.from_markup", "Console.print"):
                found.append(f"{file.relative_to(CLI)}: {name}")
    return found


def test_nothing_is_printed_by_another_way() -> None:
    assert set(printed()) == {"common/output.py: click.echo"}
    assert issubclass(Failure, click.ClickException)
