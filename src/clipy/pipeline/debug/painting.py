"""A source frame with annotations: faces, active speakers, crop windows, cuts, and the current word.

A face has its own colour, by person where persons are known across shots and by track otherwise. What the clip shows
is bright and outlined in yellow, panel by panel with its number; the rest is darkened.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from clipy.media.frame import Plane
from clipy.pipeline.debug.scene import Scene, TrackedFace
from clipy.types import Box, Seconds, Track
from clipy.typography.fonts import FontStack, packaged_face
from clipy.typography.glyph_masks import Font, TextMasks

Colour = tuple[int, int, int]
YELLOW, RED, WHITE, GREY = (255, 220, 0), (255, 60, 60), (255, 255, 255), (150, 150, 150)
_FACES: tuple[Colour, ...] = (
    *((64, 196, 255), (105, 240, 120), (255, 145, 77), (234, 128, 252), (255, 138, 190)),
    *((130, 255, 234), (200, 230, 60), (160, 160, 255)),
)
_DARK = 0.5  # of its light is left of what the clip does not show
_FLASH = 3  # pictures for which a cut is framed in red


def colour_of(track: Track) -> Colour:
    """The same for the same person, where that is known."""
    return _FACES[(track.id if track.identity is None else track.identity) % len(_FACES)]


class Painter:
    """Draws on pictures of ``width`` x ``height``: the whole source, scaled."""

    def __init__(self, scene: Scene, width: int, height: int, step: Seconds) -> None:
        self._scene, self._width, self._height, self._step = scene, width, height, step
        self._scale = width / scene.video.width, height / scene.video.height
        self._text = max(11.0, min(width, height) / 36)
        self._line = max(1, round(min(width, height) / 360))
        self._cuts = [*scene.cuts()]

    def paint(self, picture: Plane, time: Seconds) -> None:
        """Draw on an RGB picture of the source at ``time``, in place."""
        scene = self._scene
        crop, faces = scene.crop(time), scene.faces(time)
        targets = scene.targets(time)
        self._darken(picture, time)
        for face in faces:
            self._face(picture, face, chosen=face.track.id in targets)
        for number, panel in enumerate(crop.panels if crop else (), start=1):
            window = self._scaled(panel.window(time))
            cv2.rectangle(picture, *_corners(window), YELLOW, 2 * self._line)
            several = f"{number}" if crop and len(crop.panels) > 1 else ""
            self._say(picture, several, window.x1 + 4 * self._line, window.y2 - 1.8 * self._text, YELLOW)
        if any(cut <= time < cut + _FLASH * self._step for cut in self._cuts):
            cv2.rectangle(picture, (0, 0), (self._width - 1, self._height - 1), RED, 6 * self._line)
            self._say(picture, "CUT", self._width - 4 * self._text, self._text / 2, RED)
        self._head(picture, time)
        word = scene.word(time)
        if word is not None:
            self._say(picture, word.text, self._width / 2, self._height - 2 * self._text, WHITE, middle=True)

    def _head(self, picture: Plane, time: Seconds) -> None:
        """The line at the top: where in the clip, where in the source, which layout, whom it holds."""
        scene, crop = self._scene, self._scene.crop(time)
        number = scene.edit.crop.shots.index(crop) + 1 if crop else 0
        place = f"clip {float(scene.edit.clip_time(time)):6.2f} s" if scene.shown(time) else "cut out"
        held = ", ".join("nobody" if target is None else f"#{target}" for target in scene.targets(time))
        layout = f"{number}: {crop.layout}" if crop else "no layout"
        text = f"{place}   source {float(time):.2f} s   {layout}{f'   on {held}' if held else ''}"
        self._say(picture, text, self._text / 2, self._text / 2, WHITE)

    def _darken(self, picture: Plane, time: Seconds) -> None:
        kept = np.zeros(picture.shape[:2], dtype=bool)
        crop = self._scene.crop(time)
        if crop is not None and self._scene.shown(time):
            for panel in crop.panels:
                (x1, y1), (x2, y2) = _corners(self._scaled(panel.window(time)))
                kept[max(0, y1) : max(0, y2), max(0, x1) : max(0, x2)] = True
        dark = cv2.convertScaleAbs(picture, alpha=_DARK)
        np.copyto(picture, dark, where=~kept[:, :, None])

    def _face(self, picture: Plane, face: TrackedFace, *, chosen: bool) -> None:
        box, colour = self._scaled(face.box), colour_of(face.track)
        cv2.rectangle(picture, *_corners(box), colour, self._line * (3 if chosen else 1))
        name = f"#{face.track.id}"
        if face.track.id in self._scene.names:
            name += f" speaker {self._scene.names[face.track.id]}"
        elif face.track.identity is not None:
            name += f" person {face.track.identity}"
        score = "" if face.speaking is None else f"  {face.speaking:.2f}"
        guessed = "  ~" if face.interpolated else ""
        above = box.y1 - 1.6 * self._text
        self._say(picture, f"{name}{score}{guessed}{'  TARGET' if chosen else ''}", box.x1, above, colour)
        if face.speaking is not None:  # a bar that fills as the score rises
            top, high = round(box.y2) + 2 * self._line, 3 * self._line
            left, right = round(box.x1), round(box.x2)
            cv2.rectangle(picture, (left, top), (right, top + high), GREY, -1)
            cv2.rectangle(picture, (left, top), (round(left + face.speaking * (right - left)), top + high), colour, -1)

    def _scaled(self, box: Box) -> Box:
        wide, high = self._scale
        return Box(box.x1 * wide, box.y1 * high, box.x2 * wide, box.y2 * high)

    def _say(self, picture: Plane, text: str, x: float, y: float, colour: Colour, *, middle: bool = False) -> None:
        """Text on a dark plate, moved inside the picture where it would leave it."""
        if not text.strip():
            return
        masks, margin = _lettered(text, round(self._text, 1)), 2 * self._line
        letters = masks.glyphs[: self._height - 2 * margin, : self._width - 2 * margin]
        high, wide = letters.shape
        left = round(x - wide / 2 if middle else x)
        left = min(max(margin, left), self._width - wide - margin)
        top = min(max(margin, round(y)), self._height - high - margin)
        plate = picture[top - margin : top + high + margin, left - margin : left + wide + margin]
        plate //= 3
        part = picture[top : top + high, left : left + wide]
        cover = letters[:, :, None].astype(np.uint16)
        part[:] = ((255 - cover) * part + cover * np.array(colour, dtype=np.uint16)) // 255


def _corners(box: Box) -> tuple[tuple[int, int], tuple[int, int]]:
    return (round(box.x1), round(box.y1)), (round(box.x2), round(box.y2))


@lru_cache(maxsize=512)
def _lettered(text: str, size: float) -> TextMasks:
    return Font(FontStack(packaged_face("fontpkg_montserrat", "Montserrat[[]wght].ttf", 600)), size).masks(text)
