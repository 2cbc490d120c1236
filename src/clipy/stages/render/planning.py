"""Cards of words -> captions: which words stand out, which emoji goes with them, and at which height they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from clipy.analysis.faces.onscreen import OnScreen
from clipy.cards import Card
from clipy.stages.render.emoji import emoji_for
from clipy.stages.render.emphasis import key_words
from clipy.stages.render.layout import Area, Layout
from clipy.stages.render.placing import Block, heights
from clipy.stages.render.presets import Look
from clipy.stages.render.room import Taken
from clipy.types import Box, CropShot, Edit

_EMOJI_APART = 2  # at most one card in so many has an emoji


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
    occupied: Sequence[Taken],
) -> tuple[list[Caption], list[Taken]]:
    """The captions with their heights, clear of faces and of what else is drawn, and the rectangles they cover."""
    height, smaller = edit.crop.height, min(edit.crop.width, edit.crop.height)
    free = replace(area, middle=(area.top + area.bottom) / 2)
    boxes = []
    for caption, look in zip(captions, looks, strict=True):
        box = Layout(caption, look, free, look.size * smaller, edit.language, caption.emoji).bounds()
        boxes.append(Box(box.x1, box.y1 - free.middle, box.x2, box.y2 - free.middle))
    blocks = []
    for caption, box in zip(captions, boxes, strict=True):
        shot = _shot(edit, caption)
        blocks.append(Block(caption.span, box, shot, _seam(edit.crop.shots[shot : shot + 1], area)))
    middles = heights(blocks, faces, occupied, (area.top, area.bottom), area.middle, height, area.spare)
    taken = [
        Taken(caption.span, Box(box.x1, box.y1 + middle, box.x2, box.y2 + middle))
        for caption, box, middle in zip(captions, boxes, middles, strict=True)
    ]
    return [
        replace(caption, position=round(middle / height, 5)) for caption, middle in zip(captions, middles, strict=True)
    ], taken


def _shot(edit: Edit, caption: Caption) -> int:
    """The number of the shot in which most of a caption is seen."""
    middle = edit.source_time((caption.span.start + caption.span.end) / 2)
    before = (index for index, shot in enumerate(edit.crop.shots) if middle < shot.span.end)
    return next(before, len(edit.crop.shots))


def _seam(shots: Sequence[CropShot], area: Area) -> float | None:
    """The height inside the area, nearest to where captions usually are, at which panels meet; None without any."""
    tops = {panel.into[1] for shot in shots for panel in shot.panels}
    meet = {panel.into[3] for shot in shots for panel in shot.panels} & tops
    inside = [edge for edge in meet if area.top < edge < area.bottom]
    return min(inside, key=lambda edge: abs(edge - area.middle), default=None)
