"""Loudness normalization: brings a clip's sound to its target loudness below a true peak, and encodes it as AAC."""

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

_MAX_GAIN = 30.0  # dB; more would only amplify noise
_MAX_MAKEUP_GAIN = 3.0  # dB to compensate for what the limiter took
_TOLERANCE = 0.2  # LU; inaudible
_CODEC_HEADROOM = 0.3  # dB by which AAC usually raises a peak
_MAX_PASSES = 4  # of encoding, when AAC raises peaks by more
_SAFE_MARGIN = 4.0  # dB below the maximum true peak: inter-sample peaks and AAC raise sample peaks by less

Samples = NDArray[np.float32]


def normalize_loudness(
    read: Callable[[], Iterator[Samples]], loudness: float, peak: float, *, target: float, true_peak: float
) -> list[Packet]:
    """The sound as AAC packets that decode to ``target`` LUFS with at most ``true_peak`` dBTP.

    ``read`` reads the sound, float32 (2, samples) at 48 kHz, from its beginning. ``loudness`` (LUFS) and ``peak`` (of
    its samples, dBFS) are its measured levels.
    """
    if loudness == -math.inf:
        log.info("The clip is silent; its loudness is not normalized.")
        return list(encode_aac(read()))
    gain = target - loudness
    if gain > _MAX_GAIN:
        log.warning(
            "The sound is very quiet (%.0f LUFS): amplified by %.0f dB only, instead of to %.0f LUFS.",
            loudness,
            _MAX_GAIN,
            target,
        )
        gain = _MAX_GAIN
    if peak + gain <= true_peak - _SAFE_MARGIN:
        return list(encode_aac(_amplify(read(), gain)))
    return _encode_limited(read, gain, loudness + gain, true_peak)


def _encode_limited(
    read: Callable[[], Iterator[Samples]], gain: float, target: float, true_peak: float
) -> list[Packet]:
    """Limit, encode, measure, and correct: AAC may raise peaks, and the limiter lowers the loudness."""
    max_gain, ceiling = gain + _MAX_MAKEUP_GAIN, true_peak - _CODEC_HEADROOM
    loss = target - integrated_loudness(_limit(read(), gain, ceiling), RATE)  # of the limiter alone: cheap to measure
    gain = min(gain + max(0.0, loss), max_gain)
    packets: list[Packet] = []
    excess = 0.0
    for _ in range(_MAX_PASSES):
        packets = []
        measured = measure_loudness(decode_aac(_collect(encode_aac(_limit(read(), gain, ceiling)), packets)), RATE)
        excess = measured.true_peak - true_peak
        corrected_gain = min(gain + target - measured.integrated, max_gain)
        if excess <= 0 and corrected_gain - gain <= _TOLERANCE:
            return packets
        gain = max(gain, corrected_gain)
        ceiling -= excess + _TOLERANCE / 2 if excess > 0 else 0.0
    if excess > 0:
        log.warning("After encoding, the true peak exceeds the maximum of %.1f dBTP by %.1f dB.", true_peak, excess)
    return packets


def _amplify(blocks: Iterator[Samples], gain: float) -> Iterator[Samples]:
    factor = np.float32(to_amplitude(gain))
    return (block * factor for block in blocks)


def _limit(blocks: Iterator[Samples], gain: float, ceiling: float) -> Iterator[Samples]:
    return limit_true_peak(_amplify(blocks, gain), RATE, to_amplitude(ceiling))


def _collect(packets: Iterable[Packet], collected: list[Packet]) -> Iterator[Packet]:
    for packet in packets:
        collected.append(packet)
        yield packet
