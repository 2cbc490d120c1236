"""Clips of a run as edits: what ``clips.json`` says of them, in source time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clipy.edits import ClipEdits, EditedWord
from clipy.entries import number
from clipy.types import CropPath, Edit, Json, Seconds, Span, seconds


def edits_of(name: str, entry: Mapping[str, Json]) -> ClipEdits:
    """An entry of ``clips``, ``rejected`` or ``candidates`` as edits. Raises ValidationError for one that is odd."""
    kept = ("start", "end", "title", "score", "reason", "details", "output", "crop", "language", "speakers")
    values: dict[str, Any] = {key: entry[key] for key in kept if entry.get(key) is not None}
    sound = entry.get("sound") or {}
    values |= {key: sound[key] for key in ("gain", "sides") if isinstance(sound, dict) and sound.get(key)}
    found = ClipEdits.model_validate({"id": name, **values})
    if entry.get("crop") and isinstance(entry.get("words"), list):
        words = [_word(word, _timeline(entry, found)) for word in entry["words"]]
        found = found.changed(words=[word.model_dump(mode="json") for word in words])
    return found.changed(rendered=found.recipe()) if entry.get("crop") else found


def _timeline(entry: Mapping[str, Json], found: ClipEdits) -> Edit:
    keep = entry.get("keep") or [[found.start, found.end]]
    spans = tuple(Span(seconds(start), seconds(end)) for start, end in keep)
    return Edit(found.highlight(), CropPath(2, 2, ()), spans)


def _word(word: Mapping[str, Json], timeline: Edit) -> EditedWord:
    start, end = word.get("source") or (_in_source(timeline, word["start"]), _in_source(timeline, word["end"]))
    more = {key: word.get(key) for key in ("speaker", "language")}
    return EditedWord(text=str(word["text"]).strip() or "…", start=start, end=max(start, end), **more)


def _in_source(timeline: Edit, time: float) -> float:
    at: Seconds = timeline.source_time(seconds(time))
    return number(at)
