"""Tell captions from other text on screen, and match them with the speech.

A frame may hold other text: code on a screen, a slide, a sign, captions of the source. Captions are recognized by the
speech, by the height of their letters, and by their planned position where it is known.
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

LEAST_LETTERS = 12  # letters needed for a judgement
_LASTING = 6  # seconds; longer text is a title or a sign
_ARE_CAPTIONS = 0.5  # share of the letters that must be spoken, else it is other text
_HEARD_AGAIN = 0.5  # share of the second transcription that must be known, else the transcriptions disagree
_SURELY_SAID = 0.8  # share of a line's letters that must be spoken ...
_LEAST_OF_LINE = 5  # ... and letters it needs, to rule out matches by chance
_AS_HIGH = 1.6  # largest ratio of the heights of two lines of the same captions
_MUCH = 0.3  # letters of the source's captions, as a share of ours, at least: a sign has fewer
_PART = 0.2  # share of a card's height above which text in its place may be a misread part of it
_ALONE = Fraction(1)  # seconds around a word; without planned words there, it is an additional word
_COVERED = 0.5  # share of a line that overlaps another overlay


@dataclass(frozen=True, slots=True)
class CaptionLines:
    """A clip's captions matched with ``words``: those transcribed again, or those planned.

    ``unsure``: the second transcription contradicts the plan, so captions are compared with the plan only.
    """

    lines: tuple[ScreenLine, ...]
    words: tuple[Word, ...]
    match: Match
    unsure: bool = False


def caption_lines(
    clip: Clip, lines: Sequence[ScreenLine], words: Sequence[Word], meant: Sequence[Word]
) -> CaptionLines | None:
    """Find the caption lines and match them with the speech; None where no text on screen is spoken or planned.

    Two transcriptions differ where speech is hard to understand. Captions are compared with what both agree on.
    """
    others = _drawn_otherwise(clip)
    own = tuple(
        line
        for line in lines
        if line.span.duration <= _LASTING and not any(share_inside(line.box, box) >= _COVERED for box in others)
    )
    places = planned_places(clip)
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
    # A second transcription may omit a lot. Only contradictions cast doubt on the first.
    known = {letters(word.text) for word in meant}
    doubtful = sum(letters(word.text) in known for word in words) < _HEARD_AGAIN * len(words)
    return CaptionLines(own, tuple(meant), planned, unsure=doubtful)


def _in_their_size(
    lines: Sequence[ScreenLine], words: Sequence[Word], places: Sequence[tuple[Span, Box]]
) -> tuple[ScreenLine, ...]:
    """The lines whose letters are as high as those of spoken lines; empty where no line is clearly spoken.

    Other text, on a screen, a slide or a sign, is mostly larger or smaller than captions. Spoken lines in the
    planned ``places`` take precedence over captions of the source.
    """
    planned = [line for line in lines if any(_lies_in(line, span, box) for span, box in places)]
    heights = [line.box.height for line in _surely_said(planned, words) or _surely_said(lines, words)]
    low, high = (median(heights) / _AS_HIGH, median(heights) * _AS_HIGH) if heights else (0.0, 0.0)
    return tuple(line for line in lines if low <= line.box.height <= high)


def _surely_said(lines: Sequence[ScreenLine], words: Sequence[Word]) -> list[ScreenLine]:
    """The lines that are spoken, without matches by chance."""
    shares = match_captions(lines, words).lines
    pairs = zip(lines, shares, strict=True)
    return [line for line, share in pairs if share >= _SURELY_SAID and len(letters(line.text)) >= _LEAST_OF_LINE]


def _unread(
    words: Sequence[Word], shown: Sequence[bool], others: Sequence[ScreenLine], places: Sequence[tuple[Span, Box]]
) -> list[bool]:
    """Which words were not recognized although there is text in the place of their caption.

    Over a busy background text recognition is at fault, not the caption.
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


def source_captions(found: CaptionLines, lines: Sequence[ScreenLine]) -> list[ScreenLine]:
    """Other lines that show much of the speech: captions that the source already has."""
    others = [line for line in lines if line not in found.lines and line.span.duration <= _LASTING]
    said = _surely_said(others, found.words)
    spelled, again = (sum(len(letters(line.text)) for line in each) for each in (found.lines, said))
    return said if again >= _MUCH * spelled else []


def _counts(heard: Sequence[Word], meant: Sequence[Word]) -> tuple[bool, ...]:
    """Which words must be shown: those in both transcriptions, and those with no planned words nearby."""
    known = words_in_common(heard, meant)
    near = [Span(max(Fraction(0), word.start - _ALONE), word.end + _ALONE) for word in meant]
    lost = (not any(word.span.overlap(span) for span in near) for word in heard)
    return tuple(both or alone for both, alone in zip(known, lost, strict=True))


def planned_places(clip: Clip) -> list[tuple[Span, Box]]:
    """When and where clipy planned to draw captions."""
    plans = clip.edit.plans_of("captions") if clip.edit else []
    return [region for plan in plans for region in _taken(plan)]


def _drawn_otherwise(clip: Clip) -> list[Box]:
    """Where clipy drew overlays other than captions, such as a title."""
    captions = clip.edit.plans_of("captions") if clip.edit else []
    plans = (plan for plan in clip.edit.plans.values() if plan not in captions) if clip.edit else ()
    return [box for plan in plans for _, box in _taken(plan)]


def _taken(plan: Json) -> list[tuple[Span, Box]]:
    return [(region.span, region.box) for region in regions_of_plan(plan)]


def _lies_in(line: ScreenLine, span: Span, box: Box) -> bool:
    """Whether the centre of a line is inside a box at some time in a span."""
    x, y = line.box.center
    return line.span.overlap(span) > 0 and box.x1 <= x <= box.x2 and box.y1 <= y <= box.y2
