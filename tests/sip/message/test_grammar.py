from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.sip import limits
from telsdk.sip.errors import SipParseError, Unwritable
from telsdk.sip.message import NameAddr, Uri, Via, grammar
from telsdk.sip.message.core_fields import _via_by_grammar
from telsdk.sip.message.uri import _name_addr_by_grammar, _uri_by_grammar
from tests.effort import at_most
from tests.sip.messages import params, texts, tokens


@given(texts)
def test_quoting_is_undone_by_unquoting_and_makes_a_quoted_string(text: str) -> None:
    assert grammar.unquote(grammar.quote(text)) == text
    assert re.fullmatch(grammar.QUOTED_STRING, grammar.quote(text))


@pytest.mark.parametrize("text", ["a\r\nb", "a\n", "\r"])
def test_no_line_break_can_be_quoted(text: str) -> None:
    with pytest.raises(Unwritable, match="line break"):
        grammar.quote(text)


@given(params)
def test_joined_parameters_are_split_into_the_same(params: grammar.Params) -> None:
    text = grammar.join_params(params)
    assert re.fullmatch(grammar.PARAMS, text)
    assert grammar.split_params(text) == params


@given(tokens, texts)
def test_any_value_can_be_set_and_got_back(name: str, value: str) -> None:
    changed = grammar.set_param((), name, value)
    assert grammar.get_param(changed, name.upper()) == value
    assert grammar.get_param(grammar.split_params(grammar.join_params(changed)), name) == value


def test_setting_keeps_the_place_and_dropping_leaves_the_others() -> None:
    params = (("a", "1"), ("b", None), ("c", "3"))
    assert grammar.set_param(params, "B", "x") == (("a", "1"), ("b", "x"), ("c", "3"))
    assert grammar.drop_params(params, "A", "c") == (("b", None),)


@pytest.mark.parametrize("text", [";a=1;A=2", ';tag=x;b="1";tag="y"', ";lr;lr"])
def test_a_parameter_that_occurs_twice_is_refused_whatever_its_case(text: str) -> None:
    with pytest.raises(SipParseError, match="occurs twice"):
        grammar.split_params(text)


@given(texts)
def test_any_text_becomes_a_user_and_back(text: str) -> None:
    escaped = grammar.escape_user(text)
    assert re.fullmatch(rf"(?:{grammar.USER})?", escaped)
    assert grammar.unescape(escaped) == text
    normal = grammar.normalise_escapes(escaped)
    assert grammar.normalise_escapes(normal) == normal


def test_only_needless_escapes_are_resolved() -> None:
    assert grammar.normalise_escapes("%61%2d%3b%40%2F%00") == "a-%3B%40%2F%00"


def test_what_is_no_utf8_behind_its_escapes_is_shown_with_replacements() -> None:
    assert grammar.unescape("a%FFb") == "a\ufffdb"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Example.COM", "example.com"),
        ("example.com.", "example.com."),
        ("a-b.c-d.example", "a-b.c-d.example"),
        ("_sip._tcp.example", "_sip._tcp.example"),
        ("192.0.2.1", "192.0.2.1"),
        ("[2001:DB8:0:0::1]", "2001:db8::1"),
        ("telprotocol", "telprotocol"),
    ],
)
def test_equal_hosts_become_equal_text(written: str, meant: str) -> None:
    assert re.fullmatch(grammar.HOST, written)
    assert grammar.normalise_host(written) == meant


@pytest.mark.parametrize(
    "host",
    ["256.0.0.1", "1.2.3", "01.2.3.4", "1.2.3.4.5", "a..b", "a.-b", "a-.b", "[::g]", "[1::2::3]", "[:::]"],
)
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(SipParseError):
        grammar.normalise_host(host)


def test_a_parameter_is_absent_bare_or_has_a_value() -> None:
    params = (("lr", None), ("a", '"x y"'))
    assert [grammar.get_param(params, name) for name in ("LR", "A", "b")] == ["", "x y", None]
    assert [grammar.has_param(params, name) for name in ("LR", "b")] == [True, False]


@pytest.mark.parametrize(
    ("host", "port", "text"),
    [
        ("h", None, "h"),
        ("h", 5060, "h:5060"),
        ("2001:db8::1", 5061, "[2001:db8::1]:5061"),
        ("[::1]", None, "[::1]"),
    ],
)
def test_an_ipv6_address_is_written_in_brackets(host: str, port: int | None, text: str) -> None:
    assert grammar.write_host(host, port) == text


