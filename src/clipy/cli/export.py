"""``clipy export``: a run's clips for editing software."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clipy.cli.settings import FILE, Output, Settings, print_json, with_settings
from clipy.cli.text import counted
from clipy.errors import NothingToDeliver

if TYPE_CHECKING:
    from clipy.export.timeline import Timeline

FORMATS = ("otio", "fcpxml", "edl", "srt")


@click.command()
@click.argument("folder", type=FILE, metavar="DIR", help="A folder that clipy run or clipy render wrote.")
@click.option("--to", "form", required=True, type=click.Choice(FORMATS), help="The format; see docs/exporting.md.")
@click.option("-o", "--output", "into", type=FILE, metavar="DIR", help="Folder for the files [default: DIR/export].")
@click.option("--source", type=FILE, metavar="FILE", help="Where the video is, if it was moved since the run.")
@click.option("--overwrite", is_flag=True, help="Replace existing files.")
@with_settings
def export(
    settings: Settings, folder: Path, form: str, into: Path | None, source: Path | None, overwrite: bool
) -> None:
    """Write the clips of DIR as timelines for editing software.

    otio, edl and srt: a file for each clip. fcpxml: one file with a project for each clip. The timelines cut the
    source, so that crops, cuts and captions can still be changed.
    """
    from clipy.cli.logs import echo
    from clipy.export.timeline import read_timelines
    from clipy.storage.store import write_text

    timelines = read_timelines(folder, source)
    if not timelines:
        raise NothingToDeliver("there is no clip in this folder", where=folder)
    place = into or folder / "export"
    texts = _files(form, folder, timelines)
    paths = [_free(place / name, overwrite=overwrite) for name in texts]  # all of them, before the first is written
    for path, text in zip(paths, texts.values(), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, text)
    if settings.as_json:
        print_json({"files": [str(path) for path in paths]})
    echo(f"{counted(len(timelines), 'clip')} -> {place}")


def _free(path: Path, *, overwrite: bool) -> Path:
    return Output(path, overwrite).file or path


def _files(form: str, folder: Path, timelines: list[Timeline]) -> dict[str, str]:
    """The files by name."""
    from clipy.analysis.subtitles import writer
    from clipy.export.edl import edl
    from clipy.export.fcpxml import fcpxml
    from clipy.export.otio import otio
    from clipy.text.slugs import slug

    if form == "fcpxml":
        name = slug(folder.resolve().name)
        return {f"{name}.fcpxml": fcpxml(timelines, name)}
    writers: dict[str, Callable[[Timeline], str]] = {"otio": otio, "edl": edl, "srt": lambda one: writer.srt(one.cards)}
    return {f"{timeline.name}.{form}": writers[form](timeline) for timeline in timelines}
