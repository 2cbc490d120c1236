"""Quality against cost of the settings that matter: ``python benchmark/tune.py --media FOLDER --json``.

Each part is tried with several settings on short spans of recordings whose truth is known: the words of an audiobook,
the cuts of films, the faces of a composed talk, and the pictures that x264 encodes at one bit rate. Costs are processor
seconds for a second of video. On the front are settings that no other beats in both; the defaults should be.
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

from clipy.pipeline.run import context  # noqa: E402
from measuring import reported  # noqa: E402
from tuning import parts  # noqa: E402
from tuning.trials import Trial, with_front  # noqa: E402

PARTS = {"transcribe": parts.whisper, "shots": parts.shots, "faces": parts.faces, "x264": parts.x264}


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    if options.media is None:
        print("no recordings: name their folder with --media or CLIPY_TEST_MEDIA", file=sys.stderr)
        return 2
    return reported(lambda work: measured(options), _show, as_json=options.json)


def measured(options: argparse.Namespace) -> dict[str, Any]:
    """Every trial of the parts that were asked for."""
    found: dict[str, Any] = {"seconds": options.seconds, "trials": []}
    with context() as ctx:
        for name in options.only:
            trials: list[Trial] = []
            for trial in PARTS[name](options.media, options.seconds, ctx):
                print(trial.record(), file=sys.stderr, flush=True)
                trials.append(trial)
            found["trials"] += [trial.record() for trial in with_front(trials)]
    found["defaults_on_front"] = all(row["front"] for row in found["trials"] if row["default"])
    return found


def _show(found: dict[str, Any]) -> None:
    for row in found["trials"]:
        marks = ("default " if row["default"] else "") + ("front" if row["front"] else "")
        values = {name: value for name, value in row.items() if name not in ("part", "setting", "default", "front")}
        print(f"{row['part']:12}{row['setting']:32}", "  ".join(f"{k} {v}" for k, v in values.items()), marks)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    named = os.environ.get("CLIPY_TEST_MEDIA")
    parser.add_argument("--media", type=Path, default=Path(named) if named else None, help="folder of recordings")
    parser.add_argument("--seconds", type=float, default=60, help="how much of each recording is tried")
    parser.add_argument("--only", nargs="*", default=list(PARTS), choices=list(PARTS), help="parts to try")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
