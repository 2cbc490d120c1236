"""Confines paths to the folders that a person named: a model can be talked into anything by what it reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from clipy.errors import InputError


class Folders:
    """The folders that may be read and written. Symbolic links are followed before a path is judged."""

    def __init__(self, allowed: Sequence[Path]) -> None:
        self.allowed = tuple(path.resolve() for path in allowed)

    def file(self, text: str) -> Path:
        """An existing file. Raises InputError for one outside of the folders, or none."""
        path = self._inside(text)
        if not path.is_file():
            raise InputError("there is no such file", where=path, do="Check its name")
        return path

    def folder(self, text: str) -> Path:
        """A folder, there or still to be made."""
        path = self._inside(text)
        if path.exists() and not path.is_dir():
            raise InputError("this is no folder", where=path, do="Name another")
        return path

    def _inside(self, text: str) -> Path:
        path = Path(text)
        if "\0" in text:
            raise InputError("not a path", where=repr(text), do="Check it")
        if not path.is_absolute():
            path = self.allowed[0] / path
        path = path.resolve()
        if not any(path.is_relative_to(folder) for folder in self.allowed):
            raise InputError(
                "outside of the folders that may be used",
                where=text,
                do=f"These are: {', '.join(map(str, self.allowed))}",
            )
        return path
