"""The network of the encoder in NumPy: token embeddings, three phrase convolutions, a sum per sentence, a head.

A convolution is linear before its first activation, so what a token adds to the phrases around it depends on the token
alone. It is computed once for each distinct token of a block of sentences and then looked up. That halves the work:
in an hour of talk a token comes up about ten times.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_TABLES = 17  # the embeddings lie in so many tables; token n is row n // 17 of table n % 17
_PHRASES = ((2, 0), (3, 1), (5, 2))  # tokens of a phrase, and how many of them lie before the one it belongs to
_CHANNELS = 256
_WIDTH = 512  # of an embedding, and of a sentence's vector
_GAP = 2  # zero rows between sentences, so that no phrase reaches from one into the next
_BLOCK = 16_384  # rows of a block: the more, the more often a token repeats; 84 MB of features
_ROWS = 256  # computed at once: few enough to stay in the processor's cache

Matrix = NDArray[np.float32]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Network:
    """Weights by their names in ``weights.npz``, and the embeddings, uint8 (tokens, 512)."""

    weights: dict[str, Matrix]
    embeddings: NDArray[np.uint8]

    @classmethod
    def load(cls, path: Path) -> Network:
        """Read ``weights.npz``, whose embeddings are quantised to eight bits."""
        with np.load(path, allow_pickle=False) as stored:
            weights = {name: stored[name] for name in stored.files if not name.startswith("q")}
            tables = [stored[f"q{index + 1}"] for index in range(_TABLES)]
        embeddings = np.empty((sum(map(len, tables)), tables[0].shape[1]), dtype=np.uint8)
        for index, rows in enumerate(tables):
            embeddings[index::_TABLES] = rows
        return cls(weights, embeddings)

    def encode(self, sentences: Sequence[Sequence[int]]) -> Iterator[tuple[int, Matrix]]:
        """Unit vectors of sentences given as tokens, float32 (n, 512), block by block with the index of its first."""
        for first, group in _blocks(sentences):
            yield first, self._block(group)

    def _block(self, sentences: Sequence[Sequence[int]]) -> Matrix:
        lengths = np.array([len(sentence) for sentence in sentences])
        before = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        starts = before + _GAP * np.arange(1, len(lengths) + 1)
        said = np.concatenate([np.asarray(sentence, dtype=np.int64) for sentence in sentences])
        tokens, known = np.unique(said, return_inverse=True)
        rows = np.full(starts[-1] + lengths[-1] + _GAP, len(tokens))  # a gap is the token after the last: all zero
        rows[np.repeat(starts - before, lengths) + np.arange(len(said))] = known
        features = self._features(self._embedded(tokens), rows)
        sums = np.add.reduceat(features, starts, axis=0) @ self.weights["cnn_W"]
        sums += lengths[:, None].astype(np.float32) * self.weights["cnn_b"]
        return self._head(sums / np.sqrt(lengths[:, None], dtype=np.float32))

    def _embedded(self, tokens: Indices) -> Matrix:
        """The embeddings of tokens, float32 (n + 1, 512), the last of them zero."""
        table = tokens % _TABLES
        embedded = np.zeros((len(tokens) + 1, _WIDTH), dtype=np.float32)
        embedded[:-1] = self.embeddings[tokens] * self.weights["scale"][table, None] + self.weights["lo"][table, None]
        return embedded

    def _features(self, embedded: Matrix, rows: Indices) -> Matrix:
        """For each row its embedding and the phrases around it, normalised, float32 (n, 512 + 3 * 256); gaps are 0."""
        features = np.empty((len(rows), _WIDTH + len(_PHRASES) * _CHANNELS), dtype=np.float32)
        features[:, :_WIDTH] = embedded[rows]
        projected = self._projected(embedded)
        for index, (size, before) in enumerate(_PHRASES):
            tokens, first = projected[:, index * _CHANNELS :][:, :_CHANNELS], _WIDTH + index * _CHANNELS
            self._convolve(tokens, rows, size, before, features[:, first : first + _CHANNELS])
        spoken = (rows < len(embedded) - 1)[:, None]
        for part in _parts(len(rows)):
            normal = _normalised(features[part], self.weights["ln_g"], self.weights["ln_b"], self.weights["eps"])
            features[part] = normal * spoken[part]
        return features

    def _projected(self, embedded: Matrix) -> Matrix:
        """What the three convolutions take in, normalised together, float32 (n + 1, 3 * 256), the last of it zero."""
        values = embedded[:-1] @ self._joined("proj") + self._joined("proj_b")
        normal = _normalised(values, self._joined("ln_g"), self._joined("ln_b"), self.weights["eps"])
        return np.concatenate([normal, np.zeros((1, normal.shape[1]), dtype=np.float32)])

    def _joined(self, name: str) -> Matrix:
        """The weights of all three convolutions, side by side."""
        return np.concatenate([self.weights[f"{name}{size}"] for size, _ in _PHRASES], axis=-1)

    def _convolve(self, tokens: Matrix, rows: Indices, size: int, before: int, out: Matrix) -> None:
        """Two residual convolutions over phrases of ``size`` tokens, into ``out``, float32 (n, 256)."""
        first = self._first(tokens, rows, size, before)
        kernel = self.weights[f"w2_{size}"].reshape(size, _CHANNELS, _CHANNELS)
        for part in _parts(len(rows)):
            total = first[part] @ kernel[0]
            for offset in range(1, size):
                total += first[part.start + offset : part.stop + offset] @ kernel[offset]
            total += self.weights[f"b2_{size}"]
            out[part] = np.maximum(total, 0) + first[part.start + before : part.stop + before]

    def _first(self, tokens: Matrix, rows: Indices, size: int, before: int) -> Matrix:
        """The first convolution, float32 (n + size - 1, 256): ``before`` rows of zero, n rows, zeros to the end."""
        gap = len(tokens) - 1
        kernel = self.weights[f"w1_{size}"].reshape(size, _CHANNELS, _CHANNELS)
        added = [tokens @ kernel[offset] for offset in range(size)]  # by each token to a phrase, at each place in it
        padded = np.concatenate([np.full(before, gap), rows, np.full(size - 1 - before, gap)])
        result = np.zeros((len(padded), _CHANNELS), dtype=np.float32)
        for part in _parts(len(rows)):
            total = added[0][padded[part]]
            for offset in range(1, size):
                total += added[offset][padded[part.start + offset : part.stop + offset]]
            total += self.weights[f"b1_{size}"]
            total = np.maximum(total, 0) + tokens[rows[part]]
            result[part.start + before : part.stop + before] = total * (rows[part] < gap)[:, None]
        return result

    def _head(self, sums: Matrix) -> Matrix:
        weights = self.weights
        hidden = np.maximum(sums @ weights["p1"] + np.maximum(sums @ weights["d0"], 0) @ weights["d1"], 0)
        vectors = np.tanh(hidden @ weights["p3"] + np.maximum(hidden @ weights["d2"], 0) @ weights["d3"])
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def _normalised(values: Matrix, gain: Matrix, shift: Matrix, epsilon: Matrix) -> Matrix:
    """Layer normalisation of each row. Ba et al., 2016."""
    centred = values - values.mean(axis=1, keepdims=True)
    spread = np.sqrt(np.square(centred).mean(axis=1, keepdims=True) + np.float32(epsilon))
    return np.asarray(centred / spread * gain + shift)


def _blocks(sentences: Sequence[Sequence[int]]) -> Iterator[tuple[int, Sequence[Sequence[int]]]]:
    """Runs of sentences of a bounded number of rows, each with the index of its first; at least one a run."""
    first, rows = 0, 0
    for index, sentence in enumerate(sentences):
        if index > first and rows + len(sentence) + _GAP > _BLOCK:
            yield first, sentences[first:index]
            first, rows = index, 0
        rows += len(sentence) + _GAP
    if sentences:
        yield first, sentences[first:]


def _parts(count: int) -> Iterator[slice]:
    """All rows, some at a time."""
    for start in range(0, count, _ROWS):
        yield slice(start, min(count, start + _ROWS))
