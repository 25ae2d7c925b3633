"""Each header field that has a type is read as it is written; whoever adds one adds its sample."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.fieldexamples import EXAMPLES
from telsdk.clock import Monotonic
from telsdk.sip.errors import SipParseError
from telsdk.sip.message import Message, Response, field_table, parse
from telsdk.sip.message.field_table import FIELDS, FieldType, ListField, SingleField, typed
from telsdk.sip.message.headers import Headers
from telsdk.sip.message.names import COMPACT, LISTS, SINGLE
from telsdk.sip.message.readers import READERS
from telsdk.sip.message.shape import of_keys
from tests.sip.desk import ALICE, Desk, target
from tests.sip.fieldsamples import SAMPLES
from tests.sip.messages import texts

KEYS = sorted(FIELDS)
LINES = {"authentication-info", "authorization", "identity", "proxy-authenticate", "proxy-authorization"} | {
    "www-authenticate"
}
"""Fields of several values that stand on a line each: a comma is part of a value there."""


def message(key: str, *lines: str) -> Message:
    return Response(200, headers=[(FIELDS[key].name, line) for line in lines])


def written(key: str, values: list[object]) -> list[str]:
    texts = [str(value) for value in values]
    return [", ".join(texts)] if key in LISTS else texts


def test_every_field_has_a_sample_and_every_sample_a_field() -> None:
    assert SAMPLES.keys() == EXAMPLES.keys() == FIELDS.keys()
    assert all(sample.malformed for sample in SAMPLES.values())
    assert all(EXAMPLES.values())


def test_the_table_has_every_field_that_has_a_name_there() -> None:
    named = [one for one in vars(field_table).values() if isinstance(one, SingleField | ListField)]
    assert set(map(id, named)) == set(map(id, FIELDS.values()))
    assert all(field.key == key == field.name.lower() for key, field in FIELDS.items())
    assert FIELDS.keys() >= READERS.keys()


def test_every_section_of_rfc_3261_that_defines_a_field_has_its_type() -> None:
    defined = {field.defined for field in FIELDS.values()}
    assert defined >= {f"RFC 3261 section 20.{number}" for number in range(1, 45)}


def test_which_fields_stand_once_is_said_alike_everywhere() -> None:
    single = {key for key, field in FIELDS.items() if isinstance(field, SingleField)}
    assert single == SINGLE & FIELDS.keys()
    assert FIELDS.keys() - single == (LISTS & FIELDS.keys()) | LINES


@pytest.mark.parametrize("key", KEYS)
@settings(max_examples=40)
@given(data=st.data())
def test_what_is_written_reads_as_itself(key: str, data: st.DataObject) -> None:
    field = FIELDS[key]
    most = 1 if isinstance(field, SingleField) else 3
    values = data.draw(st.lists(SAMPLES[key].values, min_size=1, max_size=most))
    found = field.of(message(key, *written(key, values)))
    assert found == (values[0] if isinstance(field, SingleField) else tuple(values))


@pytest.mark.parametrize("key", KEYS)
def test_the_examples_of_the_rfcs_are_read_and_what_is_written_of_them_means_the_same(key: str) -> None:
    field = FIELDS[key]
    for example in EXAMPLES[key]:
        found = field.of(message(key, example))
        values = list(found) if isinstance(found, tuple) else [found]
        assert values or not example
        if values:
            assert field.of(message(key, *written(key, values))) == found


@pytest.mark.parametrize(
    ("key", "line"), [(key, line) for key in KEYS for line in SAMPLES[key].malformed], ids=repr
)
def test_what_is_malformed_is_refused_and_the_field_named(key: str, line: str) -> None:
    broken = Response(200, headers=Headers(shape=of_keys((key,)), raw=[f"{FIELDS[key].name}: {line}"]))
    with pytest.raises(SipParseError, match=f"^{key}: ") as refused:
        FIELDS[key].of(broken)
    assert refused.value.status == 400


@given(st.sampled_from(KEYS), texts | st.text('aZ019 ,;:="<>()/@%.*?&\\\t-', max_size=20), st.data())
def test_any_line_is_refused_or_read_for_good(key: str, line: str, data: st.DataObject) -> None:
    field: FieldType = FIELDS[key]
    if data.draw(st.booleans()):
        example = data.draw(st.sampled_from(EXAMPLES[key]))
        at = data.draw(st.integers(0, len(example)))
        line = example[:at] + line + example[at:]
    lines = Headers(shape=of_keys((key,)), raw=[f"{key}: {line}"])
    try:
        found = field.of(Response(200, headers=lines))
    except SipParseError:
        return
    values = list(found) if isinstance(found, tuple) else [found]
    if values:
        assert field.of(message(key, *written(key, values))) == found


@pytest.mark.parametrize("key", sorted(SINGLE & FIELDS.keys()))
def test_what_may_stand_once_is_refused_when_it_stands_twice(key: str) -> None:
    line = EXAMPLES[key][0]
    with pytest.raises(SipParseError, match=f"^{key}: occurs more than once"):
        FIELDS[key].of(message(key, line, line))


@pytest.mark.parametrize("key", KEYS)
def test_what_is_absent_is_none_or_empty(key: str) -> None:
    assert FIELDS[key].of(Response(200)) == (None if key in SINGLE else ())


def test_a_field_is_found_by_any_spelling_of_its_name_and_kept_until_it_changes() -> None:
    response = Response(200, headers=[("k", "100rel"), ("SUPPORTED", "timer"), ("x", "90;refresher=uas")])
    assert typed(response, "supported") == ("100rel", "timer")
    assert typed(response, "Session-Expires") == field_table.SESSION_EXPIRES.of(response)
    assert field_table.SUPPORTED.of(response) is field_table.SUPPORTED.of(response)
    response.headers.add("Supported", "path")
    assert typed(response, "K") == ("100rel", "timer", "path")
    for letter, key in COMPACT.items():
        if key in FIELDS:
            assert typed(Response(200, headers=[(letter, EXAMPLES[key][0])]), key)


def test_a_field_that_nobody_knows_is_text() -> None:
    response = Response(200, headers=[("X-A", "1, 2"), ("x-a", "<3")])
    assert (typed(response, "X-A"), typed(response, "X-B")) == (("1, 2", "<3"), ())
    with pytest.raises(SipParseError, match="not a header name"):
        typed(response, "a b")


PASSED = sorted(FIELDS.keys() - READERS.keys() - {"content-length", "max-breadth", "proxy-require"})
"""What a proxy neither understands nor writes (RFC 3261 section 16.3)."""


@pytest.mark.parametrize("key", PASSED)
def test_a_proxy_passes_on_byte_for_byte_what_it_need_not_understand_however_malformed(key: str) -> None:
    # A control character is refused wherever it stands: no line may hold one.
    lines = [line for line in SAMPLES[key].malformed if line.isprintable()] or ["fine"]
    for line in lines:
        field = f"{FIELDS[key].name} :  {line}".encode()
        desk = Desk()
        desk.stack.receive(parse(REQUEST + field + b"\r\n\r\n"), ALICE, Monotonic(0.0))
        desk.pump()
        (arrived,) = desk.events
        desk.proxy.forward(arrived.ctx, [target(0)], Monotonic(0.0))  # type: ignore[attr-defined]
        (out,) = desk.stack.take_outgoing()
        assert b"\r\n" + field + b"\r\n" in out.data


REQUEST = (
    b"MESSAGE sip:bob@telprotocol SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa\r\n"
    b"From: <sip:alice@telprotocol>;tag=f\r\nTo: <sip:bob@telprotocol>\r\nCall-ID: c\r\nCSeq: 1 MESSAGE\r\n"
    b"Max-Forwards: 70\r\nContent-Length: 0\r\n"
)
