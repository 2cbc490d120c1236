"""How exact word times are, before and after alignment, and what hearing costs.

    python benchmark/words.py [--json] [--cost]

Synthesized speech of several voices, speeds and noise has exact word times. With ``CLIPY_TEST_MEDIA`` set, an audiobook
whose words another recognizer timed is measured too. Ways of transcribing are compared in a process each that does
nothing else: processor seconds for a second of sound, peak memory, and the share of words that are wrong or missing.
``cut_wer`` is the word error rate of the sound between word edges (``word_edges.py``), ``foreign_turns_right`` counts
short turns in another language (``foreign_turns.py``), and what ``benchmark/sources.py`` measures is counted as well.

``transcribe_cost_ratio`` is the processor time of a transcript (languages, alignment and diarization included) as a
multiple of what faster-whisper alone takes for the same sound with the same settings; ``--cost`` measures only this.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

T = TypeVar("T")
ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

import foreign_turns  # noqa: E402
import sources  # noqa: E402
import word_edges  # noqa: E402
from clipy import registry  # noqa: E402
from clipy.analysis.audio.speech import RATE, Window, probabilities  # noqa: E402
from clipy.analysis.base import Aligner, Diarizer, Transcriber  # noqa: E402
from clipy.analysis.perception import speech_without_words  # noqa: E402
from clipy.analysis.transcription.faster_whisper import FasterWhisper  # noqa: E402
from clipy.context import Context  # noqa: E402
from clipy.media.probe import probe  # noqa: E402
from clipy.media.read import sound_array  # noqa: E402
from clipy.storage.store import Store  # noqa: E402
from clipy.types import Transcript  # noqa: E402
from fixtures.media import make_video  # noqa: E402
from fixtures.speech import (  # noqa: E402
    SAID,
    played,
    speak,
)
from highlighting.planted import striking  # noqa: E402

HARBOUR = (
    "When the ship came into the harbour, the whole town ran down to the water. Nobody had expected it before spring. "
    "The captain, a tall woman with grey hair, stood on the deck and counted her crew. She told the mayor that the ice "
    "had moved faster than any chart could show, and that the northern passage was closed for good. Some people cried, "
    "some laughed, and a few simply walked away. By evening the inn was full of stories."
)
NAMES = (
    "The remotions of Plotinus are back on Tiktok. Nobody at Anthropic told Zelenskyy about skibidi toilets, and the "
    "Kubernetes crowd of Zarathoo wonders why Mbappe never answers. Ask Skrillex, or read what Murakamoto wrote."
)
CLEAN = ("us, 150 words a minute", "gb, 170", "us, woman, 200")
READINGS = {  # text, voice, words a minute, signal to noise in dB
    CLEAN[0]: (SAID, "en-us", 150, None),
    CLEAN[1]: (HARBOUR, "en-gb", 170, None),
    CLEAN[2]: (HARBOUR, "en-us+f2", 200, None),
    "us, 150, names": (NAMES, "en-us", 150, None),
    "us, 150, noise at -20 dB": (HARBOUR, "en-us", 150, 20.0),
    "gb, 150, noise at -10 dB": (SAID, "en-gb", 150, 10.0),
}


_PASSAGES = 4  # of the long reading: two and a half minutes
DEFAULT, PLAIN = "batched_beam_5", "plain_beam_5"
HEARD_BY = {  # faster-whisper's decoder, hypotheses weighed at once
    "plain_beam_5": ("plain", 5),
    "plain_beam_1": ("plain", 1),
    "batched_beam_5": ("batched", 5),
    "batched_beam_1": ("batched", 1),
}


@dataclass(frozen=True)
class Reading:
    """A file and what is said in it: each word with its true start and end in seconds."""

    name: str
    path: Path
    words: tuple[tuple[str, float, float], ...]


def readings(folder: Path) -> list[Reading]:
    """The synthesised readings, and the audiobook where it is."""
    found: list[Reading] = []
    for name, (text, voice, pace, noise) in READINGS.items():
        speech = speak(text, voice, pace)
        dirt = np.random.default_rng(1).standard_normal(len(speech.samples)).astype(np.float32)
        level = 0.0 if noise is None else float(speech.samples.std()) * 10 ** (-noise / 20)
        dirty = replace(speech, samples=speech.samples + np.float32(level) * dirt)
        path = folder / f"{len(found)}.mp4"
        make_video(path, seconds=len(dirt) / speech.rate + 1, size=(64, 64), play=played(dirty))
        words = tuple((word, start, end) for (word, start), end in zip(speech.words, speech.ends, strict=True))
        found.append(Reading(name, path, words))
    return [*found, *_audiobook()]


def _long(folder: Path) -> Reading:
    """A reading that lasts for some minutes, so that several pieces of it can be heard at once."""
    parts = [speak(text) for text in striking("develop")[:_PASSAGES]]
    sound = np.concatenate([part.samples for part in parts])
    path = folder / "long.mp4"
    make_video(
        path, seconds=len(sound) / parts[0].rate, size=(64, 64), rate=1, play=played(replace(parts[0], samples=sound))
    )
    return Reading("long", path, tuple((word, 0.0, 0.0) for part in parts for word, _ in part.words))


def _audiobook() -> list[Reading]:
    media = os.environ.get("CLIPY_TEST_MEDIA")
    path = Path(media or "") / "video" / "audiobook_manifesto.mp4"
    if not media or not path.is_file():
        return []
    parts = json.loads(path.with_suffix(".json").read_text())
    words = tuple((word["word"], word["start"], word["end"]) for part in parts for word in part["words"])
    return [Reading("audiobook", path, words)]


def errors(found: Transcript, reading: Reading) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Milliseconds by which each word that was heard right begins and ends off."""
    heard, said = [_plain(word.text) for word in found.words], [_plain(text) for text, _, _ in reading.words]
    pairs = [
        (found.words[block.b + n], reading.words[block.a + n])
        for block in SequenceMatcher(None, said, heard, autojunk=False).get_matching_blocks()
        for n in range(block.size)
    ]
    return (
        np.array([1000 * abs(float(word.start) - start) for word, (_, start, _) in pairs]),
        np.array([1000 * abs(float(word.end) - end) for word, (_, _, end) in pairs]),
    )


