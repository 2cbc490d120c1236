"""Speakers of words by microphone level, where each person has their own microphone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from clipy.analysis.audio.levels import streamed_levels
from clipy.analysis.audio.speech import FRAME, RATE
from clipy.analysis.audio.track_survey import FLOOR
from clipy.context import Context
from clipy.media.read import sound
from clipy.types import Array, Transcript, Video, Word

_VERSION = 1
_STAYS = 3.0  # dB by which another microphone must be louder to change the speaker


def with_speakers(transcript: Transcript, video: Video, ctx: Context) -> Transcript:
    """Assign speakers to words where the video's mix has one microphone per person.

    Transcripts that already have speakers are returned unchanged.
    """
    people = [one.speaker for one in video.speech_mix]
    if len(people) < 2 or any(name is None for name in people) or any(word.speaker for word in transcript.words):
        return transcript
    levels = np.asarray(ctx.cached_value("transcribe.microphones", _VERSION, (video,), Array, lambda: _levels(video)))
    words: list[Word] = []
    current = 0
    for word in transcript.words:
        first = int(word.start * RATE) // FRAME
        part = levels[:, first : max(first + 1, int(word.end * RATE) // FRAME + 1)]
        if part.shape[1]:
            loud = 10 * np.log10(np.mean(10 ** (part.astype(np.float64) / 10), axis=1))
            best = int(loud.argmax())
            current = best if loud[best] - loud[current] >= _STAYS or not words else current
        words.append(replace(word, speaker=people[current]))
    return replace(transcript, words=tuple(words))


def _levels(video: Video) -> Array:
    """Level in dBFS of each microphone at its gain in the mix, (inputs, frames of 32 ms)."""
    found = []
    for one in video.speech_mix:
        blocks = sound(video, video.span, rate=RATE, mix=(one,))
        found.append(np.concatenate([*streamed_levels(blocks, FRAME, FLOOR), np.empty(0, dtype=np.float32)]))
    shortest = min(map(len, found))
    return np.stack([levels[:shortest] for levels in found])
