"""A conversation made of two recordings of single talkers side by side, so that every change of speaker is known."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from clipy import probe
from clipy.media.read import pictures, sound_array

RATE = 16_000
_WIDE, _HIGH = 960, 1080  # of each half
_TURNS = (4.0, 3.0, 5.0, 2.0, 3.0, 4.0, 2.5, 3.0)  # seconds


def composed(path: Path, talkers: Sequence[Path]) -> list[float]:
    """Write the conversation and return the times at which the other one begins to speak. Listeners are still."""
    shown = [_pictures(talker) for talker in talkers]
    heard = [_sound(talker) for talker in talkers]
    at = [0, 0]
    changes, sound = [], []
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25, options={"preset": "veryfast", "crf": "23"})
        video.width, video.height, video.pix_fmt = 2 * _WIDE, _HIGH, "yuv420p"
        audio = container.add_stream("aac", rate=RATE)
        audio.layout = "mono"
        for turn, duration in enumerate(_TURNS):
            who, count = turn % 2, round(duration * 25)
            if at[who] + count > len(shown[who]):
                at[who] = 0  # begin again; the picture jumps while nobody looks
            changes.append(sum(_TURNS[:turn]))
            piece = heard[who][at[who] * RATE // 25 : (at[who] + count) * RATE // 25]
            sound.append(np.pad(piece, (0, count * RATE // 25 - len(piece))))
            for _ in range(count):
                both = np.hstack([shown[side][min(at[side], len(shown[side]) - 1)] for side in (0, 1)])
                container.mux(video.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(both), format="rgb24")))
                at[who] += 1
        container.mux(video.encode())
        samples = np.concatenate(sound)
        for first in range(0, len(samples), 1024):
            block = av.AudioFrame.from_ndarray(samples[None, first : first + 1024], format="fltp", layout="mono")
            block.sample_rate, block.pts = RATE, first
            container.mux(audio.encode(block))
        container.mux(audio.encode())
    return changes[1:]


def _pictures(path: Path) -> list[NDArray[np.uint8]]:
    video = probe(path)
    found = []
    for _, picture in pictures(video, video.span, rate=Fraction(25), height=720):
        high, wide = picture.shape[:2]
        want = min(wide, round(high * _WIDE / _HIGH))
        tall = min(high, round(want * _HIGH / _WIDE))
        cut = picture[:tall, (wide - want) // 2 : (wide - want) // 2 + want]
        found.append(np.asarray(cv2.resize(cut, (_WIDE, _HIGH), interpolation=cv2.INTER_AREA), dtype=np.uint8))
    return found


def _sound(path: Path) -> NDArray[np.float32]:
    video = probe(path)
    samples = sound_array(video, video.span, rate=RATE)[0]
    level = float(np.sqrt(np.mean(samples**2))) + 1e-6
    return np.asarray(samples * (0.08 / level), dtype=np.float32)
