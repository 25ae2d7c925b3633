from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import Challenge, Credentials
from tests.effort import at_most
from tests.sip.messages import texts, tokens

DIGEST = (
    'Digest username="bob", realm="a, \\"b\\"", nonce="dcd9", uri="sip:h", response="2c", '
    'algorithm=MD5, cnonce="0a", opaque="", qop=auth, nc=00000001'
)


def test_digest_credentials_are_read_and_written_as_phones_write_them() -> None:
    credentials = Credentials.parse(DIGEST)
    assert credentials.scheme == "Digest"
    assert (credentials.get("Username"), credentials.get("realm")) == ("bob", 'a, "b"')
    assert (credentials.get("nc"), credentials.get("opaque"), credentials.get("absent")) == (
        "00000001",
        "",
        None,
    )
    assert str(credentials) == DIGEST


def test_a_challenge_quotes_what_the_grammar_wants_quoted() -> None:
    challenge = Challenge("Digest", {"realm": "telprotocol", "nonce": "n", "algorithm": "MD5", "qop": "auth"})
    assert str(challenge) == 'Digest realm="telprotocol", nonce="n", algorithm=MD5, qop="auth"'


@pytest.mark.parametrize("token", ["eyJh.eyJh.sig-_", "abc==", "a+b/c~"])
def test_a_bearer_token_is_kept_whole(token: str) -> None:
    credentials = Credentials.parse(f"Bearer {token}")
    assert (credentials.scheme, credentials.token68, credentials.params) == ("Bearer", token, {})
    assert str(credentials) == f"Bearer {token}"


def test_blanks_around_parameters_mean_nothing() -> None:
    assert Credentials.parse('Digest  a = "1" ,\tb=2').params == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    "text", ["", " ", 'Digest a="1', "Digest a=1 b=2", "Digest a=1,a=2", "Digest A=1, a=2", "Digest ,",
             'Digest a="1"x, b=2', "Digest " + ",".join(f"p{i}=1" for i in range(65))],
)  # fmt: skip
def test_what_is_malformed_or_says_something_twice_is_refused(text: str) -> None:
    with pytest.raises(SipParseError):
        Credentials.parse(text)


@given(tokens, st.dictionaries(tokens.map(str.lower), texts, min_size=1, max_size=5))
def test_written_parameters_read_as_themselves(scheme: str, params: dict[str, str]) -> None:
    for kind in (Challenge, Credentials):
        again = kind.parse(str(kind(scheme, params)))
        assert again.scheme == scheme
        assert again.params == params


pieces = st.sampled_from(
    ["realm", "NC", "a", "a", "=", "=", "=", '"', '"', '""', '"x"', "MD5", ",", ",", ", ", " ", "\t", "\\", '\\"',
     "\r\n", "é", "\0", "<", ";"]
)  # fmt: skip


@given(st.lists(pieces, max_size=14).map("".join))
def test_what_is_read_quickly_says_what_the_grammar_says(text: str) -> None:
    def read(scheme: str) -> dict[str, str] | None:
        try:
            return Credentials.parse(f"{scheme} {text}").params
        except SipParseError:
            return None

    assert read("Digest") == read("DIGEST")  # which phones do not write, and so is read by the grammar


def test_credentials_are_equal_by_what_they_say_and_show_no_session_token() -> None:
    assert Credentials.parse("Digest a=1") == Credentials("Digest", {"a": "1"})
    assert Credentials("Digest", {"a": "1"}) != Credentials("Digest", {"a": "2"})
    assert Credentials("Digest", {"a": "1"}) != Challenge("Digest", {"a": "1"})
    assert "secret" not in repr(Credentials.parse("Bearer secret"))


@pytest.mark.parametrize(
    "text", ["a=" * 10_000, 'a="' * 10_000, "a=1 " * 8_000, 'a="' + "\\" * 30_000, "," * 30_000]
)
def test_hostile_credentials_take_time_in_proportion_to_their_length(text: str) -> None:
    with at_most(0.05), pytest.raises(SipParseError):
        Credentials.parse(f"Digest {text}")
