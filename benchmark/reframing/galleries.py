"""Video calls in a gallery, composed of recordings of single talkers: is the tile of whoever speaks shown, alone?"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from clipy import probe
from clipy.context import Context
from clipy.geometry import share_inside
from clipy.media.read import pictures, sound_array
from clipy.stages.reframe.speaker import Speaker
from clipy.types import Box, Highlight, Span, seconds
from fixtures.media import Picture, make_video

_SIZE = (1280, 720)
_GUTTER = 8  # pixels
_GROUND = (32, 34, 33)
_LENGTH = 14.0  # seconds; the second speaker begins in the middle
_RATE = 48_000
_SETTLED = 0.5  # seconds after a change of speaker in which the other tile may still be shown
_UNEQUAL = (Box(8, 120, 792, 600), Box(800, 184, 1272, 536))
_OWN = 0.95  # share of the window that must be within the speaker's tile


def tile_share(media: Sequence[Path], work: Path, ctx: Context) -> float:
    """The share of time in which the window is within the tile of whoever speaks.

    Over galleries of 4 and 9 equal tiles, and of two of unequal size side by side.
    """
    shown = [_share(media, tiles, work, ctx) for tiles in (_tiles(2, 2), _tiles(3, 3), _UNEQUAL)]
    return round(float(np.mean(shown)), 3)


def _share(media: Sequence[Path], tiles: Sequence[Box], work: Path, ctx: Context) -> float:
    people = [_frames(media[n % len(media)], tile) for n, tile in enumerate(tiles)]
    first, second = 0, min(len(tiles) - 1, len(media) - 1)
    half = _LENGTH / 2
    voices = [_voice(media[number % len(media)], half) for number in (first, second)]

    def draw(time: float, size: tuple[int, int]) -> Picture:
        picture = np.full((size[1], size[0], 3), _GROUND, dtype=np.uint8)
        speaker = first if time < half else second
        for number, (tile, frames) in enumerate(zip(tiles, people, strict=True)):
            moment = (time if speaker == first else time - half) if number == speaker else 0.4 * time + 1
            left, top, right, bottom = (int(edge) for edge in (tile.x1, tile.y1, tile.x2, tile.y2))
            picture[top:bottom, left:right] = frames[round(moment * 25) % len(frames)]
        return picture

    def play(times: NDArray[np.float64]) -> NDArray[np.float64]:
        places = np.minimum((times % half * _RATE).astype(int), int(half * _RATE) - 1)
        return np.asarray(np.where(times < half, voices[0][places], voices[1][places]), dtype=np.float64)

    path = make_video(
        work / f"gallery-{len(tiles)}.mp4", seconds=_LENGTH, size=_SIZE, draw=draw, play=play, sample_rate=_RATE
    )
    video = probe(path)
    crop = Speaker(Speaker.Options()).reframe(video, Highlight(video.span), ctx)
    right, counted = 0, 0
    for time in np.arange(0.2, _LENGTH - 0.2, 0.2).tolist():
        if half <= time < half + _SETTLED:
            continue
        moment = seconds(time)
        shot = next(shot for shot in crop.shots if moment in shot.span)
        tile = tiles[first if time < half else second]
        counted += 1
        right += len(shot.panels) == 1 and share_inside(shot.panels[0].window(moment), tile) >= _OWN
    return right / counted


def _tiles(rows: int, columns: int) -> list[Box]:
    wide = (_SIZE[0] - (columns + 1) * _GUTTER) // columns
    high = (_SIZE[1] - (rows + 1) * _GUTTER) // rows
    return [
        Box(x, y, x + wide, y + high)
        for row in range(rows)
        for column in range(columns)
        for x, y in [(_GUTTER + column * (wide + _GUTTER), _GUTTER + row * (high + _GUTTER))]
    ]


def _frames(path: Path, tile: Box) -> list[Picture]:
    """Some seconds of a recording, cut to a tile's shape around its upper middle."""
    video = probe(path)
    wide, high = int(tile.width), int(tile.height)
    found = []
    for _, picture in pictures(
        video, Span(seconds(0), min(video.duration, seconds(_LENGTH / 2))), rate=Fraction(25), height=480
    ):
        height, width = picture.shape[:2]
        cut = min(height, int(width * high / wide))
        top = min(height - cut, height // 12)
        side = min(width, int(cut * wide / high))
        left = (width - side) // 2
        part = np.ascontiguousarray(picture[top : top + cut, left : left + side])
        found.append(np.asarray(cv2.resize(part, (wide, high), interpolation=cv2.INTER_AREA), dtype=np.uint8))
    return found


def _voice(path: Path, length: float) -> NDArray[np.float32]:
    video = probe(path)
    sound = sound_array(video, Span(seconds(0), min(video.duration, seconds(length))), rate=_RATE).mean(axis=0)
    return np.resize(sound, int(length * _RATE))
