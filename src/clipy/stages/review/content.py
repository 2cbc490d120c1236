"""``review = "content"``: does a clip start and end cleanly, make sense by itself, and show something new?

Measured on the finished file: the sound at both edges, a second transcription, and perceptual fingerprints of picture
and sound, compared with those of other clips.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import ClassVar, Literal

from pydantic import Field

from clipy.analysis.audio.edges import Edges, measure_edges
from clipy.analysis.clip_qc.fingerprint import Fingerprint, fingerprint_of, same_moment, stored_fingerprint
from clipy.analysis.clip_qc.inspection import inspect_clip
from clipy.analysis.clip_qc.retranscribe import retranscribe
from clipy.analysis.clip_qc.speech import planned_speech, speech_of
from clipy.analysis.meaning.openings import is_dangling
from clipy.context import Context
from clipy.errors import MediaError, ModelError
from clipy.stages.base import Reviewer
from clipy.text.punctuation import ends_with_terminal
from clipy.text.sentences import Sentence, sentences, written
from clipy.types import Clip, Edit, Evidence, Finding, Repair, Review, Seconds, Severity, Span, Transcript

log = logging.getLogger(__name__)

_ROOM = Fraction(3, 20)  # seconds of silence left at a trimmed edge
_INSIDE = Fraction(1, 50)  # seconds by which a trim stays inside a short pause
_OFF = Fraction(1, 2)  # seconds between a transcribed sentence and the pause beside it, at most
_LOST = Fraction(1, 4)  # of a clip that a trim may cost
_HEARD = Fraction(1)  # seconds of sound at an edge, as evidence
# An edge within these seconds outwards of the first or last word is next to it.
_BY_WORD = (Fraction(-1, 20), Fraction(2, 5))
_LEAST_WORDS = 12  # needed to identify the language
_SAME_SPAN = Fraction(1, 2)  # of the shorter of two clips of one source

Judgement = Literal["refuse", "warn", "ignore"]


class Content(Reviewer):
    """Finds cut words and silence at the edges, openings that lack context, the wrong language, and duplicates."""

    version: ClassVar[int] = 7

    class Options(Reviewer.Options):
        max_silence: float = Field(1.5, gt=0, description="Longest silence at either edge, in seconds.")
        cut_words: Judgement = Field(
            "refuse",
            description="What to do with clips that start or end inside a word. Only ever a warning where the user set"
            " the times.",
        )
        language: str = Field(
            "", max_length=3, description="Required language (ISO 639-1); empty: the language of the source's words."
        )
        duplicates: Judgement = Field(
            "refuse", description="What to do with clips that show the same moment as another clip of the run."
        )
        published: Judgement = Field(
            "refuse", description="What to do with clips of a moment that was already published from this machine."
        )

    options: Options

    def review(self, clip: Clip, ctx: Context) -> Review:
        name = self.name or "content"
        try:
            inspection = inspect_clip(clip, ctx)
            spoken = retranscribe(clip, ctx)
            edges = measure_edges(speech_of(inspection.video, ctx)) if inspection.video.audio else None
            fingerprint_of(inspection, written(spoken.words, spoken.language), ctx)
        except MediaError as error:
            return Review(name, (Finding("readable", "error", error.what),))
        except ModelError as error:
            return Review(name, (Finding("not-checked", "warning", f"the speech cannot be checked: {error}"),))
        whole = Span(Fraction(0), inspection.video.duration)
        findings: list[Finding] = []
        if edges is not None:
            findings += self._edges(edges, spoken, whole, clip)
        findings += self._sentences(clip, spoken, whole)
        findings += self._language(clip, spoken)
        return Review(name, tuple(findings))

    def foresee(self, edit: Edit, ctx: Context) -> Review:
        """Words that the clip's edges cut, in sound to which nothing is added."""
        name, source = self.name or "content", ctx.video
        if source is None or not source.audio or edit.plans_of("music"):
            return Review(name)
        try:
            edges = measure_edges(planned_speech(edit, source, ctx))
        except MediaError as error:
            log.info("the edges of a clip are not judged before it is rendered: %s", error)
            return Review(name)
        spoken, whole = Transcript(edit.language, edit.clip_words()), Span(Fraction(0), edit.duration)
        return Review(name, tuple(self._cut_words(edges, spoken, whole, edit)))

    def compare(self, clip: Clip, others: tuple[Clip, ...], ctx: Context) -> Review:
        """Report a clip that shows the same as another clip of the run, or as one already published."""
        name = self.name or "content"
        try:
            inspection, spoken = inspect_clip(clip, ctx), retranscribe(clip, ctx)
            own = fingerprint_of(inspection, written(spoken.words, spoken.language), ctx)
        except (MediaError, ModelError):
            return Review(name)  # review() reports it
        for other in others:
            published = not other.path.name
            judgement = self.options.published if published else self.options.duplicates
            if judgement == "ignore" or (other.fingerprint == clip.fingerprint and published):
                continue  # uploading never posts the same file twice
            why = _same_span(clip, other) or _same_print(own, other, ctx)
            if why:
                what = f"{other.name!r}, which was published" if published else _named(other)
                severity: Severity = "error" if judgement == "refuse" else "warning"
                span = Span(Fraction(0), inspection.video.duration)
                return Review(name, (Finding("duplicate", severity, f"it {why} as {what}", span),))
        return Review(name)

    def _edges(self, edges: Edges, spoken: Transcript, whole: Span, clip: Clip) -> Iterator[Finding]:
        yield from self._cut_words(edges, spoken, whole, clip.edit)
        if edges.is_silent(whole.duration):
            return  # silent throughout: reported by the sound review
        limit = seconds_of(self.options.max_silence)
        for silent, at_start in ((edges.silent_start, True), (edges.silent_end, False)):
            if silent > limit:
                part = Span(whole.start, silent) if at_start else Span(whole.end - silent, whole.end)
                message = f"it {'starts' if at_start else 'ends'} with {float(silent):.1f} s of silence"
                repair = (
                    _trimmed(whole, start=silent - _ROOM)
                    if at_start
                    else _trimmed(whole, end=whole.end - silent + _ROOM)
                )
                yield Finding(
                    "edge-silence", "error", message, part, float(silent), float(limit), Evidence.sound(part), repair
                )

    def _cut_words(self, edges: Edges, spoken: Transcript, whole: Span, edit: Edit | None) -> Iterator[Finding]:
        spoken_sentences = sentences(spoken)
        given = edit is not None and edit.highlight.given
        refused: Severity = "error" if self.options.cut_words == "refuse" and not given else "warning"
        if edges.cut_start and not _starts_source(edit) and self.options.cut_words != "ignore":
            part = Span(whole.start, min(whole.end, whole.start + _HEARD))
            yield _cut(
                part,
                "starts",
                refused,
                beside=_begins_a_word(edit),
                repair=first_trim(whole, spoken_sentences, edges.pauses),
            )
        if edges.cut_end and self.options.cut_words != "ignore":
            part = Span(max(whole.start, whole.end - _HEARD), whole.end)
            yield _cut(
                part,
                "ends",
                refused,
                beside=_ends_a_word(edit),
                repair=last_trim(whole, spoken_sentences, edges.pauses),
            )

    def _sentences(self, clip: Clip, spoken: Transcript, whole: Span) -> Iterator[Finding]:
        """Warn about incomplete openings and closings, by the source's words where they are known."""
        known = Transcript(clip.edit.language, clip.edit.clip_words()) if clip.edit else spoken
        spoken_sentences = sentences(known if known.words else spoken)
        if not spoken_sentences:
            return
        first, last = spoken_sentences[0], spoken_sentences[-1]
        if first.language == "en" and is_dangling(first.text):
            start = first.words[0]
            message = f"it opens with {start.text!r}, which refers to something said before"
            yield Finding("opening", "warning", message, start.span, evidence=Evidence.sound(first.span))
        punctuated = sum(ends_with_terminal(sentence.text) for sentence in spoken_sentences[:-1])
        if not ends_with_terminal(last.text) and punctuated >= 2:
            message = f"it ends inside a sentence: {last.words[-1].text!r}"
            part = Span(max(whole.start, whole.end - _HEARD), whole.end)
            yield Finding("closing", "warning", message, part, evidence=Evidence.sound(part))

    def _language(self, clip: Clip, spoken: Transcript) -> Iterator[Finding]:
        """In a multilingual video, a clip may be in any of the languages that its own words have."""
        wanted = [self.options.language] if self.options.language else _languages(clip)
        if wanted and spoken.language not in wanted and len(spoken.words) >= _LEAST_WORDS:
            severity: Severity = "error" if self.options.language else "warning"
            named = " or ".join(repr(code) for code in wanted)
            yield Finding("language", severity, f"the speech is in {spoken.language!r}, not in {named}")


