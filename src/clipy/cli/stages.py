"""The commands of single stages, each on the output of the one before, and the transcript."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clipy.cli.logs import echo
from clipy.cli.settings import (
    FILE,
    Output,
    Settings,
    deliver,
    print_json,
    with_output,
    with_selection,
    with_settings,
)
from clipy.cli.text import counted
from clipy.errors import NothingToDeliver, OutputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clipy.context import Context
    from clipy.pipeline.outcome import Result
    from clipy.types import Highlight, Json, Video

_VIDEO = click.argument("video", type=FILE, help="A video file: MP4, MOV, MKV, WebM, AVI and more.")
_FOLDER = click.option(
    "-o", "--output", "folder", required=True, type=FILE, metavar="DIR", help="Folder for the clips."
)
_OVERWRITE = click.option("--overwrite", is_flag=True, help="Replace files of the same name in the output folder.")


@click.command()
@_VIDEO
@with_output("highlights.json")
@with_selection
@click.option("--explain", is_flag=True, help="Show on standard error what each score is made of.")
@click.option("--dry-run", is_flag=True, help="Show what would be sent to a service, and send nothing.")
@with_settings
def highlight(
    settings: Settings, video: Path, output: Output, selection: tuple[str, ...], explain: bool, dry_run: bool
) -> None:
    """Stage 1: pick the moments worth a clip."""
    from clipy import documents
    from clipy.cli import terminal
    from clipy.contract import call

    file = output.file
    pipeline = settings.pipeline(*selection)
    if dry_run:
        show = pipeline.highlighter.preview
        preview = settings.work(video, "highlight", pipeline, lambda source, ctx: call(show, (source,), ctx))
        print_json({"preview": preview}) if settings.as_json else click.echo(preview)
        return

    def task(source: Video, ctx: Context) -> tuple[Video, list[Highlight], Mapping[str, int]]:
        candidates = pipeline.highlight(source, ctx)
        return source, candidates, pipeline.highlighter.left_out(source, ctx) if explain else {}

    source, candidates, left_out = settings.work(video, "highlight", pipeline, task)
    found = candidates[: pipeline.highlighter.wanted(source, candidates)]  # the rest would replace rejected ones
    if not found:
        raise NothingToDeliver(
            "nothing worth a clip was found", where=video, do="Try other lengths, or --set highlight=even"
        )
    if explain:
        echo(terminal.explanation(found, left_out))
    deliver(documents.highlights(source, found), file, settings, counted(len(found), "highlight"))


@click.command()
@_VIDEO
@click.option(
    "--highlights", "given", required=True, type=FILE, metavar="FILE", help="From clipy highlight, or written by hand."
)
@with_output("crops.json")
@with_settings
def reframe(settings: Settings, video: Path, given: Path, output: Output) -> None:
    """Stage 2: decide where to look, for each highlight."""
    from clipy import documents
    from clipy.pipeline.parallel import with_progress

    file = output.file
    pipeline = settings.pipeline()

    def task(source: Video, ctx: Context) -> Json:
        found = documents.read_highlights(given, source)
        ctx = pipeline.with_conversation(source, found, ctx)
        cropped = [(item, pipeline.reframe(source, item, part)) for item, part in with_progress(found, ctx)]
        return documents.crops(source, cropped)

    document = settings.work(video, "reframe", pipeline, task)
    deliver(document, file, settings, counted(len(document["clips"]), "crop"))


@click.command()
@_VIDEO
@click.option("--crops", "given", type=FILE, metavar="FILE", help="From clipy reframe, or written by hand.")
@click.option("--edits", "edited", type=FILE, metavar="FILE", help="From clipy studio, or written by hand.")
@_FOLDER
@_OVERWRITE
@with_settings
def render(
    settings: Settings, video: Path, given: Path | None, edited: Path | None, folder: Path, overwrite: bool
) -> None:
    """Stage 3: make the finished files, with captions and all pizzazz, not yet reviewed.

    With --edits, words, crops and pizzazz are those of the file, and the settings those of the run that was edited.
    """
    from clipy import documents
    from clipy.edits import read_edits
    from clipy.pipeline.delivery import delivering_to
    from clipy.pipeline.edited import render_crops, render_edits
    from clipy.pipeline.pipeline import Pipeline

    if (given is None) == (edited is None):
        raise click.UsageError("Give either --crops or --edits.")
    edits = None if edited is None else read_edits(edited)
    config = settings.config(recorded={} if edits is None else edits.settings)
    pipeline = Pipeline.from_config(delivering_to(folder, config, overwrite=overwrite))

    def task(source: Video, ctx: Context) -> Result:
        suited = pipeline.suited_to(source)
        if edits is not None and edited is not None:
            edits.require(source, edited)
            return render_edits(suited, source, edits, folder, ctx, overwrite=overwrite)
        cropped = [] if given is None else documents.read_crops(given, source)
        return render_crops(suited, source, cropped, folder, ctx, overwrite=overwrite)

    result = settings.work(video, "render", pipeline, task)
    if settings.as_json:
        print_json(result.document())
    echo(f"{counted(len(result.made), 'clip')} -> {folder}")


@click.command()
@click.argument("clips", nargs=-1, required=True, type=FILE, metavar="CLIP...", help="Video files, clipy's or any.")
@with_output("reviews.json")
@click.option(
    "--report", type=FILE, metavar="FILE.html", help="Also write a page with all findings and their evidence."
)
@with_settings
def review(settings: Settings, clips: tuple[Path, ...], output: Output, report: Path | None) -> None:
    """Stage 4: check finished clips. Works on any video file; exit code 3 when no clip passes.

    A clip that repeats one named before it, or one that was published, is rejected. Where a clips.json lies beside a
    clip, the clip is judged by what was meant with it, and defects of its source do not count against it.
    """
    from clipy import documents
    from clipy.cli.terminal import progress
    from clipy.pipeline.delivery import with_sources
    from clipy.pipeline.parallel import with_progress
    from clipy.pipeline.quality_control import QualityControl
    from clipy.pipeline.report import write_report
    from clipy.pipeline.run import context

    file, page = output.file, Output(report, output.overwrite).file
    control = QualityControl.from_config(settings.config())
    with (
        progress("review", ("review",)) as listener,
        context(control, since=settings.since, listener=listener) as ctx,
    ):
        before = control.published(ctx)
        found = []
        for (clip, source), part in with_progress(with_sources(clips), ctx.at("review")):
            found.append((clip.path, control.judge(clip, replace(part, video=source), before).reviews or ()))
            before = (clip, *before)
    document = documents.reviews(found)
    if page is not None:
        write_report(page, [(path.name, path, reviews) for path, reviews in found])
    deliver(document, file, settings, counted(len(found), "review"))
    failed = [entry for entry in document["clips"] if not entry["review"]["passed"]]
    if len(failed) == len(found):
        reasons = tuple(
            f"{entry['file']}: {finding['message']}"
            for entry in failed
            for finding in entry["review"]["findings"]
            if finding["severity"] == "error"
        )
        raise NothingToDeliver("no clip passed the review", reasons)


@click.command()
@click.argument("folder", type=FILE, metavar="DIR", help="A folder that clipy run or clipy render wrote.")
@click.option("--to", "backend", required=True, metavar="BACKEND", help="An uploader; see: clipy backends upload")
@click.option("--dry-run", is_flag=True, help="Show exactly what would be sent, and send nothing.")
@click.option("--at", metavar="TIME", help="Publish the first clip at this time, as 2026-12-01T18:00.")
@click.option("--every", metavar="INTERVAL", help="Publish the others at this interval, as 1d or 6h.")
@click.option(
    "--settle",
    type=click.Choice(["posted", "missing"]),
    help="Say what you see on the account, for clips of which clipy cannot know whether they were posted.",
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

    If it stops, run the same command again: it continues where it stopped and posts nothing twice.
    """
    from clipy import documents
    from clipy.cli import posting
    from clipy.cli.terminal import progress
    from clipy.pipeline.run import context

    uploader, config = posting.uploader(settings, backend, at=at, every=every)
    clips = documents.read_clips(folder)
    control = posting.quality_control(config, clips)
    with progress(folder.name, ("review", "upload")) as listener, context(control, listener=listener) as ctx:
        passed, refused = posting.approved(control, clips, ctx)
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
@_VIDEO
@with_output("JSON, or subtitles where FILE ends in .srt or .vtt,")
@with_settings
def transcribe(settings: Settings, video: Path, output: Output) -> None:
    """Transcribe what is said, with a time for each word."""
    from clipy import documents
    from clipy.analysis.subtitles import writer as subtitles
    from clipy.storage.store import write_text

    file = output.file
    writers = {".srt": subtitles.srt, ".vtt": subtitles.vtt}
    if file is not None and file.suffix.lower() not in {".json", *writers}:
        raise OutputError("the name must end in .json, .srt or .vtt", where=file)
    pipeline = settings.pipeline()
    source, spoken = settings.work(
        video, "transcribe", pipeline, lambda source, ctx: (source, pipeline.transcribe(source, ctx))
    )
    if file is not None and file.suffix.lower() in writers:
        write_text(file, writers[file.suffix.lower()](spoken.words))
        echo(f"{counted(len(spoken.words), 'word')} -> {file}")
        if not settings.as_json:
            return
        file = None
    deliver(documents.transcript(source, spoken), file, settings, counted(len(spoken.words), "word"))
