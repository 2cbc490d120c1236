"""Credits and license of a track: from a file beside it, its tags, or a file in its folder."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from clipy.media.audio_file import audio_file_tags
from clipy.types import Json

log = logging.getLogger(__name__)

_MAX_TEXT = 1000  # characters
_LICENSE_FILES = ("license", "licence", "copying", "credits", "attribution")
_KEYS = {
    "title": ("title",),
    "artist": ("artist", "author", "composer"),
    "license": ("license", "licence", "copyright"),
    "credit": ("credit", "credits", "attribution"),
    "source": ("source", "url", "website", "purl", "woas"),
}


@dataclass(frozen=True, slots=True)
class Credit:
    """Attribution of a track; unknown fields are empty. ``found`` names the place where the license was found."""

    title: str = ""
    artist: str = ""
    license: str = ""
    credit: str = ""
    source: str = ""
    found: str = ""


def credit_of(track: Path, root: Path) -> Credit:
    """The credit of a track in a music folder, from a JSON file beside it, a text file, its tags, or its folders."""
    credit = Credit()
    for source, fields in _sources(track, root):
        if fields.get("license") and not credit.license:
            credit = replace(credit, found=source)
        credit = replace(credit, **{key: value for key, value in fields.items() if not getattr(credit, key)})
    if not credit.license and not credit.credit:
        log.warning("No license found for the music track %s. Make sure that you may use it.", track.name)
    return credit if credit.title else replace(credit, title=track.stem)


def credit_files(root: Path) -> list[Path]:
    """Every file below a music folder that may hold credits."""
    files = [path for path in root.rglob("*") if path.is_file()]
    return sorted(path for path in files if path.suffix.lower() in {".json", ".txt"} or _is_license_file(path))


def _sources(track: Path, root: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    for path in (track.with_suffix(".json"), track.with_name(track.name + ".json")):
        if path.is_file():
            yield path.name, _known_fields(_read_json(path))
    for path in (track.with_suffix(".txt"), track.with_name(track.name + ".txt")):
        if path.is_file():
            yield path.name, {"license": _read_text(path)}
    yield "tags", _known_fields(audio_file_tags(track))
    for folder in (track.parent, *track.parent.parents):
        for path in sorted(folder.iterdir()):
            if path.is_file() and _is_license_file(path):
                yield path.name, {"license": _read_text(path)}
        if folder == root:
            return


def _is_license_file(path: Path) -> bool:
    return path.name.lower().startswith(_LICENSE_FILES) and path.suffix.lower() in {"", ".txt", ".md"}


def _known_fields(values: Mapping[str, Json]) -> dict[str, str]:
    lower = {str(key).lower(): str(value).strip()[:_MAX_TEXT] for key, value in values.items() if value}
    fields = {name: next((lower[key] for key in keys if key in lower), "") for name, keys in _KEYS.items()}
    return {name: value for name, value in fields.items() if value}


def _read_json(path: Path) -> Mapping[str, Json]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        log.warning("Ignoring the credits in %s: not valid JSON (%s)", path.name, error)
        return {}
    return values if isinstance(values, dict) else {}


def _read_text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace").strip()[:_MAX_TEXT]
