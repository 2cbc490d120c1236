"""Whether subtitles are shown when somebody speaks, and by how much they are off where they are not.

Files made for another cut of a film are late or early throughout; those made for another frame rate drift. Both are
seen when the cues' times are laid over the speech that a voice activity detector hears, at every offset and at the
usual ratios of frame rates (the idea of ffsubsync and alass). Where people hardly pause, recognised words tell instead.
"""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.subtitles.cue import Cue
from clipy.analysis.subtitles.cue_timing import words_of
from clipy.errors import MediaError
from clipy.types import Seconds, Span, Word

log = logging.getLogger(__name__)

_STEP = 0.02  # seconds
_FILM, _PAL = Fraction(24000, 1001), Fraction(25)  # frames per second
_SCALES = sorted({one / other for one in (_FILM, Fraction(24), _PAL) for other in (_FILM, Fraction(24), _PAL)})
_LONG = 180.0  # seconds of cues needed to detect a drift
_SCALED = 0.02  # by how much better a drift must fit than an offset alone
_FURTHEST = 300.0  # seconds of offset that are looked for
_OF_VIDEO = 0.8  # ... and at most this share of the video
_APART = 1.0  # seconds between two peaks that are not the same
_PIECE = 40  # cues that tell an offset of their own
_NEAR = 4.0  # seconds around the offset of all within which theirs is looked for
_PEAKS = 3
_LEVEL = 0.005  # by how much a score may be below its peak's: there lies a plateau, and its middle is meant

_NOTICED = 0.35  # seconds off below which times are left: words are put right by the speech around their cue
_BETTER = 0.12  # by how much other times must fit better to be believed ...
_ALONE = 0.06  # ... and by how much better than at any other offset
_CLEAR = 0.35  # agreement of cues that certainly belong to the sound
_DOUBTFUL = 0.2  # ... and below which they are compared with words that are recognised
_FEW = 3  # too few cues for a decision
_SAID = 12  # words heard, and words written, from which a difference between them is certain
_MOST_OF = Fraction(1, 2)  # share of the speech that cues must cover to be its subtitles
_LISTENED = 3  # stretches in which words are recognised
_STRETCH = Fraction(20)  # seconds of each

_MATCH = Fraction(1, 2)  # seconds around an offset in which recognized words support it
_VOTES = 4  # words that must agree on an offset ...
_SHARE = 0.4  # ... and their share of all that are both recognized and written


@dataclass(frozen=True, slots=True)
class Fit:
    """Times of the file, times ``scale``, plus ``offset`` (seconds), are times of the sound.

    ``agreement`` (at most 1) says how well cues and speech agree then, ``before`` how well the times in the file do.
    ``alone``: how much better this is than any other offset.
    """

    scale: Fraction
    offset: Fraction
    agreement: float
    before: float
    alone: float


RecognizedSpeech: TypeAlias = tuple[str, list[Word]]  # the language of some speech (empty if unknown) and its words


def in_time(
    cues: Sequence[Cue],
    speech: Sequence[Span],
    duration: Seconds,
    language: str,
    recognise: Callable[[Sequence[Span]], RecognizedSpeech],
) -> tuple[Fraction, Fraction]:
    """By which factor and which seconds cues must be moved so that they are shown when they are said: mostly 1 and 0.

    Args:
        cues: At least one, in order.
        speech: Where somebody speaks in the video, in order.
        duration: Of the video, in seconds.
        language: ISO 639-1 code of the subtitles; empty if unknown.
        recognise: Recognises the words in some stretches of the video; asked only where pauses do not tell.

    Raises:
        MediaError: when the subtitles do not match the speech; ``where`` is not set.

    """
    still = (Fraction(1), Fraction(0))
    if len(cues) < _FEW or not speech:
        return still
    found = fit(cues, speech, duration)
    moves = max(abs(float(cue.span.start * (found.scale - 1) + found.offset)) for cue in (cues[0], cues[-1]))
    better = moves >= _NOTICED and found.agreement - found.before >= _BETTER
    if better and found.agreement >= _CLEAR and found.alone >= _ALONE:
        return found.scale, found.offset
    if not better and found.before >= _DOUBTFUL:
        return still
    return Fraction(1), _matched_by_words(cues, speech, language, recognise)


