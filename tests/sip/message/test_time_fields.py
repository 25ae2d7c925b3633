from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import SessionExpires
from telsdk.sip.message.time_fields import Date, RetryAfter, Timestamp, min_se

EXAMPLE = "Sat, 13 Nov 2010 23:29:00 GMT"


def test_a_date_is_a_time_in_utc() -> None:
    assert Date.parse(EXAMPLE).at == datetime(2010, 11, 13, 23, 29, tzinfo=UTC)
    east = timezone(timedelta(hours=2))
    assert str(Date(datetime(2010, 11, 14, 1, 29, tzinfo=east))) == EXAMPLE


def test_a_wrong_day_of_the_week_is_passed_over_and_a_day_that_is_none_is_not() -> None:
    assert str(Date.parse(EXAMPLE.replace("Sat", "Mon"))) == EXAMPLE
    with pytest.raises(SipParseError, match="does not exist"):
        Date.parse(EXAMPLE.replace("13 Nov", "31 Nov"))


def test_parts_of_a_retry_after_are_told_apart() -> None:
    found = RetryAfter.parse("120 (I'm in a (long) meeting) ;duration=3600")
    assert (found.seconds, found.comment, found.duration) == (120, "(I'm in a (long) meeting)", "3600")
    assert RetryAfter.parse("5").duration is None


def test_a_timestamp_keeps_its_digits_and_never_writes_an_exponent() -> None:
    assert Timestamp.parse("54.210 .5") == Timestamp(Decimal("54.210"), Decimal("0.5"))
    assert str(Timestamp.parse("0.00000001 0.0000000")) == "0.00000001 0.0000000"
    assert str(Timestamp(Decimal(54))) == "54"


def test_whoever_refreshes_is_one_of_two() -> None:
    assert SessionExpires.parse("90;Refresher=UAS") == SessionExpires(90, "uas")
    assert SessionExpires.parse("90;refresher=both") == SessionExpires(90)


def test_the_shortest_interval_may_have_parameters() -> None:
    assert min_se("300;a=b") == 300
