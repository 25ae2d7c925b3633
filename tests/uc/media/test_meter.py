"""The meter tells frequency, level and length of what it hears."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.uc.media.meter import FULL_SCALE, SAMPLE_RATE, Meter, Samples


def sine(hz: float, seconds: float = 1.0, amplitude: float = 0.5) -> Samples:
    wave = np.sin(2 * np.pi * hz / SAMPLE_RATE * np.arange(round(seconds * SAMPLE_RATE)))
    samples: Samples = (wave * amplitude * (FULL_SCALE - 1)).astype(np.int16)
    return samples


def heard(*chunks: Samples) -> Meter:
    meter = Meter()
    for chunk in chunks:
        meter.add(chunk)
    return meter


@given(hz=st.floats(50, 20_000), amplitude=st.floats(0.01, 1.0))
def test_names_any_tone_within_a_tenth_of_a_hertz(hz: float, amplitude: float) -> None:
    assert heard(sine(hz, amplitude=amplitude)).frequency == pytest.approx(hz, abs=0.1)


@given(hz=st.floats(300, 3_400), seconds=st.floats(0.1, 0.9))
def test_names_a_short_tone_within_five_hertz(hz: float, seconds: float) -> None:
    assert heard(sine(hz, seconds)).frequency == pytest.approx(hz, abs=5)


def test_names_the_louder_of_two_tones() -> None:
    assert heard(sine(440, amplitude=0.2) + sine(660, amplitude=0.3)).frequency == pytest.approx(660, abs=0.5)


def test_level_is_the_root_mean_square_of_full_scale() -> None:
    assert heard(sine(440, amplitude=1.0)).level == pytest.approx(np.sqrt(0.5), abs=1e-3)


def test_silence_has_no_frequency_and_no_level_but_a_length() -> None:
    meter = heard(np.zeros(SAMPLE_RATE // 2, np.int16))
    assert (meter.frequency, meter.level, meter.seconds) == (0.0, 0.0, 0.5)


def test_a_constant_offset_is_no_tone() -> None:
    assert heard(sine(440) + np.int16(8_000)).frequency == pytest.approx(440, abs=0.5)


def test_nothing_heard_measures_nothing() -> None:
    meter = Meter()
    assert (meter.frequency, meter.level, meter.seconds) == (0.0, 0.0, 0.0)


def test_measures_the_last_second_and_counts_every_second() -> None:
    meter = heard(*[sine(440, 0.02)] * 100, *[sine(1_000, 0.02)] * 50)
    assert meter.frequency == pytest.approx(1_000, abs=1)
    assert meter.seconds == pytest.approx(3.0)


def test_a_tone_at_the_edge_of_the_spectrum_stays_in_it() -> None:
    highest = np.tile(np.array([9_000, -9_000], np.int16), SAMPLE_RATE // 2)
    assert heard(highest).frequency == SAMPLE_RATE / 2
