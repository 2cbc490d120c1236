"""How well moments are picked, and how fast: ``python benchmark/highlight.py [--json] [--full] [--media FOLDER]``.

Planted moments found (recall at k, k passages in each talk) by ``local``, ``even`` and chance, on texts that nobody
looked at while choosing weights; the share of clips with clean edges; seconds and memory for an hour; word times, and
what hearing costs; where ``CLIPY_TEST_MEDIA`` names a folder of recordings with truth, how well voices are told apart.
Some five minutes on two processors; with ``--full``, over more talks, ten.
"""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[1:1] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "src")]

from clipy import probe
from clipy.analysis.perception import transcript_of
from clipy.config import load
from clipy.context import Context
from clipy.pipeline.pipeline import Pipeline
from clipy.pipeline.run import context
from clipy.stages.base import Highlighter
from clipy.stages.highlight.even import Even
from clipy.stages.highlight.local import Local
from clipy.text.sentences import sentences
from clipy.types import Highlight, Span, Transcript, Video
from highlighting.edges import is_clean
from highlighting.known_words import hearing
from highlighting.planted import Part, Talk, talk, written

_PLANTED = 3  # passages in each talk, and picks
_MINUTES = 12.0
_TALKS, _FULL = 8, 20  # made by default, and with --full; half as many of the second kind
_DRAWS = 500  # of chance, for each talk
_FOUND = 0.5  # of a passage that a pick must hold


