"""Speed and memory: whole renders in processes of their own, against bare FFmpeg in turn with them."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from clipy.media.probe import probe
from rendering.memory import watched

HERE = Path(__file__).resolve().parents[1]
OccupiedRegion = dict[str, float]


def work(**task: Any) -> OccupiedRegion:
    """Run one job of ``work.py`` and return what it took."""
    places = os.pathsep.join([str(HERE), str(HERE.parent / "src"), str(HERE.parent)])
    command = [sys.executable, "-m", "rendering.work", json.dumps(task)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": places}, stdout=subprocess.PIPE, check=True)
    found: OccupiedRegion = json.loads(done.stdout)
    return found


def ffmpeg_program() -> str | None:
    """The binary that imageio-ffmpeg brings along."""
    try:
        from imageio_ffmpeg import get_ffmpeg_exe
    except ImportError:
        return None
    return str(get_ffmpeg_exe())


def bare(source: Path, seconds: float, quality: tuple[str, int] = ("veryfast", 18)) -> OccupiedRegion:
    """Decode, static crop, scale and the same encoder settings, by FFmpeg alone."""
    program = ffmpeg_program()
    if program is None:
        return work(job="bare", source=str(source), seconds=seconds)
    video = probe(source)
    width = round(video.height * 9 / 16)
    shape = f"crop={width}:{video.height}:{(video.width - width) // 2}:0,scale=1080:1920:flags=bicubic"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "clip.mp4"
        command = [program, "-v", "error", "-nostdin", "-i", str(source), "-t", str(seconds), "-vf", shape]
        command += ["-c:v", "libx264", "-preset", quality[0], "-crf", str(quality[1]), "-profile:v", "high"]
        command += ["-g", str(round(2 * video.frame_rate)), "-pix_fmt", "yuv420p", "-movflags", "+faststart"]
        command += ["-c:a", "aac", "-b:a", "160k", "-ar", "48000", "-ac", "2", str(out)]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.perf_counter()
        process = subprocess.Popen(command)
        peak = watched(process)
        took = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if process.returncode:
            raise RuntimeError(f"ffmpeg failed with {process.returncode}")
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return {"wall": took, "cpu": spent, "peak_mb": peak, "bytes": float(out.stat().st_size)}


def against_bare(source: Path, seconds: float, rounds: int, pizzazz: Sequence[str]) -> dict[str, Any]:
    """Ratios of a whole render to bare FFmpeg, taken in turns so that a busy machine is busy for both."""
    pairs = []
    for _ in range(rounds):
        reference = bare(source, seconds)
        ours = work(job="clips", source=str(source), seconds=seconds, count=1, pizzazz=list(pizzazz))
        pairs.append((ours, reference))
    ratios = {name: [ours[name] / other[name] for ours, other in pairs] for name in ("wall", "cpu", "bytes")}
    return {
        "wall_ratio": round(median(ratios["wall"]), 3),
        "wall_ratios": [round(ratio, 3) for ratio in ratios["wall"]],
        "cpu_ratio": round(median(ratios["cpu"]), 3),
        "cpu_ratios": [round(ratio, 3) for ratio in ratios["cpu"]],
        "bytes_ratio": round(median(ratios["bytes"]), 3),
        "times_real_time": round(seconds / median(ours["wall"] for ours, _ in pairs), 2),
        "peak_mb": round(max(ours["peak_mb"] for ours, _ in pairs)),
        "bare_peak_mb": round(max(other["peak_mb"] for _, other in pairs)),
    }


def memory(source: Path, seconds: float, quality: str = "good") -> int:
    """Peak MB of one render with captions."""
    task = {"source": str(source), "seconds": seconds, "count": 1, "pizzazz": ["captions"], "quality": quality}
    return round(work(job="clips", **task)["peak_mb"])


def parallel_map(source: Path, seconds: float, rounds: int, count: int = 10) -> dict[str, Any]:
    """``count`` clips two at a time against one after the other."""
    task = {"job": "clips", "source": str(source), "seconds": seconds, "count": count, "pizzazz": ["captions"]}
    pairs = [(work(at_once=2, **task), work(at_once=1, **task)) for _ in range(rounds)]
    return {
        "clips": count,
        "wall_ratio": round(median(two["wall"] / one["wall"] for two, one in pairs), 3),
        "cpu_ratio": round(median(two["cpu"] / one["cpu"] for two, one in pairs), 3),
        "peak_mb": round(max(two["peak_mb"] for two, _ in pairs)),
        "peak_mb_one": round(max(one["peak_mb"] for _, one in pairs)),
    }
