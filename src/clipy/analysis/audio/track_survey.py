"""Survey of the audio tracks of a video, sampled throughout: speech and level of each channel, and their similarity.

``track_choice`` decides by these measurements; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

import numpy as np

from clipy.analysis.audio.speech import FRAME, RATE, probabilities
from clipy.media.loudness import to_amplitude
from clipy.media.read import sound_array
from clipy.types import Array, Span, Video

WHOLE = Fraction(240)  # seconds; videos up to this length are surveyed completely ...
_STRETCHES, _MORE, _STRETCH = 12, 48, Fraction(20)  # ... longer ones in this many samples of this many seconds
SPEAKS = 0.5  # probability at which a frame is speech
FLOOR = -100.0  # dBFS, of silence
_BAND = (200.0, 4000.0)  # Hz in which voices are compared: no hum, no hiss
_LOUD = -40.0  # dBFS below which sound is amplified before voice activity detection ...
_RAISED = -23.0  # ... to this
_LISTENED = 95  # percentile of the levels that is amplified to this
_NEAR = 12.0  # dB below a track's speech level at which a second still counts as speech
_SHARED = 0.4  # correlation at which two tracks have the same voice in a second
_LOUDER = 90  # percentile of the levels of speech
_SHIFT = RATE // 10  # samples by which a voice may reach microphones at different times

_MAINS = (50.0, 60.0)  # Hz
_HARMONICS = 10
_LINE = 32_000  # samples per spectrum for hum detection: a resolution of 0.5 Hz
_STEADY = 10  # percentile of the spectra over time: steady sound only
_BESIDE = (2.0, 8.0)  # Hz from a spectral line to its surroundings
_ALONE, _CLEAR, _THERE = 20.0, 12.0, 10.0  # dB by which the first line, two of the first, and any stand out from those
_FIRST = 4

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """A track's left channel, right channel or downmix: level in dBFS and speech probability per frame of 32 ms."""

    level: Array
    speech: Array


@dataclass(frozen=True, slots=True, eq=False)
class TrackSurvey:
    """One audio track. ``correlation`` is that of left and right in each frame (-1..1).

    ``hum`` are the steady mains frequencies and their harmonics (Hz), ``hum_level`` their level in dBFS.
    """

    left: Side
    right: Side
    middle: Side
    correlation: Array
    hum: tuple[float, ...]
    hum_level: float


@dataclass(frozen=True, slots=True)
class TrackSimilarity:
    """How much of one track (``of``) another (``within``) contains, during speech in the first.

    ``share`` is the median correlation (0..1), ``level`` how much louder (dB) that voice is in the other track.
    ``at_once`` is the share of speech in which the two have different voices at the same time.
    """

    of: int
    within: int
    share: float
    level: float
    at_once: float


@dataclass(frozen=True, slots=True)
class Survey:
    """All audio tracks of a video, in the order of ``Video.audio``, and the similarity of each pair."""

    tracks: tuple[TrackSurvey, ...]
    similarities: tuple[TrackSimilarity, ...]


def survey(video: Video) -> Survey:
    """Measure every audio track of a video, completely or in samples; in more samples where none has speech."""
    found = _surveyed(video, _STRETCHES)
    silent = not any((track.middle.speech >= SPEAKS).any() for track in found.tracks)
    return _surveyed(video, _MORE) if silent and len(video.audio) > 1 and video.duration > WHOLE else found


def _surveyed(video: Video, count: int) -> Survey:
    spans = _stretches(video, count)
    heard = [[_stereo(video, span, track) for span in spans] for track in range(len(video.audio))]
    tracks = tuple(_track(parts, video.audio[number].channels) for number, parts in enumerate(heard))
    similarities = [
        similarity
        for one, other in combinations(range(len(heard)), 2)
        for similarity in _compared(one, other, heard, tracks)
    ]
    return Survey(tracks, tuple(similarities))


