"""At which height each card of captions is: clear of mouths and eyes, and steady.

Every height in the safe area has a cost: most for a mouth that it would cover, less for eyes, hair and the rest of a
face, least for being far from where captions usually are. A change of height costs too, little at a cut and much within
a shot. The heights of all cards together are the cheapest path (Viterbi), so one card never jumps for its own sake.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.camera.onscreen import OnScreen
from clipy.types import Box, Span
from clipy.typography.occupied import OccupiedRegion, overlap

_STEPS = 160  # heights that are tried over the safe area
_MOUTH, _EYES, _HAIR, _FACE, _TAKEN = 200.0, 80.0, 6.0, 5.0, 60.0  # cost of covering all of it
_TOUCH = 20.0  # cost of touching what is drawn there: text over text is never right
_SPARE = 3.0  # cost of leaving the safe area for the spare one below it: less than to sit on somebody's head
_AWAY = 4.0  # cost of being a whole picture's height away from the usual place
_MOVE, _MOVE_AT_CUT = 5.0, 0.15  # cost of any change of height ...
_FAR = 6.0  # ... and of each picture's height that it goes within a shot
_MOVE_IN_CARD = 1.5  # cost of a change in the middle of a card, at a cut: it is being read
_SOON = 0.15  # seconds; faces are known at some moments only: those just before and after a card count as well


@dataclass(frozen=True, slots=True)
class Block:
    """A card to be placed: when it is seen, what it covers when its middle is at height 0, and in which shot it is.

    ``seam`` is the height at which two panels of the shot meet, where they do: nobody's face is there. ``continued``
    tells that the words are those of the block before, on the other side of a cut.
    """

    span: Span
    box: Box
    shot: int
    seam: float | None = None
    continued: bool = False


def heights(
    blocks: Sequence[Block],
    faces: Sequence[OnScreen],
    occupied: Sequence[OccupiedRegion],
    limits: tuple[float, float],
    usual: float,
    height: int,
    spare: float = 0.0,
) -> list[float]:
    """The middle of each block, in pixels from the top. ``limits`` are the safe area's top and bottom.

    ``spare`` is a lower bottom, for when a block would have to cover a head, or something else that is drawn.
    """
    if not blocks:
        return []
    costs, middles = [], []
    times = np.array([float(face.time) for face in faces])
    goes_on = [*(block.continued for block in blocks[1:]), False]
    for block, continues in zip(blocks, goes_on, strict=True):
        wanted = usual if block.seam is None else block.seam
        options = _options(block, limits, wanted, max(spare, limits[1]))
        start = float(block.span.start) - (0 if block.continued else _SOON)
        end = float(block.span.end) + (0 if continues else _SOON)
        near = np.flatnonzero((times >= start) & (times < end))
        seen = [faces[index] for index in near.tolist()]
        others = [item.box for item in occupied if item.span.overlap(block.span) > 0]
        middles.append(options)
        cost = [_cost(_at(block.box, y), seen, others, abs(y - wanted) / height) for y in options]
        costs.append(np.array(cost) + _SPARE * (options + block.box.y2 > limits[1] + 1))
    chosen = _path(costs, middles, blocks, height)
    return [float(options[index]) for options, index in zip(middles, chosen, strict=True)]


def _options(block: Block, limits: tuple[float, float], usual: float, lowest: float) -> NDArray[np.float64]:
    """Heights at which the whole block is inside the limits: the usual one or the nearest, and those of a grid.

    All blocks share the grid, so that blocks of different sizes can be at the same height.
    """
    low, high = limits[0] - block.box.y1, limits[1] - block.box.y2
    if high <= low:
        return np.array([(low + high) / 2])
    grid, last = np.arange(limits[0], lowest, (limits[1] - limits[0]) / _STEPS), lowest - block.box.y2
    return np.array([min(max(usual, low), high), low, high, *grid[(grid > low) & (grid < last)]])


def _at(box: Box, middle: float) -> Box:
    return Box(box.x1, box.y1 + middle, box.x2, box.y2 + middle)


def _cost(card: Box, faces: Sequence[OnScreen], occupied: Sequence[Box], away: float) -> float:
    covered = 0.0
    for face in faces:  # the worst moment counts: a mouth that is covered for a moment is covered
        parts = ((face.mouth, _MOUTH), (face.eyes, _EYES), (face.hair, _HAIR), (face.box, _FACE))
        covered = max(covered, sum(cost * _share(part, card) for part, cost in parts))
    touched = sum(_TOUCH + _TAKEN * _share(box, card) for box in occupied if overlap(box, card) > 0)
    return covered + touched + _AWAY * away


def _share(part: Box, card: Box) -> float:
    return overlap(part, card) / max(part.width * part.height, 1.0)


def _path(
    costs: Sequence[NDArray[np.float64]],
    middles: Sequence[NDArray[np.float64]],
    blocks: Sequence[Block],
    height: int,
) -> list[int]:
    total, came = costs[0], []
    for index in range(1, len(costs)):
        distance = np.abs(middles[index][:, None] - middles[index - 1][None, :]) / height
        same, at_cut = blocks[index].shot == blocks[index - 1].shot, _MOVE_AT_CUT
        if blocks[index].continued:
            at_cut = _MOVE_IN_CARD
        move = np.where(distance < 1e-3, 0.0, (_MOVE + _FAR * distance) if same else at_cut)
        through = total[None, :] + move
        came.append(through.argmin(axis=1))
        total = through.min(axis=1) + costs[index]
    chosen = [int(total.argmin())]
    for best in reversed(came):
        chosen.append(int(best[chosen[-1]]))
    return chosen[::-1]
