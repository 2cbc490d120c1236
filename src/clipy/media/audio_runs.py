"""Contiguous runs of audio frames, joined into one frame each, as every call of the resampler costs the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import av
import numpy as np

from clipy.types import Seconds

_TOLERANCE = 0.02  # seconds by which a timestamp may deviate before silence is inserted or samples are dropped
_MAX_RUN = 1 << 14  # samples; codec frames hold about a thousand
_JOINABLE = frozenset(f"{kind}{planes}" for kind in ("u8", "s16", "s32", "flt", "dbl") for planes in ("", "p"))


def contiguous_runs(
    frames: Iterator[Any], rate: int, begin: Seconds, total: int
) -> Iterator[tuple[int | None, list[Any]]]:
    """Runs of contiguous audio frames, up to ``total`` samples.

    A frame that does not start where the one before ended comes by itself, with its position in samples from ``begin``
    on; all others come with None.
    """
    run: list[Any] = []
    at = waiting = 0
    for frame in frames:
        length, place = round(frame.samples * rate / frame.sample_rate), _place(frame, at, rate, begin)
        if run and (place is not None or waiting >= _MAX_RUN or not _compatible(run[0], frame)):
            yield None, run
            run, waiting = [], 0
        if place is not None:
            yield place, [frame]
            at = max(at, place + length)
        else:
            run.append(frame)
            waiting, at = waiting + length, at + length
        if at >= total:
            break
    if run:
        yield None, run


def _place(frame: Any, at: int, rate: int, begin: Seconds) -> int | None:
    """The position of a frame in samples; None if it is ``at``, within the precision of timestamps."""
    if frame.pts is None or frame.time_base is None:
        return None
    tolerance = round(_TOLERANCE * rate)
    about = (frame.pts * frame.time_base.numerator / frame.time_base.denominator - float(begin)) * rate
    if at > 0 and abs(about - at) < tolerance - 1:
        return None
    place = round((frame.pts * frame.time_base - begin) * rate)
    return None if at > 0 and abs(place - at) <= tolerance else place


def _compatible(one: Any, other: Any) -> bool:
    """Whether two frames can be joined without conversion."""
    return (
        one.format.name == other.format.name
        and one.format.name in _JOINABLE
        and one.layout.name == other.layout.name
        and one.sample_rate == other.sample_rate
    )


def join_frames(frames: Sequence[Any]) -> Any:
    """Several frames as one."""
    first = frames[0]
    if len(frames) == 1:
        return first
    samples = np.concatenate([frame.to_ndarray() for frame in frames], axis=1)
    joined = av.AudioFrame.from_ndarray(samples, format=first.format.name, layout=first.layout.name)
    joined.sample_rate, joined.time_base, joined.pts = first.sample_rate, first.time_base, first.pts
    return joined
