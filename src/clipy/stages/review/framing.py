"""``review = "framing"``: is the right subject in the picture, uncut, sharp and steady?"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Literal

import cv2
import numpy as np
from pydantic import Field

from clipy import models
from clipy.analysis.base import ShotDetector, SpeakerDetector
from clipy.analysis.camera.unseen_speaker import unseen_speech
from clipy.analysis.clip_qc.camera_shake import shakes, stretches_above, too_many_flashes
from clipy.analysis.clip_qc.faces import RATE, FrameFaces, detect_clip_faces, shots_of
from clipy.analysis.clip_qc.inspection import Inspection, inspect_clip
from clipy.analysis.clip_qc.lip_offset import lip_offset
from clipy.analysis.clip_qc.source import shows_somebody_else
from clipy.analysis.faces.base import FaceDetector
from clipy.analysis.faces.tracking.detections import Detection
from clipy.analysis.people.speaking import share_the_screen, speaking_tracks
from clipy.analysis.perception import face_tracks
from clipy.context import Context
from clipy.errors import MediaError, ModelError
from clipy.media.checks.sharpness import finest_detail
from clipy.media.checks.video_metrics import VideoMetrics
from clipy.media.read import pictures
from clipy.stages.base import Reviewer
from clipy.stages.review.checks.spans import picture_of
from clipy.types import Clip, Edit, Evidence, Finding, Repair, Review, Seconds, Severity, Span, Video, seconds

log = logging.getLogger(__name__)

_SURE = 0.5  # confidence from which a face counts
_SOME = 0.3  # ... from which a picture does not count as empty
_AT_EDGE = 0.015  # share of the width within which an eye or a mouth corner counts as cut by the edge
_PEOPLE = 0.5  # share of the frames that must show a face where people are expected
_IN_SHOT = 0.3  # share of a shot's frames with a face above which somebody should be there throughout
_BLUE = -8.0  # Cr minus Cb, in code values, below which no skin lies
_LEAST_FRAMES = 3
_SAME_CUT = Fraction(3, 20)  # seconds between a cut in the clip and the same cut in its source, at most
_SAMPLES = 4  # frames of the source whose sharpness is measured
_JUDGED = 480  # pixels of the shorter side below which sharpness is not judged: such a clip is a draft
_OVER_CROP = 1.15  # allowed softness relative to what the enlargement explains


class Framing(Reviewer):
    """Detects faces 2.5 times per second on a scaled copy; measures motion and flashes on every frame.

    Faces: in a shot that shows somebody, an empty picture for a while is an error, and so is a face whose eyes or mouth
    are cut by the edge. Shots without people are ignored, unless ``people`` says that somebody must be visible.

    Speaker: a voice over a closed mouth may mean that the window shows a listener. It does where the run's speaker
    attribution has somebody outside every window speak at that time.

    Stability: a shake is global motion that reverses within 1/8 s. Flashes follow ITU-R BT.1702: more than three per
    second, of 20 cd/m2 or more over a quarter of the picture. Sharpness is the width in pixels of the finest detail in
    focus (see ``media.checks.sharpness``): 1.1 to 2.3 for clips from 1080p, 2.7 and more after a fourfold enlargement.
    A clip may be as soft as its own enlargement makes it; a soft source gives a warning.
    """

    version = 7

    class Options(Reviewer.Options):
        people: Literal["auto", "expected", "none"] = Field(
            "auto", description="Whether people must be visible; auto: throughout shots that show somebody."
        )
        longest_empty: float = Field(1.5, gt=0, description="Longest absence of people within a shot, in seconds.")
        longest_silent: float = Field(
            3, gt=0, description="Longest speech while the visible mouth is still, in seconds."
        )
        longest_unseen: float = Field(
            1.5,
            gt=0,
            description="Longest speech by somebody outside the window while a listener is shown, in seconds.",
        )
        longest_cut: float = Field(1.2, gt=0, description="Longest time that the edge may cut a face, in seconds.")
        largest_face: float = Field(
            0.9, gt=0, le=2, description="Largest width of the biggest face, as a share of the picture's width."
        )
        smallest_face: float = Field(
            0.06,
            ge=0,
            lt=1,
            description="Smallest width of the biggest face: below, it is hard to make out on a phone.",
        )
        shake: float = Field(
            0.004, gt=0, description="Largest shake, as a share of the width; handheld cameras give 0.001 to 0.002."
        )
        flips: float = Field(30.0, gt=0, description="Most window changes per minute.")
        flashes: int = Field(3, ge=1, description="Most flashes within one second (ITU-R BT.1702).")
        finest_detail: float = Field(
            2.7, gt=1, description="Largest width of the finest detail, in pixels; fourfold enlargement gives more."
        )
        largest_upscale: float = Field(3.0, ge=1, description="Largest enlargement of a crop without a warning.")

    options: Options

    def input_digests(self) -> tuple[str, ...]:
        return (models.sha256(models.FACE_LANDMARK),)

    def review(self, clip: Clip, ctx: Context) -> Review:
        name = self.name or "framing"
        try:
            inspection = inspect_clip(clip, ctx)
            frames = detect_clip_faces(inspection, ctx)
        except MediaError as error:
            return Review(name, (Finding("readable", "error", error.what),))
        video, metrics = inspection.video, inspection.metrics
        findings = (
            *_widened(self._empty(frames, inspection, clip.edit, ctx), clip.edit),
            *_widened(self._cut(frames, video), clip.edit),
            *_widened(self._sizes(frames, video), clip.edit),
            *_widened(self._silent(frames, inspection, clip.edit, ctx), clip.edit),
            *_widened(self._listener(clip.edit, ctx), clip.edit),
            *self._tint(frames),
            *self._shake(metrics),
            *self._flips(clip.edit),
            *self._flashes(metrics),
            *self._sharpness(clip.edit, video, metrics, ctx),
        )
        return Review(name, findings)

    def foresee(self, edit: Edit, ctx: Context) -> Review:
        """Speakers outside every window."""
        try:
            return Review(self.name or "framing", tuple(_widened(self._listener(edit, ctx), edit)))
        except MediaError as error:
            log.info("the framing of a clip is not judged before it is rendered: %s", error)
            return Review(self.name or "framing")

    def _empty(
        self, frames: Sequence[FrameFaces], inspection: Inspection, edit: Edit | None, ctx: Context
    ) -> Iterator[Finding]:
        if self.options.people == "none" or not frames:
            return
        there = [any(face.confidence >= _SOME for face in frame.faces) for frame in frames]
        share = sum(there) / len(frames)
        whole = Span(Fraction(0), inspection.metrics.end)
        if self.options.people == "expected" and share < _PEOPLE:
            message = f"people are visible in only {share:.0%} of the clip"
            yield Finding("empty", "error", message, whole, share, _PEOPLE, picture_of(whole))
            return
        for shot in _shots(inspection.metrics, edit, ctx):
            inside = [(frame.time, here) for frame, here in zip(frames, there, strict=True) if frame.time in shot]
            if len(inside) >= _LEAST_FRAMES and np.mean([here for _, here in inside]) >= _IN_SHOT:
                for gap in _runs([(time, not here) for time, here in inside], shot.end):
                    if edit is not None and not _has_window(edit, gap):
                        continue  # the whole source is shown: the window cannot be at fault
                    if gap.duration > Fraction(self.options.longest_empty):
                        message = f"nobody is visible for {float(gap.duration):.1f} s"
                        value, limit = float(gap.duration), self.options.longest_empty
                        yield Finding("empty", "error", message, gap, value, limit, picture_of(gap))

    def _silent(
        self, frames: Sequence[FrameFaces], inspection: Inspection, edit: Edit | None, ctx: Context
    ) -> Iterator[Finding]:
        """Report speech over a still mouth: an error where the window leaves somebody out, else perhaps a narrator."""
        if not inspection.video.audio:
            return
        limit = self.options.longest_silent
        for span in lip_offset(inspection, ctx).resting:
            if span.duration < seconds(limit) or any(len(frame.faces) > 1 for frame in frames if frame.time in span):
                continue
            left_out = edit is not None and ctx.video is not None and shows_somebody_else(ctx.video, edit, span, ctx)
            message = f"speech for {float(span.duration):.0f} s while the visible mouth is still"
            because = ", and somebody else is outside the window" if left_out else ""
            severity: Severity = "error" if left_out else "warning"
            value = float(span.duration)
            yield Finding("speaker-out", severity, message + because, span, value, limit, picture_of(span))

    def _listener(self, edit: Edit | None, ctx: Context) -> Iterator[Finding]:
        """Report speakers outside every window, by the run's attribution, where several people are on screen."""
        source = ctx.video
        if edit is None or source is None or not {ShotDetector, FaceDetector, SpeakerDetector} <= set(ctx.analysers):
            return
        try:
            if not share_the_screen(face_tracks(source, edit.highlight.span, ctx)):
                return
            unseen = unseen_speech(speaking_tracks(source, edit.highlight.span, ctx), edit)
        except ModelError as error:
            yield Finding("not-checked", "warning", f"cannot check whether the speaker is visible: {error}")
            return
        for span in unseen:
            if span.duration >= seconds(self.options.longest_unseen):
                message = f"the speaker is outside the window for {float(span.duration):.1f} s"
                value, limit = float(span.duration), self.options.longest_unseen
                yield Finding("speaker-out", "error", message, span, value, limit, picture_of(span))

    def _cut(self, frames: Sequence[FrameFaces], video: Video) -> Iterator[Finding]:
        """Report cuts through the biggest face; others may be partly outside."""
        mains = [(frame.time, _main(frame)) for frame in frames]
        cut = [(time, face is not None and _is_cut(face, video)) for time, face in mains]
        if not cut or np.mean([is_cut for _, is_cut in cut]) == 0:
            return
        end = cut[-1][0] + 1 / RATE
        for span in _runs(cut, end):
            if span.duration > Fraction(self.options.longest_cut):
                box = next(face.box for time, face in mains if face is not None and time >= span.start)
                message = f"the edge cuts through a face for {float(span.duration):.1f} s"
                shown = Evidence.picture(span.start, box)
                limit = self.options.longest_cut
                yield Finding("face-cut", "error", message, span, float(span.duration), limit, shown)

    def _sizes(self, frames: Sequence[FrameFaces], video: Video) -> Iterator[Finding]:
        faces = [(frame.time, face.box) for frame in frames if (face := _main(frame)) is not None]
        if len(faces) < _LEAST_FRAMES:
            return
        width = float(np.median([box.width for _, box in faces])) / video.width
        time, box = min(faces, key=lambda item: abs(item[1].width / video.width - width))
        shown = Evidence.picture(time, box)
        if width > self.options.largest_face:
            message = f"a face fills {width:.0%} of the width"
            yield Finding("face-size", "error", message, None, width, self.options.largest_face, shown)
        elif width < self.options.smallest_face:
            message = f"the biggest face is {width:.0%} of the width"
            yield Finding("face-size", "warning", message, None, width, self.options.smallest_face, shown)

    @staticmethod
    def _tint(frames: Sequence[FrameFaces]) -> Iterator[Finding]:
        """Report bluish skin: red and blue swapped, or a wrong colour matrix."""
        tints = [tint for frame in frames for face, tint in zip(frame.faces, frame.tints, strict=True) if _sure(face)]
        if len(tints) < _LEAST_FRAMES:
            return
        tint = float(np.median(tints))
        if tint < _BLUE:
            frame = next(frame for frame in frames if _main(frame) is not None)
            face = _main(frame)
            shown = Evidence.picture(frame.time, None if face is None else face.box)
            yield Finding(
                "colours", "error", "faces are bluer than skin: the colours are wrong", None, tint, _BLUE, shown
            )

    def _shake(self, metrics: VideoMetrics) -> Iterator[Finding]:
        limit = self.options.shake
        amplitudes = shakes(metrics.times, metrics.shifts)
        for span in stretches_above(metrics.times, amplitudes, limit):
            if span.duration >= 1:
                inside = amplitudes[(metrics.times >= span.start) & (metrics.times < span.end)]
                worst = float(np.nanmax(inside))
                message = f"the picture shakes by {worst:.1%} of its width"
                yield Finding("shake", "error", message, span, worst, limit, picture_of(span))

    def _flips(self, edit: Edit | None) -> Iterator[Finding]:
        if edit is None or len(edit.crop.shots) < 2:
            return
        minutes = float(edit.duration) / 60
        rate = (len(edit.crop.shots) - 1) / minutes
        if len(edit.crop.shots) > 4 and rate > self.options.flips:
            message = f"the window changes {rate:.0f} times per minute"
            yield Finding("flips", "warning", message, None, rate, self.options.flips)

    def _flashes(self, metrics: VideoMetrics) -> Iterator[Finding]:
        span = too_many_flashes(metrics.flashes, self.options.flashes)
        if span is not None:
            inside = sum(1 for time in metrics.flashes if span.start <= time <= span.start + 1)
            message = f"more than {self.options.flashes} flashes per second may trigger seizures (ITU-R BT.1702)"
            yield Finding("flashes", "error", message, span, inside / 2, self.options.flashes, picture_of(span))

    def _sharpness(self, edit: Edit | None, video: Video, metrics: VideoMetrics, ctx: Context) -> Iterator[Finding]:
        upscale = 1.0 if edit is None else _upscale(edit)
        if upscale > self.options.largest_upscale:
            message = f"the crop is enlarged {upscale:.1f} times"
            yield Finding("upscale", "warning", message, None, upscale, self.options.largest_upscale)
        detail = metrics.detail[~np.isnan(metrics.detail[:, 1])]
        if not len(detail) or min(video.width, video.height) < _JUDGED:
            return
        limit = max(self.options.finest_detail, _OVER_CROP * upscale)
        softest = float(np.median(detail[:, 1]))
        if softest > limit:
            time = Fraction(round(float(detail[int(np.argmax(detail[:, 1])), 0]) * 1000), 1000)
            message = f"the picture is soft: its finest detail is {softest:.1f} pixels wide"
            of_source = edit is not None and softest <= _OVER_CROP * upscale * _source_detail(edit, ctx)
            severity: Severity = "warning" if of_source else "error"
            because = ", as in the source" if of_source else ""
            yield Finding("sharpness", severity, message + because, None, softest, limit, Evidence.picture(time))


