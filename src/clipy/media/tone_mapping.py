"""Tone and gamut mapping: HDR and wide-gamut pictures on a standard BT.709 display.

HDR is mapped to a display whose white is 203 cd/m2, the level of HDR reference white (ITU-R BT.2408), with the EETF of
ITU-R BT.2390: levels below about half of that stay as graded, highlights roll off. The curve applies to the largest of
red, green and blue, which preserves hues; colors outside BT.709 are desaturated at constant luminance until they fit.

All of this is computed once for a grid of colors (a 3D LUT), in which pictures are looked up with interpolation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from clipy.media.frame import Planes

Floats = NDArray[np.float64]
Curve = Literal["PQ", "HLG", "SDR"]

SDR_WHITE = 203.0  # cd/m2; HDR reference white (BT.2408), mapped to the white of the display
GAMMA = 2.4  # of the display (BT.1886)
_HLG_PEAK = 1000.0  # cd/m2 of the HLG reference display; its system gamma is 1.2 (BT.2100)
_GRID_MAX = 1024  # just above the 10-bit codes, so that gray (512) lies on the grid
_LUMA, _CHROMA = 65, 97  # grid points along Y, and along U and V
_WEIGHTS = np.array([0.2126, 0.7152, 0.0722])

# Chromaticities (x, y) of red, green and blue by ITU-T H.273 code (table 2); the white point is D65 in all.
PRIMARIES = {
    1: ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)),
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
}
_D65 = (0.3127, 0.3290)


@dataclass(frozen=True, slots=True)
class ColorVolume:
    """Transfer curve, primaries (H.273 code) and peak luminance (cd/m2) of a picture."""

    curve: Curve
    primaries: int
    peak: int = 1000


def to_bt709_rgb(signal: Floats, light: ColorVolume) -> Floats:
    """R'G'B' in 0..1, (n, 3), as the closest BT.709 R'G'B' in 0..1."""
    linear = _linear(np.clip(signal, 0, 1), light)
    if light.curve != "SDR":
        brightest = linear.max(axis=1)
        shown = eetf(brightest * SDR_WHITE, light.peak) / SDR_WHITE
        linear = linear * np.divide(shown, brightest, out=np.ones_like(shown), where=brightest > 0)[:, None]
    linear = linear @ _to_bt709(light.primaries).T
    return np.asarray(_desaturate(linear) ** (1 / GAMMA))


def eetf(level: Floats, peak: float) -> Floats:
    """The EETF of BT.2390 (section 5.4.1) from a display of ``peak`` cd/m2 to one of 203, both with a black of 0."""
    if peak <= SDR_WHITE:
        return np.minimum(level, SDR_WHITE)
    top = pq_code(np.array(peak))
    e1 = np.minimum(pq_code(level) / top, 1.0)
    most = float(pq_code(np.array(SDR_WHITE)) / top)
    knee = 1.5 * most - 0.5
    t = np.clip((e1 - knee) / (1 - knee), 0, 1)
    hermite = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (3 * t**2 - 2 * t**3) * most
    return pq_light(np.asarray(np.where(e1 < knee, e1, hermite) * top))


_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32


def pq_light(code: Floats) -> Floats:
    """The luminance in cd/m2 of a PQ signal in 0..1 (SMPTE ST 2084)."""
    root = np.power(code, 1 / _M2)
    return np.asarray(10_000 * np.power(np.maximum(root - _C1, 0) / (_C2 - _C3 * root), 1 / _M1))


def pq_code(level: Floats) -> Floats:
    """The PQ signal in 0..1 of a luminance in cd/m2; the inverse of ``pq_light``."""
    power = np.power(np.clip(level / 10_000, 0, 1), _M1)
    return np.asarray(np.power((_C1 + _C2 * power) / (1 + _C3 * power), _M2))


def hlg_light(signal: Floats) -> Floats:
    """The light in cd/m2 of HLG R'G'B' (n, 3) on the 1000 cd/m2 display (BT.2100: inverse OETF, then OOTF)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    luminance = scene @ np.array([0.2627, 0.6780, 0.0593])
    return np.asarray(_HLG_PEAK * np.power(luminance, 0.2)[:, None] * scene)


def tone_map(planes: tuple[NDArray[Any], NDArray[Any], NDArray[Any]], light: ColorVolume, to_rgb: YuvToRgb) -> Planes:
    """10-bit Y, U and V (uint16) as 8-bit BT.709 in limited range. ``to_rgb`` decodes the input codes."""
    grid = _grid(light, to_rgb)
    y, u, v = planes
    across, down = y.shape[1], y.shape[0]
    wide = [cv2.resize(plane, (across, down), interpolation=cv2.INTER_LINEAR) for plane in (u, v)]
    luma = _interpolate(grid[0], y, wide[0], wide[1])
    small = cv2.resize(y, (u.shape[1], u.shape[0]), interpolation=cv2.INTER_AREA)
    chroma = [_interpolate(part, small, u, v) for part in grid[1:]]
    return luma, chroma[0], chroma[1]


