"""``review = "captions"``: do the burnt-in captions say what is said, when it is said, where all can see them?

Everything is measured on the finished file: what it shows is read off its pictures, what it says is transcribed anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from statistics import median
from typing import ClassVar

from pydantic import Field

from clipy import models
from clipy.analysis.alignment.forced.word_times import unheard
from clipy.analysis.audio.speech import regions
from clipy.analysis.clip_qc.caption_match import cards
from clipy.analysis.clip_qc.faces import detect_clip_faces
from clipy.analysis.clip_qc.inspection import Inspection, inspect_clip
from clipy.analysis.clip_qc.retranscribe import retranscribe
from clipy.analysis.clip_qc.screen_text import ScreenLine, letters, screen_text
from clipy.analysis.clip_qc.speech import speech_of
from clipy.analysis.faces.tracking.face_parts import mouth
from clipy.context import Context
from clipy.errors import MediaError, ModelError
from clipy.geometry import share_inside
from clipy.stages.base import Reviewer
from clipy.stages.review.checks.caption_lines import LEAST_LETTERS, CaptionLines, caption_lines, said_elsewhere
from clipy.text.profanity import Profanity
from clipy.types import Box, Clip, Evidence, Finding, Review, Seconds, Severity, Span, Word, seconds
from clipy.typography.safe_area import graphics_safe_area

_LEAST_CARDS = 4  # whose time must be known to judge the timing of all
_EDGE = 0.02  # of the picture's sides by which a text may seem to leave the safe area: boxes are not exact
_OFTEN = 0.25  # share of the captions from which on a fault is the clip's
_COVERED = 0.5  # share of a mouth
_BIG = 0.08  # of the picture's height; a mouth of a smaller face is not looked at


class Captions(Reviewer):
    """Captions late or early, words missing or wrong, too fast, out of the safe area, over a mouth, strong language."""

    version: ClassVar[int] = 9

    class Options(Reviewer.Options):
        required: bool = Field(
            False, description="Refuse a clip with speech and no captions; what clipy captioned must have them anyway."
        )
        max_offset: float = Field(
            0.2, gt=0, description="Seconds by which captions may come before or after what is said (median)."
        )
        max_missing: float = Field(
            0.15, gt=0, le=1, description="Share of the words said that may be missing in the captions."
        )
        max_uncaptioned: float = Field(
            4, gt=0, description="Seconds in which somebody may speak on while what clipy captions shows nothing."
        )
        max_wrong: float = Field(0.35, gt=0, le=1, description="Share of the captions that may not be said.")
        reading_speed: float = Field(
            30,
            gt=0,
            description="Characters a second of the median caption. Netflix allows 20 for whole subtitles; words"
            " highlighted one by one are followed faster.",
        )
        max_lines: int = Field(3, ge=1, description="Lines on screen at once (BBC: two, three where one must).")
        safe_area: bool = Field(
            True, description="Refuse captions where TikTok, Reels and Shorts draw over an upright video."
        )
        strong_language: bool = Field(
            True, description="Let strong language pass in captions, unless it was asked to be masked."
        )

    options: Options

    def input_digests(self) -> tuple[str, ...]:
        return (models.sha256(models.TEXT_READER),)

    def review(self, clip: Clip, ctx: Context) -> Review:
        name = self.name or "captions"
        try:
            words = retranscribe(clip, ctx).words  # first: the pictures are being watched meanwhile
            inspection = inspect_clip(clip, ctx)
            lines = screen_text(inspection, ctx) if _readable(words) else []
        except MediaError as error:
            return Review(name, (Finding("readable", "error", error.what),))
        except ModelError as error:
            return Review(name, (Finding("not-checked", "warning", f"the captions cannot be read: {error}"),))
        return Review(name, tuple(self._findings(clip, inspection, lines, words, ctx)))

    def _findings(
        self, clip: Clip, inspection: Inspection, lines: Sequence[ScreenLine], words: Sequence[Word], ctx: Context
    ) -> Iterator[Finding]:
        meant = clip.edit.clip_words() if clip.edit is not None and _planned(clip) else ()
        if meant:
            yield from self._uncaptioned(inspection, meant, ctx)
        if not _readable(words) or not _readable(meant or words):
            return  # nothing is said, or shown, that could be read
        found = caption_lines(clip, lines, words, meant)
        if found is None:
            yield from self._absent(clip, words)
            return
        if found.unsure:
            message = "heard anew, the clip says something else than its captions: what is said is hard to tell"
            yield Finding("unsure", "warning", message, found.lines[0].span, evidence=_seen(found.lines[0]))
        yield from self._twice(found, lines)
        yield from self._timing(found)
        yield from self._words(found)
        yield from self._reading(found)
        yield from self._place(found, inspection)
        yield from self._faces(found, inspection, ctx)
        yield from self._language(clip, found)

    def _uncaptioned(self, inspection: Inspection, meant: Sequence[Word], ctx: Context) -> Iterator[Finding]:
        """Speech that was never heard is not missed by hearing it again: a voice detector tells that there is some."""
        speech = regions(speech_of(inspection.video, ctx).probabilities)
        for gap in unheard(meant, speech, seconds(self.options.max_uncaptioned)):
            spoken = sum((span.clamp(gap).duration for span in speech if span.overlap(gap)), Fraction(0))
            message = f"somebody speaks for {float(spoken):.1f} s without captions: the words were not made out"
            limit = self.options.max_uncaptioned
            yield Finding("uncaptioned", "error", message, gap, round(float(spoken), 2), limit, Evidence.sound(gap))

    def _absent(self, clip: Clip, words: Sequence[Word]) -> Iterator[Finding]:
        planned = clip.edit is not None and bool(_planned(clip))
        spelled = sum(len(letters(word.text)) for word in words)
        if (planned or self.options.required) and spelled >= LEAST_LETTERS:
            span = Span(words[0].start, max(word.end for word in words))
            message = f"{len(words)} words are said, and no captions show them"
            yield Finding("no-captions", "error", message, span, 0, spelled, evidence=Evidence.picture(span.start))

    def _twice(self, found: CaptionLines, lines: Sequence[ScreenLine]) -> Iterator[Finding]:
        said = said_elsewhere(found, lines)
        if len(said) >= _LEAST_CARDS:
            message = "the source shows captions of its own: to have those alone, use --set pizzazz="
            yield Finding("captions-twice", "warning", message, said[0].span, evidence=_seen(said[0]))

    def _timing(self, found: CaptionLines) -> Iterator[Finding]:
        late, limit = found.match.late, self.options.max_offset
        if late is None or len(found.match.offsets) < _LEAST_CARDS or abs(late) <= limit:
            return
        typical = min(found.match.offsets, key=lambda pair: abs(pair[0] - late))[1]
        word = "after" if late > 0 else "before"
        message = f"captions come {abs(late):.2f} s {word} what they say"
        evidence = Evidence.picture(typical.span.start, typical.box)
        yield Finding("caption-timing", "error", message, typical.span, round(late, 3), limit, evidence=evidence)

    def _words(self, found: CaptionLines) -> Iterator[Finding]:
        missing = [word for word, shown in zip(found.words, found.match.shown, strict=True) if not shown]
        share, limit = len(missing) / len(found.words), self.options.max_missing
        wrong = 1 - found.match.said
        if share > limit:
            # Where much else is read than is heard, the reader or the hearer is at fault as likely as the captions.
            severity: Severity = "error" if wrong <= self.options.max_wrong else "warning"
            some = " ".join(word.text for word in missing[:6])
            message = f"{len(missing)} of {len(found.words)} words said are missing in the captions: {some}"
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
            message = f"{wrong:.0%} of what the captions say is not said"
            yield Finding("wrong-words", "warning", message, found.lines[0].span, round(wrong, 3), limit)

    def _reading(self, found: CaptionLines) -> Iterator[Finding]:
        shown = cards(found.lines)
        speeds = [sum(len(line.text) for line in card) / float(_together(card).duration) for card in shown]
        speed, limit = median(speeds), self.options.reading_speed
        if speed > limit:
            message = f"half of the captions ask to read more than {speed:.0f} characters a second"
            yield Finding("reading-speed", "warning", message, value=round(speed, 1), limit=limit)
        tall = max(shown, key=len)
        if len(tall) > self.options.max_lines:
            message = f"{len(tall)} lines of captions are on screen at once"
            yield Finding(
                "lines", "warning", message, _together(tall), len(tall), self.options.max_lines, _seen(tall[0])
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
        share = float(_time(out) / max(_time(found.lines), Fraction(1, 100)))
        if out and share > _OFTEN / 5:
            severity: Severity = "error" if share > _OFTEN else "warning"
            message = f"{share:.0%} of the captions lie where platforms draw their buttons and descriptions"
            yield Finding("safe-area", severity, message, out[0].span, round(share, 3), _OFTEN, _seen(out[0]))

    def _faces(self, found: CaptionLines, inspection: Inspection, ctx: Context) -> Iterator[Finding]:
        looked, covered = 0, list[tuple[Seconds, Box]]()
        for frame in detect_clip_faces(inspection, ctx):
            lines = [line for line in found.lines if frame.time in line.span]
            for face in frame.faces if lines else ():
                box = face.box
                if box.height < _BIG * inspection.video.height:
                    continue
                looked += 1
                if any(share_inside(mouth(box), line.box) >= _COVERED for line in lines):
                    covered.append((frame.time, mouth(box)))
        share = len(covered) / max(1, looked)
        if share > _OFTEN:
            time, box = covered[0]
            message = f"captions cover {share:.0%} of the mouths that are seen meanwhile"
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
                message = f"strong language is written out in the captions: {profanity.masked(strong[0])}"
                yield Finding("strong-language", "error", message, line.span, evidence=_seen(line))


def _readable(words: Sequence[Word]) -> bool:
    """Whether what is said is written in letters that can be read off a picture: Latin or Chinese."""
    text = "".join(letters(word.text) for word in words)
    return bool(text) and sum(char < "\u0250" or "\u4e00" <= char <= "\u9fff" for char in text) > 0.9 * len(text)


def _planned(clip: Clip) -> Sequence[object]:
    """The cards that clipy planned to draw."""
    plans = clip.edit.plans_of("captions") if clip.edit else []
    return [card for plan in plans for card in plan.get("cards", ())]


def _together(card: Sequence[ScreenLine]) -> Span:
    return Span(min(line.span.start for line in card), max(line.span.end for line in card))


def _time(lines: Sequence[ScreenLine]) -> Seconds:
    return sum((line.span.duration for line in lines), Fraction(0))


def _seen(line: ScreenLine) -> Evidence:
    return Evidence.picture((line.span.start + line.span.end) / 2, line.box)
