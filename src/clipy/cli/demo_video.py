"""A free sample video, made on the spot: two drawn people at a table who talk in turns, with their words as subtitles.

Whoever speaks moves the mouth with the loudness of the voice, so that clipy has somebody to follow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from clipy.cli.demo_speech import speak

Picture = NDArray[np.uint8]
Color = tuple[int, int, int]
Light = NDArray[np.float32]

WIDTH, HEIGHT, RATE, SOUND = 1280, 720, 25, 48_000
_PAUSE = 0.35  # seconds between turns
_HEAD = 92  # half the width of a head, in pixels
_LIT = 190  # pixels around the middle of a face that light falls on
# Light and shadow on a face, without which face detectors take a drawing for none: for each soft spot its place, its
# extent (all in half heads, the place also mirrored where it is beside the middle), and how much lighter it makes.
_SPOTS = (
    (0.37, -0.12, 0.28, 0.2, -0.35),  # eye sockets
    (0.5, 0.4, 0.3, 0.3, 0.1),  # cheeks
    (0.95, 0.3, 0.3, 1.0, -0.35),  # sides
    (0.13, 0.42, 0.09, 0.07, -0.45),  # nostrils
    (0.0, 0.2, 0.1, 0.3, 0.18),  # nose
    (0.0, -0.5, 0.5, 0.25, 0.12),  # forehead
    (0.0, 0.98, 0.3, 0.12, -0.25),  # below the lip
    (0.0, 1.35, 0.8, 0.2, -0.4),  # below the chin
)
DIALOGUE = (
    (0, "Why do most people never finish what they start?"),
    (1, "We asked forty students to do one small task each morning. Half of them gave up within nine days."),
    (0, "And the others? What did they do differently?"),
    (1, "That was the surprise. They had written one sentence on paper, and they read it every single day."),
    (1, "I will take the next small step before I judge the last one."),
    (0, "So it was not talent, and it was not money. Has anybody tried it with something harder?"),
    (1, "We tried it with runners. Those with the sentence were still running after a year."),
    (1, "The rest of them had sold their shoes."),
    (0, "Then the lesson is simple. Write it down, and read it again tomorrow."),
)


@dataclass(frozen=True)
class _Person:
    """Where somebody sits, what they look like, and the voice they have."""

    x: int
    skin: Color
    hair: Color
    shirt: Color
    voice: str
    pitch: int


@dataclass(frozen=True)
class _Turn:
    """Somebody speaks: from ``start``, in seconds, these samples at 48 kHz."""

    who: int
    text: str
    start: float
    samples: NDArray[np.float32]

    @property
    def end(self) -> float:
        return self.start + len(self.samples) / SOUND


PEOPLE = (
    _Person(330, (224, 172, 138), (58, 40, 36), (44, 62, 92), "en-us", 38),
    _Person(950, (196, 140, 106), (28, 24, 26), (120, 58, 50), "en-gb", 76),
)


def make_sample(path: Path, turns: int | None = None) -> None:
    """Write the video, and its words beside it as SubRip. ``turns``: how many of the dialogue; all unless given.

    Raises BackendUnavailable without the package that speaks.
    """
    spoken = _spoken(turns)
    length = spoken[-1].end + _PAUSE
    mixed = np.zeros((int(length * SOUND),), np.float32)
    for turn in spoken:
        begin = int(turn.start * SOUND)
        mixed[begin : begin + len(turn.samples)] += turn.samples
    openings = [_openings(spoken, who, int(length * RATE)) for who in range(len(PEOPLE))]
    _write(path, _pictures(openings), mixed)
    path.with_suffix(".srt").write_text(_subtitles(spoken), encoding="utf-8")


def _spoken(turns: int | None) -> list[_Turn]:
    said = DIALOGUE[:turns]
    sounds, rate = speak([(text, PEOPLE[who].voice, PEOPLE[who].pitch) for who, text in said])
    found, time = list[_Turn](), _PAUSE
    for (who, text), sound in zip(said, sounds, strict=True):
        there = np.arange(int(len(sound) * SOUND / rate)) / SOUND
        samples = np.interp(there, np.arange(len(sound)) / rate, sound).astype(np.float32)
        found.append(_Turn(who, text, time, samples * np.float32(0.7 / max(0.01, float(np.abs(samples).max())))))
        time = found[-1].end + _PAUSE
    return found


def _openings(turns: list[_Turn], who: int, count: int) -> NDArray[np.float64]:
    """How far somebody's mouth is open in each picture, in 0..1: the loudness of the voice there."""
    opened, step = np.zeros(count), SOUND // RATE
    for turn in turns:
        if turn.who == who:
            blocks = turn.samples[: len(turn.samples) // step * step].reshape(-1, step)
            first = round(turn.start * RATE)
            loud = np.sqrt(np.square(blocks).mean(axis=1))[: count - first]
            opened[first : first + len(loud)] = loud
    return opened / max(1e-6, float(opened.max()))


def _pictures(openings: list[NDArray[np.float64]]) -> Iterator[Picture]:
    room, light = _room(), _light()
    for number in range(len(openings[0])):
        picture = room.copy()
        for person, opened in zip(PEOPLE, openings, strict=True):
            nod = 3 * np.sin(number / 9 + person.x) + 5 * opened[number]
            y = 250 + round(float(nod))
            _draw(picture, person, y, float(opened[number]), blink=number % 90 in (40, 41, 42))
            face = picture[y - _LIT : y + _LIT, person.x - _LIT : person.x + _LIT]
            face[:] = np.clip(face * light, 0, 255).astype(np.uint8)
        cv2.rectangle(picture, (0, 610), (WIDTH, HEIGHT), (92, 66, 48), -1)
        yield np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.5), np.uint8)