def measure(compared: Sequence[str] = tuple(HEARD_BY)) -> dict[str, Any]:
    """All figures; errors are medians over the clean readings, in milliseconds, of word starts unless named ends.

    ``realtime`` figures are seconds of work for a second of sound; ``peak_mb`` is that of a process of its own.
    ``compared`` are the ways of hearing to measure: ``DEFAULT`` and ``PLAIN``, and maybe others.
    """
    transcriber, aligner = registry.create("transcribe", "faster-whisper", {}), registry.create("align", "sphinx", {})
    assert isinstance(transcriber, FasterWhisper)
    assert isinstance(aligner, Aligner)
    with tempfile.TemporaryDirectory() as temporary, threadpool_limits(1, "blas"):  # as in a run
        folder = Path(temporary)
        ctx = Context(Store(folder / "store"), folder)
        made = readings(folder)
        spent, cases, cuts = 0.0, {}, list[dict[str, tuple[int, int]]]()
        for reading in made:
            video = probe(reading.path)
            rough = transcriber.transcribe(video, ctx)
            heard = time.perf_counter()
            exact = aligner.align(video, rough, ctx)
            spent += time.perf_counter() - heard
            cases[reading.name] = [errors(rough, reading), errors(exact, reading)]
            cuts.append(_cut_errors(transcriber, reading, rough, exact, ctx))
        length = sum(float(probe(reading.path).duration) for reading in made)
        lost = _lost_speech(transcriber, ctx)
        turns = foreign_turns.measure(transcriber, folder, ctx)
        several = _long(folder)
        ways = {name: _heard_by(name, several) for name in compared}
    return {
        **_summary("word_error_ms", [cases[name] for name in CLEAN], 0),
        **_summary("word_end_error_ms", [cases[name] for name in CLEAN], 1),
        "transcribe_realtime": ways[DEFAULT]["realtime"],
        "align_realtime": round(spent / length, 3),
        "transcribe_cpu_realtime": ways[DEFAULT]["cpu_realtime"],
        "transcribe_peak_mb": ways[DEFAULT]["peak_mb"],
        "transcribe_plain_realtime": ways[PLAIN]["realtime"],
        "transcribe_plain_cpu_realtime": ways[PLAIN]["cpu_realtime"],
        "transcribe_plain_peak_mb": ways[PLAIN]["peak_mb"],
        **{name: _rate([cut[name] for cut in cuts]) for name in cuts[0]},
        "transcribe_cost_ratio": cost(several.path)["ratio"],
        **({} if lost is None else {"lost_speech_s": lost}),
        **turns,
        **sources.measure(),
        "ways": ways,
        "readings": {name: _row(case) for name, case in cases.items()},
    }


