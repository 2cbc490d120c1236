"""Makes small songs with known beats, key and loudness, so that tests of music need none from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from numpy.typing import NDArray

RATE = 44_100
_CHORDS = {"major": (0, 4, 7, 12), "minor": (0, 3, 7, 12)}


def beat_times(per_minute: float, seconds: float, first: float = 0.4) -> NDArray[np.float64]:
    """When the beats of ``make_song`` fall."""
    return np.arange(first, seconds - 0.05, 60 / per_minute)


def music(per_minute: float, seconds: float, mode: str = "major", drums: float = 0.5) -> NDArray[np.float32]:
    """A chord on A, swelling a little with each beat, and drums on the beats, every fourth one brighter."""
    times = np.arange(round(seconds * RATE)) / RATE
    notes = (220 * 2 ** (step / 12) for step in _CHORDS[mode])
    chord = np.sum([np.sin(2 * np.pi * note * times) / (1 + rank) for rank, note in enumerate(notes)], axis=0)
    sound = 0.08 * chord
    chance = np.random.default_rng(5)
    for number, beat in enumerate(beat_times(per_minute, seconds)):
        begin = round(beat * RATE)
        length = min(round(0.08 * RATE), len(sound) - begin)
        fall = np.exp(-np.arange(length) / (0.012 * RATE))
        low = np.sin(2 * np.pi * (150 if number % 4 else 90) * np.arange(length) / RATE)
        sound[begin : begin + length] += drums * fall * (0.6 * low + 0.4 * chance.standard_normal(length))
    return np.asarray(np.clip(sound, -1, 1), dtype=np.float32)


def write_song(path: Path, sound: NDArray[np.float32], tags: Mapping[str, str] | None = None) -> Path:
    """A mono sound at 44.1 kHz as .wav, .flac, .m4a, .opus or .mp3, whatever the suffix says."""
    codec = {".wav": "pcm_s16le", ".flac": "flac", ".m4a": "aac", ".opus": "libopus", ".mp3": "libmp3lame"}
    rate = 48_000 if path.suffix == ".opus" else RATE
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = cast("av.AudioStream", container.add_stream(codec[path.suffix], rate=rate, layout="mono"))
        container.metadata.update(tags or {})
        fits = av.AudioResampler(
            format=stream.format.name, layout="mono", rate=rate, frame_size=stream.frame_size or 1024
        )
        for begin in range(0, len(sound), RATE):
            frame = av.AudioFrame.from_ndarray(sound[None, begin : begin + RATE], format="fltp", layout="mono")
            frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), begin
            for part in fits.resample(frame):
                container.mux(stream.encode(part))
        for part in fits.resample(None):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return path


def make_song(
    path: Path,
    per_minute: float = 120,
    seconds: float = 12,
    *,
    mode: str = "major",
    drums: float = 0.5,
    tags: Mapping[str, str] | None = None,
) -> Path:
    """A song in a file."""
    return write_song(path, music(per_minute, seconds, mode, drums), tags)
