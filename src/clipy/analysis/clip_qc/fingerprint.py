"""Perceptual fingerprints of picture, sound and words: they match clips of the same moment even when re-encoded.

The picture is kept as one 64-bit hash every half second (the signs of the low frequencies: Zauner, "Implementation and
Benchmarking of Perceptual Image Hash Functions", 2010), the sound as eight bands ten times per second, what is said.
Prints are stored under the file's sha256, so that a published clip is known when its file is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from clipy.analysis.audio.speech import RATE
from clipy.analysis.clip_qc.inspection import Inspection
from clipy.analysis.clip_qc.speech import speech_of
from clipy.analysis.meaning.duplicates import containment, shingles
from clipy.context import Context
from clipy.media.checks.proxy import proxy_frames
from clipy.types import Array

_NAME = "review.print"
VERSION = 1
_LOOKS = Fraction(2)  # frames per second
_SIDE, _KEPT = 32, 8  # pixels of the picture that is transformed, and of its low frequencies
_HOP = RATE // 10
_BANDS = 8
_LOWEST, _HIGHEST = 100.0, 6000.0  # Hz
_ALIKE_SOUND = 0.8  # correlation over the stretch that both share
_ALIKE_PICTURE = 16  # of 64 bits that may differ on average: other captions, other coding
_OTHER_PICTURE = 26  # at which pictures differ, even with equal sound: the same music under two scenes
_ALIKE_WORDS = 0.5  # of the shorter one's phrases
_LEAST_WORDS = 12
_SHARED = 0.5  # of the shorter clip that must be compared
_LEAST = 3.0  # seconds


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """``pictures``: uint64 (n,), two a second. ``bands``: float32 (m, 8) dB, ten a second. ``words``: what is said."""

    pictures: Array
    bands: Array
    words: str


def fingerprint_of(inspection: Inspection, words: str, ctx: Context) -> Fingerprint:
    """A clip's print: ``words`` are what is said in it."""

    def measure() -> Fingerprint:
        proxy = inspection.proxy
        hashes = [_hash(picture) for _, picture in proxy_frames(proxy, rate=_LOOKS, gray=True)]
        video = inspection.video
        heard = speech_of(video, ctx).samples if video.audio else np.zeros(0, dtype=np.float32)
        return Fingerprint(np.array(hashes, dtype=np.uint64), _bands(heard), words)

    return ctx.cached_value(_NAME, VERSION, (inspection.video.fingerprint,), Fingerprint, measure)


def stored_fingerprint(fingerprint: str, ctx: Context) -> Fingerprint | None:
    """The print of a file of which only the sha256 is known; None where it was never made."""
    found: Fingerprint | None = ctx.stored_value(_NAME, VERSION, (fingerprint,), Fingerprint)
    return found


def same_moment(first: Fingerprint, second: Fingerprint) -> str:
    """In what two clips are the same, for a person; empty when they are not."""
    if _same_words(first.words, second.words):
        return "says the same"
    alike, lag = _sound(first.bands, second.bands)
    differ = _differ(first.pictures, second.pictures, lag)
    if alike >= _ALIKE_SOUND and differ < _OTHER_PICTURE:
        return "sounds the same"
    if _is_heard(first.bands) and _is_heard(second.bands):
        return ""
    nearest = min(_differ(first.pictures, second.pictures, at) for at in _lags(first, second))
    return "looks the same" if _moves(first.pictures) and nearest < _ALIKE_PICTURE else ""


def _same_words(first: str, second: str) -> bool:
    if min(len(first.split()), len(second.split())) < _LEAST_WORDS:
        return False
    return containment(shingles(first), shingles(second)) >= _ALIKE_WORDS


def _hash(picture: NDArray[np.uint8]) -> int:
    small = cv2.resize(picture, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = cv2.dct(small)[:_KEPT, :_KEPT].reshape(-1)
    bits = low > np.median(low[1:])
    return int(np.packbits(bits).view(">u8")[0])


def _bands(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Level of each band in each tenth of a second, in dB."""
    count = len(samples) // _HOP
    if count == 0:
        return np.zeros((0, _BANDS), dtype=np.float32)
    power = np.abs(np.fft.rfft(samples[: count * _HOP].reshape(count, _HOP) * np.hanning(_HOP), axis=1)) ** 2
    edges = np.geomspace(_LOWEST, _HIGHEST, _BANDS + 1) / (RATE / _HOP)
    columns = [power[:, int(low) : max(int(low) + 1, int(high))].sum(axis=1) for low, high in pairwise(edges)]
    return np.asarray(10 * np.log10(np.stack(columns, axis=1) + 1e-6), dtype=np.float32)


def _is_heard(bands: NDArray[np.float32]) -> bool:
    return len(bands) > 0 and float(bands.max() - bands.min()) > 10


def _sound(first: NDArray[np.float32], second: NDArray[np.float32]) -> tuple[float, int]:
    """The best correlation over all ways to lay two sounds over one another, and by how many tenths they are apart."""
    if not _is_heard(first) or not _is_heard(second):
        return 0.0, 0
    shorter = min(len(first), len(second))
    least = max(int(_SHARED * shorter), min(shorter, int(_LEAST * 10)))
    best = (0.0, 0)
    for lag in range(least - len(second), len(first) - least + 1):
        a = first[max(0, lag) : min(len(first), lag + len(second))]
        b = second[max(0, -lag) : max(0, -lag) + len(a)]
        best = max(best, (_correlation(a, b), lag))
    return best


def _correlation(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Of how each band goes up and down; levels do not count."""
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    return float((a * b).sum() / max(1e-6, float(np.linalg.norm(a) * np.linalg.norm(b))))


def _differ(first: NDArray[np.uint64], second: NDArray[np.uint64], lag: int) -> float:
    """How many of 64 bits differ on average when the second lies ``lag`` tenths of a second after the first's start."""
    shift = round(lag / 10 * float(_LOOKS))
    a = first[max(0, shift) : max(0, min(len(first), shift + len(second)))]
    b = second[max(0, -shift) : max(0, -shift) + len(a)]
    if not len(a) or len(a) != len(b):
        return 64.0
    return float(np.unpackbits((a ^ b).view(np.uint8)).sum() / len(a))


def _moves(looks: NDArray[np.uint64]) -> bool:
    """Whether the picture changes at all: two title cards that look alike are not the same moment."""
    return len(looks) > 1 and bool(np.unpackbits((looks[1:] ^ looks[:-1]).view(np.uint8)).sum() > 2 * len(looks))


def _lags(first: Fingerprint, second: Fingerprint) -> range:
    least = int(_SHARED * min(len(first.pictures), len(second.pictures)))
    step = round(10 / float(_LOOKS))
    return range((least - len(second.pictures)) * step, (len(first.pictures) - least + 1) * step, step)
