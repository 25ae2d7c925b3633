"""WAV files are played by the clock, again and again; tones are made without a seam."""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path

import numpy as np
import pytest
from aiortc.mediastreams import MediaStreamError

from telsdk.uc.media.errors import AudioFileError
from telsdk.uc.media.meter import SAMPLE_RATE, Meter, Samples
from telsdk.uc.media.source import WavSource, tone_wav


def write_wav(
    path: Path, samples: bytes, *, channels: int = 1, width: int = 2, rate: int = SAMPLE_RATE
) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(samples)
    return path


async def played(source: WavSource, frames: int) -> Samples:
    """Left channel of the next `frames` frames."""
    try:
        pieces = [(await source.recv()).to_ndarray().reshape(-1, 2)[:, 0] for _ in range(frames)]
    finally:
        source.stop()
    return np.concatenate(pieces)


@pytest.mark.parametrize("hz", [440, 660, 1_000, 697.3])
def test_a_tone_file_holds_the_tone(tmp_path: Path, hz: float) -> None:
    with wave.open(str(tone_wav(tmp_path / "tone.wav", hz))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (48_000, 1, 2)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    meter = Meter()
    meter.add(samples)
    assert meter.frequency == pytest.approx(hz, abs=0.5)
    assert meter.seconds == pytest.approx(1.0, abs=0.01)


def test_a_repeated_tone_has_no_seam(tmp_path: Path) -> None:
    with wave.open(str(tone_wav(tmp_path / "tone.wav", 697.3, 0.1))) as file:
        twice = np.tile(np.frombuffer(file.readframes(file.getnframes()), "<i2"), 2).astype(int)
    steps = np.abs(np.diff(twice))
    seam = len(twice) // 2 - 1
    assert steps[seam] <= 1.05 * np.delete(steps, seam).max()


@pytest.mark.parametrize(("hz", "seconds"), [(0, 1), (-5, 1), (24_000, 1), (440, 0), (10, 0.01)])
def test_a_tone_that_cannot_be_is_refused(tmp_path: Path, hz: float, seconds: float) -> None:
    with pytest.raises(AudioFileError, match="no tone of"):
        tone_wav(tmp_path / "tone.wav", hz, seconds)


async def test_plays_the_file_again_when_it_ends(tmp_path: Path) -> None:
    ramp = np.arange(1_500, dtype="<i2")  # not a whole number of frames
    path = write_wav(tmp_path / "ramp.wav", ramp.tobytes())
    heard = await played(WavSource(path), 4)
    assert heard.tolist() == np.tile(ramp, 3)[: 4 * 960].tolist()


async def test_keeps_both_channels_of_a_stereo_file(tmp_path: Path) -> None:
    both = np.tile(np.array([7, -7], dtype="<i2"), 960)
    source = WavSource(write_wav(tmp_path / "stereo.wav", both.tobytes(), channels=2))
    frame = await source.recv()
    source.stop()
    assert frame.to_ndarray().reshape(-1).tolist() == both.tolist()


async def test_plays_at_the_speed_of_the_clock(tmp_path: Path) -> None:
    source = WavSource(tone_wav(tmp_path / "tone.wav", 440))
    started = asyncio.get_running_loop().time()
    await played(source, 11)
    assert 0.19 < asyncio.get_running_loop().time() - started < 1.0


async def test_a_stopped_source_plays_nothing_more(tmp_path: Path) -> None:
    source = WavSource(tone_wav(tmp_path / "tone.wav", 440))
    source.stop()
    with pytest.raises(MediaStreamError):
        await source.recv()


async def test_a_source_stopped_between_two_frames_ends(tmp_path: Path) -> None:
    source = WavSource(tone_wav(tmp_path / "tone.wav", 440))
    await source.recv()
    asyncio.get_running_loop().call_soon(source.stop)
    with pytest.raises(MediaStreamError):
        await source.recv()


def test_what_cannot_be_played_is_refused_with_what_was_found(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match="cannot be read: No such file"):
        WavSource(tmp_path / "none.wav")
    with pytest.raises(AudioFileError, match="8 bits, 1 channels"):
        WavSource(write_wav(tmp_path / "eight.wav", b"\x80" * 100, width=1))
    with pytest.raises(AudioFileError, match="0 samples"):
        WavSource(write_wav(tmp_path / "empty.wav", b""))
    text = tmp_path / "text.wav"
    text.write_text("not sound")
    with pytest.raises(AudioFileError, match="is not a WAV file"):
        WavSource(text)
    text.write_bytes(b"")
    with pytest.raises(AudioFileError, match=r"is not a WAV file \(empty\)"):
        WavSource(text)
