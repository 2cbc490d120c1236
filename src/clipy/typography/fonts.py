"""Fonts: where they are, which characters each can draw, and which one draws a piece of text.

Fonts come from installed packages, so that captions look the same on every machine: display faces for Latin text,
Noto Sans for other scripts and for emoji, Noto Sans CJK when the extra ``cjk`` is installed. Only what none of them
covers is looked for among the system's own fonts.
"""

from __future__ import annotations

import logging
import os
import unicodedata
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

import uharfbuzz as hb
from uharfbuzz import HarfBuzzError

from clipy.storage.store import file_digest

log = logging.getLogger(__name__)

_DISPLAY = ("fontpkg_anton", "fontpkg_bebas_neue", "fontpkg_luckiest_guy", "fontpkg_poppins")  # asked for by looks
_PACKAGES = ("fontpkg_montserrat", "manimgx_fonts", "noto_cjk_sans_jp_bold")  # after the face that a look asks for
_SUFFIXES = (".ttf", ".otf", ".ttc")
_IGNORABLE = frozenset(chr(code) for code in (*range(0x200B, 0x2010), *range(0xFE00, 0xFE10), 0x2060, 0xFEFF))


@dataclass(frozen=True, slots=True)
class Face:
    """One face of a font file. ``weight`` is set on variable fonts; a static one has the weight it has."""

    path: Path
    index: int = 0
    weight: int = 700

    def covers(self, text: str) -> bool:
        """Whether there is a glyph for every character; joiners and variation selectors need none."""
        drawn = _coverage(self.path, self.index)
        return all(ord(char) in drawn or char in _IGNORABLE for char in text)


@dataclass(frozen=True, slots=True)
class Fonts:
    """A display face and all that stand in for it where it has no glyph."""

    first: Face

    def runs(self, text: str) -> list[tuple[Face, str]]:
        """Cut a word into pieces that one face can draw: the whole word where a face from a package covers it.

        Characters that no installed font has are left out of the picture, with one warning for each.
        """
        whole = next((face for face in self._packaged() if face.covers(text)), None)
        if whole is not None:
            return [(whole, text)]
        pieces: list[tuple[Face, str]] = []
        for cluster in _clusters(text):
            face = next((face for face in self._all() if face.covers(cluster)), None)
            if face is None:
                _missing(cluster)
            elif pieces and pieces[-1][0] == face:
                pieces[-1] = (face, pieces[-1][1] + cluster)
            else:
                pieces.append((face, cluster))
        return pieces

    def _packaged(self) -> Iterator[Face]:
        yield self.first
        for path in _package_fonts():
            yield Face(path, 0, self.first.weight)

    def _all(self) -> Iterator[Face]:
        yield from self._packaged()
        yield from _system_faces()


def packaged(package: str, pattern: str, weight: int) -> Face:
    """The face of a font package that every installation of clipy has."""
    return Face(next(path for path in _files(package) if path.match(pattern)), 0, weight)


@cache
def digests() -> tuple[str, ...]:
    """The sha256 of every font that a package brings: they decide what captions look like."""
    display = (path for package in _DISPLAY for path in _files(package))
    return tuple(file_digest(path) for path in (*display, *_package_fonts()))


@cache
def _package_fonts() -> tuple[Path, ...]:
    upright = (path for package in _PACKAGES for path in _files(package) if "Italic" not in path.name)
    return tuple(upright)


@cache
def _files(package: str) -> tuple[Path, ...]:
    spec = find_spec(package)
    roots = spec.submodule_search_locations if spec is not None and spec.submodule_search_locations else []
    found = (path for root in roots for path in Path(root).rglob("*") if path.suffix.lower() in _SUFFIXES)
    # Shorter names are the more general faces; the emoji face has digits too, and is no face for text.
    return tuple(sorted(found, key=lambda path: ("Emoji" in path.name, len(path.name), path.name)))


@cache
def _system_faces() -> tuple[Face, ...]:
    """The system's own fonts with outlines, bold and plain families first."""
    home, data = Path.home(), os.environ.get("LOCALAPPDATA", "")
    folders = [
        Path("/usr/share/fonts"),
        Path("/usr/local/share/fonts"),
        home / ".local/share/fonts",
        home / ".fonts",
        Path("/System/Library/Fonts"),
        Path("/Library/Fonts"),
        home / "Library/Fonts",
        Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts",
        *([Path(data) / "Microsoft/Windows/Fonts"] if data else []),
    ]
    files = [path for folder in folders if folder.is_dir() for path in folder.rglob("*")]
    faces = (Face(path) for path in files if path.suffix.lower() in _SUFFIXES)
    return tuple(sorted((face for face in faces if _coverage(face.path, face.index)), key=_plainness))


def _plainness(face: Face) -> tuple[bool, bool, str]:
    name = face.path.name.lower()
    odd = any(part in name for part in ("mono", "serif", "italic", "oblique", "condensed", "math", "light", "thin"))
    return odd, "bold" not in name, name


@cache
def _missing(cluster: str) -> None:
    names = ", ".join(unicodedata.name(char, f"U+{ord(char):04X}") for char in cluster)
    log.warning(
        'no installed font draws "%s" (%s): captions leave it out. For Chinese, Japanese and Korean: '
        'pip install "clipy[cjk]"; for other scripts install a font that has it',
        cluster,
        names,
    )


def _clusters(text: str) -> list[str]:
    """Characters with the marks, joiners and modifiers that belong to them."""
    clusters: list[str] = []
    for char in text:
        mark = unicodedata.category(char) in ("Mn", "Mc", "Me", "Sk") or char in _IGNORABLE
        if clusters and (mark or clusters[-1].endswith("\u200d")):
            clusters[-1] += char
        else:
            clusters.append(char)
    return clusters


@cache
def _coverage(path: Path, index: int) -> AbstractSet[int]:
    """The code points that a face has glyphs for; none for a face without outlines, or a file that is no font."""
    try:
        face = opened(path, index)
    except HarfBuzzError as error:
        log.warning("%s: this font cannot be read and is passed over (%s)", path, error)
        return frozenset()
    if not face.glyph_count:
        log.warning("%s: this is no font and is passed over", path)
        return frozenset()
    drawn = {"glyf", "CFF ", "CFF2"}.intersection(face.table_tags)  # bitmaps only, as in some colour emoji fonts
    return frozenset(face.unicodes) if drawn else frozenset()


@lru_cache(maxsize=64)
def opened(path: Path, index: int) -> hb.Face:
    """A face of a font file or collection. Raises HarfBuzzError where there is no such file."""
    return hb.Face(hb.Blob.from_file_path(str(path)), index)
