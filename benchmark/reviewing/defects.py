"""One defect at a time, made from a good clip: what was done, and which findings say so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from clipy.context import Context
from clipy.media.aac import SAMPLE_RATE
from clipy.media.frame import Planes, black_planes
from clipy.media.loudness import measure_loudness, to_amplitude
from clipy.stages.render.x264 import X264
from clipy.types import Clip, Edit, Span
from reviewing.good import Good
from reviewing.remaking import Mix, Paint, Sound, damaged, remade, truncated, without_index

Make: TypeAlias = Callable[[Good, Path, Context], Path]
_FROM, _TO = 2.0, 4.0  # seconds of the clip in which a stretch is spoilt


@dataclass(frozen=True)
class Defect:
    """``told_by`` holds reviewers, or reviewers and checks (``sound.silent``), of which one must say so as an error."""

    make: Make
    told_by: tuple[str, ...]
    needs: str = ""  # "face", "words" (known: without any, silence is no error), or "voice": either


def _painted(paint: Callable[[Good], Paint]) -> Make:
    return lambda good, path, ctx: remade(good.clip.path, path, paint(good))


def _mixed(mix: Callable[[Good], Mix]) -> Make:
    return lambda good, path, ctx: remade(good.clip.path, path, mix=mix(good))


def _while_spoilt(change: Callable[[float, Planes], Planes]) -> Make:
    return _painted(lambda good: lambda time, planes: change(time, planes) if _FROM <= time < _TO else planes)


def _each(change: Callable[[NDArray[np.uint8]], Any]) -> Make:
    """Every plane of every picture."""
    return _painted(lambda good: lambda time, planes: tuple(change(p) for p in planes))


def _freeze(good: Good) -> Paint:
    held: list[Planes] = []

    def paint(time: float, planes: Planes) -> Planes:
        if _FROM <= time < _TO:
            held[:] = held or [tuple(plane.copy() for plane in planes)]  # type: ignore[list-item]
            return held[0]
        return planes

    return paint


def _shifted(planes: Planes, x: float, y: float) -> Planes:
    """The picture moved by pixels; what comes in repeats the edge."""
    moved = []
    for plane, shrink in zip(planes, (1, 2, 2), strict=True):
        matrix = np.array([[1, 0, x / shrink], [0, 1, y / shrink]])
        size = (plane.shape[1], plane.shape[0])
        moved.append(cv2.warpAffine(plane, matrix, size, borderMode=cv2.BORDER_REFLECT))
    return tuple(moved)  # type: ignore[return-value]


def _moved_face(share: float, *, always: bool) -> Callable[[Good], Paint]:
    """The window is off to the side, so that ``share`` of the face is beyond the left edge."""

    def paint_of(good: Good) -> Paint:
        assert good.face is not None
        by = -(good.face.x1 + share * good.face.width)

        def paint(time: float, planes: Planes) -> Planes:
            if not (always or _FROM <= time < _TO + 1):
                return planes
            moved = _shifted(planes, by, 0)
            wide = moved[0].shape[1]
            fresh = int(wide + by) // 2 * 2  # what comes in from the right is not known: it is a plain wall
            for plane, shrink in zip(moved, (1, 2, 2), strict=True):
                plane[:, fresh // shrink :] = cv2.blur(plane[:, fresh // shrink - 1 : fresh // shrink], (1, 9))
            return moved

        return paint

    return paint_of


def _jitter(good: Good) -> Paint:
    chance = np.random.default_rng(5)
    reach = good.clip.width * 0.015
    return lambda time, planes: _shifted(planes, *chance.uniform(-reach, reach, 2))


def _zoomed(good: Good) -> Paint:
    assert good.face is not None
    box = good.face
    x, y = box.center

    def paint(time: float, planes: Planes) -> Planes:
        out = []
        for plane, shrink in zip(planes, (1, 2, 2), strict=True):
            high, wide = plane.shape
            scale = 1.15 * good.clip.width / box.width
            matrix = np.array([[scale, 0, wide / 2 - scale * x / shrink], [0, scale, high / 2 - scale * y / shrink]])
            out.append(
                cv2.warpAffine(plane, matrix, (wide, high), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
            )
        return tuple(out)  # type: ignore[return-value]

    return paint


def _strobe(time: float, planes: Planes) -> Planes:
    luma = cv2.convertScaleAbs(planes[0], alpha=0.25) if time * 6 % 1 < 0.5 else cv2.convertScaleAbs(planes[0], beta=60)
    return np.clip(luma, 16, 235).astype(np.uint8), planes[1], planes[2]


def _enlarged(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    high, wide = plane.shape
    small = cv2.resize(plane, (wide // 4, high // 4), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (wide, high), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def _blurred(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), plane.shape[1] / 216), dtype=np.uint8)


def _half_size(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    size = (plane.shape[1] * 2 // 3 // 2 * 2, plane.shape[0] * 2 // 3 // 2 * 2)
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _quiet_stretch(sound: Sound) -> Sound:
    sound = sound.copy()
    sound[:, int(_FROM * SAMPLE_RATE) : int(_TO * SAMPLE_RATE)] = 0
    return sound


def _clipped(sound: Sound) -> Sound:
    loud = sound * to_amplitude(14) / float(np.abs(sound).max())
    return np.asarray(np.clip(loud, -1, 1) / 2, dtype=np.float32)


def _thirty(sound: Sound) -> Sound:
    return np.asarray(sound * to_amplitude(-30 - measure_loudness([sound], SAMPLE_RATE).integrated), dtype=np.float32)


def _plain(time: float, planes: Planes) -> Planes:
    luma, blue, red = planes
    return np.full_like(luma, 90), np.full_like(blue, 90), np.full_like(red, 60)


def _with_music(sound: Sound) -> Sound:
    """Chords as loud as the voice and a little more, with a beat."""
    times = np.arange(sound.shape[1]) / SAMPLE_RATE
    roots = np.array([220.0, 196.0, 174.6, 196.0])[(times // 0.5).astype(int) % 4]
    decay = np.exp(-1.5 * (times % 0.5))
    music = sum(np.sin(2 * np.pi * roots * step * times) / step for step in (1, 1.26, 1.5, 2, 3)) * decay
    level = np.sqrt(np.square(sound).mean() / np.square(music).mean()) * to_amplitude(3)
    return np.asarray((sound + music * level) / 2, dtype=np.float32)


def _late(seconds: float) -> Mix:
    def mix(sound: Sound) -> Sound:
        return np.roll(np.pad(sound, ((0, 0), (0, 0))), round(seconds * SAMPLE_RATE), axis=1)

    return mix


def _captions(change: Callable[[Edit], Edit]) -> Make:
    """Rendered with captions that were planned otherwise, while the edit says what should be."""

    def make(good: Good, path: Path, ctx: Context) -> Path:
        from clipy import registry
        from clipy.stages.base import Pizzazz

        assert good.clip.edit is not None
        captions = registry.create("pizzazz", "captions", {"position": 0.72})
        assert isinstance(captions, Pizzazz)
        edit = change(replace(good.clip.edit, plans={}))
        position = edit.plans.get("position")
        if position is not None:
            captions = registry.create("pizzazz", "captions", {"position": position, "safe_area": False})
            assert isinstance(captions, Pizzazz)
            edit = replace(edit, plans={})
        X264().render(good.video, captions.plan(good.video, edit, ctx), (captions,), path, ctx)
        return path

    return make


def _later(edit: Edit) -> Edit:
    by = Fraction(2, 5)
    return replace(edit, words=tuple(replace(w, start=w.start + by, end=w.end + by) for w in edit.words))


def _cut_short(good: Good, path: Path, ctx: Context) -> Path:
    """The clip ends in the middle of its last but third word."""
    assert good.clip.edit is not None
    word = good.clip.edit.words[-4]
    span = Span(good.clip.edit.keep[0].start, (word.start + word.end) / 2)
    edit = replace(good.clip.edit, keep=(span,), plans={})
    X264().render(good.video, edit, (), path, ctx)
    return path


KINDS: Mapping[str, Defect] = {
    "black_span": Defect(
        _while_spoilt(lambda time, planes: black_planes(planes[0].shape[1], planes[0].shape[0])), ("technical.black",)
    ),
    "plain_span": Defect(_while_spoilt(_plain), ("technical.blank",)),
    "frozen_span": Defect(_painted(_freeze), ("technical.frozen",)),
    "silence": Defect(_mixed(lambda good: _quiet_stretch), ("sound.silent",), "words"),
    "no_sound_at_all": Defect(_mixed(lambda good: np.zeros_like), ("sound.silent",), "words"),
    "clipping": Defect(_mixed(lambda good: _clipped), ("sound.clipping",)),
    "minus_30_lufs": Defect(_mixed(lambda good: _thirty), ("sound.loudness",)),
    "music_over_voice": Defect(_mixed(lambda good: _with_music), ("sound.voice",), "voice"),
    "dead_channel": Defect(_mixed(lambda good: lambda s: s * np.array([[1], [0]], np.float32)), ("sound.channel",)),
    "inverted_phase": Defect(_mixed(lambda good: lambda s: s * np.array([[1], [-1]], np.float32)), ("sound.phase",)),
    "sound_ends_early": Defect(_mixed(lambda good: lambda s: s[:, : s.shape[1] * 4 // 5]), ("technical.sync",)),
    "lips_off_200ms": Defect(_mixed(lambda good: _late(0.2)), ("sync",), "face"),
    "face_half_out": Defect(_painted(_moved_face(0.5, always=True)), ("framing.face-cut",), "face"),
    "face_absent": Defect(_painted(_moved_face(1.3, always=False)), ("framing.empty",), "face"),
    "face_too_big": Defect(_painted(_zoomed), ("framing.face-size", "framing.face-cut"), "face"),
    "jitter": Defect(_painted(_jitter), ("framing.shake",)),
    "blur": Defect(_each(_blurred), ("framing.sharpness",), "face"),
    "upscale_4x": Defect(_each(_enlarged), ("framing.sharpness",), "face"),
    "strobing": Defect(_while_spoilt(_strobe), ("framing.flashes",)),
    "wrong_colours": Defect(_painted(lambda good: lambda time, p: (p[0], p[2], p[1])), ("framing.colours",), "face"),
    "wrong_size": Defect(_each(_half_size), ("technical.size",)),
    "truncated_file": Defect(lambda good, path, ctx: truncated(good.clip.path, path), ("technical.readable",)),
    "missing_moov": Defect(lambda good, path, ctx: without_index(good.clip.path, path), ("technical.readable",)),
    "damaged_file": Defect(lambda good, path, ctx: damaged(good.clip.path, path), ("technical.decodes",)),
    "captions_late_400ms": Defect(_captions(_later), ("captions",), "words"),
    "captions_outside": Defect(_captions(lambda edit: replace(edit, plans={"position": 0.97})), ("captions",), "words"),
    "missing_words": Defect(
        _captions(lambda edit: replace(edit, words=edit.words[: len(edit.words) // 2])), ("captions",), "words"
    ),
    "cut_inside_a_word": Defect(_cut_short, ("content",), "words"),
    "duplicate": Defect(lambda good, path, ctx: remade(good.clip.path, path), ("content",), "words"),
}


def spoilt(good: Good, name: str, path: Path, ctx: Context) -> Clip:
    """The good clip with one defect, under the good one's edit: what it should have been."""
    KINDS[name].make(good, path, ctx)
    edit = good.clip.edit
    if name == "cut_inside_a_word" and edit is not None:
        word = edit.words[-4]
        span = Span(edit.keep[0].start, (word.start + word.end) / 2)
        edit = replace(edit, keep=(span,), highlight=replace(edit.highlight, span=span), words=edit.words[:-3])
    return replace(good.clip, fingerprint=f"{good.clip.fingerprint}-{name}", path=path, name=path.stem, edit=edit)
