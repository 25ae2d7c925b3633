from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.sip.session import DescriptionMismatch, Media, SessionDescription, codecs
from telsdk.sip.session.offer import (
    add_medium,
    answer_to,
    check_answer,
    check_offer,
    direction_of,
    end_medium,
    flow,
    meet,
    on_hold,
    reverse,
)
from telsdk.sip.session.sdp import DIRECTIONS

HEAD = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
AUDIO = "m=audio 4000 RTP/AVP 0 8\r\n"
OPUS = (
    "m=audio 4000 RTP/AVP 96 0 101\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\n"
    "a=rtpmap:101 telephone-event/8000\r\n"
)
VIDEO = "m=video 4002 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\n"


def sdp(*media: str, head: str = HEAD) -> SessionDescription:
    return SessionDescription.parse((head + "".join(media)).encode())


def directions(offer: SessionDescription, answer: SessionDescription) -> list[str]:
    return [flow(offer, mine, answer, theirs) for mine, theirs in zip(offer.media, answer.media, strict=True)]


# Answers


def test_an_answer_has_every_medium_of_the_offer_in_its_place_and_refuses_what_it_cannot_with_port_0() -> (
    None
):
    answer = answer_to(sdp(VIDEO, AUDIO, AUDIO), sdp(AUDIO))
    assert [(m.kind, m.port) for m in answer.media] == [("video", 0), ("audio", 4000), ("audio", 0)]
    assert str(answer.media[0]) == "video 0 RTP/AVP 97"
    check_answer(sdp(VIDEO, AUDIO, AUDIO), answer)


def test_an_answer_takes_the_codecs_both_have_by_the_offers_numbers_and_in_its_order() -> None:
    mine = "m=audio 5000 RTP/AVP 0 111\r\na=rtpmap:111 OPUS/48000/2\r\na=fmtp:111 stereo=1\r\na=ptime:20\r\n"
    (medium,) = answer_to(sdp(OPUS), sdp(mine)).media
    assert medium.formats == ("96", "0")
    assert ("a", "rtpmap:96 OPUS/48000/2") in medium.lines
    assert ("a", "fmtp:96 stereo=1") in medium.lines
    assert ("a", "ptime:20") in medium.lines
    assert not any("111" in value for _, value in medium.lines)


def test_keypad_tones_alone_are_no_codec_in_common() -> None:
    tones = "m=audio 5000 RTP/AVP 9 101\r\na=rtpmap:101 telephone-event/8000\r\n"
    assert answer_to(sdp(OPUS), sdp(tones)).media[0].port == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("PCMU/8000", "pcmu/8000/1", True),
        ("opus/48000/2", "opus/48000", False),
        ("L16/8000", "L16/16000", False),
    ],
)
def test_codecs_are_compared_by_name_in_any_case_rate_and_channels(one: str, other: str, same: bool) -> None:
    offer = sdp(f"m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 {one}\r\n")
    mine = sdp(f"m=audio 4000 RTP/AVP 97\r\na=rtpmap:97 {other}\r\n")
    assert bool(answer_to(offer, mine).media[0].port) is same


def test_a_static_payload_type_means_its_codec_unless_the_description_says_otherwise() -> None:
    (medium,) = sdp("m=audio 4000 RTP/AVP 0 8 77\r\na=rtpmap:8 X/1\r\na=rtpmap:99 Y/1\r\n").media
    assert codecs(medium) == {"0": "PCMU/8000", "8": "X/1", "77": "77"}


def test_media_of_another_protocol_are_refused() -> None:
    assert answer_to(sdp("m=audio 4000 RTP/SAVP 0\r\n"), sdp(AUDIO)).media[0].port == 0


def test_what_was_offered_with_port_0_stays_refused() -> None:
    assert answer_to(sdp("m=audio 0 RTP/AVP 0\r\n"), sdp(AUDIO)).media[0].port == 0


@pytest.mark.parametrize(
    ("offered", "wanted", "answered"),
    [
        ("sendrecv", "sendrecv", "sendrecv"),
        ("sendonly", "sendrecv", "recvonly"),
        ("recvonly", "sendrecv", "sendonly"),
        ("inactive", "sendrecv", "inactive"),
        ("sendonly", "sendonly", "inactive"),
        ("sendrecv", "recvonly", "recvonly"),
    ],
)
def test_an_answers_direction_is_what_the_offer_leaves_of_ours(
    offered: str, wanted: str, answered: str
) -> None:
    answer = answer_to(sdp(AUDIO, f"a={offered}\r\n"), sdp(AUDIO, f"a={wanted}\r\n"))
    assert answer.media[0].direction == answered


