"""Text of strangers on a terminal or in a log: one line, no control, not too long, and people's names as they are."""

from __future__ import annotations

import logging
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.plain_text import MAX_TEXT, PlainFormatter, plain, plain_lines
from tests.loglines import LogLine, log_lines

NASTY = st.text(
    st.one_of(
        st.characters(), st.sampled_from("\x1b\r\n\x00\x7f\x9b\u202e\u2066\u2069\u200d\u2028\ufeff\ud800 a")
    )
)
HOSTILE = (
    "\x1b]0;owned\x07\r\n2026-11-28 00:00:00,000 ERROR telsdk: forged \u202e\u2066\u2028\x9b31m\ud800"
    + "A" * 100_000
)
CONTROLS = {"Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"}
LONGEST = MAX_TEXT + 60


def harmful(text: str) -> list[str]:
    """The characters in `text` that may control a terminal, or mislead who reads it."""
    return [char for char in text if unicodedata.category(char) in CONTROLS and char != "\u200d"]


@given(NASTY)
def test_nothing_in_it_controls_and_it_is_one_line(text: str) -> None:
    shown = plain(text)
    assert harmful(shown) == []
    assert len(shown) <= LONGEST
    assert shown.encode().decode() == shown  # no lone surrogate


@given(st.text().filter(lambda text: text.isprintable() and len(text) <= MAX_TEXT))
def test_what_prints_stays_as_it_is(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize(
    "name",
    [
        "Zoë Åkesson",
        "José",
        "Дмитрий",
        "山田太郎",
        "김민수",
        "محمد",
        "שרה",
        "สมชาย",
        "🙂",
        "❤️ Bob",
        "👩‍🚀 Ann",
        "👨‍👩‍👧",
        "👍🏽",
    ],
)
def test_names_of_people_are_shown(name: str) -> None:
    assert plain(name) == name


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("a\r\nb\tc", "a\\r\\nb\\tc"),
        ("abc\u202ecba", "abc\\u202ecba"),
        ("a\u200db", "a\\u200db"),
        ("\u200d", "\\u200d"),
        ("山田\u3000太郎", "山田 太郎"),
        ("\ud800", "\\ud800"),
        ("\ufeffa\u2028b", "\\ufeffa\\u2028b"),
    ],
)
def test_what_does_not_print_is_written_out(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize("char", ["A", "\x1b", "\U000e0001", "山"])
def test_of_a_long_text_it_says_how_much_is_left_out(char: str) -> None:
    shown = plain(char * 100_000)
    kept = shown.partition("…")[0]
    left_out = int(shown.partition("… (")[2].partition(" more characters)")[0])
    assert left_out + len(kept) // len(plain(char)) == 100_000
    assert len(kept) <= MAX_TEXT


def test_of_many_lines_the_first_and_the_last_are_shown() -> None:
    lines = plain_lines("\n".join(map(str, range(1000))), most=4)
    assert lines == ["0", "1", "… (996 more lines)", "998", "999"]


def formatted(record: logging.LogRecord) -> str:
    return PlainFormatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s").format(record)


def held(text: str) -> None:
    """Holds that a record is one line, and what is below it stands further in: nothing can be taken for a record."""
    first, *below = text.split("\n")
    assert len(first) <= LONGEST + 100
    assert all(line.startswith("    ") for line in below)
    assert len(text) < 60_000
    assert harmful(text.replace("\n", "")) == []


@pytest.mark.parametrize("line", log_lines(), ids=lambda line: line.place)
def test_whatever_is_logged_is_plain(line: LogLine) -> None:
    """Each line that the package logs, with hostile text for all that may be text, and in the exception beside it."""
    for hostile in (HOSTILE, ValueError(HOSTILE), [HOSTILE], b"\x1b\r\n".decode()):
        try:
            raise ValueError(hostile)
        except ValueError:
            trace = sys.exc_info()
        made = logging.makeLogRecord(
            {
                "name": "telsdk.x",
                "msg": line.text,
                "args": line.values(hostile),
                "exc_info": trace,
                "exc_text": None,
            }
        )
        held(formatted(made))


def test_there_are_lines_to_look_at() -> None:
    assert len(log_lines()) > 15
    assert any(line.values("x") for line in log_lines())


def test_a_record_stays_as_it_is_for_others() -> None:
    record = logging.makeLogRecord({"msg": "%s", "args": ("\x1b",), "exc_text": "\x1b\nforged"})
    shown = formatted(record)
    held(shown)
    assert "    forged" in shown
    assert (record.getMessage(), "message" in vars(record)) == ("\x1b", False)


PROGRAM = """
import logging, sys, threading, warnings
from telsdk.plain_text import guard_stderr
guard_stderr()
hostile = "\\x1b[2J\\u202e\\r\\nforged\\x9b" + "A" * 100_000
def fail(*_): raise ValueError(hostile)
class Lost:
    __del__ = fail
logging.getLogger("asyncio").warning("lost %s", hostile)
warnings.warn(hostile, UserWarning, stacklevel=1)
thread = threading.Thread(target=fail); thread.start(); thread.join()
lost = Lost(); del lost
fail()
"""


def test_what_python_itself_writes_to_stderr_is_plain() -> None:
    """Records that nobody handles, warnings, and exceptions of the program, of a thread and of a finaliser."""
    ran = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", PROGRAM], capture_output=True, check=False, timeout=60
    )
    said = ran.stderr.decode()
    assert ran.returncode == 1
    assert said.count("\\x1b[2J\\u202e") == 5
    assert harmful(said.replace("\n", "")) == []
    assert len(said) < 5 * LONGEST + 10_000
