"""The 49 messages of RFC 4475: what becomes of each, alone in a datagram and on a stream."""

from __future__ import annotations

import pytest

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import (
    KeepAlive,
    Malformed,
    Request,
    StreamParser,
    malformation,
    parse,
    refused_request,
)
from tests.sip.torture import DOUBLE_TAIL, TORTURE

VALID = [
    "wsinv",
    "intmeth",
    "esc01",
    "escnull",
    "esc02",
    "lwsdisp",
    "longreq",
    "dblreq",
    "semiuri",
    "transports",
    "mpart01",
    "unreason",
    "noreason",
]
"""Section 3.1.1."""

FOR_THOSE_ABOVE = [
    "badbranch",
    "unkscm",
    "novelsc",
    "unksm2",
    "bext01",
    "invut",
    "regaut01",
    "bcast",
    "zeromf",
    "cparam01",
    "cparam02",
    "regescrt",
    "sdp01",
    "inv2543",
]
"""Sections 3.2 to 3.4: well-formed; whether it is acceptable, transactions and roles decide."""

NOT_NEEDED = ["baddate", "regbadct"]
"""Sections 3.1.2.12 and 3.1.2.18: malformed where only the far end looks."""

ANSWERED = {
    "badvers": 505,
    "badinv01": 400,
    "clerr": 400,
    "ncl": 400,
    "scalar02": 400,
    "quotbal": 400,
    "ltgtruri": 400,
    "lwsruri": 400,
    "lwsstart": 400,
    "trws": 400,
    "escruri": 400,
    "badaspec": 400,
    "baddn": 400,
    "mismatch01": 400,
    "mismatch02": 400,
    "insuf": 400,
    "multi01": 400,
    "mcl01": 400,
}
"""Refused, and the sender is told (sections 3.1.2, 3.3.1, 3.3.8, 3.3.9)."""

DROPPED = ["scalarlg", "bigcode"]
"""Refused in silence: a response."""

FRAMING_LOST = {"ncl", "mcl01", "inv2543"}
"""Nobody knows where they end on a stream; inv2543 because RFC 2543 did not ask for Content-Length."""

NEVER_ENDING = {"clerr", "baddn"}
"""On a stream, more of it might come."""


def read(name: str) -> bytes:
    return TORTURE[name]


def test_every_message_has_its_outcome_here() -> None:
    named = [*VALID, *FOR_THOSE_ABOVE, *NOT_NEEDED, *ANSWERED, *DROPPED]
    assert sorted(named) == sorted(TORTURE)
    assert len(named) == 49


@pytest.mark.parametrize("name", VALID + FOR_THOSE_ABOVE)
def test_a_well_formed_message_is_read_and_written_back_byte_for_byte(name: str) -> None:
    data = read(name)
    written = bytes(parse(data))
    if name == "dblreq":
        assert data.startswith(written)
        assert data[len(written) :] == DOUBLE_TAIL
    elif name == "inv2543":
        head, _, body = data.partition(b"\r\n\r\n")
        assert written == head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    else:
        assert written == data


@pytest.mark.parametrize("name", VALID + FOR_THOSE_ABOVE)
def test_typed_values_of_a_well_formed_message_survive_being_written_out(name: str) -> None:
    message = parse(read(name))
    for kind, value in [("From", message.from_), ("To", message.to), ("CSeq", message.cseq)]:
        message.headers.set(kind, str(value))
    message.headers.set("Via", ", ".join(map(str, message.vias)))
    if not message.contact_star and message.contacts:
        message.headers.set("Contact", ", ".join(map(str, message.contacts)))
    again = parse(bytes(message))
    assert again.vias == message.vias
    assert (again.from_, again.to, again.cseq) == (message.from_, message.to, message.cseq)
    assert again.contacts == message.contacts


