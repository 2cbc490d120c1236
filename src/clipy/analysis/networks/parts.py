"""What the active-speaker networks have in common: how they are called, how they are made, and their smallest part."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - its usual name
from torch.nn.utils.fusion import fuse_conv_bn_eval

from clipy.errors import ModelError
from clipy.models.tensors import read_tensors

_MEAN, _DEVIATION = 0.4161, 0.1688  # of the grey faces that the networks were trained on, for pixels in 0..1


@contextmanager
def exactly() -> Iterator[None]:
    """Run networks, and only run them, with all digits of their numbers on every device.

    CUDA's convolutions would leave out 13 of 23 binary digits (TF32). What one device found is taken for what any other
    finds, and what the exact way costs is little beside decoding: see ``benchmark/devices.py``.
    """
    with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        yield


class SpeakerNetwork(nn.Module, ABC):
    """A network that sees faces and hears sound, each apart, and judges both together.

    Faces are (n, times, 112, 112) grey, 0..255, 25 times a second; cepstra are (n, 4 * times, 13), 100 a second.
    """

    @abstractmethod
    def see(self, faces: Tensor) -> Tensor:
        """(n, times, channels): what each face's picture says."""

    @abstractmethod
    def hear(self, cepstra: Tensor) -> Tensor:
        """(n, times, channels): what the sound says."""

    @abstractmethod
    def judge(self, seen: Tensor, heard: Tensor) -> Tensor:
        """(n, times, 2): the two outputs of the last layer, for a silent and for a speaking face."""

    def forward(self, faces: Tensor, cepstra: Tensor) -> Tensor:
        return self.judge(self.see(faces), self.hear(cepstra))


class Steps(nn.Module):
    """Named convolutions, each followed by its normalisation and a rectifier."""

    def __init__(self) -> None:
        super().__init__()
        self._norms: dict[str, str] = {}

    def add(self, name: str, norm: str, inside: int, outside: int, size: tuple[int, ...], shrink: int = 1) -> None:
        """A convolution that keeps the size, or divides that of the picture by ``shrink``; over 2 or 3 axes."""
        stride, padding = tuple(shrink if side > 1 else 1 for side in size), tuple(side // 2 for side in size)
        convolution, normalise = (nn.Conv3d, nn.BatchNorm3d) if len(size) == 3 else (nn.Conv2d, nn.BatchNorm2d)
        self.add_module(name, convolution(inside, outside, size, stride, padding, bias=False))  # type: ignore[arg-type]
        self.add_module(norm, normalise(outside, eps=1e-3))
        self._norms[name] = norm

    def step(self, name: str, values: Tensor) -> Tensor:
        return F.relu(self.get_submodule(self._norms[name])(self.get_submodule(name)(values)))

    def merge(self) -> None:
        """Put each normalisation into its convolution: the same numbers in less time."""
        for name, norm in self._norms.items():
            both = fuse_conv_bn_eval(self.get_submodule(name), self.get_submodule(norm))  # type: ignore[type-var,arg-type]
            self.add_module(name, both)
            self.add_module(norm, nn.Identity())


def even(faces: Tensor) -> Tensor:
    """Grey values of 0..255 as the networks expect them."""
    return (faces / 255 - _MEAN) / _DEVIATION


def halved(values: Tensor) -> Tensor:
    """The greatest of each 3 x 3 places of a picture (n, channels, times, height, width), at every second place."""
    return F.max_pool3d(values, (1, 3, 3), (1, 2, 2), (0, 1, 1))


def slowed(values: Tensor) -> Tensor:
    """The greatest of each 3 times of a sound (n, channels, coefficients, times), at every second time."""
    return F.max_pool2d(values, (1, 3), (1, 2), (0, 1))


class BlockNetwork(SpeakerNetwork):
    """Sees and hears in three blocks each (``block1`` to ``block3`` of two encoders), coarser after the first two."""

    def __init__(self, pictures: Any, sound: Any) -> None:
        super().__init__()
        self.pictures, self.sound = pictures, sound

    def see(self, faces: Tensor) -> Tensor:
        values = halved(self.pictures.block1(even(faces)[:, None]))
        values = self.pictures.block3(halved(self.pictures.block2(values)))
        return values.amax(dim=(3, 4)).transpose(1, 2)

    def hear(self, cepstra: Tensor) -> Tensor:
        values = slowed(self.sound.block1(cepstra.transpose(1, 2)[:, None]))
        values = self.sound.block3(slowed(self.sound.block2(values)))
        return values.mean(dim=2).transpose(1, 2)


def loaded(network: nn.Module, path: Path, renamed: dict[str, str], unused: tuple[str, ...] = ()) -> nn.Module:
    """Fill a network with published weights; every part must be there. Returns it, ready to run.

    ``renamed`` maps the beginnings of published names to ours; ``unused`` are those of parts that only training needs.
    Only numbers are read, and nothing is unpickled. Raises ModelError when the file holds something else.
    """
    try:
        published = read_tensors(path)
        kept = {
            _name(name, renamed): torch.from_numpy(np.array(value))
            for name, value in published.items()
            if not name.startswith(unused)
        }
        network.load_state_dict(kept, strict=True)
    except (ModelError, RuntimeError) as error:
        raise ModelError(
            f"these are no weights of this network ({str(error).strip().splitlines()[0]})",
            where=path,
            do="Name the right file; one written before PyTorch 1.6 must be loaded and saved anew",
        ) from error
    network.eval()
    for part in network.modules():
        if isinstance(part, Steps):
            part.merge()
    return network


def _name(published: str, renamed: dict[str, str]) -> str:
    for beginning, ours in renamed.items():
        if published.startswith(beginning):
            return ours + published.removeprefix(beginning)
    return published