@given(st.sampled_from(DIRECTIONS), st.sampled_from(DIRECTIONS))
def test_both_ends_see_the_same_flow(offered: str, wanted: str) -> None:
    offer, mine = sdp(AUDIO, f"a={offered}\r\n"), sdp(AUDIO, f"a={wanted}\r\n")
    answer = answer_to(offer, mine)
    assert directions(offer, answer) == [reverse(one) for one in directions(answer, offer)]
    assert meet(offered, reverse(answer.media[0].direction or "")) == directions(offer, answer)[0]


@given(
    st.lists(st.sampled_from([AUDIO, OPUS, VIDEO, "m=audio 0 RTP/AVP 0\r\n"]), max_size=5),
    st.lists(st.sampled_from([AUDIO, OPUS, VIDEO]), max_size=5),
)
def test_every_answer_we_make_fits_its_offer(offered: list[str], mine: list[str]) -> None:
    offer = sdp(*offered)
    answer = answer_to(offer, sdp(*mine))
    check_answer(offer, answer)
    assert SessionDescription.parse(bytes(answer)) == answer


@pytest.mark.parametrize(
    ("media", "reason"),
    [
        ((), "0 media"),
        ((AUDIO, VIDEO), "2 media"),
        ((VIDEO,), "m=video answers m=audio"),
        (("m=audio 4000 RTP/SAVP 0\r\n",), "RTP/SAVP answers RTP/AVP"),
        (("m=audio 4000 RTP/AVP 9\r\n",), "no codec that was offered"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_with_the_reason(media: tuple[str, ...], reason: str) -> None:
    with pytest.raises(DescriptionMismatch, match=reason):
        check_answer(sdp(AUDIO), sdp(*media))


def test_an_answer_cannot_take_what_was_offered_with_port_0() -> None:
    with pytest.raises(DescriptionMismatch, match="port 0"):
        check_answer(sdp("m=audio 0 RTP/AVP 0\r\n"), sdp(AUDIO))


# Hold


@pytest.mark.parametrize(
    ("before", "held"),
    [("sendrecv", "sendonly"), ("recvonly", "inactive"), ("sendonly", "sendonly"), ("inactive", "inactive")],
)
def test_hold_asks_for_no_media_and_changes_nothing_else(before: str, held: str) -> None:
    plain = sdp(AUDIO, f"a={before}\r\n", "m=video 0 RTP/AVP 97\r\n")
    description = on_hold(plain)
    assert description.media[0].direction == held
    assert description.media[1] == plain.media[1]
    assert plain.media[0].direction == before


@pytest.mark.parametrize("address", ["IP4 0.0.0.0", "IP6 ::"])
def test_an_old_phones_hold_by_address_is_understood(address: str) -> None:
    offer = sdp(AUDIO, f"c=IN {address}\r\n")
    assert direction_of(offer, offer.media[0]) == "sendonly"
    assert answer_to(offer, sdp(AUDIO)).media[0].direction == "recvonly"


def test_an_answer_that_promises_more_than_was_offered_is_cut_down() -> None:
    offer = sdp(AUDIO, "a=sendonly\r\n")
    assert directions(offer, sdp(AUDIO)) == ["sendonly"]


# Further offers


def test_a_further_offer_may_add_media_but_leave_none_out() -> None:
    before = sdp(AUDIO)
    check_offer(before, add_medium(before, VIDEO_MEDIUM))
    with pytest.raises(DescriptionMismatch, match="1 media, the call 2"):
        check_offer(sdp(AUDIO, VIDEO), sdp(AUDIO))


def test_an_older_offer_is_refused_and_another_session_id_taken() -> None:
    before = sdp(AUDIO, head=HEAD.replace("1 1 IN", "1 5 IN"))
    with pytest.raises(DescriptionMismatch, match="older"):
        check_offer(before, sdp(AUDIO))
    check_offer(before, sdp(AUDIO, head=HEAD.replace("1 1 IN", "2 1 IN")))


VIDEO_MEDIUM = Media.parse("video 4002 RTP/AVP 97")


def test_a_new_medium_takes_the_place_of_one_that_ended() -> None:
    ended = end_medium(sdp(AUDIO, VIDEO), 0)
    assert [str(m) for m in ended.media] == ["audio 0 RTP/AVP 0 8", "video 4002 RTP/AVP 97"]
    assert [m.kind for m in add_medium(ended, VIDEO_MEDIUM).media] == ["video", "video"]
    assert len(add_medium(sdp(AUDIO), VIDEO_MEDIUM).media) == 2
