"""Source trees that run side by side: each with its own entry points and stores, all with the same installed packages.

A tree needs no environment of its own: ahead of the installed packages, ``PYTHONPATH`` names its ``src`` and a folder
with the package metadata that its ``pyproject.toml`` stands for. Python takes the first metadata of a name that it
finds, so the backends are those of the tree.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_KEPT = ("CLIPY_CACHE", "CLIPY_MODELS", "CLIPY_OFFLINE", "CLIPY_DEVICE")  # weights and devices; no settings, no stores
_FINISHED = (0, 3)  # exit codes: clips were delivered; there was nothing to deliver
_LAUNCH = """
import sys
from importlib.metadata import entry_points
from pathlib import Path
import clipy
root = sys.argv.pop(1)
if not Path(clipy.__file__).is_relative_to(root):
    sys.exit(f"{clipy.__file__} was imported, which is not in {root}")
sys.exit(entry_points(group="console_scripts")["clipy"].load()())
"""


@dataclass(frozen=True)
class Checkout:
    """A source tree that can be run: its root, and the folder that holds its package metadata."""

    root: Path
    metadata: Path

    def run(self, video: Path, folder: Path, settings: Sequence[str]) -> int:
        """``clipy run`` into ``folder/clips``, with an empty store; the exit code. Raises RuntimeError on failure."""
        nowhere = folder / "empty"  # the working directory: no clipy.toml is found in it
        nowhere.mkdir(parents=True)
        chosen = [part for setting in settings for part in ("--set", setting)]
        command = ["run", str(video), "-o", str(folder / "clips"), *chosen]
        log = folder / "log.txt"
        with log.open("wb") as file:
            code = subprocess.run(
                [sys.executable, "-c", _LAUNCH, str(self.root), *command],
                cwd=nowhere,
                env=self._environment(folder),
                stdout=file,
                stderr=subprocess.STDOUT,
                check=False,
            ).returncode
        if code not in _FINISHED:
            last = "\n".join(log.read_text("utf-8", "replace").splitlines()[-5:])
            raise RuntimeError(f"clipy run {video} of {self.root} ended with exit code {code}:\n{last}")
        return code

    def _environment(self, folder: Path) -> Mapping[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("CLIPY_") or name in _KEPT},
            "PYTHONPATH": os.pathsep.join((str(self.metadata), str(self.root / "src"))),
            "CLIPY_STORE": str(folder / "store"),
            "CLIPY_JOURNAL": str(folder / "journal.sqlite"),
        }


def working_tree(repository: Path, work: Path) -> Checkout:
    """The repository's files as they are now, committed or not."""
    return Checkout(repository, _metadata(repository, work))


def revision(repository: Path, name: str, work: Path) -> Checkout:
    """The files of a commit, exported to ``work``. Raises RuntimeError when Git does not know it."""
    archive = _git(repository, "archive", "--format=tar", name)
    root = work / "tree"
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(root, filter="data")
    return Checkout(root, _metadata(root, work))


def commit(repository: Path, name: str) -> str:
    """The full hash of a revision."""
    return _git(repository, "rev-parse", "--verify", f"{name}^{{commit}}").decode().strip()


def _git(repository: Path, *arguments: str) -> bytes:
    done = subprocess.run(["git", "-C", str(repository), *arguments], capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"git {' '.join(arguments)}: {done.stderr.decode().strip()}")
    return done.stdout


def _metadata(root: Path, work: Path) -> Path:
    """A folder with the metadata that installing the tree would write. Returns the folder."""
    project: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    name, version = project["name"], project.get("version", "0")
    folder = work / "metadata"
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    extras: dict[str, list[str]] = project.get("optional-dependencies", {})
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {name}",
        f"Version: {version}",
        *(f"Requires-Dist: {requirement}" for requirement in project.get("dependencies", [])),
        *(f"Provides-Extra: {extra}" for extra in extras),
        *(
            f"Requires-Dist: {_only_with(extra, requirement)}"
            for extra, requirements in extras.items()
            for requirement in requirements
        ),
    ]
    (info / "METADATA").write_text("\n".join(lines) + "\n", "utf-8")
    groups = {"console_scripts": project.get("scripts", {}), **project.get("entry-points", {})}
    written = [
        f"[{group}]\n" + "".join(f"{entry} = {target}\n" for entry, target in entries.items())
        for group, entries in groups.items()
    ]
    (info / "entry_points.txt").write_text("\n".join(written), "utf-8")
    return folder


def _only_with(extra: str, requirement: str) -> str:
    package, _, marker = requirement.partition(";")
    condition = f'extra == "{extra}"'
    return f"{package.strip()} ; " + (f"({marker.strip()}) and {condition}" if marker else condition)
