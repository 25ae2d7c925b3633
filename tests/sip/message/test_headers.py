from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.sip.errors import LimitExceeded, SipParseError, Unwritable
from telsdk.sip.limits import MAX_LIST_VALUES
from telsdk.sip.message import Headers, NameAddr, Response, Via, parse, readers
from telsdk.sip.message.headers import split_list
from tests.effort import at_most
from tests.sip.messages import INVITE, addresses, texts, tokens, vias


def sample() -> Headers:
    return Headers(
        [
            ("Via", "SIP/2.0/UDP a;branch=1, SIP/2.0/UDP b;branch=2"),
            ("v", "SIP/2.0/UDP c;branch=3"),
            ("Contact", '"A, B" <sip:a,b@h>, <sip:c@h>'),
            ("Subject", "one, two"),
            ("X-A", "1"),
            ("x-a", "2, 3"),
        ]
    )


def test_values_of_list_fields_come_one_by_one_however_they_were_spread() -> None:
    assert sample().all("via") == [
        "SIP/2.0/UDP a;branch=1",
        "SIP/2.0/UDP b;branch=2",
        "SIP/2.0/UDP c;branch=3",
    ]
    assert sample().all("m") == ['"A, B" <sip:a,b@h>', "<sip:c@h>"]
    assert sample().get("VIA") == "SIP/2.0/UDP a;branch=1"
    assert sample().count("Via") == 2


def test_values_of_other_fields_stay_whole() -> None:
    assert sample().all("Subject") == ["one, two"]
    assert sample().all("X-A") == ["1", "2, 3"]
    assert sample().get("s") == "one, two"


def test_absent_fields_have_no_values() -> None:
    headers = sample()
    assert (headers.get("To"), headers.all("To"), "To" in headers, headers.pop_first("To")) == (
        None,
        [],
        False,
        None,
    )
    headers.remove("To")
    assert len(headers) == 6


def test_an_empty_line_of_a_list_holds_no_value_but_is_there() -> None:
    headers = Headers([("Supported", ""), ("Supported", "a, b")])
    assert (headers.all("k"), headers.get("k")) == (["a", "b"], "a")
    assert headers.pop_first("k") == "a"
    assert headers.lines() == ["Supported: ", "Supported: b"]
    assert "Supported" in Headers([("k", "")])
    assert Headers([("k", "")]).get("Supported") is None


def test_lines_are_seen_as_they_are() -> None:
    headers = Headers([("v", "a, b"), ("To", "<sip:h>"), ("Via", "c"), ("X-A", "1")])
    assert list(headers.items()) == [("via", "a, b"), ("to", "<sip:h>"), ("via", "c"), ("x-a", "1")]
    assert (headers.first_line("via"), headers.first_line("from")) == ("a, b", None)
    assert headers.keys() == {"via", "to", "x-a"}
    assert headers.repeated({"via", "to"}) == ["via", "via"]
    assert headers.repeated({"to", "x-a"}) == []
    assert repr(Headers([("v", "a")])) == "Headers([('v', 'a')])"
    assert repr(Headers([("y", "token")])) == "Headers([('y', '…')])"  # Identity, in its compact form


def test_a_new_via_is_put_above_the_others_and_an_unknown_field_above_all() -> None:
    headers = Headers([("To", "<sip:h>"), ("v", "SIP/2.0/UDP a")])
    headers.insert("Via", "SIP/2.0/UDP new")
    headers.insert("Route", "<sip:r>")
    assert headers.lines() == ["Route: <sip:r>", "To: <sip:h>", "Via: SIP/2.0/UDP new", "v: SIP/2.0/UDP a"]


def test_popping_takes_one_value_of_a_list_and_leaves_the_rest_of_its_line() -> None:
    headers = sample()
    assert headers.pop_first("Via") == "SIP/2.0/UDP a;branch=1"
    assert headers.lines()[:2] == ["Via: SIP/2.0/UDP b;branch=2", "v: SIP/2.0/UDP c;branch=3"]
    assert headers.pop_first("Via") == "SIP/2.0/UDP b;branch=2"
    assert headers.lines()[0] == "v: SIP/2.0/UDP c;branch=3"
    assert headers.pop_first("Via") == "SIP/2.0/UDP c;branch=3"
    assert "Via" not in headers
    assert headers.pop_first("Subject") == "one, two"


@given(
    st.lists(st.sampled_from(["a", "a, b", "", "a,\r\n b", " ", '"x, y" <sip:a>']), min_size=1, max_size=3)
)
def test_what_is_dropped_first_is_what_is_popped(values: list[str]) -> None:
    one = Headers([("To", "<sip:h>")])
    for value in values:
        one.insert_line(len(one), "contact", f"Contact: {value}")
    other = one.copy()
    one.drop_first("contact")
    other.pop_first("Contact")
    assert one.lines() == other.lines()
    assert one.shape.keys == other.shape.keys


