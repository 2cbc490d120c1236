"""Running an active-speaker network over long tracks: in pieces that overlap, many at once, and little held."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.faces.tracking.detections import batched
from clipy.models import inference

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
class SpeakerNetwork:
    """A network in three parts, given up to ``batch`` pieces at once.

    ``video``: grey faces uint8 (n, times, 112, 112), 25 a second, to features (n, times, channels). ``audio``: cepstra
    float32 (n, 4 * times, 13), 100 a second, to the same. ``scores``: both to (n, times, 2), the two outputs of the
    last layer, for a silent and for a speaking face.
    """

    video: Callable[..., Floats]
    audio: Callable[..., Floats]
    scores: Callable[..., Floats]
    batch: int

    @classmethod
    def load(cls, name: str, path: Path, device: str, batch: int) -> SpeakerNetwork:
        """``name``: lr_asd, light_asd or talknet. Raises ModelError when the file holds other weights."""
        parts = [f"{name}_{part}" for part in ("video", "audio", "classify")]
        video, audio, scores = inference.load(parts, path, device, name.replace("_", "-"))
        return cls(video, audio, scores, batch)

    def encode_video(self, pieces: Iterable[Piece]) -> dict[int, Floats]:
        """What each track's faces show: (times, channels) by owner, from pieces in order of time."""
        return self._encoded(pieces, lambda values: self.video(faces=values))

    def encode_audio(self, pieces: Iterable[Piece]) -> dict[int, Floats]:
        """The sound: (times, channels) by owner."""
        return self._encoded(pieces, lambda values: self.audio(cepstra=values))

    def classify(self, video: Floats, audio: Floats, window: int) -> Floats:
        """The log of the odds that the face speaks, at each of its times, from windows that overlap by half.

        Where windows overlap, each counts the more, the nearer its middle is.
        """
        count = len(video)
        step = max(1, window // 2)
        starts = [*range(0, max(1, count - window), step), max(0, count - window)]
        total, weight = np.zeros(count), np.zeros(count)
        shape = np.minimum(np.arange(1, window + 1), np.arange(window, 0, -1))[: min(window, count)].astype(float)
        for group in batched(dict.fromkeys(starts), self.batch):
            parts = [slice(start, start + min(window, count)) for start in group]
            seen, heard = (np.stack([values[part] for part in parts]) for values in (video, audio))
            scores = self.scores(video_features=seen, audio_features=heard)
            for part, score in zip(parts, scores, strict=True):
                total[part] += (score[:, 1] - score[:, 0]) * shape
                weight[part] += shape
        return (total / weight).astype(np.float32)

    def _encoded(self, pieces: Iterable[Piece], encode: Callable[[NDArray[Any]], Floats]) -> dict[int, Floats]:
        found: dict[int, list[Floats]] = defaultdict(list)
        for group in self._alike(pieces):
            values = encode(np.stack([piece.values for piece in group]))
            for piece, value in zip(group, values, strict=True):
                found[piece.owner].append(value[piece.keep])
        return {owner: np.concatenate(parts) for owner, parts in found.items()}

    def _alike(self, pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
        """Pieces of one length, ``batch`` at most, in the order in which they come."""
        waiting: list[Piece] = []
        for piece in pieces:
            if waiting and (len(waiting) == self.batch or waiting[0].values.shape != piece.values.shape):
                yield waiting
                waiting = []
            waiting.append(piece)
        if waiting:
            yield waiting
