"""Cards of words -> captions: which words stand out, which emoji goes with them, and at which height they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from clipy.analysis.camera.onscreen import OnScreen
from clipy.stages.render.pizzazz.captioning.emoji import emoji_for
from clipy.stages.render.pizzazz.captioning.emphasis import key_words
from clipy.stages.render.pizzazz.captioning.placement import Block, heights
from clipy.types import Box, CropShot, Edit, Span
from clipy.typography.cards import Card
from clipy.typography.layout import Area, Layout
from clipy.typography.occupied import OccupiedRegion
from clipy.typography.styles import Look

_EMOJI_APART = 2  # at most one card in so many has an emoji
_GLANCE = Fraction(2, 5)  # seconds on either side of a cut that a card must be seen to be moved there


@dataclass(frozen=True, slots=True)
class Caption(Card):
    """A card on the picture. ``position`` is the height of its middle, as a share of the picture's.

    ``emphasised`` are the indexes of its key words; ``emoji`` stands above them.
    """

    position: float = 0.5
    emphasised: tuple[int, ...] = ()
    emoji: str = ""


def decorated(cards: Sequence[Card], language: str, *, emphasis: bool, emoji: bool) -> list[Caption]:
    """The cards with their key words, few of them, and with an emoji here and there."""
    words = [word for card in cards for word in card.words]
    keys = key_words(words, language) if emphasis else frozenset()
    made: list[Caption] = []
    first, quiet = 0, _EMOJI_APART
    for card in cards:
        count = len(card.words)
        chosen = tuple(index - first for index in sorted(keys) if first <= index < first + count)
        found = emoji_for(word.text for word in card.words) if emoji and quiet >= _EMOJI_APART else ""
        made.append(Caption(card.span, card.lines, emphasised=chosen, emoji=found))
        first, quiet = first + count, 1 if found else quiet + 1
    return made


def placed(
    captions: Sequence[Caption],
    looks: Sequence[Look],
    edit: Edit,
    area: Area,
    faces: Sequence[OnScreen],
    occupied: Sequence[OccupiedRegion],
) -> tuple[list[Caption], list[OccupiedRegion]]:
    """The captions with their heights, clear of faces and of what else is drawn, and the rectangles they cover.

    A caption that is seen on both sides of a cut becomes two of the same words where one height does not suit both.
    """
    height, smaller = edit.crop.height, min(edit.crop.width, edit.crop.height)
    free = replace(area, middle=(area.top + area.bottom) / 2)
    parts, blocks = [], []
    for caption, look in zip(captions, looks, strict=True):
        box = Layout(caption, look, free, look.size * smaller, edit.language, caption.emoji).bounds()
        box = Box(box.x1, box.y1 - free.middle, box.x2, box.y2 - free.middle)
        for number, span in enumerate(_between_cuts(edit, caption.span)):
            shot = _shot(edit, span)
            blocks.append(Block(span, box, shot, _seam(edit.crop.shots[shot : shot + 1], area), number > 0))
            parts.append(replace(caption, span=span))
    middles = heights(blocks, faces, occupied, (area.top, area.bottom), area.middle, height, area.spare)
    made, covered = list[Caption](), list[OccupiedRegion]()
    for part, block, middle in zip(parts, blocks, middles, strict=True):
        position = round(middle / height, 5)
        if block.continued and made[-1].position == position:
            span = Span(made.pop().span.start, part.span.end)
            covered.pop()
        else:
            span = part.span
        made.append(replace(part, span=span, position=position))
        box = block.box
        covered.append(OccupiedRegion(span, Box(box.x1, box.y1 + middle, box.x2, box.y2 + middle)))
    return made, covered


def _between_cuts(edit: Edit, span: Span) -> list[Span]:
    """A caption's time in parts, each on one side of a cut and long enough to be read on."""
    edges = [span.start]
    for shot in edit.crop.shots[1:]:
        cut = edit.clip_time(shot.span.start)
        if edges[-1] + _GLANCE <= cut <= span.end - _GLANCE:
            edges.append(cut)
    return [Span(*part) for part in pairwise([*edges, span.end])]


def _shot(edit: Edit, span: Span) -> int:
    """The number of the shot in which most of a caption is seen."""
    middle = edit.source_time((span.start + span.end) / 2)
    before = (index for index, shot in enumerate(edit.crop.shots) if middle < shot.span.end)
    return next(before, len(edit.crop.shots))


def _seam(shots: Sequence[CropShot], area: Area) -> float | None:
    """The height inside the area, nearest to where captions usually are, at which panels meet; None without any."""
    tops = {panel.into[1] for shot in shots for panel in shot.panels}
    meet = {panel.into[3] for shot in shots for panel in shot.panels} & tops
    inside = [edge for edge in meet if area.top < edge < area.bottom]
    return min(inside, key=lambda edge: abs(edge - area.middle), default=None)