def seconds_of(value: float) -> Seconds:
    """Convert an option to an exact time."""
    return Fraction(value).limit_denominator(1000)


def _cut(part: Span, word: str, severity: Severity, *, beside: bool, repair: Repair | None) -> Finding:
    """Report loud speech at an edge. Next to a known word boundary it belongs to the neighbouring word: a warning."""
    evidence = Evidence.sound(part)
    if beside:
        return Finding("cut-word", "warning", f"it {word} between words, without a pause", part, evidence=evidence)
    return Finding("cut-word", severity, f"it {word} inside a word", part, evidence=evidence, repair=repair)


def _begins_a_word(edit: Edit | None) -> bool:
    """Whether a clip starts just before a word, by the source's words where they are known."""
    if edit is None or not edit.words:
        return False
    return _BY_WORD[0] <= min(word.start for word in edit.words) - edit.keep[0].start <= _BY_WORD[1]


def _ends_a_word(edit: Edit | None) -> bool:
    if edit is None or not edit.words:
        return False
    return _BY_WORD[0] <= edit.keep[-1].end - max(word.end for word in edit.words) <= _BY_WORD[1]


def _languages(clip: Clip) -> list[str]:
    """The languages of a clip by the source's words, most frequent first."""
    if clip.edit is None or not clip.edit.language:
        return []
    counts = Counter(word.language or clip.edit.language for word in clip.edit.clip_words())
    return [code for code, _ in counts.most_common()] or [clip.edit.language]


