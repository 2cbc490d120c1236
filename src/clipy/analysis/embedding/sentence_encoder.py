"""What sentences mean, as vectors: Google's Universal Sentence Encoder, multilingual, version 3, run with NumPy.

Yang et al., Multilingual Universal Sentence Encoder for Semantic Retrieval, 2019: sixteen languages share one space, so
that a question in one finds an answer in another. The weights come from a package that holds them quantised to eight
bits and less; its code is not used. Words are cut into pieces by the model's own SentencePiece vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clipy import models
from clipy.analysis.base import Embedder
from clipy.context import Context
from clipy.types import Array

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_UNKNOWN, _BEGIN, _END = 0, 1, 2  # pieces of the vocabulary
_TABLES = 17  # the embeddings lie in so many tables; piece n is row n // 17 of table n % 17
_PHRASES = ((2, 0), (3, 1), (5, 2))  # tokens of a phrase, and how many of them lie before the one it belongs to
_CHANNELS = 256
_TOKENS = 512  # encoded at once: enough to be quick, little enough to stay in the processor's cache

Matrix = NDArray[np.float32]


class SentenceEncoder(Embedder):
    """Vectors of sentences in ar, de, en, es, fr, it, ja, ko, nl, pl, pt, ru, th, tr and zh; hundreds a second."""

    version = 1

    def input_digests(self) -> tuple[str, ...]:
        return (models.sha256(models.SENTENCE_ENCODER),)

    def embed(self, texts: tuple[str, ...], ctx: Context) -> Array:
        """The unit vectors of the texts, float32 (n, 512)."""
        folder = models.fetch(models.SENTENCE_ENCODER, report=ctx.report)
        network = _Network.load(folder / "weights.npz")
        pieces = self._pieces(folder / "sp.model", texts)
        vectors = np.empty((len(texts), 512), dtype=np.float32)
        for first, group in _groups(pieces):
            vectors[first : first + len(group)] = network.encode(group)
            ctx.report("reading", (first + len(group)) / len(texts))
        return vectors

    def _pieces(self, path: Path, texts: Sequence[str]) -> list[list[int]]:
        encoded = _tokenizer(path).encode_batch(list(texts), add_special_tokens=False)
        return [[_BEGIN, *(item.ids or [_UNKNOWN]), _END] for item in encoded]


def _groups(pieces: Sequence[list[int]]) -> Iterator[tuple[int, list[list[int]]]]:
    """Runs of sentences of a bounded number of tokens, each with the index of its first; at least one a run."""
    first, tokens = 0, 0
    for index, sentence in enumerate(pieces):
        if index > first and tokens + len(sentence) > _TOKENS:
            yield first, list(pieces[first:index])
            first, tokens = index, 0
        tokens += len(sentence)
    if pieces:
        yield first, list(pieces[first:])


@dataclass(frozen=True)
class _Network:
    """The encoder: embeddings, three rows of convolutions over phrases, their sum over the sentence, four layers."""

    parts: dict[str, Matrix]
    table: NDArray[np.uint8]

    @classmethod
    def load(cls, path: Path) -> _Network:
        with np.load(path, allow_pickle=False) as stored:
            parts = {name: stored[name] for name in stored.files if not name.startswith("q")}
            tables = [stored[f"q{index + 1}"] for index in range(_TABLES)]
        table = np.empty((sum(map(len, tables)), tables[0].shape[1]), dtype=np.uint8)
        for index, rows in enumerate(tables):
            table[index::_TABLES] = rows
        return cls(parts, table)

    def encode(self, sentences: Sequence[Sequence[int]]) -> Matrix:
        """The unit vectors of sentences given as pieces."""
        lengths = np.array([len(sentence) for sentence in sentences])
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        tokens = np.concatenate([np.asarray(sentence, dtype=np.int64) for sentence in sentences])
        features = self._normal(self._features(tokens, starts, lengths), self.parts["ln_g"], self.parts["ln_b"])
        sums = np.add.reduceat(features, starts, axis=0) @ self.parts["cnn_W"]
        sums += lengths[:, None].astype(np.float32) * self.parts["cnn_b"]
        return self._head(sums / np.sqrt(lengths[:, None], dtype=np.float32))

    def _features(self, tokens: NDArray[np.int64], starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> Matrix:
        """For each token its embedding and what the phrases around it say, float32 (n, 512 + 3 * 256)."""
        table = tokens % _TABLES
        embedded = self.table[tokens] * self.parts["scale"][table, None] + self.parts["lo"][table, None]
        columns = [embedded.astype(np.float32)]
        begin, end = np.repeat(starts, lengths), np.repeat(starts + lengths, lengths)
        rows = columns[0] @ self._joined("proj") + self._joined("proj_b")
        rows = self._normal(rows, self._joined("ln_g"), self._joined("ln_b"))
        for row, (size, before) in enumerate(_PHRASES):
            places = np.arange(len(tokens))[:, None] + np.arange(-before, size - before)
            places[(places < begin[:, None]) | (places >= end[:, None])] = len(tokens)  # beyond the sentence is zero
            columns.append(self._phrases(rows[:, row * _CHANNELS : (row + 1) * _CHANNELS], size, places))
        return np.concatenate(columns, axis=1)

    def _phrases(self, state: Matrix, size: int, places: NDArray[np.int64]) -> Matrix:
        parts = self.parts
        for layer in ("1", "2"):
            padded = np.concatenate([state, np.zeros((1, _CHANNELS), dtype=np.float32)])
            windows = padded[places].reshape(len(state), size * _CHANNELS)
            state = state + np.maximum(windows @ parts[f"w{layer}_{size}"] + parts[f"b{layer}_{size}"], 0)
        return np.asarray(state)

    def _head(self, sums: Matrix) -> Matrix:
        parts = self.parts
        hidden = np.maximum(sums @ parts["p1"] + np.maximum(sums @ parts["d0"], 0) @ parts["d1"], 0)
        vectors = np.tanh(hidden @ parts["p3"] + np.maximum(hidden @ parts["d2"], 0) @ parts["d3"])
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))

    def _joined(self, name: str) -> Matrix:
        """A part of all three rows of convolutions, side by side."""
        return np.concatenate([self.parts[f"{name}{size}"] for size, _ in _PHRASES], axis=-1)

    def _normal(self, values: Matrix, gain: Matrix, shift: Matrix) -> Matrix:
        """Layer normalisation of each row."""
        centred = values - values.mean(axis=1, keepdims=True)
        spread = np.sqrt(np.square(centred).mean(axis=1, keepdims=True) + np.float32(self.parts["eps"]))
        return np.asarray(centred / spread * gain + shift)


def _tokenizer(path: Path) -> Tokenizer:
    """The model's own way of cutting text into pieces. Kudo, Subword Regularization, 2018."""
    from tokenizers import Tokenizer, normalizers, pre_tokenizers
    from tokenizers.models import Unigram

    data = path.read_bytes()
    top = _fields(data)
    pieces = [dict(_fields(piece)) for number, piece in top if number == 1]
    normaliser = dict(_fields(next(value for number, value in top if number == 3)))
    vocabulary = [(piece[1].decode(), float(np.frombuffer(piece.get(2, bytes(4)), "<f4")[0])) for piece in pieces]
    tokenizer = Tokenizer(Unigram(vocabulary, _UNKNOWN, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Precompiled(normaliser[2]), normalizers.Strip(), normalizers.Replace(_spaces(), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=False)
    return tokenizer


def _spaces() -> Any:
    from tokenizers import Regex

    return Regex(" {2,}")


def _fields(message: bytes) -> list[tuple[int, bytes]]:
    """The fields of a protocol buffer message by number; numbers of fixed size as their bytes, others are passed over.

    https://protobuf.dev/programming-guides/encoding/
    """
    found, at = [], 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == 0:
            _, at = _varint(message, at)
            continue
        size, at = _varint(message, at) if kind == 2 else ({1: 8, 5: 4}[kind], at)
        found.append((key >> 3, message[at : at + size]))
        at += size
    return found


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
