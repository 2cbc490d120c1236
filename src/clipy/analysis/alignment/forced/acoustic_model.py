"""The acoustic model of CMU Sphinx: the likelihood of each senone of English phones in each frame.

The files are those of PocketSphinx (BSD-2-Clause): a phonetically tied mixture model, in which every phone has 128
Gaussians for each of three streams of features, and every state of a triphone ("senone") its own weights for them.
They are read as what they are, tables of numbers, so that nothing compiled has to be installed.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipy.errors import ModelError

Floats = NDArray[np.float32]

STATES = 3  # emitting states of a phone, passed through from left to right
_STREAMS, _DENSITY, _WIDTH = 3, 128, 13
_WEIGHT_STEP = 1024 * np.log(1.0001)  # a stored weight w means exp(-w * step)
_VARIANCE_FLOOR = 1e-4
_BLOCK = 250  # frames whose densities are held in memory
_INSIDE, _BEGIN, _END, _SINGLE = 0, 1, 2, 3  # position of a triphone in its word
_BROADER = {_INSIDE: (_END, _BEGIN), _BEGIN: (_INSIDE, _SINGLE), _END: (_INSIDE, _SINGLE), _SINGLE: (_END, _BEGIN)}


@dataclass(frozen=True, slots=True, eq=False)
class AcousticModel:
    """The model's tables.

    ``phones`` by name; ``senones`` int (phone or triphone sequence, 3); ``owner`` the phone of each senone;
    ``triphones`` (left, phone, right, place) -> row of ``senones``; ``gaussians`` float32 (phone, stream, density, 27)
    factors of a feature, its square, and 1; ``weights`` (stream, density, senone); ``stays``/``leaves`` float32
    (phone, 3) log probabilities of staying in a state and going on.
    """

    phones: dict[str, int]
    senones: NDArray[np.int32]
    owner: NDArray[np.int32]
    triphones: dict[int, int]
    gaussians: Floats
    weights: NDArray[np.uint8]
    stays: Floats
    leaves: Floats

    @classmethod
    def load(cls, folder: Path) -> AcousticModel:
        """Read the files of a model. Raises ModelError where they are invalid."""
        try:
            phones, senones, owner, triphones = _definition((folder / "mdef").read_bytes())
            shape = (len(phones), _STREAMS, _DENSITY, _WIDTH)
            means = _parameters((folder / "means").read_bytes(), shape)
            variances = np.maximum(_parameters((folder / "variances").read_bytes(), shape), _VARIANCE_FLOOR)
            moves = _parameters((folder / "transition_matrices").read_bytes(), (len(phones), STATES, STATES + 1))
            weights = _weights((folder / "sendump").read_bytes(), len(owner))
        except (ValueError, struct.error, IndexError, UnicodeDecodeError) as error:
            raise ModelError(f"not an acoustic model of CMU Sphinx ({error})", where=folder) from error
        moves = np.log(np.maximum(moves / moves.sum(axis=2, keepdims=True), np.float32(1e-8)))
        each = np.arange(STATES)
        constants = -0.5 * (np.log(2 * np.pi * variances) + np.square(means) / variances).sum(axis=3, keepdims=True)
        gaussians = np.concatenate([means / variances, -0.5 / variances, constants], axis=3)
        return cls(
            phones,
            senones,
            owner,
            triphones,
            np.asarray(gaussians, dtype=np.float32),
            weights,
            moves[:, each, each],
            moves[:, each, each + 1],
        )

    def states(self, left: str, phone: str, right: str, place: int) -> NDArray[np.int32]:
        """The three senones of a phone between two others, or of the closest triphone in the model.

        ``place`` in the word: 0 inside, 1 first, 2 last, 3 the only one.
        """
        base = self.phones[phone]
        found: int | None = None
        for where in (place, *_BROADER[place]):
            found = self.triphones.get(_key(base, self.phones[left], self.phones[right], where))
            if found is not None:
                break
        row: NDArray[np.int32] = self.senones[base if found is None else found]
        return row

    def scores(self, features: Floats, wanted: Sequence[int]) -> Floats:
        """Log likelihoods, float32 (frames, wanted senones), of features (frames, 3, 13)."""
        senones = np.asarray(wanted, dtype=np.int64)
        phones = np.unique(self.owner[senones])
        columns = [np.flatnonzero(self.owner[senones] == phone) for phone in phones]
        mixtures = [np.exp(-_WEIGHT_STEP * self.weights[:, :, senones[own]]).astype(np.float32) for own in columns]
        found = np.zeros((len(features), len(wanted)), dtype=np.float32)
        for stream in range(_STREAMS):
            factors = self.gaussians[phones, stream].reshape(-1, 2 * _WIDTH + 1).T
            for first in range(0, len(features), _BLOCK):
                x = features[first : first + _BLOCK, stream]
                known = np.concatenate([x, np.square(x), np.ones_like(x[:, :1])], axis=1)
                density = (known @ factors).reshape(len(x), len(phones), _DENSITY)
                top = density.max(axis=2, keepdims=True)
                np.exp(np.subtract(density, top, out=density), out=density)
                for number, (own, mixture) in enumerate(zip(columns, mixtures, strict=True)):
                    likely = np.log(density[:, number] @ mixture[stream] + np.float32(1e-20)) + top[:, number]
                    found[first : first + len(x), own] += likely
        return found


def _key(base: int, left: int, right: int, place: int) -> int:
    return ((place * 256 + base) * 256 + left) * 256 + right


def _definition(data: bytes) -> tuple[dict[str, int], NDArray[np.int32], NDArray[np.int32], dict[int, int]]:
    """The phones, the senones of each row, the phone of each senone, and the row of each triphone."""
    if data[:4] != b"BMDF":
        raise ValueError("mdef does not begin with BMDF")
    at = 12 + struct.unpack_from("<i", data, 8)[0]
    base, phone, emitting, _, senone, _, sequence, _, tree, _ = struct.unpack_from("<10i", data, at)
    if emitting != STATES:
        raise ValueError(f"phones have {emitting} states, not {STATES}")
    at += 40
    names, start = [], at
    for _ in range(base):
        end = data.index(b"\0", at)
        names.append(data[at:end].decode("ascii"))
        at = end + 1
    at += -(at - start) % 4 + 8 * tree
    kind = np.dtype([("ssid", "<i4"), ("tmat", "<i4"), ("info", "u1", 4)])
    entries = np.frombuffer(data, kind, phone, at)
    at += phone * kind.itemsize + 4  # preceded by the number of values in the table of sequences
    table = np.frombuffer(data, "<i2", sequence * STATES, at).reshape(-1, STATES).astype(np.int32)
    rows = table[entries["ssid"]]
    owner = np.zeros(senone, dtype=np.int32)
    owner[rows[:base]] = np.arange(base)[:, None]
    info = entries["info"][base:].astype(np.int64)
    owner[rows[base:]] = info[:, 1][:, None]
    keys = ((info[:, 0] * 256 + info[:, 1]) * 256 + info[:, 2]) * 256 + info[:, 3]
    triphones = dict(zip(keys.tolist(), range(base, phone), strict=True))
    return {name: n for n, name in enumerate(names)}, rows, owner, triphones


def _parameters(data: bytes, shape: tuple[int, ...]) -> Floats:
    """The float32 table at the end of a Sphinx 3 file, before its checksum."""
    begin = data.index(b"endhdr\n") + 7
    if struct.unpack_from("<I", data, begin)[0] != 0x11223344:
        raise ValueError("the byte order is not little-endian")
    count = int(np.prod(shape))
    at = len(data) - 4 * count - 4
    if at < begin + 4 or struct.unpack_from("<i", data, at - 4)[0] != count:
        raise ValueError(f"there are not {count} numbers")
    values: Any = np.frombuffer(data, "<f4", count, at)
    return np.asarray(values.reshape(shape), dtype=np.float32)


def _weights(data: bytes, senones: int) -> NDArray[np.uint8]:
    """The weights of a sendump file, uint8 (stream, density, senone)."""
    at = 0
    while length := struct.unpack_from("<i", data, at)[0]:
        at += 4 + length
        if length < 0 or at > len(data):
            raise ValueError("sendump has a wrong header")
    rows, columns = struct.unpack_from("<2i", data, at + 4)
    if (rows, columns) != (_DENSITY, senones):
        raise ValueError(f"sendump holds {rows} x {columns} weights")
    return np.frombuffer(data, np.uint8, _STREAMS * rows * columns, at + 12).reshape(_STREAMS, rows, columns)
