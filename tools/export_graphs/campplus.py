"""CAM++, published by 3D-Speaker; modules are named as there.

H. Wang et al., "CAM++: A Fast and Efficient Network for Speaker Verification Using Context-Aware Masking" (2023).
A small residual network over the spectrum, then densely connected time-delay layers whose outputs are masked by their
context.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - its usual name

_BLOCKS = ((12, 1), (24, 2), (16, 2))  # layers and dilation
_GROWTH = 32  # channels that a layer adds
_SEGMENT = 100  # frames that share a context


def _normalized(channels: int, *, affine: bool = True, rectified: bool = True) -> nn.Sequential:
    found = nn.Sequential()
    found.add_module("batchnorm", nn.BatchNorm1d(channels, affine=affine))
    if rectified:
        found.add_module("relu", nn.ReLU())
    return found


class _Residual(nn.Module):
    """A residual step of the head; ``stride`` is over the bands."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(32, 32, 3, (stride, 1), 1, bias=False), nn.BatchNorm2d(32)
        self.conv2, self.bn2 = nn.Conv2d(32, 32, 3, 1, 1, bias=False), nn.BatchNorm2d(32)
        self.shortcut = nn.Sequential()
        if stride > 1:
            self.shortcut = nn.Sequential(nn.Conv2d(32, 32, 1, (stride, 1), bias=False), nn.BatchNorm2d(32))

    def forward(self, values: Tensor) -> Tensor:
        stepped = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(values)))))
        return F.relu(stepped + self.shortcut(values))


class _Head(nn.Module):
    """(n, 80, frames) -> (n, 320, frames): a residual network that shrinks the bands to an eighth."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(1, 32, 3, 1, 1, bias=False), nn.BatchNorm2d(32)
        self.layer1 = nn.Sequential(_Residual(2), _Residual(1))
        self.layer2 = nn.Sequential(_Residual(2), _Residual(1))
        self.conv2, self.bn2 = nn.Conv2d(32, 32, 3, (2, 1), 1, bias=False), nn.BatchNorm2d(32)

    def forward(self, bands: Tensor) -> Tensor:
        values = F.relu(self.bn1(self.conv1(bands[:, None])))
        values = F.relu(self.bn2(self.conv2(self.layer2(self.layer1(values)))))
        return values.flatten(1, 2)


class _ContextMask(nn.Module):
    """A convolution over time, each channel let through as far as the sound around it says."""

    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.linear_local = nn.Conv1d(128, _GROWTH, 3, padding=dilation, dilation=dilation, bias=False)
        self.linear1, self.linear2 = nn.Conv1d(128, 64, 1), nn.Conv1d(64, _GROWTH, 1)

    def forward(self, values: Tensor) -> Tensor:
        context = values.mean(dim=2, keepdim=True) + _segment_means(values)
        mask = torch.sigmoid(self.linear2(F.relu(self.linear1(context))))
        masked: Tensor = self.linear_local(values) * mask
        return masked


class _DenseLayer(nn.Module):
    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.nonlinear1, self.linear1 = _normalized(channels), nn.Conv1d(channels, 128, 1, bias=False)
        self.nonlinear2, self.cam_layer = _normalized(128), _ContextMask(dilation)

    def forward(self, values: Tensor) -> Tensor:
        added: Tensor = self.cam_layer(self.nonlinear2(self.linear1(self.nonlinear1(values))))
        return added


class CamPlusPlusNetwork(nn.Module):
    """(1, frames, 80) log mel energies less their means -> (1, 192): the voice; not normalized."""

    def __init__(self) -> None:
        super().__init__()
        self.head = _Head()
        self.xvector = nn.Module()
        tdnn = nn.Module()
        tdnn.linear, tdnn.nonlinear = nn.Conv1d(320, 128, 5, 2, 2, bias=False), _normalized(128)
        self.xvector.tdnn = tdnn
        channels = 128
        for number, (layers, dilation) in enumerate(_BLOCKS, start=1):
            block = nn.Module()
            for layer in range(1, layers + 1):
                block.add_module(f"tdnnd{layer}", _DenseLayer(channels, dilation))
                channels += _GROWTH
            self.xvector.add_module(f"block{number}", block)
            transit = nn.Module()
            transit.nonlinear = _normalized(channels)
            transit.linear = nn.Conv1d(channels, channels // 2, 1, bias=False)
            self.xvector.add_module(f"transit{number}", transit)
            channels //= 2
        self.xvector.out_nonlinear = _normalized(channels)
        dense = nn.Module()
        dense.linear = nn.Conv1d(2 * channels, 192, 1, bias=False)
        dense.nonlinear = _normalized(192, affine=False, rectified=False)
        self.xvector.dense = dense

    def embed(self, bands: Tensor) -> Tensor:
        vector = self.xvector
        values = vector.tdnn.nonlinear(vector.tdnn.linear(self.head(bands.transpose(1, 2))))
        for number in range(1, len(_BLOCKS) + 1):
            for layer in vector.get_submodule(f"block{number}").children():
                values = torch.cat((values, layer(values)), dim=1)
            transit = vector.get_submodule(f"transit{number}")
            values = transit.linear(transit.nonlinear(values))
        values = vector.out_nonlinear(values)
        pooled = torch.cat((values.mean(dim=2), values.std(dim=2)), dim=1)[..., None]
        voice: Tensor = vector.dense.nonlinear(vector.dense.linear(pooled))[..., 0]
        return voice


def _segment_means(values: Tensor) -> Tensor:
    """Each value replaced by the mean of its hundred frames; the last segment may be shorter."""
    count = values.shape[2]
    segments = (count + _SEGMENT - 1) // _SEGMENT
    padded = F.pad(values, (0, segments * _SEGMENT - count))
    total = padded.reshape(*values.shape[:2], segments, _SEGMENT).sum(dim=3)
    ends = torch.clamp(torch.arange(1, segments + 1) * _SEGMENT, max=count)
    sizes = ends - torch.arange(segments) * _SEGMENT
    means = (total / sizes)[..., None].expand(-1, -1, -1, _SEGMENT)
    return means.reshape(*values.shape[:2], -1)[..., :count]
