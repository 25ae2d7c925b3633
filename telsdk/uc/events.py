"""The events of a UC's log, and the one way to write them: a head line, then a line of JSON for each event."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, NoReturn

from telsdk.errors import TelError
from telsdk.nesting import check_nesting

MAX_EVENT: Final = 65_536  # characters of the data of one event
HEAD: Final = b'{"format":"telsdk log","version":1}\n'

_id = re.compile(r"[0-9a-f]{32}").fullmatch
_kind = re.compile(r"[a-z][a-z0-9-]{0,31}").fullmatch
_MAX_TIME: Final = (1 << 48) - 1  # milliseconds: twelve hexadecimal digits of an id


class EventMalformed(TelError, ValueError):
    """The data is no event, or no log of events."""


@dataclass(frozen=True, slots=True)
class LogEvent:
    """Something that happened on one of a number's devices.

    Raises:
        EventMalformed: a field is out of its range.
    """

    id: str  # in hexadecimal: twelve digits of time, eight of the device, twelve random ones; see `telsdk.uc.deletion`
    at: int  # milliseconds since 1970
    kind: str
    data: Mapping[str, object]

    def __post_init__(self) -> None:
        if not _id(self.id):
            raise EventMalformed(f"{self.id[:40]!r} is no id of an event")
        if type(self.at) is not int or not 0 <= self.at <= _MAX_TIME:  # a bool is an int too
            raise EventMalformed(f"{self.at} is no time of an event")
        if not _kind(self.kind):
            raise EventMalformed(f"{self.kind[:40]!r} is no kind of event")
        text = _dump(self.data)
        if len(text) > MAX_EVENT:
            raise EventMalformed(
                f"an event's data has at most {MAX_EVENT} characters in JSON, not {len(text)}"
            )
        # Read it back: what cannot be read is refused here, and the caller's own object can no longer change the event.
        object.__setattr__(self, "data", _load(text))

    def text(self, name: str) -> str:
        """Return a text in the data; an empty one where there is none."""
        value = self.data.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int:
        """Return a whole number in the data; 0 where there is none."""
        value = self.data.get(name)
        return value if type(value) is int else 0

    def row(self) -> tuple[str, int, str, str]:
        """Return the event as the columns of the store."""
        return self.id, self.at, str(self.kind), _dump(self.data)

    @classmethod
    def of_row(cls, id: str, at: int, kind: str, data: str) -> LogEvent:
        """Return the event in the columns of the store."""
        return cls(id, at, kind, _load(data))


def time_of(id: str) -> str:
    """Return the time in an event's id: milliseconds by a clock that never goes back, of its device alone."""
    return id[:12]


def device_of(id: str) -> str:
    """Return the device in an event's id. Events of telsdk's first stores have a random one each."""
    return id[12:20]


def encode_log(events: Iterable[LogEvent]) -> bytes:
    """Write the log of these events, which must be in the order of their ids."""
    return HEAD + b"".join(_line(event) for event in events)


def decode_log(log: bytes) -> list[LogEvent]:
    """Read the events in a log.

    Raises:
        EventMalformed: it is not a log in its one form.
    """
    if not log.startswith(HEAD):
        raise EventMalformed("this is no log of telsdk, or one of a newer version: update telsdk")
    events = [_parse(line) for line in log[len(HEAD) :].split(b"\n")[:-1]]
    ordered = all(one.id < next_.id for one, next_ in pairwise(events))
    if not ordered or encode_log(events) != log:
        raise EventMalformed("the log is not in its one form: it was cut or changed")
    return events


def _line(event: LogEvent) -> bytes:
    fields = {"at": event.at, "data": event.data, "id": event.id, "kind": str(event.kind)}
    return f"{_dump(fields)}\n".encode()


def _parse(line: bytes) -> LogEvent:
    try:
        fields = _load(line.decode())
    except UnicodeDecodeError as error:
        raise EventMalformed("a line of the log is not UTF-8") from error
    match fields:
        case {"at": int(at), "data": dict(data), "id": str(identifier), "kind": str(kind)} if (
            len(fields) == 4
        ):
            return LogEvent(identifier, at, kind, data)
    raise EventMalformed("a line of the log is no event")


def _dump(value: Mapping[str, object]) -> str:
    """Return `value` as canonical JSON in one line."""
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise EventMalformed(f"an event's data is not JSON: {str(error)[:80]}") from None
    return text


def _load(text: str) -> dict[str, Any]:
    try:
        value = json.loads(check_nesting(text), parse_float=_no_fraction, parse_constant=_no_fraction)
    except (ValueError, RecursionError) as error:
        raise EventMalformed(f"an event is not JSON: {str(error)[:80]}") from None
    if not isinstance(value, dict):
        raise EventMalformed("an event is a JSON object")
    return value


def _no_fraction(text: str) -> NoReturn:
    # Two programs may write one fraction in two ways, and logs must be equal byte for byte.
    raise ValueError(f"{text[:20]} is no whole number")
