"""The tensors of a PyTorch checkpoint, read without unpickling: no code of the file is ever run.

A .pt file is a zip archive with the raw bytes of each storage and a pickle that says which storage is which tensor.
The pickle is taken apart by ``pickletools``, which executes nothing, and only the few instructions that describe
dictionaries of tensors are understood; everything else is refused.
"""

from __future__ import annotations

import pickletools
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipy.errors import ModelError

_KINDS = {
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "DoubleStorage": "<f8",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
}
_TENSOR = "torch._utils _rebuild_tensor_v2"
_DICT = "collections OrderedDict"
_LARGEST = 1 << 30  # bytes of a storage


@dataclass(frozen=True, slots=True)
class _Name:
    """A global that the pickle names; it is never looked up."""

    text: str


class _Mark:
    """Where a tuple or the items of a dictionary begin on the stack."""


def read_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """Every tensor of a checkpoint by its dotted name. Raises ModelError for a file that holds anything else."""
    try:
        with zipfile.ZipFile(path) as archive:
            inner = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
            found = _Reader(archive, inner.removesuffix("data.pkl")).read(archive.read(inner))
    except (
        OSError,
        zipfile.BadZipFile,
        StopIteration,
        ValueError,
        KeyError,
        IndexError,
        TypeError,
        AttributeError,
    ) as error:
        raise ModelError(f"no tensors can be read from this checkpoint ({error})", where=path) from error
    return dict(_named(found, ""))


def _named(value: object, prefix: str) -> Iterator[tuple[str, NDArray[Any]]]:
    if isinstance(value, np.ndarray):
        yield prefix, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _named(item, f"{prefix}.{key}" if prefix else str(key))


class _Reader:
    """A machine for the instructions of a pickle that describe dictionaries of tensors."""

    def __init__(self, archive: zipfile.ZipFile, folder: str) -> None:
        self._archive, self._folder = archive, folder
        self._stack: list[Any] = []
        self._memory: dict[int, Any] = {}

    def read(self, data: bytes) -> object:
        """The value that a pickle describes."""
        for instruction, argument, _ in pickletools.genops(data):
            name = instruction.name
            if name == "STOP":
                return self._stack.pop()
            if name in ("PROTO", "FRAME"):
                continue
            self._step(name, argument)
        raise ValueError("the pickle has no end")

    def _step(self, name: str, argument: Any) -> None:
        if name in ("BINUNICODE", "SHORT_BINUNICODE", "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"):
            self._stack.append(argument)
        elif name in ("NEWTRUE", "NEWFALSE", "NONE"):
            self._stack.append({"NEWTRUE": True, "NEWFALSE": False, "NONE": None}[name])
        elif name in ("EMPTY_DICT", "EMPTY_LIST", "EMPTY_TUPLE"):
            self._stack.append({"EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_TUPLE": tuple}[name]())
        elif name == "GLOBAL":
            self._stack.append(_Name(argument))
        elif name == "MARK":
            self._stack.append(_Mark())
        elif name in ("BINPUT", "LONG_BINPUT"):
            self._memory[argument] = self._stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            self._stack.append(self._memory[argument])
        else:
            self._build(name)

    def _build(self, name: str) -> None:
        """Instructions that put values together."""
        if name in ("TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"):
            items = self._items() if name == "TUPLE" else [self._stack.pop() for _ in range(int(name[-1]))][::-1]
            self._stack.append(tuple(items))
        elif name in ("SETITEMS", "SETITEM"):
            items = self._items() if name == "SETITEMS" else [self._stack.pop() for _ in range(2)][::-1]
            self._stack[-1].update(zip(items[::2], items[1::2], strict=True))
        elif name in ("APPENDS", "APPEND"):
            items = self._items() if name == "APPENDS" else [self._stack.pop()]
            self._stack[-1].extend(items)
        elif name == "BINPERSID":
            self._stack.append(self._storage(self._stack.pop()))
        elif name == "REDUCE":
            arguments, function = self._stack.pop(), self._stack.pop()
            self._stack.append(_made(function, arguments))
        elif name == "BUILD":
            self._stack.pop()  # attributes of a dictionary, such as the versions of its modules
        else:
            raise ValueError(f"instruction {name} is not allowed")

    def _items(self) -> list[Any]:
        items: list[Any] = []
        while not isinstance(top := self._stack.pop(), _Mark):
            items.append(top)
        return items[::-1]

    def _storage(self, identity: tuple[Any, ...]) -> NDArray[Any]:
        kind, key = identity[1], str(identity[2])
        name = kind.text.rpartition(" ")[2] if isinstance(kind, _Name) else ""
        if identity[0] != "storage" or name not in _KINDS or not key.isalnum():
            raise ValueError("a storage of an unknown kind")
        member = self._archive.getinfo(f"{self._folder}data/{key}")
        if member.file_size > _LARGEST:
            raise ValueError("a storage is too large")
        return np.frombuffer(self._archive.read(member), _KINDS[name])


def _made(function: object, arguments: tuple[Any, ...]) -> object:
    """What a call stands for, of the two that are known."""
    if function == _Name(_DICT) and arguments == ():
        return {}
    if function != _Name(_TENSOR):
        raise ValueError(f"call of {getattr(function, 'text', function)!r} is not allowed")
    storage, offset, shape, strides = arguments[:4]
    if not isinstance(storage, np.ndarray):
        raise TypeError("a tensor without a storage")
    last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    if min((offset, *shape, *strides), default=0) < 0 or (0 not in shape and last >= len(storage)):
        raise ValueError("a tensor reaches out of its storage")
    size = storage.itemsize
    view = np.lib.stride_tricks.as_strided(storage[offset:], shape, [stride * size for stride in strides])
    return np.array(view)
