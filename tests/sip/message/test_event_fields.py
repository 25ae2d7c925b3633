from __future__ import annotations

import pytest

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import EventType, SubscriptionState


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("presence", EventType("presence")),
        ("presence.winfo ; id=7;x", EventType("presence.winfo", "7")),
        ("Presence", EventType("Presence")),
        ('a;id="b;c d"', EventType("a", "b;c d")),
    ],
)
def test_an_event_is_a_package_and_an_id(text: str, expected: EventType) -> None:
    assert EventType.parse(text) == expected
    assert EventType.parse(str(expected)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("active", SubscriptionState("active")),
        ("Active;expires=60", SubscriptionState("active", 60)),
        ("terminated;reason=Probation;retry-after=5", SubscriptionState("terminated", None, "probation", 5)),
        ("pending;expires=99999999999"[:-1], SubscriptionState("pending", 2**32 - 1)),
        ("x-new;y=z", SubscriptionState("x-new")),
    ],
)
def test_a_state_has_a_time_a_reason_and_a_time_to_come_again(text: str, expected: SubscriptionState) -> None:
    assert SubscriptionState.parse(text) == expected
    assert SubscriptionState.parse(str(expected)) == expected
    assert expected.terminated == (expected.state == "terminated")


@pytest.mark.parametrize(
    "text", ["", " ", ";id=1", "a b", "active;expires=x", "active;expires=", "a;retry-after=-1"]
)
def test_what_is_malformed_is_refused(text: str) -> None:
    with pytest.raises(SipParseError):
        SubscriptionState.parse(text)
    if "=" not in text:
        with pytest.raises(SipParseError):
            EventType.parse(text)
