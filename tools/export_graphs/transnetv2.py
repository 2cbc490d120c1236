"""TransNet V2 (Soucek and Lokoc, "TransNet V2: An effective deep network architecture for fast shot transition
detection", 2020), 7.6 million weights. Parts are named as in the published weights.

Three stages of dilated 3-D convolutions look at 27 x 48 pictures; beside what they see, each picture is compared with
the 50 before and after it, by features and by colour histograms.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - its usual name

_WINDOW = 101  # pictures that one is compared with: itself, and 50 on each side
_DILATIONS = (1, 2, 4, 8)
_FILTERS = (16, 32, 64)


class _Separable(nn.Module):
    """A spatial convolution, then a dilated one over time."""

    def __init__(self, inside: int, filters: int, dilation: int) -> None:
        super().__init__()
        space = nn.Conv3d(inside, 2 * filters, (1, 3, 3), padding=(0, 1, 1), bias=False)
        over_time = nn.Conv3d(
            2 * filters, filters, (3, 1, 1), dilation=(dilation, 1, 1), padding=(dilation, 0, 0), bias=False
        )
        self.layers = nn.ModuleList([space, over_time])

    def forward(self, values: Tensor) -> Tensor:
        for layer in self.layers:
            values = layer(values)
        return values


class _Dilated(nn.Module):
    """The same at four dilations, side by side."""

    def __init__(self, inside: int, filters: int) -> None:
        super().__init__()
        for dilation in _DILATIONS:
            setattr(self, f"Conv3D_{dilation}", _Separable(inside, filters, dilation))
        self.bn = nn.BatchNorm3d(4 * filters, eps=1e-3)

    def forward(self, values: Tensor) -> Tensor:
        parts = [getattr(self, f"Conv3D_{dilation}")(values) for dilation in _DILATIONS]
        normalized: Tensor = self.bn(torch.cat(parts, dim=1))
        return normalized


class _Stage(nn.Module):
    """Two blocks with a shortcut around the second, and half the picture's size after them."""

    def __init__(self, inside: int, filters: int) -> None:
        super().__init__()
        self.DDCNN = nn.ModuleList([_Dilated(inside, filters), _Dilated(4 * filters, filters)])

    def forward(self, values: Tensor) -> Tensor:
        first = F.relu(self.DDCNN[0](values))
        second = F.relu(self.DDCNN[1](first))
        return F.avg_pool3d(second + first, (1, 2, 2))


class _Similarity(nn.Module):
    """How alike a picture is to those around it, as features."""

    def __init__(self, channels: int | None) -> None:
        super().__init__()
        if channels is not None:
            self.projection = nn.Linear(channels, 128)
        self.fc = nn.Linear(_WINDOW, 128)

    def forward(self, values: Tensor) -> Tensor:
        if hasattr(self, "projection"):
            values = F.normalize(self.projection(values), dim=2)
        alike = F.pad(values @ values.transpose(1, 2), (_WINDOW // 2, _WINDOW // 2))
        places = torch.arange(values.shape[1])[:, None] + torch.arange(_WINDOW)[None, :]
        around = torch.gather(alike, 2, places.expand(values.shape[0], -1, -1))
        return F.relu(self.fc(around))


class TransNetV2Network(nn.Module):
    """(n, times, 27, 48, 3) RGB, 0..255, and (n, times, 512) colour histograms of unit length -> (n, times, 2):
    the probabilities that a picture is the middle of a transition, and that it is within one.
    """

    def __init__(self) -> None:
        super().__init__()
        inside = (3, *(4 * filters for filters in _FILTERS[:-1]))
        self.SDDCNN = nn.ModuleList(_Stage(a, b) for a, b in zip(inside, _FILTERS, strict=True))
        self.frame_sim_layer = _Similarity(sum(4 * filters for filters in _FILTERS))
        self.color_hist_layer = _Similarity(None)
        self.fc1 = nn.Linear(3 * 6 * 4 * _FILTERS[-1] + 2 * 128, 1024)
        self.cls_layer1 = nn.Linear(1024, 1)
        self.cls_layer2 = nn.Linear(1024, 1)

    def detect(self, pictures: Tensor, histograms: Tensor) -> Tensor:
        values = pictures.float().permute(0, 4, 1, 2, 3) / 255
        means = []
        for stage in self.SDDCNN:
            values = stage(values)
            means.append(values.mean(dim=(3, 4)).transpose(1, 2))
        seen = values.permute(0, 2, 3, 4, 1).flatten(2)
        alike = self.frame_sim_layer(torch.cat(means, dim=2))
        everything = torch.cat([self.color_hist_layer(histograms), alike, seen], dim=2)
        hidden = F.relu(self.fc1(everything))
        return torch.sigmoid(torch.cat([self.cls_layer1(hidden), self.cls_layer2(hidden)], dim=2))
