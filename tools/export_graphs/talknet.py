"""TalkNet (Tao et al., "Is Someone Speaking? Exploring Long-term Temporal Features", ACM MM 2021), 15 million weights.

Published at https://github.com/TaoRuijie/TalkNet-ASD: a residual network over each picture, one over the sound,
attention of each to the other, and attention over time. It judges a whole window at once, so
that it wants several seconds.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - its usual name

from tools.export_graphs.speaker_network import SpeakerNetwork, normalized


def _convolution(inside: int, outside: int, size: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inside, outside, size, stride, size // 2, bias=False)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)


class _TwoResiduals(nn.Module):
    """Two residual steps of the picture's network; normalised after each sum."""

    def __init__(self, inside: int, outside: int, stride: int) -> None:
        super().__init__()
        self.conv1a, self.bn1a = _convolution(inside, outside, 3, stride), _norm(outside)
        self.conv2a = _convolution(outside, outside, 3)
        self.downsample = _convolution(inside, outside, 1, stride)  # published for every layer, used where it shrinks
        self.outbna = _norm(outside)
        self.conv1b, self.bn1b = _convolution(outside, outside, 3), _norm(outside)
        self.conv2b, self.outbnb = _convolution(outside, outside, 3), _norm(outside)
        self.shrinks = stride > 1

    def forward(self, values: Tensor) -> Tensor:
        kept = self.downsample(values) if self.shrinks else values
        summed = self.conv2a(F.relu(self.bn1a(self.conv1a(values)))) + kept
        again = self.conv2b(F.relu(self.bn1b(self.conv1b(F.relu(self.outbna(summed))))))
        return F.relu(self.outbnb(again + summed))


class _Pictures(nn.Module):
    """(n, 1, times, 112, 112) -> (n, times, 512): each picture with the two before and after it."""

    def __init__(self) -> None:
        super().__init__()
        first = nn.Conv3d(1, 64, (5, 7, 7), (1, 2, 2), (2, 3, 3), bias=False)
        self.frontend3D = nn.Sequential(first, nn.BatchNorm3d(64, eps=1e-3))
        self.resnet = nn.ModuleDict(
            {
                "layer1": _TwoResiduals(64, 64, 1),
                "layer2": _TwoResiduals(64, 128, 2),
                "layer3": _TwoResiduals(128, 256, 2),
                "layer4": _TwoResiduals(256, 512, 2),
            }
        )

    def forward(self, values: Tensor) -> Tensor:
        count, _, times = values.shape[:3]
        values = F.max_pool3d(F.relu(self.frontend3D(values)), (1, 3, 3), (1, 2, 2), (0, 1, 1))
        values = values.transpose(1, 2).flatten(0, 1)
        for layer in self.resnet.values():
            values = layer(values)
        return values.mean(dim=(2, 3)).view(count, times, 512)


class _EvenOverAll(nn.Module):
    """Zero mean and unit variance over channels and times together, then a scale and an offset for each channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(1, channels, 1))
        self.beta = nn.Parameter(torch.zeros(1, channels, 1))

    def forward(self, values: Tensor) -> Tensor:
        variance, mean = torch.var_mean(values, dim=(1, 2), correction=0, keepdim=True)
        return self.gamma * (values - mean) / torch.sqrt(variance + 1e-8) + self.beta


class _OverTime(nn.Module):
    """A residual step over time, each channel by itself, then all mixed."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.ReLU(),
            nn.BatchNorm1d(512),
            nn.Conv1d(512, 512, 3, padding=1, groups=512, bias=False),
            nn.PReLU(),
            _EvenOverAll(512),
            nn.Conv1d(512, 512, 1, bias=False),
        )

    def forward(self, values: Tensor) -> Tensor:
        stepped: Tensor = self.net(values) + values
        return stepped