def test_a_port_is_a_number() -> None:
    assert [grammar.parse_port(digits) for digits in ("1", "05060", "65535")] == [1, 5060, 65535]


@pytest.mark.parametrize("digits", ["0", "65536", "99999"])
def test_ports_are_1_to_65535(digits: str) -> None:
    with pytest.raises(SipParseError, match="port"):
        grammar.parse_port(digits)


def test_a_long_text_is_not_remembered_and_a_short_one_is() -> None:
    asked: list[str] = []

    def length(text: str) -> int:
        asked.append(text)
        return len(text)

    ask = grammar.remembered(length)
    for text in ["a", "a", "b" * 1000, "b" * 1000]:
        assert ask(text) == len(text)
    assert asked == ["a", "b" * 1000, "b" * 1000]


def test_what_is_remembered_is_bounded() -> None:
    asked: list[str] = []

    def itself(text: str) -> str:
        asked.append(text)
        return text

    ask = grammar.remembered(itself)
    for number in range(limits.MAX_REMEMBERED + 1):
        ask(str(number))
    asked.clear()
    ask(str(limits.MAX_REMEMBERED))
    ask("0")
    assert asked == ["0"]


_host_piece = st.sampled_from(["a", "1", "25", "256", "-", ".", "x9", "[::1]", ":", "5060", "0"])


@given(st.lists(_host_piece, min_size=1, max_size=8).map("".join))
def test_a_plain_host_is_always_a_sound_one(host: str) -> None:
    if re.fullmatch(grammar.PLAIN_HOST, host):
        assert Uri.parse(f"sip:{host}").user is None
        assert Via.parse(f"SIP/2.0/UDP {host}").transport == "UDP"


_piece = st.sampled_from(
    ["<", ">", "sip:", "sips:", "a", "b@", "h", ".", "1.2.3.4", ":5060", ";lr", ";transport=tcp", ";tag=x",
     ";expires=9", " ", '"Q"', "tok", ",", ";rport", ";rport=5", ";branch=z", ";received=1.2.3.4",
     "SIP/2.0/UDP ", "%41"]
)  # fmt: skip


@given(st.lists(_piece, min_size=1, max_size=9).map("".join))
def test_what_is_plain_reads_as_it_does_by_the_whole_grammar(text: str) -> None:
    for pattern, parse, by_grammar in (
        (grammar.PLAIN_NAME_ADDR, NameAddr.parse, _name_addr_by_grammar),
        (grammar.PLAIN_URI, Uri.parse, _uri_by_grammar),
        (grammar.PLAIN_VIA, Via.parse, _via_by_grammar),
    ):
        if re.fullmatch(pattern, text):
            assert parse(text) == by_grammar(text)


@given(st.integers(0, 70_000))
def test_a_plain_port_is_one_of_1_to_65535(port: int) -> None:
    plain = re.fullmatch(grammar.PLAIN_HOST, f"h:{port}")
    assert (plain is not None and plain[2] == str(port)) == (0 < port < 65_536)


def test_a_plain_octet_is_one_of_0_to_255() -> None:
    octets = [f"{number:0{width}}" for number in range(1000) for width in (1, 2, 3)]
    plain = {octet for octet in octets if re.fullmatch(grammar.OCTET, octet)}
    assert plain == {str(number) for number in range(256)}


@pytest.mark.parametrize(
    "text",
    ["a" * 30_000, "a." * 15_000 + "!", "-" * 30_000, '"' + "\\" * 30_000, ";a" * 15_000 + "=", "a " * 15_000,
     "sip:" + "a:" * 15_000, "sip:a@" + "b-" * 15_000, "<" * 30_000, " " * 30_000 + "x"],
)  # fmt: skip
@pytest.mark.parametrize("parse", [Uri.parse, NameAddr.parse, Via.parse])
def test_no_text_takes_more_than_its_length_in_time(parse: Callable[[str], object], text: str) -> None:
    with at_most(0.5):
        for whole in (text, f"SIP/2.0/UDP {text}!", f'"x" <sip:{text}>{text}!', f"<sip:{text}"):
            with suppress(SipParseError):
                parse(whole)
