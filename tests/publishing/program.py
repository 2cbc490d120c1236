"""``clipy`` as a program of its own: what it says, what it leaves, and what others can see of it while it runs."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fixtures.publishing.server import LocalServer

_MAIN = "from clipy.cli import main; main()"


@dataclass(frozen=True)
class Ended:
    code: int
    said: str  # standard output and standard error
    lines: str  # of ps, while it ran


def clipy(folder: Path, arguments: Sequence[str], environment: Mapping[str, str], server: LocalServer) -> Ended:
    """Run clipy in ``folder``; ``server`` may kill it."""
    place = {"CLIPY_STORE": str(folder / "cache" / "store"), "CLIPY_TOKENS": str(folder / "tokens.json")}
    process = subprocess.Popen(
        [sys.executable, "-c", _MAIN, *arguments],
        cwd=folder,
        env={**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config"), **place, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    server.victim = process
    seen: set[str] = set()
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(seen, over))
    watcher.start()
    said, _ = process.communicate(timeout=60)
    over.set()
    watcher.join()
    server.quiet()
    return Ended(process.returncode, said, "\n".join(sorted(seen)))


def _watch(seen: set[str], over: threading.Event) -> None:
    """Everybody's command lines, as ps shows them (where there is a /proc)."""
    while not over.wait(0.1):
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                seen.add(path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
            except OSError:  # it has ended meanwhile
                continue
