"""Conversations made of recordings of single talkers side by side, so that who speaks when is known exactly."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from clipy import probe
from clipy.media.read import pictures, sound_array
from clipy.types import Span, Video

RATE = 16_000
_WIDTH, _HEIGHT = 1920, 1080
_LONGEST = Fraction(8)  # seconds of a recording that are used: its pictures are held in memory
_SLOW = 0.4  # speed of a listener who moves out of step, slowly
_AWAY = 0.45  # share of a recording between where a moving listener is and where the talker was

Listening = Literal["still", "slow", "moving"]


@dataclass(frozen=True)
class Conversation:
    """What is said by whom. ``turns``: (seconds, number of the talker); people stand side by side in order.

    ``listening``: listeners are still pictures, move slowly, or move their lips at full speed, unheard.
    ``zoom`` cuts that much closer to each person, or, below 1, leaves that much room around.
    """

    talkers: tuple[Path, ...]
    turns: tuple[tuple[float, int], ...]
    listening: Listening = "still"
    zoom: float = 1.0

    @property
    def changes(self) -> list[float]:
        """The times at which another one begins to speak."""
        edges = np.cumsum([duration for duration, _ in self.turns])
        return [float(edge) for edge in edges[:-1]]

    def speaker(self, time: float) -> int:
        """Who speaks at a time."""
        edges = np.cumsum([duration for duration, _ in self.turns])
        return self.turns[min(int(np.searchsorted(edges, time, side="right")), len(self.turns) - 1)][1]

    def place(self, talker: int) -> tuple[float, float]:
        """From where to where one person's part of the picture reaches, in pixels across."""
        wide = _WIDTH / len(self.talkers)
        return talker * wide, (talker + 1) * wide

    def write(self, path: Path) -> None:
        """Make the video, 1920 x 1080, 25 pictures a second."""
        people = [_Person.read(talker, _WIDTH // len(self.talkers) // 2 * 2, self.zoom) for talker in self.talkers]
        with av.open(str(path), "w") as container:
            video = container.add_stream("libx264", rate=25, options={"preset": "ultrafast", "crf": "23"})
            video.width, video.height, video.pix_fmt = _WIDTH, _HEIGHT, "yuv420p"
            audio = container.add_stream("aac", rate=RATE)
            audio.layout = "mono"
            said = []
            for duration, who in self.turns:
                count = round(duration * 25)
                said.append(people[who].says(count))
                for _ in range(count):
                    parts = [person.next(number == who, self.listening) for number, person in enumerate(people)]
                    picture = np.ascontiguousarray(np.hstack(parts))
                    container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            container.mux(video.encode())
            for block in _blocks(np.concatenate(said)):
                container.mux(audio.encode(block))
            container.mux(audio.encode())


def drawn(
    talkers: Sequence[Path], seed: int, *, listening: Listening, zoom: float = 1.0, seconds: float = 40
) -> Conversation:
    """A conversation with turns of 1.5 to 5 seconds drawn at random; the same seed gives the same one."""
    chance = random.Random(seed)
    turns: list[tuple[float, int]] = []
    while sum(duration for duration, _ in turns) < seconds:
        others = [number for number in range(len(talkers)) if not turns or number != turns[-1][1]]
        turns.append((round(chance.uniform(1.5, 5.0) * 25) / 25, chance.choice(others)))
    return Conversation(tuple(talkers), tuple(turns), listening, zoom)


@dataclass
class _Person:
    """A recording, and where in it the person is, as talker and as listener."""

    shown: list[NDArray[np.uint8]]
    heard: NDArray[np.float32]
    spoken: int = 0
    listened: float = 0.0

    @classmethod
    def read(cls, path: Path, width: int, zoom: float) -> _Person:
        return cls(_pictures(path, width, zoom), _sound(path))

    def says(self, count: int) -> NDArray[np.float32]:
        """The sound of the next ``count`` pictures, from the beginning again where the recording is too short."""
        if self.spoken + count > len(self.shown):
            self.spoken = 0
        piece = self.heard[self.spoken * RATE // 25 : (self.spoken + count) * RATE // 25]
        return np.pad(piece, (0, count * RATE // 25 - len(piece)))

    def next(self, speaks: bool, listening: Listening) -> NDArray[np.uint8]:
        """The next picture of a talker, or of a listener."""
        if speaks:
            self.spoken += 1
            self.listened = float(self.spoken + (_AWAY * len(self.shown) if listening == "moving" else 0))
            return self.shown[min(self.spoken, len(self.shown)) - 1]
        self.listened += {"still": 0.0, "slow": _SLOW, "moving": 1.0}[listening]
        return self.shown[int(self.listened) % len(self.shown)]


def _pictures(path: Path, width: int, zoom: float) -> list[NDArray[np.uint8]]:
    video = probe(path)
    found = []
    for _, picture in pictures(video, _used(video), rate=Fraction(25), height=720):
        high, wide = picture.shape[:2]
        want = min(wide, round(high * width / _HEIGHT)) / max(1.0, zoom)
        tall = min(high, want * _HEIGHT / width)
        left, size = round((wide - want) / 2), (round(width * min(1.0, zoom)), round(_HEIGHT * min(1.0, zoom)))
        cut = cv2.resize(picture[: round(tall), left : left + round(want)], size, interpolation=cv2.INTER_AREA)
        across, down = width - size[0], _HEIGHT - size[1]
        room = (down // 2, down - down // 2, across // 2, across - across // 2)
        found.append(np.asarray(cv2.copyMakeBorder(cut, *room, cv2.BORDER_REPLICATE), dtype=np.uint8))
    return found


def _used(video: Video) -> Span:
    return Span(Fraction(0), min(_LONGEST, video.duration))


def _sound(path: Path) -> NDArray[np.float32]:
    video = probe(path)
    samples = sound_array(video, _used(video), rate=RATE)[0]
    level = float(np.sqrt(np.mean(samples**2))) + 1e-6
    return np.asarray(samples * (0.08 / level), dtype=np.float32)


def _blocks(samples: NDArray[np.float32]) -> Iterator[av.AudioFrame]:
    for first in range(0, len(samples), 1024):
        block = av.AudioFrame.from_ndarray(samples[None, first : first + 1024], format="fltp", layout="mono")
        block.sample_rate, block.pts = RATE, first
        yield block
