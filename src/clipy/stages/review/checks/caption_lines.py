"""Which of the lines that a clip shows are its captions, and what is said with them.

A picture may hold other writing: the code of a screen, a slide, a sign, captions that the source has already. Captions
are told by what is said, by the height of their letters, and by where they were planned, if that is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import compress
from statistics import median

from clipy.analysis.clip_qc.caption_match import Match, match_captions, words_in_common
from clipy.analysis.clip_qc.screen_text import ScreenLine, letters
from clipy.geometry import share_inside
from clipy.types import Box, Clip, Json, Span, Word
from clipy.typography.occupied_regions import regions_of_plan

LEAST_LETTERS = 12  # with fewer, nothing is known
_LASTING = 6  # seconds: a text that stays longer is a title or a sign
_ARE_CAPTIONS = 0.5  # share of the letters shown that must be said, else it is other text
_HEARD_AGAIN = 0.5  # share of the words heard anew that must be known, else the two hearings contradict each other
_SURELY_SAID = 0.8  # share of a line's letters from which on it is said ...
_LEAST_OF_LINE = 5  # ... and no line that chance pairs with what is said
_AS_HIGH = 1.6  # times as high as another line, or as low, that a line of the same captions is at most
_MUCH = 0.3  # share of the captions' letters that captions of the source are read to have, at least: a sign has less
_PART = 0.2  # share of a card's height that writing in its place has, which may be a misread part of it
_ALONE = Fraction(1)  # seconds around a word within which nothing was planned: it is no other hearing of a word
_COVERED = 0.5  # share of a line that lies where something else is drawn


@dataclass(frozen=True, slots=True)
class CaptionLines:
    """What a clip's captions are like against ``words``: what is heard, or what they were planned to say.

    ``unsure``: what is heard is something else than what was planned, so that only the plan is compared with.
    """

    lines: tuple[ScreenLine, ...]
    words: tuple[Word, ...]
    match: Match
    unsure: bool = False


def caption_lines(
    clip: Clip, lines: Sequence[ScreenLine], words: Sequence[Word], meant: Sequence[Word]
) -> CaptionLines | None:
    """The lines that are captions, with what is said; None when nothing that is shown is also said or ``meant``.

    Two hearings of the same sound differ where it is hard to understand. Captions are held against what both heard.
    """
    others = _drawn_otherwise(clip)
    own = tuple(
        line
        for line in lines
        if line.span.duration <= _LASTING and not any(share_inside(line.box, box) >= _COVERED for box in others)
    )
    places = _places(clip)
    written, own = own, _in_their_size(own, words, places) or _in_their_size(own, meant, places) or own
    if sum(len(letters(line.text)) for line in own) < LEAST_LETTERS:
        return None
    match = match_captions(own, words)
    if match.said >= _ARE_CAPTIONS:
        counts = _counts(words, meant) if meant else (True,) * len(words)
        unread = _unread(words, match.shown, [line for line in written if line not in own], places)
        counts = tuple(count and not lost for count, lost in zip(counts, unread, strict=True))
        shown = tuple(compress(match.shown, counts))
        if shown:
            return CaptionLines(own, tuple(compress(words, counts)), replace(match, shown=shown))
    planned = match_captions(own, meant)
    if planned.said < _ARE_CAPTIONS:
        return None
    # A second hearing may leave out a lot. Only what it hears otherwise casts doubt on the first.
    known = {letters(word.text) for word in meant}
    doubtful = sum(letters(word.text) in known for word in words) < _HEARD_AGAIN * len(words)
    return CaptionLines(own, tuple(meant), planned, unsure=doubtful)


def _in_their_size(
    lines: Sequence[ScreenLine], words: Sequence[Word], places: Sequence[tuple[Span, Box]]
) -> tuple[ScreenLine, ...]:
    """The lines in letters as high as those of the lines that are said; none where no line surely is.

    What else is written in the picture, on a screen, a slide or a sign, is mostly bigger or smaller than its captions.
    Where clipy planned captions, said lines in their ``places`` come before those of captions that the source has.
    """
    planned = [line for line in lines if any(_lies_in(line, span, box) for span, box in places)]
    heights = [line.box.height for line in _surely_said(planned, words) or _surely_said(lines, words)]
    low, high = (median(heights) / _AS_HIGH, median(heights) * _AS_HIGH) if heights else (0.0, 0.0)
    return tuple(line for line in lines if low <= line.box.height <= high)


def _surely_said(lines: Sequence[ScreenLine], words: Sequence[Word]) -> list[ScreenLine]:
    """The lines that are said, and that chance does not pair with what is said."""
    shares = match_captions(lines, words).lines
    told = zip(lines, shares, strict=True)
    return [line for line, share in told if share >= _SURELY_SAID and len(letters(line.text)) >= _LEAST_OF_LINE]


def _unread(
    words: Sequence[Word], shown: Sequence[bool], others: Sequence[ScreenLine], places: Sequence[tuple[Span, Box]]
) -> list[bool]:
    """Which words are not read where something is written in the place of their caption.

    Before a busy background the reader is at fault, and not the caption.
    """
    blurred = [
        span
        for span, box in places
        if any(line.box.height >= _PART * box.height and _lies_in(line, span, box) for line in others)
    ]
    return [
        not seen and any(word.span.overlap(span) > 0 for span in blurred)
        for word, seen in zip(words, shown, strict=True)
    ]


def said_elsewhere(found: CaptionLines, lines: Sequence[ScreenLine]) -> list[ScreenLine]:
    """Lines beside the captions that show much of what is said, too: those of captions that the source had already."""
    others = [line for line in lines if line not in found.lines and line.span.duration <= _LASTING]
    said = _surely_said(others, found.words)
    spelled, again = (sum(len(letters(line.text)) for line in each) for each in (found.lines, said))
    return said if again >= _MUCH * spelled else []


def _counts(heard: Sequence[Word], meant: Sequence[Word]) -> tuple[bool, ...]:
    """Which words must be shown: those that were heard both times, and those of a sentence that nobody planned."""
    known = words_in_common(heard, meant)
    near = [Span(max(Fraction(0), word.start - _ALONE), word.end + _ALONE) for word in meant]
    lost = (not any(word.span.overlap(span) for span in near) for word in heard)
    return tuple(both or alone for both, alone in zip(known, lost, strict=True))


def _places(clip: Clip) -> list[tuple[Span, Box]]:
    """When and where clipy planned to draw captions."""
    plans = clip.edit.plans_of("captions") if clip.edit else []
    return [region for plan in plans for region in _taken(plan)]


def _drawn_otherwise(clip: Clip) -> list[Box]:
    """Where clipy drew something else than captions, such as a title."""
    captions = clip.edit.plans_of("captions") if clip.edit else []
    plans = (plan for plan in clip.edit.plans.values() if plan not in captions) if clip.edit else ()
    return [box for plan in plans for _, box in _taken(plan)]


def _taken(plan: Json) -> list[tuple[Span, Box]]:
    return [(region.span, region.box) for region in regions_of_plan(plan)]


def _lies_in(line: ScreenLine, span: Span, box: Box) -> bool:
    """Whether the middle of a line is inside a box at some time."""
    x, y = line.box.center
    return line.span.overlap(span) > 0 and box.x1 <= x <= box.x2 and box.y1 <= y <= box.y2
