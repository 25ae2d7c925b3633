from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.sip.errors import SipParseError, Unwritable
from telsdk.sip.message import NameAddr, Uri, grammar
from tests.sip.messages import addresses, sip_uris, texts, uris


@given(uris)
def test_a_written_uri_reads_as_itself(uri: Uri) -> None:
    assert Uri.parse(str(uri)) == uri


@given(addresses)
def test_a_written_address_reads_as_itself(address: NameAddr) -> None:
    assert NameAddr.parse(str(address)) == address


@given(texts)
def test_any_text_is_a_uri_or_is_refused(text: str) -> None:
    for candidate in (text, f"sip:{text}", f"sip:{text}@h", f"<sip:h>{text}", f'"{text}" <sip:h>'):
        for parse in (Uri.parse, NameAddr.parse):
            try:
                parse(candidate)
            except SipParseError as error:
                assert error.status == 400  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sip:5551234@telprotocol", Uri("sip", "5551234", "telprotocol")),
        ("SIPS:Bob:secret@Example.com:5061", Uri("sips", "Bob", "example.com", 5061, "secret")),
        ("sip:a;b=c@h", Uri("sip", "a;b=c", "h")),
        ("sip:h;lr;Transport=TCP", Uri("sip", None, "h", params=(("lr", None), ("transport", "TCP")))),
        ("sip:[2001:db8::10]:5070", Uri("sip", None, "2001:db8::10", 5070)),
        ("sip:h?subject=x&priority=urgent", Uri("sip", None, "h", headers="subject=x&priority=urgent")),
        ("sip:%35551234@h", Uri("sip", "5551234", "h")),
        ("tel:+358-555-1234567;phone-context=x", Uri("tel", None, "+358-555-1234567;phone-context=x")),
        ("nobodyKnowsThisScheme:opaque", Uri("nobodyknowsthisscheme", None, "opaque")),
    ],
)  # fmt: skip
def test_parts_are_told_apart(text: str, expected: Uri) -> None:
    assert Uri.parse(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "sip:", "sip:@h", "sip:a@", "sip:a b@h", "sip:h;", "sip:h;=x", "sip:h:port", "sip:h:0", "sip:h?",
     "sip:h:65536", "<sip:h>", "sip:a@b@h", "sip:h;a;a", "sip:%zz@h", "sip:%4@h", "sip:h\r\n", "sip:h\x00",
     "5551234", ":x", "sip:ü@h", "sips:1.2.3.400", "sip:[::1", "sip:::1", "http://a b"],
)  # fmt: skip
def test_what_is_no_uri_is_refused(text: str) -> None:
    with pytest.raises(SipParseError):
        Uri.parse(text)


def test_address_of_record_is_scheme_user_and_host_alone() -> None:
    assert str(Uri.parse("sip:bob.eth:pw@telprotocol:5060;lr?a=b").aor) == "sip:bob.eth@telprotocol"


@pytest.mark.parametrize(
    ("text", "transport"),
    [("sip:h", "udp"), ("sip:h;transport=TCP", "tcp"), ("sip:h;transport=ws", "ws"), ("sips:h", "tls"),
     ("sips:h;transport=tcp", "tls"), ("sips:h;transport=ws", "wss"), ("sip:h;transport=tls", "tls")],
)  # fmt: skip
def test_transport_is_the_parameter_or_the_default_and_secure_for_sips(text: str, transport: str) -> None:
    assert Uri.parse(text).transport == transport


def test_parameters_are_added_replaced_and_removed_on_a_copy() -> None:
    uri = Uri.parse("sip:h;transport=udp;maddr=1.2.3.4")
    changed = uri.with_params(lr=None, transport="tls").without("maddr")
    assert str(changed) == "sip:h;lr;transport=tls"
    assert (changed.param("LR"), changed.param("maddr"), changed.has("lr")) == ("", None, True)
    assert uri.param("transport") == "udp"


@pytest.mark.parametrize(
    "uri",
    [Uri("sip", user, "h") for user in ("a@b", "a b", "a\r\nVia: x", "a>", "")]
    + [Uri("sip", None, host) for host in ("h;lr", "", "h>", "h i")],
)
def test_a_part_that_would_read_as_another_is_not_written(uri: Uri) -> None:
    with pytest.raises(Unwritable):
        str(uri)


def test_a_parameter_value_that_would_read_as_another_is_not_taken() -> None:
    with pytest.raises(Unwritable):
        Uri.parse("sip:h").with_params(x="1;lr")


EQUIVALENT = [
    ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"),
    ("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"),
    ("sip:a@h;x=ABC", "sip:a@h;X=abc"),
    ("sip:a:pw@h", "sip:a:p%77@h"),
    ("tel:+358-555-1234567", "TEL:+358(555)1234567"),
    ("sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
     "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"),
    ("sip:alice@atlanta.com?subject=project%20x&priority=urgent",
     "sip:alice@atlanta.com?priority=urgent&subject=project%20x"),
    ("sip:[2001:db8::1]", "sip:[2001:DB8:0::1]"),
]  # fmt: skip

