"""Who speaks when within ten seconds: the network of pyannote's segmentation 3.0, in NumPy.

H. Bredin, A. Laurent, "End-to-end speaker segmentation for overlap-aware resegmentation" (2021); A. Plaquet, H. Bredin,
"Powerset multi-class cross entropy loss for neural speaker diarization" (2023). Sinc filters (M. Ravanelli, Y. Bengio,
2018), two convolutions, four bidirectional LSTMs, three linear layers. It tells up to three voices apart, two of them
at once; which is which it knows only within its ten seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clipy.models.tensors import read_tensors

Floats = NDArray[np.float32]

RATE = 16_000
LENGTH = 10 * RATE  # samples that are judged at once
STEP, CENTRE = 270, 495  # samples between two frames, and from a window's first to the first frame's middle
VOICES = 3
_CLASSES = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]], dtype=np.float32)
_STRIDE, _LAYERS = 10, 4
_LOWEST, _NARROWEST = 50.0, 50.0  # Hz


class TurnTaking:
    """The network. ``activity`` is all that it does."""

    def __init__(self, path: Path) -> None:
        self._at = {name.removeprefix("state_dict."): value for name, value in read_tensors(path).items()}
        self._filters = _sinc_filters(self._at)

    def activity(self, sound: Floats) -> Floats:
        """Which voices are heard in windows (n, LENGTH): float32 (n, frames, 3) of zeros and ones."""
        x = self._norm(sound[:, None, :], "sincnet.wav_norm1d")
        x = np.abs(_convolved(x, self._filters, None, _STRIDE))
        x = _leaky(self._norm(_pooled(x), "sincnet.norm1d.0"))
        for number in (1, 2):
            name = f"sincnet.conv1d.{number}"
            x = _convolved(x, self._at[f"{name}.weight"], self._at[f"{name}.bias"], 1)
            x = _leaky(self._norm(_pooled(x), f"sincnet.norm1d.{number}"))
        frames = np.ascontiguousarray(x.transpose(2, 0, 1))
        for layer in range(_LAYERS):
            both = [self._lstm(frames, f"l{layer}"), self._lstm(frames[::-1], f"l{layer}_reverse")[::-1]]
            frames = np.concatenate(both, axis=2)
        for number in (0, 1):
            frames = _leaky(self._linear(frames, f"linear.{number}"))
        best = self._linear(frames, "classifier").argmax(axis=2)
        return np.asarray(_CLASSES[best].transpose(1, 0, 2))

    def _norm(self, x: Floats, name: str) -> Floats:
        """Each channel of each window to mean 0 and variance 1, then scaled."""
        centred = x - x.mean(axis=2, keepdims=True)
        scaled = centred / np.sqrt(np.square(centred).mean(axis=2, keepdims=True) + 1e-5)
        return np.asarray(scaled * self._at[f"{name}.weight"][:, None] + self._at[f"{name}.bias"][:, None])

    def _linear(self, x: Floats, name: str) -> Floats:
        return np.asarray(x @ self._at[f"{name}.weight"].T + self._at[f"{name}.bias"])

    def _lstm(self, x: Floats, name: str) -> Floats:
        """One direction of a layer over (frames, windows, features)."""
        bias = self._at[f"lstm.bias_ih_{name}"] + self._at[f"lstm.bias_hh_{name}"]
        given = x @ self._at[f"lstm.weight_ih_{name}"].T + bias
        recurrent = np.ascontiguousarray(self._at[f"lstm.weight_hh_{name}"].T)
        width = recurrent.shape[0]
        hidden = np.zeros((x.shape[1], width), dtype=np.float32)
        cell = np.zeros_like(hidden)
        out = np.empty((*x.shape[:2], width), dtype=np.float32)
        for frame in range(len(x)):
            gates = given[frame] + hidden @ recurrent
            enter, forget, leave = (_sigmoid(gates[:, n * width : (n + 1) * width]) for n in (0, 1, 3))
            cell = forget * cell + enter * np.tanh(gates[:, 2 * width : 3 * width])
            hidden = leave * np.tanh(cell)
            out[frame] = hidden
        return out


def _sinc_filters(at: Mapping[str, Floats]) -> Floats:
    """(80, 1, 251) band-pass filters, cosine then sine phase, from their learnt lowest frequencies and widths."""
    name = "sincnet.conv1d.0.filterbank"
    low = _LOWEST + np.abs(at[f"{name}.low_hz_"])
    high = np.clip(low + _NARROWEST + np.abs(at[f"{name}.band_hz_"]), _LOWEST, RATE / 2)
    times, window, band = at[f"{name}.n_"], at[f"{name}.window_"], high - low
    even = (np.sin(high * times) - np.sin(low * times)) / (times / 2) * window
    odd = (np.cos(low * times) - np.cos(high * times)) / (times / 2) * window
    cosine = np.concatenate([even, 2 * band, even[:, ::-1]], axis=1)
    sine = np.concatenate([odd, np.zeros_like(band), -odd[:, ::-1]], axis=1)
    return np.asarray(np.concatenate([cosine / (2 * band), sine / (2 * band)])[:, None], dtype=np.float32)


def _convolved(x: Floats, weight: Floats, bias: Floats | None, stride: int) -> Floats:
    """(n, channels, time) with weights (out, channels, width)."""
    views = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2], axis=2)[:, :, ::stride]
    flat = views.transpose(0, 2, 1, 3).reshape(len(x), views.shape[2], -1)
    out = flat @ weight.reshape(len(weight), -1).T
    return np.asarray((out if bias is None else out + bias).transpose(0, 2, 1))


def _pooled(x: Floats) -> Floats:
    """The largest of each three values."""
    count = x.shape[2] // 3
    return np.asarray(x[:, :, : 3 * count].reshape(*x.shape[:2], count, 3).max(axis=3))


def _leaky(x: Floats) -> Floats:
    return np.asarray(np.where(x > 0, x, np.float32(0.01) * x))


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)))
