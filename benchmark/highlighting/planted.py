"""Long talks made of dull prose, with striking passages planted at random, read aloud by a synthesiser.

Prose and passages are in the public domain, or written for this (``data``; each file names its sources). Where a talk
goes from one to the other is known exactly, and so is when each word is said. Loudness changes at random from paragraph
to paragraph, so that it tells nothing about what is planted.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from clipy import probe
from clipy.types import Seconds, Span, Transcript, Video, Word, seconds
from fixtures.media import black, make_video
from fixtures.speech import Speech, speak

_DATA = Path(__file__).parent / "data"
_VOICES = ("en-us", "en-gb", "en-gb-scotland")
_PAUSES = (0.7, 1.3)  # seconds of silence between paragraphs; inside them the synthesiser pauses as it likes
_GAIN = 4.0  # decibels, up or down, by which a paragraph may be louder than the next
_SILENT = 0.003  # of full scale
_RUN = (2, 4)  # paragraphs in a row from one source
_RATE = 16_000  # samples a second of the talks

Part: TypeAlias = Literal["develop", "report", "second", "all"]
DULL: dict[Part, tuple[str, ...]] = {
    "develop": ("drill", "sonata"),
    "report": ("ceramics", "mathematics", "orchestra"),
    "second": ("allotment", "software", "railway"),
    "all": ("drill", "sonata", "ceramics", "mathematics", "orchestra"),
}
"""Which sources are for looking at while one chooses weights, and which for reporting alone: ``report``, ``second``."""
STRIKING: dict[Part, tuple[str, ...]] = {
    "develop": ("develop",),
    "report": ("report",),
    "second": ("stories", "claims"),
    "all": ("develop", "report"),
}


@dataclass
class Talk:
    """What is said: words with their true times, where sentences end (indices of words), and what was planted."""

    words: list[Word] = field(default_factory=list)
    sentence_ends: set[int] = field(default_factory=set)
    planted: list[Span] = field(default_factory=list)
    sound: list[NDArray[np.float32]] = field(default_factory=list)
    samples: int = 0

    @property
    def transcript(self) -> Transcript:
        """The words as a transcriber that makes no mistake would hear them."""
        return Transcript("en", tuple(self.words))

    @property
    def length(self) -> Seconds:
        """Seconds."""
        return Fraction(self.samples, _RATE)

    def say(self, speech: Speech, text: str, gain: float, pause: float) -> Span:
        """Add a paragraph, and the silence after it. Returns when it is said."""
        resampled = np.interp(
            np.arange(0, len(speech.samples), speech.rate / _RATE), np.arange(len(speech.samples)), speech.samples
        )
        begin = len(self.words)
        for word in timed(speech, text):
            self.words.append(Word(word.text, word.start + self.length, word.end + self.length))
        self.sentence_ends |= {begin + index for index in _sentence_ends(text)}
        quiet = np.zeros(round(pause * _RATE))
        self.sound.append(np.concatenate([gain * resampled, quiet]).astype(np.float32))
        self.samples += len(self.sound[-1])
        return Span(self.words[begin].start, self.words[-1].end)


def talk(part: Part, seed: int, minutes: float, planted: int) -> Talk:
    """A talk of about so many minutes with so many striking passages in it, the same for the same seed."""
    chance = random.Random(seed)
    voice, speed = chance.choice(_VOICES), chance.randint(145, 175)
    passages = chance.sample(striking(part), planted)
    paragraphs: list[tuple[str, bool]] = [(text, False) for text in _dull(part, chance, minutes * speed)]
    places = sorted(chance.sample(range(1, len(paragraphs)), planted), reverse=True)
    for place, passage in zip(places, passages, strict=True):
        paragraphs.insert(place, (passage, True))
    made = Talk()
    for text, is_planted in paragraphs:
        gain = 10 ** (chance.uniform(-_GAIN, _GAIN) / 20) * 0.7
        span = made.say(speak(text, voice, speed), text, gain, chance.uniform(*_PAUSES))
        if is_planted:
            made.planted.append(span)
    return made


def written(made: Talk, folder: Path) -> Video:
    """The talk as a video file with nothing to see."""
    sound = np.concatenate(made.sound)

    def play(times: NDArray[np.float64]) -> NDArray[np.float64]:
        at = np.minimum(np.round(times * _RATE).astype(np.int64), len(sound) - 1)
        return sound[at].astype(np.float64)

    path = folder / "talk.mkv"
    length = float(made.length)
    return probe(
        make_video(path, seconds=length, size=(64, 64), rate=1, draw=black, play=play, sample_rate=_RATE, channels=1)
    )


def striking(part: Part) -> list[str]:
    """The striking passages of a part."""
    texts = [(_DATA / f"striking_{source}.txt").read_text(encoding="utf-8") for source in STRIKING[part]]
    blocks = [block for text in texts for block in text.split("\n\n")]
    return [" ".join(block.split("\n")[1:]).strip() for block in blocks if block.startswith("= ")]


def dull(source: str) -> list[str]:
    """The paragraphs of one source of dull prose, in order."""
    text = (_DATA / f"dull_{source}.txt").read_text(encoding="utf-8")
    return [" ".join(block.split()) for block in text.split("\n\n") if block.strip() and not block.startswith("#")]


def _dull(part: Part, chance: random.Random, words: float) -> Iterator[str]:
    """Runs of paragraphs from one source after another, none twice, until there are enough words or no more."""
    sources, said, last = [dull(source) for source in DULL[part]], 0, -1
    while said < words and any(sources):
        last = chance.choice(
            [n for n, left in enumerate(sources) if left and (n != last or not any(_others(sources, n)))]
        )
        begin = chance.randrange(len(sources[last]))
        run = sources[last][begin : begin + chance.randint(*_RUN)]
        del sources[last][begin : begin + len(run)]
        said += sum(len(text.split()) for text in run)
        yield from run


def _others(sources: Sequence[Sequence[str]], but: int) -> list[Sequence[str]]:
    return [source for index, source in enumerate(sources) if index != but]


def timed(speech: Speech, text: str) -> list[Word]:
    """The words of a text as they are written, with their true times: the synthesiser tells when each begins.

    A word ends where its sound does, before the next begins.
    """
    tokens, starts = _tokens(text), _starts(speech, text)
    times = [starts[index] for index in range(len(tokens))]
    ends = [*times[1:], len(speech.samples) / speech.rate]
    return [
        Word(token, seconds(start), seconds(_voiced_until(speech, start, end)))
        for token, start, end in zip(tokens, times, ends, strict=True)
    ]


def _tokens(text: str) -> list[str]:
    return text.split()


def _starts(speech: Speech, text: str) -> list[float]:
    """When each written word begins. The synthesiser may read one as several, or several as one."""
    begins = [match.start() for match in re.finditer(r"\S+", text)]
    found: dict[int, float] = {}
    at = 0
    for said, time in speech.words:
        place = text.find(said, at) if said else -1
        if place < 0:
            continue
        index = int(np.searchsorted(begins, place, side="right")) - 1
        found.setdefault(index, time)
        at = place + len(said)
    known = sorted(found)
    return list(np.interp(range(len(begins)), known, [found[index] for index in known]))


def _voiced_until(speech: Speech, start: float, end: float) -> float:
    """When the last sound between two times is heard."""
    first, last = round(start * speech.rate), round(end * speech.rate)
    loud = np.flatnonzero(np.abs(speech.samples[first:last]) > _SILENT)
    return end if not len(loud) else (first + int(loud[-1]) + 1) / speech.rate


def _sentence_ends(text: str) -> Iterator[int]:
    """The indices of the words that end a sentence, as the text is printed."""
    tokens = _tokens(text)
    for index, token in enumerate(tokens):
        following: Sequence[str] = tokens[index + 1 : index + 2]
        if not following or (token[-1] in ".?!" and following[0][0].isupper() and len(token) > 2):
            yield index
