"""Who speaks when, against truth: the diarization error rate. And who says which word, with and without faces.

    python benchmark/speakers.py [--json] [--faces lip-sync lr-asd]        with CLIPY_TEST_MEDIA set

The usual measure (NIST, Rich Transcription): missed speech, false alarms and speech given to somebody else, as a share
of all speech, overlaps included, with nothing left out ("collar 0") and without 250 ms around each true border. The
composed files' truth says who is filmed while he talks, pauses between words included: most of what is missed there is
silence.

``words``: the share of words whose speaker is right, for the best pairing of names to people over the whole video, of
those during which one person alone speaks. ``voices``: told by sound alone; ``joined``: with the faces on screen, as in
a run, for each detector of speakers that is asked for.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import wave
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from clipy import registry  # noqa: E402
from clipy.analysis.base import Diarizer  # noqa: E402
from clipy.analysis.people.speaker_attribution import SpeakerAttribution  # noqa: E402
from clipy.config import load  # noqa: E402
from clipy.context import Context  # noqa: E402
from clipy.errors import ClipyError  # noqa: E402
from clipy.media.probe import probe  # noqa: E402
from clipy.pipeline.pipeline import Pipeline  # noqa: E402
from clipy.pipeline.run import context  # noqa: E402
from clipy.storage.store import Store  # noqa: E402
from clipy.types import Highlight, Span, Turn, Word, seconds  # noqa: E402
from fixtures.media import make_video  # noqa: E402

_STEP = Fraction(1, 100)


def error_rate(truth: Sequence[Turn], found: Sequence[Turn], length: float, collar: float = 0.0) -> dict[str, float]:
    """Missed, false and confused speech and their sum, as shares of the true speech, for the best pairing of names."""
    count = round(length / _STEP)
    real, heard = _grid(truth, count), _grid(found, count)
    counted = np.ones(count, dtype=bool)
    for border in {edge for turn in truth for edge in (turn.span.start, turn.span.end)} if collar else ():
        counted[max(0, int((border - seconds(collar)) / _STEP)) : int((border + seconds(collar)) / _STEP)] = False
    real, heard = real[counted], heard[counted]
    said, claimed = real.sum(axis=1), heard.sum(axis=1)
    right = _best_pairs(real.T.astype(np.int64) @ heard.astype(np.int64))
    total = max(1, int(said.sum()))
    parts = {
        "missed": float(np.maximum(said - claimed, 0).sum() / total),
        "false": float(np.maximum(claimed - said, 0).sum() / total),
        "confused": float((np.minimum(said, claimed).sum() - right) / total),
    }
    return {"der": sum(parts.values()), **parts}


def _grid(turns: Sequence[Turn], count: int) -> NDArray[np.bool_]:
    names = sorted({turn.speaker for turn in turns})
    grid = np.zeros((count, len(names)), dtype=bool)
    for turn in turns:
        grid[round(turn.span.start / _STEP) : round(turn.span.end / _STEP), names.index(turn.speaker)] = True
    return grid


def _best_pairs(shared: NDArray[np.int64]) -> int:
    """The most that can be shared when each is paired with one other at most; exact, for up to some 15 people."""
    if shared.shape[0] > shared.shape[1]:
        shared = shared.T

    @cache
    def most(row: int, taken: int) -> int:
        if row == len(shared):
            return 0
        free = [column for column in range(shared.shape[1]) if not taken >> column & 1]
        best = max((int(shared[row, column]) + most(row + 1, taken | 1 << column) for column in free), default=0)
        return max(best, most(row + 1, taken))

    return most(0, 0)


def measure(media: Path) -> dict[str, Any]:
    """The error on every file with truth, and seconds of work for a second of sound."""
    diarizer = registry.create("diarize", "voice-turns", {})
    assert isinstance(diarizer, Diarizer)
    found: dict[str, Any] = {}
    spent = length = 0.0
    with tempfile.TemporaryDirectory() as temporary, threadpool_limits(1, "blas"):  # as in a run
        folder = Path(temporary)
        for name, path, truth in _cases(media, folder):
            video = probe(path)
            began = time.process_time()
            turns = diarizer.diarize(video, (video.span,), Context(Store(folder / "store"), folder))
            spent, length = spent + time.process_time() - began, length + float(video.duration)
            found[name] = {
                "speakers": [len({turn.speaker for turn in some}) for some in (truth, turns)],
                "collar 0": error_rate(truth, turns, float(video.duration)),
                "collar 250 ms": error_rate(truth, turns, float(video.duration), 0.25),
            }
    return {"diarize_realtime": round(spent / length, 3), "files": found}


def measure_words(media: Path, detector: str) -> dict[str, Any]:
    """The share of words with the right speaker, by voices alone and joined with faces. Raises ClipyError."""
    pipeline = Pipeline.from_config(load(sets=[f"speakers.backend={detector}", "reframe.backend=speaker"]))
    found: dict[str, Any] = {}
    with context(pipeline) as ctx:
        for name, path, truth in _filmed(media):
            video = probe(path)
            whole = [Highlight(video.span)]
            voices = SpeakerAttribution.from_audio(video, whole, ctx)
            # The reframer's own steps come first in a run; only what the joining adds to them is timed.
            pipeline.reframer.followed(video, whole[0], ctx)
            began = time.process_time()
            joined = pipeline.add_faces(video, voices, whole, ctx)
            people = [len({turn.speaker for turn in truth}), len(voices.speakers) or 1, len(joined.speakers) or 1]
            found[name] = {
                "words": len(_sure(voices.within(video.span), truth)),
                "voices": right_words(voices.within(video.span), truth),
                "joined": right_words(joined.within(video.span), truth),
                "people": people,  # in truth, by voices, joined
                "cpu_s_a_minute": round((time.process_time() - began) / float(video.duration) * 60, 2),
            }
    return found


def right_words(words: Sequence[Word], truth: Sequence[Turn]) -> float:
    """The share of the words that are surely somebody's whose speaker is right, for the best pairing of names."""
    sure = _sure(words, truth)
    people, names = sorted({person for _, person in sure}), sorted({word.speaker or "" for word, _ in sure})
    counts = np.zeros((len(people), len(names)), dtype=np.int64)
    for word, person in sure:
        counts[people.index(person), names.index(word.speaker or "")] += 1
    return round(_best_pairs(counts) / max(1, len(sure)), 3)


