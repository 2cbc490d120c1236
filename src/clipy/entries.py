"""The entries that the JSON documents share: what has a place in the source, and where to look in it.

Times are seconds as numbers, boxes are pixels; more keys than are read may be there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from clipy.errors import DocumentError
from clipy.types import (
    Box,
    CropPath,
    CropShot,
    Highlight,
    Json,
    Keyframe,
    Layout,
    Panel,
    Seconds,
    Span,
    seconds,
)

_Model = TypeVar("_Model", bound=BaseModel)
Time = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Pixel = Annotated[float, Field(allow_inf_nan=False)]


class Lenient(BaseModel):
    """An entry that may hold more keys than are read."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Spanned(Lenient):
    """What has a place in the source."""

    start: Time
    end: Time
    title: str = ""
    score: float = Field(0.0, ge=0, le=1)
    reason: str = ""
    details: dict[str, float] = {}

    @model_validator(mode="after")
    def _has_length(self) -> Spanned:
        if self.end <= self.start:
            raise ValueError(f"end {self.end} is not after start {self.start}")
        return self

    def highlight(self) -> Highlight:
        span = Span(seconds(self.start), seconds(self.end))
        return Highlight(span, self.score, self.title, self.reason, self.details)


class _Keyframe(Lenient):
    time: Time
    x1: Pixel
    y1: Pixel
    x2: Pixel
    y2: Pixel


class _Panel(Lenient):
    keyframes: list[_Keyframe] = Field(min_length=1)
    into: tuple[int, int, int, int]


class CropShotEntry(Lenient):
    """How one stretch of the source is laid out."""

    start: Time
    end: Time
    layout: Layout = "single"
    panels: list[_Panel] = Field(min_length=1)


class Size(Lenient):
    """Width and height in pixels."""

    width: int = Field(gt=0)
    height: int = Field(gt=0)


class Cropped(Spanned):
    """An entry of ``crops.json``."""

    crop: list[CropShotEntry] = Field(min_length=1)
    output: Size | None = None


def read_json(path: Path) -> Json:
    """A JSON file. Raises DocumentError."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DocumentError(f"cannot read the file ({error.strerror})", where=path, do="Check its name") from error
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"not valid JSON ({error})", where=path, do="Correct it, or write it again") from error


def number(time: Seconds) -> float:
    """Exact seconds as a JSON number, to the microsecond."""
    return round(float(time), 6)


def entries_of(path: Path, name: str, kind: type[_Model]) -> list[_Model]:
    """The entries of a list in a document, checked. Raises DocumentError."""
    document = read_json(path)
    found = document.get(name) if isinstance(document, dict) else document
    if not isinstance(found, list):
        raise DocumentError(f"no list of {name}", where=path, do=f'Write [{{...}}] or {{"{name}": [{{...}}]}}')
    entries = []
    for position, entry in enumerate(found):
        try:
            entries.append(kind.model_validate(entry))
        except ValidationError as error:
            problem = error.errors()[0]
            place = ".".join(str(part) for part in (name, position, *problem["loc"]))
            raise DocumentError(f"{place}: {problem['msg']}", where=path, do="Correct it") from None
    return entries


def highlight_json(highlight: Highlight) -> dict[str, Json]:
    """When it is, and why."""
    return {
        "start": number(highlight.span.start),
        "end": number(highlight.span.end),
        "title": highlight.title,
        "score": round(highlight.score, 4),
        "reason": highlight.reason,
        "details": {name: round(value, 4) for name, value in highlight.details.items()},
    }


def crop_json(path: CropPath) -> dict[str, Json]:
    """The keys ``output`` and ``crop``."""
    shots = [
        {
            "start": number(shot.span.start),
            "end": number(shot.span.end),
            "layout": shot.layout,
            "panels": [_panel(panel) for panel in shot.panels],
        }
        for shot in path.shots
    ]
    return {"output": {"width": path.width, "height": path.height}, "crop": shots}


def _panel(panel: Panel) -> Json:
    keyframes = [
        {"time": number(key.time)} | {side: round(getattr(key.box, side), 3) for side in ("x1", "y1", "x2", "y2")}
        for key in panel.keyframes
    ]
    return {"keyframes": keyframes, "into": list(panel.into)}


def crop_path(crop: Iterable[CropShotEntry], output: Size | None) -> CropPath:
    """The windows over time that a document describes."""
    shots = tuple(
        CropShot(
            Span(seconds(shot.start), seconds(max(shot.start, shot.end))),
            shot.layout,
            tuple(Panel(tuple(_keyframe(key) for key in panel.keyframes), panel.into) for panel in shot.panels),
        )
        for shot in crop
    )
    corners = [panel.into for shot in shots for panel in shot.panels]
    size = output or Size(width=max(c[2] for c in corners), height=max(c[3] for c in corners))
    return CropPath(size.width, size.height, shots)


def _keyframe(key: _Keyframe) -> Keyframe:
    return Keyframe(seconds(key.time), Box(key.x1, key.y1, key.x2, key.y2))
