"""Play a WAV file again and again, or silence; and make WAV files with a tone in them."""

from __future__ import annotations

import asyncio
import wave
from fractions import Fraction
from pathlib import Path

import numpy as np
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError
from av import AudioFrame

from telsdk.uc.media.errors import AudioFileError
from telsdk.uc.media.meter import FULL_SCALE, SAMPLE_RATE

PTIME = 0.020  # seconds of sound in a packet, the usual for RTP audio (RFC 3551 section 4.2)
AMPLITUDE = 0.5  # of full scale, for tones that telsdk makes
_SAMPLE_WIDTH = 2  # bytes

Silence = AudioStreamTrack


def tone_wav(path: Path, hz: float, seconds: float = 1.0) -> Path:
    """Write a sine of `hz` to `path` as WAV, 48 kHz, mono, 16 bits.

    The length is rounded to whole periods, so that the file can be repeated without a click.

    Raises:
        AudioFileError: the length is less than one period, or 48 kHz cannot carry the frequency.
    """
    if not 0 < hz < SAMPLE_RATE / 2 or round(seconds * hz) < 1:
        raise AudioFileError(
            f"no tone of {hz} Hz in {seconds} s: take 0 to {SAMPLE_RATE // 2} Hz, at least one period long"
        )
    length = round(round(seconds * hz) * SAMPLE_RATE / hz)
    wave_form = AMPLITUDE * np.sin(2 * np.pi * hz / SAMPLE_RATE * np.arange(length))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(_SAMPLE_WIDTH)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((wave_form * (FULL_SCALE - 1)).astype("<i2").tobytes())
    return path


class WavSource(AudioStreamTrack):
    """A WAV file that plays in real time, and from the start again whenever it ends.

    Raises:
        AudioFileError: there is no such file, no sound in it, or it is not 16-bit PCM in one or two channels.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = _open(path)
        self._rate = self._file.getframerate()
        self._samples = round(self._rate * PTIME)
        self._played = 0
        self._started: float | None = None

    async def recv(self) -> AudioFrame:
        """Return the next 20 ms, not before they are due."""
        if self.readyState != "live":
            raise MediaStreamError
        await self._due()
        if self.readyState != "live":  # stopped while waiting, and the file is closed
            raise MediaStreamError
        frame = AudioFrame(format="s16", layout="stereo", samples=self._samples)
        frame.planes[0].update(self._read())
        frame.pts = self._played
        frame.sample_rate = self._rate
        frame.time_base = Fraction(1, self._rate)
        self._played += self._samples
        return frame

    def stop(self) -> None:
        """End the track and close the file."""
        super().stop()
        self._file.close()

    async def _due(self) -> None:
        # Sound is played by the clock: this pause is the speed of the tape, and waits for no event.
        now = asyncio.get_running_loop().time()
        if self._started is None:
            self._started = now
        await asyncio.sleep(self._started + self._played / self._rate - now)

    def _read(self) -> bytes:
        """Return one frame as stereo, and go on from the start at the end of the file."""
        size = self._file.getnchannels() * _SAMPLE_WIDTH
        data = b""
        while len(data) < self._samples * size:
            piece = self._file.readframes(self._samples - len(data) // size)
            if not piece:
                self._file.rewind()
            data += piece
        # The resampler in front of the encoder would take 3 dB off a mono track on its way to stereo.
        return data if size == 2 * _SAMPLE_WIDTH else np.frombuffer(data, "<i2").repeat(2).tobytes()


def _open(path: Path) -> wave.Wave_read:
    try:
        file = wave.open(str(path), "rb")  # noqa: SIM115 - the track that plays it closes it
    except OSError as error:
        raise AudioFileError(f"{path} cannot be read: {error.strerror or error}") from error
    except (wave.Error, EOFError) as error:
        raise AudioFileError(
            f"{path} is not a WAV file ({str(error) or 'empty'}): give 16-bit PCM"
        ) from error
    if file.getsampwidth() != _SAMPLE_WIDTH or file.getnchannels() > 2 or not file.getnframes():
        found = f"{file.getsampwidth() * 8} bits, {file.getnchannels()} channels, {file.getnframes()} samples"
        file.close()
        raise AudioFileError(f"{path} has {found}: give 16-bit PCM, one or two channels, with sound in it")
    return file
