"""Speech is packed into pieces for Whisper, and its words are found again in the window."""

from __future__ import annotations

import numpy as np
import pytest

from clipy.analysis.audio.speech import FRAME, RATE, Window
from clipy.analysis.transcription.whisper.packing import LONGEST, pack


def window(*speech: tuple[float, float], seconds: float) -> Window:
    """A window in which somebody speaks in the given seconds; each sample is its own number."""
    count = int(seconds * RATE)
    probabilities = np.zeros(-(-count // FRAME), dtype=np.float32)
    for start, end in speech:
        probabilities[int(start * RATE / FRAME) : int(end * RATE / FRAME)] = 0.9
    return Window(0, np.arange(count, dtype=np.float32), probabilities)


def test_silence_has_no_pieces() -> None:
    assert pack(window(seconds=5)).pieces == ()
    assert pack(window(seconds=0)).pieces == ()


def test_pauses_are_left_out_and_times_come_back() -> None:
    packed = pack(window((2, 4), (10, 13), (13.5, 15), seconds=20))
    assert len(packed.pieces) == 1
    assert len(packed.samples) < 9 * RATE
    for seconds in (2.5, 3.9, 10.1, 12.9, 14.0):
        place = int(np.flatnonzero(packed.samples == seconds * RATE)[0]) / RATE
        assert packed.in_window(place - 0.05, place + 0.05) == pytest.approx((seconds - 0.05, seconds + 0.05))


def test_pieces_are_whole_utterances_of_at_most_half_a_minute() -> None:
    packed = pack(window((1, 20), (21, 35), (36, 50), (51, 70), seconds=72))
    assert [round((last - first) / RATE) for first, last in packed.pieces] == [20, 30, 20]
    assert packed.pieces[0][0] == 0
    assert packed.pieces[-1][1] == len(packed.samples)
    assert all(before[1] == after[0] for before, after in zip(packed.pieces, packed.pieces[1:], strict=False))


def test_speech_without_a_pause_is_cut_where_one_is_most_likely() -> None:
    sound = window((0, 70), seconds=70)
    sound.probabilities[[800, 1500]] = 0.6
    packed = pack(sound)
    assert all(last - first <= LONGEST for first, last in packed.pieces)
    assert {first for first, _ in packed.parts} >= {800 * FRAME, 1500 * FRAME}
    assert np.array_equal(packed.samples, sound.samples)
