"""Two parties on one machine hear each other, and only each other."""

from __future__ import annotations

import asyncio
import re
import wave
from collections.abc import Callable
from pathlib import Path

import aioice.ice
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telsdk.uc.media import (
    AudioFileError,
    DescriptionRefused,
    FingerprintMismatch,
    MediaEnded,
    MediaError,
    MediaSession,
    MediaTimeout,
    Meter,
    NoMediaPath,
    check_first_offer,
    tone_wav,
)

HERE = "127.0.0.1"
ALICE_HZ, BOB_HZ = 440.0, 660.0
HEARD = 0.5  # seconds that a test listens for


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tones")
    return tone_wav(folder / "alice.wav", ALICE_HZ), tone_wav(folder / "bob.wav", BOB_HZ)


def unchanged(sdp: bytes) -> bytes:
    return sdp


def forged(sdp: bytes) -> bytes:
    """The description with another fingerprint, as somebody in between would need it."""
    return re.sub(rb"(a=fingerprint:sha-256 )\S+", rb"\g<1>" + b":".join([b"AB"] * 32), sdp)


def without(*prefixes: bytes) -> Callable[[bytes], bytes]:
    return lambda sdp: b"".join(line for line in sdp.splitlines(True) if not line.startswith(prefixes))


def replaced(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda sdp: sdp.replace(old, new)


async def connect(
    alice: MediaSession,
    bob: MediaSession,
    offer: Callable[[bytes], bytes] = unchanged,
    answer: Callable[[bytes], bytes] = unchanged,
) -> None:
    """Offer and answer, each changed on the way."""
    await alice.accept(answer(await bob.answer(offer(await alice.offer()))))


@pytest.mark.parametrize(
    "change",
    [
        unchanged,
        without(b"a=mid:", b"a=group:", b"a=end-of-candidates"),
        replaced(b":actpass", b":passive"),
        replaced(b"SAVPF", b"SAVP"),
        lambda sdp: without_rtpmaps(sdp, b"0").replace(b"SAVPF 96 0 8", b"SAVPF 0"),
        lambda sdp: sdp + b"m=video 9 UDP/TLS/RTP/SAVPF 97\r\na=mid:1\r\na=rtpmap:97 VP8/90000\r\n",
    ],
)
async def test_an_offer_that_passes_the_check_is_answered(change: Callable[[bytes], bytes]) -> None:
    async with MediaSession(address=HERE) as alice, MediaSession(address=HERE) as bob:
        offer = change(await alice.offer())
        check_first_offer(offer)
        assert b"m=audio" in await bob.answer(offer)


async def hear_each_other(alice: MediaSession, bob: MediaSession) -> None:
    await asyncio.gather(alice.wait_for_audio(HEARD), bob.wait_for_audio(HEARD))
    assert (await alice.stats()).frequency_hz == pytest.approx(BOB_HZ, abs=5)
    assert (await bob.stats()).frequency_hz == pytest.approx(ALICE_HZ, abs=5)


async def test_two_parties_hear_each_other(tones: tuple[Path, Path]) -> None:
    async with MediaSession(tones[0], address=HERE) as alice, MediaSession(tones[1], address=HERE) as bob:
        await connect(alice, bob)
        await hear_each_other(alice, bob)


async def test_the_figures_say_what_came_and_from_whom(tones: tuple[Path, Path]) -> None:
    async with MediaSession(tones[0], address=HERE) as alice, MediaSession(tones[1], address=HERE) as bob:
        offer = await alice.offer()
        await alice.accept(await bob.answer(offer))
        await bob.wait_for_audio(HEARD)
    heard = await bob.stats()  # the figures outlive the session
    assert heard.packets_received >= HEARD / 0.020
    assert heard.packets_lost == 0
    assert 0 <= heard.jitter_s < 0.1
    assert heard.seconds >= HEARD
    assert heard.level == pytest.approx(0.5 * np.sqrt(0.5), rel=0.2)
    assert heard.codec == "opus/48000/2"
    assert heard.cipher.startswith("SRTP_A")
    assert f"a=fingerprint:{heard.dtls_fingerprint_remote}\r\n".encode() in offer


async def test_nothing_was_heard_before_there_is_a_peer() -> None:
    async with MediaSession(address=HERE) as alice:
        stats = await alice.stats()
    assert (stats.packets_received, stats.seconds, stats.frequency_hz) == (0, 0.0, 0.0)
    assert (stats.codec, stats.cipher, stats.dtls_fingerprint_remote) == ("", "", "")


async def test_an_answer_with_a_changed_fingerprint_is_not_connected(tones: tuple[Path, Path]) -> None:
    async with MediaSession(tones[0], address=HERE) as alice, MediaSession(tones[1], address=HERE) as bob:
        await connect(alice, bob, answer=forged)
        with pytest.raises(FingerprintMismatch, match="AB:AB"):
            await alice.wait_for_audio()
        assert (await alice.stats()).seconds == 0
        assert (await bob.stats()).packets_received == 0


async def test_an_offer_with_a_changed_fingerprint_is_not_connected(tones: tuple[Path, Path]) -> None:
    async with MediaSession(tones[0], address=HERE) as alice, MediaSession(tones[1], address=HERE) as bob:
        await connect(alice, bob, offer=forged)
        with pytest.raises(FingerprintMismatch):
            await bob.wait_for_audio()
        assert (await bob.stats()).seconds == 0
        assert (await alice.stats()).packets_received == 0


async def test_a_fingerprint_with_a_hash_nobody_checks_is_refused() -> None:
    async with MediaSession(address=HERE) as alice, MediaSession(address=HERE) as bob:
        with pytest.raises(DescriptionRefused, match="no fingerprint in sha-256"):
            await connect(alice, bob, offer=replaced(b"fingerprint:sha-256", b"fingerprint:md5"))


async def test_one_wrong_fingerprint_among_right_ones_is_not_connected() -> None:
    wrong = b"a=setup:actpass\r\na=fingerprint:sha-384 " + b":".join([b"AB"] * 48)
    async with MediaSession(address=HERE) as alice, MediaSession(address=HERE) as bob:
        await connect(alice, bob, offer=replaced(b"a=setup:actpass", wrong))
        with pytest.raises(FingerprintMismatch, match="names sha-384 AB"):
            await bob.wait_for_audio()


async def test_an_offer_that_insists_on_being_the_dtls_server_is_heard(tones: tuple[Path, Path]) -> None:
    async with MediaSession(tones[0], address=HERE) as alice, MediaSession(tones[1], address=HERE) as bob:
        await connect(alice, bob, offer=replaced(b":actpass", b":passive"))
        await hear_each_other(alice, bob)


async def test_phones_that_name_no_media_sections_are_understood(tones: tuple[Path, Path]) -> None:
    plain = without(b"a=mid:", b"a=group:", b"a=end-of-candidates")
    async with MediaSession(tones[0], address=HERE) as alice, MediaSession(tones[1], address=HERE) as bob:
        await connect(alice, bob, offer=plain, answer=plain)
        await hear_each_other(alice, bob)


async def test_video_is_rejected_and_audio_goes_on(tones: tuple[Path, Path]) -> None:
    video = b"m=video 9 UDP/TLS/RTP/SAVPF 97\r\na=mid:1\r\na=rtpmap:97 VP8/90000\r\n"
    async with MediaSession(tones[0], address=HERE) as alice, MediaSession(tones[1], address=HERE) as bob:
        answer = await bob.answer(await alice.offer() + video)
        assert answer.endswith(b"m=video 0 UDP/TLS/RTP/SAVPF 97\r\n")
        await alice.accept(answer.split(b"m=video")[0])
        await hear_each_other(alice, bob)


@pytest.mark.parametrize(("payload", "codec"), [(b"0", "PCMU/8000"), (b"8", "PCMA/8000")])
async def test_a_phone_without_opus_is_heard(tones: tuple[Path, Path], payload: bytes, codec: str) -> None:
    async with MediaSession(tones[0], address=HERE) as alice, MediaSession(tones[1], address=HERE) as bob:
        only = re.compile(rb"(m=audio \d+ \S+) [\d ]+")
        await connect(alice, bob, offer=lambda s: only.sub(rb"\g<1> " + payload, without_rtpmaps(s, payload)))
        await hear_each_other(alice, bob)
        assert (await alice.stats()).codec == codec


async def test_a_phone_that_maps_no_static_payload_type_is_heard(tones: tuple[Path, Path]) -> None:
    """As linphone does it, which has settings for one that nobody maps."""
    codecs = re.compile(rb"(m=audio \d+ \S+) [\d ]+")

    def plain(sdp: bytes) -> bytes:
        return (
            codecs.sub(rb"\g<1> 18 0", without(b"a=rtpmap:", b"a=fmtp:")(sdp)) + b"a=fmtp:18 annexb=yes\r\n"
        )

    async with MediaSession(tones[0], address=HERE) as alice, MediaSession(tones[1], address=HERE) as bob:
        await connect(alice, bob, offer=plain, answer=plain)
        await hear_each_other(alice, bob)


def without_rtpmaps(sdp: bytes, but: bytes) -> bytes:
    return without(*[b"a=rtpmap:" + p for p in (b"96", b"0", b"8") if p != but])(sdp)


async def test_silence_is_heard_as_silence() -> None:
    async with MediaSession(address=HERE) as alice, MediaSession(address=HERE) as bob:
        await connect(alice, bob)
        await bob.wait_for_audio(HEARD)
        stats = await bob.stats()
    assert stats.seconds >= HEARD
    assert (stats.frequency_hz, round(stats.level, 4)) == (0.0, 0.0)


async def test_what_is_heard_can_be_recorded(tones: tuple[Path, Path], tmp_path: Path) -> None:
    path = tmp_path / "heard.wav"
    async with (
        MediaSession(tones[0], address=HERE) as alice,
        MediaSession(address=HERE, record=path) as bob,
    ):
        await connect(alice, bob)
        await bob.wait_for_audio(HEARD)
    meter = Meter()
    with wave.open(str(path)) as file:
        meter.add(np.frombuffer(file.readframes(file.getnframes()), "<i2"))
    assert meter.seconds >= HEARD
    assert meter.frequency == pytest.approx(ALICE_HZ, abs=5)


async def test_a_wait_has_an_end() -> None:
    async with MediaSession(address=HERE) as alice, MediaSession(address=HERE) as bob:
        await bob.answer(await alice.offer())
        with pytest.raises(MediaTimeout, match=r"0.00 of 1 s of sound within 0.05 s \(media is connecting\)"):
            await bob.wait_for_audio(1.0, timeout=0.05)


async def test_a_wait_ends_when_the_peer_hangs_up(tones: tuple[Path, Path]) -> None:
    async with MediaSession(tones[0], address=HERE) as alice, MediaSession(address=HERE) as bob:
        await connect(alice, bob)
        await bob.wait_for_audio(0.1)
        waiting = asyncio.create_task(bob.wait_for_audio(600, timeout=20))
        await alice.close()
        with pytest.raises(MediaEnded, match="the media ended after"):
            await waiting


async def test_a_wait_ends_when_we_hang_up(tones: tuple[Path, Path]) -> None:
    async with MediaSession(tones[0], address=HERE) as alice, MediaSession(address=HERE) as bob:
        await connect(alice, bob)
        await bob.wait_for_audio(0.1)
        waiting = asyncio.create_task(bob.wait_for_audio(600, timeout=20))
        await bob.close()
        with pytest.raises(MediaEnded):
            await waiting


async def test_nobody_waits_for_a_peer_that_sends_nothing(tones: tuple[Path, Path]) -> None:
    async with MediaSession(tones[0], address=HERE) as alice, MediaSession(address=HERE) as bob:
        await connect(alice, bob, answer=replaced(b"a=sendrecv", b"a=recvonly"))
        with pytest.raises(MediaEnded, match="sends no audio"):
            await alice.wait_for_audio()
        await bob.wait_for_audio(0.1)


async def test_a_peer_without_an_address_of_our_kind_cannot_be_reached() -> None:
    elsewhere = replaced(b"127.0.0.1", b"::1")
    async with MediaSession(address=HERE) as alice, MediaSession(address=HERE) as bob:
        await connect(alice, bob, elsewhere, elsewhere)
        with pytest.raises(NoMediaPath):
            await alice.wait_for_audio()


async def test_media_uses_the_address_it_was_given_and_no_other() -> None:
    before = aioice.ice.get_host_addresses
    async with MediaSession(address=HERE) as alice:
        candidates = re.findall(rb"a=candidate:\S+ 1 udp \d+ (\S+)", await alice.offer())
    assert candidates == [HERE.encode()]
    assert aioice.ice.get_host_addresses is before  # nobody else's address is changed


async def test_an_address_that_is_not_this_machines_is_named() -> None:
    async with MediaSession(address="192.0.2.77") as alice:
        with pytest.raises(MediaError, match=r"192\.0\.2\.77"):
            await alice.offer()


async def test_what_cannot_be_played_or_recorded_is_refused_at_once(
    tones: tuple[Path, Path], tmp_path: Path
) -> None:
    with pytest.raises(AudioFileError):
        MediaSession(tmp_path / "none.wav")
    with pytest.raises(AudioFileError):
        MediaSession(tones[0], record=tmp_path / "no" / "heard.wav")


async def test_steps_out_of_order_are_refused() -> None:
    async with MediaSession(address=HERE) as alice, MediaSession(address=HERE) as bob:
        offer = await alice.offer()
        with pytest.raises(MediaError, match="no offer expected now"):
            await alice.answer(offer)
        with pytest.raises(MediaError, match="no answer expected now"):
            await bob.accept(offer.replace(b"actpass", b"active"))


async def test_a_closed_session_does_nothing_more() -> None:
    async with MediaSession(address=HERE) as alice, MediaSession(address=HERE) as bob:
        offer = await alice.offer()
        await bob.close()
        with pytest.raises(MediaError, match="closed"):
            await bob.offer()
        with pytest.raises(MediaError):
            await bob.answer(offer)
        with pytest.raises(MediaEnded):
            await bob.wait_for_audio()


@pytest.mark.parametrize(
    "spoiled",
    [
        without(b"a=fingerprint:"),
        without(b"a=setup:"),
        without(b"a=ice-ufrag:"),
        without(b"a=rtcp-mux"),
        lambda sdp: without(b"a=rtpmap:")(sdp).replace(b"SAVPF 96 0 8", b"SAVPF 96 18"),
        without(b"a=candidate:"),
        without(b"m="),
        replaced(b"SAVPF 96 0 8", b"SAVPF 96 0 x"),
        replaced(b"a=setup:actpass", b"a=setup:often"),
        replaced(b"m=audio", b"m=image"),
        replaced(b"opus/48000/2", b"opus/fast"),
        replaced(b"a=fingerprint:sha-256 ", b"a=fingerprint:"),
    ],
)
async def test_an_offer_that_cannot_be_used_is_refused(spoiled: Callable[[bytes], bytes]) -> None:
    async with MediaSession(address=HERE) as alice, MediaSession(address=HERE) as bob:
        offer = spoiled(await alice.offer())
        with pytest.raises(DescriptionRefused):
            check_first_offer(offer)
        with pytest.raises(DescriptionRefused):
            await bob.answer(offer)


@pytest.mark.parametrize(
    "spoiled",
    [
        lambda sdp: re.sub(rb"m=audio \d+", b"m=audio 0", sdp),
        replaced(b"a=mid:0", b"a=mid:other"),
        replaced(b":passive", b":actpass"),
    ],
)
async def test_an_answer_that_does_not_fit_is_refused(spoiled: Callable[[bytes], bytes]) -> None:
    async with MediaSession(address=HERE) as alice, MediaSession(address=HERE) as bob:
        with pytest.raises(DescriptionRefused):
            await connect(alice, bob, answer=spoiled)


OFFER = b"""v=0
o=- 1 1 IN IP4 0.0.0.0
s=-
t=0 0
a=group:BUNDLE 0
a=ice-lite
m=audio 39160 UDP/TLS/RTP/SAVPF 96 0 8
c=IN IP4 127.0.0.1
a=sendrecv
a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid
a=mid:0
a=rtcp:9 IN IP4 0.0.0.0
a=rtcp-mux
a=ssrc:3497403722 cname:x
a=ssrc-group:FID 1 2
a=rtpmap:96 opus/48000/2
a=fmtp:96 minptime=10;useinbandfec=1
a=rtcp-fb:96 nack
a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host
a=ice-ufrag:H9jE
a=ice-pwd:VAxc2CDrgugqGVWWhyNqj1
a=fingerprint:sha-256 33:77
a=setup:actpass
"""


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(OFFER.splitlines(True)), st.sampled_from(["cut", "drop", "twice", "blank"])
        ),
        min_size=1,
        max_size=4,
    )
)
async def test_any_damage_to_an_offer_is_answered_or_refused_and_the_check_says_which(
    damage: list[tuple[bytes, str]],
) -> None:
    sdp = OFFER
    for line, kind in damage:
        key = line.split(b":")[0].split(b" ")[0].strip() + b"\n"
        sdp = sdp.replace(
            line, {"cut": key, "drop": b"", "twice": 2 * line, "blank": line[:-1] + b" \n"}[kind]
        )
    refusal = None
    try:
        check_first_offer(sdp)
    except DescriptionRefused as error:
        refusal = error
    async with MediaSession(address=HERE) as bob:
        try:
            answer = await bob.answer(sdp)
        except DescriptionRefused:
            assert refusal is not None
            return
    assert answer.startswith(b"v=0")
    assert refusal is None


@pytest.mark.parametrize("steps", range(6))
async def test_closing_at_any_moment_leaves_no_task(tones: tuple[Path, Path], steps: int) -> None:
    before = asyncio.all_tasks()
    alice, bob = MediaSession(tones[0], address=HERE), MediaSession(tones[1], address=HERE)
    if steps > 0:
        offer = await alice.offer()
    if steps > 1:
        answer = await bob.answer(offer)
    if steps > 2:
        await alice.accept(answer)
    if steps > 3:
        await asyncio.gather(alice.wait_for_audio(0.02), bob.wait_for_audio(0.02))
    if steps > 4:
        await alice.close()
        await alice.close()
    await asyncio.gather(alice.close(), bob.close())
    assert asyncio.all_tasks() - before == set()
