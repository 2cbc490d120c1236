"""What each pizzazz costs by itself: its hooks on real frames, without decoding and encoding."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np

from clipy import registry
from clipy.context import Context
from clipy.errors import ClipyError
from clipy.media.frame import AudioBlock, Frame, Planes
from clipy.media.probe import probe
from clipy.media.write import Mp4Writer
from clipy.stages.base import Pizzazz
from clipy.stages.render.encoding.frames import clip_frames
from clipy.stages.render.x264 import X264
from clipy.types import Box, Edit, Keyframe, Panel, Video
from rendering.clips import edit_of

_RATE = Fraction(25)
_BLOCK = 4_800
_AROUND = ("frame", "blur-background")


def costs(source: Path, seconds: int, rounds: int, folder: Path, ctx: Context) -> dict[str, Any]:
    """By name: CPU ms to draw a frame, and to process a second of sound; ``plan_ms`` once a clip.

    ``of_encoding`` is the drawing's share of what encoding the same frame takes at the default quality, which is what
    it adds to a render's CPU time where both matter.
    """
    video = probe(source)
    edit = edit_of(video, Fraction(0), Fraction(seconds), ctx)
    frames = [frame.planes for frame in clip_frames(video, edit, _RATE, round(seconds * _RATE))]
    encoding = _encoding_ms(frames, folder)
    found: dict[str, Any] = {}
    for listing in registry.listings("pizzazz"):
        try:
            found[listing.name] = _cost(listing.name, video, edit, frames, rounds, folder, ctx)
        except ClipyError as error:
            found[listing.name] = {"not_measured": str(error)}
            continue
        found[listing.name]["of_encoding"] = round(found[listing.name]["frame_ms"] / encoding, 3)
    return found


def _fitted(edit: Edit, video: Video) -> Edit:
    """The same, with the whole picture shown: what goes around a picture needs one that does not fill the output."""
    (shot,) = edit.crop.shots
    whole = Keyframe(shot.span.start, Box(0, 0, video.width, video.height))
    panel = Panel((whole,), (0, 0, edit.crop.width, edit.crop.height))
    return replace(edit, crop=replace(edit.crop, shots=(replace(shot, layout="fit", panels=(panel,)),)))


def _options(name: str, folder: Path) -> dict[str, Any]:
    """What a pizzazz cannot work without."""
    if name == "watermark":
        logo = folder / "logo.png"
        cv2.imwrite(str(logo), np.full((120, 360, 4), (60, 200, 250, 200), dtype=np.uint8))
        return {"image": str(logo)}
    return {"position": 0.72} if name == "captions" else {}


def _cost(
    name: str, video: Video, edit: Edit, frames: Sequence[Planes], rounds: int, folder: Path, ctx: Context
) -> dict[str, Any]:
    effect = registry.create("pizzazz", name, _options(name, folder))
    assert isinstance(effect, Pizzazz)
    edit = _fitted(edit, video) if name in _AROUND else edit
    began = time.process_time()
    edit = effect.plan(video, edit, ctx)
    planned = time.process_time() - began
    drawing, sounding = [], []
    for _ in range(rounds):
        if type(effect).frames is not Pizzazz.frames:
            plain = _spent(_copies(frames))
            drawing.append(_spent(effect.frames(_copies(frames), edit, ctx)) - plain)
        if type(effect).audio is not Pizzazz.audio:
            plain = _spent(_noise(edit))
            sounding.append(_spent(effect.audio(_noise(edit), edit, ctx)) - plain)
    return {
        "plan_ms": round(1000 * planned, 1),
        "frame_ms": round(1000 * median(drawing or [0.0]) / len(frames), 2),
        "sound_ms_per_s": round(1000 * median(sounding or [0.0]) / float(edit.duration), 2),
    }


def _spent(stream: Iterator[Any]) -> float:
    began = time.process_time()
    _run(stream)
    return time.process_time() - began


def _run(stream: Iterator[Any]) -> None:
    for item in stream:
        if isinstance(item, Frame):
            _ = item.planes  # what an effect left as RGB is converted back, as in a render


def _copies(frames: Sequence[Planes]) -> Iterator[Frame]:
    for index, (y, u, v) in enumerate(frames):
        yield Frame(index / _RATE, planes=(y.copy(), u.copy(), v.copy()))


def _noise(edit: Edit) -> Iterator[AudioBlock]:
    chance = np.random.default_rng(5)
    for begin in range(0, int(edit.duration * 48_000), _BLOCK):
        samples = chance.normal(0, 0.1, (2, _BLOCK)).astype(np.float32)
        yield AudioBlock(Fraction(begin, 48_000), samples, 48_000)


def _encoding_ms(frames: Sequence[Planes], folder: Path) -> float:
    began = time.process_time()
    with Mp4Writer(folder / "encoded.mp4", 1080, 1920, _RATE, X264().encoding(1080, 1920, _RATE)) as writer:
        for planes in frames:
            writer.write_frame(planes)
    return 1000 * (time.process_time() - began) / len(frames)
