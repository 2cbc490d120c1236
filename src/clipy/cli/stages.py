"""The pipeline's commands: the whole of it, each stage by itself on the artifacts of the one before, and the words."""

from __future__ import annotations

import logging
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clipy.cli.logs import tell
from clipy.cli.profiling import profiling
from clipy.cli.settings import (
    FILE,
    Settings,
    check_free,
    deliver,
    print_json,
    steering,
    with_about,
    with_settings,
)
from clipy.errors import ClipyError, NothingToDeliver, OutputError, UploadLater
from clipy.groups import STEPS

if TYPE_CHECKING:
    from clipy.context import Context
    from clipy.types import Json, Video


@click.command()
@click.argument("videos", nargs=-1, required=True, type=FILE, metavar="VIDEO...")
@click.option("-o", "--output", "folder", required=True, type=FILE, metavar="DIR", help="Folder for the clips.")
@click.option("--clips", type=click.IntRange(min=1), metavar="N", help="How many clips, at most (highlight.count).")
@with_about
@click.option("--overwrite", is_flag=True, help="Replace files of the same name in the output folder.")
@click.option("--from", "since", type=click.Choice(STEPS), help="Make what this stage and all after it made again.")
@click.option("--profile", is_flag=True, help="Write where time and memory went to DIR/debug (--debug does, too).")
@click.option("--report", is_flag=True, help="Also write DIR/report.html: what was found in each clip, with evidence.")
@with_settings
def run(
    settings: Settings,
    videos: tuple[Path, ...],
    folder: Path,
    clips: int | None,
    about: str | None,
    overwrite: bool,
    since: str | None,
    profile: bool,
    report: bool,
) -> None:
    """The whole pipeline: VIDEO in, finished clips and clips.json out.

    Several videos get a folder each inside DIR. With --debug, DIR/debug shows for each clip, as video and as data, what
    was seen and decided (docs/debugging.md).
    """
    if since and settings.no_cache:
        raise click.UsageError("--no-cache makes everything again, --from a part: choose one")
    from clipy.cli import terminal
    from clipy.pipeline.run import run as run_pipeline
    from clipy.text.slugs import unique_slugs

    config = settings.config(*([f"highlight.count={clips}"] if clips else []), *steering(about))
    names = unique_slugs([video.stem for video in videos])
    folders = [folder] if len(videos) == 1 else [folder / name for name in names]
    more = ("debug",) if settings.debug else ()
    documents: list[Json] = []
    failures: list[ClipyError] = []
    for video, place in zip(videos, folders, strict=True):
        try:
            with (
                terminal.progress(video.name, (*STEPS, *more)) as shown,
                profiling(place, shown, wanted=profile or settings.debug) as listener,
            ):
                result = run_pipeline(
                    video,
                    place,
                    config=config,
                    overwrite=overwrite,
                    since=since or settings.since,
                    debug=settings.debug,
                    report=report,
                    listener=listener,
                )
        except ClipyError as error:
            if len(videos) == 1:
                raise
            tell(f"error: {error}", logging.ERROR)  # the other videos still get their turn
            failures.append(error)
        else:
            documents.append(result.document())
            tell(terminal.summary(result))
            failures += [failure for failure in result.failures if not isinstance(failure, UploadLater)]
    if settings.as_json:
        print_json(documents[0] if len(videos) == 1 else {"runs": documents})
    if failures:
        sys.exit(max(error.exit_code for error in failures) if not documents else 1)


