"""Take in what a party hears: decode it, bring it to one sample rate, measure it and, if asked, record it."""

from __future__ import annotations

import contextlib
import logging
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame, AudioResampler

from telsdk.uc.media.errors import AudioFileError
from telsdk.uc.media.meter import SAMPLE_RATE, Meter, Samples

_log = logging.getLogger(__name__)


class Sink:
    """The receiver of a track's frames, until the track ends.

    Args:
        heard: called after every frame, and once at the end.
        record: WAV file (48 kHz, mono, 16 bits) to write what is heard to; an existing one is replaced.

    Raises:
        AudioFileError: `record` cannot be written.
    """

    def __init__(self, heard: Callable[[], object], record: Path | None = None) -> None:
        self.meter = Meter()
        self._heard = heard
        self._recorder = Recorder(record) if record else None
        self._resamplers: dict[tuple[int, str], AudioResampler] = {}

    async def run(self, track: MediaStreamTrack) -> None:
        """Listen to `track` until it ends."""
        try:
            while True:
                frame = await track.recv()
                assert isinstance(frame, AudioFrame)
                self._take(frame)
        except MediaStreamError:
            pass  # how a track says that it has ended
        finally:
            self._heard()

    def close(self) -> None:
        """Finish the recording."""
        if self._recorder:
            self._recorder.close()

    def _take(self, frame: AudioFrame) -> None:
        for samples in self._resampled(frame):
            self.meter.add(samples)
            if self._recorder:
                self._recorder.write(samples)
        self._heard()

    def _resampled(self, frame: AudioFrame) -> Iterator[Samples]:
        # A peer may switch between the agreed codecs at any packet, and a resampler serves one format only.
        kind = (frame.sample_rate, frame.layout.name)
        if kind not in self._resamplers:
            self._resamplers[kind] = AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
        for resampled in self._resamplers[kind].resample(frame):
            yield resampled.to_ndarray().reshape(-1).astype(np.int16, copy=False)


class Recorder:
    """A WAV file being written: 48 kHz, mono, 16 bits.

    Raises:
        AudioFileError: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = path.open("wb")
        except OSError as error:
            raise AudioFileError(f"cannot record to {path}: {error.strerror or error}") from error
        self._wave = wave.open(self._file, "wb")  # noqa: SIM115 - closed with the recorder
        self._wave.setnchannels(1)
        self._wave.setsampwidth(2)
        self._wave.setframerate(SAMPLE_RATE)

    def write(self, samples: Samples) -> None:
        """Append `samples`. When the recording fails the call goes on, and the log says so once."""
        if self._file.closed:
            return
        try:
            self._wave.writeframesraw(samples.tobytes())
        except OSError as error:
            _log.warning("recording to %s stopped: %s", self._path, error.strerror or error)
            self.close()

    def close(self) -> None:
        """Complete the file's header and close it."""
        if self._file.closed:
            return
        with contextlib.suppress(OSError), self._file:  # the disk is full: what was written stays
            self._wave.close()
