"""What clipy survives: ``python benchmark/trust.py --json``, from an installed source tree with the extra ``bench``.

Runs killed at random instants, awkward and hostile media, changed texts for every parser, the most memory that a run
holds on short and on long videos, and what the store costs. ``--only kills`` runs one part. The whole takes hours on
two cores, most of it for two hours of video; ``--quick`` tries less of everything.
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
from trusting import files, kills, memory, storing  # noqa: E402

PARTS = ("store", "hostile", "fuzz", "media", "kills", "memory", "4k", "listening")


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    return reported(lambda work: measured(options, work), _show, as_json=options.json)


def measured(options: argparse.Namespace, work: Path) -> dict[str, Any]:
    """Every part that was asked for."""
    found: dict[str, Any] = {}
    quick, only = options.quick, options.only
    if "store" in only:
        found |= storing.figures(work)
    if "hostile" in only:
        found |= files.hostile(work)
    if "fuzz" in only:
        found |= files.fuzzed(work, 100 if quick else 5000)
    if "media" in only:
        found |= files.awkward(work)
    if "kills" in only:
        found |= kills.kills(work, options.kills or (10 if quick else 100), options.seed)
    lengths = [1, 5] if quick else [10, 120]
    if "memory" in only:
        found |= memory.curve(_source(options, work), work, lengths, [])
        if not quick:
            found["peak_mb_2h"] = found["peak_mb_120min"]
    if "4k" in only:
        found |= memory.curve(_source(options, work), work, [], [1] if quick else [10, 20])
    if "listening" in only:
        found |= memory.listening(_source(options, work), work, [1, 5] if quick else [10, 30])
    return found


def _show(found: dict[str, Any]) -> None:
    print("\n".join(f"{name:24} {value}" for name, value in found.items()))


def _source(options: argparse.Namespace, work: Path) -> Path:
    """A recording of people who talk, or speech over a moving pattern."""
    if options.media:
        source: Path = options.media / "composed" / "podcast_dev.mp4"
        return source
    return kills.source(work, size=(1920, 1080))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    media = os.environ.get("CLIPY_TEST_MEDIA")
    parser.add_argument("--media", type=Path, default=Path(media) if media else None, help="folder of recordings")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="less of everything")
    parser.add_argument("--kills", type=int, help="how many runs to kill")
    parser.add_argument("--seed", type=int, default=1, help="of the instants at which runs are killed")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="some parts only")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