@dataclass(frozen=True, slots=True)
class YuvToRgb:
    """Conversion of 10-bit YUV codes to R'G'B': 3x3 matrix in row order, codes of black and neutral chroma."""

    factors: tuple[float, ...]
    zero: tuple[float, ...]


def _interpolate(grid: NDArray[np.float32], y: NDArray[Any], u: NDArray[Any], v: NDArray[Any]) -> NDArray[np.uint8]:
    """Trilinear interpolation: along Y and V within a slice of the grid by OpenCV, along U between two slices."""
    step = np.float32((_CHROMA - 1) / _GRID_MAX)
    at_y = y * np.float32((_LUMA - 1) / _GRID_MAX)
    at_u = np.minimum(u, _GRID_MAX - 1) * step
    slice_below = np.minimum(np.floor(at_u), np.float32(_CHROMA - 2))
    share = at_u - slice_below
    at_v = np.minimum(v, _GRID_MAX - 1) * step + slice_below * np.float32(_CHROMA)
    below = cv2.remap(grid, at_y, at_v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    above = cv2.remap(grid, at_y, at_v + np.float32(_CHROMA), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mixed = cv2.add(below, cv2.multiply(cv2.subtract(above, below), share))
    return np.asarray(cv2.convertScaleAbs(mixed), dtype=np.uint8)


@lru_cache(maxsize=4)
def _grid(light: ColorVolume, to_rgb: YuvToRgb) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """BT.709 Y, U and V for a grid of codes; each is (U x V, Y), one slice below the other."""
    matrix, zero = np.array(to_rgb.factors).reshape(3, 3), np.array(to_rgb.zero)
    luma, chroma = np.linspace(0, _GRID_MAX, _LUMA), np.linspace(0, _GRID_MAX, _CHROMA)
    grid = np.empty((3, _CHROMA, _CHROMA * _LUMA), dtype=np.float32)
    v, y = (part.ravel() for part in np.meshgrid(chroma, luma, indexing="ij"))
    for index, u in enumerate(chroma):
        codes = np.stack([y, np.full_like(y, u), v], axis=1) - zero
        rgb = to_bt709_rgb(codes @ matrix.T, light)
        grid[:, index] = _bt709_codes(rgb).T
    first, second, third = grid.reshape(3, _CHROMA * _CHROMA, _LUMA)
    return first, second, third


def _bt709_codes(rgb: Floats) -> Floats:
    """R'G'B' in 0..1 as 8-bit Y, U and V codes, limited range."""
    red, _, blue = _WEIGHTS
    luma = rgb @ _WEIGHTS
    u, v = (rgb[:, 2] - luma) / (2 - 2 * blue), (rgb[:, 0] - luma) / (2 - 2 * red)
    return np.stack([16 + 219 * luma, 128 + 224 * u, 128 + 224 * v], axis=1)


def _linear(signal: Floats, light: ColorVolume) -> Floats:
    """Linear light; 1 is reference white."""
    if light.curve == "PQ":
        return pq_light(signal) / SDR_WHITE
    return hlg_light(signal) / SDR_WHITE if light.curve == "HLG" else np.asarray(signal**GAMMA)


def _desaturate(linear: Floats) -> Floats:
    """Mix colors outside 0..1 with the gray of the same luminance until they are inside."""
    gray = np.clip(linear @ _WEIGHTS, 0, 1)[:, None]
    away = linear - gray
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.where(away > 0, (1 - gray) / away, np.where(away < 0, gray / -away, np.inf))
    share = np.minimum(1.0, room.min(axis=1))[:, None]
    return np.asarray(np.clip(gray + away * share, 0, 1))


@lru_cache(maxsize=8)
def _to_bt709(primaries: int) -> Floats:
    return np.asarray(np.linalg.inv(_to_xyz(1)) @ _to_xyz(primaries))


def _to_xyz(primaries: int) -> Floats:
    """The matrix from linear RGB to CIE XYZ with D65 white at RGB 1 (SMPTE RP 177)."""
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in PRIMARIES[primaries]]).T
    x, y = _D65
    white = np.array([x / y, 1, (1 - x - y) / y])
    return np.asarray(columns * np.linalg.solve(columns, white))
