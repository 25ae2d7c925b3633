"""What comes in is completed and cut to its audio; what goes out is small and answers every section."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.uc.media import description
from telsdk.uc.media.errors import DescriptionRefused

PHONE = b"""v=0\r
o=- 1 1 IN IP4 192.0.2.1\r
s=-\r
t=0 0\r
a=group:BUNDLE v a\r
m=video 5000 RTP/AVP 97 98\r
a=mid:v\r
m=audio 0 RTP/AVP 0\r
m=audio 4000 UDP/TLS/RTP/SAVPF 96 0\r
a=rtpmap:96 opus/48000/2\r
a=fingerprint:SHA-256 ab:cd\r
a=candidate:1 1 UDP 2130706431 192.0.2.1 4000 typ host\r
a=candidate:2 1 tcp 2130706431 192.0.2.1 4000 typ host tcptype active\r
a=candidate:3 1 udp 2130706431 secret.local 4000 typ host\r
"""
AIORTC = """v=0\r
o=- 2 2 IN IP4 0.0.0.0\r
s=-\r
t=0 0\r
a=group:BUNDLE 0\r
a=msid-semantic:WMS *\r
m=audio 6000 UDP/TLS/RTP/SAVPF 96 0\r
a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r
a=mid:0\r
a=msid:x y\r
a=rtcp:9 IN IP4 0.0.0.0\r
a=rtcp-mux\r
a=rtpmap:96 opus/48000/2\r
a=fingerprint:sha-256 AA\r
a=fingerprint:sha-384 BB\r
a=fingerprint:sha-512 CC\r
"""


def test_the_first_audio_with_a_port_is_taken() -> None:
    remote = description.read_offer(PHONE)
    assert remote.audio == 2
    assert remote.text.count("m=") == 1
    assert "m=audio 4000" in remote.text


def test_a_phone_without_mid_is_given_one() -> None:
    assert "a=mid:0\r\n" in description.read_offer(PHONE).text


def test_a_mid_that_is_there_is_kept() -> None:
    text = description.read_offer(PHONE.replace(b"a=rtpmap:96", b"a=mid:sound\r\na=rtpmap:96")).text
    assert "a=mid:sound\r\n" in text
    assert "a=mid:0" not in text


@pytest.mark.parametrize("direction", [b"a=sendonly", b"a=recvonly", b"a=inactive"])
def test_a_direction_said_for_the_whole_session_is_kept(direction: bytes) -> None:
    assert (
        f"{direction.decode()}\r\n"
        in description.read_offer(PHONE.replace(b"a=group", direction + b"\r\na=group")).text.partition("m=")[
            2
        ]
    )


def test_a_phone_that_names_no_direction_sends_and_receives() -> None:
    assert "a=sendrecv\r\n" in description.read_offer(PHONE).text


def test_a_static_payload_type_needs_no_mapping() -> None:
    text = description.read_offer(PHONE.replace(b"96 0\r\n", b"96 0 8 18\r\na=rtpmap:8 PCMA/8000\r\n")).text
    assert text.count("a=rtpmap:0 PCMU/8000\r\n") == 1
    assert text.count("a=rtpmap:8 PCMA/8000\r\n") == 1


def test_settings_of_a_codec_that_is_not_mapped_are_left_out() -> None:
    settings = b"a=fmtp:96 useinbandfec=1\r\na=fmtp:18 annexb=yes\r\na=fingerprint"
    text = description.read_offer(PHONE.replace(b"a=fingerprint", settings)).text
    assert "a=fmtp:96 useinbandfec=1\r\n" in text
    assert "a=fmtp:18" not in text


def test_we_are_the_dtls_server_where_the_offer_lets_us_choose() -> None:
    offers = {
        role: PHONE.replace(b"a=rtpmap", b"a=setup:" + role + b"\r\na=rtpmap")
        for role in (b"actpass", b"passive")
    }
    assert "a=setup:active\r\n" in description.read_offer(offers[b"actpass"]).text
    assert "a=setup:passive\r\n" in description.read_offer(offers[b"passive"]).text


def test_only_udp_candidates_with_an_address_are_tried_and_no_more_will_come() -> None:
    text = description.read_offer(PHONE).text
    assert text.count("a=candidate:") == 1
    assert "192.0.2.1 4000 typ host\r\na=end-of-candidates\r\n" in text


def test_a_description_cannot_send_us_to_any_number_of_strangers() -> None:
    line = b"a=candidate:1 1 udp 1 192.0.2.9 4000 typ host\r\n"
    assert description.read_offer(PHONE + 500 * line).text.count("a=candidate:") == description.MAX_CANDIDATES


def test_an_offer_is_made_small_and_keeps_one_fingerprint() -> None:
    offer = description.write_offer(AIORTC).decode()
    assert "a=fingerprint:sha-256 AA" in offer
    assert offer.count("a=fingerprint") == 1
    for surplus in ("msid", "a=rtcp:", "extmap"):
        assert surplus not in offer


def test_an_answer_rejects_every_other_section_in_its_place() -> None:
    answer = description.write_answer(AIORTC, description.read_offer(PHONE)).decode()
    assert [line for line in answer.splitlines() if line.startswith("m=")] == [
        "m=video 0 RTP/AVP 97 98",
        "m=audio 0 RTP/AVP 0",
        "m=audio 6000 UDP/TLS/RTP/SAVPF 96 0",
    ]


def test_an_answer_keeps_the_protocol_of_the_offer() -> None:
    offer = description.read_offer(PHONE.replace(b"SAVPF", b"SAVP"))
    assert b"m=audio 6000 UDP/TLS/RTP/SAVP 96 0\r\n" in description.write_answer(AIORTC, offer)


@pytest.mark.parametrize(
    ("offered", "answered"), [(PHONE, True), (PHONE.replace(b"a=group:BUNDLE v a\r\n", b""), False)]
)
def test_an_answer_groups_sections_only_when_the_offer_did(offered: bytes, answered: bool) -> None:
    answer = description.write_answer(AIORTC, description.read_offer(offered))
    assert (b"a=group:BUNDLE" in answer) is answered


def test_audio_without_a_fingerprint_to_check_is_refused() -> None:
    with pytest.raises(DescriptionRefused, match="no fingerprint in sha-256"):
        description.read_offer(PHONE.replace(b"SHA-256", b"sha-1"))


def test_audio_without_a_candidate_is_refused() -> None:
    with pytest.raises(DescriptionRefused, match="no UDP candidate"):
        description.read_offer(PHONE.replace(b"a=candidate:1", b"a=other:1"))


def test_fingerprints_are_told_in_canonical_case() -> None:
    assert description.fingerprints(PHONE.decode().splitlines()) == ["sha-256 AB:CD"]


def test_the_codec_is_the_one_that_stands_first() -> None:
    assert description.codec(AIORTC) == "opus/48000/2"
    assert description.codec(AIORTC.replace("SAVPF 96 0", "SAVPF 0 96")) == ""
    assert description.codec("") == ""


@pytest.mark.parametrize(
    "sdp",
    [b"", b"\xff\xfe", b"v=0\r\ns=-\r\n", b"m=audio 0 RTP/AVP 0\r\n", b"m=video 9 RTP/AVP 97\r\n", b"m=\r\n"],
)
def test_a_description_without_audio_is_refused(sdp: bytes) -> None:
    with pytest.raises(DescriptionRefused, match="session description"):
        description.read_offer(sdp)


@given(
    st.lists(st.sampled_from([*PHONE.splitlines(True), b"m=audio 1 x\n", b"m=audio\n", b"\n", b"m= 1 2 3\n"]))
)
def test_any_order_of_lines_is_answered_or_refused(lines: list[bytes]) -> None:
    try:
        remote = description.read_offer(b"".join(lines))
    except DescriptionRefused:
        return
    answer = description.write_answer(AIORTC, remote)
    assert answer.count(b"m=") == len(remote.sections)


@given(st.binary())
def test_any_bytes_are_read_or_refused(sdp: bytes) -> None:
    with contextlib.suppress(DescriptionRefused):
        description.read_offer(sdp)
