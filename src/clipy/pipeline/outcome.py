"""What becomes of candidates: clips with their reviews and posts, or rejections; and the result of a whole run."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from clipy import documents
from clipy.entries import highlight_json
from clipy.errors import MediaError, UploadError
from clipy.pipeline.report import write_report
from clipy.types import Clip, Edit, Finding, Highlight, Json, Post, Review, Video

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """A finished clip, with what the reviewers found and where it was published."""

    clip: Clip
    reviews: tuple[Review, ...] | None  # None: nobody has reviewed it yet
    posts: tuple[Post, ...] = ()
    failures: tuple[UploadError, ...] = ()  # of uploaders that could not publish it now
    repaired: tuple[Finding, ...] = ()  # findings about an earlier version of the clip, which were repaired

    @property
    def passed(self) -> bool:
        return self.reviews is not None and all(review.passed for review in self.reviews)

    @property
    def highlight(self) -> Highlight:
        return candidate(self.clip)

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for review in self.reviews or () for finding in review.findings)


@dataclass(frozen=True)
class Rejected:
    """A candidate that became no clip, and why. ``repaired`` are findings of a first review, before a repair failed."""

    highlight: Highlight
    reviews: tuple[Review, ...]
    repaired: tuple[Finding, ...] = ()
    clip: Clip | None = None  # None: it was never rendered
    planned: Edit | None = None  # what was planned of a clip that was never rendered

    @classmethod
    def undecodable(cls, item: Highlight | Edit | Clip, error: MediaError) -> Rejected:
        return cls(candidate(item), (Review("", (Finding("decode", "error", str(error)),)),))

    @classmethod
    def refused(cls, outcome: Outcome) -> Rejected:
        return cls(outcome.highlight, outcome.reviews or (), outcome.repaired, outcome.clip)

    @property
    def edit(self) -> Edit | None:
        return self.planned if self.clip is None else self.clip.edit

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for review in self.reviews for finding in review.findings)

    def name(self) -> str:
        """What a person calls it: when it is, and its title."""
        span = self.highlight.span
        return f"{float(span.start):.1f}-{float(span.end):.1f} s {self.highlight.title!r}"

    def reason(self) -> str:
        """One line for a person."""
        first = f" (after a repair of: {summarize_errors(self.repaired)})" if self.repaired else ""
        return f"{self.name()}: {summarize_errors(self.findings)}{first}"


@dataclass(frozen=True)
class Result:
    """The result of a run over one video. ``timings`` are seconds by stage; ``candidates`` were never tried."""

    video: Video
    folder: Path
    made: tuple[Outcome, ...]
    rejected: tuple[Rejected, ...]
    timings: Mapping[str, float]
    identity: str
    settings: Mapping[str, Json] = field(default_factory=dict)
    candidates: tuple[Highlight, ...] = ()

    @property
    def failures(self) -> tuple[UploadError, ...]:
        """Uploads that failed; the same run again retries them."""
        return tuple(failure for outcome in self.made for failure in outcome.failures)

    def write_report(self) -> None:
        """``report.html``: what the reviewers found in each clip, also of those that were rejected, with evidence."""
        made = [(m.clip.name, m.clip.path, m.reviews or ()) for m in self.made]
        refused = [(r.name(), r.clip.path, r.reviews) for r in self.rejected if r.clip is not None]
        write_report(self.folder / "report.html", [*made, *refused])

    def document(self) -> Json:
        """``clips.json``."""
        return {
            "schema": documents.RUN,
            "run": self.identity,
            "source": documents.source(self.video),
            "clips": [documents.clip_json(m.clip, m.reviews, m.posts, m.repaired) for m in self.made],
            "rejected": [documents.rejected_json(r.highlight, r.reviews, r.repaired) for r in self.rejected],
            "candidates": [highlight_json(candidate) for candidate in self.candidates],
            "settings": dict(self.settings),
            "timings": {stage: round(spent, 3) for stage, spent in self.timings.items()},
        }


@dataclass
class Clock:
    """Seconds spent by stage: those of its steps, which overlap with those of other stages."""

    spent: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def measuring(self, stage: str) -> Iterator[None]:
        log.info("%s begins", stage, extra={"data": {"event": "begin", "stage": stage}})
        began = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - began
            with self._lock:
                self.spent[stage] = self.spent.get(stage, 0.0) + spent
            facts = {"event": "end", "stage": stage, "seconds": spent}
            log.info("%s ends after %.2f s", stage, spent, extra={"data": facts})


def summarize_errors(findings: Iterable[Finding]) -> str:
    """What makes findings a refusal, for a person; empty when nothing does."""
    return "; ".join(finding.message for finding in findings if finding.severity == "error")


def candidate(item: Highlight | Edit | Clip) -> Highlight:
    """The candidate that something was made from."""
    match item:
        case Highlight():
            return item
        case Edit():
            return item.highlight
        case Clip(edit=Edit() as edit):
            return edit.highlight
    raise ValueError("a file that clipy did not make has no candidate")
