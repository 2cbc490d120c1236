"""Analysis of background music: tempo, beats, key, loudness and mood.

Mood is a point on Russell's plane ("A circumplex model of affect", 1980): ``valence`` from sad to happy, ``energy``
from calm to wild, both 0..1. Measured once per song and cached under its fingerprint.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.audio.beats import RATE, Pulse, beats, pulse, spectra, tempo
from clipy.context import Context
from clipy.errors import MediaError
from clipy.media.audio_file import read_audio_file
from clipy.media.loudness import integrated_loudness
from clipy.types import Array

_VERSION = 1
_LOUDNESS_RATE = 48_000
_LONGEST = 6 * 60  # seconds that are analysed; the rest is never played
_SHORTEST = 4.0  # seconds
_WINDOW, _HOP = 4096, 1600  # a quarter of a second for pitch, ten times per second
_NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
# Krumhansl and Kessler's key profiles (1982): how well each of twelve pitches fits a major and a minor key on C.
_MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
_MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])


@dataclass(frozen=True, slots=True)
class Song:
    """A sound file; songs are equal when their bytes are."""

    fingerprint: str
    path: Path = field(default=Path(), compare=False)


@dataclass(frozen=True, slots=True)
class Mood:
    """Both in 0..1: sad to happy, and calm to wild."""

    valence: float
    energy: float

    def distance(self, other: Mood) -> float:
        """Euclidean distance of two moods; at most the square root of two."""
        return float(np.hypot(self.valence - other.valence, self.energy - other.energy))


MOODS = {
    "angry": Mood(0.15, 0.9),
    "calm": Mood(0.6, 0.15),
    "dark": Mood(0.15, 0.4),
    "dramatic": Mood(0.3, 0.7),
    "energetic": Mood(0.65, 0.95),
    "epic": Mood(0.6, 0.85),
    "happy": Mood(0.9, 0.65),
    "melancholic": Mood(0.25, 0.3),
    "nostalgic": Mood(0.4, 0.35),
    "playful": Mood(0.85, 0.55),
    "romantic": Mood(0.7, 0.3),
    "sad": Mood(0.1, 0.2),
    "serious": Mood(0.35, 0.4),
    "tender": Mood(0.65, 0.3),
    "tense": Mood(0.2, 0.7),
    "upbeat": Mood(0.85, 0.75),
}


@dataclass(frozen=True, slots=True, eq=False)
class SongFeatures:
    """Features of a song. ``beats``: float64 (n,) seconds. ``colour``: float32 (n, 13), chroma and level (in units of
    10 dB) of each beat, to find self-similar places. ``loudness`` in LUFS; ``swing``: dB by which the loudest three
    seconds exceed it.
    """

    duration: float
    tempo: float
    key: str
    mood: Mood
    loudness: float
    swing: float
    beats: Array
    colour: Array


def song_features(song: Song, ctx: Context) -> SongFeatures:
    """Measure a song, cached. Raises what ``measure_song`` raises."""
    return ctx.cached_value("songs.features", _VERSION, (song,), SongFeatures, lambda: measure_song(song))


def measure_song(song: Song) -> SongFeatures:
    """Measure a song. Raises MediaError where it cannot be decoded, is silent, or is too short."""
    mono = _mono(song)
    moves = pulse(iter(mono))
    duration = sum(len(block) for block in mono) / RATE
    if duration < _SHORTEST:
        raise MediaError(f"it lasts only {duration:.1f} s", where=song.path, do="Give longer music")
    per_minute = tempo(moves.strength)
    times = beats(moves.strength, per_minute)
    chroma, level = _pitches(iter(mono))
    key, majorness = _key(chroma, level)
    loudness = integrated_loudness(read_audio_file(song.path, rate=_LOUDNESS_RATE, channels=2), _LOUDNESS_RATE)
    if loudness == -math.inf:
        raise MediaError("it is silent", where=song.path, do="Remove it from the music")
    colour = _colour(times, chroma, level)
    return SongFeatures(
        duration, per_minute, key, _mood(moves, per_minute, majorness), loudness, _swing(level), times, colour
    )


def _mono(song: Song) -> list[NDArray[np.float32]]:
    """Decode its first minutes: 64 kB per second."""
    blocks, left = list[NDArray[np.float32]](), _LONGEST * RATE
    for block in read_audio_file(song.path, rate=RATE, channels=1):
        blocks.append(block[0, :left])
        left -= block.shape[1]
        if left <= 0:
            break
    return blocks


def _pitches(blocks: Iterator[NDArray[np.float32]]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Chroma (n, 12) and level in dB (n,), ten times per second."""
    frequencies = np.fft.rfftfreq(_WINDOW, 1 / RATE)
    audible = (frequencies > 60) & (frequencies < 2100)
    notes = np.round(12 * np.log2(frequencies[audible] / 440) + 57).astype(int) % 12
    to_chroma = np.zeros((len(notes), 12), dtype=np.float32)
    to_chroma[np.arange(len(notes)), notes] = 1
    chroma, level = [], []
    for power in spectra(blocks, _WINDOW, _HOP):
        chroma.append(np.sqrt(power[:, audible]) @ to_chroma)
        level.append(10 * np.log10(np.maximum(power[:, 1:].sum(axis=1) / _WINDOW**2, 1e-9)))
    joined = np.concatenate(chroma)
    joined /= np.maximum(joined.sum(axis=1, keepdims=True), 1e-9)
    return joined.astype(np.float32), np.concatenate(level).astype(np.float32)


