"""Color conversion: decoded pictures of any color space -> planar YUV 4:2:0, 8 bit, BT.709, limited range."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from numpy.typing import NDArray

from clipy.media.frame import Plane, Planes
from clipy.media.tone_mapping import PRIMARIES, ColorVolume, Curve, YuvToRgb, tone_map

Coded = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]  # Y, U and V as in the source: 8 bit, or 10 bit in uint16

# Red and blue weights of luma, by the code of ITU-T H.273, table 4.
_WEIGHTS = {1: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087)}
_WEIGHTS |= {9: (0.2627, 0.0593), 10: (0.2627, 0.0593)}
_BT709, _BT601, _BT2020 = 1, 6, 9
_HDR: dict[int, Curve] = {16: "PQ", 18: "HLG"}
_WIDE = (9, 12)  # primaries of BT.2020 and of Display P3
_PEAKS = (1000, 2000, 4000, 10_000)  # cd/m2 to which the peak of a PQ source is rounded up
_EXACT = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT


@dataclass(frozen=True, slots=True)
class ColorSpec:
    """How a picture's colors are coded: matrix coefficients (H.273 code) and range. ``light`` is set for HDR and wide
    gamut, which come in 10 bits.
    """

    matrix: int
    full_range: bool
    light: ColorVolume | None = None


BT709_LIMITED = ColorSpec(_BT709, full_range=False)


def yuv_planes(picture: av.VideoFrame) -> tuple[Coded, ColorSpec]:
    """Y, U and V of a picture in its own size, and their color specification.

    A view if the picture is 8-bit 4:2:0 already; HDR and wide gamut come as 10-bit 4:2:0.
    """
    colors = _colors(picture)
    deep = colors.light is not None
    if picture.format.is_rgb:
        colors = ColorSpec(_BT709, full_range=False, light=colors.light)
        picture = _reformat(picture, to=colors, src=ColorRange.JPEG)
    elif picture.format.name not in ({"yuv420p10le"} if deep else {"yuv420p", "yuvj420p"}):
        span = ColorRange.JPEG if colors.full_range else ColorRange.MPEG
        picture = _reformat(picture, to=colors, src=span)
    kind = np.uint16 if deep else np.uint8
    return (_view(picture, 0, kind), _view(picture, 1, kind), _view(picture, 2, kind)), colors


def to_bt709(planes: Coded, colors: ColorSpec) -> Planes:
    """Convert to 8-bit BT.709 in limited range; HDR is tone-mapped."""
    if colors.light is not None:
        return tone_map(planes, colors.light, _ten_bits(colors))
    if colors == BT709_LIMITED:
        return planes
    mix, offset = _mixing(colors)
    y, u, v = planes
    if abs(mix[0, 1]) + abs(mix[0, 2]) < 1e-9:
        tables = _tables(colors)
        return cv2.LUT(y, tables[0]), cv2.LUT(u, tables[1]), cv2.LUT(v, tables[2])  # type: ignore[return-value]
    size = (y.shape[1], y.shape[0])
    wide = [cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in (u, v)]
    luma = cv2.transform(cv2.merge((y, *wide)), np.hstack([mix[:1], offset[:1, None]]))
    # Gray stays gray with any matrix, so chroma depends on chroma alone and needs no full-size copy.
    chroma = cv2.transform(cv2.merge((u, v)), np.hstack([mix[1:, 1:], offset[1:, None]]))
    return luma, *cv2.split(chroma)  # type: ignore[return-value]


def _colors(picture: av.VideoFrame) -> ColorSpec:
    matrix = int(picture.colorspace)
    if matrix not in _WEIGHTS:  # untagged: as players do
        matrix = _BT709 if picture.width >= 1280 or picture.height > 576 else _BT601
    full = picture.color_range == ColorRange.JPEG or picture.format.name.startswith("yuvj")
    return ColorSpec(matrix, full, _light(picture))


def _light(picture: av.VideoFrame) -> ColorVolume | None:
    curve, primaries = int(picture.color_trc), int(picture.color_primaries)
    if curve in _HDR:
        gamut = primaries if primaries in PRIMARIES else 9
        return ColorVolume(_HDR[curve], gamut, _peak(picture) if _HDR[curve] == "PQ" else _PEAKS[0])
    return ColorVolume("SDR", primaries) if primaries in _WIDE else None


def _peak(picture: av.VideoFrame) -> int:
    """The peak luminance in cd/m2 from the metadata: of the content, or else of the mastering display."""
    brightest = 0.0
    if data := _side_data(picture, "CONTENT_LIGHT_LEVEL"):
        brightest = float(struct.unpack_from("=I", data)[0])  # AVContentLightMetadata: MaxCLL, MaxFALL
    if brightest == 0 and (data := _side_data(picture, "MASTERING_DISPLAY_METADATA")):
        # AVMasteringDisplayMetadata: nine fractions (primaries, white point, minimum), the maximum, then validity flags
        top, bottom, _, known = struct.unpack_from("=4i", data, 9 * 8)
        brightest = top / bottom if known and bottom else 0.0
    return next((peak for peak in _PEAKS if brightest <= peak), _PEAKS[-1])


def _side_data(picture: av.VideoFrame, name: str) -> bytes:
    data: Any = picture.side_data.get(name)
    return b"" if data is None else bytes(data)


def _reformat(picture: av.VideoFrame, *, to: ColorSpec, src: ColorRange) -> av.VideoFrame:
    """Change only the sample layout: swscale's matrices are off by one code value."""
    space = Colorspace.ITU709  # the same on both sides: no matrix is applied, except for RGB sources
    return picture.reformat(
        format="yuv420p" if to.light is None else "yuv420p10le",
        src_colorspace=space,
        dst_colorspace=space,
        src_color_range=src,
        dst_color_range=ColorRange.JPEG if to.full_range else ColorRange.MPEG,
        interpolation=_EXACT,
    )


