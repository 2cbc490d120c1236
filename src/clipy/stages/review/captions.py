"""``review = "captions"``: do the burnt-in captions match the speech, in text and time, in a place that stays visible?

Measured on the finished file only: its frames go through text recognition, its sound through a second transcription.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from statistics import median
from typing import ClassVar

from pydantic import Field

from clipy import models
from clipy.analysis.alignment.forced.word_times import wordless_spans
from clipy.analysis.audio.speech import Window, speech_regions
from clipy.analysis.clip_qc.caption_match import cards
from clipy.analysis.clip_qc.faces import detect_clip_faces
from clipy.analysis.clip_qc.inspection import Inspection, inspect_clip
from clipy.analysis.clip_qc.retranscribe import retranscribe
from clipy.analysis.clip_qc.screen_text import ScreenLine, letters, screen_text
from clipy.analysis.clip_qc.speech import planned_speech, speech_of
from clipy.analysis.clip_qc.text_reader import TextReader
from clipy.analysis.faces.tracking.face_parts import mouth
from clipy.context import Context
from clipy.errors import MediaError, ModelError
from clipy.geometry import share_inside
from clipy.stages.base import Reviewer
from clipy.stages.review.checks.caption_lines import (
    LEAST_LETTERS,
    CaptionLines,
    caption_lines,
    planned_places,
    source_captions,
)
from clipy.stages.review.checks.second_reading import read_again
from clipy.text.profanity import Profanity
from clipy.types import Box, Clip, Edit, Evidence, Finding, Json, Review, Seconds, Severity, Span, Word, seconds
from clipy.typography.safe_area import graphics_safe_area

log = logging.getLogger(__name__)

_SAME_WORDS = 3  # a sentence of no more may be the same in another language: a name, a greeting
_LEAST_CARDS = 4  # cards with a known time that a judgement of the timing needs
_EDGE = 0.02  # of width and height: tolerance at the safe area's border, since text boxes are not exact
_OFTEN = 0.25  # share of the captions from which a defect counts against the clip
_COVERED = 0.5  # share of a mouth
_BIG = 0.08  # of the frame's height; mouths of smaller faces are ignored


class Captions(Reviewer):
    """Finds captions that are late, early, incomplete, wrong, too fast, badly placed, over a mouth or profane."""

    version: ClassVar[int] = 10

    class Options(Reviewer.Options):
        required: bool = Field(
            False,
            description="Reject clips with speech but no captions. Clips that clipy captioned must have them anyway.",
        )
        max_offset: float = Field(
            0.2, gt=0, description="Largest median offset between captions and speech, early or late, in seconds."
        )
        max_missing: float = Field(
            0.15, gt=0, le=1, description="Largest share of the spoken words that may be missing from the captions."
        )
        max_uncaptioned: float = Field(
            4, gt=0, description="Longest speech without captions in a clip that clipy captioned, in seconds."
        )
        max_wrong: float = Field(0.35, gt=0, le=1, description="Largest share of the captions that nobody says.")
        reading_speed: float = Field(
            30,
            gt=0,
            description="Highest reading speed of the median caption, in characters per second. Netflix allows 20 for"
            " whole subtitles; captions highlighted word by word can be read faster.",
        )
        max_lines: int = Field(
            3, ge=1, description="Most caption lines on screen at once (BBC: two, exceptionally three)."
        )
        safe_area: bool = Field(
            True,
            description="Reject captions under the interface that TikTok, Reels and Shorts draw over a vertical video.",
        )
        strong_language: bool = Field(True, description="Allow profanity in captions, unless masking was requested.")

    options: Options

    def __init__(self, options: Options | None = None) -> None:
        super().__init__(options)
        self._reader: TextReader | None = None

    def release(self) -> None:
        self._reader = None

    def _text_reader(self, ctx: Context) -> TextReader:
        """What reads all clips: loaded once, as two looks at a clip need it."""
        self._reader = self._reader or TextReader(ctx.report)
        return self._reader

    def input_digests(self) -> tuple[str, ...]:
        return (models.sha256(models.TEXT_READER),)

    def review(self, clip: Clip, ctx: Context) -> Review:
        name = self.name or "captions"
        try:
            # First: frames are measured in the background meanwhile. A translation is not what is heard.
            words = retranscribe(clip, ctx).words if not _translations(clip) else _meant(clip)
            inspection = inspect_clip(clip, ctx)
            lines = screen_text(inspection, self._text_reader(ctx), ctx) if _readable(words) else []
        except MediaError as error:
            return Review(name, (Finding("readable", "error", error.what),))
        except ModelError as error:
            return Review(name, (Finding("not-checked", "warning", f"captions cannot be checked: {error}"),))
        return Review(name, tuple(self._findings(clip, inspection, lines, words, ctx)))

    def foresee(self, edit: Edit, ctx: Context) -> Review:
        """Speech without captions, in sound to which nothing is added."""
        name, source, meant = self.name or "captions", ctx.video, edit.clip_words()
        if source is None or not source.audio or not meant or not _planned_cards(edit) or edit.plans_of("music"):
            return Review(name)
        try:
            return Review(name, tuple(self._uncaptioned(planned_speech(edit, source, ctx), meant)))
        except MediaError as error:
            log.info("the captions of a clip are not judged before it is rendered: %s", error)
            return Review(name)

    def _findings(
        self, clip: Clip, inspection: Inspection, lines: Sequence[ScreenLine], words: Sequence[Word], ctx: Context
    ) -> Iterator[Finding]:
        meant = clip.edit.clip_words() if clip.edit is not None and _planned_cards(clip.edit) else ()
        if meant:
            yield from self._uncaptioned(speech_of(inspection.video, ctx), meant)
        yield from _untranslated(clip)
        if not _readable(words) or not _readable(meant or words):
            return  # the script is one that text recognition cannot read
        found = caption_lines(clip, lines, words, meant)
        if found is None:
            yield from self._absent(clip, words)
            return
        if found.unsure:
            message = "a second transcription disagrees with the captions: the speech is hard to understand"
            yield Finding("unsure", "warning", message, found.lines[0].span, evidence=_evidence(found.lines[0]))
        yield from self._twice(found, lines)
        yield from self._timing(found)
        yield from self._words(self._read_again(found, clip, inspection, ctx))
        yield from self._reading(found)
        yield from self._place(found, inspection)
        yield from self._faces(found, inspection, ctx)
        yield from self._language(clip, found)

    def _uncaptioned(self, heard: Window, meant: Sequence[Word]) -> Iterator[Finding]:
        """Speech that transcription misses twice is found by voice activity detection."""
        speech = speech_regions(heard.probabilities)
        for gap in wordless_spans(meant, speech, seconds(self.options.max_uncaptioned)):
            spoken = sum((span.clamp(gap).duration for span in speech if span.overlap(gap)), Fraction(0))
            message = f"{float(spoken):.1f} s of speech have no captions: the words were not recognized"
            limit = self.options.max_uncaptioned
            yield Finding("uncaptioned", "error", message, gap, round(float(spoken), 2), limit, Evidence.sound(gap))

    def _absent(self, clip: Clip, words: Sequence[Word]) -> Iterator[Finding]:
        planned = clip.edit is not None and bool(_planned_cards(clip.edit))
        spelled = sum(len(letters(word.text)) for word in words)
        if (planned or self.options.required) and spelled >= LEAST_LETTERS:
            span = Span(words[0].start, max(word.end for word in words))
            message = f"{len(words)} words are spoken but no captions are visible"
            yield Finding("no-captions", "error", message, span, 0, spelled, evidence=Evidence.picture(span.start))

    def _twice(self, found: CaptionLines, lines: Sequence[ScreenLine]) -> Iterator[Finding]:
        theirs = source_captions(found, lines)
        if len(theirs) >= _LEAST_CARDS:
            message = "the source already has burnt-in captions; to add none, use --set pizzazz="
            yield Finding("captions-twice", "warning", message, theirs[0].span, evidence=_evidence(theirs[0]))

    def _timing(self, found: CaptionLines) -> Iterator[Finding]:
        late, limit = found.match.late, self.options.max_offset
        if late is None or len(found.match.offsets) < _LEAST_CARDS or abs(late) <= limit:
            return
        typical = min(found.match.offsets, key=lambda pair: abs(pair[0] - late))[1]
        word = "after" if late > 0 else "before"
        message = f"captions appear {abs(late):.2f} s {word} the speech"
        evidence = Evidence.picture(typical.span.start, typical.box)
        yield Finding("caption-timing", "error", message, typical.span, round(late, 3), limit, evidence=evidence)

    def _read_again(self, found: CaptionLines, clip: Clip, inspection: Inspection, ctx: Context) -> CaptionLines:
        """The same, with a closer look at planned cards where too many words would be missing."""
        missing = found.match.shown.count(False)
        if missing <= self.options.max_missing * len(found.words):
            return found
        shown = read_again(
            inspection.video, found.words, found.match.shown, planned_places(clip), self._text_reader(ctx)
        )
        return replace(found, match=replace(found.match, shown=shown))

    def _words(self, found: CaptionLines) -> Iterator[Finding]:
        missing = [word for word, shown in zip(found.words, found.match.shown, strict=True) if not shown]
        share, limit = len(missing) / len(found.words), self.options.max_missing
        wrong = 1 - found.match.said
        if share > limit:
            # With many mismatches, text or speech recognition is as likely at fault as the captions are.
            severity: Severity = "error" if wrong <= self.options.max_wrong else "warning"
            some = " ".join(word.text for word in missing[:6])
            message = f"{len(missing)} of {len(found.words)} spoken words are missing from the captions: {some}"
            yield Finding(
                "missing-words",
                severity,
                message,
                Span(missing[0].start, max(word.end for word in missing)),
                round(share, 3),
                limit,
                evidence=Evidence.picture(missing[0].start),
            )
        limit = self.options.max_wrong
        if wrong > limit:
            message = f"{wrong:.0%} of the caption text is not spoken"
            yield Finding("wrong-words", "warning", message, found.lines[0].span, round(wrong, 3), limit)

    def _reading(self, found: CaptionLines) -> Iterator[Finding]:
        shown = cards(found.lines)
        speeds = [sum(len(line.text) for line in card) / float(_card_span(card).duration) for card in shown]
        speed, limit = median(speeds), self.options.reading_speed
        if speed > limit:
            message = f"half of the captions need more than {speed:.0f} characters per second to read"
            yield Finding("reading-speed", "warning", message, value=round(speed, 1), limit=limit)
        tall = max(shown, key=len)
        if len(tall) > self.options.max_lines:
            message = f"{len(tall)} lines of captions are on screen at once"
            yield Finding(
                "lines", "warning", message, _card_span(tall), len(tall), self.options.max_lines, _evidence(tall[0])
            )

    def _place(self, found: CaptionLines, inspection: Inspection) -> Iterator[Finding]:
        video = inspection.video
        if not self.options.safe_area:
            return
        left, top, right, bottom = graphics_safe_area(video.width, video.height)
        wide, high = _EDGE * video.width, _EDGE * video.height
        out = [
            line
            for line in found.lines
            if line.box.x1 < left - wide
            or line.box.x2 > right + wide
            or line.box.y1 < top - high
            or line.box.y2 > bottom + high
        ]
        share = float(_total_duration(out) / max(_total_duration(found.lines), Fraction(1, 100)))
        if out and share > _OFTEN / 5:
            severity: Severity = "error" if share > _OFTEN else "warning"
            message = f"{share:.0%} of the captions are where platforms draw buttons and descriptions"
            yield Finding("safe-area", severity, message, out[0].span, round(share, 3), _OFTEN, _evidence(out[0]))

    def _faces(self, found: CaptionLines, inspection: Inspection, ctx: Context) -> Iterator[Finding]:
        mouths, covered = 0, list[tuple[Seconds, Box]]()
        for frame in detect_clip_faces(inspection, ctx):
            lines = [line for line in found.lines if frame.time in line.span]
            for face in frame.faces if lines else ():
                box = face.box
                if box.height < _BIG * inspection.video.height:
                    continue
                mouths += 1
                if any(share_inside(mouth(box), line.box) >= _COVERED for line in lines):
                    covered.append((frame.time, mouth(box)))
        share = len(covered) / max(1, mouths)
        if share > _OFTEN:
            time, box = covered[0]
            message = f"captions cover {share:.0%} of the mouths on screen"
            evidence = Evidence.picture(time, box)
            yield Finding("covered-mouth", "warning", message, Span(time, time), round(share, 3), _OFTEN, evidence)

    def _language(self, clip: Clip, found: CaptionLines) -> Iterator[Finding]:
        profanity = Profanity()
        asked = clip.edit is not None and any("*" in word.text for word in clip.edit.words)
        if self.options.strong_language and not asked:
            return
        for line in found.lines:
            strong = [token for token in line.text.split() if "*" not in token and profanity.matches(token)]
            if strong:
                message = f"the captions spell out profanity: {profanity.masked(strong[0])}"
                yield Finding("strong-language", "error", message, line.span, evidence=_evidence(line))


def _readable(words: Sequence[Word]) -> bool:
    """Whether the words are in a script that text recognition reads: Latin or Chinese."""
    text = "".join(letters(word.text) for word in words)
    return bool(text) and sum(char < "\u0250" or "\u4e00" <= char <= "\u9fff" for char in text) > 0.9 * len(text)


def _planned_cards(edit: Edit) -> Sequence[object]:
    """The cards that clipy planned to draw."""
    return [card for plan in edit.plans_of("captions") for card in plan.get("cards", ())]


def _card_span(card: Sequence[ScreenLine]) -> Span:
    return Span(min(line.span.start for line in card), max(line.span.end for line in card))


def _total_duration(lines: Sequence[ScreenLine]) -> Seconds:
    return sum((line.span.duration for line in lines), Fraction(0))


def _evidence(line: ScreenLine) -> Evidence:
    return Evidence.picture((line.span.start + line.span.end) / 2, line.box)


def _translations(clip: Clip) -> list[Mapping[str, Json]]:
    return [] if clip.edit is None else clip.edit.plans_of("translation")


def _meant(clip: Clip) -> tuple[Word, ...]:
    return () if clip.edit is None else clip.edit.clip_words()


def _untranslated(clip: Clip) -> Iterator[Finding]:
    """Sentences that a translation left out, or as they were said. One of few words may be the same in both."""
    for plan in _translations(clip):
        pairs = [(str(said), str(shown)) for said, shown in plan.get("sentences", ())]
        empty = [said for said, shown in pairs if not shown.strip()]
        same = [said for said, shown in pairs if said == shown and len(said.split()) > _SAME_WORDS]
        if empty:
            message = f"{len(empty)} of {len(pairs)} sentences are not translated: {empty[0]}"
            yield Finding("untranslated", "error", message, value=len(empty) / len(pairs), limit=0)
        elif same:
            message = f"{len(same)} of {len(pairs)} sentences are shown as they were said: {same[0]}"
            severity: Severity = "error" if len(same) > len(pairs) / 2 else "warning"
            yield Finding("untranslated", severity, message, value=len(same) / len(pairs), limit=0.5)
