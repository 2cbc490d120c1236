"""Arrangement of a song: cut or looped to a length from beat to beat, with inaudibly short crossfades."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.audio.songs import SongFeatures
from clipy.media.audio_file import read_audio_file

CROSSFADE = 0.05  # seconds; it ends on the beat, so that the beat itself stays intact
_MAX_INTRO = 8.0  # seconds; a song whose first beat comes later starts with its intro
_BEATS_PER_BAR = 4
_MIN_LOOP_BEATS = 16  # songs with fewer beats are repeated as a whole
_LENGTH_BONUS = 0.01  # of a loop per beat, in chroma distance: longer loops are preferred

Segment = tuple[float, float]  # start and end in seconds of the song
Samples = NDArray[np.float32]


def arrange(song: SongFeatures, duration: float) -> tuple[Segment, ...]:
    """Segments of a song that last ``duration`` seconds when played in a row. The first starts on a beat."""
    beats = song.beats
    start = float(beats[0]) if len(beats) and beats[0] < _MAX_INTRO else 0.0
    if start + duration <= song.duration:
        return ((start, start + duration),)
    loop_start, loop_end = _find_loop(song)
    segments: list[Segment] = [(start, loop_end)]
    remaining = duration - (loop_end - start)
    while remaining > 0:
        segments.append((loop_start, min(loop_end, loop_start + remaining)))
        remaining -= loop_end - loop_start
    return tuple(segments)


def _find_loop(song: SongFeatures) -> Segment:
    """The best loop: whole bars long, between two beats that sound alike."""
    beats, colour = song.beats, song.colour
    count = int(np.searchsorted(beats, song.duration - CROSSFADE))
    first = int(np.searchsorted(beats, CROSSFADE)) + 1
    best: tuple[float, int, int] | None = None
    for begin in range(first, max(first, count // 3)) if count >= _MIN_LOOP_BEATS else ():
        for end in range(2 * count // 3, count):
            if (end - begin) % _BEATS_PER_BAR == 0:
                distance = float(np.abs(colour[begin - 1 : begin + 1] - colour[end - 1 : end + 1]).sum())
                candidate = (distance - _LENGTH_BONUS * (end - begin), begin, end)
                best = candidate if best is None or candidate < best else best
    if best is None:
        return CROSSFADE, song.duration
    return float(beats[best[1]]), float(beats[best[2]])


class SegmentPlayer:
    """Plays segments of a song in a row. Buffers a block and a crossfade, never the whole song."""

    def __init__(self, path: Path, segments: Sequence[Segment], rate: int) -> None:
        self._blocks = _crossfaded(path, segments, rate)
        self._buffer: Samples = np.zeros((2, 0), dtype=np.float32)

    def read(self, count: int) -> Samples:
        """The next ``count`` samples, float32 (2, count); silence after the end."""
        parts, available = [self._buffer], self._buffer.shape[1]
        while available < count:
            block = next(self._blocks, None)
            if block is None:
                block = np.zeros((2, count - available), dtype=np.float32)
            parts.append(block)
            available += block.shape[1]
        samples = np.concatenate(parts, axis=1)
        self._buffer = samples[:, count:]
        return samples[:, :count]


def _crossfaded(path: Path, segments: Sequence[Segment], rate: int) -> Iterator[Samples]:
    fade = round(CROSSFADE * rate)
    angle = (np.arange(fade, dtype=np.float32) + 0.5) / fade * np.float32(np.pi / 2)
    tail: Samples | None = None
    for number, (start, end) in enumerate(segments):
        lead = 0 if tail is None else fade
        begin = round(start * rate) - lead
        count, last = round(end * rate) - begin, number == len(segments) - 1
        stream = _exactly(read_audio_file(path, rate=rate, channels=2, start=begin), count)
        held = np.zeros((2, 0), dtype=np.float32)
        for block in stream:
            held = np.concatenate([held, block], axis=1)
            if tail is not None:
                if held.shape[1] < fade:
                    continue
                held[:, :fade] = held[:, :fade] * np.sin(angle) + tail * np.cos(angle)
                tail = None
            ready = held.shape[1] - (0 if last else fade)
            if ready > 0:
                yield held[:, :ready]
                held = held[:, ready:]
        if tail is not None:  # a segment shorter than a crossfade
            yield held
            return
        tail = None if last else np.pad(held, ((0, 0), (0, max(0, fade - held.shape[1]))))


def _exactly(blocks: Iterator[Samples], count: int) -> Iterator[Samples]:
    """The first ``count`` samples, padded with silence; reads no further than needed."""
    position = 0
    for block in blocks:
        part = block[:, : count - position]
        position += part.shape[1]
        yield np.array(part)
        if position >= count:
            return
    yield np.zeros((2, count - position), dtype=np.float32)
