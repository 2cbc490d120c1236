"""Light-ASD (Liao et al., "A Light Weight Model for Active Speaker Detection", CVPR 2023), 1.0 million weights.

Published at https://github.com/Junhua-Liao/Light-ASD; each convolution sees either the picture or time, never both.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - its usual name

from tools.export_graphs.speaker_network import BlockNetwork, Steps, over_time

_SIZES = (3, 5)  # of the kernels of the two branches


class _Branches(Steps):
    """Two branches with kernels of two sizes, added and mixed. ``axis`` is what each sees first; then it sees time."""

    def __init__(self, inside: int, outside: int, axis: str, stride: int = 1) -> None:
        super().__init__()
        self.axis = axis
        for size in _SIZES:
            first, then = ((1, size, size), (size, 1, 1)) if axis == "s" else ((size, 1), (1, size))
            self.add(f"{axis}_{size}", f"bn_{axis}_{size}", inside, outside, first, stride)
            self.add(f"t_{size}", f"bn_t_{size}", outside, outside, then)
        self.add("last", "bn_last", outside, outside, (1,) * (3 if axis == "s" else 2))

    def over_picture(self, values: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.step(f"s_{size}", values) for size in _SIZES)

    def over_time(self, pictures: tuple[Tensor, ...], count: int) -> Tensor:
        small, big = (
            self.step(f"t_{size}", over_time(values, count)) for size, values in zip(_SIZES, pictures, strict=True)
        )
        return self.step("last", small + big)

    def forward(self, values: Tensor) -> Tensor:
        small, big = (self.step(f"t_{size}", self.step(f"{self.axis}_{size}", values)) for size in _SIZES)
        return self.step("last", small + big)


class _Encoder(nn.Module):
    """Three blocks over a picture (axis ``s``) or a sound (``m``)."""

    def __init__(self, axis: str) -> None:
        super().__init__()
        self.block1 = _Branches(1, 32, axis, stride=2 if axis == "s" else 1)
        self.block2 = _Branches(32, 64, axis)
        self.block3 = _Branches(64, 128, axis)


class _Memory(nn.Module):
    """One recurrent layer that runs forwards in time, then one over its outputs that runs backwards."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gru_forward = nn.GRU(channels, channels, batch_first=True)
        self.gru_backward = nn.GRU(channels, channels, batch_first=True)

    def forward(self, values: Tensor) -> Tensor:
        forwards = F.gelu(self.gru_forward(values)[0])
        return F.gelu(self.gru_backward(forwards.flip(1))[0].flip(1))


class LightAsdNetwork(BlockNetwork):
    """See ``SpeakerNetwork`` for shapes."""

    def __init__(self) -> None:
        super().__init__(_Encoder("s"), _Encoder("m"))
        self.GRU = _Memory(128)
        self.FC = nn.Linear(128, 2)

    def classify(self, video: Tensor, audio: Tensor) -> Tensor:
        outputs: Tensor = self.FC(self.GRU(video + audio))
        return outputs
