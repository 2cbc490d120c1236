"""Music cut or looped to a length: from beat to beat, with a cross-fade too short to be heard as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.audio.songs import SongFeatures
from clipy.media.audio_file import read_audio_file

JOIN = 0.05  # seconds of a cross-fade; it ends on the beat, so that the beat itself is whole
_LATEST_START = 8.0  # seconds; a song whose first beat comes later has an intro, which is music too
_BAR = 4  # beats
_LOOP_BEATS = 16  # a song with fewer is repeated as a whole
_LONGER = 0.01  # how much liker two places must be for a loop that is one beat shorter

Piece = tuple[float, float]  # seconds of the song, from and to
Samples = NDArray[np.float32]


def arranged(heard: SongFeatures, duration: float) -> tuple[Piece, ...]:
    """The pieces of a song that, one after the other, last as long as asked for. The first begins on a beat."""
    beats = heard.beats
    start = float(beats[0]) if len(beats) and beats[0] < _LATEST_START else 0.0
    if start + duration <= heard.duration:
        return ((start, start + duration),)
    again, until = _loop(heard)
    pieces: list[Piece] = [(start, until)]
    left = duration - (until - start)
    while left > 0:
        pieces.append((again, min(until, again + left)))
        left -= until - again
    return tuple(pieces)


def _loop(heard: SongFeatures) -> Piece:
    """From where to where to play again and again: whole bars apart, between places that sound alike."""
    beats, colour = heard.beats, heard.colour
    count = int(np.searchsorted(beats, heard.duration - JOIN))
    first = int(np.searchsorted(beats, JOIN)) + 1
    best: tuple[float, int, int] | None = None
    for begin in range(first, max(first, count // 3)) if count >= _LOOP_BEATS else ():
        for end in range(2 * count // 3, count):
            if (end - begin) % _BAR == 0:
                apart = float(np.abs(colour[begin - 1 : begin + 1] - colour[end - 1 : end + 1]).sum())
                found = (apart - _LONGER * (end - begin), begin, end)
                best = found if best is None or found < best else best
    if best is None:
        return JOIN, heard.duration
    return float(beats[best[1]]), float(beats[best[2]])


class Player:
    """Plays pieces of a song: ``read`` hands out the next samples. Holds a block and a cross-fade, never the song."""

    def __init__(self, path: Path, pieces: Sequence[Piece], rate: int) -> None:
        self._blocks = _joined(path, pieces, rate)
        self._rest: Samples = np.zeros((2, 0), dtype=np.float32)

    def read(self, count: int) -> Samples:
        """Exactly ``count`` samples (2, count); silence after the end."""
        parts, there = [self._rest], self._rest.shape[1]
        while there < count:
            block = next(self._blocks, None)
            if block is None:
                block = np.zeros((2, count - there), dtype=np.float32)
            parts.append(block)
            there += block.shape[1]
        samples = np.concatenate(parts, axis=1)
        self._rest = samples[:, count:]
        return samples[:, :count]


def _joined(path: Path, pieces: Sequence[Piece], rate: int) -> Iterator[Samples]:
    join = round(JOIN * rate)
    angle = (np.arange(join, dtype=np.float32) + 0.5) / join * np.float32(np.pi / 2)
    tail: Samples | None = None
    for number, (start, end) in enumerate(pieces):
        lead = 0 if tail is None else join
        begin = round(start * rate) - lead
        count, last = round(end * rate) - begin, number == len(pieces) - 1
        stream = _exactly(read_audio_file(path, rate=rate, channels=2, start=begin), count)
        held = np.zeros((2, 0), dtype=np.float32)
        for block in stream:
            held = np.concatenate([held, block], axis=1)
            if tail is not None:
                if held.shape[1] < join:
                    continue
                held[:, :join] = held[:, :join] * np.sin(angle) + tail * np.cos(angle)
                tail = None
            free = held.shape[1] - (0 if last else join)
            if free > 0:
                yield held[:, :free]
                held = held[:, free:]
        if tail is not None:  # a piece shorter than a cross-fade
            yield held
            return
        tail = None if last else np.pad(held, ((0, 0), (0, max(0, join - held.shape[1]))))


def _exactly(blocks: Iterator[Samples], count: int) -> Iterator[Samples]:
    """As many samples as asked for: cut off, or filled with silence."""
    given = 0
    for block in blocks:
        part = block[:, : count - given]
        given += part.shape[1]
        yield np.array(part)
        if given >= count:
            return
    yield np.zeros((2, count - given), dtype=np.float32)
