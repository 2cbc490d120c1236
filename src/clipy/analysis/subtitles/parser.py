"""Subtitle files read: SubRip (.srt), WebVTT (.vtt, https://www.w3.org/TR/webvtt1/) and Advanced SubStation (.ass).

Files in the wild break their formats' rules in many ways, so this reads whatever has times and text, and passes over
the rest.
"""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from clipy.types import Span

_CLOCK = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:[.,:](\d{1,9}))?"
_TIMES = re.compile(rf"^\s*{_CLOCK}\s*-{{1,2}}>\s*{_CLOCK}(?:\s.*)?$", re.ASCII)
_ASS_CLOCK = re.compile(rf"\s*{_CLOCK}\s*", re.ASCII)
_VOICE = re.compile(r"<v(?:\.[^ >]*)?\s+([^>]{1,80})>", re.IGNORECASE)
_NAMED = re.compile(r"^[-–—>\s]*([A-ZÀ-ÖØ-Þ][A-ZÀ-ÖØ-Þ .'’-]{1,30}):\s+")
_TAGS = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")
_UNSPOKEN = re.compile(
    r"\[[^\[\]]*\]|\([^()]*\)|（[^（）]*）|[♪♫#]{1,3}(?=\s|$)|^\s*[-–—]+\s*|(?<=\s)[-–—](?=\s|$)|>>+"
)
_DRAWING = re.compile(r"\\p[1-9]")
_ASS_COMMANDS = re.compile(r"\{[^{}]*\}")
_ROLLING = Fraction(1, 20)  # seconds between two cues of which the second repeats a line of the first
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Cue:
    """Lines that are shown together, as plain text, and who says them where the file tells."""

    span: Span
    lines: tuple[str, ...]
    speaker: str | None = None


