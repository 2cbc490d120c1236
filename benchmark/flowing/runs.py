"""``clipy run`` in a process of its own, with what each stage took, how busy the cores were, and the parts it had."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clipy.device import processors
from rendering.memory import watched

SOURCE = Path(__file__).resolve().parents[2] / "src"


@dataclass(frozen=True)
class Measured:
    """Seconds of one process by the clock and of the processor, its peak MB, and the share of the cores left idle."""

    wall: float
    cpu: float
    peak_mb: float

    @property
    def idle(self) -> float:
        return max(0.0, 1 - self.cpu / max(1e-9, self.wall * processors()))

    def record(self) -> dict[str, float]:
        return {
            "wall": round(self.wall, 2),
            "cpu": round(self.cpu, 2),
            "peak_mb": round(self.peak_mb),
            "idle": round(self.idle, 3),
        }


@dataclass(frozen=True)
class Run:
    """One run: what it took, the document of its clips, its profile, and the steps it logged."""

    took: Measured
    clips: dict[str, Any]
    profile: dict[str, Any]
    steps: list[dict[str, Any]]

    @property
    def spans(self) -> list[tuple[float, float]]:
        """When each delivered clip lies in the source, in seconds."""
        return [(clip["start"], clip["end"]) for clip in self.clips["clips"]]

    def stages(self) -> dict[str, dict[str, float]]:
        """Seconds by the clock (of its steps, which overlap those of other stages), of the processor, and peak MB."""
        found = {}
        for stage, cost in self.profile["stages"].items():
            wall = self.clips["timings"].get(stage, cost["seconds"])
            found[stage] = {"wall": round(wall, 2), "cpu": cost["cpu_seconds"], "peak_mb": cost["peak_mb"]}
        return found

    def parts(self) -> dict[str, dict[str, float]]:
        """Seconds by the clock of each kind of step that was computed, and how often it was."""
        found: dict[str, dict[str, float]] = defaultdict(lambda: {"wall": 0.0, "times": 0})
        for step in self.steps:
            found[step["step"]]["wall"] = round(found[step["step"]]["wall"] + step["seconds"], 2)
            found[step["step"]]["times"] += 1
        return dict(sorted(found.items(), key=lambda item: -item[1]["wall"]))


def run(video: Path, folder: Path, store: Path, settings: Sequence[str] = ()) -> Run:
    """Run clipy on a video with a store of its own. Raises RuntimeError where it delivers nothing."""
    arguments = ["run", str(video), "-o", str(folder), "--profile", "--overwrite", "--log-json", "--verbose"]
    for setting in settings:
        arguments += ["--set", setting]
    log = folder.with_suffix(".log")
    took = timed(
        [sys.executable, "-c", "from clipy.cli import main; main()", *arguments], {"CLIPY_STORE": str(store)}, log
    )
    if not (folder / "clips.json").is_file():
        raise RuntimeError(f"the run failed: {log.read_text(encoding='utf-8')[-2000:]}")
    records = map(json.loads, filter(None, log.read_text(encoding="utf-8").splitlines()))
    facts = (record.get("data") or {} for record in records)
    steps = [fact for fact in facts if fact.get("event") == "step" and fact["made"]]
    return Run(took, _read(folder / "clips.json"), _read(folder / "debug" / "profile.json"), steps)


def timed(command: Sequence[str], environment: dict[str, str], log: Path) -> Measured:
    """What a command takes; its standard error goes to a file. Raises RuntimeError where it fails without a word."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    known = {**os.environ, "PYTHONPATH": str(SOURCE), **environment}
    with log.open("wb") as file:
        process = subprocess.Popen(command, env=known, stdout=subprocess.DEVNULL, stderr=file)
        peak = watched(process)
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Measured(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, peak)


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
