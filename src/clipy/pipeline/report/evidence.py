"""What a report shows of a clip: thumbnails, its waveform, and the evidence of each finding, as bytes."""

from __future__ import annotations

import io
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from clipy.errors import MediaError
from clipy.media.probe import probe
from clipy.media.read import pictures, sound_array
from clipy.types import Box, Evidence, Finding, Review, Seconds, Span, Video

_THUMBNAILS = 8
_THUMBNAIL, _EVIDENCE = 200, 480  # pixels high
_QUALITY = 80
_BARS = 240  # of the waveform
_RATE = 16_000
_SHORTEST_SOUND = Fraction(1)  # seconds: less cannot be judged by ear
_LONGEST_SOUND = Fraction(8)
_MOST_EVIDENCE = 24  # of a clip: a page that takes long to open is not read
_OUTLINE = ((0, 0, 0, 5), (255, 64, 160, 2))  # red, green, blue and width: visible on any picture


@dataclass(frozen=True, slots=True)
class Proof:
    """Evidence as a file: its type for browsers, and its bytes."""

    kind: str
    data: bytes


@dataclass(frozen=True, slots=True)
class ReportedFinding:
    """A finding, who found it, and its proof where there is any."""

    reviewer: str
    finding: Finding
    proof: Proof | None


@dataclass(frozen=True, slots=True)
class Page:
    """One clip in the report. ``wave`` holds peaks in 0..1; an unreadable file has only findings."""

    name: str
    passed: bool
    duration: Seconds
    size: tuple[int, int]
    thumbnails: tuple[tuple[Seconds, bytes], ...]
    wave: tuple[float, ...]
    findings: tuple[ReportedFinding, ...]


def collect_page(name: str, path: Path, reviews: Sequence[Review]) -> Page:
    """Decode a clip for its report."""
    findings = [(review.reviewer, finding) for review in reviews for finding in review.findings]
    order = {"error": 0, "warning": 1, "info": 2}
    findings.sort(key=lambda item: (order[item[1].severity], item[1].span or Span(Fraction(0), Fraction(0))))
    passed = all(review.passed for review in reviews)
    try:
        video = probe(path)
        step = video.duration / _THUMBNAILS
        times = [step / 2 + index * step for index in range(_THUMBNAILS)]
        shown = [(time, _jpeg(p)) for time, p in pictures(video, video.span, times=times, height=_THUMBNAIL)]
        bars = _wave(video)
    except MediaError:
        unproven = tuple(ReportedFinding(who, finding, None) for who, finding in findings)
        return Page(name, passed, Fraction(0), (0, 0), (), (), unproven)
    reported = tuple(
        ReportedFinding(who, finding, _proof(video, finding.evidence) if index < _MOST_EVIDENCE else None)
        for index, (who, finding) in enumerate(findings)
    )
    return Page(name, passed, video.duration, (video.width, video.height), tuple(shown), bars, reported)


def _wave(video: Video) -> tuple[float, ...]:
    if not video.audio:
        return ()
    heard = np.abs(sound_array(video, video.span, rate=_RATE)[0])
    parts = np.array_split(heard, _BARS) if len(heard) >= _BARS else []
    return tuple(round(min(1.0, float(part.max())), 3) for part in parts)


def _proof(video: Video, evidence: Evidence | None) -> Proof | None:
    """The evidence, cut out of the clip; None where the file ends before it."""
    try:
        if evidence is None:
            return None
        if evidence.kind == "sound":
            return Proof("audio/wav", _sound(video, evidence.span)) if video.audio else None
        time = min(evidence.span.start, max(Fraction(0), video.duration - 1 / video.frame_rate))
        for _, picture in pictures(video, video.span, times=[time], height=min(_EVIDENCE, video.height)):
            return Proof("image/jpeg", _jpeg(_outlined(picture, evidence.box, video)))
    except MediaError:
        return None
    return None


def _outlined(picture: NDArray[np.uint8], box: Box | None, video: Video) -> NDArray[np.uint8]:
    if box is None:
        return picture
    shown, scale = np.ascontiguousarray(picture).copy(), picture.shape[0] / video.height
    corners = [round(side * scale) for side in (box.x1, box.y1, box.x2, box.y2)]
    for red, green, blue, width in _OUTLINE:
        cv2.rectangle(shown, (corners[0], corners[1]), (corners[2], corners[3]), (red, green, blue), width)
    return shown


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    bgr = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return data.tobytes()


def _sound(video: Video, span: Span) -> bytes:
    """A stretch of the sound as a WAV file, long enough to be judged by ear."""
    more = max(Fraction(0), _SHORTEST_SOUND - span.duration) / 2
    start = max(Fraction(0), span.start - more)
    end = min(video.duration, max(span.end + more, start + _SHORTEST_SOUND), start + _LONGEST_SOUND)
    heard = sound_array(video, Span(start, max(start, end)), rate=_RATE)[0]
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes((np.clip(heard, -1, 1) * 32767).astype("<i2").tobytes())
    return buffer.getvalue()
