"""Measure what is heard: the strongest frequency, the level and the length."""

from __future__ import annotations

from collections import deque

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 48_000  # Hz; what Opus decodes to, and what everything else is resampled to
WINDOW = 1.0  # seconds of sound that a measurement covers
FULL_SCALE = 32_768  # of a 16-bit sample
SILENCE = 1e-4  # RMS in parts of full scale (-80 dB); below it no frequency is given

Samples = npt.NDArray[np.int16]


class Meter:
    """A meter of 48 kHz mono sound, which measures the last second of it.

    To add is cheap: the Fourier transform is made when `frequency` is read.
    """

    def __init__(self) -> None:
        self._chunks: deque[Samples] = deque()
        self._kept = 0
        self._total = 0

    def add(self, samples: Samples) -> None:
        """Take in `samples`: 16-bit, mono, at `SAMPLE_RATE`."""
        self._chunks.append(samples)
        self._kept += len(samples)
        self._total += len(samples)
        while self._kept - len(self._chunks[0]) >= WINDOW * SAMPLE_RATE:
            self._kept -= len(self._chunks.popleft())

    @property
    def seconds(self) -> float:
        """How much sound was heard in all, silence included."""
        return self._total / SAMPLE_RATE

    @property
    def level(self) -> float:
        """Root mean square of the window, 0 to 1 of full scale: a sine of amplitude 1 has 0.707."""
        window = self._window()
        return float(np.sqrt(np.mean(np.square(window)))) if len(window) else 0.0

    @property
    def frequency(self) -> float:
        """The strongest frequency in the window, in Hz; 0 when there is only silence.

        It is the peak of a Hann-windowed spectrum. The parabola through the logarithms of the peak and its two
        neighbours places it between the bins, far finer than the 1 Hz between them.
        """
        window = self._window()
        if len(window) < 3 or self.level < SILENCE:
            return 0.0
        spectrum = np.abs(np.fft.rfft((window - np.mean(window)) * np.hanning(len(window))))
        peak = int(np.argmax(spectrum))
        return (peak + _between_bins(spectrum, peak)) * SAMPLE_RATE / len(window)

    def _window(self) -> npt.NDArray[np.float64]:
        if not self._chunks:
            return np.zeros(0)
        return np.concatenate(self._chunks) / FULL_SCALE


def _between_bins(spectrum: npt.NDArray[np.float64], peak: int) -> float:
    """Return how far the true maximum lies from bin `peak`, in bins: -0.5 to 0.5."""
    if not 0 < peak < len(spectrum) - 1:
        return 0.0
    left, middle, right = np.log(np.maximum(spectrum[peak - 1 : peak + 2], np.finfo(float).tiny))
    curve = left - 2 * middle + right
    return float((left - right) / (2 * curve)) if curve else 0.0