@dataclass
class Tally:
    """Sums over talks."""

    talks: int = 0
    local: float = 0
    even: float = 0
    chance: float = 0
    picks: int = 0
    clean: int = 0
    lengths: float = 0


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    logging.basicConfig(level=logging.ERROR)
    if arguments.only_hour:
        print(json.dumps(hour()))
        return
    talks = arguments.talks or (_FULL if arguments.full else _TALKS)
    seeds = range(arguments.seed, arguments.seed + talks)
    result = measure(arguments.part, seeds)
    result |= again(seeds[: max(1, len(seeds) // 2)]) if arguments.part == "report" else {}
    result |= in_new_process() if not arguments.no_hour else {}
    result |= word_errors() | speaker_errors() if not arguments.no_words else {}
    if arguments.media:
        result |= on_media(arguments.media)
    if arguments.json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name:24} {value}")


def measure(part: Part, seeds: Sequence[int]) -> dict[str, Any]:
    """Recall and edges over one talk for each seed."""
    tally = Tally()
    with context(Pipeline.from_config(load())) as ctx:
        for seed in seeds:
            with tempfile.TemporaryDirectory() as folder:
                _count(tally, seed, part, Path(folder), ctx)
    return {
        "boundary_share": round(tally.clean / tally.picks, 4),
        "recall_local": round(tally.local / tally.talks, 4),
        "recall_random": round(tally.chance / tally.talks, 4),
        "recall_even": round(tally.even / tally.talks, 4),
        "talks": tally.talks,
        "planted": tally.talks * _PLANTED,
        "mean_length": round(tally.lengths / tally.picks, 1),
        "texts": part,
    }


def again(seeds: Sequence[int]) -> dict[str, Any]:
    """Recall on texts of other kinds: talk of today, and prose written to be dull, which nothing was chosen by."""
    found = measure("second", seeds)
    return {f"{name}_second": found[name] for name in ("recall_local", "recall_random", "recall_even")}


def _count(tally: Tally, seed: int, part: Part, folder: Path, ctx: Context) -> None:
    made = talk(part, seed, _MINUTES, _PLANTED)
    video, heard = written(made, folder), hearing(made.transcript, ctx, folder)
    local = Local(Local.Options(count=_PLANTED)).highlight(video, heard)
    even = Even(Even.Options(count=_PLANTED)).highlight(video, heard)
    picked = [pick.span for pick in local[:_PLANTED]]
    tally.talks += 1
    tally.local += recall(picked, made)
    tally.even += recall([pick.span for pick in even], made)
    chance = random.Random(seed)
    tally.chance += sum(recall(_anywhere(picked, video, chance), made) for _ in range(_DRAWS)) / _DRAWS
    tally.picks += len(local)
    tally.clean += sum(is_clean(pick.span, made.words, made.sentence_ends, video.span) for pick in local)
    tally.lengths += float(sum(pick.span.duration for pick in local))


def recall(picks: Sequence[Span], made: Talk) -> float:
    """The share of planted passages of which one pick holds at least half."""
    found = [any(pick.overlap(passage) >= _FOUND * passage.duration for pick in picks) for passage in made.planted]
    return sum(found) / len(found)


def _anywhere(picks: Sequence[Span], video: Video, chance: random.Random) -> list[Span]:
    """Stretches as long as the picks, anywhere, without overlaps."""
    placed: list[Span] = []
    for pick in picks:
        while True:
            start = chance.random() * (video.duration - pick.duration)
            span = Span(type(pick.start)(start), type(pick.start)(start) + pick.duration)
            if not any(span.overlap(other) for other in placed):
                placed.append(span)
                break
    return placed


def hour() -> dict[str, Any]:
    """An hour's talk, from words to picks: seconds, and mebibytes of memory that picking adds at most."""
    with tempfile.TemporaryDirectory() as name, context(Pipeline.from_config(load())) as ctx:
        folder = Path(name)
        made = talk("all", 0, 56, 12)
        video, heard = written(made, folder), hearing(made.transcript, ctx, folder)
        words = len(made.words)
        _forget_peak()
        floor = _peak()
        before, busy = time.perf_counter(), time.process_time()
        Local(Local.Options(count=10)).highlight(video, heard)
        took = time.perf_counter() - before
        worked = time.process_time() - busy
        return {
            "hour_seconds": round(took, 2),
            "hour_cpu_seconds": round(worked, 2),
            "hour_words": words,
            "hour_added_mib": _peak() - floor,
        }


def _forget_peak() -> None:
    """Let the kernel measure this process's peak memory from now on (Linux)."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _peak() -> int:
    """Mebibytes of memory at most since then."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) // 1024


def in_new_process() -> dict[str, Any]:
    """The same in a process of its own, so that nothing is warm and the memory is its own."""
    done = subprocess.run([sys.executable, __file__, "--only-hour"], check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def word_errors() -> dict[str, Any]:
    """Errors of word times before and after alignment, and what hearing costs, as ``words.py`` beside this measures."""
    words = importlib.import_module("words")
    found: dict[str, Any] = words.measure((words.DEFAULT, words.PLAIN))
    return {name: value for name, value in found.items() if name.startswith(("word_error_ms", "transcribe", "align"))}


def speaker_errors() -> dict[str, Any]:
    """Diarization error rates on recordings with truth, if there are any, as ``speakers.py`` beside this measures."""
    media = os.environ.get("CLIPY_TEST_MEDIA")
    if not media:
        return {"der": None, "der_reason": "CLIPY_TEST_MEDIA names no folder of recordings with truth"}
    found: dict[str, Any] = importlib.import_module("speakers").measure(Path(media))
    rates = {name: round(row["collar 250 ms"]["der"], 4) for name, row in found["files"].items()}
    exact = {name: round(row["collar 0"]["der"], 4) for name, row in found["files"].items()}
    return {"der": rates, "der_collar_0": exact, "diarize_realtime": found["diarize_realtime"]}


def on_media(folder: Path) -> dict[str, Any]:
    """The share of clean edges on real recordings, by the words that the default transcriber hears."""
    clean = total = 0
    with context(Pipeline.from_config(load())) as ctx:
        for path in sorted(p for p in folder.rglob("*") if p.suffix in {".mp4", ".mov", ".webm", ".mkv"}):
            video = probe(path)
            said = transcript_of(video, ctx)
            if not said.words:
                continue
            ends = _ends_of(said)
            for pick in _picks(Local(Local.Options(count=2, min_duration=3, max_duration=30)), video, ctx):
                total += 1
                clean += is_clean(pick.span, said.words, ends, video.span)
    return {"media_boundary_share": round(clean / total, 4) if total else None, "media_clips": total}


def _picks(highlighter: Highlighter, video: Video, ctx: Context) -> list[Highlight]:
    from clipy.errors import NothingToDeliver

    try:
        return highlighter.highlight(video, ctx)
    except NothingToDeliver:
        return []


def _ends_of(said: Transcript) -> set[int]:
    ends, index = set(), -1
    for sentence in sentences(said):
        index += len(sentence.words)
        ends.add(index)
    return ends


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--full", action="store_true", help="measure over more talks")
    parser.add_argument("--talks", type=int, help="how many talks to make")
    parser.add_argument("--seed", type=int, default=0, help="the first talk's seed")
    parser.add_argument("--part", choices=("develop", "report", "second"), default="report", help="which texts")
    parser.add_argument("--media", type=Path, help="a folder of real recordings, for their edges")
    parser.add_argument("--no-hour", action="store_true", help="leave the hour out")
    parser.add_argument("--no-words", action="store_true", help="leave words and voices out")
    parser.add_argument("--only-hour", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
