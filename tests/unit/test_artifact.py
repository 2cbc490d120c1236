"""Stored files as somebody else may have written them: nothing is believed."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import subprocess
import sys
import zlib
from dataclasses import dataclass
from typing import get_type_hints

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipy import registry
from clipy.arrays import LARGEST, Array
from clipy.storage import artifact
from clipy.storage.artifact import Damaged, Outdated, decoded, encoded, name_of, shape_of
from clipy.types import Box, Edit, Span, Track, Transcript, Word, seconds

STORED = {
    *(
        ("transcribe", "transcribe"),
        ("align", "align"),
        ("shots", "detect"),
        ("faces", "detect_in_video"),
        ("speakers", "score"),
    ),
    *(("diarize", "diarize"), ("embed", "embed"), ("highlight", "highlight"), ("reframe", "reframe")),
    *(("pizzazz", "plan"), ("review", "review")),
}
TRACK = Track(
    1,
    Span(seconds(0), seconds(1)),
    np.arange(3, dtype=np.float64),
    np.ones((3, 4), dtype=np.float32),
    np.ones(3, dtype=np.float32),
)


def forged(kind: object, body: bytes, **changes: str) -> bytes:
    """A file whose header and checksum are right for any body."""
    digest = hashlib.sha256(body).hexdigest()
    header = {"schema": artifact.SCHEMA, "type": name_of(kind), "shape": shape_of(kind), "sha256": digest}
    return json.dumps(header | changes).encode() + b"\n" + body


def with_times(**changes: object) -> bytes:
    """A track whose array of times is something else."""
    body = json.loads(encoded(Track, TRACK).partition(b"\n")[2])
    body["times"] |= changes
    return forged(Track, json.dumps(body).encode())


def packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data)).decode()


def test_the_name_of_a_type_is_the_same_in_each_process() -> None:
    """Where a function lies in memory is no part of it: arrays could be read by nobody else."""
    ask = "from clipy.storage.artifact import name_of; from clipy.types import Array; print(name_of(Array))"
    told = {subprocess.run([sys.executable, "-c", ask], check=True, capture_output=True).stdout for _ in range(2)}
    assert told == {f"{name_of(Array)}\n".encode()}


@pytest.mark.parametrize(
    "file",
    [
        with_times(dtype="|O8"),
        with_times(dtype="<U4"),
        with_times(dtype="|V8"),
        with_times(dtype=["<f8"]),
        with_times(dtype="<f1"),
        with_times(shape=[LARGEST]),
        with_times(shape=[1 << 40, 1 << 40]),
        with_times(shape=[-1]),
        with_times(shape=[True]),
        with_times(shape="3"),
        with_times(shape=[1] * 40),
        with_times(shape=[1], zlib=packed(bytes(1 << 24))),  # unpacks to far more than its shape says
        with_times(shape=[4], zlib=packed(bytes(8))),
        with_times(zlib="no base64!"),
        with_times(zlib=base64.b64encode(b"no zlib").decode()),
        with_times(zlib=7),
        with_times(pickle="gASVAAAA"),
        forged(Box, encoded(Track, TRACK).partition(b"\n")[2]),
        forged(Box, b'{"x1": 0, "y1": 0, "x2": 1}'),
        forged(Box, b"[" * 100_000),
        forged(Span, b'{"start": "1e999999999", "end": "1"}'),
        forged(Span, b'{"start": "1/0", "end": "1"}'),
        forged(Span, b'{"start": "2", "end": "1"}'),
        b"\x80\x04\x95cposix\nsystem\n(S'touch pwned'\ntR.",
        b"[" * 3000 + b"\n{}",
        b"x" * 10_000,
    ],
)
def test_malicious_file_is_refused(file: bytes) -> None:
    header = file.partition(b"\n")[0]
    kind = next((kind for kind in (Track, Box, Span) if name_of(kind).encode() in header), Box)
    with pytest.raises(Damaged):
        decoded(file, kind)


def test_arrays_share_one_limit() -> None:
    half = {"dtype": "|i1", "shape": [LARGEST // 2 + 1], "zlib": packed(bytes(LARGEST // 2 + 1))}
    body = json.loads(encoded(Track, TRACK).partition(b"\n")[2])
    with pytest.raises(Damaged, match="1 problems"):
        decoded(forged(Track, json.dumps(body | {"times": half, "boxes": half}).encode()), Track)


def test_other_type_with_matching_fields_is_refused() -> None:
    with pytest.raises(Damaged, match="holds"):
        decoded(encoded(Box, Box(0, 0, 1, 1)), Span)


@given(st.binary(max_size=400), st.integers(0, 600), st.booleans())
def test_no_bytes_break_the_reader(noise: bytes, at: int, valid: bool) -> None:
    file = encoded(Transcript, Transcript("en", (Word("Hi", seconds(1), seconds(2)),)))
    broken = forged(Transcript, noise) if valid else file[:at] + noise + file[at + len(noise) :]
    with contextlib.suppress(Damaged, Outdated):
        assert decoded(broken, Transcript) == decoded(file, Transcript)


@dataclass(frozen=True)
class Before:
    text: str


@dataclass(frozen=True)
class Now:
    text: str
    loud: bool


def test_artifact_with_other_fields_is_outdated() -> None:
    with pytest.raises(Outdated):
        decoded(forged(Now, b'{"text": "Hi"}', shape=shape_of(Before)), Now)


@pytest.mark.parametrize(("group", "method"), sorted(STORED))
def test_results_of_every_core_class_can_be_stored(group: str, method: str) -> None:
    kind = get_type_hints(getattr(registry.core(group), method), include_extras=True)["return"]
    assert len(shape_of(kind)) == 16
    assert artifact.adapter(kind)


def test_bare_arrays_round_trip() -> None:
    found = decoded(encoded(Array, np.arange(4, dtype=np.float32)), Array)
    assert np.array_equal(found, np.arange(4))
    with pytest.raises(Damaged):
        decoded(forged(Array, b"[1, 2]"), Array)


def test_type_digest_covers_nested_fields() -> None:
    assert shape_of(Before) != shape_of(Now)
    assert shape_of(list[Before]) != shape_of(list[Now])
    assert shape_of(Edit) != shape_of(Transcript)
