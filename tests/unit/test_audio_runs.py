"""Frames of sound are mixed together where they follow one another, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np

from clipy.media.audio_runs import contiguous_runs, join_frames

RATE = 48_000


def frames(*places: int, kind: str = "fltp", length: int = 1024) -> Iterator[av.AudioFrame]:
    """Frames of one sample value each, which lie where it is said."""
    for index, place in enumerate(places):
        kinds = {"fltp": np.float32, "s16": np.int16}
        samples = np.full((1, length), index, dtype=kinds[kind])
        frame = av.AudioFrame.from_ndarray(samples, format=kind, layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), place
        yield frame


def told(source: Iterator[av.AudioFrame], total: int = 1 << 30) -> list[tuple[int | None, list[int]]]:
    return [
        (place, [frame.pts or 0 for frame in run]) for place, run in contiguous_runs(source, RATE, Fraction(0), total)
    ]


def test_adjacent_audio_is_joined_despite_timestamp_jitter() -> None:
    assert told(frames(0, 1024, 2050, 3070)) == [(0, [0]), (None, [1024, 2050, 3070])]


def test_gaps_and_backward_timestamps_start_a_new_run() -> None:
    found = told(frames(0, 1024, 9000, 10_024, 1000, 11_048))
    assert found == [(0, [0]), (None, [1024]), (9000, [9000]), (None, [10_024]), (1000, [1000]), (None, [11_048])]


def test_joining_reads_and_holds_no_more_than_needed() -> None:
    source = frames(*range(0, 100 * 1024, 1024))
    found = told(source, total=40 * 1024)
    assert max(len(run) for _, run in found) == 16
    assert sum(len(run) for _, run in found) == 40
    assert next(source).pts == 40 * 1024


def test_only_frames_of_one_format_are_joined() -> None:
    found = list(contiguous_runs(iter([*frames(0, 1024), *frames(2048, kind="s16")]), RATE, Fraction(0), 1 << 30))
    assert [[frame.format.name for frame in run] for _, run in found] == [["fltp"], ["fltp"], ["s16"]]


def test_several_frames_become_one() -> None:
    both = join_frames(list(frames(0, 1024, kind="s16")))
    assert (both.samples, both.pts, both.sample_rate, both.format.name) == (2048, 0, RATE, "s16")
    assert both.to_ndarray()[0, [0, 1023, 1024, 2047]].tolist() == [0, 0, 1, 1]
