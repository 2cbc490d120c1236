"""Heights of caption cards: clear of faces, and the same throughout a clip where that is possible.

Every height in the safe area has a cost: highest for covering a mouth, lower for eyes, hair and the rest of a face,
lowest for the distance from the usual height. A change of height at a cut costs less than covering any face or writing
and more than the distances of a whole clip; within a shot it costs more than all but a covered mouth or eyes. The
heights of all cards together are the cheapest path (Viterbi), so that no card jumps for its own sake.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.camera.onscreen import OnScreen
from clipy.analysis.faces.tracking.face_parts import eyes, hair, mouth
from clipy.geometry import share_inside
from clipy.types import Box, Span
from clipy.typography.occupied_regions import OccupiedRegion

_GRID = 160  # heights tried across the safe area
# Costs of covering all of a region; smaller shares cost proportionally less.
_MOUTH, _EYES, _HAIR, _FACE, _OCCUPIED = 200.0, 80.0, 6.0, 5.0, 60.0
_TOUCH = 20.0  # cost of touching an occupied region at all: text over text is never right
_FACE_TOUCH, _GRAZED = 3.5, 0.04  # cost of covering more than this share of a face at all
_SPARE = 3.0  # cost of the spare area below the safe area: less than covering a head
# Cost of a distance of the picture's whole height from the usual height: of one card, and of all cards at most.
_DISTANCE, _DISTANCES = 4.0, 32.0
_MOVE, _MOVE_AT_CUT = 12.0, 2.0  # cost of any change of height within a shot, at a cut
_MOVE_DISTANCE = 6.0  # additional cost of a change by the picture's whole height within a shot
_MOVE_IN_CARD = 2.5  # cost of a change in the middle of a card, at a cut: it is being read
_FACE_MARGIN = 0.15  # seconds; faces are sampled, so samples shortly before and after a card count as well


@dataclass(frozen=True, slots=True)
class Block:
    """A card to be placed.

    ``box``: what it covers with its middle at height 0. ``shot``: index of its shot. ``seam``: the height at which two
    panels of the shot meet, where no faces are. ``continued``: same card as the block before, after a cut. ``within``:
    the span of its shot, whose faces alone count; None: the whole clip.
    """

    span: Span
    box: Box
    shot: int
    seam: float | None = None
    continued: bool = False
    within: Span | None = None


def choose_heights(
    blocks: Sequence[Block],
    faces: Sequence[OnScreen],
    occupied: Sequence[OccupiedRegion],
    limits: tuple[float, float],
    usual: float,
    height: int,
    spare: float = 0.0,
) -> list[float]:
    """The middle of each block, in pixels from the top. ``limits`` are the safe area's top and bottom.

    ``spare`` is a lower bottom for blocks that would otherwise cover a head or an occupied region.
    """
    if not blocks:
        return []
    costs, candidates = [], []
    times = np.array([float(face.time) for face in faces])
    for block in blocks:
        preferred = usual if block.seam is None else block.seam
        middles = _candidates(block, limits, preferred, max(spare, limits[1]))
        start, end = _watched(block)
        visible = [faces[index] for index in np.flatnonzero((times >= start) & (times < end)).tolist()]
        regions = [item.box for item in occupied if item.span.overlap(block.span) > 0]
        cost = np.array([_cost(_at(block.box, y), visible, regions) for y in middles])
        distance = np.abs(middles - preferred) / height * min(_DISTANCE, _DISTANCES / len(blocks))
        candidates.append(middles)
        costs.append(cost + distance + _SPARE * (middles + block.box.y2 > limits[1] + 1))
    best = _cheapest_path(costs, candidates, blocks, height)
    return [float(middles[index]) for middles, index in zip(candidates, best, strict=True)]


def _watched(block: Block) -> tuple[float, float]:
    """From when to when faces count: a little longer than the card is there, and no longer than its shot."""
    start, end = float(block.span.start) - _FACE_MARGIN, float(block.span.end) + _FACE_MARGIN
    if block.within is None:
        return start, end
    return max(start, float(block.within.start)), min(end, float(block.within.end))


def _candidates(block: Block, limits: tuple[float, float], preferred: float, lowest: float) -> NDArray[np.float64]:
    """Middles with the whole block inside the limits: the one nearest to the preferred height, and those of a grid.

    All blocks share the grid, so that blocks of different sizes can be at the same height.
    """
    low, high = limits[0] - block.box.y1, limits[1] - block.box.y2
    if high <= low:
        return np.array([(low + high) / 2])
    grid, last = np.arange(limits[0], lowest, (limits[1] - limits[0]) / _GRID), lowest - block.box.y2
    return np.array([min(max(preferred, low), high), low, high, *grid[(grid > low) & (grid < last)]])


def _at(box: Box, middle: float) -> Box:
    return Box(box.x1, box.y1 + middle, box.x2, box.y2 + middle)


def _cost(card: Box, faces: Sequence[OnScreen], occupied: Sequence[Box]) -> float:
    covered = 0.0
    for face in faces:  # the worst moment counts: a mouth covered for a moment is covered
        share = share_inside(face.box, card)
        parts = ((mouth(face.box), _MOUTH), (eyes(face.box), _EYES), (hair(face.box), _HAIR))
        inner = sum(cost * share_inside(part, card) for part, cost in parts)
        covered = max(covered, inner + _FACE * share + _FACE_TOUCH * (share > _GRAZED))
    shares = (share_inside(box, card) for box in occupied)
    return covered + sum(_TOUCH + _OCCUPIED * share for share in shares if share > 0)


def _cheapest_path(
    costs: Sequence[NDArray[np.float64]],
    candidates: Sequence[NDArray[np.float64]],
    blocks: Sequence[Block],
    height: int,
) -> list[int]:
    """The index of the best candidate of each block (Viterbi)."""
    total, predecessors = costs[0], []
    for index in range(1, len(costs)):
        distance = np.abs(candidates[index][:, None] - candidates[index - 1][None, :]) / height
        if blocks[index].shot == blocks[index - 1].shot:
            move_cost = _MOVE + _MOVE_DISTANCE * distance
        else:
            move_cost = np.full_like(distance, _MOVE_IN_CARD if blocks[index].continued else _MOVE_AT_CUT)
        through = total[None, :] + np.where(distance < 1e-3, 0.0, move_cost)
        predecessors.append(through.argmin(axis=1))
        total = through.min(axis=1) + costs[index]
    path = [int(total.argmin())]
    for best in reversed(predecessors):
        path.append(int(best[path[-1]]))
    return path[::-1]
