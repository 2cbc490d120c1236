"""A list of moments made by hand or by an editing program: JSON, CSV, or a CMX 3600 edit list (EDL)."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from clipy import documents
from clipy.errors import DocumentError
from clipy.media.chapters import first_timecode
from clipy.stages.highlight.lists.timecode import PATTERN, seconds_of
from clipy.types import Highlight, Seconds, Span, Video

if TYPE_CHECKING:
    import _csv

_COLUMNS = {
    "start": ("start", "in", "begin", "from"),
    "end": ("end", "out", "stop", "to"),
    "title": ("title", "name", "label", "marker name"),
    "score": ("score",),
    "reason": ("reason", "comment", "note", "notes", "description"),
}
_CLOCK = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:[.,]\d+)?)")
_EVENT = re.compile(
    rf"\s*(\d+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(?:\d+\s+)?({PATTERN})\s+({PATTERN})\s+{PATTERN}\s+{PATTERN}\s*"
)
_MARKER = re.compile(r"\|M:(.*?)\s*\|D:(\d+)")  # how DaVinci Resolve writes the name and the length of a marker
_NAMED = re.compile(r"\*\s*(?:COMMENT|LOC|FROM CLIP NAME)\s*:\s*(.*)", re.IGNORECASE)
_SHOWN = 10  # problems in one message
_LARGEST = 10_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Row:
    """One entry of a list, with the number of its line."""

    line: int
    start: Seconds
    end: Seconds
    title: str = ""
    score: float = 0.0
    reason: str = ""


def read_moments(path: Path, video: Video, timecode: str = "") -> list[Highlight]:
    """All moments of a list, in its order. Raises DocumentError that names every wrong line.

    ``timecode`` is that of the first picture, for an edit list; the file's own, or zero, when empty.
    """
    kind = path.suffix.lower()
    if kind == ".json":
        return documents.read_highlights(path, video)
    readers: Mapping[str, Callable[[list[str], list[str]], Iterable[Row]]] = {
        ".csv": _csv_rows,
        ".tsv": _csv_rows,
        ".edl": lambda lines, problems: _edl_rows(lines, problems, video, timecode or first_timecode(video.path)),
    }
    if kind not in readers:
        raise DocumentError(
            "a list of moments ends in .json, .csv, .tsv or .edl", where=path, do="Rename or convert it"
        )
    problems: list[str] = []
    rows = list(readers[kind](_lines(path), problems))
    problems += [problem for row in rows for problem in _wrong(row, video)]
    if problems:
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise DocumentError("; ".join(problems[:_SHOWN]) + more, where=path, do="Correct these lines")
    if not rows:
        raise DocumentError("there is no moment in it", where=path, do="Write lines such as: 12.5,40,Title")
    return [Highlight(Span(r.start, r.end).clamp(video.span), r.score, r.title, r.reason) for r in rows]


def _lines(path: Path) -> list[str]:
    try:
        if path.stat().st_size > _LARGEST:
            raise DocumentError("it is far too large for a list of moments", where=path, do="Is it the right file?")
        return path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise DocumentError(f"cannot read it ({error.strerror})", where=path, do="Check the name") from error
    except UnicodeDecodeError as error:
        raise DocumentError("it is not a text in UTF-8", where=path, do="Save it as UTF-8") from error


def _wrong(row: Row, video: Video) -> Iterator[str]:
    if row.end <= row.start:
        yield f"line {row.line}: end {float(row.end):g} is not after start {float(row.start):g}"
    elif row.start >= video.duration or row.end > video.duration + 1:
        place = f"{float(row.start):.2f}-{float(row.end):.2f} s"
        yield f"line {row.line}: {place} lies outside the video ({float(video.duration):.2f} s)"
    if not 0 <= row.score <= 1:
        yield f"line {row.line}: score {row.score:g} is not in 0..1"


def _csv_rows(lines: list[str], problems: list[str]) -> Iterator[Row]:
    """Rows of ``start,end,title`` in that order, or in any order under a header that names them."""
    first = next((line for line in lines if line.strip() and not line.startswith("#")), "")
    reader = csv.reader(lines, delimiter=max("\t;,", key=first.count))
    columns: Mapping[str, int] | None = None
    while (cells := _next(reader, problems)) is not None:
        if not any(cells) or cells[0].startswith("#"):
            continue
        if columns is None:
            columns = _header(cells)
            if columns:
                continue
            columns = {name: index for index, name in enumerate(("start", "end", "title", "score", "reason"))}
        try:
            yield _csv_row(cells, columns, reader.line_num)
        except ValueError as problem:
            problems.append(f"line {reader.line_num}: {problem}")


def _next(reader: _csv.Reader, problems: list[str]) -> list[str] | None:
    """The cells of the next row; none for a row that is no CSV, and None at the end."""
    try:
        return [cell.strip() for cell in next(reader)]
    except StopIteration:
        return None
    except csv.Error as error:
        problems.append(f"line {reader.line_num}: {error}")
        return []


def _header(cells: Sequence[str]) -> dict[str, int]:
    """Which column is what; empty when the first line is no header."""
    names = [cell.casefold() for cell in cells]
    found = {
        column: next(index for index, name in enumerate(names) if name in aliases)
        for column, aliases in _COLUMNS.items()
        if any(name in aliases for name in names)
    }
    return found if {"start", "end"} <= set(found) else {}


def _csv_row(cells: Sequence[str], columns: Mapping[str, int], line: int) -> Row:
    def cell(name: str) -> str:
        index = columns.get(name)
        return cells[index] if index is not None and index < len(cells) else ""

    score = cell("score").replace(",", ".")
    return Row(
        line, clock(cell("start")), clock(cell("end")), cell("title"), float(score) if score else 0.0, cell("reason")
    )


def clock(text: str) -> Seconds:
    """``12.5``, ``1:05``, ``1:02:03.250`` as exact seconds. Raises ValueError."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no time (seconds, or h:mm:ss)")
    hours, minutes, rest = int(found[1] or 0), int(found[2] or 0), Fraction(found[3].replace(",", "."))
    if (found[2] and rest >= 60) or (found[1] and minutes >= 60):
        raise ValueError(f"{text!r} is no time (minutes and seconds are below 60)")
    return hours * 3600 + minutes * 60 + rest


