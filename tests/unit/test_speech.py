"""Voice activity and windows over long sound."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from clipy.analysis.audio.speech import FRAME, RATE, probabilities, speech_regions, windows
from clipy.types import Span
from fixtures.speech import speak

Sound = NDArray[np.float32]


@pytest.fixture(scope="module")
def talk() -> Sound:
    """Three sentences at 16 kHz with two seconds of silence around each."""
    silence = np.zeros(2 * RATE, dtype=np.float32)
    parts = [silence]
    for text in ("This is the first sentence of the talk.", "Here comes another one.", "And that was the last."):
        spoken = speak(text)
        count = round(len(spoken.samples) * RATE / spoken.rate)
        places = np.arange(count) * spoken.rate / RATE
        parts += [np.interp(places, np.arange(len(spoken.samples)), spoken.samples).astype(np.float32), silence]
    return np.concatenate(parts)


def blocks(sound: Sound, size: int) -> Iterator[Sound]:
    for start in range(0, len(sound), size):
        yield sound[None, start : start + size]


def test_speech_is_located(talk: Sound) -> None:
    found = speech_regions(probabilities(talk), Fraction(100))
    assert 3 <= len(found) <= 6
    assert 101.9 < found[0].start < 102.3
    loud = np.flatnonzero(np.abs(talk) > 0.01)
    assert abs(float(found[-1].end) - 100 - loud[-1] / RATE) < 0.3


@pytest.mark.parametrize("kind", ["silence", "tone", "noise"])
def test_no_speech_in_silence_tone_or_noise(kind: str) -> None:
    times = np.arange(10 * RATE) / RATE
    sounds = {
        "silence": np.zeros_like(times),
        "tone": 0.3 * np.sin(2 * np.pi * 440 * times),
        "noise": np.random.default_rng(0).normal(0, 0.05, len(times)),
    }
    assert speech_regions(probabilities(sounds[kind].astype(np.float32))) == ()


def test_short_gaps_are_bridged_and_clicks_ignored() -> None:
    probability = np.zeros(100, dtype=np.float32)
    probability[10:20] = probability[24:30] = 0.9
    probability[20:24] = 0.1
    probability[60] = 0.9
    step = Fraction(FRAME, RATE)
    assert speech_regions(probability) == (Span(10 * step, 30 * step),)


@pytest.mark.parametrize("size", [1000, 16_000, 500_000])
def test_windows_partition_the_samples_and_are_cut_in_silence(talk: Sound, size: int) -> None:
    cut = list(windows(blocks(talk, size), Fraction(5)))
    assert len(cut) > 2
    assert np.array_equal(np.concatenate([window.samples for window in cut]), talk)
    place = 0
    for window in cut:
        assert window.start == place
        assert window.time == Fraction(place, RATE)
        assert len(window.samples) <= 5 * RATE
        assert np.abs(talk[max(0, place - 160) : place + 160]).max() < 0.01
        place += len(window.samples)


def test_sound_without_pauses_is_still_cut() -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, 20 * RATE + 77).astype(np.float32)
    cut = list(windows(blocks(noise, 4096), Fraction(3)))
    assert np.array_equal(np.concatenate([window.samples for window in cut]), noise)
    assert all(len(window.samples) >= RATE for window in cut[:-1])


def test_empty_sound_has_no_windows() -> None:
    assert list(windows(iter([]), Fraction(5))) == []
    assert probabilities(np.empty(0, dtype=np.float32)).shape == (0,)


def test_part_of_a_window_holds_the_requested_span(talk: Sound) -> None:
    window = list(windows(blocks(talk, 16_000), Fraction(5)))[1]
    start = window.time + Fraction(1, 3)
    part = window.part(Span(start, start + 1))
    assert part.time <= start
    assert part.time + Fraction(len(part.samples), RATE) >= start + 1
    offset = part.start - window.start
    assert np.array_equal(part.samples, window.samples[offset : offset + len(part.samples)])


def test_window_is_muted_outside_given_spans(talk: Sound) -> None:
    window = next(windows(iter([talk]), Fraction(60)))
    kept = (Span(Fraction(1, 2), Fraction(1)), Span(Fraction(3, 2), Fraction(2)))
    only = window.only(kept)
    at = np.arange(len(only.samples)) / RATE
    inside = ((at >= 0.5) & (at < 1)) | ((at >= 1.5) & (at < 2))
    assert only.span == window.span
    assert np.array_equal(only.samples, np.where(inside, window.samples, 0))
