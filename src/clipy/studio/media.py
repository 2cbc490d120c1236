"""Pictures and sound for the pages. Files are found by the names of clips, never by a path that a page gives."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from clipy.errors import MediaError
from clipy.media.probe import probe
from clipy.media.read import pictures
from clipy.storage.store import write_atomically
from clipy.studio.project import NotFound, Project, Row
from clipy.studio.state import project_of, studio_of
from clipy.types import Seconds, Video, seconds

_KINDS = {".mp4": "video/mp4", ".mov": "video/quicktime", ".mkv": "video/x-matroska", ".webm": "video/webm"}
_THUMBNAIL = 320  # pixels high
_QUALITY = 80
_MOMENT = Fraction(1, 3)  # of a clip: its thumbnail


def jpeg(picture: NDArray[np.uint8]) -> bytes:
    """An RGB picture as a JPEG."""
    bgr = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return data.tobytes()


def picture_at(video: Video, time: Seconds, height: int) -> NDArray[np.uint8]:
    """The picture on screen at a time. Raises MediaError."""
    last = max(Fraction(0), video.duration - 1 / video.frame_rate)
    at = min(max(Fraction(0), time), last)
    for _, picture in pictures(video, video.span, times=[at], height=min(height, video.height)):
        return picture
    raise MediaError("there is no picture", where=video.path)


def _video(request: Request) -> Response:
    project, row = named(request)
    path = project.file(row)
    if path is None:
        raise NotFound("this clip has no file yet", where=row.id, do="Render it first")
    kind = _KINDS.get(path.suffix.lower(), "application/octet-stream")
    return FileResponse(path, media_type=kind, headers={"cache-control": "no-cache"})


def _thumbnail(request: Request) -> Response:
    project, row = named(request)
    path = project.file(row)
    if path is not None:
        data = _kept(project, f"{row.id}-{path.stat().st_mtime_ns}", lambda: _of_clip(path))
    else:
        start, length = seconds(row.clip.start), row.clip.span.duration
        name = f"{row.id}-{float(start):.3f}"
        data = _kept(project, name, lambda: _of_source(request, project, start + length * _MOMENT))
    return Response(data, media_type="image/jpeg", headers={"cache-control": "private, max-age=60"})


def _of_clip(path: Path) -> bytes:
    video = probe(path)
    return jpeg(picture_at(video, video.duration * _MOMENT, _THUMBNAIL))


def _of_source(request: Request, project: Project, time: Seconds) -> bytes:
    return jpeg(picture_at(studio_of(request).bench(project).probed, time, _THUMBNAIL // 2))


def _kept(project: Project, name: str, make: Callable[[], bytes]) -> bytes:
    path = project.private / "thumbnails" / f"{name}.jpg"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, make())
    return path.read_bytes()


def named(request: Request) -> tuple[Project, Row]:
    """The project and the clip that an address names. Raises NotFound."""
    project = project_of(request)
    return project, project.row(request.path_params["clip"])


routes = [
    Route("/p/{project}/clips/{clip}/video", _video),
    Route("/p/{project}/clips/{clip}/thumbnail.jpg", _thumbnail),
]
