"""What the active-speaker networks have in common: how they are called, and their smallest parts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - its usual name

_MEAN, _DEVIATION = 0.4161, 0.1688  # of the grey faces that the networks were trained on, for pixels in 0..1


class SpeakerNetwork(nn.Module, ABC):
    """A network that encodes faces and sound apart, and classifies both together.

    Faces are (n, times, 112, 112) grey, 0..255, 25 times a second; cepstra are (n, 4 * times, 13), 100 a second.
    """

    channels = 128  # of what either encoder returns

    @abstractmethod
    def encode_video(self, faces: Tensor) -> Tensor:
        """(n, times, channels) from faces."""

    @abstractmethod
    def encode_audio(self, cepstra: Tensor) -> Tensor:
        """(n, times, channels) from cepstra."""

    @abstractmethod
    def classify(self, video: Tensor, audio: Tensor) -> Tensor:
        """(n, times, 2): the two outputs of the last layer, for a silent and for a speaking face."""


def normalized(faces: Tensor) -> Tensor:
    """Grey values of 0..255 as the networks expect them."""
    return (faces.float() / 255 - _MEAN) / _DEVIATION


class Steps(nn.Module):
    """Named convolutions, each followed by its normalization and a rectifier.

    Published as convolutions in three dimensions, each extends over the picture or over time, never both: they are
    computed in two dimensions, pictures as (n * times, channels, height, width) and time as (n, channels, times,
    places), for which ONNX Runtime has the quicker kernels.
    """

    def __init__(self) -> None:
        super().__init__()
        self._norms: dict[str, str] = {}

    def add(self, name: str, norm: str, inside: int, outside: int, size: tuple[int, ...], stride: int = 1) -> None:
        """A convolution that keeps the size, or divides that of the picture by ``stride``; over 2 or 3 axes."""
        strides, padding = tuple(stride if side > 1 else 1 for side in size), tuple(side // 2 for side in size)
        convolution, normalize = (nn.Conv3d, nn.BatchNorm3d) if len(size) == 3 else (nn.Conv2d, nn.BatchNorm2d)
        self.add_module(name, convolution(inside, outside, size, strides, padding, bias=False))  # type: ignore[arg-type]
        self.add_module(norm, normalize(outside, eps=1e-3))
        self._norms[name] = norm

    def step(self, name: str, values: Tensor) -> Tensor:
        convolution: Any = self.get_submodule(name)
        norm: Any = self.get_submodule(self._norms[name])
        weight, stride, padding = convolution.weight, convolution.stride, convolution.padding
        if weight.dim() == 5 and weight.shape[2] > 1:
            weight, stride, padding = weight[..., 0], stride[:2], (padding[0], 0)
        elif weight.dim() == 5:
            weight, stride, padding = weight[:, :, 0], stride[1:], padding[1:]
        values = F.conv2d(values, weight, None, stride, padding)
        return F.relu(F.batch_norm(values, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps))


def over_time(values: Tensor, count: int) -> Tensor:
    """(count * times, channels, height, width) -> (count, channels, times, height * width)."""
    channels, height, width = values.shape[1:]
    return values.reshape(count, -1, channels, height * width).transpose(1, 2)


def over_pictures(values: Tensor, height: int, width: int) -> Tensor:
    """(n, channels, times, height * width) -> (n * times, channels, height, width)."""
    return values.transpose(1, 2).reshape(-1, values.shape[1], height, width)


class BlockNetwork(SpeakerNetwork):
    """Three blocks for pictures and three for sound, coarser after the first two.

    Published names: ``visualEncoder`` and ``audioEncoder``. A block of pictures has ``picture`` and ``time``, its two
    halves; one of sound is called as it is.
    """

    def __init__(self, visual: Any, audio: Any) -> None:
        super().__init__()
        self.visualEncoder, self.audioEncoder = visual, audio

    def encode_video(self, faces: Tensor) -> Tensor:
        count = faces.shape[0]
        values = normalized(faces).reshape(-1, 1, *faces.shape[2:])
        encoder = self.visualEncoder
        values = _halved(_seen(encoder.block1, values, count))
        values = _halved(_seen(encoder.block2, values, count))
        values = _seen(encoder.block3, values, count)
        return values.amax(dim=(2, 3)).reshape(count, -1, values.shape[1])

    def encode_audio(self, cepstra: Tensor) -> Tensor:
        encoder = self.audioEncoder
        values = _slowed(encoder.block1(cepstra.transpose(1, 2)[:, None]))
        values = encoder.block3(_slowed(encoder.block2(values)))
        return values.mean(dim=2).transpose(1, 2)


def _seen(block: Any, values: Tensor, count: int) -> Tensor:
    pictures = block.over_picture(values)
    height, width = (pictures[0] if isinstance(pictures, tuple) else pictures).shape[2:]
    return over_pictures(block.over_time(pictures, count), height, width)


def _halved(values: Tensor) -> Tensor:
    """The greatest of each 3 x 3 places of a picture, at every second place."""
    return F.max_pool2d(values, 3, 2, 1)


def _slowed(values: Tensor) -> Tensor:
    """The greatest of each 3 times of a sound (n, channels, coefficients, times), at every second time."""
    return F.max_pool2d(values, (1, 3), (1, 2), (0, 1))


def concatenated(first: Tensor, second: Tensor) -> Tensor:
    """Two sources side by side as (n, channels, times)."""
    return torch.cat((first, second), dim=2).transpose(1, 2)
