from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import Uri
from telsdk.sip.message.tel import TelUri, same
from tests.sip.messages import texts

digits = st.text("0123456789-.()", min_size=1, max_size=12).filter(lambda text: any(map(str.isdigit, text)))
extras = st.lists(
    st.tuples(st.sampled_from(["ext", "isub", "x", "y-2"]), st.text("0123456789", min_size=1, max_size=4)),
    unique_by=lambda param: param[0],
    max_size=3,
)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("tel:+1-201-555-0123", "tel:+12015550123"),
        ("tel:7042;phone-context=example.com", "tel:7042;phone-context=example.com"),
        ("tel:863-1234;phone-context=+1-914-555", "tel:8631234;phone-context=+1914555"),
        ("TEL:+1(201)5550123;Ext=1-2;ISUB=a%62c", "tel:+12015550123;isub=abc;ext=12"),
        ("tel:*21%23;phone-context=Example.COM;b=2;a", "tel:*21%23;phone-context=example.com;a;b=2"),
        ("tel:+358-555-1234567;postd=pp22", "tel:+3585551234567;postd=pp22"),
    ],
)
def test_a_number_is_written_in_its_one_form(text: str, written: str) -> None:
    uri = TelUri.parse(text)
    assert str(uri) == written
    assert uri.is_global == ("+" in written[:5])


@pytest.mark.parametrize(
    "text",
    ["", "tel:", "tel:+", "tel:-.()", "tel:+-", "tel:12", "tel:+12;phone-context=h", "tel:1;phone-context",
     "tel:1;phone-context=", "tel:1;phone-context=+", "tel:1;phone-context=a/b", "tel:+1;ext=abc", "tel:+1;ext",
     "tel:+1;a=1;A=2", "tel:+1 2", "tel:+1#", "tel:+12g", "tel:+*", "tel:+1;", "tel:+1;=x", "sip:1@h", "tel:1%41"],
)  # fmt: skip
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(SipParseError):
        TelUri.parse(text)


@given(digits, extras)
def test_a_written_number_reads_as_itself(number: str, params: list[tuple[str, str]]) -> None:
    uri = TelUri.parse("+" + number + "".join(f";{name}={value}" for name, value in params))
    assert TelUri.parse(str(uri)) == uri
    assert same(
        str(uri), "tel:+" + number + "".join(f";{name.upper()}={value}" for name, value in params[::-1])
    )


@given(texts)
def test_any_text_is_a_number_or_is_refused(text: str) -> None:
    for candidate in (text, "tel:+" + text, "tel:1;" + text):
        try:
            TelUri.parse(candidate)
        except SipParseError as error:
            assert error.status == 400  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+12015550123", "12015550123;phone-context=+1"),
        ("+12015550123", "+12015550123;ext=1"),
        ("+12015550123;ext=1", "+12015550123;ext=2"),
        ("1;phone-context=+1", "1;phone-context=+2"),
        ("broken", "also broken"),
    ],
)
def test_different_numbers_are_told_apart(one: str, other: str) -> None:
    assert not same(one, other)


def test_a_number_is_the_user_of_a_sip_uri() -> None:
    uri = Uri("sip", TelUri.parse("tel:+358-555-1234567;postd=pp22").subscriber, "foo.com").with_params(
        user="phone"
    )
    assert str(uri) == "sip:+3585551234567;postd=pp22@foo.com;user=phone"
    assert TelUri.parse(Uri.parse(str(uri)).user or "").number == "+3585551234567"
