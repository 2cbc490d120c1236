"""The most memory that a whole run holds, on inputs of different lengths: it must not grow with them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from clipy.analysis.perception import transcript_of
from clipy.analysis.subtitles import writer as subtitles
from clipy.config import load
from clipy.context import Context
from clipy.errors import NothingToDeliver
from clipy.media.probe import probe
from clipy.pipeline.pipeline import Pipeline
from clipy.pipeline.run import context
from clipy.types import Word
from rendering.clips import enlarged, looped, turn
from rendering.memory import watched

HERE = Path(__file__).resolve().parents[1]
RUN = [sys.executable, "-c", "from clipy.cli import main; main()", "run"]
_CLIPS = ("highlight.count=2", "highlight.min_duration=10", "highlight.max_duration=20", "render.quality=draft")


def curve(source: Path, work: Path, minutes: Sequence[int], large: Sequence[int]) -> dict[str, Any]:
    """Peak MB of ``clipy run`` on the source repeated to so many minutes, as it is and (``large``) at 4K.

    A subtitle file stands beside each, so that two hours need not be heard and aligned (``listening`` measures that);
    everything else is the default.
    """
    found: dict[str, Any] = {"source": source.name}
    with context(Pipeline.from_config(load())) as ctx:
        words = _words(source, ctx)
    for length in minutes:
        found[f"peak_mb_{length}min"] = _run(_long(source, words, work / f"{length}.mp4", length), work)
    if large:
        beginning = enlarged(source, work / "beginning_4k.mp4", 20)
        for length in large:
            video = _long(beginning, words, work / f"4k_{length}.mp4", length)
            found[f"peak_mb_4k_{length}min"] = _run(video, work)
    return found


def listening(source: Path, work: Path, minutes: Sequence[int]) -> dict[str, Any]:
    """Peak MB of transcribing and aligning the source repeated to so many minutes, with the default backends."""
    found = {}
    for length in minutes:
        video = looped(source, work / f"heard_{length}.mp4", 60 * length)
        command = [*RUN[:-1], "transcribe", str(video), "-o", str(work / f"heard_{length}.json")]
        found[f"peak_mb_transcribe_{length}min"] = _peak(command, work)
        video.unlink()
    return found


def _words(source: Path, ctx: Context) -> tuple[Word, ...]:
    return transcript_of(probe(source), ctx).words


def _long(shown: Path, words: Sequence[Word], path: Path, minutes: int) -> Path:
    """``shown`` repeated, with subtitles of what is said in it."""
    video = looped(shown, path, 60 * minutes)
    inside, step = [word for word in words if word.end < probe(shown).duration], turn(shown)
    said = [
        Word(word.text, word.start + number * step, word.end + number * step)
        for number in range(int(60 * minutes / step))
        for word in inside
    ]
    path.with_suffix(".srt").write_text(subtitles.srt(said), encoding="utf-8")
    return video


def _run(video: Path, work: Path) -> float:
    given = ("transcribe.backend=subtitles", "align.backend=none", *_CLIPS)
    settings = [part for text in given for part in ("--set", text)]
    with tempfile.TemporaryDirectory(dir=work) as out:
        peak = _peak([*RUN, str(video), "-o", f"{out}/clips", "--json", *settings], work)
    video.unlink()
    return peak


def _peak(command: Sequence[str], work: Path) -> float:
    with tempfile.TemporaryDirectory(dir=work) as store, (work / "told.txt").open("w+b") as told:
        process = subprocess.Popen(command, env={**os.environ, "CLIPY_STORE": store}, stdout=told, stderr=told)
        peak = watched(process)
        if process.returncode not in (0, NothingToDeliver.exit_code):  # every stage but the upload has run then, too
            told.seek(0)
            raise RuntimeError(f"{json.dumps(list(command))}: {told.read().decode(errors='replace')[-2000:]}")
    none = ", no clip passed" if process.returncode else ""
    print(f"{peak:.0f} MB: {Path(command[4]).name}{none}", file=sys.stderr)
    return round(peak, 1)
