"""Quality control: reviewers judge each clip, also beside the clips that were made or published before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from clipy.backend import Backend
from clipy.config import Config
from clipy.context import Context
from clipy.contract import call
from clipy.device import demand
from clipy.documents import Delivered
from clipy.errors import ConfigError, MediaError
from clipy.media.opencv import few_opencv_threads
from clipy.media.probe import probe
from clipy.pipeline import factory
from clipy.pipeline.outcome import Outcome, summarize_errors
from clipy.pipeline.parallel import parallel_map, reviews_at_once, with_progress
from clipy.stages.base import Reviewer
from clipy.stages.upload.publishing.journal import open_journal
from clipy.storage.store import file_digest
from clipy.types import Clip, Edit, Finding, Review


@dataclass(frozen=True)
class QualityControl:
    """The reviewers, and the analysers that they may ask."""

    analysers: Mapping[type[Backend], Backend]
    reviewers: tuple[Reviewer, ...]
    device: str = "auto"

    @classmethod
    def from_config(cls, config: Config) -> QualityControl:
        """Make what reviews, and nothing else. Raises ConfigError, also when no reviewer is configured."""
        if not config.lists["review"]:
            raise ConfigError("no reviewer is configured, so any clip would pass", do="Add a [[review]]")
        demand(config.device)
        return cls(factory.analysers(config), factory.several(config, Reviewer), config.device)

    def judge(self, clip: Clip, ctx: Context, others: tuple[Clip, ...] = ()) -> Outcome:
        """Every reviewer's findings in a clip, also beside ``others`` that it must not repeat.

        Reviewers run in parallel where there is more than one core: one decodes the sound while another decodes the
        picture. What several of them need is made by the first that asks, and the others wait for it.
        """

        def review(reviewer: Reviewer, part: Context) -> Review:
            return _review(reviewer, clip, others, part)

        with few_opencv_threads():
            return Outcome(clip, tuple(parallel_map(self.reviewers, review, ctx, reviews_at_once())))

    def foresee(self, edit: Edit, ctx: Context) -> tuple[Review, ...]:
        """The errors that are known of a clip before it is rendered."""
        return tuple(call(reviewer.foresee, (edit,), ctx) for reviewer in self.reviewers if _foresees(reviewer))

    def published(self, ctx: Context) -> tuple[Clip, ...]:
        """Clips that were published from this machine, where a reviewer compares: only sha256 and name are known."""
        if not any(_compares(reviewer) for reviewer in self.reviewers):
            return ()
        known = open_journal(ctx.store.root).published()
        return tuple(Clip(sha256, Fraction(0), 0, 0, name=name) for sha256, name in known)


def verdicts(
    quality_control: QualityControl | None, delivered: Sequence[Delivered], ctx: Context
) -> Iterator[tuple[Clip, str]]:
    """Each delivered clip with the reason why it must not be published; empty when it may.

    A clip without a review gets one now; ``quality_control`` may be None only where every clip has one.
    """
    for item, part in with_progress(delivered, ctx.at("review")):
        if item.passed is not None:
            yield item.clip, "" if item.passed else "it did not pass its review"
        elif quality_control is not None:
            yield item.clip, summarize_errors(quality_control.judge(item.clip, part).findings)
        else:
            raise ValueError(f"no reviewer for {item.clip.name}")


def clip_of(path: Path) -> Clip:
    """Any video file as a clip. Raises MediaError."""
    video = probe(path)
    return Clip(video.fingerprint, video.duration, video.width, video.height, path=path, name=path.stem)


def file_as_clip(path: Path) -> Clip:
    """Any file as a clip, readable or not: reviewers report what is not. Raises MediaError when there is no file."""
    try:
        return clip_of(path)
    except MediaError:
        if not path.is_file():
            raise
        return Clip(file_digest(path), Fraction(0), 0, 0, path=path, name=path.stem)


def _review(reviewer: Reviewer, clip: Clip, others: tuple[Clip, ...], ctx: Context) -> Review:
    try:
        review = ctx.cached(reviewer.review, clip)
        if not others or not _compares(reviewer):
            return review
        beside = ctx.cached(reviewer.compare, clip, others)
    except MediaError as error:
        return Review(reviewer.name, (Finding("readable", "error", str(error)),))
    return replace(review, findings=(*review.findings, *beside.findings))


def _foresees(reviewer: Reviewer) -> bool:
    return type(reviewer).foresee is not Reviewer.foresee


def _compares(reviewer: Reviewer) -> bool:
    return type(reviewer).compare is not Reviewer.compare
