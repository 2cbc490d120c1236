"""Media without speech: the stretches in which most happens, by movement of the picture and level of the sound."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from clipy.analysis.base import ShotDetector
from clipy.analysis.sound import levels
from clipy.context import Context
from clipy.media.read import pictures
from clipy.stages.highlight.schedule import best_set
from clipy.types import Array, Highlight, Seconds, Shot, Span, Video

_RATE = Fraction(4)  # pictures a second that are compared
_HEIGHT = 72  # pixels: movement shows in a thumbnail


def busiest(video: Video, shortest: Seconds, longest: Seconds, count: int, ctx: Context) -> list[Highlight]:
    """Stretches that begin at a cut of the picture, best first, without overlaps."""
    moving = _ranked(_movement(video, ctx))
    loud = _ranked(levels(video, ctx).decibels)
    shots = ctx.cached(ctx.analyser(ShotDetector).detect, video, video.span)
    pool = []
    for span in _stretches(shots, video.duration, shortest, longest):
        movement, sound = _mean(moving, span, video.duration), _mean(loud, span, video.duration)
        pool.append((span, 0.5 * movement + 0.5 * sound if video.audio else movement, (movement, sound)))
    chosen = sorted(best_set(pool, count), key=lambda item: (-item[1], item[0].start))
    return [
        Highlight(span, round(score, 4), f"Moment {number}", f"movement {movement:.2f}, sound {sound:.2f}; no speech")
        for number, (span, score, (movement, sound)) in enumerate(chosen, start=1)
    ]


def _movement(video: Video, ctx: Context) -> Array:
    """Mean absolute change between pictures a quarter of a second apart, float32 (n,)."""
    changes, last = [], None
    for time, picture in pictures(video, video.span, rate=_RATE, height=_HEIGHT, gray=True):
        current = picture.astype(np.int16)
        changes.append(0.0 if last is None else float(np.abs(current - last).mean()))
        last = current
        ctx.report("watching", float(time / video.duration))
    return np.asarray(changes, dtype=np.float32)


def _ranked(values: Array) -> Array:
    """Each value as the share of values that it exceeds, so that one burst does not drown the rest."""
    order = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    return np.asarray(order / max(1, len(values) - 1), dtype=np.float64)


def _stretches(shots: list[Shot], duration: Seconds, shortest: Seconds, longest: Seconds) -> list[Span]:
    """From each cut (and each second of a long shot): to the last cut that is near enough, or as long as allowed."""
    cuts = [shot.span.start for shot in shots] + [duration]
    starts = sorted({*cuts[:-1], *(Fraction(second) for second in range(int(duration)))})
    spans = []
    for start in starts:
        ends = [cut for cut in cuts if shortest <= cut - start <= longest]
        end = ends[-1] if ends else min(duration, start + (shortest + longest) / 2)
        if end - start >= shortest:
            spans.append(Span(start, end))
    return spans


def _mean(values: Array, span: Span, duration: Seconds) -> float:
    first = int(span.start / duration * len(values))
    return float(np.mean(values[first : max(first + 1, int(span.end / duration * len(values)))]))
