"""``review = "framing"``: is the right thing in the picture, whole, sharp and at rest? Faces are found again."""

from __future__ import annotations

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

_SURE = 0.5  # confidence from which a face counts
_SOME = 0.3  # ... from which its place may still be taken for not empty
_AT_EDGE = 0.015  # share of the width within which an eye or a corner of the mouth lies on the edge
_PEOPLE = 0.5  # share of the looks with a face from which the clip is about people
_IN_SHOT = 0.3  # share of a shot's looks with a face from which somebody should be there throughout
_BLUE = -8.0  # Cr less Cb, in codes, below which a face is no colour of skin
_LEAST_LOOKS = 3
_SAME_CUT = Fraction(3, 20)  # seconds by which a cut of the clip and one of its source may be apart
_SAMPLES = 4  # pictures of the source whose sharpness is measured
_JUDGED = 480  # pixels of the shorter side from which sharpness is judged: a smaller clip is a draft
_OVER_CROP = 1.15  # how much softer a picture may be than its own enlargement explains


class Framing(Reviewer):
    """Faces are searched two and a half times a second on a small copy; motion and flashes are followed at full rate.

    Faces: in a shot that shows somebody, nobody for a while is an error, as is a face that the edge cuts through its
    eyes or mouth. Shots without people are left alone, unless ``people`` says that somebody must be seen.

    Who speaks: where a voice is heard for a while and the mouth in the picture rests, the window may be on a listener.
    It is where, by the faces and voices that the run went by, somebody outside of every window speaks meanwhile.

    Rest: a shake is motion of the whole picture that turns back within 1/8 s. Flashes are those of ITU-R BT.1702: more
    than three in a second, of 20 cd/m2 or more over a quarter of the picture. Sharpness is the width in pixels of the
    finest detail that is in focus (see ``media.checks.detail``): 1.1 to 2.3 for clips from 1080p, 2.7 and more after an
    enlargement of four. A clip that was enlarged by its own crop may be as soft as that makes it;
    one whose source is soft is told as a warning.
    """

    version = 6

    class Options(Reviewer.Options):
        people: Literal["auto", "expected", "none"] = Field(
            "auto", description="Whether people must be seen; auto: in shots that show somebody at some time."
        )
        longest_empty: float = Field(
            1.5, gt=0, description="Seconds that a person may be out of the picture in a shot."
        )
        longest_silent: float = Field(
            3, gt=0, description="Seconds that somebody may be heard while the mouth in the picture rests."
        )
        longest_unseen: float = Field(
            1.5, gt=0, description="Seconds that whoever speaks may be outside of the window while a listener is in it."
        )
        longest_cut: float = Field(1.2, gt=0, description="Seconds that a face may be cut by the edge.")
        largest_face: float = Field(
            0.9, gt=0, le=2, description="Width of the biggest face, in shares of the picture's, that is let pass."
        )
        smallest_face: float = Field(
            0.06, ge=0, lt=1, description="Width of the biggest face below which it is hard to read on a telephone."
        )
        shake: float = Field(
            0.004, gt=0, description="Shares of the width by which the picture may tremble; hands give 0.001 to 0.002."
        )
        flips: float = Field(30.0, gt=0, description="Changes of the window a minute that are let pass.")
        flashes: int = Field(3, ge=1, description="Flashes in one second that are let pass (ITU-R BT.1702).")
        finest_detail: float = Field(
            2.7, gt=1, description="Pixels that the finest detail may be wide; an enlargement of four gives more."
        )
        largest_upscale: float = Field(3.0, ge=1, description="How much a crop may be enlarged before it is told.")

    options: Options

    def input_digests(self) -> tuple[str, ...]:
        return (models.sha256(models.FACE_LANDMARK),)

    def review(self, clip: Clip, ctx: Context) -> Review:
        name = self.name or "framing"
        try:
            inspection = inspect_clip(clip, ctx)
            looks = detect_clip_faces(inspection, ctx)
        except MediaError as error:
            return Review(name, (Finding("readable", "error", error.what),))
        video, seen = inspection.video, inspection.metrics
        findings = (
            *_widened(self._empty(looks, inspection, clip.edit, ctx), clip.edit),
            *_widened(self._cut(looks, video), clip.edit),
            *_widened(self._sizes(looks, video), clip.edit),
            *_widened(self._silent(looks, inspection, clip.edit, ctx), clip.edit),
            *_widened(self._listener(clip.edit, ctx), clip.edit),
            *self._tint(looks),
            *self._shake(seen),
            *self._flips(clip.edit),
            *self._flashes(seen),
            *self._sharpness(clip.edit, video, seen, ctx),
        )
        return Review(name, findings)

    def _empty(
        self, looks: Sequence[FrameFaces], inspection: Inspection, edit: Edit | None, ctx: Context
    ) -> Iterator[Finding]:
        if self.options.people == "none" or not looks:
            return
        there = [any(face.confidence >= _SOME for face in look.faces) for look in looks]
        share = sum(there) / len(looks)
        whole = Span(Fraction(0), inspection.metrics.end)
        if self.options.people == "expected" and share < _PEOPLE:
            message = f"somebody is seen in {share:.0%} of the clip"
            yield Finding("empty", "error", message, whole, share, _PEOPLE, picture_of(whole))
            return
        for shot in _shots(inspection.metrics, edit, ctx):
            inside = [(look.time, here) for look, here in zip(looks, there, strict=True) if look.time in shot]
            if len(inside) >= _LEAST_LOOKS and np.mean([here for _, here in inside]) >= _IN_SHOT:
                for gap in _runs([(time, not here) for time, here in inside], shot.end):
                    if edit is not None and not _has_window(edit, gap):
                        continue  # all of the source is shown: whoever is not there is missing in no window
                    if gap.duration > Fraction(self.options.longest_empty):
                        message = f"nobody is in the picture for {float(gap.duration):.1f} s"
                        value, limit = float(gap.duration), self.options.longest_empty
                        yield Finding("empty", "error", message, gap, value, limit, picture_of(gap))

    def _silent(
        self, looks: Sequence[FrameFaces], inspection: Inspection, edit: Edit | None, ctx: Context
    ) -> Iterator[Finding]:
        """Who is shown alone listens, or a narrator is heard; the window is at fault where it leaves somebody out."""
        if not inspection.video.audio:
            return
        limit = self.options.longest_silent
        for span in lip_offset(inspection, ctx).resting:
            if span.duration < seconds(limit) or any(len(look.faces) > 1 for look in looks if look.time in span):
                continue
            left_out = edit is not None and ctx.video is not None and shows_somebody_else(ctx.video, edit, span, ctx)
            message = f"somebody speaks for {float(span.duration):.0f} s while the mouth in the picture rests"
            because = ", and somebody else is outside of the window" if left_out else ""
            severity: Severity = "error" if left_out else "warning"
            value = float(span.duration)
            yield Finding("speaker-out", severity, message + because, span, value, limit, picture_of(span))

    def _listener(self, edit: Edit | None, ctx: Context) -> Iterator[Finding]:
        """Who speaks, by the attribution that the run goes by, is outside of every window; where there is a choice."""
        source = ctx.video
        if edit is None or source is None or not {ShotDetector, FaceDetector, SpeakerDetector} <= set(ctx.analysers):
            return
        try:
            if not share_the_screen(face_tracks(source, edit.highlight.span, ctx)):
                return
            unseen = unseen_speech(speaking_tracks(source, edit.highlight.span, ctx), edit)
        except ModelError as error:
            yield Finding("not-checked", "warning", f"whether the speaker is in the picture: {error}")
            return
        for span in unseen:
            if span.duration >= seconds(self.options.longest_unseen):
                message = f"the speaker is outside of the window for {float(span.duration):.1f} s"
                value, limit = float(span.duration), self.options.longest_unseen
                yield Finding("speaker-out", "error", message, span, value, limit, picture_of(span))

    def _cut(self, looks: Sequence[FrameFaces], video: Video) -> Iterator[Finding]:
        """The face that is meant is the biggest; others may stand half outside."""
        mains = [(look.time, _main(look)) for look in looks]
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

    def _sizes(self, looks: Sequence[FrameFaces], video: Video) -> Iterator[Finding]:
        faces = [(look.time, face.box) for look in looks if (face := _main(look)) is not None]
        if len(faces) < _LEAST_LOOKS:
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
    def _tint(looks: Sequence[FrameFaces]) -> Iterator[Finding]:
        """Red and blue that changed places, or a wrong matrix, show in skin, which is redder than it is blue."""
        tints = [tint for look in looks for face, tint in zip(look.faces, look.tints, strict=True) if _sure(face)]
        if len(tints) < _LEAST_LOOKS:
            return
        tint = float(np.median(tints))
        if tint < _BLUE:
            look = next(look for look in looks if _main(look) is not None)
            face = _main(look)
            shown = Evidence.picture(look.time, None if face is None else face.box)
            yield Finding(
                "colours", "error", "faces are bluer than skin is: the colours are wrong", None, tint, _BLUE, shown
            )

    def _shake(self, seen: VideoMetrics) -> Iterator[Finding]:
        limit = self.options.shake
        trembling = shakes(seen.times, seen.shifts)
        for span in stretches_above(seen.times, trembling, limit):
            if span.duration >= 1:
                inside = trembling[(seen.times >= span.start) & (seen.times < span.end)]
                worst = float(np.nanmax(inside))
                message = f"the picture trembles by {worst:.1%} of its width"
                yield Finding("shake", "error", message, span, worst, limit, picture_of(span))

    def _flips(self, edit: Edit | None) -> Iterator[Finding]:
        if edit is None or len(edit.crop.shots) < 2:
            return
        minutes = float(edit.duration) / 60
        rate = (len(edit.crop.shots) - 1) / minutes
        if len(edit.crop.shots) > 4 and rate > self.options.flips:
            message = f"the window changes {rate:.0f} times a minute"
            yield Finding("flips", "warning", message, None, rate, self.options.flips)

    def _flashes(self, seen: VideoMetrics) -> Iterator[Finding]:
        span = too_many_flashes(seen.flashes, self.options.flashes)
        if span is not None:
            inside = sum(1 for time in seen.flashes if span.start <= time <= span.start + 1)
            message = f"more than {self.options.flashes} flashes in a second may set off a seizure (ITU-R BT.1702)"
            yield Finding("flashes", "error", message, span, inside / 2, self.options.flashes, picture_of(span))

    def _sharpness(self, edit: Edit | None, video: Video, seen: VideoMetrics, ctx: Context) -> Iterator[Finding]:
        upscale = 1.0 if edit is None else _upscale(edit)
        if upscale > self.options.largest_upscale:
            message = f"the source is enlarged {upscale:.1f} times"
            yield Finding("upscale", "warning", message, None, upscale, self.options.largest_upscale)
        detail = seen.detail[~np.isnan(seen.detail[:, 1])]
        if not len(detail) or min(video.width, video.height) < _JUDGED:
            return
        limit = max(self.options.finest_detail, _OVER_CROP * upscale)
        softest = float(np.median(detail[:, 1]))
        if softest > limit:
            time = Fraction(round(float(detail[int(np.argmax(detail[:, 1])), 0]) * 1000), 1000)
            message = f"the picture is soft: its finest detail is {softest:.1f} pixels wide"
            of_source = edit is not None and softest <= _OVER_CROP * upscale * _source_detail(edit, ctx)
            severity: Severity = "warning" if of_source else "error"
            because = ", as the source's is" if of_source else ""
            yield Finding("sharpness", severity, message + because, None, softest, limit, Evidence.picture(time))