def _key(chroma: NDArray[np.float32], level: NDArray[np.float32]) -> tuple[str, float]:
    """The key, and how much better the best major key correlates than the best minor key."""
    mean = chroma[level > level.max() - 30].mean(axis=0)
    fits = {
        (note, mode): float(np.corrcoef(mean, np.roll(profile, note))[0, 1]) if mean.std() > 0 else 0.0
        for mode, profile in (("major", _MAJOR), ("minor", _MINOR))
        for note in range(12)
    }
    note, mode = max(fits, key=lambda pair: fits[pair])
    major, minor = (max(fits[n, name] for n in range(12)) for name in ("major", "minor"))
    return f"{_NOTES[note]} {mode}", major - minor


def _mood(moves: Pulse, per_minute: float, majorness: float) -> Mood:
    """Energy from onsets, brightness and tempo; valence from the mode, with a share of the energy."""
    energy = (
        0.4 * _share(moves.newness, 0.08, 0.15)
        + 0.3 * _share(moves.highs, 0.01, 0.045)
        + 0.3 * _share(per_minute, 60, 150)
    )
    valence = 0.65 * _share(majorness, -0.25, 0.25) + 0.35 * energy
    return Mood(round(valence, 4), round(energy, 4))


def named_mood(path: Path) -> Mood | None:
    """The mood in a song's file or folder name; None where there is none."""
    for name in (path.stem, path.parent.name):
        for word in re.split(r"[^a-z]+", name.lower()):
            if word in MOODS:
                return MOODS[word]
    return None


def _share(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))


def _swing(level: NDArray[np.float32]) -> float:
    power = 10 ** (level.astype(np.float64) / 10)
    width = min(30, len(power))
    loudest = np.convolve(power, np.full(width, 1 / width), mode="valid").max()
    usual = power[level > 10 * np.log10(power.mean()) - 10].mean()
    return max(0.0, float(10 * np.log10(loudest / usual)))


def _colour(times: NDArray[np.float64], chroma: NDArray[np.float32], level: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean chroma and level from each beat to the next."""
    if not len(times):
        return np.zeros((0, 13), dtype=np.float32)
    edges = np.minimum((np.append(times, times[-1] + 0.5) * RATE / _HOP).astype(int), len(level) - 1)
    rows = [
        np.append(chroma[a : max(a + 1, b)].mean(axis=0), level[a : max(a + 1, b)].mean() / 10)
        for a, b in pairwise(edges.tolist())
    ]
    return np.asarray(rows, dtype=np.float32)
