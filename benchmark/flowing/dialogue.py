"""A conversation of any length at 1080p25: two drawn people who take turns reading public-domain prose aloud."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, zip_longest
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from comparing.portraits import WIDEST, people
from fixtures.media import Picture, make_video
from fixtures.speech import speak
from highlighting.planted import dull, striking

SIZE = (1920, 1080)
_VOICES = ("en-us", "en-gb+f2")
_RATE = 16_000
_PAUSE = 0.6  # seconds between turns
_PICTURES = 25
_OPEN = 12.0  # of a full mouth for each unit of the sound's mean level


def dialogue(path: Path, minutes: float) -> Path:
    """Write a video in which two people, side by side, speak in turn; each moves the lips only to the own voice."""
    sound, mouths = _spoken(minutes * 60)

    def draw(time: float, size: tuple[int, int]) -> Picture:
        return people(size, mouths[min(round(time * _PICTURES), len(mouths) - 1)])

    def play(times: NDArray[np.float64]) -> NDArray[np.float64]:
        at = np.minimum(np.round(times * _RATE).astype(np.int64), len(sound) - 1)
        return sound[at].astype(np.float64)

    seconds = len(sound) / _RATE
    return make_video(path, seconds=seconds, size=SIZE, rate=_PICTURES, draw=draw, play=play, sample_rate=_RATE)


def _spoken(seconds: float) -> tuple[NDArray[np.float32], list[tuple[int, int]]]:
    """The sound of all turns, and how far the mouths of both are open at each picture."""
    parts: list[NDArray[np.float32]] = []
    speakers: list[NDArray[np.int8]] = []
    said = 0.0
    for number, text in enumerate(_turns()):
        speech = speak(text, _VOICES[number % 2])
        at = np.arange(0, len(speech.samples), speech.rate / _RATE)
        samples = np.interp(at, np.arange(len(speech.samples)), speech.samples).astype(np.float32)
        parts += [samples, np.zeros(round(_PAUSE * _RATE), dtype=np.float32)]
        speakers.append(np.full(len(samples) + len(parts[-1]), number % 2, dtype=np.int8))
        said += len(speakers[-1]) / _RATE
        if said >= seconds:
            break
    sound, who = np.concatenate(parts), np.concatenate(speakers)
    step = _RATE // _PICTURES
    count = len(sound) // step
    levels = np.abs(sound[: count * step]).reshape(count, step).mean(axis=1)
    opened = np.minimum(WIDEST, np.round(WIDEST * _OPEN * levels)).astype(int)
    mouths = [(wide, 0) if talker == 0 else (0, wide) for wide, talker in zip(opened, who[::step], strict=False)]
    return sound, mouths


def _turns() -> Iterator[str]:
    """Striking passages and dull paragraphs in turn, as long as there are any; then the dull ones once more."""
    prose = list(chain.from_iterable(dull(source) for source in ("drill", "sonata", "ceramics", "mathematics")))
    for pair in zip_longest(striking("all"), prose):
        yield from filter(None, pair)
    yield from prose
