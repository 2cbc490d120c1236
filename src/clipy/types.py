"""Every noun of clipy: frozen, JSON-able values that the stages hand to one another.

Times are exact ``Fraction`` seconds on the source's timeline unless a name says otherwise; spans are half-open.
Boxes are half-open ``xyxy`` in upright display pixels of the source (after rotation and sample aspect ratio),
origin at the top left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from clipy.arrays import Array as Array  # noqa: PLC0414 - a noun like those below
from clipy.clock import Seconds as Seconds  # noqa: PLC0414
from clipy.clock import seconds as seconds  # noqa: PLC0414
from clipy.mixing import FIRST_TRACK, Mix, Sides
from clipy.mixing import AudioStream as AudioStream  # noqa: PLC0414

TRACK_RATE = Fraction(25)  # boxes a second of a track, at whole multiples of 1/25 s: what speaker networks expect
Json: TypeAlias = Any  # a value that json.dumps writes: None, bool, int, float, str, list, dict


@dataclass(frozen=True, order=True, slots=True)
class Span:
    """A half-open stretch of time ``[start, end)`` in exact seconds."""

    start: Seconds
    end: Seconds

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(
                f"a span cannot end at {float(self.end):.3f} s before it starts at {float(self.start):.3f} s"
            )

    @property
    def duration(self) -> Seconds:
        return self.end - self.start

    def __contains__(self, time: object) -> bool:
        return isinstance(time, int | float | Fraction) and self.start <= time < self.end

    def overlap(self, other: Span) -> Seconds:
        """Seconds that both spans share; 0 when they do not meet."""
        return max(Fraction(0), min(self.end, other.end) - max(self.start, other.start))

    def clamp(self, other: Span) -> Span:
        """The part of this span that lies inside ``other``; empty at the nearer edge when they do not meet."""
        start = min(max(self.start, other.start), other.end)
        return Span(start, min(max(self.end, start), other.end))


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle ``[x1, x2) x [y1, y2)`` in upright display pixels."""

    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def width(self) -> float:
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        return self.y2 - self.y1

    @property
    def center(self) -> tuple[float, float]:
        return (self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2


@dataclass(frozen=True, slots=True)
class Video:
    """A source file, probed. Two videos are equal when their bytes are: the path is no part of identity.

    ``width`` and ``height`` are display pixels, after rotation and sample aspect ratio; ``coded_width`` and
    ``coded_height`` are those of the decoded picture before both. ``rotation`` is how many degrees clockwise
    the decoded picture must be turned. ``frame_rate`` is the average; real frames carry their own times.
    ``sound_only``: the file has no moving picture; its cover, or a plain ground, stands in for one.
    Time 0 is the container's start time, as in players. ``speech_mix`` is what is transcribed, ``clip_mix`` what clips
    sound like: the first track of ``audio`` until it is decided (``clipy.analysis.audio.tracks``).
    """

    fingerprint: str
    duration: Seconds
    frame_rate: Fraction
    width: int
    height: int
    coded_width: int
    coded_height: int
    rotation: Literal[0, 90, 180, 270]
    start: Seconds
    audio: tuple[AudioStream, ...] = ()
    path: Path = field(default=Path(), compare=False)
    sound_only: bool = False
    speech_mix: Mix = FIRST_TRACK
    clip_mix: Mix = FIRST_TRACK

    @property
    def span(self) -> Span:
        return Span(Fraction(0), self.duration)


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word as it should be shown, punctuation included, with its time in the sound."""

    text: str
    start: Seconds
    end: Seconds
    probability: float = 1.0
    speaker: str | None = None
    language: str | None = None  # where it is not the transcript's

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Transcript:
    """What is said, word by word, in order of time. ``language`` is the ISO 639-1 code of most of it."""

    language: str
    words: tuple[Word, ...]

    def language_of(self, word: Word) -> str:
        return self.language if word.language is None else word.language

    def within(self, span: Span) -> tuple[Word, ...]:
        """The words whose middle lies inside the span."""
        return tuple(word for word in self.words if (word.start + word.end) / 2 in span)


@dataclass(frozen=True, slots=True)
class Turn:
    """A stretch in which one person speaks. Turns of several people may overlap; ``speaker`` tells them apart."""

    span: Span
    speaker: str


@dataclass(frozen=True, slots=True)
class Shot:
    """An unbroken run of frames between two changes of shot.

    ``lead_in`` and ``lead_out``: how long at its start and end a dissolve, fade, wipe or push also shows a neighbour.
    """

    span: Span
    lead_in: Seconds = Fraction(0)
    lead_out: Seconds = Fraction(0)

    @property
    def clear(self) -> Span:
        """The part that shows nothing but this shot; all of it where there is no such part."""
        start, end = self.span.start + self.lead_in, self.span.end - self.lead_out
        return Span(start, end) if start < end else self.span


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One face within one shot: where it is at each sampled time, and how surely it speaks.

    ``times``: float64 (n,) seconds on the source's timeline. ``boxes``: float32 (n, 4) xyxy display pixels.
    ``confidence``: float32 (n,) of the detector, 0 where the box is interpolated. ``speaking``: float32 (n,) in
    0..1, the probability that this face is the one heard; empty until an active-speaker backend filled it in.
    ``identity`` is the same for tracks of the same person in several shots, where that is known.
    """

    id: int
    shot: Span
    times: Array
    boxes: Array
    confidence: Array
    speaking: Array = field(default_factory=lambda: np.empty(0, dtype=np.float32))
    identity: int | None = None


@dataclass(frozen=True, slots=True)
class Highlight:
    """A stretch of the source that is worth a clip, with why. ``score`` is in 0..1.

    ``details``: named values in 0..1 behind the score, to explain a pick. ``given``: a person set the times.
    """

    span: Span
    score: float = 0.0
    title: str = ""
    reason: str = ""
    details: Mapping[str, float] = field(default_factory=dict, compare=False)
    given: bool = False


@dataclass(frozen=True, slots=True)
class Keyframe:
    """Where a crop window is at one time; between keyframes it moves linearly."""

    time: Seconds
    box: Box


@dataclass(frozen=True, slots=True)
class Panel:
    """A moving window of the source and the rectangle of the output that it fills (output pixels)."""

    keyframes: tuple[Keyframe, ...]
    into: tuple[int, int, int, int]

    def window(self, time: Seconds) -> Box:
        """The window at a time, linear between keyframes and still before the first and after the last."""
        if time <= self.keyframes[0].time:
            return self.keyframes[0].box
        for a, b in zip(self.keyframes, self.keyframes[1:], strict=False):
            if time < b.time:
                share = float((time - a.time) / (b.time - a.time))
                return Box(*(p + share * (q - p) for p, q in zip(_corners(a.box), _corners(b.box), strict=True)))
        return self.keyframes[-1].box


def _corners(box: Box) -> tuple[float, float, float, float]:
    return box.x1, box.y1, box.x2, box.y2


Layout: TypeAlias = Literal["single", "stack", "grid", "fit", "inset", "tile"]
LETTERBOXED: frozenset[Layout] = frozenset(("fit", "tile"))  # one panel over a backdrop made of itself


@dataclass(frozen=True, slots=True)
class CropShot:
    """How one stretch of the source is laid out on the output. ``fit`` shows the whole picture over a backdrop."""

    span: Span
    layout: Layout
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class CropPath:
    """Where to look, all through a highlight: shots in order, without gaps, on an output of ``width`` x ``height``."""

    width: int
    height: int
    shots: tuple[CropShot, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """Every decision about a clip before a pixel is made: what, where to look, which words, what each pizzazz adds.

    ``keep`` holds the source spans that are shown. ``words`` are in source time. ``plans`` maps a pizzazz's name to its
    data. ``gain``: how many dB louder than usual a review wants it; ``sides``: how it wants left and right of the sound
    to be mixed. ``speakers``: all of a run's, in the same order. ``breaks``: source times at which a person wants a new
    caption card to begin.
    """

    highlight: Highlight
    crop: CropPath
    keep: tuple[Span, ...]
    language: str = ""
    words: tuple[Word, ...] = ()
    plans: Mapping[str, Json] = field(default_factory=dict)
    gain: float = 0.0
    speakers: tuple[str, ...] = ()
    sides: Sides | None = None
    breaks: tuple[Seconds, ...] = ()

    @property
    def duration(self) -> Seconds:
        """Length of the clip in seconds."""
        return sum((span.duration for span in self.keep), Fraction(0))

    def plans_of(self, kind: str) -> list[Mapping[str, Json]]:
        """The plans whose ``kind`` is ``captions``, ``music``, ..., whatever the pizzazz that made them is called."""
        return [plan for plan in self.plans.values() if isinstance(plan, Mapping) and plan.get("kind") == kind]

    def clip_time(self, time: Seconds) -> Seconds:
        """Where a moment of the source lies in the clip; a moment that is cut out maps to the cut."""
        passed = Fraction(0)
        for span in self.keep:
            if time < span.end:
                return passed + max(Fraction(0), time - span.start)
            passed += span.duration
        return passed

    def source_time(self, time: Seconds) -> Seconds:
        """Which moment of the source is shown at a moment of the clip; the inverse of ``clip_time``."""
        for span in self.keep:
            if time < span.duration:
                return span.start + time
            time -= span.duration
        return self.keep[-1].end

    def clip_words(self) -> tuple[Word, ...]:
        """The words in clip time."""
        return tuple(
            replace(word, start=self.clip_time(word.start), end=self.clip_time(word.end)) for word in self.words
        )


@dataclass(frozen=True, slots=True)
class Clip:
    """A finished file. ``edit`` is None for a file that clipy did not make. Name and path are no part of identity."""

    fingerprint: str
    duration: Seconds
    width: int
    height: int
    edit: Edit | None = None
    path: Path = field(default=Path(), compare=False)
    name: str = field(default="", compare=False)


Severity: TypeAlias = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where to look or listen to see a finding for oneself: cut out of the clip when a report is made.

    A ``picture`` is the one on screen when ``span``, in clip time, starts; ``box`` is the part that matters, in display
    pixels of the clip, all of it unless given. A ``sound`` is that of ``span``.
    """

    kind: Literal["picture", "sound"]
    span: Span
    box: Box | None = None

    @classmethod
    def picture(cls, time: Seconds, box: Box | None = None) -> Evidence:
        """The picture on screen at a time."""
        return cls("picture", Span(time, time), box)

    @classmethod
    def sound(cls, span: Span) -> Evidence:
        """Sound of a span as evidence."""
        return cls("sound", span)


@dataclass(frozen=True, slots=True)
class Repair:
    """What makes a finding go away, where that is certain and cheap. Times are in clip time.

    ``trim``: only ``span`` of the clip stays. ``relevel``: the sound is made ``gain`` dB louder. ``relayout``: the
    shots that ``span`` touches, all without one, show the whole picture instead of a window (``fit``). ``remix``: left
    and right of the source's sound are mixed as ``sides`` say.
    """

    kind: Literal["trim", "relevel", "relayout", "remix"]
    span: Span | None = None
    gain: float = 0.0
    sides: Sides | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a reviewer noticed. ``span`` is in clip time; ``value`` and ``limit`` share the check's unit.

    Where every error of a clip names its ``repair``, the pipeline makes them all, once, and has it reviewed again.
    """

    check: str
    severity: Severity
    message: str
    span: Span | None = None
    value: float | None = None
    limit: float | None = None
    evidence: Evidence | None = None
    repair: Repair | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """What a reviewer found; a clip passes when no finding is an error."""

    reviewer: str
    findings: tuple[Finding, ...] = ()

    @property
    def passed(self) -> bool:
        return all(finding.severity != "error" for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Post:
    """Proof that a clip was published: by which uploader, and where it is now."""

    uploader: str
    where: str