def _cut_errors(
    transcriber: FasterWhisper, reading: Reading, rough: Transcript, exact: Transcript, ctx: Context
) -> dict[str, tuple[int, int]]:
    """Wrong words and all words when cut at the transcriber's word edges, at the aligner's, and at the true ones."""
    video = probe(reading.path)
    samples = sound_array(video, video.span, rate=RATE)[0]
    brief = transcriber.verification_transcriber("en")

    def hear(piece: NDArray[np.float32]) -> str:
        found = brief.segments(Window(0, piece, probabilities(piece)), "en", ctx)
        return "".join(word.text for segment in found for word in segment.words)

    timed = {
        "cut_wer_before": [(word.text, float(word.start), float(word.end)) for word in rough.words],
        "cut_wer": [(word.text, float(word.start), float(word.end)) for word in exact.words],
        "cut_wer_true_times": list(reading.words),
    }
    return {name: word_edges.cut_errors(samples, words, hear, _edits) for name, words in timed.items()}


def _rate(counts: list[tuple[int, int]]) -> float:
    return round(sum(wrong for wrong, _ in counts) / max(1, sum(count for _, count in counts)), 3)


def cost(path: Path) -> dict[str, float]:
    """Processor seconds for a second of sound: faster-whisper alone, each part of a transcript, and their ratio.

    Networks are loaded and have run once before. Both ways detect the language.
    """
    from faster_whisper import BatchedInferencePipeline

    video = probe(path)
    samples = sound_array(video, video.span, rate=RATE)[0]
    transcriber, aligner = registry.create("transcribe", "faster-whisper", {}), registry.create("align", "sphinx", {})
    diarizer = registry.create("diarize", "voice-turns", {})
    assert isinstance(transcriber, FasterWhisper)
    assert isinstance(aligner, Aligner)
    assert isinstance(diarizer, Diarizer)
    with tempfile.TemporaryDirectory() as temporary, threadpool_limits(1, "blas"):
        ctx = Context(Store(Path(temporary)), Path(temporary))
        spent: dict[str, float] = {}

        def timed(name: str, work: Callable[[], T]) -> T:
            before = time.process_time()
            done = work()
            spent[name] = round((time.process_time() - before) / float(video.duration), 4)
            return done

        def alone() -> int:
            found, _ = BatchedInferencePipeline(transcriber._whisper(ctx)).transcribe(  # noqa: SLF001
                samples,
                beam_size=transcriber.options.beam_size,
                batch_size=transcriber.options.batch,
                temperature=0.0,
                word_timestamps=True,
                vad_filter=True,
            )
            return sum(1 for _ in found)

        for _ in range(2):
            timed("alone", alone)
            rough = timed("transcribe", lambda: transcriber.transcribe(video, ctx))
            timed("align", partial(aligner.align, video, rough, ctx))
            timed("diarize", lambda: diarizer.diarize(video, (video.span,), ctx))
    whole = spent["transcribe"] + spent["align"] + spent["diarize"]
    return {**spent, "ratio": round(whole / spent["alone"], 2)}


def _lost_speech(transcriber: Transcriber, ctx: Context) -> float | None:
    """Seconds of speech without words over all recordings of ``CLIPY_TEST_MEDIA``; None without those."""
    media = os.environ.get("CLIPY_TEST_MEDIA")
    if not media:
        return None
    lost = 0.0
    for path in sorted(Path(media, "video").iterdir()):
        if path.suffix in {".mp4", ".mov", ".webm"} and (video := probe(path)).audio:
            heard = transcriber.transcribe(video, ctx)
            lost += float(sum(span.duration for span in speech_without_words(video, heard, ctx)))
    return round(lost, 1)


