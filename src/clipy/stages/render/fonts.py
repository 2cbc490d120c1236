"""Fonts: where they are, which characters each can draw, and which one draws a piece of text.

Fonts come from installed packages, so that captions look the same on every machine: display faces for Latin text,
Noto Sans for other scripts and for emoji, Noto Sans CJK when the extra ``cjk`` is installed. Only what none of them
covers is looked for among the system's own fonts. A font's coverage is read from its ``cmap`` table
(https://learn.microsoft.com/typography/opentype/spec/cmap) because Pillow does not tell.
"""

from __future__ import annotations

import logging
import os
import struct
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from clipy.storage.store import file_digest

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

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
        starts, ends = _coverage(self.path, self.index)
        for char in text:
            place = bisect_right(starts, ord(char)) - 1
            if (place < 0 or ord(char) > ends[place]) and char not in _IGNORABLE:
                return False
        return True

    def sized(self, pixels: float) -> FreeTypeFont:
        """The face at a size, in pixels an em."""
        return _sized(self, round(pixels, 2))


@lru_cache(maxsize=256)
def _sized(face: Face, pixels: float) -> FreeTypeFont:
    from PIL import ImageFont

    font = ImageFont.truetype(str(face.path), pixels, face.index, layout_engine=ImageFont.Layout.RAQM)
    try:
        axes = font.get_variation_axes()
    except OSError:  # not a variable font
        return font
    wanted = [
        min(max(face.weight, axis["minimum"] or 0), axis["maximum"] or 0)
        if axis["name"] == b"Weight"
        else axis["default"]
        for axis in axes
    ]
    font.set_variation_by_axes([float(value or 0) for value in wanted])
    return font


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
    return tuple(sorted((face for face in faces if _coverage(face.path, face.index)[0]), key=_plainness))


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
def _coverage(path: Path, index: int) -> tuple[list[int], list[int]]:
    """First and last code points of the runs that a face has glyphs for; nothing for a face without outlines."""
    try:
        with path.open("rb") as file:
            tables = _tables(file, index)
            if not tables.keys() & {b"glyf", b"CFF ", b"CFF2"} or b"cmap" not in tables:
                return [], []  # bitmaps only, as in some colour emoji fonts
            file.seek(tables[b"cmap"][0])
            runs = sorted(_cmap_runs(file.read(tables[b"cmap"][1])))
    except (OSError, struct.error, IndexError) as error:
        log.warning("%s: this font cannot be read and is passed over (%s)", path, error)
        return [], []
    return [start for start, _ in runs], [end for _, end in runs]


def _tables(file: BinaryIO, index: int) -> dict[bytes, tuple[int, int]]:
    """Offset and length of each table of a face of a font file or collection."""
    start = 0
    if file.read(4) == b"ttcf":
        file.seek(12 + 4 * index)
        (start,) = struct.unpack(">I", file.read(4))
    file.seek(start + 4)
    (count,) = struct.unpack(">H", file.read(2))
    file.seek(start + 12)
    entries = (struct.unpack(">4s4xII", file.read(16)) for _ in range(count))
    return {tag: (offset, length) for tag, offset, length in entries}


def _cmap_runs(table: bytes) -> Iterator[tuple[int, int]]:
    """The runs of the widest Unicode subtable: format 12 has all planes, format 4 the basic one."""
    (count,) = struct.unpack_from(">H", table, 2)
    records = [struct.unpack_from(">HHI", table, 4 + 8 * number) for number in range(count)]
    unicode = [
        offset for platform, encoding, offset in records if platform == 0 or (platform == 3 and encoding in (1, 10))
    ]
    formats = {struct.unpack_from(">H", table, offset)[0]: offset for offset in unicode}
    if 12 in formats:
        (groups,) = struct.unpack_from(">I", table, formats[12] + 12)
        for number in range(groups):
            first, last, glyph = struct.unpack_from(">III", table, formats[12] + 16 + 12 * number)
            yield first + (glyph == 0), last
    elif 4 in formats:
        yield from _format_4(table, formats[4])


def _format_4(table: bytes, offset: int) -> Iterator[tuple[int, int]]:
    (double,) = struct.unpack_from(">H", table, offset + 6)
    count = double // 2
    ends = struct.unpack_from(f">{count}H", table, offset + 14)
    starts = struct.unpack_from(f">{count}H", table, offset + 16 + double)
    deltas = struct.unpack_from(f">{count}H", table, offset + 16 + 2 * double)
    ranges_at = offset + 16 + 3 * double
    ranges = struct.unpack_from(f">{count}H", table, ranges_at)
    for number, (start, end, delta, away) in enumerate(zip(starts, ends, deltas, ranges, strict=True)):
        if away == 0:
            if start != 0xFFFF:
                yield start, end - ((end + delta) & 0xFFFF == 0)
            continue
        at = ranges_at + 2 * number + away
        for code in range(start, end + 1):
            if code != 0xFFFF and struct.unpack_from(">H", table, at + 2 * (code - start))[0]:
                yield code, code