def _view(picture: av.VideoFrame, index: int, kind: type[np.uint8 | np.uint16]) -> NDArray[Any]:
    plane = picture.planes[index]
    samples = plane.line_size // np.dtype(kind).itemsize
    rows = np.frombuffer(plane, dtype=kind)[: plane.height * samples]  # type: ignore[call-overload]
    view: NDArray[Any] = rows.reshape(plane.height, samples)[:, : plane.width]
    return view


@lru_cache(maxsize=16)
def _mixing(colors: ColorSpec) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Matrix (3x3) and offset from coded YUV to BT.709 limited range."""
    to_rgb, zero = _to_rgb(colors)
    standard_rgb, target = _to_rgb(BT709_LIMITED)
    mix = np.linalg.inv(standard_rgb) @ to_rgb
    mix[np.abs(mix) < 1e-9] = 0
    return mix, target - mix @ zero


def _to_rgb(colors: ColorSpec) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    red, blue = _WEIGHTS[colors.matrix]
    green = 1 - red - blue
    analog = np.array(
        [
            [1, 0, 2 * (1 - red)],
            [1, -2 * blue * (1 - blue) / green, -2 * red * (1 - red) / green],
            [1, 2 * (1 - blue), 0],
        ]
    )
    ranges, zero = ((255, 255, 255), 0) if colors.full_range else ((219, 224, 224), 16)
    return analog / np.array(ranges), np.array([zero, 128.0, 128.0])


@lru_cache(maxsize=16)
def _tables(colors: ColorSpec) -> tuple[Plane, Plane, Plane]:
    mix, offset = _mixing(colors)
    codes = np.arange(256.0)
    low, middle, high = (np.clip(np.rint(mix[i, i] * codes + offset[i]), 0, 255).astype(np.uint8) for i in range(3))
    return low, middle, high


@lru_cache(maxsize=16)
def _ten_bits(colors: ColorSpec) -> YuvToRgb:
    matrix, zero = _to_rgb(colors)
    wider = 1023 / 255 if colors.full_range else 4.0
    return YuvToRgb(tuple((matrix / wider).ravel()), (4 * zero[0], 512.0, 512.0))
