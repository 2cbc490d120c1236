"""For which systems the lock, and clipy itself, can be installed from wheels: python tools/wheel_matrix.py.

For each Python and platform uv resolves requirements.lock as it would there, with wheels only; nothing but metadata is
downloaded. (pip can be asked for another platform's wheels, but reads markers as on its own.) What has no wheel is left
out until the rest resolves. Then the same for ``pip install clipy``, in any versions that pyproject.toml allows. Exit
code 1 where a platform that the README promises lacks a wheel.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
_ENVIRONMENT = {**os.environ, "MACOSX_DEPLOYMENT_TARGET": "14.0"}  # the oldest macOS that ONNX Runtime still serves
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


@dataclass(frozen=True)
class Platform:
    """A system, as uv names it. ``promised``: everything must install on it."""

    name: str
    target: str
    promised: bool = True


PLATFORMS = (
    Platform("Linux x86-64", "x86_64-manylinux_2_28"),
    Platform("Linux arm64", "aarch64-manylinux_2_28"),
    Platform("macOS arm64", "aarch64-apple-darwin"),
    Platform("Windows x86-64", "x86_64-pc-windows-msvc"),
    Platform("macOS Intel", "x86_64-apple-darwin", promised=False),
    Platform("Windows arm64", "aarch64-pc-windows-msvc", promised=False),
    Platform("Linux x86-64 (musl)", "x86_64-unknown-linux-musl", promised=False),
)


def without_wheels(requirements: str, platform: Platform, python: str, *, with_dependencies: bool) -> list[str]:
    """The packages that have no wheel there, in the order in which uv stumbles over them."""
    lost: list[str] = []
    while True:
        name = _first_without(requirements, platform, python, lost, with_dependencies=with_dependencies)
        if not name:
            return lost
        if name in lost:
            raise SystemExit(f"uv names {name} again although it was left out")
        lost.append(name)


def _first_without(
    requirements: str, platform: Platform, python: str, left_out: list[str], *, with_dependencies: bool
) -> str:
    with tempfile.TemporaryDirectory() as folder:
        place, nothing = Path(folder, "wanted.txt"), Path(folder, "without.txt")
        place.write_text(requirements, encoding="utf-8")
        # A package that is overridden by itself under a marker that never holds is not asked for.
        nothing.write_text("".join(f"{name} ; python_version < '3'\n" for name in left_out), encoding="utf-8")
        command = ["uv", "pip", "compile", "--quiet", "--no-header", "--no-annotate", "--only-binary", ":all:"]
        command += ["--python-platform", platform.target, "--python-version", python, "--output-file", "/dev/null"]
        command += [] if with_dependencies else ["--no-deps"]
        command += ["--override", str(nothing), str(place)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=_ENVIRONMENT)
    if done.returncode == 0:
        return ""
    found = re.search(r"Wheels are (?:required|available) for `([^`]+)`", done.stderr)
    if found is None:
        raise SystemExit(f"uv failed on {platform.name}, Python {python}: {done.stderr[-2000:]}")
    return found[1]


def _told(lost: list[str]) -> str:
    return f"no wheel of {', '.join(lost)}" if lost else "complete"


def main() -> None:
    """Print the matrix, a line for each system and Python."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--platform", action="append", choices=[platform.name for platform in PLATFORMS])
    parser.add_argument("--python", action="append", choices=PYTHONS)
    given = parser.parse_args()
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = re.search(r"^dependencies = \[\n(.*?)^\]", project, re.MULTILINE | re.DOTALL)
    if block is None:
        raise SystemExit("pyproject.toml has no dependencies")
    base = "\n".join(re.findall(r'^\s*"([^"]+)"', block[1], re.MULTILINE))
    broken = False
    for platform in PLATFORMS:
        if given.platform and platform.name not in given.platform:
            continue
        for python in given.python or PYTHONS:
            locked = without_wheels(lock, platform, python, with_dependencies=False)
            any_version = without_wheels(base, platform, python, with_dependencies=True)
            broken |= platform.promised and bool(locked or any_version)
            print(f"{platform.name:<20} {python}  clipy: {_told(any_version)}; lock: {_told(locked)}", flush=True)
    sys.exit(broken)


if __name__ == "__main__":
    main()