def _stretches(video: Video, count: int) -> list[Span]:
    """Spans spread over a video; contiguous in a short one."""
    whole = -(-video.duration // _STRETCH)
    number = max(1, int(whole) if video.duration <= WHOLE else count)
    step = max(Fraction(0), video.duration - _STRETCH) / max(1, number - 1)
    if video.duration <= WHOLE:
        step = _STRETCH
    return [Span(step * n, min(step * n + _STRETCH, video.duration)) for n in range(number)]


def _stereo(video: Video, span: Span, track: int) -> Floats:
    return sound_array(video, span, rate=RATE, channels=2, track=track)


def _track(parts: Sequence[Floats], channels: int) -> TrackSurvey:
    whole = np.concatenate(parts, axis=1)
    middles = [part.mean(axis=0) for part in parts]
    middle = _side(middles)
    if channels == 1:
        left = right = middle
        correlation = np.ones_like(middle.level)
    else:
        left, right = (_side([part[side] for part in parts]) for side in (0, 1))
        correlation = np.concatenate([_correlation(_voice_band(part[0]), _voice_band(part[1])) for part in parts])
    loudest = max(((left, 0), (right, 1)), key=lambda item: float(item[0].level.max(initial=FLOOR)))[1]
    hum, hum_level = _hum(whole[loudest] if channels > 1 else whole.mean(axis=0))
    return TrackSurvey(left, right, middle, correlation, hum, hum_level)


def _side(parts: Sequence[Floats]) -> Side:
    level = np.concatenate([frame_levels(part) for part in parts])
    loud = float(np.percentile(level, _LISTENED)) if len(level) else FLOOR
    raised = to_amplitude(_RAISED - loud) if FLOOR < loud < _LOUD else 1.0
    speech = np.concatenate([probabilities(np.asarray(part * np.float32(raised))) for part in parts])
    return Side(level, speech)


def frame_levels(samples: Floats) -> Floats:
    """RMS level in dBFS, at least -100, of each 32 ms of mono sound (n,) at 16 kHz."""
    frames = _frames(samples)
    power = np.square(frames).mean(axis=1)
    return np.asarray(10 * np.log10(np.maximum(power, 10 ** (FLOOR / 10))), dtype=np.float32)


def _frames(samples: Floats) -> Floats:
    return np.pad(samples, (0, -len(samples) % FRAME)).reshape(-1, FRAME)


def _correlation(one: Floats, other: Floats) -> Floats:
    a, b = _frames(one), _frames(other)
    norm = np.sqrt(np.square(a).sum(axis=1) * np.square(b).sum(axis=1))
    return np.asarray((a * b).sum(axis=1) / np.maximum(norm, 1e-9), dtype=np.float32)


def _voice_band(samples: Floats) -> Floats:
    spectrum = np.fft.rfft(samples)
    frequency = np.fft.rfftfreq(len(samples), 1 / RATE)
    spectrum[(frequency < _BAND[0]) | (frequency > _BAND[1])] = 0
    return np.asarray(np.fft.irfft(spectrum, len(samples)), dtype=np.float32)


def _hum(samples: Floats) -> tuple[tuple[float, ...], float]:
    """Steady mains frequencies and harmonics, and their total level (dBFS)."""
    if len(samples) < 2 * _LINE:
        return (), FLOOR
    pieces = np.lib.stride_tricks.sliding_window_view(samples, _LINE)[:: _LINE // 4]
    window = np.hanning(_LINE).astype(np.float32)
    spectra = [np.square(np.abs(np.fft.rfft(piece * window)))[: _LINE // 16] for piece in pieces]
    power = np.percentile(spectra, _STEADY, axis=0)
    best: tuple[tuple[float, ...], float] = ((), FLOOR)
    for mains in _MAINS:
        lines = [(mains * n, *_line(power, mains * n)) for n in range(1, _HARMONICS + 1)]
        first, sure = lines[0][2], sum(above > _CLEAR for _, _, above in lines[:_FIRST])
        if first < _ALONE and sure < 2:
            continue
        kept = [(frequency, level) for frequency, level, above in lines if above > _THERE]
        level = float(10 * np.log10(sum(10 ** (level / 10) for _, level in kept)))
        if level > best[1]:
            best = (tuple(frequency for frequency, _ in kept), level)
    return best


def _line(power: np.ndarray[tuple[int, ...], np.dtype[np.float64]], frequency: float) -> tuple[float, float]:
    """Level of a steady tone (dBFS), and its prominence over the surrounding spectrum (dB)."""
    width = RATE / _LINE
    at = round(frequency / width)
    near, far = (round(hertz / width) for hertz in _BESIDE)
    line = float(power[at - 1 : at + 2].max())
    beside = np.concatenate([power[max(0, at - far) : at - near], power[at + near + 1 : at + far + 1]])
    # A sine of amplitude 1 has (sum of the window / 2)^2 there; its RMS is 3 dB below its amplitude.
    level = 10 * np.log10(max(line, 1e-20) / (_LINE / 4) ** 2) - 3.01
    return float(level), float(10 * np.log10(max(line, 1e-20) / max(float(np.median(beside)), 1e-20)))


def _compared(
    one: int, other: int, heard: Sequence[Sequence[Floats]], tracks: Sequence[TrackSurvey]
) -> list[TrackSimilarity]:
    """Similarity of two tracks in both directions."""
    loud = [_speech_level(tracks[number].middle) - _NEAR for number in (one, other)]
    moments: list[_Moment] = []
    for mine, theirs in zip(heard[one], heard[other], strict=True):
        a, b = (_voice_band(part.mean(axis=0)) for part in (mine, theirs))
        moments += [_moment(a[at : at + RATE], b[at : at + RATE]) for at in range(0, len(a) - RATE // 2, RATE)]
    speaks = [(moment.levels[0] >= loud[0], moment.levels[1] >= loud[1]) for moment in moments]
    either = sum(first or second for first, second in speaks)
    apart = sum(
        first and second and moment.share < _SHARED for (first, second), moment in zip(speaks, moments, strict=True)
    )
    found = []
    for side, (of, within) in enumerate(((one, other), (other, one))):
        own = [moment for moment, loud_enough in zip(moments, speaks, strict=True) if loud_enough[side]]
        if own:
            share = float(np.median([moment.share for moment in own]))
            gain = float(np.median([moment.share_level[side] for moment in own]))
            found.append(TrackSimilarity(of, within, share, gain, apart / max(1, either)))
    return found


@dataclass(frozen=True, slots=True)
class _Moment:
    """One second of two tracks: levels (dBFS), correlation, and the gain of each within the other (dB)."""

    levels: tuple[float, float]
    share: float
    share_level: tuple[float, float]


def _moment(a: Floats, b: Floats) -> _Moment:
    size = 1 << int(np.ceil(np.log2(2 * len(a))))
    cross = np.fft.irfft(np.fft.rfft(a, size) * np.conj(np.fft.rfft(b, size)), size)
    best = float(np.abs(np.concatenate([cross[: _SHIFT + 1], cross[-_SHIFT:]])).max())
    energy = float(a @ a), float(b @ b)
    levels = tuple(float(10 * np.log10(max(part / max(1, len(a)), 10 ** (FLOOR / 10)))) for part in energy)
    share = best / np.sqrt(energy[0] * energy[1]) if min(energy) > 0 else 0.0
    gains = tuple(float(20 * np.log10(max(best / part, 1e-5))) if part > 0 else FLOOR for part in energy)
    return _Moment((levels[0], levels[1]), float(share), (gains[0], gains[1]))


def _speech_level(side: Side) -> float:
    """Level of speech in dBFS; +100 where there is none."""
    spoken = side.level[side.speech >= SPEAKS]
    return float(np.percentile(spoken, _LOUDER)) if len(spoken) else -FLOOR
