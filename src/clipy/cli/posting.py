"""What ``clipy upload`` does with each clip: preview, publish, settle, and report."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from clipy.cli.logs import echo
from clipy.errors import ConfigError, LoginNeeded, UploadError, UploadLater

if TYPE_CHECKING:
    from clipy.cli.settings import Settings
    from clipy.config import Config
    from clipy.context import Context
    from clipy.documents import Delivered
    from clipy.pipeline.quality_control import QualityControl
    from clipy.stages.base import Uploader
    from clipy.types import Clip, Json


@dataclass
class Posting:
    """One entry for each clip that went out, and the failures of the others."""

    entries: list[Json] = field(default_factory=list)
    failures: list[UploadError] = field(default_factory=list)


def uploader(settings: Settings, backend: str, *, at: str | None, every: str | None) -> tuple[Uploader, Config]:
    """The uploader that was asked for, and the settings around it. No other backend is made."""
    from clipy.pipeline import factory
    from clipy.stages.base import Uploader

    times = {"at": at, "every": every}
    more = (f'upload.{backend}.{name}="{value}"' for name, value in times.items() if value)
    config = replace(settings, sets=(f"upload={backend}", *settings.sets, *more)).config()
    return factory.several(config, Uploader)[0], config


def quality_control(config: Config, clips: Sequence[Delivered]) -> QualityControl | None:
    """The reviewers, made only where a clip has had no review yet: they and their analysers may be missing."""
    from clipy.pipeline.quality_control import QualityControl

    return QualityControl.from_config(config) if any(clip.passed is None for clip in clips) else None


def approved(
    control: QualityControl | None, clips: Sequence[Delivered], ctx: Context
) -> tuple[list[Clip], tuple[str, ...]]:
    """The clips that may be published, and why the others may not."""
    from clipy.pipeline.quality_control import verdicts

    found = list(verdicts(control, clips, ctx))
    return [clip for clip, why in found if not why], tuple(f"{clip.name}: {why}" for clip, why in found if why)


def publish(uploader: Uploader, clips: Sequence[Clip], ctx: Context) -> Posting:
    """Publish each clip. One that fails does not stop the next, unless nobody is logged in."""
    from clipy.contract import call

    def post(clip: Clip, part: Context) -> Json:
        return {"file": str(clip.path), "uploader": uploader.name, "where": call(uploader.upload, (clip,), part).where}

    return _each(clips, ctx, post)


def preview(uploader: Uploader, clips: Sequence[Clip], ctx: Context) -> Posting:
    """Show what would be sent for each clip."""
    from clipy.stages.upload.publishing.platform import Platform

    def show(clip: Clip, part: Context) -> Json:
        if isinstance(uploader, Platform):
            return uploader.preview(clip, part)
        return {"file": str(clip.path), "uploader": uploader.name, "where": None}

    return _each(clips, ctx, show)


def settle(uploader: Uploader, clips: Sequence[Clip], ctx: Context, *, posted: bool) -> None:
    """Record what a person saw on the account. Raises ConfigError when nothing is left to settle."""
    from clipy.stages.upload.publishing.platform import Platform

    settled = isinstance(uploader, Platform) and [
        clip.name for clip in clips if uploader.settle(clip, ctx, posted=posted)
    ]
    if not settled:
        raise ConfigError("every clip is known to be posted or not", do="Leave out --settle")
    echo(f"settled: {', '.join(settled)}")


def report(posting: Posting, refused: Sequence[str]) -> None:
    """Report each clip, and end with exit code 1 when something is left to do by hand."""
    for why in refused:
        echo(f"not sent: {why}")
    for entry in posting.entries:
        echo(f"{entry['file']} -> {entry['where'] or 'would go to ' + str(entry['uploader'])}")
    failed = [failure for failure in posting.failures if not isinstance(failure, UploadLater)]
    for failure in posting.failures:
        bad = failure in failed
        echo(f"{'error' if bad else 'later'}: {failure}", logging.ERROR if bad else logging.INFO)
    if failed:
        sys.exit(failed[0].exit_code)


def _each(clips: Sequence[Clip], ctx: Context, work: Callable[[Clip, Context], Json]) -> Posting:
    from clipy.pipeline.parallel import with_progress

    posting = Posting()
    for clip, part in with_progress(clips, ctx):
        try:
            posting.entries.append(work(clip, part))
        except LoginNeeded:
            raise
        except UploadError as error:
            posting.failures.append(error)
    return posting
