"""Brings a clip's sound to its loudness without passing its highest peak, and codes it."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from clipy.media.aac import SAMPLE_RATE as RATE
from clipy.media.aac import Packet, decode_aac, encode_aac
from clipy.media.limiter import limit_true_peak
from clipy.media.loudness import integrated_loudness, measure_loudness, to_amplitude

log = logging.getLogger(__name__)

_LOUDEST_GAIN = 30.0  # dB; more would only bring up noise
_MAKE_UP = 3.0  # dB at most that are given back for what the limiter took
_NEAR = 0.2  # LU off the target that nobody hears
_ENCODER_ROOM = 0.3  # dB by which AAC usually raises a peak
_TRIES = 4  # at keeping the peaks down when AAC raises them by more
_SAFE = 4.0  # dB below the highest peak allowed: peaks between samples, and of AAC, rise less than that

Samples = NDArray[np.float32]


def levelled(
    raw: Callable[[], Iterator[Samples]], loudness: float, peak: float, *, target: float, true_peak: float
) -> list[Packet]:
    """The sound as AAC packets, such that players hear ``target`` LUFS and at most ``true_peak`` dBTP.

    ``raw`` reads the sound (2, samples) at 48 kHz from its beginning; ``loudness`` (LUFS) and ``peak`` (dB, of its
    samples) are what was measured in it.
    """
    if loudness == -math.inf:
        log.info("the clip is silent, so its loudness is left alone")
        return list(encode_aac(raw()))
    gain = target - loudness
    if gain > _LOUDEST_GAIN:
        log.warning(
            "the sound is very quiet (%.0f LUFS): it is raised by %.0f dB, not to %.0f LUFS",
            loudness,
            _LOUDEST_GAIN,
            target,
        )
        gain = _LOUDEST_GAIN
    if peak + gain <= true_peak - _SAFE:
        return list(encode_aac(_louder(raw(), gain)))
    return _limited(raw, gain, loudness + gain, true_peak)


def _limited(raw: Callable[[], Iterator[Samples]], gain: float, wanted: float, true_peak: float) -> list[Packet]:
    """Limit, code, listen, and correct: AAC may raise peaks, and the limiter takes loudness."""
    most, ceiling = gain + _MAKE_UP, true_peak - _ENCODER_ROOM
    taken = wanted - integrated_loudness(_calm(raw(), gain, ceiling), RATE)  # by the limiter alone: cheap to ask
    gain = min(gain + max(0.0, taken), most)
    packets: list[Packet] = []
    over = 0.0
    for _ in range(_TRIES):
        packets = []
        found = measure_loudness(decode_aac(_kept(encode_aac(_calm(raw(), gain, ceiling)), packets)), RATE)
        over = found.true_peak - true_peak
        louder = min(gain + wanted - found.integrated, most)
        if over <= 0 and louder - gain <= _NEAR:
            return packets
        gain = max(gain, louder)
        ceiling -= over + _NEAR / 2 if over > 0 else 0.0
    if over > 0:
        log.warning("after coding, the sound peaks %.1f dB above the %.1f dBTP that were asked for", over, true_peak)
    return packets


def _louder(blocks: Iterator[Samples], gain: float) -> Iterator[Samples]:
    factor = np.float32(to_amplitude(gain))
    return (block * factor for block in blocks)


def _calm(blocks: Iterator[Samples], gain: float, ceiling: float) -> Iterator[Samples]:
    return limit_true_peak(_louder(blocks, gain), RATE, to_amplitude(ceiling))


def _kept(packets: Iterable[Packet], kept: list[Packet]) -> Iterator[Packet]:
    for packet in packets:
        kept.append(packet)
        yield packet
