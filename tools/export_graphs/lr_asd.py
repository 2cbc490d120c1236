"""LR-ASD (Liao et al., "LR-ASD: Lightweight and Robust Network for Active Speaker Detection", IJCV 2025).

Published at https://github.com/Junhua-Liao/LR-ASD; 0.8 million weights. Kernels grow narrower instead of side by side,
and gates choose what to take from the face and from the voice.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tools.export_graphs.speaker_network import BlockNetwork, Steps, concatenated, over_time

_SIZES = (5, 3)  # of the kernels, one after the other


class _Chain(Steps):
    """Two steps along ``axis`` (the picture ``s``, or the coefficients ``m``), then two along time."""

    def __init__(self, inside: int, outside: int, axis: str, stride: int = 1) -> None:
        super().__init__()
        self.names = [f"{axis}_1", f"{axis}_2", "t_1", "t_2"]
        channels = [inside, outside // 2, outside, outside, outside]
        for index, name in enumerate(self.names):
            size, along_time = _SIZES[index % 2], index >= 2
            if axis == "s":
                kernel: tuple[int, ...] = (size, 1, 1) if along_time else (1, size, size)
            else:
                kernel = (1, size) if along_time else (size, 1)
            norm = f"{name[0]}_norm_{name[-1]}"
            self.add(name, norm, channels[index], channels[index + 1], kernel, stride if index == 0 else 1)

    def over_picture(self, values: Tensor) -> Tensor:
        return self._run(self.names[:2], values)

    def over_time(self, pictures: Tensor, count: int) -> Tensor:
        return self._run(self.names[2:], over_time(pictures, count))

    def forward(self, values: Tensor) -> Tensor:
        return self._run(self.names, values)

    def _run(self, names: list[str], values: Tensor) -> Tensor:
        for name in names:
            values = self.step(name, values)
        return values


class _Encoder(nn.Module):
    """Three blocks over a picture (axis ``s``) or a sound (``m``)."""

    def __init__(self, axis: str) -> None:
        super().__init__()
        self.block1 = _Chain(1, 32, axis, stride=2 if axis == "s" else 1)
        self.block2 = _Chain(32, 64, axis)
        self.block3 = _Chain(64, 128, axis)


class _Gates(nn.Module):
    """Two sources side by side, each channel let through as far as all channels together say."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.attention = nn.Conv1d(channels, channels, 1, bias=False)
        self.bn = nn.BatchNorm1d(channels, eps=1e-3)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        both = concatenated(first, second)
        return (both * torch.sigmoid(self.bn(self.attention(both)))).transpose(1, 2)


class _Detector(nn.Module):
    """A recurrent layer forwards in time and one backwards, gated."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gru_forward = nn.GRU(channels, channels // 4, batch_first=True)
        self.gru_backward = nn.GRU(channels, channels // 4, batch_first=True)
        self.attention = _Gates(channels // 2)

    def forward(self, values: Tensor) -> Tensor:
        forwards, _ = self.gru_forward(values)
        backwards, _ = self.gru_backward(values.flip(1))
        gated: Tensor = self.attention(forwards, backwards.flip(1))
        return gated


class LrAsdNetwork(BlockNetwork):
    """See ``SpeakerNetwork`` for shapes."""

    def __init__(self) -> None:
        super().__init__(_Encoder("s"), _Encoder("m"))
        self.fusion = _Gates(256)
        self.detector = _Detector(256)
        self.FC = nn.Linear(128, 2)

    def classify(self, video: Tensor, audio: Tensor) -> Tensor:
        outputs: Tensor = self.FC(self.detector(self.fusion(audio, video)))
        return outputs
