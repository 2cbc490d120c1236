"""Whether a clip of an awkward video (``tests.awkward``) is right: whole, upright, in colour, in sync."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clipy.context import Context
from clipy.errors import MediaError
from clipy.media.probe import probe
from clipy.media.read import pictures, sound
from clipy.stages.reframe.center import Center
from clipy.stages.render.x264 import X264
from clipy.types import Edit, Highlight, Span, Video
from tests.awkward import FLASH, QUARTERS, Case

SIZE = (90, 160)
_SPAN = Span(Fraction(1, 2), Fraction(7, 2))
_RATE = 48_000
_LOUD = 0.1
_LATE = 0.03  # seconds; MP3 and AAC begin 24 ms late where a container cannot say that they do


def judged(case: Case, path: Path, folder: Path, ctx: Context) -> str:
    """Make a clip; what is wrong with it in words, empty when it is right. Raises MediaError as clipy does."""
    video = probe(path)
    crop = Center(Center.Options(width=SIZE[0], height=SIZE[1])).reframe(video, Highlight(_SPAN), ctx)
    clip = folder / "clip.mp4"
    X264(X264.Options(quality="draft")).render(video, Edit(Highlight(_SPAN), crop, (_SPAN,)), (), clip, ctx)
    return "; ".join(_wrong(case, video, probe(clip)))


def verdict(case: Case, path: Path, folder: Path, ctx: Context) -> tuple[str, str]:
    """``right``, ``clear error`` (where that is to be expected) or ``wrong``, and why."""
    try:
        problems = judged(case, path, folder, ctx)
    except MediaError as error:
        expected = case.error and case.error in str(error) and "\n" not in str(error).replace(str(path), "")
        return ("clear error" if expected else "wrong", str(error))
    if case.error:
        return "wrong", f"there should have been an error: {case.error}"
    return ("wrong", problems) if problems else ("right", "")


def _wrong(case: Case, source: Video, clip: Video) -> Iterator[str]:
    if (clip.width, clip.height) != SIZE:
        yield f"it is {clip.width}x{clip.height}"
    step = float(max(1 / clip.frame_rate, 1 / source.frame_rate))
    if abs(float(clip.duration - _SPAN.duration)) > max(0.05, step):
        yield f"it lasts {float(clip.duration):.3f} s"
    times, lights, plain = _seen(clip)
    damaged = case.damage is not None
    if plain is None:
        yield "it shows flashes only"
    else:
        yield from _discoloured(plain, case)
    seen = _onsets(times, lights > (FLASH + 120) / 2)
    due = [0.5, 1.5, 2.5]
    if not damaged and (len(seen) != len(due) or np.abs(np.subtract(seen, due)).max() > step + case.late + 0.005):
        yield f"it flashes at {np.round(seen, 3).tolist()}"
    heard = _heard(clip)
    late = max((sound.start for sound in case.sounds), default=0.0)
    audible = [time for time in due if case.sounds and time + 0.5 >= late]
    early_or_late = any(min(abs(time - at) for at in due) > _LATE + case.late for time in heard)
    if early_or_late or (len(heard) != len(audible) and not damaged):
        yield f"it beeps at {np.round(heard, 3).tolist()}"


def _seen(clip: Video) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.uint8] | None]:
    times, lights, plain = [], [], None
    for time, picture in pictures(clip, clip.span):
        times.append(float(time))
        lights.append(float(picture.mean()))
        if lights[-1] < 160 and float(time) % 1 > 0.1:  # away from flashes, which a coder smears
            plain = picture
    return np.asarray(times), np.asarray(lights), plain


def _discoloured(picture: NDArray[np.uint8], case: Case) -> Iterator[str]:
    high, wide = picture.shape[:2]
    for index, due in enumerate(QUARTERS):
        y, x = (high // 4, 3 * high // 4)[index // 2], (wide // 4, 3 * wide // 4)[index % 2]
        found = picture[y - 5 : y + 5, x - 5 : x + 5].reshape(-1, 3).mean(axis=0)
        strong = set(np.flatnonzero(np.asarray(due) > 100))
        same = int(found.argmax()) in strong if case.curve else strong == set(np.flatnonzero(found > found.mean()))
        if not same or np.abs(found - due).max() > case.tolerance:
            yield f"quarter {index} is {np.round(found).astype(int).tolist()}, not {list(due)}"


def _heard(clip: Video) -> list[float]:
    """When beeps begin; the tail of one that began before the clip is none."""
    if not clip.audio:
        return []
    samples = np.concatenate(list(sound(clip, clip.span, rate=_RATE)), axis=1)[0]
    loud = np.convolve(np.abs(samples), np.ones(96) / 96, mode="same") > _LOUD * np.abs(samples).max()
    if float(np.abs(samples).max()) < 0.01:
        return []
    return _onsets(np.arange(len(samples)) / _RATE, loud, apart=0.2)


def _onsets(times: NDArray[np.float64], on: NDArray[np.bool_], apart: float = 0.2) -> list[float]:
    starts = times[np.flatnonzero(np.diff(np.concatenate([[False], on]).astype(np.int8)) == 1)]
    kept: list[float] = []
    for time in starts:
        if not kept or time - kept[-1] > apart:
            kept.append(float(time))
    return kept
