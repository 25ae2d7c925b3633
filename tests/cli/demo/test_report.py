"""The report in a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from telsdk.cli.demo.report import DemoReport, Fact, label, passed, show, summary, value


def printed(report: DemoReport, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width)
    show(report, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_shows_ladder_media_backup_sale_and_checks(report: DemoReport) -> None:
    text = printed(report)
    for words in (
        "|-- INVITE F1 -->|",
        "alice.eth      660.0       660.0        58      0        0.41",
        "size             2,912 bytes",
        "price     1.5 ETH",
        "ok   bob.eth answered       5559876, light login",
        "2 of 2 checks passed",
    ):
        assert words in text


def test_a_failed_check_is_said_in_words(report: DemoReport) -> None:
    report["checks"][0]["ok"] = False
    assert not passed(report)
    assert "FAILED   bob.eth answered" in printed(report)
    assert summary(report) == "1 of 2 checks passed"


def test_a_narrow_terminal_does_not_fold_the_ladder(report: DemoReport) -> None:
    assert "  1278.8 ms     |<---------------------- BYE F3 --|\n" in printed(report, width=30)


def test_brackets_are_text_and_no_markup(report: DemoReport) -> None:
    assert "438 [bad] signature" in printed(report)


@pytest.mark.parametrize(
    ("key", "fact", "name", "words"),
    [
        ("size_bytes", 2912, "size", "2,912 bytes"),
        ("price_wei", 15 * 10**17, "price", "1.5 ETH"),
        ("jitter_ms", 0.4, "jitter", "0.4 ms"),
        ("took_s", 12.5, "took", "12.5 s"),
        ("tone_hz", 440.0, "tone", "440 Hz"),
        ("number", 5551234, "number", "5551234"),
        ("restored_equal", True, "restored equal", "yes"),
        ("still_served", False, "still served", "no"),
        ("alias", None, "alias", "none"),
        ("pointer", "bafk", "pointer", "bafk"),
    ],
)
def test_a_fact_is_told_with_its_unit(key: str, fact: Fact, name: str, words: str) -> None:
    assert (label(key), value(key, fact)) == (name, words)
