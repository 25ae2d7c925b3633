from __future__ import annotations

import pytest

from telsdk.sip.errors import SipParseError
from telsdk.sip.message.names import COMPACT, KEYS, LISTS, SINGLE, key_of


@pytest.mark.parametrize(
    ("written", "key"),
    [("Via", "via"), ("v", "via"), ("V", "via"), ("vIa", "via"), ("Call-ID", "call-id"), ("i", "call-id"),
     ("L", "content-length"), ("y", "identity"), ("X-Thing", "x-thing"), ("Via  ", "via"), ("v\t", "via")],
)  # fmt: skip
def test_every_spelling_of_a_name_has_one_key(written: str, key: str) -> None:
    assert key_of(written) == key


@pytest.mark.parametrize("name", ["", " ", "A B", "Vi\ta", "Naïve", "a:b", "a\r\nb", " Via"])
def test_what_is_no_token_is_no_name(name: str) -> None:
    with pytest.raises(SipParseError, match="not a header name"):
        key_of(name)


def test_tables_agree_with_each_other() -> None:
    assert not LISTS & SINGLE
    assert all(KEYS[letter] == name for letter, name in COMPACT.items())
    assert all(key_of(key) == key for key in LISTS | SINGLE)


def test_fields_with_commas_that_separate_nothing_are_no_lists() -> None:
    assert not LISTS & {
        "www-authenticate", "proxy-authenticate", "authorization", "proxy-authorization", "date", "call-id",
        "identity", "subject", "from", "to", "authentication-info", "user-agent",
    }  # fmt: skip