def _shots(metrics: VideoMetrics, edit: Edit | None, ctx: Context) -> list[Span]:
    """The shots of a clip; where the source is known, only jumps that are cuts there start a shot."""
    shots = shots_of(metrics)
    if edit is None or ctx.video is None:
        return shots
    cuts = ctx.cached(ctx.analyser(ShotDetector).detect, ctx.video, edit.highlight.span)
    spans = (*(shot.span for shot in cuts), *(shot.span for shot in edit.crop.shots), *edit.keep)
    meant = [edit.clip_time(span.start) for span in spans]
    kept = [shot.start for shot in shots[1:] if any(abs(shot.start - time) <= _SAME_CUT for time in meant)]
    return [Span(start, end) for start, end in pairwise((Fraction(0), *kept, metrics.end)) if end > start]


def _widened(findings: Iterable[Finding], edit: Edit | None) -> Iterator[Finding]:
    """Add a relayout as the repair of errors in a window: showing the whole picture removes them."""
    for finding in findings:
        widened = finding.severity == "error" and edit is not None and _has_window(edit, finding.span)
        yield replace(finding, repair=Repair("relayout", finding.span)) if widened else finding


def _has_window(edit: Edit, span: Span | None) -> bool:
    """Whether the clip shows a window of the source at some time in a span."""
    shown = [(Span(edit.clip_time(s.span.start), edit.clip_time(s.span.end)), s.layout) for s in edit.crop.shots]
    return any(layout != "fit" and (span is None or at.overlap(span)) for at, layout in shown)