@click.command()
@click.argument("video", type=FILE)
@click.option("-o", "--output", type=FILE, help="Write highlights.json here instead of to standard output.")
@with_about
@click.option("--explain", is_flag=True, help="Also show, on standard error, what each pick's score is made of.")
@click.option("--dry-run", is_flag=True, help="Show what would be sent to a service, and send nothing.")
@with_settings
def highlight(
    settings: Settings, video: Path, output: Path | None, about: str | None, explain: bool, dry_run: bool
) -> None:
    """Stage 1: which moments are worth a clip."""
    from clipy import documents
    from clipy.cli import terminal
    from clipy.pipeline.pipeline import Pipeline

    check_free(output)
    pipeline = Pipeline.from_config(settings.config(*steering(about)))
    if dry_run:
        preview = settings.work(video, "highlight", pipeline, pipeline.highlighter.preview)
        print_json({"preview": preview}) if settings.as_json else click.echo(preview)
        return
    source, found = settings.work(
        video, "highlight", pipeline, lambda source, ctx: (source, pipeline.highlight(source, ctx))
    )
    if not found:
        raise NothingToDeliver(
            "nothing worth a clip was found", where=video, do="Try other lengths, or --set highlight.backend=even"
        )
    if explain:
        tell(terminal.explanation(found))
    deliver(documents.highlights(source, found), output, settings, f"{len(found)} highlights")


@click.command()
@click.argument("video", type=FILE)
@click.option("--highlights", "given", required=True, type=FILE, help="From clipy highlight, or written by hand.")
@click.option("-o", "--output", type=FILE, help="Write crops.json here instead of to standard output.")
@with_settings
def reframe(settings: Settings, video: Path, given: Path, output: Path | None) -> None:
    """Stage 2: where to look, for each highlight."""
    from clipy import documents
    from clipy.pipeline.parallel import with_progress

    check_free(output)
    pipeline = settings.pipeline()

    def task(source: Video, ctx: Context) -> Json:
        found = documents.read_highlights(given, source)
        cropped = [(item, pipeline.reframe(source, item, part)) for item, part in with_progress(found, ctx)]
        return documents.crops(source, cropped)

    document = settings.work(video, "reframe", pipeline, task)
    deliver(document, output, settings, f"{len(document['clips'])} crops")


@click.command()
@click.argument("video", type=FILE)
@click.option("--crops", "given", required=True, type=FILE, help="From clipy reframe, or written by hand.")
@click.option("-o", "--output", "folder", required=True, type=FILE, metavar="DIR", help="Folder for the clips.")
@click.option("--overwrite", is_flag=True, help="Replace files of the same name in the output folder.")
@with_settings
def render(settings: Settings, video: Path, given: Path, folder: Path, overwrite: bool) -> None:
    """Stage 3: finished files with captions and all pizzazz, not yet reviewed."""
    from clipy import documents
    from clipy.pipeline.delivery import delivering_to
    from clipy.pipeline.pipeline import Pipeline

    pipeline = Pipeline.from_config(delivering_to(folder, settings.config(), overwrite=overwrite))
    result = settings.work(
        video,
        "render",
        pipeline,
        lambda source, ctx: pipeline.render_only(
            source, documents.read_crops(given, source), folder, ctx, overwrite=overwrite
        ),
    )
    if settings.as_json:
        print_json(result.document())
    tell(f"{len(result.made)} clips -> {folder}")


@click.command()
@click.argument("clips", nargs=-1, required=True, type=FILE, metavar="CLIP...")
@click.option("-o", "--output", type=FILE, help="Write reviews.json here instead of to standard output.")
@click.option("--report", type=FILE, metavar="FILE.html", help="Also write a page to look at, with all evidence.")
@with_settings
def review(settings: Settings, clips: tuple[Path, ...], output: Path | None, report: Path | None) -> None:
    """Stage 4: is it good? Works on any video file. Exit code 3 when no clip passes.

    A clip that repeats one named before it, or one that was published, is refused. What a clips.json beside a clip
    tells of it counts: what was meant, and what its source shows as well.
    """
    from clipy import documents
    from clipy.cli.terminal import progress
    from clipy.pipeline.delivery import with_sources
    from clipy.pipeline.parallel import with_progress
    from clipy.pipeline.quality_control import QualityControl
    from clipy.pipeline.report import write_report
    from clipy.pipeline.run import context

    check_free(output)
    check_free(report)
    judging = QualityControl.from_config(settings.config())
    with (
        progress("review", ("review",)) as listener,
        context(judging, since=settings.since, listener=listener) as ctx,
    ):
        before = judging.published(ctx)
        found = []
        for (clip, source), part in with_progress(with_sources(clips), ctx.at("review")):
            found.append((clip.path, judging.judge(clip, replace(part, video=source), before).reviews or ()))
            before = (clip, *before)
    document = documents.reviews(found)
    if report is not None:
        write_report(report, [(path.name, path, reviews) for path, reviews in found])
    deliver(document, output, settings, f"{len(found)} reviews")
    failed = [entry for entry in document["clips"] if not entry["review"]["passed"]]
    if len(failed) == len(found):
        reasons = tuple(f"{e['file']}: {f['message']}" for e in failed for f in e["review"]["findings"])
        raise NothingToDeliver("no clip passed the review", reasons)