def _starts_source(edit: Edit | None) -> bool:
    """Whether it starts where its source does, so that no word can be cut by the clip."""
    return edit is not None and edit.highlight.span.start == 0


def first_trim(whole: Span, spoken: Sequence[Sentence], pauses: Sequence[Span]) -> Repair | None:
    """Trim to the first sentence after a pause. The pause decides: word times are a few tenths of a second off."""
    for sentence in spoken[1:]:
        pause = min(pauses, key=lambda pause: abs(pause.end - sentence.span.start), default=None)
        if pause is not None and abs(pause.end - sentence.span.start) <= _OFF:
            return _trimmed(whole, start=max(pause.start + _INSIDE, pause.end - _ROOM))
    return None


def last_trim(whole: Span, spoken: Sequence[Sentence], pauses: Sequence[Span]) -> Repair | None:
    """Trim to the last sentence before a pause."""
    for sentence in reversed(spoken[:-1]):
        pause = min(pauses, key=lambda pause: abs(pause.start - sentence.span.end), default=None)
        if pause is not None and abs(pause.start - sentence.span.end) <= _OFF:
            return _trimmed(whole, end=min(pause.end - _INSIDE, pause.start + _ROOM))
    return None


def _trimmed(whole: Span, *, start: Seconds | None = None, end: Seconds | None = None) -> Repair | None:
    """Trim to a new start or end; None where that would remove too much or everything."""
    if start is None and end is None:
        return None
    stays = Span(start or whole.start, end or whole.end) if (start or whole.start) < (end or whole.end) else None
    if stays is None or whole.duration - stays.duration > _LOST * whole.duration:
        return None
    return Repair("trim", stays)


def _same_span(clip: Clip, other: Clip) -> str:
    """Compare source times: all clips of a run have the same source."""
    if clip.edit is None or other.edit is None:
        return ""
    shared = sum(a.overlap(b) for a in clip.edit.keep for b in other.edit.keep)
    return "shows the same" if shared > _SAME_SPAN * min(clip.duration, other.duration) else ""


def _same_print(own: Fingerprint, other: Clip, ctx: Context) -> str:
    theirs = stored_fingerprint(other.fingerprint, ctx)
    return "" if theirs is None else same_moment(own, theirs)


def _named(other: Clip) -> str:
    if other.edit is None:
        return repr(other.path.name)
    span = other.edit.highlight.span
    return f"the clip of {float(span.start):.1f}-{float(span.end):.1f} s"
