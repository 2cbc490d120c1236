"""Cards -> captions: their key words, emoji, and heights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from clipy.analysis.camera.onscreen import OnScreen
from clipy.stages.render.pizzazz.captioning.emoji import emoji_for
from clipy.stages.render.pizzazz.captioning.emphasis import key_words
from clipy.stages.render.pizzazz.captioning.placement import Block, choose_heights
from clipy.types import Box, CropShot, Edit, Seconds, Span
from clipy.typography.cards import Card
from clipy.typography.layout import Layout
from clipy.typography.occupied_regions import OccupiedRegion
from clipy.typography.safe_area import Area
from clipy.typography.styles import CaptionStyle

_EMOJI_INTERVAL = 2  # cards from one emoji to the next, at least
_MIN_PART = Fraction(2, 5)  # seconds on each side of a cut for a caption to be split there
_MIN_GLANCE = Fraction(1, 10)  # ... and of a change of layout, where a shorter part is left out


@dataclass(frozen=True, slots=True)
class Caption(Card):
    """A card on the picture. ``position`` is the height of its middle, as a share of the picture's height.

    ``emphasized`` holds the indexes of its key words; ``emoji`` is drawn above them.
    """

    position: float = 0.5
    emphasized: tuple[int, ...] = ()
    emoji: str = ""


def decorate(cards: Sequence[Card], language: str, *, emphasis: bool, emoji: bool) -> list[Caption]:
    """The cards with their key words and with an occasional emoji."""
    words = [word for card in cards for word in card.words]
    keys = key_words(words, language) if emphasis else frozenset()
    captions: list[Caption] = []
    first, since_emoji = 0, _EMOJI_INTERVAL
    for card in cards:
        count = len(card.words)
        emphasized = tuple(index - first for index in sorted(keys) if first <= index < first + count)
        allowed = emoji and since_emoji >= _EMOJI_INTERVAL
        ornament = emoji_for(word.text for word in card.words) if allowed else ""
        captions.append(Caption(card.span, card.lines, emphasized=emphasized, emoji=ornament))
        first, since_emoji = first + count, 1 if ornament else since_emoji + 1
    return captions


def place(
    captions: Sequence[Caption],
    styles: Sequence[CaptionStyle],
    edit: Edit,
    area: Area,
    faces: Sequence[OnScreen],
    occupied: Sequence[OccupiedRegion],
) -> tuple[list[Caption], list[OccupiedRegion]]:
    """The captions at heights clear of faces and occupied regions, and the regions that they occupy themselves.

    A caption on screen across a cut is split into two with the same words where one height does not suit both shots,
    and at every change of layout, where the picture below it is another one.
    """
    height, shorter_side = edit.crop.height, min(edit.crop.width, edit.crop.height)
    centered = replace(area, middle=(area.top + area.bottom) / 2)
    parts, blocks = [], []
    for caption, style in zip(captions, styles, strict=True):
        layout = Layout(caption, style, centered, style.size * shorter_side, edit.language, caption.emoji)
        box = _moved(layout.bounds(), -centered.middle)
        for number, span in enumerate(_split_at_cuts(edit, caption.span)):
            shot = _shot_index(edit, span)
            shown = edit.crop.shots[shot : shot + 1]
            within = Span(edit.clip_time(shown[0].span.start), edit.clip_time(shown[0].span.end)) if shown else None
            blocks.append(Block(span, box, shot, _panel_seam(shown, area), number > 0, within))
            parts.append(replace(caption, span=span))
    middles = choose_heights(blocks, faces, occupied, (area.top, area.bottom), area.middle, height, area.spare)
    placed, covered = list[Caption](), list[OccupiedRegion]()
    for part, block, middle in zip(parts, blocks, middles, strict=True):
        position, span = round(middle / height, 5), part.span
        if block.continued and placed[-1].position == position:
            span = Span(placed.pop().span.start, part.span.end)
            covered.pop()
        placed.append(replace(part, span=span, position=position))
        covered.append(OccupiedRegion(span, _moved(block.box, middle)))
    return placed, covered


def _moved(box: Box, down: float) -> Box:
    return Box(box.x1, box.y1 + down, box.x2, box.y2 + down)


def _split_at_cuts(edit: Edit, span: Span) -> list[Span]:
    """A caption's span split at the cuts that leave both parts long enough to read, and at changes of layout."""
    start, end = span.start, span.end
    edges: list[Seconds] = []
    for before, shot in pairwise(edit.crop.shots):
        cut = edit.clip_time(shot.span.start)
        changes = _panels(before) != _panels(shot)
        least = _MIN_GLANCE if changes else _MIN_PART
        if (edges or [start])[-1] + least <= cut <= end - least:
            edges.append(cut)
        elif changes and start < cut < start + least and not edges:
            start = cut
        elif changes and end - least < cut < end:
            end = cut
    return [Span(*part) for part in pairwise([start, *edges, end])]


def _panels(shot: CropShot) -> tuple[str, tuple[tuple[int, int, int, int], ...]]:
    """How the picture of a shot is divided."""
    return shot.layout, tuple(panel.into for panel in shot.panels)


def _shot_index(edit: Edit, span: Span) -> int:
    """The index of the shot at the middle of a caption's span."""
    middle = edit.source_time((span.start + span.end) / 2)
    before = (index for index, shot in enumerate(edit.crop.shots) if middle < shot.span.end)
    return next(before, len(edit.crop.shots))


def _panel_seam(shots: Sequence[CropShot], area: Area) -> float | None:
    """The height at which panels meet inside the area, closest to its middle; None without any."""
    tops = {panel.into[1] for shot in shots for panel in shot.panels}
    seams = {panel.into[3] for shot in shots for panel in shot.panels} & tops
    inside = [seam for seam in seams if area.top < seam < area.bottom]
    return min(inside, key=lambda seam: abs(seam - area.middle), default=None)