@pytest.mark.parametrize(("name", "status"), ANSWERED.items())
def test_a_malformed_request_is_refused_with_its_status_and_can_be_answered(name: str, status: int) -> None:
    with pytest.raises(SipParseError) as caught:
        parse(read(name))
    assert caught.value.status == status
    request = refused_request(caught.value)
    assert request is not None
    answer = bytes(request.response(status, to_tag="t"))
    assert answer.startswith(b"SIP/2.0 %d " % status)
    assert (request.headers.first_line("via") or "?").encode() in answer


@pytest.mark.parametrize("name", DROPPED)
def test_what_nobody_can_answer_is_refused_in_silence(name: str) -> None:
    with pytest.raises(SipParseError) as caught:
        parse(read(name))
    assert refused_request(caught.value) is None


def test_unquoted_display_name_with_a_comma_is_refused_besides_its_missing_blank_line() -> None:
    with pytest.raises(SipParseError, match=r"^from: .*Lovelace, Ada"):
        parse(read("baddn") + b"\r\n")


@pytest.mark.parametrize("name", [*VALID, *FOR_THOSE_ABOVE, *ANSWERED, *DROPPED])
def test_on_a_stream_only_lost_framing_is_fatal(name: str) -> None:
    events = StreamParser().feed(read(name))
    if name in NEVER_ENDING:
        assert events == []
    elif name in FRAMING_LOST:
        (event,) = events
        assert isinstance(event, Malformed)
        assert event.fatal
    elif name in ANSWERED or name in DROPPED:
        event = events[0]
        assert isinstance(event, Malformed)
        assert not event.fatal
        assert (refused_request(event.error) is not None) == (name in ANSWERED)
    else:
        assert not any(isinstance(event, Malformed) and not event.fatal for event in events)


def test_two_requests_in_one_packet_are_one_in_a_datagram_and_two_on_a_stream() -> None:
    first, between, second, *_ = StreamParser().feed(read("dblreq"))
    assert isinstance(first, Request)
    assert isinstance(second, Request)
    assert (first.method, between, second.method) == ("REGISTER", KeepAlive(ping=False), "INVITE")


@pytest.mark.parametrize(("name", "refused"), [("baddate", None), ("regbadct", 400)])
def test_what_a_proxy_does_not_need_passes_it_as_it_came(name: str, refused: int | None) -> None:
    data = read(name)
    message = parse(data)
    assert bytes(message) == data
    error = malformation(message)
    assert (error and error.status) == refused


def test_escaped_nulls_are_kept_apart_from_an_empty_user() -> None:
    message = parse(read("escnull"))
    assert [contact.uri.user for contact in message.contacts] == ["%00", "%00%00"]


def test_needless_escapes_are_resolved_in_uris_and_nowhere_else() -> None:
    message = parse(read("esc01"))
    assert message.to.uri.user == "grace"
    assert message.contacts[0].uri.has("lr")
    assert message.contacts[0].uri.param("name") == "value%2541"
    assert isinstance(message, Request)
    assert message.uri.user == "sips%3Agrace%40biloxi.example"
    other = parse(read("esc02"))
    assert isinstance(other, Request)
    assert other.method == "RE%47IST%45R"
    assert [contact.uri.user for contact in other.contacts] == ["one", "three"]


def test_tortuous_invite_is_understood() -> None:
    message = parse(read("wsinv"))
    assert [(via.transport, via.host, via.branch) for via in message.vias] == [
        ("UDP", "192.0.2.31", "old7"),
        ("TCP", "loom.atlanta.example", "z9hG4bKweave"),
        ("UDP", "192.168.77.7", "z9hG4bKwarp"),
    ]
    assert message.from_.display == 'A Lovelace \\"'
    assert (message.to.tag, message.from_.tag) == ("77001n", "3kd9")
    assert (message.cseq.number, message.max_forwards) == (9, 68)
    assert message.contacts[0].display == 'Said ""'
    assert [message.contacts[0].param(name) for name in ("fresh", "other", "q")] == [
        "thing",
        "",
        "0.25",
    ]
    assert message.headers.get("Subject") == ""
    assert message.headers.get("Unheard-Of") == "a value that goes on"
