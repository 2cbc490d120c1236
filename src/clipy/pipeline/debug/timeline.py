"""The strip under the picture: the whole clip at a glance, with a line where it is now.

One row for each face: its colour where it is on screen, the brighter the surer it speaks; white above it where a window
holds it. Red lines are cuts of the source, yellow ones changes of the window inside a shot; grey is cut out.
"""

from __future__ import annotations

import numpy as np

from clipy.media.frame import Plane
from clipy.pipeline.debug.painting import RED, WHITE, YELLOW, colour_of
from clipy.pipeline.debug.scene import Scene
from clipy.types import Seconds

_ROWS = 8  # faces that are shown, those that are longest on screen
_ROW = 8  # pixels
_BARE = 16  # pixels of height without any face
_SILENT = 0.25  # brightness of a face that does not speak
_GREY = 60


class Timeline:
    """Drawn once; ``at`` gives a copy with the line."""

    def __init__(self, scene: Scene, width: int) -> None:
        longest = sorted(scene.tracks, key=lambda track: -len(track.times))[:_ROWS]
        self._rows = {track.id: row for row, track in enumerate(sorted(longest, key=lambda track: track.id))}
        self._scene = scene
        self.height = max(_BARE, _ROW * len(self._rows))
        self._strip = np.zeros((self.height, width, 3), dtype=np.uint8)
        for x in range(width):
            self._column(x, scene.span.start + scene.span.duration * x / width)
        for times, colour in ((scene.turns(), YELLOW), (scene.cuts(), RED)):
            for time in times:
                self._strip[:, self._x(time)] = colour

    def at(self, time: Seconds) -> Plane:
        """The strip at a moment of the source."""
        strip = self._strip.copy()
        x = self._x(time)
        strip[:, max(0, x - 1) : x + 1] = WHITE
        return strip

    def _x(self, time: Seconds) -> int:
        width = self._strip.shape[1]
        return min(width - 1, int((time - self._scene.span.start) / self._scene.span.duration * width))

    def _column(self, x: int, time: Seconds) -> None:
        if not self._scene.shown(time):
            self._strip[:, x] = _GREY
        targets = self._scene.targets(time)
        for face in self._scene.faces(time):
            row = self._rows.get(face.track.id)
            if row is None:
                continue
            light = _SILENT + (1 - _SILENT) * (face.speaking or 0.0)
            top = row * _ROW
            self._strip[top + 2 : top + _ROW - 1, x] = [round(part * light) for part in colour_of(face.track)]
            if face.track.id in targets:
                self._strip[top : top + 2, x] = WHITE
