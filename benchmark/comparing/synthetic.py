"""Five videos made here: synthesised speech over patterns, and over drawn people who move their lips to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from comparing.portraits import WIDEST, people
from fixtures.media import Picture, make_video, moving
from fixtures.speech import SAID, Speech, played, speak
from highlighting.planted import striking

_VOICES = ("en-us", "en-gb+f2")
_OPEN = 12.0  # of a full mouth for each unit of the sound's mean level
_LEVEL = 0.04  # seconds over which that mean is taken
_LATE = 0.3  # seconds by which the sound of the telephone's video begins late


def videos(folder: Path) -> list[Path]:
    """Write all five and return their paths. Each exercises other parts of reading, framing and rendering."""
    folder.mkdir(parents=True, exist_ok=True)
    said = speak(SAID)
    talk, turns = _conversation(striking("develop")[:2])
    return [
        make_video(folder / "pattern.mp4", seconds=_length(said), size=(640, 360), play=played(said)),
        make_video(
            folder / "portrait.mp4", seconds=_length(said), size=(1280, 720), draw=_speaking([said]), play=played(said)
        ),
        make_video(
            folder / "conversation.mkv",
            seconds=_length(talk),
            size=(1280, 720),
            draw=_speaking(turns),
            play=played(talk),
        ),
        make_video(
            folder / "telephone.mov",
            seconds=_length(said),
            size=(640, 360),
            rate=30,
            draw=_cut(_length(said) / 2),
            play=played(said),
            variable=True,
            rotation=90,
            sound_start=_LATE,
        ),
        make_video(
            folder / "anamorphic.mp4",
            seconds=_length(said),
            size=(704, 576),
            aspect=Fraction(16, 11),
            draw=_speaking([said]),
            play=played(said),
            matrix="untagged",
            channels=1,
        ),
    ]


def _length(speech: Speech) -> float:
    return len(speech.samples) / speech.rate + 0.5


def _conversation(texts: list[str]) -> tuple[Speech, list[Speech]]:
    """Two voices in turn: all of it, and what each says, with silence where it is the other's turn."""
    parts = [speak(text, _VOICES[number % 2]) for number, text in enumerate(texts)]
    spoken = [
        np.concatenate([part.samples * (number % 2 == who) for number, part in enumerate(parts)]).astype(np.float32)
        for who in range(2)
    ]
    turns = [replace(parts[0], samples=samples) for samples in spoken]
    return replace(parts[0], samples=spoken[0] + spoken[1]), turns


def _speaking(voices: list[Speech]) -> Callable[[float, tuple[int, int]], Picture]:
    """People side by side, the lips of each open as wide as the voice is loud."""

    def draw(time: float, size: tuple[int, int]) -> Picture:
        return people(size, tuple(_opened(voice, time) for voice in voices))

    return draw


def _opened(voice: Speech, time: float) -> int:
    first, count = round(time * voice.rate), round(_LEVEL * voice.rate)
    part: NDArray[np.float32] = voice.samples[first : first + count]
    return min(WIDEST, round(WIDEST * _OPEN * float(np.abs(part).mean()))) if len(part) else 0


def _cut(at: float) -> Callable[[float, tuple[int, int]], Picture]:
    """A pattern, and another one from some time on."""

    def draw(time: float, size: tuple[int, int]) -> Picture:
        picture = moving(time, size)
        return picture if time < at else np.ascontiguousarray(255 - picture[::-1])

    return draw