def _matched_by_words(
    cues: Sequence[Cue], speech: Sequence[Span], language: str, recognise: Callable[[Sequence[Span]], RecognizedSpeech]
) -> Fraction:
    spoken, heard = recognise(_densest(speech))
    written = [word for cue in cues for word in words_of(cue, ())]
    if not heard or (language and spoken and spoken != language):
        log.warning("cannot check the timing of the subtitles against the speech; keeping their times")
        return Fraction(0)
    offset, _ = heard_offset(written, heard)
    shown, said = (sum((span.duration for span in spans), Fraction(0)) for spans in ([c.span for c in cues], speech))
    if offset is None and min(len(heard), len(written)) >= _SAID:
        if shown < _MOST_OF * said:  # such as a film with translated parts only: these need not be the sampled ones
            log.warning("too few subtitles to check their timing; keeping their times")
            return Fraction(0)
        raise MediaError(
            "the subtitles do not match the speech: they belong to another video",
            do="Name the right file with transcribe.path, or keep their times with --set transcribe.sync=false",
        )
    return offset if offset is not None and abs(offset) >= _NOTICED else Fraction(0)


def _densest(speech: Sequence[Span]) -> list[Span]:
    """The stretches in which most is said, apart from one another."""
    starts = [Span(span.start, span.start + _STRETCH) for span in speech]
    spoken = {start: sum((span.overlap(start) for span in speech), Fraction(0)) for start in starts}
    chosen: list[Span] = []
    for stretch in sorted(starts, key=lambda start: (-spoken[start], start)):
        if len(chosen) < _LISTENED and all(stretch.overlap(other) == 0 for other in chosen):
            chosen.append(stretch)
    return sorted(chosen)


def fit(cues: Sequence[Cue], speech: Sequence[Span], duration: Seconds) -> Fit:
    """The times at which some cues (at least one) agree best with the speech in a video of that duration."""
    steps = max(1, int(float(duration) / _STEP))
    heard = _signal(np.array([[span.start, span.end] for span in speech], dtype=np.float64).reshape(-1, 2), steps)
    shown = np.array([[cue.span.start, cue.span.end] for cue in cues], dtype=np.float64)
    furthest = min(_FURTHEST, _OF_VIDEO * float(duration))
    lasts = shown[-1, 1] - shown[0, 0]
    before = _Overlay(heard, shown, 0.0).scores[0]
    best: Fit | None = None
    for scale in _SCALES if lasts >= _LONG else [Fraction(1)]:
        overlay = _Overlay(heard, shown * float(scale), furthest)
        (offset, score), *others = overlay.peaks()
        rival = max((other for _, other in others), default=-1.0)
        if best is None or score - _SCALED * (scale != 1) > best.agreement - _SCALED * (best.scale != 1):
            best = Fit(scale, Fraction(round(offset * 1000), 1000), score, float(before), score - rival)
    assert best is not None  # noqa: S101  there is at least one scale
    return _straightened(best, heard, shown)