@click.command()
@click.argument("folder", type=FILE, metavar="DIR")
@click.option("--to", "backend", required=True, metavar="BACKEND", help="An uploader; see: clipy backends upload")
@click.option("--dry-run", is_flag=True, help="Show exactly what would be sent, and send nothing.")
@click.option("--at", metavar="TIME", help="When the first goes out, as 2026-12-01T18:00.")
@click.option("--every", metavar="DISTANCE", help="How long after it each further one, as 1d or 6h.")
@click.option(
    "--settle",
    type=click.Choice(["posted", "missing"]),
    help="What you saw on the account, for clips of which clipy cannot know whether they were posted.",
)
@with_settings
def upload(
    settings: Settings,
    folder: Path,
    backend: str,
    dry_run: bool,
    at: str | None,
    every: str | None,
    settle: str | None,
) -> None:
    """Stage 5: publish the clips of DIR that passed their review, each once.

    The same command again goes on where it stopped, and posts nothing twice.
    """
    from clipy import documents
    from clipy.cli import posting
    from clipy.cli.terminal import progress
    from clipy.pipeline.run import context

    uploader, config = posting.uploader(settings, backend, at=at, every=every)
    clips = documents.read_clips(folder)
    judging = posting.judging(config, clips)
    with progress(folder.name, ("review", "upload")) as listener, context(judging, listener=listener) as ctx:
        passed, refused = posting.judged(judging, clips, ctx)
        if not passed:
            raise NothingToDeliver("no clip in this folder passed its review", refused, where=folder)
        if settle:
            posting.settle(uploader, passed, ctx, posted=settle == "posted")
        work = posting.preview if dry_run else posting.publish
        done = work(uploader, passed, ctx.at("upload"))
    if settings.as_json or dry_run:
        print_json({"posts": done.entries})
    posting.report(done, refused)


@click.command()
@click.argument("video", type=FILE)
@click.option("-o", "--output", type=FILE, help="A .json, .srt or .vtt file; JSON on standard output unless given.")
@with_settings
def transcribe(settings: Settings, video: Path, output: Path | None) -> None:
    """What is said, word by word."""
    from clipy import documents
    from clipy.analysis.perception import transcript_of
    from clipy.analysis.subtitles import writer as subtitles
    from clipy.storage.store import write_text

    check_free(output)
    writers = {".srt": subtitles.srt, ".vtt": subtitles.vtt}
    if output is not None and output.suffix.lower() not in {".json", *writers}:
        raise OutputError("the name must end in .json, .srt or .vtt", where=output)
    pipeline = settings.pipeline()
    source, spoken = settings.work(
        video, "transcribe", pipeline, lambda source, ctx: (source, transcript_of(source, ctx))
    )
    if output is not None and output.suffix.lower() in writers:
        write_text(output, writers[output.suffix.lower()](spoken.words))
        tell(f"{len(spoken.words)} words -> {output}")
        if not settings.as_json:
            return
        output = None
    deliver(documents.transcript(source, spoken), output, settings, f"{len(spoken.words)} words")
