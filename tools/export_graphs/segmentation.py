"""pyannote's segmentation 3.0, published at https://huggingface.co/pyannote/segmentation-3.0.

H. Bredin, A. Laurent, "End-to-end speaker segmentation for overlap-aware resegmentation" (2021); A. Plaquet, H. Bredin,
"Powerset multi-class cross entropy loss for neural speaker diarization" (2023).

Sinc filters (M. Ravanelli, Y. Bengio, 2018), two convolutions, four bidirectional LSTMs, three linear layers.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - its usual name

_LOWEST, _NARROWEST, _NYQUIST = 50.0, 50.0, 8000.0  # Hz
_STRIDE = 10  # samples


class _SincFilters(nn.Module):
    """80 band-pass filters, cosine then sine phase, from their learnt lowest frequencies and widths."""

    def __init__(self) -> None:
        super().__init__()
        self.low_hz_ = nn.Parameter(torch.zeros(40, 1))
        self.band_hz_ = nn.Parameter(torch.zeros(40, 1))
        self.register_buffer("window_", torch.ones(125))
        self.register_buffer("n_", torch.arange(-125.0, 0.0)[None])

    def forward(self) -> Tensor:
        """(80, 1, 251)."""
        low = _LOWEST + self.low_hz_.abs()
        high = (low + _NARROWEST + self.band_hz_.abs()).clamp(_LOWEST, _NYQUIST)
        times, window, band = self.n_, self.window_, high - low
        even = (torch.sin(high * times) - torch.sin(low * times)) / (times / 2) * window
        odd = (torch.cos(low * times) - torch.cos(high * times)) / (times / 2) * window
        cosine = torch.cat((even, 2 * band, even.flip(1)), dim=1)
        sine = torch.cat((odd, torch.zeros_like(band), -odd.flip(1)), dim=1)
        return torch.cat((cosine / (2 * band), sine / (2 * band)))[:, None]


class _SincNet(nn.Module):
    """(n, 1, samples) -> (n, 60, frames)."""

    def __init__(self) -> None:
        super().__init__()
        self.wav_norm1d = nn.InstanceNorm1d(1, affine=True)
        filters = nn.Module()
        filters.filterbank = _SincFilters()
        self.conv1d = nn.ModuleList([filters, nn.Conv1d(80, 60, 5), nn.Conv1d(60, 60, 5)])
        self.norm1d = nn.ModuleList(nn.InstanceNorm1d(channels, affine=True) for channels in (80, 60, 60))

    def forward(self, sound: Tensor) -> Tensor:
        values = self.wav_norm1d(sound)
        for index, (convolution, norm) in enumerate(zip(self.conv1d, self.norm1d, strict=True)):
            values = convolution(values) if index else self._filtered(values)
            values = F.leaky_relu(norm(F.max_pool1d(values, 3)))
        return values

    def _filtered(self, sound: Tensor) -> Tensor:
        filters: Any = self.conv1d[0]
        return F.conv1d(sound, filters.filterbank(), stride=_STRIDE).abs()


class SegmentationNetwork(nn.Module):
    """(n, samples) of mono sound at 16 kHz -> (n, frames, 7): scores of nobody, each of three, each pair of them."""

    def __init__(self) -> None:
        super().__init__()
        self.sincnet = _SincNet()
        self.lstm = nn.LSTM(60, 128, num_layers=4, bidirectional=True, batch_first=True)
        self.linear = nn.ModuleList([nn.Linear(256, 128), nn.Linear(128, 128)])
        self.classifier = nn.Linear(128, 7)

    def segment(self, sound: Tensor) -> Tensor:
        values, _ = self.lstm(self.sincnet(sound[:, None]).transpose(1, 2))
        for layer in self.linear:
            values = F.leaky_relu(layer(values))
        scores: Tensor = self.classifier(values)
        return scores
