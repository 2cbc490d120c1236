"""How long a whole run takes, and against what it cannot do without: ``python benchmark/pipeline.py --json``.

One ``clipy run`` and, in the same minutes, the bare parts on the same machine: faster-whisper with the same settings
over the video, one decode of the delivered spans, FFmpeg's decode, crop, scale and encode of them with the same x264
settings. ``ratio`` is the run's time to that of all parts (``cpu_ratio`` in processor seconds, which other work on the
machine does not blur), ``minutes_per_minute`` how many minutes of video a minute of work handles.

Without a video it composes one: 20 minutes (``--minutes``) of dialogue, 1920x1080, 25 pictures a second.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "src")]

from clipy.device import processors  # noqa: E402
from clipy.media.probe import probe  # noqa: E402
from flowing.bare import bare_parts  # noqa: E402
from flowing.dialogue import dialogue  # noqa: E402
from flowing.runs import run  # noqa: E402
from measuring import reported  # noqa: E402


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    return reported(lambda work: measured(options, work), _show, as_json=options.json)


def measured(options: argparse.Namespace, work: Path) -> dict[str, Any]:
    """The run, the bare parts, and what follows from them."""
    video = options.video or dialogue(work / "dialogue.mp4", options.minutes)
    length = float(probe(video).duration)
    settings = [f"highlight.count={options.clips}", *options.set]
    whole = run(video, work / "clips", work / "store", settings)
    parts = bare_parts(video, whole.spans, work)
    wall, cpu = sum(part.wall for part in parts.values()), sum(part.cpu for part in parts.values())
    delivered = sum(end - start for start, end in whole.spans)
    review = whole.stages().get("review", {}).get("cpu", 0.0)
    reviewed = delivered + sum(float(item["end"] - item["start"]) for item in whole.clips["rejected"])
    return {
        "video": video.name,
        "seconds": round(length, 1),
        "cores": processors(),
        "clips": len(whole.spans),
        "rejected": len(whole.clips["rejected"]),
        "delivered_seconds": round(delivered, 1),
        "ratio": round(whole.took.wall / wall, 3),
        "cpu_ratio": round(whole.took.cpu / cpu, 3),
        "minutes_per_minute": round(length / whole.took.wall, 3),
        "review_cpu_per_second": round(review / max(1e-9, reviewed), 3),
        "run": whole.took.record(),
        "bare": {name: part.record() for name, part in parts.items()},
        "stages": whole.stages(),
        "parts": whole.parts(),
    }


def _show(found: dict[str, Any]) -> None:
    for name, value in found.items():
        if not isinstance(value, dict):
            print(f"{name:22} {value}")
    for title in ("run", "bare", "stages", "parts"):
        print(f"\n{title}")
        rows = {title: found[title]} if title == "run" else found[title]
        for name, facts in rows.items():
            print(f"  {name:24}", "  ".join(f"{key} {value}" for key, value in facts.items()))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path, nargs="?", help="video to run on, instead of a composed one")
    parser.add_argument("--minutes", type=float, default=20, help="length of the composed video")
    parser.add_argument("--clips", type=int, default=5, help="clips to make")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="settings of the run")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