def decoded(data: bytes) -> tuple[str, bool]:
    """The text of a subtitle file, and whether its encoding is only a guess.

    UTF-8 and what names itself by a byte order mark are sure; everything else is read as Windows-1252.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace"), False
    try:
        return data.decode("utf-8"), False
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace"), True


def read(text: str) -> list[Cue]:
    """The cues of a subtitle file in order of time, without markup and without what is not spoken."""
    lines = text.replace("\0", "").splitlines()
    is_ass = any(line.strip().lower() == "[events]" for line in lines)
    return _tidy(_ass(lines) if is_ass else _timed(lines))


def from_dialogue(shown: Iterable[tuple[Span, str]]) -> list[Cue]:
    """The cues of subtitles in the markup of Advanced SubStation, as they come from inside a video."""
    return _tidy(Cue(span, _plain(text)) for span, text in shown)


def _tidy(cues: Iterable[Cue]) -> list[Cue]:
    found = sorted(cues, key=lambda cue: cue.span)
    return list(_apart([spoken for cue in _unrolled(found) if (spoken := _spoken(cue)) is not None]))


def _timed(lines: Sequence[str]) -> Iterator[Cue]:
    """The cues of a .srt or .vtt file: a line of times, then text up to an empty line or the next cue."""
    marks = [index for index, line in enumerate(lines) if _TIMES.match(line)]
    for number, index in enumerate(marks):
        times = _TIMES.match(lines[index])
        until = marks[number + 1] if number + 1 < len(marks) else len(lines)
        block = list(lines[index + 1 : until])
        while block and block[0].isspace():
            block.pop(0)  # a line of spaces above the text keeps its place; it does not end the cue
        if "" in (stripped := [line.strip() for line in block]):
            block = block[: stripped.index("")]
        elif number + 1 < len(marks) and block and stripped[-1].isdigit():
            block.pop()  # the next cue's number, where the empty line before it is missing
        if times is not None and (span := _span(times.groups()[:4], times.groups()[4:])) is not None:
            yield Cue(span, tuple(block))


def _ass(lines: Sequence[str]) -> Iterator[Cue]:
    """The lines of dialogue of an .ass or .ssa file; its drawings and comments are passed over."""
    fields = ["layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text"]
    in_events = False
    for line in lines:
        key, _, value = line.partition(":")
        if line.startswith("["):
            in_events = line.strip().lower() == "[events]"
        elif in_events and key.strip().lower() == "format" and "text" in value.lower():
            fields = [field.strip().lower() for field in value.split(",")]
        elif in_events and key.strip().lower() == "dialogue":
            values = dict(zip(fields, value.split(",", len(fields) - 1), strict=False))
            cue = _dialogue(values)
            if cue is not None:
                yield cue


def _dialogue(values: dict[str, str]) -> Cue | None:
    start, end = (_ASS_CLOCK.fullmatch(values.get(key, "")) for key in ("start", "end"))
    text = values.get("text", "")
    if start is None or end is None or _DRAWING.search(text):
        return None
    span = _span(start.groups(), end.groups())
    return None if span is None else Cue(span, _plain(text), values.get("name", "").strip() or None)


def _plain(text: str) -> tuple[str, ...]:
    """Lines without the commands of Advanced SubStation."""
    return tuple(re.split(r"\\[Nn]", _ASS_COMMANDS.sub("", text).replace(r"\h", " ")))


def _span(start: Sequence[str | None], end: Sequence[str | None]) -> Span | None:
    begin, until = _seconds(start), _seconds(end)
    return Span(begin, until) if begin < until else None


def _seconds(clock: Sequence[str | None]) -> Fraction:
    hours, minutes, whole, part = clock
    fraction = Fraction(int(part), 10 ** len(part)) if part else Fraction(0)
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(whole or 0) + fraction


def _unrolled(cues: Sequence[Cue]) -> Iterator[Cue]:
    """The cues without lines that were shown before: captions of live speech roll up, each cue repeating the last."""
    shown: Cue | None = None
    for cue in cues:
        lines = tuple(line.strip() for line in cue.lines if line.strip())
        fresh = lines
        if shown is not None and cue.span.start - shown.span.end <= _ROLLING:
            same = next((n for n in range(len(lines), 0, -1) if _bare(lines[:n]) == _bare(shown.lines[-n:])), 0)
            if same < len(lines) or cue.span.duration <= 2 * _ROLLING:
                fresh = lines[same:]
        if lines:
            shown = replace(cue, lines=lines)
        if fresh:
            yield replace(cue, lines=fresh)


def _bare(lines: Sequence[str]) -> list[str]:
    return [_TAGS.sub("", line).strip() for line in lines]


def _spoken(cue: Cue) -> Cue | None:
    """The cue as plain text; None when nothing in it is spoken."""
    speaker, lines = cue.speaker, []
    for line in cue.lines:
        if voice := _VOICE.search(line):
            speaker = html.unescape(voice[1]).strip() or speaker
        plain = html.unescape(_TAGS.sub("", line)).replace("\u200b", "")
        if named := _NAMED.match(plain):
            speaker, plain = named[1].strip().title(), plain[named.end() :]
        plain = " ".join(_UNSPOKEN.sub(" ", plain).split())
        if any(letter.isalnum() for letter in plain):
            lines.append(plain)
    return Cue(cue.span, tuple(lines), speaker) if lines else None


def _apart(cues: Sequence[Cue]) -> Iterator[Cue]:
    """The cues one after the other: two that are shown at once share their time by the length of their text."""
    before: Cue | None = None
    for cue in cues:
        later = cue
        if before is not None:
            if cue.span.start < before.span.end:
                whole = Span(before.span.start, max(before.span.end, cue.span.end))
                share = Fraction(_length(before), _length(before) + _length(cue))
                border = max(cue.span.start, whole.start + whole.duration * share)
                before, later = (
                    replace(before, span=Span(before.span.start, border)),
                    replace(cue, span=Span(border, whole.end)),
                )
            yield before
        before = later
    if before is not None:
        yield before


def _length(cue: Cue) -> int:
    return sum(map(len, cue.lines)) + 1
