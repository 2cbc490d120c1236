"""Quality control by itself, on files that lie somewhere already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from clipy import parts
from clipy.backend import Backend
from clipy.config import Config
from clipy.context import Context
from clipy.documents import Delivered
from clipy.errors import ConfigError
from clipy.media.probe import probe
from clipy.outcome import Outcome, blame
from clipy.stages.base import Reviewer
from clipy.together import shares
from clipy.types import Clip


@dataclass(frozen=True)
class Judging:
    """The reviewers, and the analysers that they may ask."""

    analysers: Mapping[type[Backend], Backend]
    reviewers: tuple[Reviewer, ...]

    @classmethod
    def from_config(cls, config: Config) -> Judging:
        """Make what reviews, and nothing else. Raises ConfigError, also when nothing does."""
        if not config.lists["review"]:
            raise ConfigError("no reviewer is picked, so that anything would pass", do="Add a [[review]]")
        return cls(parts.analysers(config), parts.several(config, Reviewer))

    def judge(self, clip: Clip, ctx: Context) -> Outcome:
        """What every reviewer finds in one clip."""
        return judged(self.reviewers, clip, ctx)


def judged(reviewers: Sequence[Reviewer], clip: Clip, ctx: Context) -> Outcome:
    """What every reviewer finds in one clip."""
    return Outcome(clip, tuple(ctx.cached(reviewer.review, clip) for reviewer in reviewers))


def reviewed(judging: Judging | None, delivered: Sequence[Delivered], ctx: Context) -> Iterator[tuple[Clip, str]]:
    """Each delivered clip with why it must not be published; empty when it may.

    One without a review gets it now; ``judging`` may be None only where every clip has one.
    """
    for item, part in shares(delivered, ctx.at("review")):
        if item.passed is not None:
            yield item.clip, "" if item.passed else "it did not pass its review"
        elif judging is not None:
            yield item.clip, blame(judging.judge(item.clip, part).findings)
        else:
            raise ValueError(f"nobody is there to review {item.clip.name}")


def clip_of(path: Path) -> Clip:
    """Any video file as a clip."""
    video = probe(path)
    return Clip(video.fingerprint, video.duration, video.width, video.height, path=path, name=path.stem)
