"""``review = "sound"``: is it fit to be heard? Loudness, clipping, clicks, silence, both channels, and the voice."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from pydantic import Field

from clipy.analysis.audio.voice_prominence import Voiced, voiced
from clipy.analysis.clip_qc.inspection import measure_sound
from clipy.analysis.clip_qc.speech import speech_of
from clipy.context import Context
from clipy.errors import MediaError
from clipy.media.checks.audio_metrics import AudioMetrics
from clipy.media.probe import probe
from clipy.stages.base import Reviewer
from clipy.stages.review.checks.spans import stretches
from clipy.types import Clip, Evidence, Finding, Repair, Review, Severity, Span, Video

_SILENT_SIDE = -60.0  # dBFS: a channel that is quieter is dead ...
_LOUD_SIDE = -45.0  # ... while the other is louder than this
_INVERTED = -0.7  # correlation of left and right below which one is the other upside down
_PAUSES = 0.5  # seconds of pauses from which the sound between the words can be judged
_FLAT = 13.0  # dB between loud and quiet above which something lets the voice through
_EVEN = 9.0  # dB between loud and quiet below which something fills what speech leaves free; talk alone has 14 and more
_CLIPPED = 1.1  # hump of the amplitudes: 6 dB cut off the loudest waves
_TOUCHED = 1.0
_WORDS = 4  # words from which a voice must be heard
_MOMENT = Fraction(1, 2)  # seconds of sound around a click that are shown
_SHOWN = Fraction(5)  # seconds of sound that show how all of it is


class Sound(Reviewer):
    """Measures the sound track as it will be heard.

    Loudness and true peak as EBU R 128 and ITU-R BS.1770 define them. A clip that clipy made is levelled to -14 LUFS,
    which is what YouTube plays at, so that more than 4 LU off is an error; another file's loudness is its maker's
    choice, and an error only where viewers would reach for the volume.

    For sound under a voice WCAG 2.2 asks for 20 dB less (1.4.7). The limits here tell talk from talk that was mixed
    with music of its own loudness: that brings the difference under 7 dB, music 6 dB below the voice to about 10;
    recordings without music lie above 18. Where nobody pauses, what lies between the loudest and the quietest moments
    tells: under 8 dB with such music, 14 and more in talk, song and noisy streets.
    """

    version = 2

    class Options(Reviewer.Options):
        loudness: float = Field(-14.0, ge=-40, le=-5, description="Loudness that the clip should have, in LUFS.")
        loudness_tolerance: float = Field(2.0, ge=0, description="LU by which the loudness may be off.")
        loudness_limit: float = Field(4.0, ge=0, description="LU off from which a clip made here is refused.")
        quietest: float = Field(
            -28.0, description="LUFS below which any file is refused: 5 LU under EBU R 128's -23 for broadcasting."
        )
        loudest: float = Field(-6.0, description="LUFS above which any file is refused: nothing is mastered louder.")
        true_peak: float = Field(-0.5, le=3, description="Highest peak that is let pass, in dBTP; EBU R 128 asks -1.")
        longest_silence: float = Field(
            1.5,
            gt=0,
            description="Seconds below -60 dBFS that are let pass; a pause has the room's noise.",
        )
        voice_above: float = Field(
            7.0, ge=0, description="dB by which a voice must be louder than what is between words."
        )
        voice_clear: float = Field(12.0, ge=0, description="dB below which a voice is said to be hard to follow.")
        voice_share: float = Field(
            0.25,
            ge=0,
            le=1,
            description="Share of the words' time in which a voice must be heard, where words are known.",
        )
        edge: float = Field(
            0.3, gt=0, le=1, description="Amplitude at which the sound may begin or end; more is heard as a click."
        )
        allow_silent: bool = Field(False, description="Let clips pass in which nothing is heard.")

    options: Options

    def review(self, clip: Clip, ctx: Context) -> Review:
        name = self.name or "sound"
        try:
            video = probe(clip.path)
            if not video.audio:
                return Review(name)  # technical says so
            heard = measure_sound(video, ctx)
            voice = voiced(speech_of(video, ctx))
        except MediaError as error:
            return Review(name, (Finding("readable", "error", error.what),))
        findings = (
            *self._silence(clip, video, heard),
            *self._level(clip, heard),
            *self._channels(clip, video, heard),
            *self._damage(video, heard),
            *self._voice(clip, video, voice, silent=heard.loudness is None),
        )
        return Review(name, findings)

    def _silence(self, clip: Clip, video: Video, heard: AudioMetrics) -> Iterator[Finding]:
        expected = clip.edit is None or bool(clip.edit.words)
        severity: Severity = "error" if expected and not self.options.allow_silent else "warning"
        hint = "; set allow_silent to let it pass" if heard.loudness is None else ""
        limit = self.options.longest_silence
        yield from stretches(
            "silent", "silent", heard.silent, limit, video.duration, Evidence.sound, severity=severity, hint=hint
        )

    def _level(self, clip: Clip, heard: AudioMetrics) -> Iterator[Finding]:
        if heard.loudness is None:
            return
        options, loudness = self.options, heard.loudness
        off = loudness - options.loudness
        ours = clip.edit is not None and abs(off) > options.loudness_limit
        if ours or not options.quietest <= loudness <= options.loudest or abs(off) > options.loudness_tolerance:
            refused = ours or not options.quietest <= loudness <= options.loudest
            word = "louder" if off > 0 else "quieter"
            message = f"the sound is {abs(off):.0f} dB {word} than {options.loudness:.0f} LUFS"
            repair = Repair("relevel", gain=-off) if ours else None
            severity: Severity = "error" if refused else "warning"
            yield Finding("loudness", severity, message, None, loudness, options.loudness, repair=repair)
        if heard.true_peak is not None and heard.true_peak > options.true_peak:
            message = f"the sound peaks at {heard.true_peak:+.1f} dBTP and may crackle"
            yield Finding("peak", "warning", message, value=heard.true_peak, limit=options.true_peak)

    @staticmethod
    def _channels(clip: Clip, video: Video, heard: AudioMetrics) -> Iterator[Finding]:
        if video.audio[0].channels < 2:
            return
        evidence = Evidence.sound(Span(Fraction(0), min(_SHOWN, video.duration)))
        quiet, loud = sorted(heard.sides)
        ours = clip.edit is not None and clip.edit.sides is None
        if quiet < _SILENT_SIDE and loud > _LOUD_SIDE:
            side, taken = ("left", (0.0, 1.0)) if heard.sides[0] < heard.sides[1] else ("right", (1.0, 0.0))
            message = f"nothing is heard on the {side}: mix the sound to both sides"
            repair = Repair("remix", sides=(taken, taken)) if ours else None
            yield Finding("channel", "error", message, None, quiet, _SILENT_SIDE, evidence, repair)
        elif heard.correlation < _INVERTED:
            message = "left and right cancel each other out on a telephone: one of them is upside down"
            repair = Repair("remix", sides=((1.0, 0.0), (0.0, -1.0))) if ours else None
            yield Finding("phase", "error", message, None, heard.correlation, _INVERTED, evidence, repair)

    def _damage(self, video: Video, heard: AudioMetrics) -> Iterator[Finding]:
        if heard.clipping > _TOUCHED:
            severity: Severity = "error" if heard.clipping >= _CLIPPED else "warning"
            message = "the tops of the waves are cut off: it was recorded or turned up too loud"
            evidence = Evidence.sound(Span(Fraction(0), min(_SHOWN, video.duration)))
            yield Finding("clipping", severity, message, value=heard.clipping, limit=_CLIPPED, evidence=evidence)
        for time in heard.clicks[:10]:
            around = Span(max(Fraction(0), time - _MOMENT), min(video.duration, time + _MOMENT))
            message = f"a click at {float(time):.2f} s"
            yield Finding(
                "click", "warning", message, Span(time, time), evidence=Evidence.sound(around.clamp(video.span))
            )
        moments = (Span(Fraction(0), _MOMENT), Span(max(Fraction(0), video.duration - _MOMENT), video.duration))
        for what, jump, moment in zip(("begins", "ends"), heard.edges, moments, strict=True):
            if jump > self.options.edge:
                message = f"the sound {what} with a click"
                shown = Evidence.sound(moment.clamp(video.span))
                yield Finding("click", "warning", message, moment.clamp(video.span), jump, self.options.edge, shown)

    def _voice(self, clip: Clip, video: Video, voice: Voiced, *, silent: bool) -> Iterator[Finding]:
        if silent:
            return
        evidence = Evidence.sound(Span(Fraction(0), min(_SHOWN, video.duration)))
        words = clip.edit.clip_words() if clip.edit is not None else ()
        if len(words) >= _WORDS:
            said = [voice.probability[int(w.start * 125 / 4) : int(w.end * 125 / 4) + 1] for w in words]
            share = sum(float((part >= 0.5).any()) for part in said if len(part)) / len(said)
            if share < self.options.voice_share:
                message = f"a voice is heard at {share:.0%} of the words"
                yield Finding("voice", "error", message, None, share, self.options.voice_share, evidence)
                return
        if voice.pauses < _PAUSES:
            if 0 < voice.range < _EVEN:
                message = (
                    f"something is heard under the voice all the time: loud and quiet are {voice.range:.0f} dB apart"
                )
                yield Finding("voice", "error", message, None, voice.range, _EVEN, evidence)
            return
        if voice.range >= _FLAT:
            return
        if voice.above < self.options.voice_clear:
            drowned = voice.above < self.options.voice_above
            message = f"the voice is {voice.above:.0f} dB louder than what is heard between the words"
            limit = self.options.voice_above if drowned else self.options.voice_clear
            yield Finding("voice", "error" if drowned else "warning", message, None, voice.above, limit, evidence)
