"""Whose music it is, and under which licence: from a file beside the track, its tags, or a file of its folder."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from clipy.media.audio_file import audio_file_tags
from clipy.types import Json

log = logging.getLogger(__name__)

_LONGEST = 1000  # characters of a text that are kept
_FOLDER_FILES = ("license", "licence", "copying", "credits", "attribution")
_KEYS = {
    "title": ("title",),
    "artist": ("artist", "author", "composer"),
    "license": ("license", "licence", "copyright"),
    "credit": ("credit", "credits", "attribution"),
    "source": ("source", "url", "website", "purl", "woas"),
}


@dataclass(frozen=True, slots=True)
class Credit:
    """What must or may be said about a track; empty where nothing is known. ``found`` is where the licence stands."""

    title: str = ""
    artist: str = ""
    license: str = ""
    credit: str = ""
    source: str = ""
    found: str = ""


def credit_of(track: Path, root: Path) -> Credit:
    """What is known about a track of a music folder; first a JSON file beside it, a text, its tags, its folder."""
    credit = Credit()
    for name, fields in _told(track, root):
        if fields.get("license") and not credit.license:
            credit = replace(credit, found=name)
        credit = replace(credit, **{key: value for key, value in fields.items() if not getattr(credit, key)})
    if not credit.license and not credit.credit:
        log.warning("no licence was found for the music %s: make sure that you may use it", track.name)
    return credit if credit.title else replace(credit, title=track.stem)


def credit_files(root: Path) -> list[Path]:
    """Every file below a music folder that may tell a licence."""
    found = [path for path in root.rglob("*") if path.is_file()]
    return sorted(path for path in found if path.suffix.lower() in {".json", ".txt"} or _tells(path))


def _told(track: Path, root: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    for path in (track.with_suffix(".json"), track.with_name(track.name + ".json")):
        if path.is_file():
            yield path.name, _fields(_json(path))
    for path in (track.with_suffix(".txt"), track.with_name(track.name + ".txt")):
        if path.is_file():
            yield path.name, {"license": _text(path)}
    yield "tags", _fields(audio_file_tags(track))
    for folder in (track.parent, *track.parent.parents):
        for path in sorted(folder.iterdir()):
            if path.is_file() and _tells(path):
                yield path.name, {"license": _text(path)}
        if folder == root:
            return


def _tells(path: Path) -> bool:
    return path.name.lower().startswith(_FOLDER_FILES) and path.suffix.lower() in {"", ".txt", ".md"}


def _fields(told: Mapping[str, Json]) -> dict[str, str]:
    """The known keys of a JSON file or of tags."""
    small = {str(key).lower(): str(value).strip()[:_LONGEST] for key, value in told.items() if value}
    found = {name: next((small[key] for key in keys if key in small), "") for name, keys in _KEYS.items()}
    return {name: value for name, value in found.items() if value}


def _json(path: Path) -> Mapping[str, Json]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        log.warning("%s is no JSON (%s): it says nothing about the licence", path.name, error)
        return {}
    return told if isinstance(told, dict) else {}


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace").strip()[:_LONGEST]
