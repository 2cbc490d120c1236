"""How fast, sharp and exact clipy renders: ``python benchmark/render.py --json``, from an installed source tree.

Ratios are taken in one run, in turns with bare FFmpeg doing decode, static crop, scale and the same encoder settings
(the binary of imageio-ffmpeg, from the extra ``bench``; a filter graph in PyAV where that is missing). Medians of
``--rounds``. The default takes a few minutes on two cores; ``--full`` about half an hour: it renders longer clips, one
of ten minutes among them, and transcribes.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "src")]

from clipy.config import load  # noqa: E402
from clipy.pipeline.pipeline import Pipeline  # noqa: E402
from clipy.pipeline.run import context  # noqa: E402
from measuring import reported  # noqa: E402
from rendering import speed  # noqa: E402
from rendering.clips import enlarged, looped  # noqa: E402
from rendering.costs import costs  # noqa: E402
from rendering.sharpness import sharpness  # noqa: E402
from rendering.sync import sync, worst  # noqa: E402
from rendering.timing import caption_times  # noqa: E402

PARTS = ("sharpness", "sync", "captions", "pizzazz", "speed", "4k", "memory", "parallel")
LIMITS = {"wall_ratio": 1.10, "peak_mb": 600, "peak_mb_long": 600, "sync_frames_worst": 1.0, "caption_error_ms": 40}


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    source = options.media / "composed" / "podcast_dev.mp4" if options.media else None
    return reported(lambda work: measured(options, source or _own_source(work), work), _show, as_json=options.json)


def measured(options: argparse.Namespace, source: Path, work: Path) -> dict[str, Any]:
    """Every part that was asked for, and the few numbers that sum it up."""
    full, rounds, only = options.full, options.rounds, options.only
    found: dict[str, Any] = {
        "bare": "imageio-ffmpeg" if speed.ffmpeg_program() else "PyAV filter graph",
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "source": source.name,
        "rounds": rounds,
    }
    with context(Pipeline.from_config(load())) as ctx:
        if "sharpness" in only:
            sharp = options.media / "video" / "crowd_walking_1080p.mp4" if options.media else source
            found["sharpness"] = _told("sharpness", sharpness(sharp, work))
            found["ssim"] = min(part["ssim"] for part in found["sharpness"].values())
        if "sync" in only:
            found["sync"] = _told("sync", sync(work, 121 if full else 21, ctx))
            found["sync_frames_worst"] = worst(found["sync"])
        if "captions" in only:
            found["captions"] = _told("captions", caption_times(work, ctx, transcribe=full))
            found["caption_error_ms"] = found["captions"]["drawn"]["median_ms"]
        if "pizzazz" in only:
            found["pizzazz"] = _told("pizzazz", costs(source, 4, rounds, work, ctx))
    if "speed" in only:
        found["1080p"] = _told("1080p", speed.against_bare(source, 20 if full else 6, rounds, ["captions"]))
        found.update({name: found["1080p"][name] for name in ("wall_ratio", "cpu_ratio", "peak_mb")})
    if "4k" in only:
        large = enlarged(source, work / "4k.mp4", 10 if full else 3)
        found["4k"] = _told("4k", speed.against_bare(large, 9 if full else 2.5, rounds, ["captions"]))
    if "memory" in only:
        long = looped(source, work / "long.mp4", 610) if full else source
        found["memory"] = {
            "short": speed.memory(source, 30 if full else 6),
            "long": speed.memory(long, 600 if full else 30),
            "best": speed.memory(source, 10 if full else 4, "best"),
            "seconds": [30, 600] if full else [6, 30],
        }
        found["peak_mb_long"] = _told("memory", found["memory"])["long"]
    if "parallel" in only:
        turns = min(rounds, 2) if full else 1
        found["parallel"] = _told("parallel", speed.parallel_map(source, 6 if full else 2, turns))
    return found


def _own_source(folder: Path) -> Path:
    """Without real media: a moving pattern at 1080p. Its noise-free pictures are easier than a camera's."""
    from fixtures.media import make_video

    print("no --media: a generated pattern stands in for a recording", file=sys.stderr)
    return make_video(folder / "pattern.mp4", seconds=32, size=(1920, 1080))


def _told(name: str, found: dict[str, Any]) -> dict[str, Any]:
    print(f"{name}: {json.dumps(found)}", file=sys.stderr)
    return found


def _show(found: dict[str, Any]) -> None:
    for name, limit in LIMITS.items():
        if name in found:
            print(f"{name:20} {found[name]:>8}   at most {limit}")
    for name in ("cpu_ratio", "ssim"):
        if name in found:
            print(f"{name:20} {found[name]:>8}")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    media = os.environ.get("CLIPY_TEST_MEDIA")
    parser.add_argument("--media", type=Path, default=Path(media) if media else None, help="folder of recordings")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--full", action="store_true", help="longer clips (30 s against 10 min), and transcription")
    parser.add_argument("--rounds", type=int, default=5, help="how often to measure; medians are told")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="some parts only")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
