"""Whatever colours a decoded picture is coded in -> planar YUV 4:2:0, 8 bit, BT.709, limited range."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from numpy.typing import NDArray

from clipy.media.frame import Plane, Planes

log = logging.getLogger(__name__)

# Red and blue weights of luma, by the code of ITU-T H.273, table 4.
_WEIGHTS = {1: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087)}
_WEIGHTS |= {9: (0.2627, 0.0593), 10: (0.2627, 0.0593)}
_BT709, _BT601, _BT2020 = 1, 6, 9
_HDR_CURVES = {16: "PQ", 18: "HLG"}
_EXACT = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT


@dataclass(frozen=True, slots=True)
class Colours:
    """How a picture's colours are coded: which luma weights (H.273 code), and whether 8 bits mean 0..255."""

    matrix: int
    full_range: bool


STANDARD = Colours(_BT709, full_range=False)


def planes_of(picture: av.VideoFrame) -> tuple[Planes, Colours]:
    """Y, U and V of a picture at its own size, and what they mean. A view where the picture is 8 bit 4:2:0 already."""
    colours = _colours(picture)
    if picture.format.is_rgb:
        picture, colours = _reformat(picture, to=STANDARD, src=ColorRange.JPEG), STANDARD
    elif picture.format.name not in {"yuv420p", "yuvj420p"}:
        span = ColorRange.JPEG if colours.full_range else ColorRange.MPEG
        picture = _reformat(picture, to=colours, src=span)
    return (_view(picture, 0), _view(picture, 1), _view(picture, 2)), colours


def standard(planes: Planes, colours: Colours) -> Planes:
    """The same picture as BT.709 in limited range."""
    if colours == STANDARD:
        return planes
    mix, offset = _mixing(colours)
    y, u, v = planes
    if abs(mix[0, 1]) + abs(mix[0, 2]) < 1e-9:
        tables = _tables(colours)
        return cv2.LUT(y, tables[0]), cv2.LUT(u, tables[1]), cv2.LUT(v, tables[2])  # type: ignore[return-value]
    size = (y.shape[1], y.shape[0])
    wide = [cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in (u, v)]
    luma = cv2.transform(cv2.merge((y, *wide)), np.hstack([mix[:1], offset[:1, None]]))
    # Grey stays grey whatever the matrix, so chroma depends on chroma alone and needs no full-size copy.
    chroma = cv2.transform(cv2.merge((u, v)), np.hstack([mix[1:, 1:], offset[1:, None]]))
    return luma, *cv2.split(chroma)  # type: ignore[return-value]


def _colours(picture: av.VideoFrame) -> Colours:
    matrix = int(picture.colorspace)
    if matrix not in _WEIGHTS:  # untagged: the convention of players
        matrix = _BT709 if picture.width >= 1280 or picture.height > 576 else _BT601
    _warn_of_hdr(int(picture.color_trc))
    full = picture.color_range == ColorRange.JPEG or picture.format.name.startswith("yuvj")
    return Colours(matrix, full)


@lru_cache(maxsize=1)
def _warn_of_hdr(curve: int) -> None:
    if curve in _HDR_CURVES:
        log.warning("the source is HDR (%s): it is not tone-mapped yet, so colours look flat", _HDR_CURVES[curve])


def _reformat(picture: av.VideoFrame, *, to: Colours, src: ColorRange) -> av.VideoFrame:
    """Change the layout of samples alone: swscale's own matrices are off by a code, ours are exact."""
    space = Colorspace.ITU709  # the same on both sides: no matrix is applied unless the source is RGB
    return picture.reformat(
        format="yuv420p",
        src_colorspace=space,
        dst_colorspace=space,
        src_color_range=src,
        dst_color_range=ColorRange.JPEG if to.full_range else ColorRange.MPEG,
        interpolation=_EXACT,
    )


def _view(picture: av.VideoFrame, index: int) -> Plane:
    plane = picture.planes[index]
    rows = np.frombuffer(plane, dtype=np.uint8)[: plane.height * plane.line_size]  # type: ignore[call-overload]
    view: Plane = rows.reshape(plane.height, plane.line_size)[:, : plane.width]
    return view


@lru_cache(maxsize=16)
def _mixing(colours: Colours) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """3x3 and offset that take coded YUV to BT.709 limited."""
    to_rgb, zero = _to_rgb(colours)
    standard_rgb, target = _to_rgb(STANDARD)
    mix = np.linalg.inv(standard_rgb) @ to_rgb
    mix[np.abs(mix) < 1e-9] = 0
    return mix, target - mix @ zero


def _to_rgb(colours: Colours) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    red, blue = _WEIGHTS[colours.matrix]
    green = 1 - red - blue
    analog = np.array(
        [
            [1, 0, 2 * (1 - red)],
            [1, -2 * blue * (1 - blue) / green, -2 * red * (1 - red) / green],
            [1, 2 * (1 - blue), 0],
        ]
    )
    ranges, zero = ((255, 255, 255), 0) if colours.full_range else ((219, 224, 224), 16)
    return analog / np.array(ranges), np.array([zero, 128.0, 128.0])


@lru_cache(maxsize=16)
def _tables(colours: Colours) -> tuple[Plane, Plane, Plane]:
    mix, offset = _mixing(colours)
    codes = np.arange(256.0)
    low, middle, high = (np.clip(np.rint(mix[i, i] * codes + offset[i]), 0, 255).astype(np.uint8) for i in range(3))
    return low, middle, high
