"""Zoom: punch-ins on what is stressed and where sentences begin, and across the jumps of cuts.

It decides only: the windows of ``edit.crop`` become narrower for a while. No frame is touched, so it costs no time and
no sharpness; and what is planned later (captions) sees where faces are then.
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
from clipy.analysis.perception import tracks_of
from clipy.context import Context
from clipy.stages.base import Pizzazz
from clipy.stages.render.pizzazz.crop_windows.punch_in import Anchor, Punch, anchor, punched
from clipy.text.sentences import sentences
from clipy.types import CropShot, Edit, Seconds, Span, Track, Transcript, Video, Word, seconds

log = logging.getLogger(__name__)

_LOUD = 4.0  # dB above the words around it, from which on a word is stressed
_AROUND = Fraction(4)  # seconds on each side that are around a word
_NUMBER = 3.0  # dB that being a number is worth
_LEAD = Fraction(3, 25)  # seconds before a word at which its zoom begins
_AFTER = Fraction(9, 10)  # seconds that a zoom on a word stays after it
_SENTENCE = Fraction(4)  # seconds that a zoom on a sentence lasts at most
_SHORTEST = Fraction(4, 5)  # seconds: a shorter one twitches
_FAINT = 1.02  # a smaller zoom is not seen

When = Literal["emphasis", "sentences", "cuts"]


class Zoom(Pizzazz):
    """Comes closer on stressed words, numbers and sentence starts; never so close that a face is cut."""

    class Options(Pizzazz.Options):
        on: tuple[When, ...] = Field(
            ("emphasis", "sentences", "cuts"),
            description="emphasis: stressed words and numbers; sentences: where they begin; cuts: every other stretch"
            " between the cuts that tighten made, to hide the jump.",
        )
        scale: float = Field(1.15, gt=1, le=3, description="How much bigger, at most.")
        style: Literal["smooth", "hard"] = Field("smooth", description="Eased in and out, or at once like a cut.")
        ease: float = Field(0.35, ge=0.05, le=5, description="Seconds that a smooth zoom takes to come, and to go.")
        apart: float = Field(3, ge=0, le=600, description="Seconds between two zooms, at least.")
        max_upscale: float = Field(3, ge=1, le=16, description="Enlarge no pixel of the source more than this.")

    options: Options

    def plan(self, video: Video, edit: Edit, ctx: Context) -> Edit:
        """Narrow windows of ``crop``; ``plans[name]`` lists the ``punches`` in source time."""
        shots = [shot for shot in edit.crop.shots if shot.layout == "single" and len(shot.panels) == 1]
        wanted = [*self._on_cuts(edit)]
        wanted += self._apart(self._on_words(video, edit), wanted)
        parts = [self._inside(punch, shot.span) for punch in wanted for shot in shots]
        if not any(part.span.duration > 0 for part in parts):
            return edit
        if any("occupied" in plan for plan in edit.plans.values() if isinstance(plan, dict)):
            log.warning("%s comes after what was placed by where faces were: put %s first", self.name, self.name)
        tracks = tracks_of(video, edit.highlight.span, ctx, speaking=False)
        made: list[CropShot] = []
        done: list[Punch] = []
        for shot in edit.crop.shots:
            found = [] if shot not in shots else list(self._possible(shot, wanted, tracks))
            made += punched(shot, found) if found else [shot]
            done += [punch for punch, _ in found]
        if not done:
            log.info("no zoom is possible: faces are close to the edge, or the picture has too few pixels for it")
            return edit
        done.sort(key=lambda punch: punch.span.start)
        plans = {**edit.plans, self.name: {"punches": [_json(punch) for punch in done]}}
        return replace(edit, crop=replace(edit.crop, shots=tuple(made)), plans=plans)

    def _possible(
        self, shot: CropShot, wanted: Sequence[Punch], tracks: Sequence[Track]
    ) -> Iterator[tuple[Punch, Anchor]]:
        """What of the zooms lies in a shot, each as strong as faces and pixels allow."""
        (panel,) = shot.panels
        for whole in wanted:
            punch = self._inside(whole, shot.span)
            if punch.span.duration < (0 if whole.hard else _SHORTEST) or punch.span.duration == 0:
                continue
            point = anchor(panel, punch.span, [track for track in tracks if track.shot.overlap(punch.span) > 0])
            narrowest = min(key.box.width for key in panel.keyframes)
            sharp = self.options.max_upscale * narrowest / (panel.into[2] - panel.into[0])
            scale = min(punch.scale, point.limit, sharp)
            if scale >= _FAINT:
                yield replace(punch, scale=round(scale, 4)), point

    @staticmethod
    def _inside(punch: Punch, span: Span) -> Punch:
        return replace(punch, span=punch.span.clamp(span))

    def _on_cuts(self, edit: Edit) -> Iterator[Punch]:
        """Every other kept stretch, as long as the same shot goes on over the cut."""
        if "cuts" not in self.options.on:
            return
        near = False
        for before, span in pairwise(edit.keep):
            jump = Span(before.end, span.start)
            same = any(shot.span.start < jump.start and jump.end < shot.span.end for shot in edit.crop.shots)
            near = same and jump.duration > 0 and not near
            if near:
                yield Punch(span, self.options.scale, "cut", hard=True)

    def _on_words(self, video: Video, edit: Edit) -> list[Punch]:
        """What is worth a zoom for what is said, the strongest first, each inside one kept stretch."""
        if not edit.words or not {"emphasis", "sentences"} & set(self.options.on):
            return []
        found: list[tuple[float, Punch]] = []
        for sentence in sentences(Transcript(edit.language, edit.words)):
            end = min(sentence.span.end, sentence.span.start + _SENTENCE)
            if "sentences" in self.options.on:
                found.append((0.0, self._punch(sentence.span.start, end, "sentence")))
        if "emphasis" in self.options.on:
            heard = intensity(video, edit.highlight.span)
            for word, strength in _stressed(edit.words, heard):
                found.append((strength, self._punch(word.start - _LEAD, word.end + _AFTER, word.text)))
        found.sort(key=lambda item: (-item[0], item[1].span.start))
        return [part for _, punch in found for part in self._kept(punch, edit.keep)]

    def _punch(self, start: Seconds, end: Seconds, why: str) -> Punch:
        hard = self.options.style == "hard"
        return Punch(Span(start, max(start, end)), self.options.scale, why, hard=hard, ease=self.options.ease)

    def _kept(self, punch: Punch, keep: Iterable[Span]) -> Iterator[Punch]:
        """The longest part of a zoom that one kept stretch holds, when it is long enough."""
        parts = [punch.span.clamp(span) for span in keep]
        longest = max(parts, key=lambda part: part.duration)
        if longest.duration >= _SHORTEST:
            yield replace(punch, span=longest)

    def _apart(self, punches: Sequence[Punch], others: Sequence[Punch]) -> list[Punch]:
        """The strongest ones that are far enough from each other, in order of time."""
        gap, chosen = seconds(self.options.apart), list[Punch]()
        for punch in punches:
            wide = Span(punch.span.start - gap, punch.span.end + gap)
            if all(wide.overlap(other.span) == 0 for other in chosen) and all(
                punch.span.overlap(other.span) == 0 for other in others
            ):
                chosen.append(punch)
        return sorted(chosen, key=lambda punch: punch.span.start)


def _stressed(words: Sequence[Word], heard: Intensity) -> Iterator[tuple[Word, float]]:
    """The words that are louder than those around them, or numbers, and by how much (dB)."""
    levels = np.array([float(np.percentile(heard.within(word.span), 90)) for word in words])
    for index, word in enumerate(words):
        near = [
            level
            for level, other in zip(levels.tolist(), words, strict=True)
            if abs(other.start - word.start) <= _AROUND and other is not word
        ]
        louder = float(levels[index] - np.median(near)) if near else 0.0
        number = any(char.isdigit() for char in word.text)
        if louder >= _LOUD or (number and louder > -_LOUD):
            yield word, louder + (_NUMBER if number else 0.0) + _LOUD


def _json(punch: Punch) -> dict[str, object]:
    return {
        "start": round(float(punch.span.start), 3),
        "end": round(float(punch.span.end), 3),
        "scale": punch.scale,
        "why": punch.why,
    }
