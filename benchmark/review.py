"""How well the reviewers tell bad clips from good ones: ``python benchmark/review.py --json``, from a source tree.

Good clips are made by clipy itself, from recordings of people in ``--media`` (or ``CLIPY_TEST_MEDIA``), its folders
``video`` and ``composed``, and from synthesised speech; without recordings the kinds that need a face are not tried.
From some of them, clips with one defect each are made. A defect is caught when the right check says so as an error, and
had not said so of the clip that it was made from; a good clip with any error is a false alarm. ``--good`` names
further files that are known to be good. ``--in-run`` reviews as a run does, which knows what was said in the source.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "src")]

from clipy import registry  # noqa: E402
from clipy.config import load  # noqa: E402
from clipy.context import Context  # noqa: E402
from clipy.pipeline.pipeline import Pipeline  # noqa: E402
from clipy.pipeline.quality_control import QualityControl, clip_of  # noqa: E402
from clipy.pipeline.run import context  # noqa: E402
from clipy.stages.base import Reviewer  # noqa: E402
from clipy.types import Clip, Finding  # noqa: E402
from measuring import reported  # noqa: E402
from reviewing.defects import KINDS, spoilt  # noqa: E402
from reviewing.good import Good, from_recordings, synthesised  # noqa: E402

_OURS = ("technical", "sound", "framing", "captions", "content", "sync")


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    return reported(lambda work: measured(options, work), _show, as_json=options.json)


def measured(options: argparse.Namespace, work: Path) -> dict[str, Any]:
    """Review good clips and spoilt ones."""
    names = [name for name in _OURS if name in registry.names("review")]
    reviewers = [registry.create("review", name, {}) for name in names]
    assert all(isinstance(reviewer, Reviewer) for reviewer in reviewers)
    alarms: dict[str, list[str]] = {}
    caught: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    instead: dict[str, list[str]] = {}
    with context(Pipeline.from_config(load())) as bare:
        ctx = replace(bare, transcribed=options.in_run)
        good = [synthesised(work, ctx)]
        if options.media:
            good += list(from_recordings(options.media, options.clips, work, ctx))
        clips = [item.clip for item in good] + [clip_of(path) for path in options.good]
        began, spent = time.perf_counter(), _cpu()
        sources = {item.clip.path: item.video for item in good}
        for clip in clips:
            errors = _errors(reviewers, clip, replace(ctx, video=sources.get(clip.path)))
            _told(f"good {clip.path.name}: {', '.join(errors) or 'nothing'}")
            if errors:
                alarms[clip.path.name] = [f"{name}: {finding.message}" for name, finding in errors.items()]
        spent, wall = _cpu() - spent, time.perf_counter() - began
        seconds = sum(float(clip.duration) for clip in clips)
        for name, item in _trials(good, options.bases, options.only):
            path = work / f"{name}-{tried[name]}.mp4"
            before = (item.clip,) if name == "duplicate" else ()
            tellers = [reviewer for reviewer in reviewers if _may_tell(name, reviewer.name)]
            own = replace(ctx, video=item.video)
            errors = _errors(tellers, spoilt(item, name, path, ctx), own, before)
            known = {error.partition(": ")[0] for error in alarms.get(item.clip.path.name, ())}
            right = any(_says(name, error) and error not in known for error in errors)
            tried[name] += 1
            caught[name] += right
            if not right:
                instead.setdefault(name, []).append(f"{item.clip.path.name}: {', '.join(errors) or 'nothing'}")
            _told(
                f"{name} ({item.clip.path.name}): {'caught' if right else 'MISSED'} by {', '.join(errors) or 'nothing'}"
            )
            path.unlink()
    return {
        "reviewers": names,
        "caught": round(sum(caught.values()) / max(1, sum(tried.values())), 4),
        "false_alarms": round(len(alarms) / len(clips), 4),
        "kinds": {name: f"{caught[name]}/{tried[name]}" for name in KINDS},
        "good_clips": len(clips),
        "alarms": alarms,
        "missed": instead,
        "seconds_per_clip": round(30 * wall / seconds, 2),
        "cpu_seconds_per_clip": round(30 * spent / seconds, 2),
    }


def _trials(good: Sequence[Good], bases: int, only: Sequence[str]) -> list[tuple[str, Good]]:
    faces, words = [item for item in good if item.face], [item for item in good if item.spoken]
    pools = {"": [*words, *faces], "face": faces, "words": words, "voice": [*words, *faces]}
    kinds = [name for name in KINDS if not only or name in only]
    return [(name, item) for name in kinds for item in pools[KINDS[name].needs][:bases]]


def _errors(reviewers: Sequence[Any], clip: Clip, ctx: Context, before: tuple[Clip, ...] = ()) -> dict[str, Finding]:
    """Every error, by reviewer and check; also beside clips that were made ``before``."""
    return {
        f"{review.reviewer}.{finding.check}": finding
        for review in QualityControl(ctx.analysers, tuple(reviewers)).judge(clip, ctx, before).reviews or ()
        for finding in review.findings
        if finding.severity == "error"
    }


def _says(kind: str, error: str) -> bool:
    return any(error == told or error.partition(".")[0] == told for told in KINDS[kind].told_by)


def _may_tell(kind: str, reviewer: str) -> bool:
    return any(told.partition(".")[0] == reviewer for told in KINDS[kind].told_by)


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _told(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _show(found: dict[str, Any]) -> None:
    for name, score in found["kinds"].items():
        print(f"{name:24} {score}")
    for name in ("caught", "good_clips", "false_alarms", "seconds_per_clip", "cpu_seconds_per_clip"):
        print(f"{name:24} {found[name]}")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    named = os.environ.get("CLIPY_TEST_MEDIA")
    parser.add_argument("--media", type=Path, default=Path(named) if named else None, help="folder of recordings")
    parser.add_argument("--good", type=Path, nargs="*", default=[], help="further clips that are good")
    parser.add_argument("--clips", type=int, default=30, help="good clips to make of recordings, at most")
    parser.add_argument("--bases", type=int, default=2, help="good clips that each defect is made from")
    parser.add_argument("--only", nargs="*", default=[], choices=list(KINDS), help="defects to try")
    parser.add_argument("--in-run", action="store_true", help="trust the words of the edits, as inside a run")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
