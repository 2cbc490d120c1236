"""The source around a clip, as the page needs it: a small film of it, its sound as peaks, the words and cuts."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import numpy as np

from clipy.edits import ClipEdits
from clipy.entries import number
from clipy.media.read import sound
from clipy.studio.people import detected_span
from clipy.studio.workbench import Workbench
from clipy.text.sentences import sentences
from clipy.types import Box, CropPath, CropShot, Edit, Highlight, Json, Keyframe, Panel, Span, Video, seconds

_AROUND = 10.0  # seconds of the source that are shown before and after a clip, at least
_STEP = 10.0  # seconds: the stretch stays the same while a clip is trimmed a little
_HEIGHT = 360
_RATE = 8000
_PEAKS = 50  # a second
_VERSION = 1


def region(item: ClipEdits, duration: float) -> Span:
    """The stretch of the source that the page of a clip shows."""
    start = max(0.0, math.floor((item.start - _AROUND) / _STEP) * _STEP)
    end = min(duration, math.ceil((item.end + _AROUND) / _STEP) * _STEP)
    return Span(seconds(start), seconds(max(end, min(duration, item.end))))


def small_film(bench: Workbench, span: Span) -> Path:
    """A stretch of the source as a small MP4 that every browser plays, whatever the source is."""
    video = bench.video
    high = min(_HEIGHT, video.height) // 2 * 2
    wide = max(2, round(video.width * high / video.height / 2) * 2)
    panel = Panel((Keyframe(span.start, Box(0, 0, video.width, video.height)),), (0, 0, wide, high))
    edit = Edit(Highlight(span), CropPath(wide, high, (CropShot(span, "single", (panel,)),)), (span,))
    renderer = bench.pipeline.renderer
    return bench.ctx.at("render").cached_file(renderer.render, video, edit, (), suffix=renderer.suffix)


def peaks(bench: Workbench, span: Span) -> Json:
    """How loud a stretch is: the largest sample of each fiftieth of a second, in 0..1."""
    video = bench.video

    def measure() -> list[float]:
        return _peaks(video, span)

    found = bench.ctx.cached_value("render.studio-peaks", _VERSION, (video, span), list[float], measure)
    return {"start": number(span.start), "rate": _PEAKS, "peaks": found}


def _peaks(video: Video, span: Span) -> list[float]:
    if not video.audio:
        return []
    size, rest, found = _RATE // _PEAKS, np.zeros(0, np.float32), []
    for block in sound(video, span, rate=_RATE, mix=video.clip_mix):
        heard = np.abs(np.concatenate([rest, block[0]]))
        whole = len(heard) // size * size
        found += [round(float(peak), 3) for peak in heard[:whole].reshape(-1, size).max(axis=1, initial=0)]
        rest = heard[whole:]
    return found


def around(bench: Workbench, item: ClipEdits, span: Span) -> Json:
    """What a trim snaps to: the words around the clip, where sentences begin and end, and the cuts of the picture."""
    spoken = bench.transcript
    words = [word for word in spoken.within(span) if word.span.overlap(item.span) == 0]
    edges = [
        edge
        for sentence in sentences(spoken)
        if sentence.span.overlap(span) > 0
        for edge in (sentence.span.start, sentence.span.end)
    ]
    shots = bench.context().shots(bench.video, detected_span(item, bench))
    cuts = [before.span.end for before, _ in pairwise(shots)]
    return {
        "words": [
            {"text": w.text, "start": number(w.start), "end": number(w.end), "speaker": w.speaker} for w in words
        ],
        "sentences": sorted({number(edge) for edge in edges}),
        "cuts": [number(cut) for cut in cuts],
    }
