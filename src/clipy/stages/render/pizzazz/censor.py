"""``pizzazz = "censor"``: bleeps or mutes profanity in the sound.

Sound only; ``captions`` masks the text. Both use ``clipy.text.profanity`` and therefore agree on the words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, TypeAdapter

from clipy.analysis.audio.intensity import intensity
from clipy.context import Context
from clipy.media.frame import AudioBlock
from clipy.media.loudness import to_amplitude
from clipy.stages.base import Pizzazz
from clipy.text.profanity import Profanity
from clipy.types import Edit, Span, Video, Word, seconds

_CROSSFADE = 0.005  # seconds between voice and beep, against clicks
_MAX_LEVEL, _MIN_LEVEL = -8.0, -40.0  # dBFS (RMS) of a beep, however loud the speech is


@dataclass(frozen=True, slots=True)
class _Plan:
    """The spans to replace (clip time; in order, without overlaps), and the beep's peak amplitude, 0 for silence."""

    spans: tuple[Span, ...]
    peak: float


_PLAN = TypeAdapter(_Plan)


class Censor(Pizzazz):
    """Bleeps or mutes profanity, exactly while it is spoken."""

    class Options(Pizzazz.Options):
        sound: Literal["beep", "silence"] = Field("beep", description="Replacement for the word.")
        words: tuple[str, ...] = Field(
            (), description="Additional words to replace, in any language; * at either end matches any letters."
        )
        margin: float = Field(
            0.04,
            ge=0,
            le=0.5,
            description="Time to replace before and after the word, in seconds; never reaches into other words.",
        )
        pitch: float = Field(1000, ge=100, le=8000, description="Frequency of the beep, in Hz.")
        level: float = Field(-3, ge=-40, le=10, description="Level of the beep relative to the speech, in dB.")

    options: Options

    def plan(self, video: Video, edit: Edit, ctx: Context) -> Edit:
        """Find the words; without any, nothing is planned and the sound stays untouched."""
        profanity = Profanity(self.options.words)
        words = sorted(edit.words, key=lambda word: word.start)
        matches = [index for index, word in enumerate(words) if profanity.matches(word.text)]
        spans = _merge(self._padded_span(words, index, edit) for index in matches)
        if not spans:
            return edit
        plan = _Plan(spans, self._peak(video, edit, words))
        return replace(edit, plans={**edit.plans, self.name: _PLAN.dump_python(plan, mode="json")})

    def audio(self, audio: Iterator[AudioBlock], edit: Edit, ctx: Context) -> Iterator[AudioBlock]:
        if self.name not in edit.plans:
            return audio
        return self._censor(audio, _PLAN.validate_python(edit.plans[self.name]))

    def _padded_span(self, words: Sequence[Word], index: int, edit: Edit) -> Span:
        """A word's span in clip time, with the margin that its neighbors leave."""
        word, margin = words[index], seconds(self.options.margin)
        before = max((other.end for other in words[:index]), default=edit.highlight.span.start)
        after = words[index + 1].start if index + 1 < len(words) else edit.highlight.span.end
        start = max(word.start - margin, min(before, word.start))
        end = min(word.end + margin, max(after, word.end))
        return Span(edit.clip_time(start), edit.clip_time(end))

    def _peak(self, video: Video, edit: Edit, words: Sequence[Word]) -> float:
        """The peak amplitude of a sine at the configured level relative to the median level of the words."""
        if self.options.sound == "silence" or not video.audio:
            return 0.0
        levels = intensity(video, edit.highlight.span)
        speech = float(np.median(np.concatenate([levels.within(word.span) for word in words])))
        return round(2**0.5 * to_amplitude(min(max(speech + self.options.level, _MIN_LEVEL), _MAX_LEVEL)), 5)

    def _censor(self, audio: Iterator[AudioBlock], plan: _Plan) -> Iterator[AudioBlock]:
        for block in audio:
            rate, count = block.rate, block.samples.shape[1]
            first, ramp = round(block.time * rate), round(_CROSSFADE * rate)
            spans = ((round(span.start * rate) - first, round(span.end * rate) - first) for span in plan.spans)
            inside = [(start, end) for start, end in spans if start - ramp < count and end + ramp > 0]
            if not inside:
                yield block
                continue
            mix = np.max([_mix_envelope(start, end, count, ramp) for start, end in inside], axis=0)
            phase = (np.arange(first, first + count) % rate) / rate * self.options.pitch
            beep = np.float32(plan.peak) * np.sin(2 * np.pi * phase).astype(np.float32)
            yield AudioBlock(block.time, block.samples * (1 - mix) + beep * mix, rate)


def _mix_envelope(start: int, end: int, count: int, ramp: int) -> NDArray[np.float32]:
    """The share (0..1) of the beep at each sample of a block: 1 in the span, with ramps just outside of it."""
    samples = np.arange(count)
    distance = np.maximum(np.maximum(start - samples, samples - (end - 1)), 0)
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * np.minimum(distance / ramp, 1)), dtype=np.float32)


def _merge(spans: Iterator[Span]) -> tuple[Span, ...]:
    """Spans in order with overlapping ones merged, without empty ones, whose words were cut out."""
    merged: list[Span] = []
    for span in spans:
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        elif span.duration > 0:
            merged.append(span)
    return tuple(merged)
