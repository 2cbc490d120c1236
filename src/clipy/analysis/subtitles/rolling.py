"""Cues that show again what was shown before: captions that roll up, grow word by word, or light up word by word.

Each word is said once. Where the repeated line differs only in which word is emphasised, that tells when it is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from clipy.analysis.subtitles.cue import MARKS, Shown, unmarked
from clipy.types import Seconds, Span

_CLOSE = Fraction(1, 20)  # seconds between two cues of which the second repeats what the first shows
_LIT = Fraction(1, 2)  # ... where it is the same line with another word lit: nothing is lit in pauses
_FLASH = Fraction(1, 10)  # seconds; a cue as short as this says nothing of its own
_GROWS = 2  # words that a cue repeats from its beginning, at least, where it is only the one before gone on
_TAGS = re.compile(r"<[^<>]*>")
_LIGHT = re.compile(r"<(?:u|b|i|font|c)\b[^<>]*>", re.IGNORECASE)


def said_once(cues: Sequence[Shown]) -> list[Shown]:
    """The cues without what the one before them has shown."""
    return list(_unrolled(list(_lit(list(_layered(cues))))))


def _layered(cues: Sequence[Shown]) -> Iterator[Shown]:
    """The cues without copies: outlines and shadows are drawn as lines of their own, at the same time."""
    seen: list[Shown] = []
    for cue in cues:
        seen = [other for other in seen if other.span.end > cue.span.start]
        at_once = (other for other in seen if abs(other.span.start - cue.span.start) <= _CLOSE)
        if any(_bare(other.lines) == _bare(cue.lines) for other in at_once):
            continue
        seen.append(cue)
        yield cue


def _lit(cues: Sequence[Shown]) -> Iterator[Shown]:
    """The cues, those joined that are one line of which one word after another is emphasised."""
    index = 0
    while index < len(cues):
        end = index + 1
        while end < len(cues) and _goes_on(cues[end - 1], cues[end]):
            end += 1
        run = cues[index:end]
        index = end
        if len({_lit_at(cue) for cue in run}) > 1:
            yield _with_marks(run)
        else:
            yield from run


def _goes_on(before: Shown, cue: Shown) -> bool:
    near = -_CLOSE <= cue.span.start - before.span.end <= _LIT
    return near and _bare(before.lines) == _bare(cue.lines) != []


def _lit_at(cue: Shown) -> int | None:
    """How many letters stand before what is emphasised; None when nothing is."""
    text = "\n".join(line.strip() for line in cue.lines)
    light = _LIGHT.search(text)
    return None if light is None else len(_TAGS.sub("", text[: light.start()]))


def _with_marks(run: Sequence[Shown]) -> Shown:
    """One cue for a line that lights up word by word."""
    plain = "\n".join(_TAGS.sub("", unmarked(line.strip())) for line in run[0].lines)
    times: list[Seconds] = []
    parts, done = list[str](), 0
    for cue in run:
        at = _lit_at(cue)
        if at is not None and at >= done and len(times) < len(MARKS):
            parts += [plain[done:at], chr(MARKS[len(times)])]
            times.append(cue.span.start)
            done = at
    lines = "".join([*parts, plain[done:]]).split("\n")
    return Shown(Span(run[0].span.start, run[-1].span.end), tuple(lines), run[0].speaker, tuple(times))


def _unrolled(cues: Sequence[Shown]) -> Iterator[Shown]:
    """The cues without lines, or beginnings of lines, that the one before has shown."""
    shown: Shown | None = None
    grows = False
    for cue, following in zip(cues, [*cues, None][1:], strict=True):
        lines = tuple(line.strip() for line in cue.lines if line.strip())
        fresh = lines
        if shown is not None and lines and cue.span.start - shown.span.end <= _CLOSE:
            same = next((n for n in range(len(lines), 0, -1) if _bare(lines[:n]) == _bare(shown.lines[-n:])), 0)
            if same < len(lines) or cue.span.duration <= _FLASH:
                fresh = lines[same:]
            grows = grows or (following is not None and _rest(lines, following.lines) is not None)
            rest = _rest(shown.lines, lines) if same == 0 else None
            grows = rest is not None and (grows or len(_words(shown.lines)) >= _GROWS)
            fresh = rest if rest is not None and grows else fresh
        if lines:
            shown = replace(cue, lines=lines)
        if fresh:
            yield replace(cue, lines=fresh)


def _rest(before: Sequence[str], lines: Sequence[str]) -> tuple[str, ...] | None:
    """What follows in lines that begin with all that was shown before; None where they do not."""
    known = _words(before)
    words = [(number, word) for number, line in enumerate(lines) for word in line.split()]
    if not 0 < len(known) < len(words) or [_plain(word) for _, word in words[: len(known)]] != known:
        return None
    later = words[len(known) :]
    numbers = dict.fromkeys(number for number, _ in later)
    return tuple(" ".join(word for number, word in later if number == line) for line in numbers)


def _words(lines: Sequence[str]) -> list[str]:
    return " ".join(_bare(lines)).split()


def _bare(lines: Sequence[str]) -> list[str]:
    return [plain for line in lines if (plain := _plain(line))]


def _plain(text: str) -> str:
    return _TAGS.sub("", unmarked(text)).strip()
