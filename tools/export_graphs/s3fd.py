"""S3FD (Zhang et al., "S3FD: Single Shot Scale-invariant Face Detector", ICCV 2017), 22 million weights.

Six maps of a VGG network, each with one anchor a cell, find faces of 16 to 512 pixels. Parts are named and numbered as
in the weights ``sfd_face.pth`` that the demos of TalkNet, Light-ASD and LR-ASD use.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - its usual name

_MEAN = (123.0, 117.0, 104.0)  # of red, green and blue
_STEPS = (4, 8, 16, 32, 64, 128)  # pixels between the anchors of each map; an anchor's side is four times that
_PLACE, _SIZE = 0.1, 0.2  # how much of an anchor's side one unit of the outputs is
_SCALES = (10.0, 8.0, 5.0)  # what the first three maps are scaled to before training
_TAPS = (16, 23, 30)  # layers of the trunk after which those maps are taken


class _UnitLength(nn.Module):
    """Each place's channels made a vector of unit length, then scaled channel by channel."""

    def __init__(self, channels: int, scale: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), scale))

    def forward(self, values: Tensor) -> Tensor:
        length = values.square().sum(dim=1, keepdim=True).sqrt() + 1e-10
        return self.weight[:, None, None] * (values / length)


def _trunk() -> Iterator[nn.Module]:
    """VGG-16 with its two last layers as convolutions; numbered as published, rectifiers and poolings included."""
    inside = 3
    for block, (channels, count) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))):
        for _ in range(count):
            yield nn.Conv2d(inside, channels, 3, padding=1)
            yield nn.ReLU()
            inside = channels
        yield nn.MaxPool2d(2, ceil_mode=block == 2)
    yield nn.Conv2d(512, 1024, 3, padding=6, dilation=6)
    yield nn.ReLU()
    yield nn.Conv2d(1024, 1024, 1, padding=0)
    yield nn.ReLU()


class S3fdNetwork(nn.Module):
    """(n, height, width, 3) RGB, 0..255 -> boxes (n, anchors, 4) xyxy in pixels and confidence (n, anchors)."""

    def __init__(self) -> None:
        super().__init__()
        self.vgg = nn.ModuleList(_trunk())
        self.L2Norm3_3 = _UnitLength(256, _SCALES[0])
        self.L2Norm4_3 = _UnitLength(512, _SCALES[1])
        self.L2Norm5_3 = _UnitLength(512, _SCALES[2])
        self.extras = nn.ModuleList(
            [
                nn.Conv2d(1024, 256, 1),
                nn.Conv2d(256, 512, 3, 2, padding=1),
                nn.Conv2d(512, 128, 1),
                nn.Conv2d(128, 256, 3, 2, padding=1),
            ]
        )
        channels = (256, 512, 512, 1024, 512, 256)
        self.loc = nn.ModuleList(nn.Conv2d(count, 4, 3, padding=1) for count in channels)
        self.conf = nn.ModuleList(nn.Conv2d(n, 4 if k == 0 else 2, 3, padding=1) for k, n in enumerate(channels))

    def detect(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        values = (pictures.float() - torch.tensor(_MEAN)).permute(0, 3, 1, 2)
        boxes, confidence = [], []
        for level, features in enumerate(self._maps(values)):
            boxes.append(_boxes(self.loc[level](features), _STEPS[level]))
            outputs = self.conf[level](features)
            background = outputs[:, :-1].amax(dim=1)  # the first map has three ways not to be a face
            confidence.append(torch.sigmoid(outputs[:, -1] - background).flatten(1))
        return torch.cat(boxes, dim=1), torch.cat(confidence, dim=1)

    def _maps(self, values: Tensor) -> list[Tensor]:
        maps = []
        for index, layer in enumerate(self.vgg):
            if index in _TAPS:
                maps.append(values)
            values = layer(values)
        maps = [norm(tap) for norm, tap in zip((self.L2Norm3_3, self.L2Norm4_3, self.L2Norm5_3), maps, strict=True)]
        maps.append(values)
        for index, layer in enumerate(self.extras):
            values = F.relu(layer(values))
            if index % 2:
                maps.append(values)
        return maps


def _boxes(outputs: Tensor, step: int) -> Tensor:
    """(n, 4, rows, columns) outputs of a map -> (n, rows * columns, 4) xyxy in pixels."""
    side = 4.0 * step
    rows, columns = outputs.shape[2:]
    down = (torch.arange(rows) + 0.5)[:, None] * step
    across = (torch.arange(columns) + 0.5)[None, :] * step
    x, y = across + outputs[:, 0] * _PLACE * side, down + outputs[:, 1] * _PLACE * side
    wide, high = side * torch.exp(outputs[:, 2] * _SIZE), side * torch.exp(outputs[:, 3] * _SIZE)
    corners = (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
    return torch.stack(corners, dim=-1).flatten(1, 2)
