"""Whose voice it is, as 192 numbers: the network CAM++, in NumPy.

H. Wang et al., "CAM++: A Fast and Efficient Network for Speaker Verification Using Context-Aware Masking" (2023). A
small residual network over the spectrum, then densely connected time-delay layers whose outputs are masked by their
context; trained on Chinese and English.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.audio.mel import mel_edges, to_mel, triangular_filters
from clipy.models.tensors import read_tensors

Floats = NDArray[np.float32]

RATE = 16_000
SHORTEST = RATE // 2  # samples below which a voice cannot be told
_WINDOW, _HOP, _FFT, _BANDS = 400, 160, 512, 80
_BLOCKS = ((12, 1), (24, 2), (16, 2))  # layers and dilation
_GROWTH = 32  # channels that a layer adds
_SEGMENT = 100  # frames that share a context


class Voiceprint:
    """The network. ``of`` is all that it does."""

    def __init__(self, path: Path) -> None:
        self._at = read_tensors(path)
        self._scales: dict[str, tuple[Floats, Floats]] = {}

    def of(self, sound: Floats) -> Floats:
        """The voice in a mono sound (n,) at 16 kHz: a unit vector, float32 (192,); those of one person are near."""
        bands = _bands(sound)
        x = self._head((bands - bands.mean(axis=0)).T)
        x = self._normed(_along(x, self._at["xvector.tdnn.linear.weight"], stride=2), "xvector.tdnn.nonlinear")
        for number, (layers, dilation) in enumerate(_BLOCKS, start=1):
            grown = np.empty((len(x) + layers * _GROWTH, x.shape[1]), dtype=np.float32)
            known = len(x)
            grown[:known] = x
            for layer in range(1, layers + 1):
                new = self._dense(grown[:known], f"xvector.block{number}.tdnnd{layer}", dilation)
                grown[known : known + _GROWTH] = new
                known += _GROWTH
            x = self._normed(grown, f"xvector.transit{number}.nonlinear")
            x = self._at[f"xvector.transit{number}.linear.weight"][:, :, 0] @ x
        x = self._normed(x, "xvector.out_nonlinear")
        pooled = np.concatenate([x.mean(axis=1), x.std(axis=1, ddof=1)])
        voice = self._at["xvector.dense.linear.weight"][:, :, 0] @ pooled
        scale, offset = self._scale("xvector.dense.nonlinear.batchnorm")
        voice = voice * scale + offset
        return np.asarray(voice / np.linalg.norm(voice), dtype=np.float32)

    def _head(self, x: Floats) -> Floats:
        """(80, time) -> (320, time): a residual network that shrinks the bands to an eighth."""
        y = self._plane(x[None], "head.conv1", "head.bn1")
        for stage in (1, 2):
            for block, stride in ((0, 2), (1, 1)):
                name = f"head.layer{stage}.{block}"
                inner = self._plane(y, f"{name}.conv1", f"{name}.bn1", stride)
                inner = self._plane(inner, f"{name}.conv2", f"{name}.bn2", linear=True)
                if stride > 1:
                    scale, offset = self._scale(f"{name}.shortcut.1")
                    short = np.tensordot(self._at[f"{name}.shortcut.0.weight"][:, :, 0, 0], y[:, ::stride], 1)
                    y = short * scale[:, None, None] + offset[:, None, None]
                y = np.maximum(0, inner + y)
        y = self._plane(y, "head.conv2", "head.bn2", 2)
        return y.reshape(-1, y.shape[2])

    def _plane(self, x: Floats, name: str, norm: str, stride: int = 1, *, linear: bool = False) -> Floats:
        """A 3 x 3 convolution of (channels, bands, time), with ``stride`` over the bands."""
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
        around = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))[:, ::stride]
        weight = self._at[f"{name}.weight"]
        flat = around.transpose(0, 3, 4, 1, 2).reshape(9 * len(x), -1)
        total = (weight.reshape(len(weight), -1) @ flat).reshape(len(weight), *around.shape[1:3])
        scale, offset = self._scale(norm)
        total *= scale[:, None, None]
        total += offset[:, None, None]
        return np.asarray(total if linear else np.maximum(0, total, out=total))

    def _dense(self, x: Floats, name: str, dilation: int) -> Floats:
        """A time-delay layer, masked by what is heard around it."""
        y = self._at[f"{name}.linear1.weight"][:, :, 0] @ self._normed(x, f"{name}.nonlinear1")
        y = self._normed(y, f"{name}.nonlinear2")
        context = y.mean(axis=1, keepdims=True) + _by_segments(y)
        weights = [(self._at[f"{name}.cam_layer.linear{n}.weight"][:, :, 0], n) for n in (1, 2)]
        for weight, number in weights:
            context = weight @ context + self._at[f"{name}.cam_layer.linear{number}.bias"][:, None]
            context = np.maximum(0, context) if number == 1 else 0.5 * (1 + np.tanh(0.5 * context))
        local = _along(y, self._at[f"{name}.cam_layer.linear_local.weight"], dilation=dilation)
        return np.asarray(local * context)

    def _normed(self, x: Floats, name: str) -> Floats:
        scale, offset = self._scale(f"{name}.batchnorm")
        scaled = x * scale[:, None]
        scaled += offset[:, None]
        return np.asarray(np.maximum(0, scaled, out=scaled))

    def _scale(self, name: str) -> tuple[Floats, Floats]:
        """A batch normalisation as a factor and an offset."""
        if name not in self._scales:
            factor = 1 / np.sqrt(self._at[f"{name}.running_var"] + np.float32(1e-5))
            factor = factor * self._at.get(f"{name}.weight", np.float32(1))
            offset = self._at.get(f"{name}.bias", np.float32(0)) - self._at[f"{name}.running_mean"] * factor
            self._scales[name] = np.asarray(factor, np.float32), np.asarray(offset, np.float32)
        return self._scales[name]


def _along(x: Floats, weight: Floats, *, stride: int = 1, dilation: int = 1) -> Floats:
    """A convolution of (channels, time) over time, as long as the sound."""
    width = weight.shape[2]
    around = (width - 1) // 2 * dilation
    padded = np.pad(x, ((0, 0), (around, around)))
    count = (x.shape[1] - 1) // stride + 1
    total = np.zeros((len(weight), count), dtype=np.float32)
    for place in range(width):
        first = place * dilation
        total += weight[:, :, place] @ padded[:, first : first + stride * (count - 1) + 1 : stride]
    return total


def _by_segments(x: Floats) -> Floats:
    """Each value replaced by the mean of its hundred frames."""
    starts = np.arange(0, x.shape[1], _SEGMENT)
    sizes = np.diff(np.append(starts, x.shape[1]))
    return np.repeat(np.add.reduceat(x, starts, axis=1) / sizes, sizes, axis=1)


def _bands(sound: Floats) -> Floats:
    """(frames, 80) log mel energies as Kaldi computes them."""
    frames = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW)[::_HOP]
    frames = frames - frames.mean(axis=1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    shape = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / (_WINDOW - 1))) ** 0.85
    power = np.abs(np.fft.rfft((frames - np.float32(0.97) * before) * shape.astype(np.float32), _FFT, axis=1)) ** 2
    return np.asarray(np.log(np.maximum(power @ _filters(), np.finfo(np.float32).eps)), dtype=np.float32)


@cache
def _filters() -> Floats:
    """(bins, bands) triangles on the mel scale from 20 Hz to 8 kHz, linear in mel."""
    bins = to_mel(np.fft.rfftfreq(_FFT, 1 / RATE))
    return triangular_filters(bins, to_mel(mel_edges(20, RATE / 2, _BANDS))).astype(np.float32)
