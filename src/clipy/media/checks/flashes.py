"""Flashes that may set off a photosensitive seizure, as ITU-R BT.1702 and Ofcom's guidance define them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from clipy.types import Seconds

_CELLS = 40  # across the picture: the rule is about areas of a quarter of it, not about points
_STEP = 20.0  # cd/m2: a smaller change is no part of a flash
_BRIGHT = 160.0  # cd/m2: between two pictures that are both brighter there is no flash
_AREA = 0.25  # of the picture must change together
_TOGETHER = 3  # pictures over which a change may ramp up


def _luminance() -> NDArray[np.float32]:
    """cd/m2 of the reference screen for each luma code of limited range (Ofcom's formula of BT.1702, 200 at most)."""
    digital = np.clip((np.arange(256) - 16) * 255 / 219, 0, 255)
    return np.asarray(413.435 * (0.002745 * digital + 0.0189623) ** 2.2, dtype=np.float32)


_SCREEN = _luminance()


class FlashDetector:
    """Shown every picture in turn; ``changes`` are the times at which a quarter of it turned brighter, then darker.

    Two opposite changes are a flash. A change counts where the luminance has moved by 20 cd/m2 since it last turned,
    which is followed in each cell of a coarse grid by itself.
    """

    def __init__(self) -> None:
        self.changes: list[Seconds] = []
        self._rising: bool | None = None
        self._turn: NDArray[np.float32] | None = None  # luminance of each cell where it last turned
        self._up: NDArray[np.bool_] = np.zeros(0, dtype=bool)
        self._down: NDArray[np.bool_] = np.zeros(0, dtype=bool)
        self._lately: list[tuple[NDArray[np.bool_], NDArray[np.bool_]]] = []

    def see(self, time: Seconds, luma: NDArray[np.uint8]) -> None:
        """Look at the picture from ``time`` on, (h, w) luma of limited range."""
        size = (_CELLS, max(1, round(_CELLS * luma.shape[0] / luma.shape[1])))
        now = _SCREEN[cv2.resize(luma, size, interpolation=cv2.INTER_AREA)]
        if self._turn is None:
            self._turn = now.copy()
            self._up = self._down = np.zeros(now.shape, dtype=bool)
            return
        turn = self._turn
        far = np.abs(now - turn) >= _STEP
        dark_enough = np.minimum(now, turn) < _BRIGHT
        rose = far & dark_enough & (now > turn) & ~self._up
        fell = far & dark_enough & (now < turn) & ~self._down
        self._up = (self._up | rose) & ~fell
        self._down = (self._down | fell) & ~rose
        # What goes on in the same direction moves the turning point along; a change begins a new one.
        further = (self._up & (now > turn)) | (self._down & (now < turn)) | rose | fell
        self._turn = np.where(further, now, turn)
        self._note(time, rose, fell)

    def _note(self, time: Seconds, rose: NDArray[np.bool_], fell: NDArray[np.bool_]) -> None:
        self._lately = [*self._lately[1 - _TOGETHER :], (rose, fell)]
        up = float(np.mean(np.any([pair[0] for pair in self._lately], axis=0)))
        down = float(np.mean(np.any([pair[1] for pair in self._lately], axis=0)))
        rising = up >= down
        if max(up, down) >= _AREA and rising != self._rising:
            self.changes.append(time)
            self._rising = rising
            self._lately = []
