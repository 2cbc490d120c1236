"""Fonts: discovery, character coverage and fallback.

Fonts come from installed packages, so that captions look the same on every machine: display faces for Latin text,
Noto Sans for other scripts and for emoji, Noto Sans CJK with the extra ``cjk``. System fonts are searched only for
characters that none of these covers.
"""

from __future__ import annotations

import logging
import os
import unicodedata
from collections import Counter
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

import uharfbuzz as hb
from uharfbuzz import HarfBuzzError

from clipy.errors import ConfigError
from clipy.storage.store import file_digest

log = logging.getLogger(__name__)

_DISPLAY_PACKAGES = ("fontpkg_anton", "fontpkg_bebas_neue", "fontpkg_luckiest_guy", "fontpkg_poppins")
_FALLBACK_PACKAGES = ("fontpkg_montserrat", "manimgx_fonts", "noto_cjk_sans_jp_bold")  # in order of preference
_EAST_ASIAN = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "FULLWIDTH")  # scripts of the extra cjk
_MANY = 0.02  # share of a text's letters that may be missing: a name in another script
_SUFFIXES = (".ttf", ".otf", ".ttc")
_IGNORABLE = frozenset(chr(code) for code in (*range(0x200B, 0x2010), *range(0xFE00, 0xFE10), 0x2060, 0xFEFF))


@dataclass(frozen=True, slots=True)
class Face:
    """One face of a font file. ``weight`` (CSS font-weight) applies to variable fonts; static ones ignore it."""

    path: Path
    index: int = 0
    weight: int = 700

    def covers(self, text: str) -> bool:
        """Whether the face has a glyph for every character; joiners and variation selectors need none."""
        code_points = _coverage(self.path, self.index)
        return all(ord(char) in code_points or char in _IGNORABLE for char in text)


@dataclass(frozen=True, slots=True)
class FontStack:
    """A display face with its fallbacks for characters that it has no glyph for."""

    primary: Face

    def runs(self, text: str) -> list[tuple[Face, str]]:
        """Split a word into runs of one face each; a single run where a packaged face covers the whole word.

        Characters that no installed font covers are dropped, with one warning for each.
        """
        whole = next((face for face in self._packaged_faces() if face.covers(text)), None)
        if whole is not None:
            return [(whole, text)]
        runs: list[tuple[Face, str]] = []
        for cluster in _grapheme_clusters(text):
            face = next((face for face in self._all_faces() if face.covers(cluster)), None)
            if face is None:
                _warn_missing_glyph(cluster)
            elif runs and runs[-1][0] == face:
                runs[-1] = (face, runs[-1][1] + cluster)
            else:
                runs.append((face, cluster))
        return runs

    def _packaged_faces(self) -> Iterator[Face]:
        yield self.primary
        for path in _fallback_files():
            yield Face(path, 0, self.primary.weight)

    def _all_faces(self) -> Iterator[Face]:
        yield from self._packaged_faces()
        yield from _system_faces()


def require_glyphs(text: str) -> None:
    """Raise ConfigError, with the command that helps, when no installed font has the letters of a text.

    One rare letter among many is left to ``FontStack.runs``, which drops it with a warning.
    """
    counts = Counter(letter for letter in text if letter.isalpha())
    faces = [Face(path) for path in (*_packaged_files(), *_fallback_files())]
    missing = {letter for letter in counts if not any(face.covers(letter) for face in faces)}
    missing = {letter for letter in missing if not any(face.covers(letter) for face in _system_faces())}
    if sum(counts[letter] for letter in missing) < _MANY * sum(counts.values()) or not missing:
        return
    scripts = Counter(unicodedata.name(letter, "?").partition(" ")[0] for letter in missing)
    script = scripts.most_common(1)[0][0]
    name = script if script == "CJK" else script.title()
    example = max(missing, key=lambda letter: (counts[letter], letter))
    raise ConfigError(
        f"no installed font has the {name} letters that are said, such as {example!r}: clips could not show them",
        do='pip install "clipy[cjk]"' if script in _EAST_ASIAN else f"Install a font for {name}, such as Noto Sans",
    )


def packaged_face(package: str, pattern: str, weight: int) -> Face:
    """The first face of an installed font package whose file name matches a glob pattern."""
    return Face(next(path for path in _package_files(package) if path.match(pattern)), 0, weight)


@cache
def packaged_font_digests() -> tuple[str, ...]:
    """The sha256 of every packaged font, as input digests: they determine the rendered pixels."""
    return tuple(file_digest(path) for path in (*_packaged_files(), *_fallback_files()))


@cache
def _packaged_files() -> tuple[Path, ...]:
    return tuple(path for package in _DISPLAY_PACKAGES for path in _package_files(package))


@cache
def _fallback_files() -> tuple[Path, ...]:
    files = (path for package in _FALLBACK_PACKAGES for path in _package_files(package))
    return tuple(path for path in files if "Italic" not in path.name)


@cache
def _package_files(package: str) -> tuple[Path, ...]:
    spec = find_spec(package)
    roots = spec.submodule_search_locations if spec is not None and spec.submodule_search_locations else []
    files = (path for root in roots for path in Path(root).rglob("*") if path.suffix.lower() in _SUFFIXES)
    # Shorter names are the more general faces. The emoji face comes last: it has digits, but not for text.
    return tuple(sorted(files, key=lambda path: ("Emoji" in path.name, len(path.name), path.name)))


@cache
def _system_faces() -> tuple[Face, ...]:
    """The system's outline fonts, bold and plain families first."""
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
def _warn_missing_glyph(cluster: str) -> None:
    names = ", ".join(unicodedata.name(char, f"U+{ord(char):04X}") for char in cluster)
    log.warning(
        'No installed font has a glyph for "%s" (%s): it is left out of the text. For Chinese, Japanese and Korean: '
        'pip install "clipy[cjk]"; for other scripts, install a font that covers it.',
        cluster,
        names,
    )


def _grapheme_clusters(text: str) -> list[str]:
    """Characters with the combining marks, joiners and modifiers that belong to them (simplified from UAX #29)."""
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
    """The code points that a face covers; empty for a face without outlines or a file that is not a font."""
    try:
        face = open_face(path, index)
    except HarfBuzzError as error:
        log.warning("Skipping unreadable font %s (%s)", path, error)
        return frozenset()
    if not face.glyph_count:
        log.warning("Skipping %s: not a font", path)
        return frozenset()
    outlines = {"glyf", "CFF ", "CFF2"}.intersection(face.table_tags)  # some color emoji fonts have bitmaps only
    return frozenset(face.unicodes) if outlines else frozenset()


@lru_cache(maxsize=64)
def open_face(path: Path, index: int) -> hb.Face:
    """A face of a font file or collection. Raises HarfBuzzError where the file does not exist."""
    return hb.Face(hb.Blob.from_file_path(str(path)), index)
