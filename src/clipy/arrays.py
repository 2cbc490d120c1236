"""Arrays inside JSON: little-endian bytes, zlib, base64, with the type and the shape; never a pickle. Runs in masks."""

from __future__ import annotations

import base64
import math
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import PlainSerializer, PlainValidator, ValidationInfo

LARGEST = 1 << 29  # bytes of all arrays of one artifact; a day of sound levels, a hundred a second, has 35 MB
_DIMENSIONS = 8


@dataclass
class ByteBudget:
    """How many bytes of arrays may still be unpacked. Few packed bytes can claim to hold any number of them."""

    left: int = LARGEST

    def take(self, size: int) -> None:
        """Claim some. Raises ValueError when fewer are left."""
        if size > self.left:
            raise ValueError(f"arrays of more than {LARGEST} bytes are not allowed")
        self.left -= size


def _pack(array: NDArray[Any]) -> dict[str, Any]:
    array = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
    data = base64.b64encode(zlib.compress(array.tobytes(), level=1)).decode("ascii")
    return {"dtype": array.dtype.str, "shape": list(array.shape), "zlib": data}


def _unpack(value: object, info: ValidationInfo) -> NDArray[Any]:
    """Numbers only, and no more bytes than the shape says: both are known before anything is unpacked."""
    if isinstance(value, np.ndarray):
        return value
    if not isinstance(value, Mapping) or set(value) != {"dtype", "shape", "zlib"}:
        raise ValueError("expected an array")
    if not re.fullmatch(r"[<|][fiub][1248]", str(value["dtype"])) or not isinstance(value["zlib"], str):
        raise ValueError(f"array of {value['dtype']!r} is not allowed")
    shape = value["shape"]
    if not isinstance(shape, list) or len(shape) > _DIMENSIONS or not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError("an array's shape is a few whole numbers")
    try:
        kind = np.dtype(value["dtype"])
    except TypeError:
        raise ValueError(f"array of {value['dtype']!r} is not allowed") from None
    size = math.prod(shape) * kind.itemsize
    budget = info.context if isinstance(info.context, ByteBudget) else ByteBudget()
    budget.take(size)
    array = np.frombuffer(_unzipped(value["zlib"], size), dtype=kind).reshape(shape)
    array.flags.writeable = False
    return array


def _unzipped(text: str, size: int) -> bytes:
    """Exactly ``size`` bytes; what would unpack to more is stopped there."""
    unzip = zlib.decompressobj()
    try:
        raw = unzip.decompress(base64.b64decode(text, validate=True), size + 1)
    except zlib.error as error:
        raise ValueError(f"an array's bytes cannot be unpacked ({error})") from None
    if len(raw) != size or not unzip.eof:
        raise ValueError(f"an array has not the {size} bytes that its shape says")
    return raw


def true_runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The runs of true values in a mask (n,), in order: half-open pairs of indices."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask, [0]]).astype(np.int8))).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))


Array: TypeAlias = Annotated[NDArray[Any], PlainValidator(_unpack), PlainSerializer(_pack, when_used="json")]
"""A NumPy array that is written to JSON compactly (little-endian bytes, zlib, base64), never as a pickle."""