def _summary(name: str, cases: list[Any], side: int) -> dict[str, float]:
    return {
        f"{name}_{when}": round(float(np.median(np.concatenate([case[index][side] for case in cases]))), 1)
        for index, when in enumerate(("before", "after"))
    }


def _row(case: Any) -> dict[str, list[float]]:
    """Median, 90th and 99th percentile of starts and ends, before and after."""
    return {
        f"{side}_{when}": [round(float(np.quantile(case[index][number], q)), 1) for q in (0.5, 0.9, 0.99)]
        for number, side in enumerate(("start", "end"))
        for index, when in enumerate(("before", "after"))
    }


def _heard_by(way: str, reading: Reading) -> dict[str, float]:
    """One way of hearing, measured in a process of its own."""
    command = [sys.executable, __file__, "--hear", str(reading.path), "--way", way]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
    heard, said = found.pop("text"), [_plain(text) for text, _, _ in reading.words]
    wrong = _edits(said, [_plain(word) for word in heard.split() if _plain(word)])
    return {**found, "word_error_rate": round(wrong / len(said), 3)}


def hear(path: Path, way: str) -> dict[str, Any]:
    """Hear a file in one way: processor seconds for a second of sound, this process's most memory, and the text."""
    decoder, beam = HEARD_BY[way]
    video = probe(path)
    with tempfile.TemporaryDirectory() as temporary:
        ctx = Context(Store(Path(temporary)), Path(temporary))
        transcriber = registry.create("transcribe", "faster-whisper", {"beam_size": beam, "language": "en"})
        assert isinstance(transcriber, FasterWhisper)
        samples = sound_array(video, video.span, rate=RATE)[0]
        list(transcriber.segments(Window(0, samples[:RATE], probabilities(samples[:RATE])), "en", ctx))  # loads it
        began, busy = time.perf_counter(), time.process_time()
        if decoder == "batched":
            text = " ".join(word.text for word in transcriber.transcribe(video, ctx).words)
        else:
            text = _plainly(transcriber, samples, beam, ctx)
    return {
        "realtime": round((time.perf_counter() - began) / float(video.duration), 3),
        "cpu_realtime": round((time.process_time() - busy) / float(video.duration), 3),
        "peak_mb": _peak(),
        "text": text,
    }


def _peak() -> float:
    """Megabytes that this program has held at most (Linux); what getrusage says counts those of its parent, too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return round(int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024, 1)


def _plainly(transcriber: FasterWhisper, samples: NDArray[np.float32], beam: int, ctx: Context) -> str:
    """What the same network hears when it follows its own time stamps through the sound, one piece after another."""
    found, _ = transcriber._whisper(ctx).transcribe(  # noqa: SLF001
        samples,
        language="en",
        beam_size=beam,
        temperature=0.0,
        word_timestamps=True,
        vad_filter=True,
        condition_on_previous_text=False,
    )
    return " ".join(segment.text for segment in found)


def _edits(said: list[str], heard: list[str]) -> int:
    """The least number of words to change, add or leave out: Levenshtein, 1966."""
    row = list(range(len(heard) + 1))
    for number, word in enumerate(said, start=1):
        last, row[0] = row[0], number
        for at, other in enumerate(heard, start=1):
            last, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, last + (word != other))
    return row[-1]


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--cost", action="store_true", help="measure only the cost, on --video or a reading")
    parser.add_argument("--video", type=Path, help="video for --cost")
    parser.add_argument("--hear", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--way", choices=HEARD_BY, default=DEFAULT, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.hear is not None:
        print(json.dumps(hear(given.hear, given.way)))
        return
    if given.cost:
        with tempfile.TemporaryDirectory() as temporary:
            print(json.dumps(cost(given.video or _long(Path(temporary)).path)))
        return
    found = measure()
    if given.json:
        print(json.dumps(found))
        return
    for name, row in found.pop("readings").items():
        for side in ("start", "end"):
            before, after = row[f"{side}_before"], row[f"{side}_after"]
            print(f"{name:26} {side:5} median, 90 %, 99 %: {before} ms -> {after} ms")
    for name, way in found.pop("ways").items():
        print(f"{name:26} {way}")
    for name, value in found.items():
        print(f"{name:26} {value}")


if __name__ == "__main__":
    main()
