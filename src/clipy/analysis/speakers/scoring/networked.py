"""What active-speaker detectors with a network, which sees each face and hears the sound, have in common.

Nothing is re-encoded. Faces are cut out of the decoded pictures 25 times per second, at the times of their track,
whatever the frame rate of the video; the sound is resampled exactly to 16 kHz. Encoders see pieces of a track that
overlap by as much as they look around; what they say is small and kept, and a track is judged in longer windows that
overlap, too.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from clipy.analysis.base import SpeakerDetector
from clipy.analysis.speakers.scoring.mfcc import HOP, mfcc
from clipy.analysis.speakers.scoring.mfcc import RATE as SOUND_RATE
from clipy.analysis.speakers.scoring.network import Piece, SpeakerNetwork, cut
from clipy.context import Context
from clipy.media.patch import extract_patch
from clipy.media.read import frames_at, sound_array
from clipy.types import TRACK_RATE, Span, Track, Video

_SIDE = 112  # pixels of a face
_CEPSTRA = 100 // int(TRACK_RATE)  # frames of sound for each picture
_CROP = 0.7  # side of the square around a face, in sizes of its box: that of the published demos
_LOWER = 0.2  # how far the square's middle lies below the box's, in sizes of the box: the mouth counts
_MEDIAN = 13  # times over which a box is steadied, as in the published demos
_HASTY = 2.0  # by which the log odds are divided: networks are surer than right (Guo et al. 2017), most of two lips
_PIECE = 75  # times that the encoders see at once


class NetworkSpeakers(SpeakerDetector):
    """Core of the detectors that run a published network; a backend loads it."""

    class Options(SpeakerDetector.Options):
        window: float = Field(6, ge=1, le=60, description="Seconds of a face that are judged together.")
        batch: int = Field(1, ge=1, le=256, description="How many pieces of faces the network sees at once.")

    options: Options

    reach = 12  # times before and after each in the receptive field of the encoders

    def __init__(self, options: SpeakerDetector.Options | None = None) -> None:
        super().__init__(options)
        self._network: SpeakerNetwork | None = None

    @abstractmethod
    def load(self, ctx: Context) -> SpeakerNetwork:
        """Fetch and load the network. Raises ModelError when its weights cannot be had."""

    def release(self) -> None:
        self._network = None

    def benefits_from_diarization(self) -> bool:
        return True

    def score(self, video: Video, tracks: list[Track], ctx: Context) -> list[Track]:
        found = self.log_odds(video, tracks, ctx)
        return [
            replace(track, speaking=(1 / (1 + np.exp(-odds / _HASTY))).astype(np.float32))
            for track, odds in zip(tracks, found, strict=True)
        ]

    def log_odds(self, video: Video, tracks: Sequence[Track], ctx: Context) -> list[NDArray[np.float32]]:
        """What the network says of each track at its times: the logarithm of the odds that the face speaks.

        Raises ModelError when its weights cannot be had.
        """
        if not tracks:
            return []
        if self._network is None:
            self._network = self.load(ctx)
        network = self._network
        seen = network.encode_video(_faces(video, tracks, self.reach, ctx))
        first, heard = _sound(video, tracks, self.reach, network)
        window = max(2, round(self.options.window * float(TRACK_RATE)))
        starts = [_ticks(track)[0] - first for track in tracks]
        return [
            network.classify(seen[number], heard[start : start + len(seen[number])], window)
            for number, start in enumerate(starts)
        ]


def _ticks(track: Track) -> list[int]:
    return [round(time * float(TRACK_RATE)) for time in track.times.tolist()]


def _faces(video: Video, tracks: Sequence[Track], reach: int, ctx: Context) -> Iterator[Piece]:
    """The faces of all tracks in pieces, in one pass over the video; of each track as much is held as a piece needs."""
    at: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for number, track in enumerate(tracks):
        for index, tick in enumerate(_ticks(track)):
            at[tick].append((number, index))
    boxes = [_steadied(track) for track in tracks]
    due = [list(cut(len(track.times), _PIECE, reach)) for track in tracks]
    held: list[dict[int, NDArray[np.uint8]]] = [{} for _ in tracks]
    ticks = sorted(at)
    for done, (time, frame) in enumerate(frames_at(video, [tick / TRACK_RATE for tick in ticks])):
        if done % 100 == 0:
            ctx.report("Watching faces speak", done / len(ticks))
        for number, index in at[int(time * TRACK_RATE)]:
            x, y, size = boxes[number][index].tolist()
            face = extract_patch(frame, video, (x, y + _LOWER * size), _CROP * size, _SIDE)
            held[number][index] = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False)
            while due[number] and due[number][0][0].stop == index + 1:
                part, keep = due[number].pop(0)
                yield Piece(number, np.stack([held[number][k] for k in range(part.start, part.stop)]), keep)
                needed = due[number][0][0].start if due[number] else part.stop
                held[number] = {k: face for k, face in held[number].items() if k >= needed}


def _steadied(track: Track) -> NDArray[np.float64]:
    """(n, 3): the middle of each box and its longer side, each the median of those around it."""
    x1, y1, x2, y2 = np.asarray(track.boxes, dtype=np.float64).T
    values = np.stack([(x1 + x2) / 2, (y1 + y2) / 2, np.maximum(x2 - x1, y2 - y1)], axis=1)
    padded = np.pad(values, ((_MEDIAN // 2, _MEDIAN // 2), (0, 0)), mode="edge")
    around = np.lib.stride_tricks.sliding_window_view(padded, _MEDIAN, axis=0)
    return np.asarray(np.median(around, axis=2), dtype=np.float64)


def _sound(
    video: Video, tracks: Sequence[Track], reach: int, network: SpeakerNetwork
) -> tuple[int, NDArray[np.float32]]:
    """What the sound says at each time of the grid from a first one on: that time, and (times, channels)."""
    first = min(_ticks(track)[0] for track in tracks)
    count = max(_ticks(track)[-1] for track in tracks) + 1 - first
    pieces = (
        Piece(0, _cepstra(video, first + part.start, part.stop - part.start), keep)
        for part, keep in cut(count, 10 * _PIECE, reach)
    )
    return first, network.encode_audio(pieces)[0]


def _cepstra(video: Video, tick: int, count: int) -> NDArray[np.float32]:
    """(4 * count, 13) from a time of the grid on; those of silence when there is no sound track."""
    frames = count * _CEPSTRA
    samples = (frames - 1) * HOP + 400
    if not video.audio:
        return mfcc(np.zeros(samples, dtype=np.float32))
    start = tick / TRACK_RATE
    sound = sound_array(video, Span(start, start + Fraction(samples, SOUND_RATE)), rate=SOUND_RATE)[0]
    return mfcc(sound)[:frames]
