"""``review = "technical"``: is the file intact and playable everywhere? Decodes and measures all of it."""

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
from clipy.stages.review.checks.platforms import refusals
from clipy.stages.review.checks.spans import mostly, picture_of, stretches
from clipy.types import Clip, Finding, Repair, Review, Seconds, Severity, Span, Video

_RATES = (23.0, 61.0)  # frames per second that platforms accept
_STUTTER = 10.0  # frames per second below which motion stutters
_SKIPPED = Fraction(5, 2)  # frame durations that a viewer sees as a jump
_UNEVEN = 0.05  # share of irregular frame durations above which a frame rate is variable
_POOR = 0.006  # bits per pixel: H.264 at its lowest usable quality is above 0.02, HEVC above 0.01
_BT709 = 1  # in ITU-T H.273, of primaries, transfer and matrix alike
_UNSAID = 2
_PROFILES = ("baseline", "main", "high")  # 8 bits, 4:2:0: what every phone decodes in hardware
_SLIDES = 0.5  # share of still pictures above which a clip is a slide show
_SEVERAL = 3
_NEAR = Fraction(1, 10)  # seconds from the edge of a clip that count as the edge

PlatformName = Literal["shorts", "reels", "tiktok"]


class Technical(Reviewer):
    """Checks streams, codec, colours, size, length, frame rate, sync, damage, and black, blank and frozen spans.

    A moving picture that freezes is an error, unless the source is still there too, as slides under captions are. A
    still that follows a cut is a slide: a warning.
    A clip that is still throughout passes with ``allow_still`` (a title card, an audiobook's cover without captions).
    Coding defects are errors in clips that clipy made, and warnings in other files.
    """

    version = 4

    class Options(Reviewer.Options):
        width: int | None = Field(None, ge=16, description="Required width in pixels; default: that of the crop.")
        height: int | None = Field(None, ge=16, description="Required height in pixels; default: that of the crop.")
        duration_tolerance: float = Field(0.1, ge=0, description="Largest deviation of the length, in seconds.")
        sync_tolerance: float = Field(
            0.2, ge=0, description="Largest gap between the starts, or the ends, of picture and sound, in seconds."
        )
        longest_black: float = Field(
            0.8, gt=0, description="Longest black span, in seconds; fades between scenes are shorter."
        )
        longest_freeze: float = Field(
            1.2,
            gt=0,
            description="Longest freeze of a moving picture, in seconds; people who talk hold still for less.",
        )
        longest_still: float = Field(5.0, gt=0, description="Longest inserted still picture, in seconds.")
        allow_still: bool = Field(False, description="Accept clips whose picture never moves.")
        allow_silent: bool = Field(False, description="Accept clips without an audio stream.")
        platforms: tuple[PlatformName, ...] = Field(
            (), description="Target platforms (shorts, reels, tiktok); whatever one of them would refuse is an error."
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
        video, metrics = inspection.video, inspection.metrics
        findings = (
            *self._shape(clip, video),
            *self._rate(video, metrics),
            *self._length(clip, video, metrics, facts),
            *self._damage(metrics),
            *(_trimmed(finding, clip, metrics.end) for finding in self._picture(metrics, clip, ctx)),
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
            message = f"players must rotate the picture by {video.rotation} degrees; some do not"
            yield Finding("rotation", "warning", message, value=video.rotation, limit=0)

    @staticmethod
    def _rate(video: Video, metrics: VideoMetrics) -> Iterator[Finding]:
        rate = float(video.frame_rate)
        if not _RATES[0] <= rate <= _RATES[1]:
            nearest = _RATES[0] if rate < _RATES[0] else _RATES[1]
            severity: Severity = "error" if rate < _STUTTER else "warning"
            yield Finding("frame-rate", severity, f"{rate:.2f} frames per second is unusual", value=rate, limit=nearest)
        if metrics.max_frame_interval * video.frame_rate > _SKIPPED:
            step, usual = float(metrics.max_frame_interval), float(1 / video.frame_rate)
            message = f"one frame lasts {step:.2f} s: frames are missing"
            yield Finding("frame-rate", "warning", message, value=step, limit=usual)
        steps = np.diff(metrics.times)
        if len(steps) and (uneven := float(np.mean(np.abs(steps / np.median(steps) - 1) > 0.2))) > _UNEVEN:
            message = f"the frame rate is variable: {uneven:.0%} of the frames last longer or shorter than the others"
            yield Finding("frame-rate", "info", message, value=uneven, limit=_UNEVEN)

    def _length(self, clip: Clip, video: Video, metrics: VideoMetrics, facts: MediaInfo) -> Iterator[Finding]:
        if clip.edit is not None:
            wanted, tolerance = float(clip.edit.duration), self.options.duration_tolerance
            if abs(float(video.duration) - wanted) > tolerance:
                message = f"the clip lasts {float(video.duration):.2f} s instead of {wanted:.2f} s"
                yield Finding("duration", "error", message, value=float(video.duration), limit=wanted)
        if not video.audio:
            severity: Severity = "warning" if self.options.allow_silent else "error"
            yield Finding("sound-stream", severity, "there is no audio stream; players and platforms expect one")
            return
        limit = self.options.sync_tolerance
        for what, apart in (("starts", metrics.start - facts.audio_start), ("ends", metrics.end - facts.audio_end)):
            if abs(apart) > limit:
                first, second = ("picture", "sound") if apart < 0 else ("sound", "picture")
                message = f"the {first} {what} {abs(float(apart)):.2f} s before the {second}"
                yield Finding("sync", "error", message, value=float(abs(apart)), limit=limit)

    @staticmethod
    def _damage(metrics: VideoMetrics) -> Iterator[Finding]:
        if metrics.broken:
            count = len(metrics.broken)
            message = f"{count} packet{'s' * (count > 1)} of the video stream cannot be decoded"
            span = Span(metrics.broken[0], max(metrics.broken))
            yield Finding("decodes", "error", message, span, len(metrics.broken), 0, picture_of(span))
        if metrics.frames == 0:
            yield Finding("decodes", "error", "no frame can be decoded", value=0, limit=1)

    def _picture(self, metrics: VideoMetrics, clip: Clip, ctx: Context) -> Iterator[Finding]:
        limit = self.options.longest_black
        yield from stretches("black", "black", metrics.black, limit, metrics.end, picture_of)
        yield from stretches("blank", "one solid colour", metrics.blank, limit, metrics.end, picture_of)
        empty = (*metrics.black, *metrics.blank)
        lit = [still for still in metrics.frozen if not any(still.span.overlap(dark) for dark in empty)]
        spans = tuple(still.span for still in lit)
        _, most = mostly(spans, metrics.end, self.options.longest_still)
        severity: Severity = "warning" if self.options.allow_still else "error"
        if most:
            hint = "; set allow_still to let it pass"
            whole, limit = metrics.end, self.options.longest_still
            yield from stretches(
                "frozen", "a still picture", spans, limit, whole, picture_of, severity=severity, hint=hint
            )
            return
        stopped = tuple(still.span for still in lit if not still.after_cut)
        freeze = self.options.longest_freeze
        if self._is_slide_show(spans, metrics.end):
            stopped = ()
        elif clip.edit is not None and ctx.video is not None:
            source, edit = ctx.video, clip.edit
            stopped = tuple(span for span in stopped if span.duration > freeze and not stands_still(source, edit, span))
        yield from stretches("frozen", "a frozen picture", stopped, freeze, metrics.end, picture_of)
        slides = tuple(span for span in spans if span not in stopped)
        slow = self.options.longest_still
        yield from stretches("frozen", "a still picture", slides, slow, metrics.end, picture_of, severity="warning")

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
            yield Finding("codec", held, f"H.264 {facts.profile} does not play on every phone")
        if facts.pixel_format not in {"yuv420p", "yuvj420p"}:
            yield Finding("pixel-format", held, f"{facts.pixel_format} does not play everywhere; 8-bit 4:2:0 does")
        if facts.index_first is False:
            yield Finding(
                "faststart", "warning", "the index is at the end: playback waits for the whole download (use faststart)"
            )
        pixels = video.width * video.height * float(video.frame_rate)
        if (rate := facts.bit_rate / pixels) < _POOR:
            message = f"{facts.bit_rate / 1000:.0f} kbit/s is too low for {video.width}x{video.height}"
            yield Finding("bit-rate", "warning", message, value=rate, limit=_POOR)

    @staticmethod
    def _colours(clip: Clip, facts: MediaInfo) -> Iterator[Finding]:
        """Report missing or unusual colour tags: players interpret them differently."""
        held: Severity = "error" if clip.edit is not None else "warning"
        tags = (facts.primaries, facts.transfer, facts.matrix)
        if _UNSAID in tags:
            yield Finding("colours", held, "the file has no colour tags (BT.709 is usual)")
        elif tags != (_BT709,) * 3:
            message = f"the colours are tagged {'/'.join(map(str, tags))} (H.273), not BT.709: many players ignore that"
            yield Finding("colours", held, message)
        if facts.full_range:
            yield Finding("colours", held, "the colours are full range; some players show them too dark")


def _trimmed(finding: Finding, clip: Clip, end: Seconds) -> Finding:
    """Add a trim as the repair of an error at the start or end of a clip that clipy made."""
    span = finding.span
    if clip.edit is None or span is None or finding.severity != "error":
        return finding
    if span.start <= _NEAR and span.end < end - _NEAR:
        return replace(finding, repair=Repair("trim", Span(span.end, end)))
    if span.end >= end - _NEAR and span.start > _NEAR:
        return replace(finding, repair=Repair("trim", Span(Fraction(0), span.start)))
    return finding