def _sure(words: Sequence[Word], truth: Sequence[Turn]) -> list[tuple[Word, str]]:
    """The words in whose middle one person alone speaks, and who that is."""
    speaking = [{turn.speaker for turn in truth if (word.start + word.end) / 2 in turn.span} for word in words]
    return [(word, people.pop()) for word, people in zip(words, speaking, strict=True) if len(people) == 1]


def _cases(media: Path, folder: Path) -> list[tuple[str, Path, list[Turn]]]:
    rows = [line.split() for line in (media / "audio" / "pyannote_sample.rttm").read_text().splitlines()]
    truth = [_turn(float(row[3]), float(row[3]) + float(row[4]), row[7]) for row in rows if row[0] == "SPEAKER"]
    return [
        ("telephone", _as_video(media / "audio" / "pyannote_sample_2speakers.wav", folder), truth),
        *_composed(media),
    ]


def _composed(media: Path) -> Iterator[tuple[str, Path, list[Turn]]]:
    for name in ("podcast_dev", "crosstalk_dev"):
        shots = json.loads((media / "composed" / f"{name}.json").read_text())["shots"]
        turns = [_turn(shot["start"], shot["end"], shot["speaker"]) for shot in shots if shot.get("speaker")]
        yield name, media / "composed" / f"{name}.mp4", turns


def _filmed(media: Path) -> Iterator[tuple[str, Path, list[Turn]]]:
    """Files with people on screen: the composed ones, and real ones in which several speak."""
    yield from _composed(media)
    for name in ("debate_wide_1080p", "interview_split_2faces", "googlework_short"):
        people = json.loads((media / "truth" / f"{name}.json").read_text())["people"]
        turns = [_turn(start, end, person["id"]) for person in people for start, end in person["speaking"]]
        yield name, media / "video" / f"{name}.mp4", turns


def _turn(start: float, end: float, speaker: str) -> Turn:
    return Turn(Span(seconds(start), seconds(end)), speaker)


def _as_video(path: Path, folder: Path) -> Path:
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
        at = np.arange(len(samples)) / file.getframerate()

    def play(times: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.interp(times, at, samples, left=0.0, right=0.0)

    return make_video(folder / f"{path.stem}.mp4", seconds=float(at[-1]), size=(64, 64), play=play)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--faces", nargs="*", default=["lip-sync"], help="detectors of speakers; lip-sync unless given")
    given = parser.parse_args()
    media = os.environ.get("CLIPY_TEST_MEDIA")
    if not media:
        sys.exit("Set CLIPY_TEST_MEDIA to the folder of the recordings with truth")
    found = measure(Path(media))
    found["words"] = {}
    for detector in given.faces:
        try:
            found["words"][detector] = measure_words(Path(media), detector)
        except ClipyError as error:
            found["words"][detector] = None
            sys.stderr.write(f"{detector}: {error}\n")
    if given.json:
        print(json.dumps(found))
        return
    for name, row in found["files"].items():
        true, heard = row["speakers"]
        for collar in ("collar 0", "collar 250 ms"):
            parts = ", ".join(f"{part} {100 * share:.1f} %" for part, share in row[collar].items())
            print(f"{name:14} {heard} of {true} speakers, {collar:13} {parts}")
    print(f"{found['diarize_realtime']} CPU s for a second of sound")
    for detector, rows in found["words"].items():
        for name, row in (rows or {}).items():
            shares = f"{100 * row['voices']:5.1f} % by voices, {100 * row['joined']:5.1f} % joined"
            true, heard, named = row["people"]
            shares += f", {heard} and {named} of {true} people"
            cost = f"{row['cpu_s_a_minute']} CPU s more for a minute"
            print(f"{detector:10} {name:22} {row['words']:4} words, {shares}, {cost}")


if __name__ == "__main__":
    main()