def _shots(seen: VideoMetrics, edit: Edit | None, ctx: Context) -> list[Span]:
    """The shots of a clip. Where its source is known, a picture that jumps without a cut there is no new shot."""
    shots = shots_of(seen)
    if edit is None or ctx.video is None:
        return shots
    cuts = ctx.cached(ctx.analyser(ShotDetector).detect, ctx.video, edit.highlight.span)
    spans = (*(shot.span for shot in cuts), *(shot.span for shot in edit.crop.shots), *edit.keep)
    meant = [edit.clip_time(span.start) for span in spans]
    kept = [shot.start for shot in shots[1:] if any(abs(shot.start - time) <= _SAME_CUT for time in meant)]
    return [Span(start, end) for start, end in pairwise((Fraction(0), *kept, seen.end)) if end > start]


def _widened(findings: Iterable[Finding], edit: Edit | None) -> Iterator[Finding]:
    """The same; an error about faces in a window goes away where the whole picture is shown instead."""
    for finding in findings:
        widened = finding.severity == "error" and edit is not None and _has_window(edit, finding.span)
        yield replace(finding, repair=Repair("relayout", finding.span)) if widened else finding


def _has_window(edit: Edit, span: Span | None) -> bool:
    """Whether a window of the source is shown during a stretch of the clip."""
    shown = [(Span(edit.clip_time(s.span.start), edit.clip_time(s.span.end)), s.layout) for s in edit.crop.shots]
    return any(layout != "fit" and (span is None or at.overlap(span)) for at, layout in shown)


