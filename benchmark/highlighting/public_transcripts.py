"""Transcripts of podcasts as their makers and fans publish them: who speaks, when, and what, in many forms of text.

Known are: ``Name (00:01:02):`` above a turn; ``Name [(00:01:02)](link) text``; ``**Name:** text`` with times in
brackets; ``Name: 00:01:02`` above a turn; ``[Name] [01:02] text``; ``[00:01:02] text``; WebVTT and SubRip; and plain
text, in which ``>>`` may mark a change of speaker. Times that are missing are interpolated by words.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from clipy.types import Transcript, Word

_TIME = r"(?:\d{1,2}:)?\d{1,2}:\d{2}(?:[.,]\d+)?"
_ABOVE = re.compile(rf"^(?P<name>[^\n()]{{0,80}}?)\s*\((?P<time>{_TIME})\):?\s*(?P<text>)$")
_LINKED = re.compile(rf"^(?P<name>[^\n\[\]()]{{0,60}}?)\s*\[\((?P<time>{_TIME})\)\]\([^)]*\)\s*(?P<text>.*)$")
_STARRED = re.compile(r"^\*{2,}(?P<name>[^*:]{1,60}):?\*\*:?\s*(?P<text>.*)$")
_STARRED_TIME = re.compile(rf"\\\[({_TIME})\\?\]")
_COLON = re.compile(rf"^(?P<name>[^\n:\[\]()*#]{{1,50}}):\s*(?P<time>{_TIME})?\s*(?P<text>\S.*)?$")
_BRACKETS = re.compile(rf"^\[(?P<name>[^\]\d][^\]]*)\] \[(?P<time>{_TIME})\] (?P<text>.*)$")
_TIMED = re.compile(rf"^\[(?P<time>{_TIME}|[\d.]+)(?: --> [\d:.]+)?\]\s+(?P<text>.*)$")
_CUE = re.compile(rf"^({_TIME})\s*-->\s*{_TIME}")
_UNNAMED = "?"  # begins the name of a speaker of whom it is known only that he is not the one before
_CAPTIONS = (".vtt", ".srt")
_MOST = 0.5  # of a file that a form must explain: links and the like are left over
_FEWEST = 15  # turns
_PACE = 2.7  # words a second, where no time is known
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_GERMAN, _ENGLISH = (
    frozenset(words.split()) for words in ("der die und nicht ist das wir", "the and of that is to we")
)


@dataclass
class Part:
    """Something that one person says. ``start`` is in seconds, where it is known."""

    speaker: str
    start: float | None
    text: str


def read(path: Path) -> tuple[Transcript, float]:
    """The words of a transcript with their times and speakers, and how many seconds it lasts; no word when unknown."""
    text = path.read_text(encoding="utf-8", errors="replace").replace("\r", "")
    if path.suffix in _CAPTIONS:
        return worded(_tidy(list(_captions(text))))
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    forms: tuple[Callable[[str], Iterator[Part]], ...] = (_above, _linked, _starred, _colons, _brackets)
    found = [list(form(text)) for form in forms]
    fit = [parts for parts in found if len(parts) > _FEWEST and sum(len(p.text) for p in parts) > _MOST * len(text)]
    return worded(_tidy(max(fit, key=_known_times) if fit else list(_plain(text))))


def _known_times(parts: list[Part]) -> tuple[int, int]:
    return sum(part.start is not None for part in parts), len(parts)


def seconds_of(time: str) -> float:
    """``1:02:03.5`` in seconds."""
    value = 0.0
    for part in time.replace(",", ".").split(":"):
        value = value * 60 + float(part)
    return value


def _lines(text: str, form: re.Pattern[str]) -> Iterator[Part]:
    """Turns that begin with a line of a form, and hold the lines after it."""
    part, name = None, ""
    for line in text.splitlines():
        if found := form.match(line.strip()):
            if part is not None:
                yield part
            name = (found["name"] or "").strip() or name
            part = Part(name, seconds_of(found["time"]) if found["time"] else None, found["text"] or "")
        elif part is not None and line.strip() and not line.startswith("#"):
            part.text += f" {line.strip()}"
    if part is not None:
        yield part


def _above(text: str) -> Iterator[Part]:
    return _lines(text[max(0, text.find("## Transcript")) :], _ABOVE)


def _linked(text: str) -> Iterator[Part]:
    return _lines(text, _LINKED)


def _colons(text: str) -> Iterator[Part]:
    return _lines(text, _COLON)


def _starred(text: str) -> Iterator[Part]:
    name = ""
    for line in filter(str.strip, text.splitlines()):
        found = _STARRED.match(line.strip())
        name = found["name"].strip() if found else name
        if not name:
            continue
        pieces = _STARRED_TIME.split(found["text"] if found else line)
        yield Part(name, None, pieces[0])
        yield from (Part(name, seconds_of(time), said) for time, said in zip(pieces[1::2], pieces[2::2], strict=True))


def _brackets(text: str) -> Iterator[Part]:
    for line in text.splitlines():
        if found := _BRACKETS.match(line):
            yield Part(found["name"], seconds_of(found["time"]), found["text"])
        elif found := _TIMED.match(line):
            yield Part("", seconds_of(found["time"]), found["text"])


def _captions(text: str) -> Iterator[Part]:
    start, name = None, ""
    for line in map(str.strip, text.splitlines()):
        if found := _CUE.match(line):
            start = seconds_of(found[1])
        elif start is not None and line and not line.isdigit():
            said = re.sub(r"<[^>]+>", "", re.sub(r"<v ([^>]*)>", r"\1: ", line))
            if named := re.match(r"^([A-Z][\w .]{1,30}): (.*)$", said):
                name, said = named[1], named[2]
            yield Part(name, start, said)


def _plain(text: str) -> Iterator[Part]:
    for line in text.splitlines():
        if line.strip() and not line.startswith(("#", "Published:", "![")):
            yield Part("", None, line)


def _tidy(parts: list[Part]) -> list[Part]:
    """Without markup, and parted where ``>>`` says that somebody else speaks."""
    found, changes = [], 0
    for part in parts:
        text = html.unescape(part.text).replace("\\[", "[").replace("\\]", "]")
        text = re.sub(r"\[[^\]]{0,30}\]", " ", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text))
        for index, said in enumerate(re.split(">>+", text)):
            changes += index > 0
            if said.strip():
                name = part.speaker or (f"{_UNNAMED}{changes}" if changes else "")
                found.append(Part(name, None if index else part.start, " ".join(said.split())))
    return found


def worded(parts: list[Part], duration: float | None = None) -> tuple[Transcript, float]:
    """The words of the parts with times between those that are known, and the seconds that all last."""
    texts = [(word, part.speaker) for part in parts for word in _words(part.text)]
    if not texts:
        return Transcript("", ()), 0.0
    first, known = 0, list[tuple[int, float]]()
    for part in parts:
        if part.start is not None and (not known or part.start > known[-1][1]):
            known.append((first, part.start))
        first += len(_words(part.text))
    anchors = np.array(_anchors(known, len(texts), duration), dtype=np.float64)
    times = np.interp(np.arange(len(texts) + 1), anchors[:, 0], anchors[:, 1])
    marks = [Fraction(round(time * 1000), 1000) for time in times]
    words = tuple(
        Word(text, start, end, speaker=name if name and not name.startswith(_UNNAMED) else None)
        for (text, name), start, end in zip(texts, marks, marks[1:], strict=False)
    )
    return Transcript(_language([text.lower() for text, _ in texts]), words), float(times[-1])


def _anchors(known: list[tuple[int, float]], count: int, duration: float | None) -> list[tuple[int, float]]:
    """Words whose times are known, the first and the end among them."""
    pace = _PACE
    if len(known) > 5 and known[-1][1] > known[0][1]:
        pace = (known[-1][0] - known[0][0]) / (known[-1][1] - known[0][1])
    known = known or [(0, 0.0)]
    if known[0][0]:
        known = [(0, max(0.0, known[0][1] - known[0][0] / pace)), *known]
    end = known[-1][1] + (count - known[-1][0]) / pace
    return [*known, (count, end if duration is None else max(duration, known[-1][1] + 0.1))]


def _words(text: str) -> list[str]:
    """Words between spaces; in Chinese, Japanese and Korean text each character, with the punctuation after it."""
    if not _IDEOGRAPH.search(text):
        return text.split()
    return re.findall(rf"{_IDEOGRAPH.pattern}[，。？！、；：]?|[^\s\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+", text)


def _language(words: list[str]) -> str:
    if sum(_IDEOGRAPH.match(word) is not None for word in words) > len(words) / 3:
        return "zh"
    return "de" if sum(word in _GERMAN for word in words) > sum(word in _ENGLISH for word in words) else "en"
