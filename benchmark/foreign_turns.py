"""Short turns in another language: how many are transcribed in theirs, with what is said before and after them.

A composed turn is right where most of its words are marked with its language, and it holds at least 70 %, what is said
before and after it 60 %, of the letters of its text or of what the same network recognizes in each alone, in its
language. Synthesized turns of which it does not recognize 75 % alone are left out: they would measure the voices.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import numpy as np

from clipy.analysis.audio.speech import Window, probabilities
from clipy.analysis.transcription.faster_whisper import FasterWhisper
from clipy.context import Context
from clipy.media.probe import probe
from clipy.media.read import sound_array
from clipy.types import Word
from fixtures.foreign_turns import RATE, Conversation, Part, Samples, recorded, synthesized
from fixtures.media import make_video
from fixtures.speech import Speech, played

_SHARES, _INTELLIGIBLE = (0.6, 0.7, 0.6), 0.75
# Seconds of the recordings: before the turn, after it, and turns.
_RECORDINGS: dict[str, tuple[str, tuple[float, float], tuple[float, float], tuple[tuple[float, float], ...]]] = {
    "en": ("audiobook_manifesto.mp4", (4.0, 10.9), (36.0, 44.9), ((4.0, 8.9), (13.2, 16.7), (41.0, 44.9))),
    "pt": ("portrait_man_1080x1920.mp4", (10.3, 17.0), (14.7, 19.2), ((10.3, 14.5), (17.0, 19.2))),
    "ru": ("portrait_woman_1080x1920.mp4", (0.1, 5.2), (5.2, 9.9), ((0.1, 5.2), (5.2, 9.9))),
}


def measure(transcriber: FasterWhisper, folder: Path, ctx: Context) -> dict[str, Any]:
    """How many turns are right of how many, and the names of those that are not."""
    alone: dict[int, str] = {}

    def heard_alone(part: Part) -> str:
        if id(part.samples) not in alone:
            sound = np.pad(part.samples, RATE // 3)
            found = transcriber.segments(Window(0, sound, probabilities(sound)), part.language, ctx)
            alone[id(part.samples)] = "".join(word.text for segment in found for word in segment.words)
        return alone[id(part.samples)]

    kept = [
        one
        for one in (*_recorded(), *synthesized())
        if not one.turn.text or _shared(heard_alone(one.turn), one.turn.text) >= _INTELLIGIBLE
    ]
    wrong = []
    for number, one in enumerate(kept):
        path = folder / f"turn{number}.mp4"
        speech = Speech(one.samples, RATE, ())
        make_video(path, seconds=len(one.samples) / RATE, size=(64, 64), rate=1, play=played(speech))
        transcript = transcriber.transcribe(probe(path), ctx)
        marked = [transcript.language_of(word) == one.turn.language for word in _parts(one, transcript.words)[1]]
        texts = [" ".join(word.text for word in words) for words in _parts(one, transcript.words)]
        shares = [
            max(_shared(text, heard_alone(part)), _shared(text, part.text) if part.text else 0.0)
            for text, part in zip(texts, (one.before, one.turn, one.after), strict=True)
        ]
        if sum(marked) * 2 <= len(marked) or any(share < least for share, least in zip(shares, _SHARES, strict=True)):
            wrong.append(one.name)
    return {"foreign_turns_right": [len(kept) - len(wrong), len(kept)], "foreign_turns_wrong": wrong}


def _recorded() -> Iterator[Conversation]:
    media = os.environ.get("CLIPY_TEST_MEDIA")
    if media:
        yield from recorded(
            {
                language: (_cut(path, before), _cut(path, after), tuple(_cut(path, turn) for turn in turns))
                for language, (name, before, after, turns) in _RECORDINGS.items()
                if (path := Path(media, "video", name)).is_file()
            }
        )


def _cut(path: Path, span: tuple[float, float]) -> Samples:
    video = probe(path)
    samples: Samples = sound_array(video, video.span, rate=RATE)[0]
    return samples[int(span[0] * RATE) : int(span[1] * RATE)]


def _parts(one: Conversation, words: tuple[Word, ...]) -> list[list[Word]]:
    """The words before the turn, in it, and after it."""
    first, last = one.edges
    middles = [float(word.start + word.end) / 2 for word in words]
    bounds = ((0.0, first), (first, last), (last, float("inf")))
    return [[word for word, at in zip(words, middles, strict=True) if low <= at < high] for low, high in bounds]


def _shared(found: str, wanted: str) -> float:
    """The share of the letters of a text that are found in order, in pairs at least."""
    a, b = ("".join(filter(str.isalnum, text.lower())) for text in (found, wanted))
    blocks = SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size > 1) / max(1, len(b))