def _sure(face: Detection) -> bool:
    return face.confidence >= _SURE


def _main(look: FrameFaces) -> Detection | None:
    return next((face for face in look.faces if _sure(face)), None)


def _is_cut(face: Detection, video: Video) -> bool:
    """Whether an edge of the picture goes through the eyes or the mouth; hair and chin may be cut in a close-up."""
    if not face.landmarks:
        return face.box.x1 < -_AT_EDGE * video.width or face.box.x2 > (1 + _AT_EDGE) * video.width
    near = _AT_EDGE * video.width
    across = [x for x, _ in face.landmarks]
    down = [y for _, y in face.landmarks]
    sides = min(across) < near or max(across) > video.width - near
    return sides or min(down) < near or max(down) > video.height - near


def _runs(moments: Sequence[tuple[Seconds, bool]], end: Seconds) -> Iterator[Span]:
    """The stretches in which something holds, each until the next moment in which it does not."""
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
    """Pixels that the source's finest detail is wide during a highlight; 0 where that is not known."""
    if ctx.video is None:
        return 0.0
    span = edit.highlight.span
    times = [span.start + span.duration * (2 * part + 1) / (2 * _SAMPLES) for part in range(_SAMPLES)]
    shown = pictures(ctx.video, span, times=times)
    sizes = [finest_detail(np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))) for _, picture in shown]
    known = [size for size in sizes if not np.isnan(size)]
    return float(np.median(known)) if known else 0.0


def _upscale(edit: Edit) -> float:
    """How much the smallest window of the source is enlarged, of windows that fill most of the output."""
    factors = [
        (panel.into[3] - panel.into[1]) / max(1.0, key.box.height)
        for shot in edit.crop.shots
        if shot.layout != "fit"
        for panel in shot.panels
        for key in panel.keyframes
    ]
    return max(1.0, *factors) if factors else 1.0
