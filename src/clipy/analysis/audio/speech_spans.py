"""Speech spans of a whole video, cached."""

from __future__ import annotations

from fractions import Fraction

from clipy.analysis.audio.speech import RATE, speech_regions, windows
from clipy.context import Context
from clipy.media.read import sound
from clipy.types import Span, Video

_VERSION = 1
_WINDOW = Fraction(120)  # seconds of sound in memory


def speech_spans(video: Video, ctx: Context) -> tuple[Span, ...]:
    """Disjoint speech spans in order; empty where there is no sound."""
    if not video.audio:
        return ()

    def listen() -> tuple[Span, ...]:
        found: list[Span] = []
        for window in windows(sound(video, video.span, rate=RATE), _WINDOW):
            ctx.report("Detecting speech", float(window.time / max(video.duration, Fraction(1))))
            found += speech_regions(window.probabilities, window.time)
        return tuple(found)

    spans: tuple[Span, ...] = ctx.cached_value("transcribe.speech", _VERSION, (video,), tuple[Span, ...], listen)
    return spans
