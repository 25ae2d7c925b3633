"""The Event and Subscription-State fields of SUBSCRIBE and NOTIFY (RFC 6665 sections 8.2.1 and 8.2.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import grammar
from telsdk.sip.message.values import MAX_DELTA_SECONDS

_with_params = re.compile(rf"({grammar.TOKEN})({grammar.PARAMS}){grammar.SWS}").fullmatch

RESUBSCRIBE_AT_ONCE: Final = frozenset({"deactivated", "timeout"})
NEVER_RESUBSCRIBE: Final = frozenset({"rejected", "noresource", "invariant"})
"""Reasons of a terminated subscription by what they ask of the subscriber (4.1.3); others: later."""


@dataclass(frozen=True, slots=True)
class EventType:
    """What is subscribed to. Equal means the same subscription within a dialog (8.2.1: byte by byte)."""

    package: str
    id: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the Event value written as `text`; parameters other than id are left out.

        Raises:
            SipParseError: it is none.
        """
        match = _with_params(text)
        if match is None:
            raise SipParseError(f"Event {text[:80]!r} is malformed (RFC 6665 section 8.2.1)")
        return cls(match[1], grammar.get_param(grammar.split_params(match[2]), "id"))

    def __str__(self) -> str:
        return self.package + _params(id=self.id)


@dataclass(frozen=True, slots=True)
class SubscriptionState:
    """How a subscription stands."""

    state: str  # active, pending, terminated, in lower case; or an extension, to be taken for active
    expires: int | None = None  # seconds left
    reason: str | None = None  # why it is terminated, in lower case
    retry_after: int | None = None  # seconds to wait before a new one

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the Subscription-State value written as `text`.

        Raises:
            SipParseError: it is none.
        """
        match = _with_params(text)
        if match is None:
            raise SipParseError(f"Subscription-State {text[:80]!r} is malformed (RFC 6665 section 8.2.3)")
        params = grammar.split_params(match[2])
        reason = grammar.get_param(params, "reason")
        seconds = (_seconds(grammar.get_param(params, name)) for name in ("expires", "retry-after"))
        return cls(match[1].lower(), next(seconds), reason.lower() if reason else None, next(seconds))

    def __str__(self) -> str:
        return self.state + _params(reason=self.reason, expires=self.expires, retry_after=self.retry_after)

    @property
    def terminated(self) -> bool:
        return self.state == "terminated"


def _params(**values: str | int | None) -> str:
    params: grammar.Params = ()
    for name, value in values.items():
        if value is not None:
            params = grammar.set_param(params, name.replace("_", "-"), str(value))
    return grammar.join_params(params)


def _seconds(value: str | None) -> int | None:
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal()) or len(value) > 10:
        raise SipParseError(f"{value[:40]!r} is no number of seconds (RFC 6665 section 8.2.3)")
    return min(int(value), MAX_DELTA_SECONDS)
