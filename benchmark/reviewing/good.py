"""Good clips, rendered by clipy: people from given recordings, each in a window around the face; else synthesised."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from clipy import registry
from clipy.analysis.faces.base import FaceDetector
from clipy.context import Context
from clipy.errors import ClipyError
from clipy.media.probe import probe
from clipy.media.read import pictures, sound_array
from clipy.pipeline.quality_control import clip_of
from clipy.stages.base import Pizzazz
from clipy.stages.render.x264 import X264
from clipy.types import Box, Clip, CropPath, CropShot, Edit, Highlight, Keyframe, Panel, Span, Video, Word
from fixtures.media import make_video
from fixtures.speech import SAID, played, speak

SIZE = (540, 960)
LENGTH = Fraction(6)
_APART = Fraction(2)  # seconds between two clips: an edge may move by one
_RECORDINGS = frozenset({".mp4", ".mov", ".webm", ".avi", ".mkv"})
_LAST_WORD = "laboratory"  # of the second sentence that is synthesised
_SEARCHED = Fraction(2)  # seconds around an edge in which a pause is looked for
_PAUSE = Fraction(1, 10)  # seconds whose loudness is compared
_TALL = 480  # pixels: a lower source would be enlarged more than twice
_LOOKS = Fraction(2)  # pictures a second that are searched
_LOOK_HEIGHT = 288
_WIDE = 0.08  # share of the window's width that a face must have
_INSIDE = 0.2  # share of the window's width that a face's middle must keep from its edges


@dataclass(frozen=True)
class Good:
    """A good clip, whether a face is in it, and whether its words are known to the letter."""

    clip: Clip
    video: Video
    face: Box | None  # on the clip, at its middle
    spoken: bool = False


def from_recordings(folder: Path, most: int, work: Path, ctx: Context) -> Iterator[Good]:
    """Up to ``most`` clips of people who stay in one window for some six seconds, from pause to pause.

    Every recording gives its first before any gives its second: different people and places come first.
    """
    made = 0
    for video, start in sorted(_starts(folder), key=lambda pair: pair[1]):
        if made == most:
            return
        span = Span(_quietest(video, start), _quietest(video, start + LENGTH))
        found = _window(video, span, ctx)
        if found is None:
            continue
        window, face = found
        clip = _rendered(video, span, window, (), work / f"{video.path.stem}-{int(start)}.mp4", ctx)
        yield Good(clip, video, _on_clip(face, window))
        made += 1


def _starts(folder: Path) -> Iterator[tuple[Video, Fraction]]:
    """Where a clip may begin in each recording, without overlap."""
    files = sorted(p for p in (*folder.glob("video/*"), *folder.glob("composed/*")) if p.suffix in _RECORDINGS)
    for path in files:
        try:
            video = probe(path)
        except ClipyError:
            continue
        if video.audio and video.height >= _TALL:
            room = int((video.duration - LENGTH) // (LENGTH + _APART)) + 1
            yield from ((video, number * (LENGTH + _APART)) for number in range(room))


def _quietest(video: Video, near: Fraction) -> Fraction:
    """Where the sound is quietest within a second of a moment: no clip may begin or end inside a word."""
    if near == 0:
        return near
    around = Span(max(Fraction(0), near - _SEARCHED / 2), min(video.duration, near + _SEARCHED / 2))
    rate = 16000
    step = int(_PAUSE * rate)
    sound = sound_array(video, around, rate=rate)[0]
    powers = np.convolve(np.square(sound), np.ones(step), mode="valid")[:: step // 4]
    return around.start + Fraction(int(np.argmin(powers)) * (step // 4) + step // 2, rate)


def synthesised(work: Path, ctx: Context) -> Good:
    """Synthesised speech over a moving pattern, with captions and with every word's true time."""
    speech = speak(SAID)
    ends = [*speech.ends]
    words = tuple(
        Word(text, Fraction(round(begin * 1000), 1000), Fraction(round(end * 1000), 1000))
        for (text, begin), end in zip(speech.words, ends, strict=True)
    )
    span = Span(Fraction(0), next(word.end for word in words if word.text == _LAST_WORD) + Fraction(1, 4))
    path = make_video(work / "talk.mp4", seconds=16, size=(1280, 720), play=played(speech))
    video = probe(path)
    window = Box(437.5, 0, 842.5, 720)
    said = tuple(word for word in words if word.end <= span.end)
    clip = _rendered(video, span, window, said, work / "talk-clip.mp4", ctx)
    return Good(clip, video, None, spoken=True)


def _window(video: Video, span: Span, ctx: Context) -> tuple[Box, Box] | None:
    """A still 9:16 window around whoever is biggest, and that face; None where nobody stays inside it."""
    looks = list(pictures(video, span, rate=_LOOKS, height=_LOOK_HEIGHT))
    found = ctx.analyser(FaceDetector).detect([picture for _, picture in looks], ctx)
    scale = video.height / _LOOK_HEIGHT
    mains = [max(faces, key=lambda face: face.box.width).scaled(scale, scale).box for faces in found if faces]
    if len(mains) < len(looks):
        return None
    width = min(video.width, video.height * 9 / 16)
    height = width * 16 / 9
    middles = [box.center[0] for box in mains]
    left = float(np.clip(np.median(middles) - width / 2, 0, video.width - width))
    inside = all(left + _INSIDE * width < middle < left + (1 - _INSIDE) * width for middle in middles)
    face = mains[len(mains) // 2]
    if not inside or not _WIDE * width < face.width < 0.7 * width:
        return None
    top = (video.height - height) / 2
    return Box(left, top, left + width, top + height), face


def _on_clip(face: Box, window: Box) -> Box:
    scale = SIZE[0] / window.width
    x, y = window.x1, window.y1
    return Box((face.x1 - x) * scale, (face.y1 - y) * scale, (face.x2 - x) * scale, (face.y2 - y) * scale)


def _rendered(video: Video, span: Span, window: Box, words: tuple[Word, ...], path: Path, ctx: Context) -> Clip:
    panel = Panel((Keyframe(span.start, window),), (0, 0, *SIZE))
    crop = CropPath(*SIZE, (CropShot(span, "single", (panel,)),))
    edit = Edit(Highlight(span, title=""), crop, (span,), "en", words)
    captions = registry.create("pizzazz", "captions", {"position": 0.72})
    assert isinstance(captions, Pizzazz)
    if words:
        edit = captions.plan(video, edit, ctx)
    X264().render(video, edit, (captions,) if words else (), path, ctx)
    return replace(clip_of(path), edit=edit)
