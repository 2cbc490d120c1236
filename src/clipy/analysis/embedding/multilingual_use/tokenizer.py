"""The encoder's SentencePiece vocabulary, read without the ``sentencepiece`` package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from tokenizers import Tokenizer

UNKNOWN, BEGIN, END = 0, 1, 2
"""Pieces of the vocabulary that stand for no text."""


def load_tokenizer(path: Path) -> Tokenizer:
    """The tokenizer of a SentencePiece file ``sp.model``. Kudo, Subword Regularization, 2018."""
    from tokenizers import Tokenizer, normalizers, pre_tokenizers
    from tokenizers.models import Unigram

    data = path.read_bytes()
    top = _fields(data)
    pieces = [dict(_fields(piece)) for number, piece in top if number == 1]
    normaliser = dict(_fields(next(value for number, value in top if number == 3)))
    vocabulary = [(piece[1].decode(), float(np.frombuffer(piece.get(2, bytes(4)), "<f4")[0])) for piece in pieces]
    tokenizer = Tokenizer(Unigram(vocabulary, UNKNOWN, byte_fallback=False))
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