def test_what_is_known_of_a_changed_line_stands_for_all_that_was_read_of_it() -> None:
    message = parse(INVITE)
    vias = message.vias
    stamped = message.via.with_param("rport", "1")
    headers = message.headers
    headers.change_read(headers.shape.first["via"], "via", f"Via: {stamped}", readers.via, stamped)
    assert message.via is stamped
    assert message.vias == [stamped, *vias[1:]]


def test_popping_a_lone_value_with_a_comma_in_it_leaves_no_empty_line() -> None:
    headers = Headers([("Contact", '"A, B" <sip:a@h>')])
    assert headers.pop_first("Contact") == '"A, B" <sip:a@h>'
    assert len(headers) == 0


def routes(*lines: str) -> Headers:
    return Headers([("To", "<sip:h>"), *(("Route", line) for line in lines), ("X-A", "1")])


@pytest.mark.parametrize(
    ("count", "left"),
    [
        (0, ["<sip:a>, <sip:b,c> ,<sip:d>", "", "<sip:e>"]),
        (1, ["<sip:b,c> ,<sip:d>", "", "<sip:e>"]),
        (2, ["<sip:d>", "", "<sip:e>"]),
        (3, ["", "<sip:e>"]),
        (4, [""]),
        (9, [""]),
    ],
)
def test_the_first_values_of_a_list_are_dropped_and_the_rest_stays_as_it_came(
    count: int, left: list[str]
) -> None:
    headers = routes("<sip:a>, <sip:b,c> ,<sip:d>", "", "<sip:e>")
    headers.drop("route", count)
    assert headers.lines() == routes(*left).lines()
    assert headers.shape.keys == ("to", *["route"] * len(left), "x-a")


def test_the_last_value_of_a_list_is_dropped_and_the_rest_stays_as_it_came() -> None:
    headers = routes("<sip:a> ,  <sip:b,c>", "<sip:d>", "")
    seen = []
    for _ in range(4):
        headers.drop_last("Route")
        seen.append([value for name, value in headers if name == "Route"])
    assert seen == [["<sip:a> ,  <sip:b,c>", ""], ["<sip:a>", ""], [""], [""]]


def test_what_was_read_of_a_field_is_forgotten_when_values_of_it_are_dropped() -> None:
    changes: list[Callable[[Headers], None]] = [
        lambda headers: headers.drop("Route", 2),
        lambda headers: headers.drop("Route", 1),
        lambda headers: headers.drop_last("Route"),
        lambda headers: headers.delete_lines((1, 2)),
    ]
    for change in changes:
        headers = routes("<sip:a>,<sip:b>", "<sip:c>", "<sip:d>")
        message = Response(200, headers=headers)
        before = message.routes
        change(headers)
        assert message.routes == [NameAddr.parse(value) for value in headers.all("Route")] != before


def test_lines_are_deleted_by_their_numbers() -> None:
    headers = sample()
    lines = headers.lines()
    headers.delete_lines(())
    assert headers.lines() == lines
    headers.delete_lines((0, 1, 5))
    assert headers.lines() == lines[2:5]
    headers.delete_lines((1,))
    assert headers.lines() == [lines[2], lines[4]]


@pytest.mark.parametrize(
    "change",
    [
        lambda headers: headers.remove("Route"),
        lambda headers: headers.set("Route", "<sip:h>"),
        lambda headers: headers.drop("Route", 10_000),
        lambda headers: headers.drop("Route", 2_000),
    ],
)
def test_to_take_off_many_takes_time_in_proportion_to_their_number(change: Callable[[Headers], None]) -> None:
    for lines in (["<sip:h>"] * 250, [",".join(["<sip:h>"] * MAX_LIST_VALUES)] * 20):
        headers = routes(*lines)
        with at_most(0.05):
            change(headers)


def test_replacing_the_first_value_leaves_the_others_and_the_name_as_they_came() -> None:
    headers = sample()
    headers.replace_first("v", "SIP/2.0/UDP new")
    headers.replace_first("subject", "three, four")
    headers.replace_first("To", "<sip:h>")
    assert headers.lines()[0] == "Via: SIP/2.0/UDP new, SIP/2.0/UDP b;branch=2"
    assert headers.get("Subject") == "three, four"
    assert headers.lines()[-1] == "To: <sip:h>"


def test_setting_replaces_every_line_in_the_place_of_the_first() -> None:
    headers = sample()
    headers.set("Via", "SIP/2.0/UDP only")
    headers.set("Expires", "60")
    assert headers.lines()[0] == "Via: SIP/2.0/UDP only"
    assert headers.count("Via") == 1
    assert headers.lines()[-1] == "Expires: 60"


