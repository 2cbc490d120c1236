"""What ``--debug`` saves as data: the tracks, and every decision about a clip. docs/debugging.md describes both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clipy import documents
from clipy.analysis.faces.tracking.tracks import grid
from clipy.backend import Backend
from clipy.errors import DocumentError
from clipy.pipeline.debug.scene import Scene
from clipy.types import Box, CropShot, Finding, Json, Span, Track, seconds

TRACKS = "clipy.tracks/1"
DECISIONS = "clipy.decisions/1"

Side = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Span(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    start: float
    end: float


class _Track(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    id: int
    identity: int | None = None
    shot: _Span
    times: list[float]
    boxes: list[tuple[Side, Side, Side, Side]]
    confidence: list[Share]
    speaking: list[Share] = []


class _Tracks(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    tracks: list[_Track]


def tracks_json(scene: Scene) -> Json:
    """The faces of a clip's stretch: times in seconds and boxes in pixels of the source, scores in 0..1."""
    return {
        "schema": TRACKS,
        "source": documents.source(scene.video),
        **_place(scene.span),
        "shots": [_place(shot.span) for shot in scene.shots],
        "tracks": [{**_track_json(track), "speaker": scene.names.get(track.id)} for track in scene.tracks],
    }


def read_tracks(path: Path) -> list[Track]:
    """The tracks of such a file, as the analysers make them. Raises DocumentError."""
    try:
        found = _Tracks.model_validate(documents.read_json(path))
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(map(str, problem["loc"]))
        raise DocumentError(f"this is not a tracks file ({place}: {problem['msg']})", where=path) from None
    return [_track(track, path) for track in found.tracks]


def decisions_json(scene: Scene, backends: Sequence[Backend], findings: Sequence[Finding]) -> Json:
    """What was decided about a clip, by which backends with which options, and what the reviewers found."""
    edit = scene.edit
    return {
        "schema": DECISIONS,
        "source": documents.source(scene.video),
        **_place(edit.highlight.span),
        "title": edit.highlight.title,
        "score": edit.highlight.score,
        "reason": edit.highlight.reason,
        "features": dict(edit.highlight.details),
        "language": edit.language,
        "words": [{"text": word.text, **_place(word.span), "speaker": word.speaker} for word in edit.words],
        "cuts": [documents.number(time) for time in scene.cuts()],
        "camera": [_camera(scene, shot) for shot in edit.crop.shots],
        "output": {"width": edit.crop.width, "height": edit.crop.height},
        "keep": [_place(span) for span in edit.keep],
        "plans": dict(edit.plans),
        "findings": [documents.finding_json(finding) for finding in findings],
        "backends": [
            {"stage": backend.group, "name": backend.name, "options": backend.options.model_dump(mode="json")}
            for backend in backends
        ],
    }


def _camera(scene: Scene, shot: CropShot) -> Json:
    """One stretch: its layout and, for each panel, its windows and the track that it holds for longest."""
    held: list[Counter[int | None]] = [Counter() for _ in shot.panels]
    for time in grid(shot.span):
        for counter, target in zip(held, scene.targets(time), strict=False):
            counter[target] += 1
    panels = [
        {
            "into": list(panel.into),
            "holds": counter.most_common(1)[0][0] if counter else None,
            "moves": len(panel.keyframes) > 1,
            "windows": [
                {"time": documents.number(keyframe.time), "box": _rounded(keyframe.box)} for keyframe in panel.keyframes
            ],
        }
        for panel, counter in zip(shot.panels, held, strict=True)
    ]
    return {**_place(shot.span), "layout": shot.layout, "panels": panels}


def _track_json(track: Track) -> Json:
    return {
        "id": track.id,
        "identity": track.identity,
        "shot": _place(track.shot),
        "times": np.round(track.times, 5).tolist(),
        "boxes": np.round(track.boxes.astype(np.float64), 2).tolist(),
        "confidence": np.round(track.confidence.astype(np.float64), 4).tolist(),
        "speaking": np.round(track.speaking.astype(np.float64), 4).tolist(),
    }


def _track(given: _Track, path: Path) -> Track:
    lengths = {len(given.times), len(given.boxes), len(given.confidence), len(given.speaking) or len(given.times)}
    if len(lengths) > 1:
        raise DocumentError(f"track {given.id} has not as many boxes and scores as times", where=path)
    return Track(
        given.id,
        Span(seconds(given.shot.start), seconds(given.shot.end)),
        np.array(given.times, dtype=np.float64),
        np.array(given.boxes, dtype=np.float32).reshape(-1, 4),
        np.array(given.confidence, dtype=np.float32),
        np.array(given.speaking, dtype=np.float32),
        given.identity,
    )


def _place(span: Span) -> Json:
    return {"start": documents.number(span.start), "end": documents.number(span.end)}


def _rounded(box: Box) -> list[float]:
    return [round(side, 3) for side in (box.x1, box.y1, box.x2, box.y2)]