class _Overlay:
    """How well cues agree with speech at every offset up to ``furthest`` seconds: ``scores``, from the earliest on."""

    def __init__(self, heard: NDArray[np.float64], shown: NDArray[np.float64], furthest: float) -> None:
        count, self.reach = len(heard), round(furthest / _STEP)
        cued = _signal(shown + furthest, count + 2 * self.reach)
        size = 1 << int(np.ceil(np.log2(len(cued) + count)))
        level = heard - heard.mean()
        together = np.fft.irfft(np.fft.rfft(cued, size) * np.conj(np.fft.rfft(level, size)), size)
        together = together[: 2 * self.reach + 1]
        summed = np.concatenate([[0.0], np.cumsum(cued)])
        inside = summed[count : count + 2 * self.reach + 1] - summed[: 2 * self.reach + 1]
        spread = np.sqrt(np.maximum(inside - inside**2 / count, 1e-9) * max(float(level @ level), 1e-9))
        whole = float((shown[:, 1] - shown[:, 0]).sum()) / _STEP
        self.scores = (together / spread * np.minimum(1.0, inside / max(whole, 1e-9)))[::-1]

    def peaks(self) -> list[tuple[float, float]]:
        """The best offsets (seconds) and their scores, best first."""
        left, found, apart = self.scores.copy(), list[tuple[float, float]](), round(_APART / _STEP)
        for _ in range(_PEAKS):
            place = int(np.argmax(left))
            if left[place] == -np.inf:
                break
            level = left >= left[place] - _LEVEL
            level[: max(0, place - apart)] = level[place + apart + 1 :] = False
            place = int(np.median(np.flatnonzero(level)))
            found.append(((place - self.reach) * _STEP, float(left[place])))
            left[max(0, place - apart) : place + apart + 1] = -np.inf
        return found


def _signal(spans: NDArray[np.float64], steps: int) -> NDArray[np.float64]:
    """1 in the spans (n, 2) in seconds, else 0, for each step."""
    signal = np.zeros(steps)
    for start, end in np.clip(np.rint(spans / _STEP).astype(int), 0, steps):
        signal[start:end] = 1.0
    return signal


def _straightened(found: Fit, heard: NDArray[np.float64], shown: NDArray[np.float64]) -> Fit:
    """The same with a slow drift besides, where the offsets of the file's parts lie on a line."""
    pieces = [shown[at : at + _PIECE] for at in range(0, len(shown) - _PIECE // 2, _PIECE)]
    if len(pieces) < 3:
        return found
    middles, offsets = [], []
    for piece in pieces:
        moved = piece * float(found.scale) + float(found.offset)
        middles.append(float(piece.mean()))
        offsets.append(_Overlay(heard, moved, _NEAR).peaks()[0][0])
    slopes = [(b - a) / (y - x) for k, (x, a) in enumerate(zip(middles, offsets, strict=True))
              for y, b in zip(middles[k + 1 :], offsets[k + 1 :], strict=True)]  # fmt: skip
    slope = float(np.median(slopes))
    shift = float(np.median(np.array(offsets) - slope * np.array(middles)))
    scale, offset = (
        found.scale + Fraction(round(slope * 1e6), 10**6),
        found.offset + Fraction(round(shift * 1000), 1000),
    )
    score = float(_Overlay(heard, shown * float(scale) + float(offset), 0.0).scores[0])
    if score < found.agreement + _SCALED / 2:
        return found
    return Fit(scale, offset, score, found.before, found.alone)


def heard_offset(written: Sequence[Word], heard: Iterable[Word]) -> tuple[Fraction | None, int]:
    """The offset between the words of subtitles and the same words in the speech, and how many were compared.

    None where too few words agree on one offset. Words that are written often say little and count as little.
    """
    places: defaultdict[str, list[Seconds]] = defaultdict(list)
    for word in written:
        places[_plain(word.text)].append(word.start)
    votes: list[tuple[Seconds, float]] = []
    compared = 0
    for word in heard:
        same = places.get(_plain(word.text), [])
        compared += bool(same)
        votes += [(word.start - start, 1 / len(same)) for start in same]
    votes.sort()
    best, total = None, 0.0
    for middle, _ in votes:
        near = [(offset, worth) for offset, worth in votes if abs(offset - middle) <= _MATCH]
        if (worth := sum(worth for _, worth in near)) > total:
            total, best = worth, sorted(offset for offset, _ in near)[len(near) // 2]
    enough = total >= max(_VOTES, _SHARE * compared)
    return (best if enough else None), compared


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()
