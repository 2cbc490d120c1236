"""Flashes that can trigger photosensitive seizures, as defined by ITU-R BT.1702 and Ofcom's guidance."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from clipy.types import Seconds

_CELLS = 40  # grid cells across: the rule is about areas of a quarter of the picture
_MIN_CHANGE = 20.0  # cd/m2, of a flash
_MAX_DARK = 160.0  # cd/m2; the darker state of a flash is below
_MIN_AREA = 0.25  # share of the picture that changes together
_RAMP = 3  # frames over which a change may build up


def _luminance() -> NDArray[np.float32]:
    """cd/m2 of the reference display for each limited-range luma code (Ofcom's formula from BT.1702; at most 200)."""
    digital = np.clip((np.arange(256) - 16) * 255 / 219, 0, 255)
    return np.asarray(413.435 * (0.002745 * digital + 0.0189623) ** 2.2, dtype=np.float32)


_LUMINANCE = _luminance()


class FlashDetector:
    """Fed with every frame; ``changes`` are the times at which a quarter of the picture turned brighter or darker.

    Two opposite changes are a flash. A change is a difference in luminance of 20 cd/m2 since the last turning point,
    tracked separately in each cell of a coarse grid.
    """

    def __init__(self) -> None:
        self.changes: list[Seconds] = []
        self._rising: bool | None = None
        self._turn: NDArray[np.float32] | None = None  # luminance of each cell where it last turned
        self._up: NDArray[np.bool_] = np.zeros(0, dtype=bool)
        self._down: NDArray[np.bool_] = np.zeros(0, dtype=bool)
        self._recent: list[tuple[NDArray[np.bool_], NDArray[np.bool_]]] = []

    def add(self, time: Seconds, luma: NDArray[np.uint8]) -> None:
        """Add the frame at ``time``, (h, w) luma in limited range."""
        size = (_CELLS, max(1, round(_CELLS * luma.shape[0] / luma.shape[1])))
        now = _LUMINANCE[cv2.resize(luma, size, interpolation=cv2.INTER_AREA)]
        if self._turn is None:
            self._turn = now.copy()
            self._up = self._down = np.zeros(now.shape, dtype=bool)
            return
        turn = self._turn
        far = np.abs(now - turn) >= _MIN_CHANGE
        dark_enough = np.minimum(now, turn) < _MAX_DARK
        rose = far & dark_enough & (now > turn) & ~self._up
        fell = far & dark_enough & (now < turn) & ~self._down
        self._up = (self._up | rose) & ~fell
        self._down = (self._down | fell) & ~rose
        # Further movement in the same direction moves the turning point; a change starts a new one.
        further = (self._up & (now > turn)) | (self._down & (now < turn)) | rose | fell
        self._turn = np.where(further, now, turn)
        self._note(time, rose, fell)

    def _note(self, time: Seconds, rose: NDArray[np.bool_], fell: NDArray[np.bool_]) -> None:
        self._recent = [*self._recent[1 - _RAMP :], (rose, fell)]
        up = float(np.mean(np.any([pair[0] for pair in self._recent], axis=0)))
        down = float(np.mean(np.any([pair[1] for pair in self._recent], axis=0)))
        rising = up >= down
        if max(up, down) >= _MIN_AREA and rising != self._rising:
            self.changes.append(time)
            self._rising = rising
            self._recent = []