def test_a_copy_is_independent_and_only_picks() -> None:
    headers = sample()
    twin = headers.copy()
    twin.remove("Via")
    assert headers.count("Via") == 2
    lines = headers.lines()
    assert headers.only("subject", "v").lines() == [lines[0], lines[1], lines[3]]
    twin.extend(headers.only("Via"))
    twin.extend([("To", "<sip:h>")])
    assert [name for name, _ in twin] == ["Contact", "Subject", "X-A", "x-a", "Via", "v", "To"]


def test_a_typed_value_is_read_once_until_its_field_changes_in_any_way() -> None:
    headers = sample()
    reads = 0

    def read(headers: Headers) -> int:
        nonlocal reads
        reads += 1
        return len(headers.all("via"))

    assert [headers.typed("via", read), headers.typed("via", read), reads] == [3, 3, 1]
    headers.add("X-B", "4")
    assert [headers.typed("via", read), reads] == [3, 1]
    twin = headers.copy()
    twin.pop_first("Via")
    assert [twin.typed("via", read), headers.typed("via", read), reads] == [2, 3, 2]
    changes: list[tuple[Callable[[], object], int]] = [
        (lambda: headers.insert("v", "x"), 4),
        (lambda: headers.replace_first("Via", "y"), 4),
        (lambda: headers.extend(sample()), 7),
        (lambda: headers.set("VIA", "z"), 1),
        (lambda: headers.add("via", "z"), 2),
        (lambda: headers.remove("Via"), 0),
    ]
    for change, count in changes:
        before = reads
        change()
        assert headers.typed("via", read) == count
        assert reads == before + 1


def test_two_readers_of_a_field_do_not_meet() -> None:
    headers = sample()
    assert headers.typed("via", lambda headers: headers.get("via")) == "SIP/2.0/UDP a;branch=1"
    assert headers.typed("via", lambda headers: headers.count("via")) == 2


def test_a_field_that_cannot_be_read_is_named_in_the_error() -> None:
    with pytest.raises(SipParseError, match=r"^via: .*malformed"):
        Headers([("v", "nonsense")]).typed("via", lambda headers: Via.parse(headers.get("Via") or ""))


@pytest.mark.parametrize(
    "value", ["a\r\nVia: x", "a\nb", "a\r", "\x00", "a\x7f", "\\\r\n", "\ud800", '"\\\n"']
)
def test_no_value_breaks_out_of_its_line(value: str) -> None:
    for write in (Headers.add, Headers.insert, Headers.set, Headers.replace_first):
        headers = sample()
        for name in ("Subject", "To", "Via"):
            with pytest.raises(Unwritable):
                write(headers, name, value)
        assert headers.lines() == sample().lines()


@pytest.mark.parametrize("name", ["", "a b", "a:", "a\r\nb", "ü"])
def test_no_name_is_written_that_is_none(name: str) -> None:
    with pytest.raises(Unwritable):
        Headers().add(name, "x")


@given(texts)
def test_tabs_and_all_printable_text_may_be_written(text: str) -> None:
    value = "".join(char for char in text if char.isprintable()) + "\tend"
    assert Headers([("Subject", value)]).get("Subject") == value.strip(" \t")


@given(st.lists(st.one_of(addresses.map(str), vias.map(str), tokens), min_size=1, max_size=6))
def test_joined_lists_are_split_at_their_commas_and_nowhere_else(values: list[str]) -> None:
    assert split_list(" ,\t".join(values)) == values


@given(st.text('a,"\\<> \t', max_size=30))
def test_splitting_loses_nothing_but_blanks(value: str) -> None:
    assert ",".join(split_list(value)).translate({32: None, 9: None}) == value.translate({32: None, 9: None})


def test_a_quote_that_nothing_closes_hides_the_commas_behind_it() -> None:
    assert split_list('a, "b, c') == ["a", '"b, c']
    assert split_list("a, <b, c") == ["a", "<b", "c"]


def test_lists_are_limited() -> None:
    assert len(split_list("a," * (MAX_LIST_VALUES - 1) + "a")) == MAX_LIST_VALUES
    with pytest.raises(LimitExceeded):
        split_list("a," * MAX_LIST_VALUES + "a")


@pytest.mark.parametrize("piece", ['\\"', '"', "<", "<a", '"<', "\\", '"\\', "a", "<>"])
def test_splitting_takes_time_in_proportion_to_the_text(piece: str) -> None:
    with at_most(0.3):
        split_list('"' + piece * (30_000 // len(piece)) + ",")
        split_list(piece * (30_000 // len(piece)) + ",")