class _Weighed(nn.Module):
    """Each channel weighed by what all of them are on average (squeeze and excitation)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc = nn.Sequential(
            nn.Linear(channels, channels // 8), nn.ReLU(), nn.Linear(channels // 8, channels), nn.Sigmoid()
        )

    def forward(self, values: Tensor) -> Tensor:
        weighed: Tensor = values * self.fc(values.mean(dim=(2, 3)))[:, :, None, None]
        return weighed


class _SoundResidual(nn.Module):
    """A residual step of the sound's network."""

    def __init__(self, inside: int, outside: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = _convolution(inside, outside, 3, stride), nn.BatchNorm2d(outside)
        self.conv2, self.bn2 = _convolution(outside, outside, 3), nn.BatchNorm2d(outside)
        self.se = _Weighed(outside)
        if stride > 1 or inside != outside:
            self.downsample = nn.Sequential(_convolution(inside, outside, 1, stride), nn.BatchNorm2d(outside))
        else:
            self.downsample = nn.Sequential()

    def forward(self, values: Tensor) -> Tensor:
        stepped = self.se(self.bn2(self.conv2(self.bn1(F.relu(self.conv1(values))))))
        return F.relu(stepped + self.downsample(values))


class _Sound(nn.Module):
    """(n, 1, 13, 4 * times) -> (n, times, 128)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 7, (2, 1), 3, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = self._layer(16, 16, 3, 1)
        self.layer2 = self._layer(16, 32, 4, 2)
        self.layer3 = self._layer(32, 64, 6, 2)
        self.layer4 = self._layer(64, 128, 3, 1)

    @staticmethod
    def _layer(inside: int, outside: int, count: int, stride: int) -> nn.Sequential:
        first = _SoundResidual(inside, outside, stride)
        return nn.Sequential(first, *(_SoundResidual(outside, outside, 1) for _ in range(count - 1)))

    def forward(self, values: Tensor) -> Tensor:
        values = F.relu(self.bn1(self.conv1(values)))
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            values = layer(values)
        return values.mean(dim=2).transpose(1, 2)


class _Attention(nn.Module):
    """What ``asked`` says, chosen by ``asking``, added to itself and put through two layers."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.self_attn = nn.MultiheadAttention(channels, 8)
        self.linear1, self.linear2 = nn.Linear(channels, 4 * channels), nn.Linear(4 * channels, channels)
        self.norm1, self.norm2 = nn.LayerNorm(channels), nn.LayerNorm(channels)

    def forward(self, asked: Tensor, asking: Tensor) -> Tensor:
        values, question = asked.transpose(0, 1), asking.transpose(0, 1)
        values = self.norm1(values + self.self_attn(question, values, values, need_weights=False)[0])
        values = self.norm2(values + self.linear2(F.relu(self.linear1(values))))
        return values.transpose(0, 1)


class TalkNetNetwork(SpeakerNetwork):
    """See ``SpeakerNetwork`` for shapes."""

    def __init__(self) -> None:
        super().__init__()
        self.visualFrontend = _Pictures()
        self.visualTCN = nn.ModuleDict({"net": nn.Sequential(*(_OverTime() for _ in range(5)))})
        self.visualConv1D = nn.ModuleDict(
            {
                "net": nn.Sequential(
                    nn.Conv1d(512, 256, 5, padding=2), nn.BatchNorm1d(256), nn.ReLU(), nn.Conv1d(256, 128, 1)
                )
            }
        )
        self.audioEncoder = _Sound()
        self.crossA2V = _Attention(128)
        self.crossV2A = _Attention(128)
        self.selfAV = _Attention(256)
        self.FC = nn.Linear(256, 2)

    def encode_video(self, faces: Tensor) -> Tensor:
        values = self.visualFrontend(normalized(faces)[:, None]).transpose(1, 2)
        encoded: Tensor = self.visualConv1D["net"](self.visualTCN["net"](values))
        return encoded.transpose(1, 2)

    def encode_audio(self, cepstra: Tensor) -> Tensor:
        encoded: Tensor = self.audioEncoder(cepstra.transpose(1, 2)[:, None])
        return encoded

    def classify(self, video: Tensor, audio: Tensor) -> Tensor:
        both = torch.cat((self.crossA2V(audio, video), self.crossV2A(video, audio)), dim=2)
        outputs: Tensor = self.FC(self.selfAV(both, both))
        return outputs
