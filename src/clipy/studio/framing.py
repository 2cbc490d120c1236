"""Where to look, as a person wants it: windows that are dragged, people who are followed, layouts that are switched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Literal, TypeAlias

import numpy as np

from clipy import registry
from clipy.analysis.camera.camera import Camera
from clipy.context import Context
from clipy.edits import EditedWord
from clipy.errors import InputError
from clipy.pipeline.pipeline import Pipeline
from clipy.stages.base import Reframer
from clipy.types import CropPath, CropShot, Highlight, Keyframe, Layout, Panel, Seconds, Span, Track, Video, seconds

Scope: TypeAlias = Literal["shot", "onward"]
_SPEAKS = 0.5  # probability from which a face counts as speaking
_LEAST = Fraction(1, 50)  # seconds; shorter pieces of a shot are not worth a cut


@dataclass(frozen=True)
class Person:
    """Somebody in the picture: a name for people, and the tracks of the face, one in each shot."""

    key: str
    name: str
    tracks: tuple[Track, ...]


def people_of(tracks: Sequence[Track], words: Sequence[EditedWord]) -> list[Person]:
    """The tracks by person: those of one identity, or else those that say the same person's words.

    Two faces that are on screen at once are two people, whatever they are thought to say.
    """
    found: dict[str, list[Track]] = {}
    names = _speakers(tracks, words)
    for track in tracks:
        name = names.get(track.id, "")
        key = f"p{track.identity}" if track.identity is not None else f"n-{name}" if name else f"t{track.id}"
        if any(_meet(track, other) for other in found.get(key, ())):
            key = f"t{track.id}"
        found.setdefault(key, []).append(track)
    return [
        Person(
            key, next((n for one in own if (n := names.get(one.id)) and key[0] != "t"), f"Person {number}"), tuple(own)
        )
        for number, (key, own) in enumerate(found.items(), 1)
    ]


def _speakers(tracks: Sequence[Track], words: Sequence[EditedWord]) -> dict[int, str]:
    """Who says most of the words during which each face speaks more surely than any other, by the ids of tracks."""
    votes: dict[int, dict[str, float]] = {}
    for word in words:
        surest = max(tracks, key=lambda track: _speaking(track, word), default=None)
        if surest is not None and word.speaker and _speaking(surest, word) >= _SPEAKS:
            own = votes.setdefault(surest.id, {})
            own[word.speaker] = own.get(word.speaker, 0.0) + word.end - word.start
    return {number: max(own, key=lambda name: own[name]) for number, own in votes.items()}


def _speaking(track: Track, word: EditedWord) -> float:
    if not len(track.speaking):
        return 0.0
    heard = (track.times >= word.start) & (track.times < word.end)
    return float(np.mean(track.speaking[heard])) if heard.any() else 0.0


def _meet(track: Track, other: Track) -> bool:
    return bool(track.times[0] <= other.times[-1] and other.times[0] <= track.times[-1])


def scope_span(path: CropPath, time: Seconds, scope: Scope) -> Span:
    """What a change at a time is about: the shot on screen then, or all from then on."""
    shot = _at(path, time)
    return (
        shot.span if scope == "shot" else Span(min(max(time, shot.span.start), shot.span.end), path.shots[-1].span.end)
    )


def with_window(
    path: CropPath, video: Video, time: Seconds, scope: Scope, *, panel: int, center: tuple[float, float], height: float
) -> CropPath:
    """One panel's window put somewhere, still, in the shots that the change is about and that have that panel."""

    def moved(shot: CropShot) -> CropShot:
        if not 0 <= panel < len(shot.panels):
            return shot
        old = shot.panels[panel]
        x1, y1, x2, y2 = old.into
        window = Camera(video, x2 - x1, y2 - y1).window(center, height)
        panels = list(shot.panels)
        panels[panel] = Panel((Keyframe(shot.span.start, window),), old.into)
        return replace(shot, panels=tuple(panels))

    if not 0 <= panel < len(_at(path, time).panels):
        raise InputError("this shot has no such panel", do="Reload the page")
    return replaced(path, scope_span(path, time, scope), moved)


