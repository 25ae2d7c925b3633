"""What a phone recorded into a WAV file: phones write its header when they begin, or when the call is over."""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from telsdk.uc.media.meter import SAMPLE_RATE, Meter

HEADER = 44  # bytes, as all of them write it
LOUD = 1000  # of 32768; comfort noise is below
ENOUGH = 4000  # loud samples: half a second of a telephone, less of better sound
LOOK = 0.05  # seconds between looks at a file that another process writes

Found = TypeVar("Found")


async def recorded(folder: Path, pattern: str, patience: float) -> None:
    """Returns once there is sound in the file."""

    def enough() -> bool | None:
        return any(_loud(path) >= ENOUGH for path in folder.glob(pattern)) or None

    await _seen(enough, patience, f"no sound in {pattern} of {folder}")


async def frequency(folder: Path, pattern: str, patience: float) -> float:
    """The strongest frequency of the last second, in Hz, once the file is whole.

    The file is gone then: some phones begin anew with the next call, and some go on in it.
    """

    def whole() -> float | None:
        (path,) = folder.glob(pattern)
        hz = _frequency(path.read_bytes())
        if hz is not None:
            path.unlink()
        return hz

    return await _seen(whole, patience, f"no header in {pattern} of {folder}")


async def _seen(look: Callable[[], Found | None], patience: float, failure: str) -> Found:
    for _ in range(round(patience / LOOK)):
        if (found := look()) is not None:
            return found
        await asyncio.sleep(LOOK)
    raise AssertionError(f"{failure} after {patience:g} s")


def _loud(path: Path) -> int:
    data = path.read_bytes()[HEADER:]
    samples = np.frombuffer(data[: len(data) // 2 * 2], dtype="<i2")
    return int(np.count_nonzero(np.abs(samples.astype(np.int32)) > LOUD))


def _frequency(data: bytes) -> float | None:
    """None while the header does not tell of any sound."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            rate, channels = file.getframerate(), file.getnchannels()
            samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")[::channels]
    except (wave.Error, EOFError):
        return None
    if not len(samples):
        return None
    meter = Meter()
    meter.add(samples[-rate:])
    return float(meter.frequency * rate / SAMPLE_RATE)
