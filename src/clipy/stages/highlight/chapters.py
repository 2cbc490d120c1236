"""Moments that are known already: the chapter marks of the file, or a list made by hand."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from clipy.context import Context
from clipy.errors import DocumentError, MediaError
from clipy.media.chapters import chapters
from clipy.stages.base import Highlighter
from clipy.stages.highlight.lists.fitting import Fitting
from clipy.stages.highlight.lists.moments import read_moments
from clipy.stages.highlight.lists.timecode import PATTERN
from clipy.stages.highlight.selection.candidates import bounds, without_overlaps
from clipy.storage.store import file_digest
from clipy.types import Highlight, Span, Video

log = logging.getLogger(__name__)

_SCORE = 0.5  # of a moment that comes without one
_ALL = 1000  # moments, at most


class Chapters(Highlighter):
    """The chapters of the file, or the moments of a list (JSON, CSV, EDL): by their scores, or in their order.

    Edges that keep the length bounds stay as they are. Of a longer moment the stretch of whole sentences is taken that
    ``local`` would score best; a shorter one takes in the sentences around it, up to its neighbours.
    """

    version: ClassVar[int] = 2

    class Options(Highlighter.Options):
        count: Annotated[int, Field(ge=1, le=1000)] | Literal["auto"] = Field(
            "auto", description="How many clips to make, at most; auto: all."
        )
        path: Path | None = Field(
            None, description="A list of moments (.json, .csv, .tsv, .edl); the file's own chapters unless given."
        )
        timecode: str = Field(
            "",
            pattern=rf"^({PATTERN})?$",
            description="Timecode of the first picture, for an .edl; the file's own, or 00:00:00:00, unless given.",
        )

    options: Options

    def identity(self) -> dict[str, object]:
        """What the list says counts, not where it lies."""
        path = self.options.path
        try:
            listed = "" if path is None else file_digest(path)
        except OSError as error:
            raise DocumentError(f"cannot read it ({error.strerror})", where=path, do="Check highlight.path") from error
        options = self.options.model_dump(mode="json", exclude={"path"})
        return {**super().identity(), "options": options, "list": listed}

    def most(self, video: Video) -> int:
        """All moments, unless ``count`` says fewer."""
        return _ALL if self.options.count == "auto" else self.options.count

    def highlight(self, video: Video, ctx: Context) -> list[Highlight]:
        given = self._given(video)
        fitting = Fitting(video, self.options, ctx)
        fitted = []
        for number, moment in enumerate(given, start=1):
            ctx.report(f"moment {number} of {len(given)}", (number - 1) / len(given))
            pick = self._fitted(moment, fitting, _room(moment.span, given, video))
            if pick is None:
                log.warning("%s: too short, and there is no room to make it longer: left out", _named(moment))
            else:
                fitted.append(
                    pick if pick.title else replace(pick, title=fitting.title(pick.span) or f"Moment {number}")
                )
        ranked = sorted(fitted, key=lambda pick: -pick.score)
        kept = without_overlaps(ranked)
        for pick in ranked:
            if pick not in kept:
                log.warning("%s: overlaps one before it: left out", _named(pick))
        return kept

    def _given(self, video: Video) -> list[Highlight]:
        """The moments as they come, each with a score and a reason."""
        path = self.options.path
        if path is not None:
            found = read_moments(path, video, self.options.timecode)
            source = f"of {path.name}"
        else:
            found = [Highlight(span, title=title) for span, title in chapters(video)]
            source = "of the file"
        if not found:
            raise MediaError(
                "the file has no chapter marks",
                where=video.path,
                do="Give a list with --set highlight.path=moments.csv, or pick another highlighter",
            )
        reasons = (f"{number} of {len(found)} {source}" for number in range(1, len(found) + 1))
        return [
            replace(moment, score=moment.score or _SCORE, reason=moment.reason or f"moment {reason}")
            for moment, reason in zip(found, reasons, strict=True)
        ]

    def _fitted(self, moment: Highlight, fitting: Fitting, room: Span) -> Highlight | None:
        """The moment within the bounds; None when it is too short and cannot be made longer."""
        shortest, longest = bounds(self.options.min_duration, self.options.max_duration)
        if moment.span.duration > longest:
            span, details = fitting.shortened(moment.span)
            log.info("%s: longer than %g s, so its best stretch is taken", _named(moment), longest)
            return replace(moment, span=span, details=details) if span.duration >= shortest else None
        if moment.span.duration < shortest:
            wider = fitting.widened(moment.span, room)
            return None if wider is None else replace(moment, span=wider)
        return replace(moment, given=True)


def _room(span: Span, moments: Sequence[Highlight], video: Video) -> Span:
    """From the end of the moment before to the start of the one after."""
    ends = (other.span.end for other in moments if other.span.end <= span.start)
    starts = (other.span.start for other in moments if other.span.start >= span.end)
    return Span(max(ends, default=Fraction(0)), min(starts, default=video.duration))


def _named(moment: Highlight) -> str:
    title = f"{moment.title!r}, " if moment.title else ""
    return f"{title}{float(moment.span.start):.2f}-{float(moment.span.end):.2f} s"