def with_person(path: CropPath, video: Video, time: Seconds, scope: Scope, person: Person) -> CropPath:
    """One window that follows a person, wherever the change reaches and they are in the picture."""
    camera = Camera(video, path.width, path.height)
    span = scope_span(path, time, scope)

    def followed(shot: CropShot) -> CropShot:
        track = max(person.tracks, key=lambda one: _shared(one, shot.span))
        if _shared(track, shot.span) <= 0:
            return shot
        return CropShot(shot.span, "single", (camera.follow(shot.span, track),))

    if not any(_shared(track, span) > 0 for track in person.tracks):
        raise InputError(f"{person.name} is not in the picture here", do="Choose somebody who is")
    return replaced(path, span, followed, [track.shot.start for track in person.tracks])


def with_layout(
    path: CropPath, pipeline: Pipeline, video: Video, time: Seconds, scope: Scope, layout: Layout, ctx: Context
) -> CropPath:
    """Another layout, as the reframer makes it. Raises InputError where the picture does not allow it."""
    span = scope_span(path, time, scope)
    if layout == "fit":
        camera = Camera(video, path.width, path.height)
        return replaced(path, span, lambda shot: camera.whole(shot.span))
    own = pipeline.reframer
    options = own.options.model_dump(exclude_unset=True) if own.name == "speaker" else {}
    made = registry.create(
        "reframe",
        "speaker",
        {**options, "ratio": None, "width": path.width, "height": path.height, "layout": layout},
    )
    if not isinstance(made, Reframer):
        raise TypeError("the registry made no reframer")
    found: CropPath = ctx.cached(made.reframe, video, Highlight(span))
    if layout not in {shot.layout for shot in found.shots}:
        raise InputError(f"the layout {layout} does not suit this picture", do=_NEEDS.get(layout, ""))
    return spliced(path, found)


_NEEDS = {
    "stack": "It needs two people who are on screen at once and apart",
    "grid": "It needs two to four people who are on screen at once and apart",
    "inset": "It needs a small picture of a person in a corner of the picture",
}


def replaced(
    path: CropPath, span: Span, change: Callable[[CropShot], CropShot], cuts: Sequence[Seconds] = ()
) -> CropPath:
    """The path with every shot inside a span changed; shots are split at its edges and at the given cuts."""
    edges = [span.start, span.end, *cuts]
    shots: list[CropShot] = []
    for shot in path.shots:
        for piece in split(shot, edges):
            inside = piece.span.start >= span.start and piece.span.end <= span.end
            shots.append(change(piece) if inside else piece)
    return replace(path, shots=tuple(shots))


def spliced(path: CropPath, other: CropPath) -> CropPath:
    """The path with all that another covers taken from that one."""
    span = Span(other.shots[0].span.start, other.shots[-1].span.end)
    pieces = [piece for shot in path.shots for piece in split(shot, [span.start, span.end])]
    outside = [piece for piece in pieces if piece.span.overlap(span) == 0]
    return replace(path, shots=tuple(sorted([*outside, *other.shots], key=lambda shot: shot.span)))


def split(shot: CropShot, times: Sequence[Seconds]) -> list[CropShot]:
    """A shot in pieces, cut at some times; the windows move as they did."""
    inside = sorted({t for t in times if shot.span.start + _LEAST <= t <= shot.span.end - _LEAST})
    edges = [shot.span.start, *inside, shot.span.end]
    return [replace(shot, span=Span(start, end)) for start, end in pairwise(edges)]


def clamped(path: CropPath, span: Span) -> CropPath:
    """The path for another span: its shots within it, the first and the last held until its edges."""
    shots = [replace(shot, span=shot.span.clamp(span)) for shot in path.shots if shot.span.overlap(span) > 0]
    if not shots:
        edge = path.shots[0] if span.end <= path.shots[0].span.start else path.shots[-1]
        shots = [edge]
    shots[0] = replace(shots[0], span=Span(span.start, shots[0].span.end if len(shots) > 1 else span.end))
    shots[-1] = replace(shots[-1], span=Span(shots[-1].span.start, span.end))
    return replace(path, shots=tuple(shots))


def _at(path: CropPath, time: Seconds) -> CropShot:
    return next((shot for shot in path.shots if time in shot.span), path.shots[-1])


def _shared(track: Track, span: Span) -> Seconds:
    if not len(track.times):
        return Fraction(0)
    return Span(seconds(float(track.times[0])), seconds(float(track.times[-1]))).overlap(span)
