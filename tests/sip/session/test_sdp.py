from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.sip import limits
from telsdk.sip.errors import LimitExceeded, SdpError, SipParseError, Unwritable
from telsdk.sip.message import refused_request
from telsdk.sip.session import Media, SessionDescription
from telsdk.sip.session.sdp import Connection, Section

ONE = ":".join(f"{byte:02X}" for byte in range(32))
OTHER = ":".join(f"{byte:02X}" for byte in range(100, 132))

OFFER = (
    "v=0\r\n"
    "o=- 3724394400 3724394405 IN IP4 198.51.100.1\r\n"
    "s=-\r\n"
    "i=A call\r\n"
    "c=IN IP4 198.51.100.1\r\n"
    "b=AS:128\r\n"
    "t=0 0\r\n"
    "r=7d 1h 0 25h\r\n"
    "y=unknown to RFC 8866\r\n"
    f"a=fingerprint:SHA-256 {ONE.lower()}\r\n"
    "a=group:BUNDLE 0\r\n"
    "m=audio 49170/2 UDP/TLS/RTP/SAVPF 96 0\r\n"
    "c=IN IP6 2001:db8::1\r\n"
    "a=rtpmap:96 opus/48000/2\r\n"
    "a=sendonly\r\n"
    "m=video 0 UDP/TLS/RTP/SAVPF 97\r\n"
    f"a=fingerprint:sha-256 {OTHER}\r\n"
    "a=rtcp-mux\r\n"
)


def parse(text: str) -> SessionDescription:
    return SessionDescription.parse(text.encode())


def test_a_description_is_written_back_byte_for_byte_with_lines_nobody_knows() -> None:
    assert bytes(parse(OFFER)) == OFFER.encode()


def test_bare_line_feeds_are_read_and_written_as_rfc_8866_says() -> None:
    assert bytes(parse(OFFER.replace("\r\n", "\n"))) == OFFER.encode()
    assert bytes(parse(OFFER.removesuffix("\r\n"))) == OFFER.encode()


def test_media_are_told_apart() -> None:
    audio, video = parse(OFFER).media
    assert (audio.kind, audio.port, audio.ports, audio.proto, audio.formats) == (
        "audio", 49170, 2, "UDP/TLS/RTP/SAVPF", ("96", "0"),
    )  # fmt: skip
    assert audio.attributes == [("rtpmap", "96 opus/48000/2"), ("sendonly", None)]
    assert (video.port, video.attribute("rtcp-mux"), video.attribute("mid")) == (0, "", None)


def test_connection_and_direction_are_the_mediums_own_or_the_sessions() -> None:
    offer = parse(OFFER)
    audio, video = offer.media
    assert offer.connection == Connection("IN", "IP4", "198.51.100.1")
    assert offer.connection_of(audio) == Connection("IN", "IP6", "2001:db8::1")
    assert offer.connection_of(video) == offer.connection
    assert str(offer.connection) == "IN IP4 198.51.100.1"
    assert (offer.direction_of(audio), offer.direction_of(video)) == ("sendonly", "sendrecv")
    offer.session.add_attribute("inactive")
    assert (offer.direction_of(audio), offer.direction_of(video)) == ("sendonly", "inactive")


def test_fingerprints_of_session_and_media_are_all_found_in_one_form() -> None:
    offer = parse(OFFER)
    assert offer.fingerprints == [("sha-256", ONE), ("sha-256", OTHER)]
    audio, video = offer.media
    assert offer.fingerprints_of(audio) == [("sha-256", ONE)]
    assert offer.fingerprints_of(video) == [("sha-256", OTHER)]


def test_replaced_fingerprints_are_the_only_ones() -> None:
    offer = parse(OFFER)
    offer.replace_fingerprints([("sha-256", OTHER.lower())])
    assert offer.fingerprints == [("sha-256", OTHER)]
    assert parse(bytes(offer).decode()).fingerprints_of(offer.media[0]) == [("sha-256", OTHER)]
    with pytest.raises(SdpError):
        offer.replace_fingerprints([("sha-256", "00")])
    assert offer.fingerprints == [("sha-256", OTHER)]


@pytest.mark.parametrize(
    "value", ["", "sha-256", f"sha-256 {ONE}:00", f"sha-1 {ONE}", f"md5 {':'.join(['00'] * 16)}", f"sha-256 {ONE[:-3]}",
              f"sha-256 {ONE.replace(':', '')}", f"sha-256  {ONE}", f"sha-256 {ONE} x", f"sha-256 {ONE[:-2]}GG"],
)  # fmt: skip
def test_a_fingerprint_that_nobody_can_check_is_refused_not_passed_over(value: str) -> None:
    offer = parse(OFFER + f"a=fingerprint:{value}\r\n")
    with pytest.raises(SdpError, match="fingerprint"):
        _ = offer.fingerprints


