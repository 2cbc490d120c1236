"""What many videos cost on a cluster: ``python benchmark/scale.py --json``. Needs the extra ``ray``, and Linux.

A batch of short videos (``--videos``, 8) one at a time on one core by ``local``; the same by ``ray`` with one worker,
with two, and with two of which one dies. ``speedup`` is local's time to that of two workers, ``overhead`` what one
worker costs more than ``local`` in processor seconds, Ray's own processes included. Where a node dies every clip must
be there, and posted once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "src")]

from measuring import reported  # noqa: E402
from scaling.batches import batch, on_ray, videos  # noqa: E402

_SETS = (
    *("highlight=even", "highlight.count=1", "highlight.min_duration=4", "reframe=center", "pizzazz="),
    *("review=technical", "render.quality=good"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    return reported(lambda work: measured(options, work), _show, as_json=options.json)


def measured(options: argparse.Namespace, work: Path) -> dict[str, Any]:
    """The batches, and what follows from them."""
    folder = videos(work / "in", options.videos, options.seconds)
    sets = [*_SETS, f"highlight.duration={options.seconds * 0.8:g}", *options.set]
    load = os.getloadavg()[0]
    local = batch(folder, work / "local", [*sets, "executor.videos=1"], cores=1)
    one = on_ray(folder, work / "one", sets, 1)
    two = on_ray(folder, work / "two", sets, 2)
    killed = None if options.no_kill else on_ray(folder, work / "killed", sets, 2, kill_after=two.wall / 3)
    return {
        "videos": options.videos,
        "seconds": options.seconds,
        "load": round(load, 1),
        "speedup": round(local.wall / two.wall, 2),
        "overhead": round((one.driver + one.cluster) / local.driver - 1, 3),
        "local": local.record(),
        "one_worker": one.record(),
        "two_workers": two.record(),
        "one_of_two_killed": {} if killed is None else killed.record(),
    }


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--videos", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=20, help="length of each video")
    parser.add_argument("--set", action="append", default=[], metavar="STAGE.OPTION=VALUE")
    parser.add_argument("--no-kill", action="store_true", help="leave out the node that dies")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


def _show(found: dict[str, Any]) -> None:
    print(f"{found['videos']} videos of {found['seconds']:g} s; load of the machine before: {found['load']}")
    for name in ("local", "one_worker", "two_workers", "one_of_two_killed"):
        print(f"{name:<18} " + "  ".join(f"{key} {value}" for key, value in found[name].items()))
    print(f"speedup {found['speedup']}, overhead {found['overhead']:.1%}")


if __name__ == "__main__":
    sys.exit(main())
