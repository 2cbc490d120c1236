"""Run a Dockerfile's steps in plain roots, where no container engine is: python tools/run_dockerfile.py ROOTS BASE.

BASE is a folder with the base image's files, which stands for every image that FROM names. Each stage becomes a copy
of it in ROOTS, in which RUN lines are run by chroot, as its last USER. Prints where the last stage lies, and how to
start it, as JSON. Knows the instructions that clipy's Dockerfile has, and fails at any other. Needs root and Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

_VARIABLE = re.compile(r"\$\{(\w+)\}|\$(\w+)")


@dataclass
class Stage:
    """A stage of the build: its root, and what holds for the instructions that follow."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    arguments: dict[str, str] = field(default_factory=dict)
    user: str = "root"
    folder: str = "/"
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)

    def run(self, command: str, passed_on: dict[str, str]) -> None:
        """A RUN line, by the shell of the root."""
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/root", **passed_on}
        environment |= {**self.arguments, **self.environment}
        script = f"cd {shlex.quote(self.folder)} && {command}"
        subprocess.run(
            ["chroot", f"--userspec={self.user}", str(self.root), "/bin/sh", "-euc", script],
            env=environment,
            check=True,
        )

    def inside(self, path: str) -> Path:
        """A path of the image, on this machine."""
        return self.root / str(Path("/", self.folder, path)).lstrip("/")

    def expanded(self, text: str) -> str:
        """The text with variables of ARG and ENV filled in."""
        known = {**self.arguments, **self.environment}
        return _VARIABLE.sub(lambda found: known.get(found[1] or found[2], ""), text)


def instructions(text: str) -> list[tuple[str, str]]:
    """Each instruction with its argument; lines that go on are joined, comments left out."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    whole = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [
        (name.upper(), rest.strip()) for name, _, rest in (line.partition(" ") for line in whole.splitlines() if line)
    ]


class Build:
    """Runs instructions, one after the other."""

    def __init__(
        self, roots: Path, base: Path, context: Path, given: dict[str, str], passed_on: dict[str, str]
    ) -> None:
        self.roots, self.base, self.context, self.given, self.passed_on = roots, base, context, given, passed_on
        self.stages: dict[str, Stage] = {}
        self.stage: Stage | None = None

    def do(self, name: str, rest: str) -> None:
        """One instruction."""
        print(f"# {name} {rest}", file=sys.stderr, flush=True)
        if name == "FROM":
            self._begin(rest)
            return
        stage = self.stage
        if stage is None:  # an ARG before the first FROM names the base, which is given
            if name != "ARG":
                raise SystemExit(f"{name} before the first FROM")
            return
        known = {"ARG": self._argument, "ENV": self._environment, "COPY": self._copy, "WORKDIR": self._folder}
        if name in known:
            known[name](stage, rest)
        elif name == "USER":
            stage.user = rest
        elif name == "RUN":
            stage.run(rest, self.passed_on)
        elif name in {"ENTRYPOINT", "CMD"}:
            setattr(stage, "command" if name == "CMD" else "entrypoint", json.loads(rest))
        elif name not in {"LABEL", "VOLUME"}:
            raise SystemExit(f"{name}: unknown here; teach tools/run_dockerfile.py")

    def _argument(self, stage: Stage, rest: str) -> None:
        key, _, default = rest.partition("=")
        stage.arguments[key] = self.given.get(key, default)

    @staticmethod
    def _environment(stage: Stage, rest: str) -> None:
        pairs = (pair.partition("=") for pair in shlex.split(rest))
        stage.environment |= {key: stage.expanded(value) for key, _, value in pairs}

    @staticmethod
    def _folder(stage: Stage, rest: str) -> None:
        stage.folder = rest
        stage.inside(".").mkdir(parents=True, exist_ok=True)

    def _begin(self, rest: str) -> None:
        found = re.fullmatch(r"\S+(?:\s+AS\s+(\S+))?", rest)
        if found is None:
            raise SystemExit(f"FROM {rest}: unknown form")
        name = found[1] or str(len(self.stages))
        root = self.roots / name
        subprocess.run(["cp", "-a", "--reflink=auto", str(self.base), str(root)], check=True)
        self.stage = self.stages[name] = Stage(root)

    def _copy(self, stage: Stage, rest: str) -> None:
        words = shlex.split(rest)
        flags = dict(word[2:].split("=", 1) for word in words if word.startswith("--"))
        *sources, target = (word for word in words if not word.startswith("--"))
        source_stage = self.stages[flags["from"]] if "from" in flags else None
        place = stage.inside(target)
        for source in sources:
            path = self.context / source if source_stage is None else source_stage.inside(source)
            goal = place / path.name if path.is_file() or target.endswith("/") else place
            if path.is_dir():
                shutil.copytree(path, goal, symlinks=True, dirs_exist_ok=True)
            else:
                goal.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, goal)
            if "chown" in flags:
                inner = "/" + str(goal.relative_to(stage.root))
                subprocess.run(["chroot", str(stage.root), "chown", "-R", flags["chown"], inner], check=True)


def main() -> None:
    """Build, and say how to start what was built."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("roots", type=Path, help="an empty folder for the stages")
    parser.add_argument("base", type=Path, help="the base image's files")
    parser.add_argument("--file", type=Path, default=Path("Dockerfile"))
    parser.add_argument("--build-arg", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument(
        "--pass", dest="passed", action="append", default=[], metavar="NAME", help="of this environment"
    )
    given = parser.parse_args()
    passed_on = {name: os.environ[name] for name in given.passed if name in os.environ}
    arguments = dict(pair.split("=", 1) for pair in given.build_arg)
    build = Build(given.roots, given.base, given.file.parent, arguments, passed_on)
    for name, rest in instructions(given.file.read_text(encoding="utf-8")):
        build.do(name, rest)
    if build.stage is None:
        raise SystemExit("the Dockerfile has no FROM")
    last = build.stage
    started = {"root": str(last.root), "user": last.user, "folder": last.folder, "environment": last.environment}
    print(json.dumps({**started, "entrypoint": last.entrypoint, "command": last.command}))


if __name__ == "__main__":
    main()
