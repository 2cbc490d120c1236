"""What a run made out of one video."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from clipy import documents
from clipy.errors import UploadError
from clipy.pipeline.outcome import Outcome, Rejected
from clipy.pipeline.report import write_report
from clipy.types import Json, Video


@dataclass(frozen=True)
class Result:
    """What a run made out of one video. ``timings`` are seconds by stage."""

    video: Video
    folder: Path
    made: tuple[Outcome, ...]
    rejected: tuple[Rejected, ...]
    timings: Mapping[str, float]
    identity: str

    @property
    def failures(self) -> tuple[UploadError, ...]:
        """What could not be published now; the same run goes on from there."""
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
            "timings": {stage: round(spent, 3) for stage, spent in self.timings.items()},
        }
