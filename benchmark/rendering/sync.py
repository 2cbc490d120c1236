"""Sound and picture: flashes and beeps at each whole second, before and after rendering."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from clipy.context import Context
from clipy.media.probe import probe
from clipy.media.read import pictures, sound_array
from clipy.stages.reframe.center import Center
from clipy.stages.render.x264 import X264
from clipy.types import Edit, Highlight, Seconds, Span, Video
from fixtures.media import beep, flash, make_video

_RATE = 48_000
_CASES: tuple[tuple[str, Fraction, dict[str, Any]], ...] = (
    ("25", Fraction(25), {"sample_rate": 48_000}),
    ("23.976", Fraction(24000, 1001), {"sample_rate": 44_100}),
    ("29.97", Fraction(30000, 1001), {"sample_rate": 8_000}),
    ("59.94", Fraction(60000, 1001), {"sample_rate": 48_000}),
    ("variable 30", Fraction(30), {"variable": True, "sample_rate": 44_100}),
    ("variable 25, 8 kHz", Fraction(25), {"variable": True, "sample_rate": 8_000}),
    ("sound from 0.35 s on", Fraction(25), {"sound_start": 0.35}),
    ("23.976, in pieces", Fraction(24000, 1001), {"sample_rate": 44_100}),
)


def sync(folder: Path, seconds: int, ctx: Context) -> dict[str, Any]:
    """For each case the distance of flash and beep in frames of the clip, at its first and its last whole second.

    ``source`` is the distance in the file that was rendered: pictures of a slow or uneven rate cannot begin at every
    whole second.
    """
    found: dict[str, Any] = {}
    for name, rate, kind in _CASES:
        path = folder / "flash.mp4"
        shape = {"size": (320, 180), "rate": rate, "draw": flash, "play": beep, **kind}
        video = probe(make_video(path, seconds=seconds, **shape))
        span = Span(Fraction(1, 2), Fraction(seconds) - Fraction(1, 2))
        keep = _pieces(seconds) if name.endswith("in pieces") else (span,)
        highlight = Highlight(span)
        crop = Center(Center.Options(width=90, height=160)).reframe(video, highlight, ctx)
        clip_path = folder / "clip.mp4"
        X264(X264.Options(quality="draft")).render(video, Edit(highlight, crop, keep), (), clip_path, ctx)
        clip = probe(clip_path)
        source, made = _offsets(video, span), _offsets(clip, clip.span)
        frames = [round(float(offset * clip.frame_rate), 2) for offset in (made[0], made[-1])]
        before = [round(float(offset * clip.frame_rate), 2) for offset in (source[0], source[-1])]
        found[name] = {"start": frames[0], "end": frames[1], "source": before, "seconds": seconds - 1}
    return found


def _pieces(seconds: int) -> tuple[Span, ...]:
    """Every other second with what is around it, as ``tighten`` would leave it; edges lie between pictures."""
    middles = range(1, seconds - 1, 2)
    return tuple(Span(Fraction(n) - Fraction(63 + n, 200), Fraction(n) + Fraction(71 + n, 200)) for n in middles)


def worst(found: dict[str, Any]) -> float:
    """The largest distance at either end of any clip, in frames."""
    return max(abs(float(case[end])) for case in found.values() for end in ("start", "end"))


def _offsets(video: Video, span: Span) -> list[Seconds]:
    """Flash minus beep, for each whole second."""
    bright = [time for time, picture in pictures(video, span, gray=True) if picture.mean() > 150]
    flashes = [time for time in bright if not any(0 < time - other < Fraction(1, 2) for other in bright)]
    loud = np.abs(sound_array(video, span, rate=_RATE)[0]) > 0.2
    starts = [at for at in np.flatnonzero(loud) if not loud[max(0, at - _RATE // 4) : at].any()]
    beeps = [span.start + Fraction(int(at), _RATE) for at in starts]
    if len(flashes) != len(beeps) or not beeps:
        raise RuntimeError(f"{len(flashes)} flashes but {len(beeps)} beeps in {video.path.name}")
    return [one - other for one, other in zip(flashes, beeps, strict=True)]