def _light() -> Light:
    """By how much each pixel around the middle of a face is lighter or darker than the paint."""
    v, u = np.mgrid[-_LIT:_LIT, -_LIT:_LIT].astype(np.float32) / _HEAD
    light = np.ones(u.shape, np.float32)
    for x, y, wide, high, gain in _SPOTS:
        for side in (-x, x) if x else (0.0,):
            light *= 1 + gain * np.exp(-np.square((u - side) / wide) - np.square((v - y) / high))
    return light[..., None]


def _room() -> Picture:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH] / np.array([HEIGHT, WIDTH]).reshape(2, 1, 1)
    wall = np.stack([96 + 70 * y + 40 * x, 108 + 54 * y + 30 * x, 128 + 26 * y + 10 * (1 - x)], axis=-1)
    picture, chance = wall.astype(np.uint8), np.random.default_rng(5)
    for _ in range(18):
        place = (int(chance.uniform(0, WIDTH)), int(chance.uniform(0, 0.6 * HEIGHT)))
        tint = [int(value) for value in chance.uniform((190, 150, 90), (255, 220, 170))]
        layer = picture.copy()
        cv2.circle(layer, place, int(chance.uniform(20, 60)), tint, -1, cv2.LINE_AA)
        picture = np.asarray(cv2.addWeighted(layer, 0.35, picture, 0.65, 0), np.uint8)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 11), np.uint8)


def _draw(picture: Picture, person: _Person, y: int, opened: float, *, blink: bool) -> None:
    """Shoulders, neck, head, hair and a face whose mouth is so far open."""
    shade: Color = tuple(int(0.84 * part) for part in person.skin)  # type: ignore[assignment]

    def ellipse(dx: float, dy: float, wide: float, high: float, color: Color) -> None:
        place = (int(person.x + dx * _HEAD), int(y + dy * _HEAD))
        axes = (max(1, int(wide * _HEAD)), max(1, int(high * _HEAD)))
        cv2.ellipse(picture, place, axes, 0, 0, 360, color, -1, cv2.LINE_AA)

    ellipse(0, 4.6, 2.6, 3.0, person.shirt)
    ellipse(0, 1.6, 0.5, 0.8, shade)
    ellipse(0, -0.28, 1.1, 1.28, person.hair)
    ellipse(0, 0.1, 0.94, 1.22, person.skin)
    ellipse(0, -0.98, 0.84, 0.4, person.hair)
    for side in (-0.37, 0.37):
        ellipse(side, -0.34, 0.2, 0.045, person.hair)
        if blink:
            ellipse(side, -0.06, 0.17, 0.02, shade)
            continue
        ellipse(side, -0.06, 0.17, 0.1, (244, 242, 240))
        ellipse(side, -0.06, 0.085, 0.09, (60, 42, 34))
    ellipse(0, 0.26, 0.09, 0.26, shade)
    ellipse(0, 0.46, 0.17, 0.06, shade)
    ellipse(0, 0.76, 0.33 - 0.06 * opened, 0.085 + 0.16 * opened, (158, 72, 72))
    ellipse(0, 0.76, 0.27 - 0.06 * opened, 0.012 + 0.15 * opened, (70, 22, 26))


def _write(path: Path, pictures: Iterator[Picture], mixed: NDArray[np.float32]) -> None:
    with av.open(str(path), "w", format="mp4") as container:
        picture_stream = container.add_stream("libx264", rate=RATE, width=WIDTH, height=HEIGHT, pix_fmt="yuv420p")
        picture_stream.options = {"preset": "veryfast", "crf": "20"}
        sound_stream = container.add_stream("aac", rate=SOUND, layout="mono")
        for number, picture in enumerate(pictures):
            container.mux(picture_stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            begin = number * SOUND // RATE
            block = av.AudioFrame.from_ndarray(mixed[None, begin : begin + SOUND // RATE], "fltp", "mono")
            block.sample_rate, block.pts, block.time_base = SOUND, begin, Fraction(1, SOUND)
            container.mux(sound_stream.encode(block))
        container.mux(picture_stream.encode())
        container.mux(sound_stream.encode())


def _subtitles(turns: list[_Turn]) -> str:
    rows = (f"{n}\n{_clock(turn.start)} --> {_clock(turn.end)}\n{turn.text}\n" for n, turn in enumerate(turns, 1))
    return "\n".join(rows)


def _clock(time: float) -> str:
    thousandths = round(time * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"00:{minutes:02}:{rest // 1000:02},{rest % 1000:03}"
