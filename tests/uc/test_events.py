"""A log has one form, and nothing else is taken for one."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.uc import events
from telsdk.uc.events import HEAD, EventMalformed, LogEvent, decode_log, encode_log

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)
EVENTS = st.builds(
    LogEvent,
    id=st.text("0123456789abcdef", min_size=32, max_size=32),
    at=st.integers(0, 2**48 - 1),
    kind=st.sampled_from(["contact", "call", "message", "a-kind-of-tomorrow"]),
    data=st.dictionaries(st.text("abc", max_size=3), JSON, max_size=3),
)
EVENT = LogEvent("0" * 32, 5, "call", {"b": 1, "a": "é"})
LINE = '{"at":5,"data":{"a":"é","b":1},"id":"00000000000000000000000000000000","kind":"call"}\n'.encode()


@given(st.lists(EVENTS, unique_by=lambda event: event.id, max_size=5))
def test_what_is_written_is_read_back(some: list[LogEvent]) -> None:
    some.sort(key=lambda event: event.id)
    assert decode_log(encode_log(some)) == some


def test_the_form_is_canonical_json_line_by_line() -> None:
    assert encode_log([EVENT]) == HEAD + LINE
    assert encode_log([]) == HEAD


@pytest.mark.parametrize(
    "log",
    [
        b"",
        b"anything",
        HEAD[:-1],
        b'{"format":"telsdk log","version":2}\n',
        HEAD + LINE[:-1],
        HEAD + LINE + LINE,
        HEAD + LINE + b"\n",
        HEAD + b" " + LINE,
        HEAD + LINE.replace(b'"a":', b'"a": '),
        HEAD + LINE.replace(b'"b":1', b'"b":1,"b":1'),
        HEAD + LINE.replace(b'"b":1', b'"b":1.5'),
        HEAD + LINE.replace(b'"b":1', b'"b":NaN'),
        HEAD + LINE.replace(b'"at":5', b'"at":true'),
        HEAD + LINE.replace(b'"at":5', b'"at":-5'),
        HEAD + LINE.replace(b'"at":5,', b""),
        HEAD + LINE.replace(b'"at":5', b'"at":5,"by":"me"'),
        HEAD + LINE.replace(b'"kind":"call"', b'"kind":"Call"'),
        HEAD + LINE.replace(b'"kind":"call"', b'"kind":["call"]'),
        HEAD + LINE.replace(b"0" * 32, b"0" * 31),
        HEAD + LINE.replace(b"0" * 32, b"0" * 31 + b"A"),
        HEAD + LINE.replace(b'{"a":"\xc3\xa9","b":1}', b"[]"),
        HEAD + b"[]\n",
        HEAD + b"\xff\n",
        HEAD + b"[" * 100_000 + b"\n",
    ],
    ids=lambda log: repr(log[-30:]),
)
def test_anything_else_is_refused(log: bytes) -> None:
    with pytest.raises(EventMalformed):
        decode_log(log)


def test_events_out_of_order_are_refused() -> None:
    other = LogEvent("1" * 32, 5, "call", {})
    with pytest.raises(EventMalformed):
        decode_log(encode_log([other, EVENT]))


@pytest.mark.parametrize(
    "data",
    [
        {"a": 1.5},
        {"a": float("nan")},
        {"a": b"x"},
        {"a": "\ud800"},
        {"a": "x" * events.MAX_EVENT},
        {"a": {1, 2}},
    ],
    ids=["fraction", "nan", "bytes", "surrogate", "long", "set"],
)
def test_data_that_cannot_be_written_and_read_back_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(EventMalformed):
        LogEvent("0" * 32, 5, "call", data)


def test_an_event_does_not_change_with_what_it_was_made_of() -> None:
    data = {"a": [1]}
    event = LogEvent("0" * 32, 5, "call", data)
    data["a"].append(2)
    assert event.data == {"a": [1]}


def test_what_another_version_wrote_otherwise_reads_as_nothing() -> None:
    event = LogEvent("0" * 32, 5, "call", {"peer": 5, "seconds": "5", "ok": True})
    assert event.text("peer") == event.text("absent") == ""
    assert event.number("seconds") == event.number("ok") == 0


@given(st.binary(max_size=100))
def test_no_bytes_raise_anything_but_event_malformed(data: bytes) -> None:
    with contextlib.suppress(EventMalformed):
        assert encode_log(decode_log(HEAD + data)) == HEAD + data
