"""JSON read item by item, so that a chat of hundreds of megabytes never lies in memory as a whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from clipy.errors import DocumentError
from clipy.types import Json

_CHUNK = 1 << 16  # characters read at once
_LARGEST = 8 << 20  # characters of one value: no message is as long
_SPACE = " \t\r\n"
_DECODER = json.JSONDecoder()


def json_items(path: Path, under: str) -> Iterator[Json]:
    """The items of a JSON array, of the array ``under`` a key of an object, or the values of JSON lines.

    Memory is bounded by the largest item. What follows the array in its object is not read. Raises DocumentError.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            yield from _Scanner(file).items(under)
    except OSError as error:
        raise DocumentError(f"cannot read it ({error.strerror})", where=path, do="Check its name") from error
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise DocumentError(f"not valid JSON ({error})", where=path, do="Download it again, or remove it") from error


class _Scanner:
    """A window on the text of a file, moved forward value by value."""

    def __init__(self, file: IO[str]) -> None:
        self._file, self._text, self._at = file, "", 0

    def items(self, under: str) -> Iterator[Json]:
        while first := self._peek():
            if first == "[":
                yield from self._array()
            elif first == "{":
                found: dict[str, Json] = {}
                for key in self._keys():
                    if key == under and self._peek() == "[":
                        yield from self._array()
                        return
                    found[key] = self._value()
                yield found
            else:
                raise ValueError(f"neither an array nor an object begins with {first!r}")

    def _array(self) -> Iterator[Json]:
        self._at += 1
        if self._peek() == "]":
            self._at += 1
            return
        while True:
            yield self._value()
            if self._expect(",]") == "]":
                return

    def _keys(self) -> Iterator[str]:
        """The keys of an object; whoever iterates reads each value."""
        self._at += 1
        if self._peek() == "}":
            self._at += 1
            return
        while True:
            key = self._value()
            if not isinstance(key, str):
                raise ValueError(f"{str(key)[:40]!r} is no key of an object")  # noqa: TRY004
            self._expect(":")
            yield key
            if self._expect(",}") == "}":
                return

    def _expect(self, allowed: str) -> str:
        found = self._peek()
        if not found or found not in allowed:
            raise ValueError(f"{found!r} where one of {allowed!r} must be" if found else "the file ends too early")
        self._at += 1
        return found

    def _peek(self) -> str:
        """The next character that is no white space; empty at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._fill():
                return ""

    def _value(self) -> Json:
        self._peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError:
                if len(self._text) - self._at > _LARGEST or not self._fill():
                    raise
                continue
            if end == len(self._text) and self._fill():
                continue  # a number may go on
            self._at = end
            return value

    def _fill(self) -> bool:
        """Read as much again as waits; false at the end of the file."""
        rest = self._text[self._at :]
        more = self._file.read(max(_CHUNK, len(rest)))
        self._text, self._at = rest + more, 0
        return bool(more)
