"""Captions: when the drawn highlight moves, against the true word times of synthesised speech."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipy import registry
from clipy.analysis.perception import transcript_of
from clipy.context import Context
from clipy.media.frame import Frame, Planes, black_planes
from clipy.media.probe import probe
from clipy.stages.base import Pizzazz
from clipy.stages.reframe.center import Center
from clipy.types import Edit, Highlight, Span, Video, Word
from fixtures.media import make_video
from fixtures.speech import SAID, played, speak

_RATE = Fraction(25)
_SIZE = (270, 480)


def caption_times(folder: Path, ctx: Context, *, transcribe: bool) -> dict[str, Any]:
    """Median and worst distance in ms between a word's true start and the first frame that highlights it.

    With ``transcribe``, the words and their times are those that the default transcriber heard.
    """
    speech = speak(SAID)
    path = make_video(folder / "talk.mp4", seconds=len(speech.samples) / speech.rate + 1, play=played(speech))
    video = probe(path)
    starts = [Fraction(start).limit_denominator(1000) for _, start in speech.words]
    ends = [*starts[1:], starts[-1] + Fraction(1, 2)]
    words = tuple(Word(text, a, b) for (text, _), a, b in zip(speech.words, starts, ends, strict=True))
    moves = _moves(video, words, ctx)
    found = {"drawn": _distances(starts, moves)}
    if transcribe:
        heard = transcript_of(video, ctx).words
        found["transcript"] = _distances(starts, [word.start for word in heard])
        found["transcribed"] = _distances(starts, _moves(video, heard, ctx))
    return found


def _distances(true: list[Fraction], seen: list[Fraction]) -> dict[str, float]:
    """From each true time to the nearest one that was seen."""
    off = [float(min((abs(time - one) for one in seen), default=Fraction(60))) * 1000 for time in true]
    return {"median_ms": round(median(off), 1), "worst_ms": round(max(off), 1), "words": len(off)}


def _moves(video: Video, words: tuple[Word, ...], ctx: Context) -> list[Fraction]:
    """Times of the frames on which the captions changed: the preset's words do not grow, only the highlight moves."""
    captions = registry.create("pizzazz", "captions", {"preset": "clean", "position": 0.7, "emphasis": "off"})
    assert isinstance(captions, Pizzazz)
    highlight = Highlight(Span(Fraction(0), video.duration))
    crop = Center(Center.Options(width=_SIZE[0], height=_SIZE[1])).reframe(video, highlight, ctx)
    edit = captions.plan(video, Edit(highlight, crop, (highlight.span,), "en", words), ctx)
    moves, last = [], _flat(black_planes(*_SIZE))
    for frame in captions.frames(_black(video), edit, ctx):
        picture = _flat(frame.planes)
        if not np.array_equal(picture, last):
            moves.append(frame.time)
        last = picture
    return moves


def _flat(planes: Planes) -> NDArray[np.uint8]:
    return np.concatenate([plane.ravel() for plane in planes])


def _black(video: Video) -> Iterator[Frame]:
    for index in range(int(video.duration * _RATE)):
        yield Frame(index / _RATE, planes=black_planes(*_SIZE))
