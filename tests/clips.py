"""Clips to try pizzazz on: decided by hand, with grey frames, so that a test sees exactly what was drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np

from clipy import registry
from clipy.context import Context
from clipy.media.frame import AudioBlock, Frame
from clipy.stages.base import Pizzazz
from clipy.types import Box, CropPath, CropShot, Edit, Highlight, Keyframe, Panel, Span, Video, Word

RATE = 48_000
LEVEL = 110  # of a grey frame's Y
VIDEO = Video("x", Fraction(60), Fraction(25), 1920, 1080, 1920, 1080, 0, Fraction(0))


def clip(
    text: str = "",
    size: tuple[int, int] = (540, 960),
    *,
    title: str = "",
    seconds: Fraction | int = 4,
    start: Fraction | int = 10,
    fit: Sequence[tuple[int, int]] = (),
    speakers: Sequence[str | None] = (None,),
) -> Edit:
    """A clip cut out of a longer source. Each word is 0.3 s long; speakers take turns of equal length.

    ``fit`` lists stretches (seconds of the clip) in which the whole picture is shown; without it there are no shots.
    """
    pace, tokens, begin = Fraction(3, 10), text.split(), Fraction(start)
    share = max(1, -(-len(tokens) // len(speakers)))
    words = tuple(
        Word(token, begin + pace * n, begin + pace * (n + 1), speaker=speakers[n // share])
        for n, token in enumerate(tokens)
    )
    span = Span(begin, begin + max(Fraction(seconds), pace * len(tokens)))
    shots = tuple(_shots(span, fit, size)) if fit else ()
    return Edit(Highlight(span, title=title), CropPath(*size, shots), (span,), "en", words)


def _shots(span: Span, fit: Sequence[tuple[int, int]], size: tuple[int, int]) -> Iterable[CropShot]:
    edges = [span.start, *(span.start + edge for pair in fit for edge in pair), span.end]
    high = round(size[0] * 9 / 16 / 2) * 2
    top = (size[1] - high) // 4 * 2
    for index, (begin, end) in enumerate(pairwise(edges)):
        if end > begin and index % 2:
            panel = Panel((Keyframe(begin, Box(0, 0, 1920, 1080)),), (0, top, size[0], top + high))
            yield CropShot(Span(begin, end), "fit", (panel,))
        elif end > begin:
            box = Box(656.25, 0, 1263.75, 1080)
            yield CropShot(Span(begin, end), "single", (Panel((Keyframe(begin, box),), (0, 0, *size)),))


def gray(time: Fraction | int, size: tuple[int, int], level: int = LEVEL) -> Frame:
    """A grey frame."""
    width, height = size
    chroma = (height // 2, width // 2)
    y = np.full((height, width), level, np.uint8)
    return Frame(Fraction(time), planes=(y, np.full(chroma, 128, np.uint8), np.full(chroma, 128, np.uint8)))


def pizzazz(name: str, **options: object) -> Pizzazz:
    """A pizzazz by its name, as a user picks it."""
    made = registry.create("pizzazz", name, options)
    assert isinstance(made, Pizzazz)
    return made


def draw(effect: Pizzazz, edit: Edit, times: Iterable[Fraction | int], ctx: Context) -> list[Frame]:
    """Plan, and draw on grey frames."""
    planned = effect.plan(VIDEO, edit, ctx)
    size = planned.crop.width, planned.crop.height
    return list(effect.frames((gray(time, size) for time in times), planned, ctx))


def changed(frame: Frame, threshold: int = 12) -> tuple[int, int, int, int] | None:
    """The rectangle of the pixels that were drawn on, by the Y plane; None when nothing was."""
    ys, xs = np.nonzero(np.abs(frame.planes[0].astype(int) - LEVEL) > threshold)
    return (int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1) if len(xs) else None


def sound(duration: Fraction, block: int = 4_800) -> Iterable[AudioBlock]:
    """A constant, in blocks: whatever a pizzazz does to it can be read off."""
    count = round(duration * RATE)
    for begin in range(0, count, block):
        samples = np.full((2, min(block, count - begin)), 0.5, np.float32)
        yield AudioBlock(Fraction(begin, RATE), samples, RATE)
