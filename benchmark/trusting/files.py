"""Media and texts as people and attackers bring them: how many were tried, and what became of them."""

from __future__ import annotations

import logging
import sys
import tempfile
from pathlib import Path
from typing import Any

from clipy.config import load
from clipy.errors import MediaError
from clipy.media.probe import probe
from clipy.pipeline.pipeline import Pipeline
from clipy.pipeline.run import context
from fixtures.awkward import CASES, make
from fixtures.fuzzing import PARSERS, fuzz
from fixtures.hostile import Canary, bombs, reaching
from fixtures.judging import verdict


def awkward(work: Path) -> dict[str, Any]:
    """Make a clip of every awkward video."""
    found: dict[str, Any] = {"media_tried": 0, "media_right": 0, "media_clear_error": 0, "media_wrong": {}}
    with context(Pipeline.from_config(load())) as ctx:
        for case in CASES:
            with tempfile.TemporaryDirectory(dir=work) as place:
                result, why = verdict(case, make(case, Path(place)), Path(place), ctx)
            found["media_tried"] += 1
            found["media_right"] += result == "right"
            found["media_clear_error"] += result == "clear error"
            if result == "wrong":
                found["media_wrong"][case.name] = why
            print(f"{case.name}: {result} {why}", file=sys.stderr)
    return found


def hostile(work: Path) -> dict[str, Any]:
    """Open every hostile file; refused are those that end in one clear error, with nothing else touched."""
    found: dict[str, Any] = {"hostile_tried": 0, "hostile_refused": 0, "hostile_wrong": []}
    with tempfile.TemporaryDirectory(dir=work) as place, Canary(Path(place)) as canary:
        for path in [*reaching(Path(place), canary), *(path for path, _ in bombs(Path(place)))]:
            found["hostile_tried"] += 1
            if _refused(path) and not canary.was_touched():
                found["hostile_refused"] += 1
            else:
                found["hostile_wrong"].append(path.name)
    return found


def _refused(path: Path) -> bool:
    try:
        probe(path)
    except MediaError:
        return True
    return False


def fuzzed(work: Path, examples: int) -> dict[str, Any]:
    """Give every parser so many changed texts; one that breaks a parser ends the benchmark, and is shown."""
    logging.getLogger("clipy").setLevel(logging.ERROR)
    counts = {parser.name: fuzz(parser, work, examples) for parser in PARSERS}
    return {"fuzz_cases": sum(counts.values()), "fuzz_parsers": counts}
