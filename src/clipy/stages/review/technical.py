"""``review = "technical"``: is the file sound? Decodes all of it and measures; a person need not look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Literal

import numpy as np
from pydantic import Field

from clipy.analysis.clip_qc.inspection import inspect_clip
from clipy.analysis.clip_qc.source import stands_still
from clipy.context import Context
from clipy.errors import MediaError
from clipy.media.checks.video_metrics import VideoMetrics
from clipy.media.media_info import MediaInfo, media_info
from clipy.stages.base import Reviewer
from clipy.stages.review.checks.platform_limits import refusals
from clipy.stages.review.checks.spans import mostly, picture_of, stretches
from clipy.types import Clip, Finding, Repair, Review, Seconds, Severity, Span, Video

_RATES = (23.0, 61.0)  # frames a second that the platforms take
_STUTTER = 10.0  # frames a second below which it is a slide show
_SKIPPED = Fraction(5, 2)  # steps between frames that a viewer sees as a jump
_UNEVEN = 0.05  # share of steps off the usual one from which a frame rate is not constant
_POOR = 0.006  # bits a pixel: H.264 at its lowest usable quality is above 0.02, HEVC above 0.01
_BT709 = 1  # in ITU-T H.273, of primaries, transfer and matrix alike
_UNSAID = 2
_PROFILES = ("baseline", "main", "high")  # 8 bits, 4:2:0: what every telephone decodes in hardware
_SLIDES = 0.5  # share of a clip in still pictures from which it is a slide show, which stops again and again
_SEVERAL = 3
_NEAR = Fraction(1, 10)  # seconds from an edge that belong to it

PlatformName = Literal["shorts", "reels", "tiktok"]


class Technical(Reviewer):
    """Checks streams, codec, colours, size, length, frame rate, sync, damage, and black, blank and still stretches.

    A picture that stops while it was moving is an error, unless the source stands still then, too, as slides do under
    captions; one that comes on as a still and stays is a slide: a warning.
    A clip that is still throughout passes with ``allow_still`` (a title card, an audiobook's cover without captions).
    How the file is coded is held against a clip only where clipy made it; of other files it is worth knowing.
    """

    version = 4

    class Options(Reviewer.Options):
        width: int | None = Field(None, ge=16, description="Width the clip must have; left out, the crop's.")
        height: int | None = Field(None, ge=16, description="Height the clip must have; left out, the crop's.")
        duration_tolerance: float = Field(0.1, ge=0, description="Seconds by which the length may be off.")
        sync_tolerance: float = Field(
            0.2, ge=0, description="Seconds by which sound and picture may start or end apart."
        )
        longest_black: float = Field(
            0.8, gt=0, description="Seconds of black that are let pass: longer than any fade between scenes is dark."
        )
        longest_freeze: float = Field(
            1.2,
            gt=0,
            description="Seconds that a picture may stop for after it moved; talkers hold still for less.",
        )
        longest_still: float = Field(5.0, gt=0, description="Seconds of an inserted still picture that are let pass.")
        allow_still: bool = Field(False, description="Let clips pass whose picture never moves.")
        allow_silent: bool = Field(False, description="Let clips pass that have no sound track.")
        platforms: tuple[PlatformName, ...] = Field(
            (), description="Where the clip will go (shorts, reels, tiktok): what they refuse is an error."
        )

    options: Options

    def review(self, clip: Clip, ctx: Context) -> Review:
        name = self.name or "technical"
        try:
            inspection = inspect_clip(clip, ctx)
            tracks = inspection.video.audio
            facts = media_info(inspection.video.path, tracks[0].index if tracks else None)
        except MediaError as error:
            return Review(name, (Finding("readable", "error", error.what),))
        video, seen = inspection.video, inspection.metrics
        findings = (
            *self._shape(clip, video),
            *self._rate(video, seen),
            *self._length(clip, video, seen, facts),
            *self._damage(seen),
            *(_trimmed(finding, clip, seen.end) for finding in self._picture(seen, clip, ctx)),
            *self._coding(clip, video, facts),
            *self._colours(clip, facts),
            *(refusal for platform in self.options.platforms for refusal in refusals(platform, video, facts)),
        )
        return Review(name, findings)

    def _shape(self, clip: Clip, video: Video) -> Iterator[Finding]:
        crop = clip.edit.crop if clip.edit else None
        width = self.options.width or (crop.width if crop else None)
        height = self.options.height or (crop.height if crop else None)
        for what, value, limit in (("width", video.width, width), ("height", video.height, height)):
            if limit is not None and value != limit:
                yield Finding(
                    "size", "error", f"the {what} is {value} pixels instead of {limit}", value=value, limit=limit
                )
        if width is None and height is None and video.width * 16 != video.height * 9:
            message = f"the picture is {video.width}x{video.height}, not 9:16"
            yield Finding("size", "warning", message, value=video.width / video.height, limit=9 / 16)
        if video.rotation:
            message = f"players must turn the picture by {video.rotation} degrees; some do not"
            yield Finding("rotation", "warning", message, value=video.rotation, limit=0)

    @staticmethod
    def _rate(video: Video, seen: VideoMetrics) -> Iterator[Finding]:
        rate = float(video.frame_rate)
        if not _RATES[0] <= rate <= _RATES[1]:
            nearest = _RATES[0] if rate < _RATES[0] else _RATES[1]
            severity: Severity = "error" if rate < _STUTTER else "warning"
            yield Finding("frame-rate", severity, f"{rate:.2f} frames a second are unusual", value=rate, limit=nearest)
        if seen.max_frame_interval * video.frame_rate > _SKIPPED:
            step, usual = float(seen.max_frame_interval), float(1 / video.frame_rate)
            message = f"a frame stays for {step:.2f} s: frames are missing"
            yield Finding("frame-rate", "warning", message, value=step, limit=usual)
        steps = np.diff(seen.times)
        if len(steps) and (uneven := float(np.mean(np.abs(steps / np.median(steps) - 1) > 0.2))) > _UNEVEN:
            message = f"the frame rate changes: {uneven:.0%} of the frames stay longer or shorter than the others"
            yield Finding("frame-rate", "info", message, value=uneven, limit=_UNEVEN)

    def _length(self, clip: Clip, video: Video, seen: VideoMetrics, facts: MediaInfo) -> Iterator[Finding]:
        if clip.edit is not None:
            wanted, tolerance = float(clip.edit.duration), self.options.duration_tolerance
            if abs(float(video.duration) - wanted) > tolerance:
                message = f"the clip lasts {float(video.duration):.2f} s instead of {wanted:.2f} s"
                yield Finding("duration", "error", message, value=float(video.duration), limit=wanted)
        if not video.audio:
            severity: Severity = "warning" if self.options.allow_silent else "error"
            yield Finding("sound-stream", severity, "there is no sound track; players and platforms expect one")
            return
        limit = self.options.sync_tolerance
        for what, apart in (("starts", seen.start - facts.audio_start), ("ends", seen.end - facts.audio_end)):
            if abs(apart) > limit:
                first, second = ("picture", "sound") if apart < 0 else ("sound", "picture")
                message = f"the {first} {what} {abs(float(apart)):.2f} s before the {second}"
                yield Finding("sync", "error", message, value=float(abs(apart)), limit=limit)

    @staticmethod
    def _damage(seen: VideoMetrics) -> Iterator[Finding]:
        if seen.broken:
            message = f"{len(seen.broken)} pieces of the picture cannot be decoded"
            span = Span(seen.broken[0], max(seen.broken))
            yield Finding("decodes", "error", message, span, len(seen.broken), 0, picture_of(span))
        if seen.frames == 0:
            yield Finding("decodes", "error", "no picture can be decoded", value=0, limit=1)

    def _picture(self, seen: VideoMetrics, clip: Clip, ctx: Context) -> Iterator[Finding]:
        limit = self.options.longest_black
        yield from stretches("black", "black", seen.black, limit, seen.end, picture_of)
        yield from stretches("blank", "one plain colour", seen.blank, limit, seen.end, picture_of)
        empty = (*seen.black, *seen.blank)
        lit = [still for still in seen.frozen if not any(still.span.overlap(dark) for dark in empty)]
        spans = tuple(still.span for still in lit)
        _, most = mostly(spans, seen.end, self.options.longest_still)
        severity: Severity = "warning" if self.options.allow_still else "error"
        if most:
            hint = "; set allow_still to let it pass"
            whole, limit = seen.end, self.options.longest_still
            yield from stretches(
                "frozen", "a still picture", spans, limit, whole, picture_of, severity=severity, hint=hint
            )
            return
        stopped = tuple(still.span for still in lit if not still.after_cut)
        freeze = self.options.longest_freeze
        if self._is_slide_show(spans, seen.end):
            stopped = ()
        elif clip.edit is not None and ctx.video is not None:
            source, edit = ctx.video, clip.edit
            stopped = tuple(span for span in stopped if span.duration > freeze and not stands_still(source, edit, span))
        yield from stretches("frozen", "a picture that stopped", stopped, freeze, seen.end, picture_of)
        slides = tuple(span for span in spans if span not in stopped)
        slow = self.options.longest_still
        yield from stretches("frozen", "a still picture", slides, slow, seen.end, picture_of, severity="warning")

    def _is_slide_show(self, spans: tuple[Span, ...], whole: Fraction) -> bool:
        long = [span for span in spans if span.duration > self.options.longest_freeze]
        return len(long) >= _SEVERAL and sum((span.duration for span in long), Fraction(0)) > _SLIDES * whole

    @staticmethod
    def _coding(clip: Clip, video: Video, facts: MediaInfo) -> Iterator[Finding]:
        held: Severity = "error" if clip.edit is not None else "warning"
        if facts.video_codec != "h264" or facts.audio_codec not in {"aac", ""}:
            coded = " and ".join(filter(None, (facts.video_codec, facts.audio_codec)))
            yield Finding("codec", held, f"this is {coded}; H.264 and AAC play everywhere")
        elif facts.profile and not any(word in facts.profile.lower() for word in _PROFILES):
            yield Finding("codec", held, f"H.264 {facts.profile} does not play on every telephone")
        if facts.pixel_format not in {"yuv420p", "yuvj420p"}:
            yield Finding("pixel-format", held, f"{facts.pixel_format} does not play everywhere; 8 bit 4:2:0 does")
        if facts.index_first is False:
            yield Finding(
                "faststart", "warning", "the index is at the end: playing begins when all has arrived (use faststart)"
            )
        pixels = video.width * video.height * float(video.frame_rate)
        if (rate := facts.bit_rate / pixels) < _POOR:
            message = f"{facts.bit_rate / 1000:.0f} kbit/s are too few for {video.width}x{video.height}"
            yield Finding("bit-rate", "warning", message, value=rate, limit=_POOR)

    @staticmethod
    def _colours(clip: Clip, facts: MediaInfo) -> Iterator[Finding]:
        """Players show untagged and mistagged colours each in their own way."""
        held: Severity = "error" if clip.edit is not None else "warning"
        tags = (facts.primaries, facts.transfer, facts.matrix)
        if _UNSAID in tags:
            yield Finding("colours", held, "the file does not say how its colours are coded (BT.709 is usual)")
        elif tags != (_BT709,) * 3:
            message = f"the colours are tagged {'/'.join(map(str, tags))} (H.273), not BT.709: many players ignore that"
            yield Finding("colours", held, message)
        if facts.full_range:
            yield Finding("colours", held, "the colours are coded in full range; some players show them too dark")


def _trimmed(finding: Finding, clip: Clip, end: Seconds) -> Finding:
    """The same; what is wrong at the beginning or the end of a clip made here can be cut off."""
    span = finding.span
    if clip.edit is None or span is None or finding.severity != "error":
        return finding
    if span.start <= _NEAR and span.end < end - _NEAR:
        return replace(finding, repair=Repair("trim", Span(span.end, end)))
    if span.end >= end - _NEAR and span.start > _NEAR:
        return replace(finding, repair=Repair("trim", Span(Fraction(0), span.start)))
    return finding