@pytest.mark.parametrize(
    "end", ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\x00", "\r"]
)
def test_no_fingerprint_hides_behind_what_other_readers_take_for_a_line_end(end: str) -> None:
    hidden = f"a=x:{end}a=fingerprint:sha-256 {OTHER}\r\n"
    with pytest.raises(SdpError, match="not a line"):
        parse(OFFER + hidden)


def test_attributes_are_added_replaced_and_removed() -> None:
    audio = parse(OFFER).media[0]
    audio.add_attribute("mid", "0")
    audio.replace_attribute("sendonly")
    audio.replace_attribute("rtpmap", "96 G722/8000")
    audio.remove_attribute("absent")
    assert audio.attributes == [("mid", "0"), ("sendonly", None), ("rtpmap", "96 G722/8000")]
    assert audio.connection == Connection("IN", "IP6", "2001:db8::1")


@pytest.mark.parametrize(
    ("name", "value"), [("a", "1\r\na=b"), ("a", "\u2028"), ("a:b", "1"), ("", None), ("a b", None)]
)
def test_no_attribute_breaks_out_of_its_line(name: str, value: str | None) -> None:
    section = Section()
    with pytest.raises(Unwritable):
        section.add_attribute(name, value)
    assert section.lines == []


def test_no_line_is_written_that_would_be_two() -> None:
    offer = parse(OFFER)
    offer.session.lines.append(("i", "a\r\nm=audio 1 RTP/AVP 0"))
    with pytest.raises(Unwritable):
        bytes(offer)
    built = SessionDescription(parse(OFFER).session, [Media(kind="audio", proto="x\r\nm=y", formats=("0",))])
    with pytest.raises(Unwritable):
        bytes(built)


def test_a_copy_is_independent() -> None:
    offer = parse(OFFER)
    twin = offer.copy()
    twin.media[0].port = 9
    twin.media[0].add_attribute("mid", "0")
    twin.session.remove_attribute("group")
    assert bytes(offer) == OFFER.encode()
    assert (twin.media[0].port, twin.media[0].attribute("mid")) == (9, "0")


_HEAD = "v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nt=0 0\r\n"


@pytest.mark.parametrize(
    "text",
    ["", "v=0", "v=1\r\no=- 1 1 IN IP4 h\r\ns=-\r\nt=0 0", "o=- 1 1 IN IP4 h\r\nv=0\r\ns=-\r\nt=0 0",
     "v=0\r\no=- 1 1 IN IP4 h\r\nt=0 0", "v=0\r\no=- 1 1 IN IP4 h\r\ns=-", "v=0\r\no=- x 1 IN IP4 h\r\ns=-\r\nt=0 0",
     _HEAD + "s=-", _HEAD + "v=0", _HEAD + "t=x", _HEAD + "c=IN IP4", _HEAD + "m=audio", _HEAD + "m=audio 1 RTP/AVP",
     _HEAD + "m=audio 65536 RTP/AVP 0", _HEAD + "m=audio 1/0 RTP/AVP 0", _HEAD + "m=audio 1 RTP/AVP 0\r\nc=x",
     _HEAD + "m =audio 1 RTP/AVP 0", _HEAD + "M=audio 1 RTP/AVP 0", _HEAD + "\r\na=x", _HEAD + "a", _HEAD + "ab=c"],
)  # fmt: skip
def test_a_malformed_description_is_refused(text: str) -> None:
    with pytest.raises(SdpError):
        parse(text)


def test_what_is_not_utf_8_is_refused() -> None:
    with pytest.raises(SdpError, match="UTF-8"):
        SessionDescription.parse(OFFER.encode() + b"a=\xff\r\n")


def test_descriptions_are_limited() -> None:
    with pytest.raises(LimitExceeded):
        parse(OFFER + "a=x\r\n" * limits.MAX_SDP_LINES)
    with pytest.raises(LimitExceeded):
        parse(OFFER + f"a={'x' * limits.MAX_BODY}\r\n")


_lines = st.one_of(
    st.sampled_from(OFFER.splitlines()),
    st.text(max_size=12),
    st.tuples(st.sampled_from("voscmtab"), st.text("0123456789/: -INP4h", max_size=14)).map("=".join),
)


@given(st.lists(_lines, max_size=8).map("\r\n".join), st.booleans())
def test_any_text_is_a_description_that_reads_as_itself_or_is_refused(text: str, whole: bool) -> None:
    try:
        found = parse(_HEAD + text if whole else text)
        _ = found.fingerprints
    except SipParseError:
        return
    assert bytes(SessionDescription.parse(bytes(found))) == bytes(found)
    for medium in found.media:
        assert found.direction_of(medium)
        found.connection_of(medium)


@given(st.binary(max_size=100))
def test_any_bytes_are_a_description_or_a_documented_error(body: bytes) -> None:
    try:
        SessionDescription.parse(body)
    except SipParseError as error:
        assert refused_request(error) is None  # noqa: PT017 - either outcome is right
