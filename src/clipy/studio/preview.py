"""How a clip will look, before it is rendered: captions as transparent pictures, and exact stills."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from clipy.context import Context
from clipy.edits import ClipEdits
from clipy.errors import InputError, MediaError
from clipy.media.frame import Frame
from clipy.pipeline.edited import plan_edited, with_own_pizzazz
from clipy.pipeline.pipeline import Pipeline
from clipy.stages.base import Pizzazz
from clipy.stages.render.encoding.frames import clip_frames, output_rate
from clipy.stages.streams import with_frame_effects
from clipy.studio.media import jpeg
from clipy.studio.workbench import Workbench
from clipy.types import Edit, Seconds, Span, Video

CAPTIONS = "captions"


def caption_picture(bench: Workbench, item: ClipEdits, time: Seconds) -> bytes:
    """What the captions show at a time of the source: a PNG as large as the clip, transparent elsewhere."""
    own = _captions_only(with_own_pizzazz(bench.pipeline, item))
    edit = planned(bench, own, item)
    size = edit.crop.height, edit.crop.width
    at = edit.clip_time(time)
    dark, bright = (
        _drawn(Frame(at, rgb=np.full((*size, 3), shade, np.uint8)), edit, own, bench.ctx) for shade in (0, 255)
    )
    return _png(dark, bright)


def still(bench: Workbench, item: ClipEdits, time: Seconds) -> bytes:
    """The finished frame at a time of the source, with all that is added, as a JPEG."""
    own = with_own_pizzazz(bench.pipeline, item)
    edit = planned(bench, own, item)
    frame = _composed(bench.video, edit, time)
    return jpeg(_drawn(frame, edit, own, bench.ctx))


def style_picture(bench: Workbench, item: ClipEdits, time: Seconds, preset: str) -> bytes:
    """The finished frame at a time with captions in another style, for the gallery; nothing else is added."""
    entries = [entry for entry in item.pizzazz or () if entry["backend"] == CAPTIONS]
    changed = item.changed(pizzazz=[{"backend": CAPTIONS, "preset": preset, **_without_style(entries)}])
    return still(bench, changed, time)


def _without_style(entries: list[dict[str, object]]) -> dict[str, object]:
    styled = {
        "backend",
        "preset",
        "text_color",
        "highlight_color",
        "outline_color",
        "font",
        "brand",
        "size",
        "uppercase",
    }
    return {name: value for entry in entries[:1] for name, value in entry.items() if name not in styled}


def planned(bench: Workbench, own: Pipeline, item: ClipEdits) -> Edit:
    """The clip's plan, which stays in memory for a while: the page asks for one card after the other."""
    if item.crop is None:
        raise InputError("this clip has no crop yet", do="Make it first")
    key = f"{item.recipe()} {[(one.name, one.options) for one in own.pizzazz]}"
    return bench.remembered(key, lambda: plan_edited(own, bench.video, item, bench.context().at("render")))


def _captions_only(pipeline: Pipeline) -> Pipeline:
    return replace(pipeline, pizzazz=tuple(one for one in pipeline.pizzazz if one.name == CAPTIONS))


def _composed(video: Video, edit: Edit, time: Seconds) -> Frame:
    """The source's picture at a time, cropped and scaled, at its time in the clip."""
    rate = output_rate(video.frame_rate)
    last = edit.keep[-1].end - 1 / rate
    at = max(edit.keep[0].start, min(time, last))
    alone = replace(edit, keep=(Span(at, at + 1 / rate),))
    for frame in clip_frames(video, alone, rate, 1):
        return Frame(edit.clip_time(at), planes=frame.planes)
    raise MediaError("there is no picture at this time", where=video.path)


def _drawn(frame: Frame, edit: Edit, pipeline: Pipeline, ctx: Context) -> NDArray[np.uint8]:
    effects: tuple[Pizzazz, ...] = pipeline.pizzazz
    for drawn in with_frame_effects(iter([frame]), edit, effects, ctx):
        return np.asarray(drawn.rgb, np.uint8)
    raise MediaError("nothing was drawn", do="Render the clip to see it")


def _png(dark: NDArray[np.uint8], bright: NDArray[np.uint8]) -> bytes:
    """The picture that was drawn, from how it looks on black and on white: what shows through is transparent."""
    through = (bright.astype(np.int16) - dark).min(axis=2)
    alpha = np.clip(255 - through, 0, 255).astype(np.uint8)
    alpha[alpha < 8] = 0  # rounding of the conversion to YUV and back
    scale = np.maximum(alpha, 1)[..., None].astype(np.float32)
    color = np.clip(dark.astype(np.float32) * 255 / scale, 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".png", np.dstack([color[..., ::-1], alpha]), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    return data.tobytes()
