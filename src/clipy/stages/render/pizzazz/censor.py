"""Censor: strong language is replaced in the sound, by a beep or by silence, while it is said.

Sound only: ``captions`` masks the text. Both ask ``clipy.text.profanity`` and so agree on the words.
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

_RAMP = 0.005  # seconds in which the voice goes and the beep comes: no click
_LOUDEST, _SOFTEST = -8.0, -40.0  # dBFS (RMS) of a beep, whatever the speech is like


@dataclass(frozen=True, slots=True)
class _Plan:
    """When nothing may be heard, in clip time, in order and apart; and the peak of the beep instead, 0 for none."""

    spans: tuple[Span, ...]
    peak: float


_PLAN = TypeAdapter(_Plan)


class Censor(Pizzazz):
    """Beeps strong language out, or silences it, exactly while it is said."""

    class Options(Pizzazz.Options):
        sound: Literal["beep", "silence"] = Field("beep", description="What is heard instead.")
        words: tuple[str, ...] = Field(
            (), description="More words to replace, in any language; * at either end stands for any letters."
        )
        margin: float = Field(
            0.04,
            ge=0,
            le=0.5,
            description="How much more is replaced on either side of the word, in seconds; never of another word.",
        )
        pitch: float = Field(1000, ge=100, le=8000, description="Frequency of the beep, in Hz.")
        level: float = Field(-3, ge=-40, le=10, description="Loudness of the beep against the speech, in dB.")

    options: Options

    def plan(self, video: Video, edit: Edit, ctx: Context) -> Edit:
        """Find the words; nothing is planned, and nothing is done to the sound, where there are none."""
        profanity = Profanity(self.options.words)
        words = sorted(edit.words, key=lambda word: word.start)
        found = [index for index, word in enumerate(words) if profanity.matches(word.text)]
        spans = _joined(self._replaced(words, index, edit) for index in found)
        if not spans:
            return edit
        plan = _Plan(spans, self._peak(video, edit, words))
        return replace(edit, plans={**edit.plans, self.name: _PLAN.dump_python(plan, mode="json")})

    def audio(self, audio: Iterator[AudioBlock], edit: Edit, ctx: Context) -> Iterator[AudioBlock]:
        if self.name not in edit.plans:
            return audio
        return self._censored(audio, _PLAN.validate_python(edit.plans[self.name]))

    def _replaced(self, words: Sequence[Word], index: int, edit: Edit) -> Span:
        """When a word is said in the clip, with the margin that its neighbours leave."""
        word, margin = words[index], seconds(self.options.margin)
        before = max((other.end for other in words[:index]), default=edit.highlight.span.start)
        after = words[index + 1].start if index + 1 < len(words) else edit.highlight.span.end
        start = max(word.start - margin, min(before, word.start))
        end = min(word.end + margin, max(after, word.end))
        return Span(edit.clip_time(start), edit.clip_time(end))

    def _peak(self, video: Video, edit: Edit, words: Sequence[Word]) -> float:
        """The peak of a sine that is as loud as asked for against the level at which words are usually said."""
        if self.options.sound == "silence" or not video.audio:
            return 0.0
        heard = intensity(video, edit.highlight.span)
        speech = float(np.median(np.concatenate([heard.within(word.span) for word in words])))
        return round(2**0.5 * to_amplitude(min(max(speech + self.options.level, _SOFTEST), _LOUDEST)), 5)

    def _censored(self, audio: Iterator[AudioBlock], plan: _Plan) -> Iterator[AudioBlock]:
        for block in audio:
            rate, count = block.rate, block.samples.shape[1]
            first, ramp = round(block.time * rate), round(_RAMP * rate)
            spans = ((round(span.start * rate) - first, round(span.end * rate) - first) for span in plan.spans)
            over = [(start, end) for start, end in spans if start - ramp < count and end + ramp > 0]
            if not over:
                yield block
                continue
            share = np.max([_share(start, end, count, ramp) for start, end in over], axis=0)
            at = (np.arange(first, first + count) % rate) / rate * self.options.pitch
            beep = np.float32(plan.peak) * np.sin(2 * np.pi * at).astype(np.float32)
            yield AudioBlock(block.time, block.samples * (1 - share) + beep * share, rate)


def _share(start: int, end: int, count: int, ramp: int) -> NDArray[np.float32]:
    """How much is replaced at each sample of a block: all of a span, with ramps just outside of it."""
    at = np.arange(count)
    outside = np.maximum(np.maximum(start - at, at - (end - 1)), 0)
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * np.minimum(outside / ramp, 1)), dtype=np.float32)


def _joined(spans: Iterator[Span]) -> tuple[Span, ...]:
    """Spans in order, those that meet as one, and none that is empty: its word was cut out."""
    joined: list[Span] = []
    for span in spans:
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        elif span.duration > 0:
            joined.append(span)
    return tuple(joined)
