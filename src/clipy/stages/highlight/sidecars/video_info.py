"""What yt-dlp writes of a video to ``VIDEO.info.json``: title, description, chapters, and the "most replayed" graph."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clipy.errors import DocumentError
from clipy.types import Array

_LARGEST = 64 << 20  # bytes; with the addresses of all formats and captions it has some megabytes
_MOST = 20_000  # points, or chapters
_OPENING = 0.02  # of the video: everybody's first seconds, which tells nothing of what was liked
_LINK = re.compile(r"https?://\S+|[#@]\w+")
_PARAGRAPH = 400  # characters of the description: what comes first is on the video, then come links and sponsors
T = TypeVar("T")

Time = Annotated[float, Field(allow_inf_nan=False)]


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Point(_Lenient):
    """How often a part was replayed, as a share of the most replayed part."""

    start_time: Time
    end_time: Time
    value: Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Chapter(_Lenient):
    """A part that the uploader named, in seconds."""

    start_time: Time
    end_time: Time | None = None
    title: str | None = None


class VideoInfo(_Lenient):
    """The keys that are read; all are optional, and null where a site has none."""

    title: str | None = None
    description: str | None = None
    chapters: Annotated[list[Chapter], Field(max_length=_MOST)] | None = None
    heatmap: Annotated[list[Point], Field(max_length=_MOST)] | None = None

    @property
    def promise(self) -> str:
        """What the title and the first paragraph of the description say, without links and tags."""
        paragraph = (self.description or "").strip().partition("\n\n")[0][:_PARAGRAPH]
        return " ".join(_LINK.sub(" ", f"{self.title or ''}. {paragraph}").split()).strip(". ")


def read_info(path: Path) -> VideoInfo:
    """The info of a video. Raises DocumentError."""
    try:
        if path.stat().st_size > _LARGEST:
            raise DocumentError("it is far too large for the info of a video", where=path, do="Is it the right file?")
        return VideoInfo.model_validate(json.loads(path.read_text(encoding="utf-8-sig")))
    except OSError as error:
        raise DocumentError(f"cannot read it ({error.strerror})", where=path, do="Check its name") from error
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"]) or "the document"
        raise DocumentError(f"{place}: {problem['msg']}", where=path, do="Download it again, or remove it") from None
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"not valid JSON ({error})", where=path, do="Download it again, or remove it") from error


def replayed(points: list[Point], duration: float) -> NDArray[np.float64] | None:
    """For each second of a video the share of seconds that are replayed less, in 0..1; None where no graph is told.

    The first of its parts is always replayed most, since everybody begins there: it counts as much as the median.
    """
    heat = np.full(max(1, int(np.ceil(duration))), np.nan)
    for point in sorted(points, key=lambda point: point.start_time):
        first, beyond = (int(np.clip(edge, 0, len(heat))) for edge in (point.start_time, np.ceil(point.end_time)))
        heat[first:beyond] = point.value
    if np.isnan(heat).mean() > 0.5 or np.nanmin(heat) == np.nanmax(heat):
        return None
    heat[: max(1, round(_OPENING * len(heat)))] = np.nan
    heat = np.where(np.isnan(heat), np.nanmedian(heat), heat)
    return _ranked(heat)


def _ranked(values: Array) -> NDArray[np.float64]:
    """Each value as the share of values below it, equal ones counting half."""
    ordered = np.sort(values)
    below = np.searchsorted(ordered, values, side="left") + np.searchsorted(ordered, values, side="right")
    return np.asarray(below / 2 / len(values), dtype=np.float64)
