"""Read the planned place of a caption again, closely, where its words were not recognized at first.

On the small copy of a clip, text recognition misses lines over busy ground that a person reads at a glance. That is no
fault of the caption: the full-size frame, cut to the card, decides.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clipy.analysis.clip_qc.screen_text import letters
from clipy.analysis.clip_qc.text_reader import TextReader
from clipy.media.read import pictures
from clipy.types import Box, Span, Video, Word, seconds

_ROOM = 0.15  # share of the card's height that is cut out around it
_LINE = 64  # pixels of a card's height for each of its lines: at which text is found most surely


def read_again(
    video: Video, words: Sequence[Word], shown: Sequence[bool], places: Sequence[tuple[Span, Box]], reader: TextReader
) -> tuple[bool, ...]:
    """Which words are shown, counting those that a closer look at their card reads.

    ``places``: when and where each card was planned, in clip time and display pixels of the clip.
    """
    found = list(shown)
    for span, box in places:
        due = [n for n, word in enumerate(words) if not found[n] and word.span.overlap(span) > 0]
        if due:
            text = _text(video, span, box, reader)
            for number in due:
                found[number] = letters(words[number].text) in text
    return tuple(found)


def _text(video: Video, span: Span, box: Box, reader: TextReader) -> str:
    """The letters in a card's place, in the middle of its time."""
    middle = seconds((span.start + span.end) / 2)
    for _, picture in pictures(video, Span(middle, min(video.duration, middle + 1))):
        room = _ROOM * box.height
        top, bottom = max(0, int(box.y1 - room)), int(box.y2 + room)
        left, right = max(0, int(box.x1 - room)), int(box.x2 + room)
        part = np.ascontiguousarray(picture[top:bottom, left:right])
        if not part.size:
            return ""
        lines = [reader.read(part, line) for line in reader.find(part, min(1.0, 2 * _LINE / part.shape[0]))]
        return "".join(letters(line.text) for line in lines)
    return ""
