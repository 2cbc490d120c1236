"""``review = "technical"``: is the file sound? Decodes all of it and measures; a person need not look."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from pydantic import Field

from clipy.analysis.inspection import inspected, listened
from clipy.context import Context
from clipy.errors import MediaError
from clipy.media.checks.picture import Seen
from clipy.media.checks.sound import Heard
from clipy.stages.base import Reviewer
from clipy.types import Clip, Finding, Review, Severity, Span, Video

_MOST = 0.8  # share of a clip from which on a fault is the clip's, not a stretch's
_RATES = (23.0, 61.0)  # frames a second that the platforms take
_SKIPPED = Fraction(5, 2)  # steps between frames that a viewer sees as a jump


class Technical(Reviewer):
    """Checks streams, size, length, frame rate, sync, damage, black, still and silent stretches, and loudness.

    A black, still or silent stretch is a warning; when it is most of the clip, an error. A still clip passes with
    ``allow_still`` (a title card or an audiobook's cover without captions). A silent clip is an error unless clipy
    made it and no word was transcribed in it, as from a source without sound, or with ``allow_silent``.
    """

    class Options(Reviewer.Options):
        width: int | None = Field(None, ge=16, description="Width the clip must have; left out, the crop's.")
        height: int | None = Field(None, ge=16, description="Height the clip must have; left out, the crop's.")
        duration_tolerance: float = Field(0.1, ge=0, description="Seconds by which the length may be off.")
        sync_tolerance: float = Field(0.2, ge=0, description="Seconds by which sound and picture may differ in length.")
        longest_black: float = Field(1.0, gt=0, description="Seconds of black picture that are let pass.")
        longest_still: float = Field(5.0, gt=0, description="Seconds of still picture that are let pass.")
        longest_silence: float = Field(4.0, gt=0, description="Seconds of silence that are let pass.")
        allow_still: bool = Field(False, description="Let clips pass whose picture never moves.")
        allow_silent: bool = Field(False, description="Let clips pass in which nothing is heard.")
        loudness: float = Field(-14.0, ge=-40, le=-5, description="Loudness that the clip should have, in LUFS.")
        loudness_tolerance: float = Field(2.0, ge=0, description="LU by which the loudness may be off.")
        true_peak: float = Field(-0.5, le=3, description="Highest peak that is let pass, in dBTP.")

    options: Options

    def review(self, clip: Clip, ctx: Context) -> Review:
        name = self.name or "technical"
        try:
            inspection = inspected(clip, ctx)
            video, seen = inspection.video, inspection.seen
            heard = listened(video, ctx) if video.audio else None
        except MediaError as error:
            return Review(name, (Finding("readable", "error", error.what),))
        findings = (
            *self._shape(clip, video, seen),
            *self._length(clip, video, seen, heard),
            *self._damage(seen),
            *self._picture(seen),
            *self._sound(clip, video, heard),
        )
        return Review(name, findings)

    def _shape(self, clip: Clip, video: Video, seen: Seen) -> Iterator[Finding]:
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
        rate = float(video.frame_rate)
        if not _RATES[0] <= rate <= _RATES[1]:
            nearest = _RATES[0] if rate < _RATES[0] else _RATES[1]
            message = f"{rate:.2f} frames a second are unusual"
            yield Finding("frame-rate", "warning", message, value=rate, limit=nearest)
        if seen.longest_step * video.frame_rate > _SKIPPED:
            step, usual = float(seen.longest_step), float(1 / video.frame_rate)
            message = f"a frame stays for {step:.2f} s: frames are missing"
            yield Finding("frame-rate", "warning", message, value=step, limit=usual)

    def _length(self, clip: Clip, video: Video, seen: Seen, heard: Heard | None) -> Iterator[Finding]:
        if clip.edit is not None:
            wanted, tolerance = float(clip.edit.duration), self.options.duration_tolerance
            if abs(float(video.duration) - wanted) > tolerance:
                message = f"the clip lasts {float(video.duration):.2f} s instead of {wanted:.2f} s"
                yield Finding("duration", "error", message, value=float(video.duration), limit=wanted)
        apart = float(seen.end - heard.end) if heard else 0.0
        if abs(apart) > self.options.sync_tolerance:
            first, second = ("picture", "sound") if apart < 0 else ("sound", "picture")
            message = f"the {first} ends {abs(apart):.2f} s before the {second}"
            yield Finding("sync", "error", message, value=abs(apart), limit=self.options.sync_tolerance)

    @staticmethod
    def _damage(seen: Seen) -> Iterator[Finding]:
        if seen.broken:
            message = f"{len(seen.broken)} pieces of the picture cannot be decoded"
            span = Span(seen.broken[0], max(seen.broken))
            yield Finding("decodes", "error", message, span=span, value=len(seen.broken), limit=0)
        if seen.frames == 0:
            yield Finding("decodes", "error", "no picture can be decoded", value=0, limit=1)

    def _picture(self, seen: Seen) -> Iterator[Finding]:
        black, still = self.options.longest_black, self.options.longest_still
        yield from _stretches("black", "black", seen.black, black, seen.end, fatal=True)
        lit = [span for span in seen.frozen if not any(span.overlap(dark) for dark in seen.black)]
        fatal = not self.options.allow_still
        hint = "; set allow_still to let it pass"
        yield from _stretches("frozen", "a still picture", tuple(lit), still, seen.end, fatal=fatal, hint=hint)

    def _sound(self, clip: Clip, video: Video, heard: Heard | None) -> Iterator[Finding]:
        if heard is None:
            severity: Severity = "warning" if self.options.allow_silent else "error"
            yield Finding("sound-stream", severity, "there is no sound track; players and platforms expect one")
            return
        expected = clip.edit is None or bool(clip.edit.words)
        fatal = expected and not self.options.allow_silent
        limit = self.options.longest_silence
        hint = "; set allow_silent to let it pass"
        yield from _stretches("silent", "silent", heard.silent, limit, video.duration, fatal=fatal, hint=hint)
        if heard.loudness is not None:
            yield from self._level(heard.loudness, heard.true_peak)

    def _level(self, loudness: float, true_peak: float | None) -> Iterator[Finding]:
        off = loudness - self.options.loudness
        if abs(off) > self.options.loudness_tolerance:
            word = "louder" if off > 0 else "quieter"
            message = f"the sound is {abs(off):.0f} dB {word} than {self.options.loudness:.0f} LUFS"
            yield Finding("loudness", "warning", message, value=loudness, limit=self.options.loudness)
        if true_peak is not None and true_peak > self.options.true_peak:
            message = f"the sound peaks at {true_peak:+.1f} dBTP and may crackle"
            yield Finding("peak", "warning", message, value=true_peak, limit=self.options.true_peak)


def _stretches(
    check: str, word: str, spans: tuple[Span, ...], limit: float, whole: Fraction, *, fatal: bool, hint: str = ""
) -> Iterator[Finding]:
    """One error for the whole clip when most of it is so, else one warning for each stretch that is too long.

    Short stretches are no fault however many they are: a slide show stands still between its slides.
    """
    noticed = min(Fraction(limit), Fraction(_MOST) * whole)
    spans = tuple(span for span in spans if span.duration > noticed)
    total = sum((span.duration for span in spans), Fraction(0))
    if total > Fraction(_MOST) * whole:
        message = f"{float(total):.1f} of {float(whole):.1f} s are {word}{hint if fatal else ''}"
        yield Finding(check, "error" if fatal else "warning", message, Span(Fraction(0), whole), float(total), limit)
        return
    for span in spans:
        length = float(span.duration)
        message = f"{length:.1f} s are {word} from {float(span.start):.1f} s on"
        yield Finding(check, "warning", message, span, length, limit)
