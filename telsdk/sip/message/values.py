"""Header field values that are one word, one number or plain text, and so need no class (RFC 3261 section 25.1).

Each function gives the value written as its argument, or raises `SipParseError`; `str` writes it again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Literal

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import grammar
from telsdk.sip.message.grammar import Params
from telsdk.sip.message.uri import NameAddr

MAX_DELTA_SECONDS: Final = 2**32 - 1
"""RFC 3261 section 20.19."""

_is_call_id = re.compile(grammar.CALLID).fullmatch
_is_language = re.compile(r"[A-Za-z]{1,8}+(?>(?:-[A-Za-z0-9]{1,8}+)*)").fullmatch
_is_text = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*+").fullmatch
_is_integer = re.compile(r"[0-9]{1,10}").fullmatch
_is_qvalue = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?").fullmatch
_token_and_params = re.compile(rf"{grammar.SWS}({grammar.TOKEN})({grammar.PARAMS}){grammar.SWS}").fullmatch


def token(text: str) -> str:
    """Return a token in the case in which it is written: that of methods counts, that of option tags does not."""
    if not grammar.is_token(text):
        raise SipParseError(f"{text[:80]!r} is not a token (RFC 3261 section 25.1)")
    return text


def text_utf8(text: str) -> str:
    """Return a TEXT-UTF8-TRIM: text without control characters."""
    if not _is_text(text):
        raise SipParseError(f"{text[:80]!r} has a control character (RFC 3261 section 25.1, TEXT-UTF8-TRIM)")
    return text


def call_id(text: str) -> str:
    if not _is_call_id(text):
        raise SipParseError(f"{text[:80]!r} is malformed (RFC 3261 section 25.1, callid)")
    return text


def language_tag(text: str) -> str:
    """Return a tag such as ``en-gb``. Digits may be in its later parts, as in those of RFC 5646."""
    if not _is_language(text):
        raise SipParseError(f"{text[:80]!r} is not a language (RFC 3261 section 20.13)")
    return text


def integer(largest: int, least: int = 0) -> Callable[[str], int]:
    """Return what reads a number of `least` to `largest`, both at most ten digits."""

    def read(text: str) -> int:
        if not _is_integer(text) or not least <= int(text) <= largest:
            raise SipParseError(f"{text[:40]!r} is not one of {least} to {largest}")
        return int(text)

    return read


number: Final = integer(MAX_DELTA_SECONDS)
"""A number of seconds, or of anything else that is not larger."""


def contact(text: str) -> NameAddr | Literal["*"]:
    """Return a Contact: an address, or the ``*`` that means all. The parser sees to it that this is then alone."""
    return "*" if text == "*" else NameAddr.parse(text)


def token_and_params(text: str, what: str) -> tuple[str, Params]:
    """Return the two parts of ``token *(SEMI generic-param)``; `what` says in the error what it was to be."""
    match = _token_and_params(text)
    if match is None:
        raise SipParseError(f"{text[:80]!r} is not {what}")
    return match[1], grammar.split_params(match[2])


def check_q(params: Params) -> Params:
    """Return `params`; their ``q``, if it is there, is a qvalue. Raises SipParseError where it is none."""
    q = grammar.get_param(params, "q")
    if q is not None and not _is_qvalue(q):
        raise SipParseError(
            f"q={q[:40]} is not one of 0 to 1, in thousandths (RFC 3261 section 25.1, qvalue)"
        )
    return params


def q_of(params: Params) -> float:
    """Return how much something is wanted, 0 to 1, by a ``q`` that `check_q` has seen."""
    return float(grammar.get_param(params, "q") or 1)
