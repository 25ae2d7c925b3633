from __future__ import annotations

import pytest

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import Identity
from telsdk.sip.message.identity_fields import Privacy


def test_parts_of_an_identity_are_told_apart() -> None:
    found = Identity.parse('a.b.c-_ ; Info = <sip:a@h;x=y>;alg=ES256 ;ppt="tel"')
    assert (found.token, found.info, found.param("ALG"), found.param("ppt")) == (
        "a.b.c-_",
        "sip:a@h;x=y",
        "ES256",
        "tel",
    )
    assert str(found) == 'a.b.c-_;info=<sip:a@h;x=y>;alg=ES256;ppt="tel"'


def test_what_stands_within_quotes_is_no_parameter() -> None:
    found = Identity.parse('a;x=";info=<sip:mallory@h>"')
    assert (found.info, found.param("x")) == (None, ";info=<sip:mallory@h>")


@pytest.mark.parametrize("text", ["a;info=sip:h", "a;info", 'a;info="<sip:h>"'])
def test_a_signer_is_named_between_angle_brackets_or_not_at_all(text: str) -> None:
    assert Identity.parse(text).info is None


def test_a_signer_who_is_named_twice_is_refused() -> None:
    with pytest.raises(SipParseError, match="twice"):
        Identity.parse("a;info=<sip:a@h>;INFO=<sip:b@h>")


def test_what_is_to_be_hidden_stands_between_semicolons() -> None:
    assert Privacy.parse("Header ;user; CRITICAL").values == ("header", "user", "critical")


def test_what_is_wrong_with_a_token_is_said_without_it() -> None:
    with pytest.raises(SipParseError) as refused:
        Identity.parse("eyJhbGciOiJFUzI1NiJ9.eyJvcmlnIjp7fX0.c2lnbmF0dXJl:x;info")
    assert "eyJ" not in str(refused.value)
