"""What every replaceable part of clipy has in common: a name, a version, and strict options.

A backend is one class in one file. Stages (``clipy.stages.base``) and analysers (``clipy.analysis.base``) are its two
kinds; both are found by name through entry points (``clipy.registry``).
"""

from __future__ import annotations

from abc import ABC
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from clipy.provenance import source_digest


class Backend(ABC):
    """A replaceable part. Making one is cheap: heavy imports and weights wait until the first use.

    ``group`` names the entry-point group (``clipy.<group>``) and is set by the core class of each kind; ``name`` is
    set by the registry to the name that the user picked. Bump ``version`` whenever results change, so that stored
    results of the old version are forgotten; those of a class's bases count as well. While a package is installed in
    editable mode its source counts, too (``clipy.provenance``).
    """

    group: ClassVar[str]
    name: str = ""
    version: ClassVar[int] = 1
    digested_options: ClassVar[frozenset[str]] = frozenset()
    """Options that name files whose contents are in ``input_digests``: their paths are part of no key."""

    class Options(BaseModel):
        """What the user may set. Each field carries a description: it feeds validation, help and the docs."""

        model_config = ConfigDict(extra="forbid", frozen=True)

    options: Options

    def __init__(self, options: Options | None = None) -> None:
        self.options = self.Options() if options is None else options
        self.name = self.name or type(self).__name__.lower()

    def identity(self) -> dict[str, object]:
        """What decides this backend's results besides its inputs: part of every key in the store."""
        kind = type(self)
        return {
            "backend": _path(kind),
            "versions": {_path(base): base.version for base in _bases(kind) if "version" in vars(base)},
            "sources": [digest for base in _bases(kind) if (digest := source_digest(base.__module__))],
            "options": self.options.model_dump(mode="json", exclude=set(self.digested_options)),
            "inputs": list(self.input_digests()),
        }

    def input_digests(self) -> tuple[str, ...]:
        """The sha256 of every model file that this backend would load; empty when it loads none."""
        return ()

    def release(self) -> None:  # noqa: B027 - most backends load nothing
        """Give back the memory of what was loaded: this is not used for a while. The next use loads it again."""

    def sidecar_digests(self, path: Path) -> tuple[str, ...]:
        """The sha256 of every file near a source that decides the results too, such as its subtitles."""
        return ()

    def store_digests(self, store: Path) -> tuple[str, ...]:
        """The sha256 of every file of the store that decides the results too, such as what the user accepted."""
        return ()


def _bases(kind: type[Backend]) -> list[type[Backend]]:
    """A class and all backends and core classes that it inherits."""
    return [base for base in kind.__mro__ if issubclass(base, Backend)]


def _path(kind: type[Backend]) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"
