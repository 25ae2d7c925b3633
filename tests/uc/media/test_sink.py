"""What is heard is brought to one rate, measured and recorded."""

from __future__ import annotations

import logging
import wave
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame

from telsdk.uc.media.errors import AudioFileError
from telsdk.uc.media.sink import Sink


class Frames(MediaStreamTrack):
    """A track with the given frames in it."""

    kind = "audio"

    def __init__(self, frames: Iterable[AudioFrame]) -> None:
        super().__init__()
        self._frames = iter(frames)

    async def recv(self) -> AudioFrame:
        for frame in self._frames:
            return frame
        raise MediaStreamError


def tone(hz: float, rate: int, layout: str, seconds: float) -> list[AudioFrame]:
    """A tone in frames of 20 ms."""
    size = rate // 50
    wave_form = 16_000 * np.sin(2 * np.pi * hz / rate * np.arange(round(seconds * rate)))
    frames = []
    for at in range(0, len(wave_form), size):
        channels = 2 if layout == "stereo" else 1
        piece = wave_form[at : at + size].astype(np.int16).repeat(channels)
        frame = AudioFrame.from_ndarray(piece.reshape(1, -1), format="s16", layout=layout)
        frame.sample_rate = rate
        frames.append(frame)
    return frames


@pytest.mark.parametrize(("rate", "layout"), [(48_000, "stereo"), (8_000, "mono"), (16_000, "mono")])
async def test_hears_a_tone_at_any_rate(rate: int, layout: str) -> None:
    sink = Sink(lambda: None)
    await sink.run(Frames(tone(440, rate, layout, 1.2)))
    assert sink.meter.frequency == pytest.approx(440, abs=1)
    assert sink.meter.seconds == pytest.approx(1.2, abs=0.05)


async def test_goes_on_when_the_peer_changes_codec() -> None:
    sink = Sink(lambda: None)
    await sink.run(Frames([*tone(440, 48_000, "stereo", 1.0), *tone(660, 8_000, "mono", 1.5)]))
    assert sink.meter.frequency == pytest.approx(660, abs=2)


async def test_tells_of_every_frame_and_of_the_end() -> None:
    told: list[float] = []
    sink = Sink(lambda: told.append(sink.meter.seconds))
    await sink.run(Frames(tone(440, 48_000, "stereo", 0.06)))
    assert told == pytest.approx([0.02, 0.04, 0.06, 0.06])


async def test_records_what_it_hears(tmp_path: Path) -> None:
    path = tmp_path / "heard.wav"
    sink = Sink(lambda: None, path)
    await sink.run(Frames(tone(440, 48_000, "stereo", 0.5)))
    sink.close()
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (48_000, 1, 2)
        assert file.getnframes() == 24_000


def test_a_recording_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match="cannot record to"):
        Sink(lambda: None, tmp_path / "nowhere" / "heard.wav")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, which is on Linux")
async def test_goes_on_hearing_when_the_disk_is_full(caplog: pytest.LogCaptureFixture) -> None:
    sink = Sink(lambda: None, Path("/dev/full"))
    with caplog.at_level(logging.WARNING):
        await sink.run(Frames(tone(440, 48_000, "stereo", 1.0)))
    sink.close()
    assert sink.meter.seconds == pytest.approx(1.0)
    assert "recording to /dev/full stopped: No space left on device" in caplog.text
