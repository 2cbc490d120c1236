"""``pizzazz = "zoom"``: punch-ins on stressed words, at sentence starts, and across jump cuts.

It only plans: windows of ``edit.crop`` are narrowed for a while. No frame is processed, so it costs neither time nor
sharpness, and pizzazz planned later (captions) sees where faces will be.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Literal

import numpy as np
from pydantic import Field

from clipy.analysis.audio.intensity import Intensity, intensity
from clipy.analysis.perception import face_tracks
from clipy.context import Context
from clipy.stages.base import Pizzazz
from clipy.stages.render.pizzazz.crop_windows.punch_in import Anchor, PunchIn, apply_punch_ins, choose_anchor
from clipy.text.sentences import sentences
from clipy.types import CropShot, Edit, Seconds, Span, Track, Transcript, Video, Word, seconds
from clipy.typography.occupied_regions import occupied_regions

log = logging.getLogger(__name__)

_STRESS = 4.0  # dB above the words around it from which a word counts as stressed
_CONTEXT = Fraction(4)  # seconds on each side of a word that it is compared with
_NUMBER_BONUS = 3.0  # dB
_LEAD = Fraction(3, 25)  # seconds from the start of a zoom to its word
_HOLD = Fraction(9, 10)  # seconds that a zoom on a word lasts after it
_MAX_SENTENCE_ZOOM = Fraction(4)  # seconds
_MIN_DURATION = Fraction(4, 5)  # seconds; shorter zooms look like twitches
_MIN_SCALE = 1.02  # smaller zooms are invisible

Trigger = Literal["emphasis", "sentences", "cuts"]


class Zoom(Pizzazz):
    """Zooms in on stressed words, numbers and sentence starts, but never so far that a face is cut."""

    class Options(Pizzazz.Options):
        on: tuple[Trigger, ...] = Field(
            ("emphasis", "sentences", "cuts"),
            description="emphasis: stressed words and numbers; sentences: their starts; cuts: every other stretch"
            " between the cuts made by tighten, to hide the jumps.",
        )
        scale: float = Field(1.15, gt=1, le=3, description="Maximum zoom factor.")
        style: Literal["smooth", "hard"] = Field("smooth", description="Eased in and out, or instant like a cut.")
        ease: float = Field(0.35, ge=0.05, le=5, description="Duration of easing in and of easing out, in seconds.")
        apart: float = Field(3, ge=0, le=600, description="Minimum time between two zooms, in seconds.")
        max_upscale: float = Field(3, ge=1, le=16, description="Maximum enlargement of source pixels.")

    options: Options

    def plan(self, video: Video, edit: Edit, ctx: Context) -> Edit:
        """Narrow windows of ``crop``; ``plans[name]`` lists the ``punch_ins`` in source time."""
        single = [shot for shot in edit.crop.shots if shot.layout == "single" and len(shot.panels) == 1]
        wanted = [*self._between_cuts(edit)]
        wanted += self._select(self._on_words(video, edit), wanted)
        parts = [punch.span.clamp(shot.span) for punch in wanted for shot in single]
        if not any(part.duration > 0 for part in parts):
            return edit
        if occupied_regions(edit):
            log.warning("%s moves faces that earlier pizzazz has planned around. Put %s first.", self.name, self.name)
        tracks = face_tracks(video, edit.highlight.span, ctx)
        shots: list[CropShot] = []
        applied: list[PunchIn] = []
        for shot in edit.crop.shots:
            feasible = list(self._feasible(shot, wanted, tracks)) if shot in single else []
            shots += apply_punch_ins(shot, feasible) if feasible else [shot]
            applied += [punch for punch, _ in feasible]
        if not applied:
            log.info("No zoom is possible: faces are too close to the edge, or the source has too few pixels.")
            return edit
        applied.sort(key=lambda punch: punch.span.start)
        plans = {**edit.plans, self.name: {"punch_ins": [_to_json(punch) for punch in applied]}}
        return replace(edit, crop=replace(edit.crop, shots=tuple(shots)), plans=plans)

    def _feasible(
        self, shot: CropShot, wanted: Sequence[PunchIn], tracks: Sequence[Track]
    ) -> Iterator[tuple[PunchIn, Anchor]]:
        """The parts of the punch-ins inside a shot, scaled down to what faces and resolution allow."""
        (panel,) = shot.panels
        for whole in wanted:
            punch = replace(whole, span=whole.span.clamp(shot.span))
            if punch.span.duration < (0 if whole.hard else _MIN_DURATION) or punch.span.duration == 0:
                continue
            anchor = choose_anchor(panel, punch.span, [t for t in tracks if t.shot.overlap(punch.span) > 0])
            narrowest = min(key.box.width for key in panel.keyframes)
            sharp_scale = self.options.max_upscale * narrowest / (panel.into[2] - panel.into[0])
            scale = min(punch.scale, anchor.max_scale, sharp_scale)
            if scale >= _MIN_SCALE:
                yield replace(punch, scale=round(scale, 4)), anchor

    def _between_cuts(self, edit: Edit) -> Iterator[PunchIn]:
        """Every other kept span that follows a jump cut within a shot."""
        if "cuts" not in self.options.on:
            return
        zoomed = False
        for before, span in pairwise(edit.keep):
            jump = Span(before.end, span.start)
            same_shot = any(shot.span.start < jump.start and jump.end < shot.span.end for shot in edit.crop.shots)
            zoomed = same_shot and jump.duration > 0 and not zoomed
            if zoomed:
                yield PunchIn(span, self.options.scale, "cut", hard=True)

    def _on_words(self, video: Video, edit: Edit) -> list[PunchIn]:
        """Candidates from sentence starts and stressed words, the strongest first, each inside one kept span."""
        if not edit.words or not {"emphasis", "sentences"} & set(self.options.on):
            return []
        candidates: list[tuple[float, PunchIn]] = []
        for sentence in sentences(Transcript(edit.language, edit.words)):
            end = min(sentence.span.end, sentence.span.start + _MAX_SENTENCE_ZOOM)
            if "sentences" in self.options.on:
                candidates.append((0.0, self._punch_in(sentence.span.start, end, "sentence")))
        if "emphasis" in self.options.on:
            levels = intensity(video, edit.highlight.span)
            for word, strength in _stressed_words(edit.words, levels):
                candidates.append((strength, self._punch_in(word.start - _LEAD, word.end + _HOLD, word.text)))
        candidates.sort(key=lambda item: (-item[0], item[1].span.start))
        return [part for _, punch in candidates for part in _longest_kept_part(punch, edit.keep)]

    def _punch_in(self, start: Seconds, end: Seconds, reason: str) -> PunchIn:
        hard = self.options.style == "hard"
        return PunchIn(Span(start, max(start, end)), self.options.scale, reason, hard=hard, ease=self.options.ease)

    def _select(self, candidates: Sequence[PunchIn], others: Sequence[PunchIn]) -> list[PunchIn]:
        """The strongest candidates that are far enough apart and do not overlap ``others``, in order of time."""
        gap, chosen = seconds(self.options.apart), list[PunchIn]()
        for punch in candidates:
            wide = Span(punch.span.start - gap, punch.span.end + gap)
            if all(wide.overlap(other.span) == 0 for other in chosen) and all(
                punch.span.overlap(other.span) == 0 for other in others
            ):
                chosen.append(punch)
        return sorted(chosen, key=lambda punch: punch.span.start)


def _longest_kept_part(punch: PunchIn, keep: Iterable[Span]) -> Iterator[PunchIn]:
    """The longest part of a punch-in inside one kept span, if it is long enough."""
    longest = max((punch.span.clamp(span) for span in keep), key=lambda part: part.duration)
    if longest.duration >= _MIN_DURATION:
        yield replace(punch, span=longest)


def _stressed_words(words: Sequence[Word], levels: Intensity) -> Iterator[tuple[Word, float]]:
    """Words louder than those around them, and numbers, each with its strength in dB."""
    loudness = np.array([float(np.percentile(levels.within(word.span), 90)) for word in words])
    for index, word in enumerate(words):
        nearby = [
            level
            for level, other in zip(loudness.tolist(), words, strict=True)
            if abs(other.start - word.start) <= _CONTEXT and other is not word
        ]
        stress = float(loudness[index] - np.median(nearby)) if nearby else 0.0
        is_number = any(char.isdigit() for char in word.text)
        if stress >= _STRESS or (is_number and stress > -_STRESS):
            yield word, stress + (_NUMBER_BONUS if is_number else 0.0) + _STRESS


def _to_json(punch: PunchIn) -> dict[str, object]:
    return {
        "start": round(float(punch.span.start), 3),
        "end": round(float(punch.span.end), 3),
        "scale": punch.scale,
        "reason": punch.reason,
    }
