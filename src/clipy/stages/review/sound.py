"""``review = "sound"``: loudness, clipping, clicks, silence, channels, and how clear the voice is."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from pydantic import Field

from clipy.analysis.audio.voice_prominence import VoiceProminence, voice_prominence
from clipy.analysis.clip_qc.inspection import measure_sound
from clipy.analysis.clip_qc.speech import speech_of
from clipy.context import Context
from clipy.errors import MediaError
from clipy.media.checks.audio_metrics import AudioMetrics
from clipy.media.probe import probe
from clipy.stages.base import Reviewer
from clipy.stages.review.checks.spans import stretches
from clipy.types import Clip, Evidence, Finding, Repair, Review, Severity, Span, Video

_SILENT_SIDE = -60.0  # dBFS below which a channel is dead ...
_LOUD_SIDE = -45.0  # ... while the other is louder than this
_INVERTED = -0.7  # correlation of left and right below which one has inverted polarity
_PAUSES = 0.5  # seconds of pauses needed to judge the sound between words
_FLAT = 13.0  # dB of dynamic range above which the voice is not masked
_EVEN = 9.0  # dB of dynamic range below which other sound fills the gaps in speech; speech alone has 14 and more
_CLIPPED = 1.1  # hump of the amplitudes: 6 dB cut off the loudest waves
_TOUCHED = 1.0
_WORDS = 4  # a clip with at least as many words must have an audible voice
_MOMENT = Fraction(1, 2)  # seconds of sound around a click, as evidence
_SHOWN = Fraction(5)  # seconds of sound as evidence of a defect throughout


class Sound(Reviewer):
    """Measures the soundtrack of the finished file.

    Loudness and true peak follow EBU R 128 and ITU-R BS.1770. Clips that clipy made are normalized to -14 LUFS, the
    playback level of YouTube, so more than 4 LU off is an error. In other files loudness is the author's choice, and an
    error only where viewers would reach for the volume.

    WCAG 2.2 (1.4.7) asks for background sound 20 dB below speech. The limits here separate clear speech from speech
    mixed with equally loud music, where the difference is under 7 dB; music 6 dB below the voice gives about 10, and
    recordings without music give more than 18. Without pauses, the dynamic range decides: under 8 dB with such music,
    14 and more for speech, song and noisy streets.
    """

    version = 2

    class Options(Reviewer.Options):
        loudness: float = Field(-14.0, ge=-40, le=-5, description="Target loudness, in LUFS.")
        loudness_tolerance: float = Field(2.0, ge=0, description="Deviation from the target without a warning, in LU.")
        loudness_limit: float = Field(4.0, ge=0, description="Largest deviation in clips that clipy made, in LU.")
        quietest: float = Field(
            -28.0, description="Lowest loudness of any file, in LUFS: 5 LU below the -23 of EBU R 128 for broadcasting."
        )
        loudest: float = Field(-6.0, description="Highest loudness of any file, in LUFS: nothing is mastered louder.")
        true_peak: float = Field(-0.5, le=3, description="Highest true peak, in dBTP; EBU R 128 asks for -1.")
        longest_silence: float = Field(
            1.5,
            gt=0,
            description="Longest span below -60 dBFS, in seconds; pauses in speech have room noise.",
        )
        voice_above: float = Field(
            7.0, ge=0, description="Lowest level of the voice above the sound between words, in dB."
        )
        voice_clear: float = Field(
            12.0, ge=0, description="Level below which the voice counts as hard to follow, in dB."
        )
        voice_share: float = Field(
            0.25,
            ge=0,
            le=1,
            description="Smallest share of the known words at which a voice must be audible.",
        )
        edge: float = Field(
            0.3, gt=0, le=1, description="Highest amplitude at the very start and end; more is audible as a click."
        )
        allow_silent: bool = Field(False, description="Accept silent clips.")

    options: Options

    def review(self, clip: Clip, ctx: Context) -> Review:
        name = self.name or "sound"
        try:
            video = probe(clip.path)
            if not video.audio:
                return Review(name)  # reported by technical
            metrics = measure_sound(video, ctx)
            voice = voice_prominence(speech_of(video, ctx))
        except MediaError as error:
            return Review(name, (Finding("readable", "error", error.what),))
        findings = (
            *self._silence(clip, video, metrics),
            *self._level(clip, metrics),
            *self._channels(clip, video, metrics),
            *self._damage(video, metrics),
            *self._voice(clip, video, voice, silent=metrics.loudness is None),
        )
        return Review(name, findings)

    def _silence(self, clip: Clip, video: Video, metrics: AudioMetrics) -> Iterator[Finding]:
        expected = clip.edit is None or bool(clip.edit.words)
        severity: Severity = "error" if expected and not self.options.allow_silent else "warning"
        hint = "; set allow_silent to let it pass" if metrics.loudness is None else ""
        limit = self.options.longest_silence
        yield from stretches(
            "silent", "silent", metrics.silent, limit, video.duration, Evidence.sound, severity=severity, hint=hint
        )

    def _level(self, clip: Clip, metrics: AudioMetrics) -> Iterator[Finding]:
        if metrics.loudness is None:
            return
        options, loudness = self.options, metrics.loudness
        off = loudness - options.loudness
        ours = clip.edit is not None and abs(off) > options.loudness_limit
        if ours or not options.quietest <= loudness <= options.loudest or abs(off) > options.loudness_tolerance:
            refused = ours or not options.quietest <= loudness <= options.loudest
            word = "louder" if off > 0 else "quieter"
            message = f"the sound is {abs(off):.0f} dB {word} than {options.loudness:.0f} LUFS"
            repair = Repair("relevel", gain=-off) if ours else None
            severity: Severity = "error" if refused else "warning"
            yield Finding("loudness", severity, message, None, loudness, options.loudness, repair=repair)
        if metrics.true_peak is not None and metrics.true_peak > options.true_peak:
            message = f"the sound peaks at {metrics.true_peak:+.1f} dBTP and may distort"
            yield Finding("peak", "warning", message, value=metrics.true_peak, limit=options.true_peak)

    @staticmethod
    def _channels(clip: Clip, video: Video, metrics: AudioMetrics) -> Iterator[Finding]:
        if video.audio[0].channels < 2:
            return
        evidence = Evidence.sound(Span(Fraction(0), min(_SHOWN, video.duration)))
        quiet, loud = sorted(metrics.sides)
        ours = clip.edit is not None and clip.edit.sides is None
        if quiet < _SILENT_SIDE and loud > _LOUD_SIDE:
            side, taken = ("left", (0.0, 1.0)) if metrics.sides[0] < metrics.sides[1] else ("right", (1.0, 0.0))
            message = f"the {side} channel is silent: mix the sound to both channels"
            repair = Repair("remix", sides=(taken, taken)) if ours else None
            yield Finding("channel", "error", message, None, quiet, _SILENT_SIDE, evidence, repair)
        elif metrics.correlation < _INVERTED:
            message = "left and right cancel out on a mono speaker: one channel has inverted polarity"
            repair = Repair("remix", sides=((1.0, 0.0), (0.0, -1.0))) if ours else None
            yield Finding("phase", "error", message, None, metrics.correlation, _INVERTED, evidence, repair)

    def _damage(self, video: Video, metrics: AudioMetrics) -> Iterator[Finding]:
        if metrics.clipping > _TOUCHED:
            severity: Severity = "error" if metrics.clipping >= _CLIPPED else "warning"
            message = "the waveform is clipped: it was recorded or amplified too loud"
            evidence = Evidence.sound(Span(Fraction(0), min(_SHOWN, video.duration)))
            yield Finding("clipping", severity, message, value=metrics.clipping, limit=_CLIPPED, evidence=evidence)
        for time in metrics.clicks[:10]:
            around = Span(max(Fraction(0), time - _MOMENT), min(video.duration, time + _MOMENT))
            message = f"there is a click at {float(time):.2f} s"
            yield Finding(
                "click", "warning", message, Span(time, time), evidence=Evidence.sound(around.clamp(video.span))
            )
        moments = (Span(Fraction(0), _MOMENT), Span(max(Fraction(0), video.duration - _MOMENT), video.duration))
        for what, jump, moment in zip(("starts", "ends"), metrics.edges, moments, strict=True):
            if jump > self.options.edge:
                message = f"the sound {what} with a click"
                shown = Evidence.sound(moment.clamp(video.span))
                yield Finding("click", "warning", message, moment.clamp(video.span), jump, self.options.edge, shown)

    def _voice(self, clip: Clip, video: Video, voice: VoiceProminence, *, silent: bool) -> Iterator[Finding]:
        if silent:
            return
        evidence = Evidence.sound(Span(Fraction(0), min(_SHOWN, video.duration)))
        words = clip.edit.clip_words() if clip.edit is not None else ()
        if len(words) >= _WORDS:
            said = [voice.probability[int(w.start * 125 / 4) : int(w.end * 125 / 4) + 1] for w in words]
            share = sum(float((part >= 0.5).any()) for part in said if len(part)) / len(said)
            if share < self.options.voice_share:
                message = f"a voice is audible at only {share:.0%} of the words"
                yield Finding("voice", "error", message, None, share, self.options.voice_share, evidence)
                return
        if voice.pauses < _PAUSES:
            if 0 < voice.range < _EVEN:
                message = f"other sound lies under the voice throughout: the dynamic range is {voice.range:.0f} dB"
                yield Finding("voice", "error", message, None, voice.range, _EVEN, evidence)
            return
        if voice.range >= _FLAT:
            return
        if voice.above < self.options.voice_clear:
            drowned = voice.above < self.options.voice_above
            message = f"the voice is only {voice.above:.0f} dB louder than the sound between the words"
            limit = self.options.voice_above if drowned else self.options.voice_clear
            yield Finding("voice", "error" if drowned else "warning", message, None, voice.above, limit, evidence)
