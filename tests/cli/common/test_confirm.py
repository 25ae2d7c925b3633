"""Asking first."""

from __future__ import annotations

import io

import pytest

from telsdk.cli.common.confirm import confirm
from telsdk.cli.common.failure import Failure


def test_yes_given_beforehand_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    confirm("Sure?", True)


def test_yes_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    confirm("Sure?", False)


def test_where_nobody_answers_the_answer_is_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(Failure, match="give --yes"):
        confirm("Sure?", False)
