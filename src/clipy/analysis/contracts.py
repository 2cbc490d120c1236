"""What analysers promise, as checks at the border (``clipy.contract``)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipy.contract import Broken
from clipy.types import Box, Shot, Span, Track, Transcript, Turn, Video, Word

_SLACK = 1  # seconds that a word or a turn may reach past the video's end: containers round their durations
_UNIT = 0.01  # by which the length of a unit vector may be off


def transcribed(_: object, inputs: tuple[Any, ...], found: Transcript) -> None:
    """Words have text, lie inside the video, and come in order of their beginning."""
    video: Video = inputs[0]
    for word in found.words:
        if not 0 <= word.start <= word.end <= video.duration + _SLACK:
            raise Broken(f"words inside the video (0 to {float(video.duration):.2f} s)", _word(word))
        if not word.text.strip():
            raise Broken("words with text", _word(word))
        if not 0 <= word.probability <= 1:
            raise Broken("probabilities in 0..1", f"{word.probability} for {_word(word)}")
    for a, b in pairwise(found.words):
        if b.start < a.start:
            raise Broken("words in order of their beginning", f"{_word(b)} after {_word(a)}")


def aligned(backend: object, inputs: tuple[Any, ...], found: Transcript) -> None:
    """The same words in the same order."""
    before: Transcript = inputs[1]
    if len(found.words) != len(before.words):
        raise Broken(f"the same {len(before.words)} words", f"{len(found.words)} words")
    for old, new in zip(before.words, found.words, strict=True):
        if old.text != new.text:
            raise Broken("the same words in the same order", f"{new.text!r} for {old.text!r}")
    transcribed(backend, inputs, found)


def cut(_: object, inputs: tuple[Any, ...], found: list[Shot]) -> None:
    """Shots fill the span in order, without gaps."""
    span: Span = inputs[1]
    if not fill(span, [shot.span for shot in found]):
        came = ", ".join(in_seconds(shot.span) for shot in found) or "none"
        raise Broken(f"shots that fill {in_seconds(span)} in order, without gaps", came)


def detected(_: object, inputs: tuple[Any, ...], found: list[Any]) -> None:
    """One list of faces for each picture; each face lies in its picture, at least in part."""
    pictures: Sequence[NDArray[np.uint8]] = inputs[0]
    if len(found) != len(pictures):
        raise Broken(f"a list of faces for each of {len(pictures)} pictures", f"{len(found)} lists")
    for picture, faces in zip(pictures, found, strict=True):
        for face in faces:
            _face(face.box, face.confidence, picture.shape[1], picture.shape[0])


def searched(_: object, inputs: tuple[Any, ...], found: list[Any]) -> None:
    """The searched pictures lie in the shots, in order of time."""
    video: Video = inputs[0]
    shots: list[Shot] = inputs[1]
    span = Span(shots[0].span.start, shots[-1].span.end) if shots else video.span
    times = [one.time for one in found]
    if times != sorted(times):
        raise Broken("pictures in order of time", "others")
    for one in found:
        if not span.start <= one.time <= span.end:
            raise Broken(f"pictures of {in_seconds(span)}", f"one of {float(one.time):.2f} s")
        for face in one.faces:
            _face(face.box, face.confidence, video.width, video.height)


def scored(_: object, inputs: tuple[Any, ...], found: list[Track]) -> None:
    """The same tracks in the same order, with a probability for each sampled time."""
    before: list[Track] = inputs[1]
    if [track.id for track in found] != [track.id for track in before]:
        raise Broken(f"the same {len(before)} tracks in the same order", f"{len(found)} tracks, or others")
    for track in found:
        size = len(track.times)
        if track.speaking.shape != (size,):
            came = f"an array of shape {track.speaking.shape}"
            raise Broken(f"a probability for each of the {size} times of track {track.id}", came)
        if not np.all((track.speaking >= 0) & (track.speaking <= 1)):
            raise Broken("probabilities in 0..1", f"{_range(track.speaking)} for track {track.id}")


def diarized(_: object, inputs: tuple[Any, ...], found: list[Turn]) -> None:
    """Turns in order of their beginning, inside the spans that were asked for, each with a speaker."""
    spans: tuple[Span, ...] = inputs[1]
    for turn in found:
        if not any(s.start - _SLACK <= turn.span.start and turn.span.end <= s.end + _SLACK for s in spans):
            raise Broken(f"turns inside {', '.join(in_seconds(span) for span in spans)}", in_seconds(turn.span))
        if not turn.speaker:
            raise Broken("turns with a speaker", f"none for {in_seconds(turn.span)}")
    for a, b in pairwise(found):
        if b.span.start < a.span.start:
            came = f"{in_seconds(b.span)} after {in_seconds(a.span)}"
            raise Broken("turns in order of their beginning", came)


def embedded(_: object, inputs: tuple[Any, ...], found: object) -> None:
    """A unit vector for each text."""
    _unit_vectors(found, len(inputs[0]), "text")


def portrayed(_: object, inputs: tuple[Any, ...], found: object) -> None:
    """A unit vector for each track."""
    _unit_vectors(found, len(inputs[1]), "track")


def fill(span: Span, parts: Sequence[Span]) -> bool:
    """Whether parts, none of them empty, lie end to end from a span's start to its end."""
    edges = [span.start, *(part.end for part in parts)]
    ordered = all(part.start == edge < part.end for part, edge in zip(parts, edges, strict=False))
    return bool(parts) and ordered and edges[-1] == span.end


def in_seconds(span: Span) -> str:
    """A span, for a message."""
    return f"{float(span.start):.2f} to {float(span.end):.2f} s"


def _unit_vectors(found: object, count: int, what: str) -> None:
    promised = f"a float32 array with a unit vector for each {what}, {count} in all"
    if not isinstance(found, np.ndarray):
        raise Broken(promised, type(found).__name__)
    if found.ndim != 2 or found.dtype != np.float32 or len(found) != count:
        raise Broken(promised, f"{found.dtype} of shape {found.shape}")
    lengths = np.linalg.norm(found, axis=1)
    if not np.all(np.abs(lengths - 1) <= _UNIT):
        raise Broken(promised, f"lengths of {_range(lengths)}")


def _face(box: Box, confidence: float, width: int, height: int) -> None:
    if not (max(0, box.x1) < min(width, box.x2) and max(0, box.y1) < min(height, box.y2)):
        came = f"({box.x1:.0f}, {box.y1:.0f}) to ({box.x2:.0f}, {box.y2:.0f})"
        raise Broken(f"faces in a picture of {width}x{height}", came)
    if not 0 <= confidence <= 1:
        raise Broken("confidences in 0..1", str(confidence))


def _word(word: Word) -> str:
    return f"{word.text!r} at {float(word.start):.2f} to {float(word.end):.2f} s"


def _range(values: NDArray[Any]) -> str:
    return f"{np.min(values):.3g} to {np.max(values):.3g}"