def _edl_rows(lines: list[str], problems: list[str], video: Video, timecode: str) -> Iterator[Row]:
    """The source times of every event with a picture, counted from the first picture's timecode."""
    drop = False
    events: list[Row] = []
    for number, line in enumerate(lines, start=1):
        if line.upper().startswith("FCM:"):
            drop = "NON" not in line.upper() and "DROP" in line.upper()
        elif event := _EVENT.fullmatch(line):
            if event[2].upper() == "BL" or re.fullmatch(r"(?:A+\d*|NONE)", event[3].upper()):
                continue
            try:
                zero = seconds_of(timecode, video.frame_rate, drop=drop) if timecode else Fraction(0)
                start, end = (seconds_of(event[i], video.frame_rate, drop=drop) - zero for i in (5, 6))
                events.append(Row(number, start, end))
            except ValueError as problem:
                problems.append(f"line {number}: {problem}")
        elif re.match(r"\s*\d+\s+\S+\s+\S+\s+[CDWK]", line):
            problems.append(f"line {number}: this event of the edit list cannot be understood")
        elif events:
            events[-1] = _described(events[-1], line, video.frame_rate)
    yield from events


def _described(event: Row, line: str, rate: Fraction) -> Row:
    """An event with what the line after it says of it: a name, or a marker with its length in pictures."""
    if marker := _MARKER.search(line):
        end = event.start + int(marker[2]) / rate
        return Row(event.line, event.start, max(event.end, end), marker[1].strip() or event.title)
    named = _NAMED.match(line.strip())
    return Row(event.line, event.start, event.end, named[1].strip()) if named and not event.title else event
