"""OpenTimelineIO files (.otio), as DaVinci Resolve, Premiere Pro, Avid and many pipelines import them.

The file is JSON with documented schemas (https://opentimelineio.readthedocs.io, "Serialized data file format"), and
written as such: the library has no wheels for some of the Pythons and systems that clipy runs on. The format knows no
animated transforms; crop windows are an effect named ``clipy.crop`` whose metadata hold the panels of ``crops.json``.
"""

from __future__ import annotations

import json
from fractions import Fraction

from clipy.documents import number
from clipy.export.timeline import Segment, Timeline, windows
from clipy.types import Json, Panel, Span


def otio(timeline: Timeline) -> str:
    """One clip as an ``.otio`` file: a video track, a sound track where there is sound, captions as markers."""
    kinds = ["Video", "Audio"] if timeline.video.audio else ["Video"]
    stack = _item("Stack.1", "tracks", children=[_track(timeline, kind) for kind in kinds], markers=_markers(timeline))
    document = {
        "OTIO_SCHEMA": "Timeline.1",
        "name": timeline.name,
        "metadata": {"clipy": {"title": timeline.title, "reason": timeline.reason, **_size(timeline)}},
        "global_start_time": None,
        "tracks": stack,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _track(timeline: Timeline, kind: str) -> Json:
    clips = [_clip(timeline, segment, kind) for segment in timeline.segments]
    return {**_item("Track.1", kind, children=clips), "kind": kind}


def _clip(timeline: Timeline, segment: Segment, kind: str) -> Json:
    video = timeline.video
    reference = {
        "OTIO_SCHEMA": "ExternalReference.1",
        "metadata": {},
        "name": video.path.name,
        "available_range": _range(0, timeline.frames(video.duration), timeline.rate),
        "available_image_bounds": None,
        "target_url": video.path.resolve().as_uri(),
    }
    item = _item("Clip.2", video.path.name, effects=[_crop(timeline, segment)] if kind == "Video" else [])
    return {
        **item,
        "source_range": _range(segment.start, segment.length, timeline.rate),
        "media_references": {"DEFAULT_MEDIA": reference},
        "active_media_reference_key": "DEFAULT_MEDIA",
    }


def _crop(timeline: Timeline, segment: Segment) -> Json:
    span = Span(timeline.seconds(segment.start), timeline.seconds(segment.end))
    return {
        "OTIO_SCHEMA": "Effect.1",
        "name": "crop",
        "effect_name": "clipy.crop",
        "enabled": True,
        "metadata": {
            "clipy": {
                "layout": segment.shot.layout,
                "output": _size(timeline),
                "panels": [_panel(panel, span) for panel in segment.shot.panels],
            }
        },
    }


def _panel(panel: Panel, span: Span) -> Json:
    """Keyframes in source time, as in ``crops.json``."""
    keys = [
        {"time": number(key.time), "x1": key.box.x1, "y1": key.box.y1, "x2": key.box.x2, "y2": key.box.y2}
        for key in windows(panel, span)
    ]
    return {"keyframes": keys, "into": list(panel.into)}


def _markers(timeline: Timeline) -> list[Json]:
    """Each caption where it is on screen: its text is the marker's name and comment."""
    markers = []
    for card in timeline.cards:
        start, end = timeline.frames(card.span.start), timeline.frames(card.span.end)
        text = " ".join(word.text for word in card.words)
        markers.append(
            {
                "OTIO_SCHEMA": "Marker.2",
                "name": text,
                "comment": text,
                "color": "YELLOW",
                "marked_range": _range(start, max(1, end - start), timeline.rate),
                "metadata": {},
            }
        )
    return markers


def _item(schema: str, name: str, **more: Json) -> dict[str, Json]:
    empty: dict[str, Json] = {"source_range": None, "effects": [], "markers": [], "enabled": True, "metadata": {}}
    return {"OTIO_SCHEMA": schema, "name": name, **empty, **more}


def _range(start: int, length: int, rate: Fraction) -> Json:
    return {
        "OTIO_SCHEMA": "TimeRange.1",
        "start_time": _time(start, rate),
        "duration": _time(length, rate),
    }


def _time(frames: int, rate: Fraction) -> Json:
    return {"OTIO_SCHEMA": "RationalTime.1", "rate": float(rate), "value": float(frames)}


def _size(timeline: Timeline) -> dict[str, Json]:
    return {"width": timeline.width, "height": timeline.height}