DIFFERENT = [
    ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
    ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
    ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
    ("sip:a@h", "sips:a@h"),
    ("sip:a@h", "sip:h"),
    ("sip:a:pw@h", "sip:a@h"),
    ("sip:a:pw@h", "sip:a:PW@h"),
    ("sip:a@h", "sip:a@h;user=phone"),
    ("sip:a@h", "sip:a@h;ttl=1"),
    ("sip:a@h", "sip:a@h;method=INVITE"),
    ("sip:a@h", "sip:a@h;maddr=h"),
    ("sip:a%40b@h", "sip:a%41b@h"),
    ("sip:h?a=1&a=2", "sip:h?a=1"),
    ("tel:+3585551234567", "sip:+3585551234567@h"),
    ("tel:5;phone-context=h", "tel:5;phone-context=g"),
]


@pytest.mark.parametrize(("one", "other"), EQUIVALENT)
def test_uris_that_rfc_3261_calls_equivalent_are(one: str, other: str) -> None:
    assert Uri.parse(one).equivalent(Uri.parse(other))
    assert Uri.parse(other).equivalent(Uri.parse(one))


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_uris_that_rfc_3261_calls_different_are(one: str, other: str) -> None:
    assert not Uri.parse(one).equivalent(Uri.parse(other))
    assert not Uri.parse(other).equivalent(Uri.parse(one))


@given(sip_uris)
def test_every_uri_is_equivalent_to_itself(uri: Uri) -> None:
    assert uri.equivalent(uri)


@pytest.mark.parametrize(
    ("text", "display", "uri", "tag"),
    [
        ('"Bob" <sip:b@h>;tag=1', "Bob", "sip:b@h", "1"),
        ("Bob  the\tBuilder <sip:b@h>", "Bob the Builder", "sip:b@h", None),
        ("caller<sip:b@h>;tag=2", "caller", "sip:b@h", "2"),
        ('"a \\"b\\" \\\\" <sip:b@h>', 'a "b" \\', "sip:b@h", None),
        ('"" <sip:b@h>', "", "sip:b@h", None),
        ("<sip:b@h;x=1>;tag=3", None, "sip:b@h;x=1", "3"),
        ("sip:b@h;tag=4", None, "sip:b@h", "4"),
        ("  sip:b@h ; tag = 5", None, "sip:b@h", "5"),
        ('"Алиса" <sip:b@h>', "Алиса", "sip:b@h", None),
        ("<sip:a,b?c@h>", None, "sip:a,b?c@h", None),
    ],
)
def test_parts_of_an_address_are_told_apart(
    text: str, display: str | None, uri: str, tag: str | None
) -> None:
    address = NameAddr.parse(text)
    assert (address.display, str(address.uri), address.tag) == (display, uri, tag)


@pytest.mark.parametrize(
    "text",
    ["", "<>", '"Bob <sip:b@h>', "Bell, A <sip:b@h>", "< sip:b@h >", "<sip:b@h>;tag=1;tag=2", "<sip:b@h",
     "sip:b@h>", "sip:b@h?x=y", "sip:a,b@h", "<sip:b@h>;;", "<sip:b@h> x", "<sip:b@h>;a=",
     '"a\r\nb" <sip:b@h>', "Bób <sip:b@h>",     '"a" "b" <sip:b@h>', "<sip:b@h>, <sip:c@h>", "*"],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(SipParseError):
        NameAddr.parse(text)


def test_header_parameters_are_changed_on_a_copy_and_quoted_where_they_must() -> None:
    address = NameAddr.parse("<sip:b@h>;tag=1;expires=60")
    changed = address.with_param("+sip.instance", "<urn:uuid:1>").with_param("ob", None).without("expires")
    assert str(changed) == '<sip:b@h>;tag=1;+sip.instance="<urn:uuid:1>";ob'
    assert changed.param("+SIP.instance") == "<urn:uuid:1>"
    assert (address.has("ob"), address.param("expires")) == (False, "60")


def test_a_quoted_parameter_keeps_its_quotes_when_written_again() -> None:
    text = '<sip:b@h>;+sip.mobility="mobile"'
    assert str(NameAddr.parse(text)) == text


@given(st.text("aZ0%fF41/;?&=+$,-_.!~*'() @\x00é\n:<\"", max_size=8))
def test_a_user_part_can_be_written_that_the_grammar_has_and_no_other(user: str) -> None:
    uri = Uri("sip", user, "a.example")
    if re.fullmatch(grammar.USER, user):
        assert str(uri) == f"sip:{user}@a.example"
    else:
        with pytest.raises(Unwritable):
            str(uri)