def _sure(face: Detection) -> bool:
    return face.confidence >= _SURE


def _main(frame: FrameFaces) -> Detection | None:
    return next((face for face in frame.faces if _sure(face)), None)


def _is_cut(face: Detection, video: Video) -> bool:
    """Whether the edge cuts the eyes or mouth; close-ups may cut hair and chin."""
    if not face.landmarks:
        return face.box.x1 < -_AT_EDGE * video.width or face.box.x2 > (1 + _AT_EDGE) * video.width
    near = _AT_EDGE * video.width
    across = [x for x, _ in face.landmarks]
    down = [y for _, y in face.landmarks]
    sides = min(across) < near or max(across) > video.width - near
    return sides or min(down) < near or max(down) > video.height - near


def _runs(moments: Sequence[tuple[Seconds, bool]], end: Seconds) -> Iterator[Span]:
    """The spans in which something holds, each up to the next moment at which it does not."""
    since: Seconds | None = None
    for time, holds in moments:
        if holds and since is None:
            since = time
        elif not holds and since is not None:
            yield Span(since, time)
            since = None
    if since is not None and end > since:
        yield Span(since, end)


def _source_detail(edit: Edit, ctx: Context) -> float:
    """Width in pixels of the source's finest detail during the highlight; 0 where unknown."""
    if ctx.video is None:
        return 0.0
    span = edit.highlight.span
    times = [span.start + span.duration * (2 * part + 1) / (2 * _SAMPLES) for part in range(_SAMPLES)]
    shown = pictures(ctx.video, span, times=times)
    sizes = [finest_detail(np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))) for _, picture in shown]
    known = [size for size in sizes if not np.isnan(size)]
    return float(np.median(known)) if known else 0.0


def _upscale(edit: Edit) -> float:
    """Enlargement of the smallest window of the source; at least 1."""
    factors = [
        (panel.into[3] - panel.into[1]) / max(1.0, key.box.height)
        for shot in edit.crop.shots
        if shot.layout != "fit"
        for panel in shot.panels
        for key in panel.keyframes
    ]
    return max(1.0, *factors) if factors else 1.0
