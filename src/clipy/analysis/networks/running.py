"""Running an active-speaker network over long tracks: in pieces that overlap, many at once, and little held."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from clipy.analysis.networks.parts import SpeakerNetwork, exactly

# oneDNN keeps each convolution that it has compiled, with memory for it, and tracks have many lengths: of the 1024 that
# it would keep, most are never met again. It reads this when it is first used.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16")

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Consecutive times of one owner (a track, or the sound); those outside ``keep`` are there to look around only.

    ``values``: (times, 112, 112) grey pictures, or (4 * times, 13) cepstra.
    """

    owner: int
    values: NDArray[np.uint8] | Floats
    keep: slice


def cut(count: int, size: int, reach: int) -> Iterator[tuple[slice, slice]]:
    """Cut ``count`` times into pieces of ``size``: where each lies with ``reach`` more on both sides, what it keeps."""
    for start in range(0, count, size):
        end = min(count, start + size)
        low, high = max(0, start - reach), min(count, end + reach)
        yield slice(low, high), slice(start - low, end - low)


@dataclass(frozen=True, slots=True, eq=False)
class Runner:
    """A network on a device (``cpu``, ``cuda``, ``mps``), given up to ``batch`` pieces at once."""

    network: SpeakerNetwork
    device: str
    batch: int

    def see(self, pieces: Iterable[Piece]) -> dict[int, Floats]:
        """What each track's faces say: (times, channels) by owner, from pieces in order of time."""
        return self._encoded(pieces, self.network.see)

    def hear(self, pieces: Iterable[Piece]) -> dict[int, Floats]:
        """What the sound says: (times, channels) by owner."""
        return self._encoded(pieces, self.network.hear)

    def judge(self, seen: Floats, heard: Floats, window: int) -> Floats:
        """The log of the odds that the face speaks, at each of its times, from windows that overlap by half.

        Where windows overlap, each counts the more, the nearer its middle is.
        """
        count = len(seen)
        step = max(1, window // 2)
        starts = list(dict.fromkeys([*range(0, max(1, count - window), step), max(0, count - window)]))
        total, weight = np.zeros(count), np.zeros(count)
        shape = np.minimum(np.arange(1, window + 1), np.arange(window, 0, -1))[: min(window, count)].astype(float)
        for first in range(0, len(starts), self.batch):
            parts = [slice(start, start + min(window, count)) for start in starts[first : first + self.batch]]
            with exactly():
                faces, sound = (self._tensor(np.stack([values[part] for part in parts])) for values in (seen, heard))
                outputs = self.network.judge(faces, sound).float().cpu().numpy()
            for part, output in zip(parts, outputs, strict=True):
                total[part] += (output[:, 1] - output[:, 0]) * shape
                weight[part] += shape
        return (total / weight).astype(np.float32)

    def _encoded(self, pieces: Iterable[Piece], encode: Callable[[Tensor], Tensor]) -> dict[int, Floats]:
        found: dict[int, list[Floats]] = defaultdict(list)
        waiting: list[Piece] = []
        for piece in pieces:
            if waiting and (len(waiting) == self.batch or waiting[0].values.shape != piece.values.shape):
                self._encode(waiting, encode, found)
                waiting = []
            waiting.append(piece)
        if waiting:
            self._encode(waiting, encode, found)
        return {owner: np.concatenate(parts) for owner, parts in found.items()}

    def _encode(self, pieces: list[Piece], encode: Callable[[Tensor], Tensor], found: dict[int, list[Floats]]) -> None:
        with exactly():
            values = encode(self._tensor(np.stack([piece.values for piece in pieces]))).float().cpu().numpy()
        for piece, value in zip(pieces, values, strict=True):
            found[piece.owner].append(value[piece.keep])

    def _tensor(self, values: NDArray[Any]) -> Tensor:
        return torch.from_numpy(values).to(self.device).float()
