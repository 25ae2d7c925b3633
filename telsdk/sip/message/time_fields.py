"""Times: Date, Retry-After, Timestamp, and the Session-Expires and Min-SE of RFC 4028."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, Self

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import grammar, values
from telsdk.sip.message.grammar import Params

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_is_date = re.compile(grammar.RFC1123_DATE).fullmatch
_retry_after = re.compile(
    rf"([0-9]{{1,10}}){grammar.SWS}({grammar.COMMENT})?({grammar.PARAMS}){grammar.SWS}"
).fullmatch
_timestamp = re.compile(
    rf"([0-9]{{1,20}}(?>(?:\.[0-9]{{0,20}})?))(?:{grammar.LWS}([0-9]{{1,20}}(?>(?:\.[0-9]{{0,20}})?)|\.[0-9]{{1,20}}))?"
).fullmatch
_seconds = re.compile(rf"([0-9]{{1,10}})({grammar.PARAMS}){grammar.SWS}").fullmatch


@dataclass(frozen=True, slots=True)
class Date:
    """When a message was sent (RFC 3261 section 20.17), by the clock of whoever sent it."""

    at: datetime  # in UTC, without a fraction of a second

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the SIP-date written as `text`; the day of the week is not held against it.

        Raises:
            SipParseError: it is not of that form, or there is no such day or time.
        """
        if not _is_date(text):
            raise SipParseError(
                f"{text[:80]!r} is not as 'Sat, 13 Nov 2010 23:29:00 GMT' (RFC 3261 section 20.17)"
            )
        day, month, year, clock = text[5:].split(" ")[:4]
        hour, minute, second = clock.split(":")
        try:
            return cls(
                datetime(
                    int(year),
                    _MONTHS.index(month) + 1,
                    int(day),
                    int(hour),
                    int(minute),
                    int(second),
                    tzinfo=UTC,
                )
            )
        except ValueError:
            raise SipParseError(f"{text[:80]!r} is a day or time that does not exist") from None

    def __str__(self) -> str:
        at = self.at.astimezone(UTC)
        day, month = _DAYS[at.weekday()], _MONTHS[at.month - 1]
        return f"{day}, {at.day:02} {month} {at.year:04} {at.hour:02}:{at.minute:02}:{at.second:02} GMT"


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """When to try again (RFC 3261 section 20.33)."""

    seconds: int
    comment: str | None = None  # with its brackets
    params: Params = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the Retry-After written as `text`. Raises SipParseError where it is none."""
        match = _retry_after(text)
        if match is None or int(match[1]) > values.MAX_DELTA_SECONDS:
            raise SipParseError(f"{text[:80]!r} does not begin with seconds (RFC 3261 section 20.33)")
        return cls(int(match[1]), match[2], grammar.split_params(match[3]))

    def __str__(self) -> str:
        comment = "" if self.comment is None else f" {self.comment}"
        return f"{self.seconds}{comment}{grammar.join_params(self.params)}"

    @property
    def duration(self) -> str | None:
        """For how many seconds the peer can then be reached, as written."""
        return grammar.get_param(self.params, "duration")


@dataclass(frozen=True, slots=True)
class Timestamp:
    """When a request was sent by the sender's own clock, and how long its answer took (RFC 3261 section 20.38)."""

    at: Decimal  # seconds
    delay: Decimal | None = None  # seconds

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the Timestamp written as `text`. Raises SipParseError where it is none."""
        match = _timestamp(text)
        if match is None:
            raise SipParseError(
                f"{text[:80]!r} is not seconds, and seconds of delay (RFC 3261 section 20.38)"
            )
        return cls(Decimal(match[1]), Decimal(match[2]) if match[2] else None)

    def __str__(self) -> str:
        return f"{self.at:f}" if self.delay is None else f"{self.at:f} {self.delay:f}"


@dataclass(frozen=True, slots=True)
class SessionExpires:
    """How long a session lasts without a refresh (RFC 4028 section 4); other parameters are left out."""

    seconds: int
    refresher: str | None = None  # uac or uas: who refreshes, where it says so

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the Session-Expires written as `text`. Raises SipParseError where it is none."""
        seconds, params = _seconds_and_params(text)
        refresher = (grammar.get_param(params, "refresher") or "").lower()
        return cls(seconds, refresher if refresher in ("uac", "uas") else None)

    def __str__(self) -> str:
        return f"{self.seconds};refresher={self.refresher}" if self.refresher else f"{self.seconds}"


def min_se(text: str) -> int:
    """Return the shortest interval that is taken, in seconds (RFC 4028 section 5); parameters are left out.

    Raises:
        SipParseError: it does not begin with seconds.
    """
    return _seconds_and_params(text)[0]


def _seconds_and_params(text: str) -> tuple[int, Params]:
    match = _seconds(text)
    if match is None or int(match[1]) > values.MAX_DELTA_SECONDS:
        raise SipParseError(f"{text[:80]!r} does not begin with seconds (RFC 4028 sections 4 and 5)")
    return int(match[1]), grammar.split_params(match[2])
