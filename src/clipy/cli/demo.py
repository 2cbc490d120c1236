"""``clipy demo``: a sample video that is made on the spot, and its clips."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import click

from clipy.cli.logs import echo
from clipy.cli.settings import FILE, Settings, with_selection, with_settings
from clipy.errors import OutputError

SAMPLE = "demo.mp4"
_SUITED = ("highlight.count=2", "highlight.min_duration=10", "highlight.max_duration=24")  # the sample lasts 42 s


@click.command()
@click.argument(
    "folder",
    type=FILE,
    required=False,
    metavar="[DIR]",
    help="Folder for the video and clips/ [default: a temporary one].",
)
@click.option("--open", "opens", is_flag=True, help="Then show the clips: in the studio, or else their folder.")
@with_selection
@with_settings
def demo(settings: Settings, folder: Path | None, selection: tuple[str, ...], opens: bool) -> None:
    """Make a sample video of two people who talk, then clips of it: the whole pipeline, without a video of your own.

    Needs the extra demo, whose package speaks. The video is drawn and synthesized here; it is yours to use.
    """
    from clipy.batch import sources
    from clipy.batch.batch import Manner
    from clipy.cli.running import run_one
    from clipy.cli.studio import serve_studio

    place = folder or Path(tempfile.mkdtemp(prefix="clipy-demo-"))
    video, clips = place / SAMPLE, place / "clips"
    own = replace(settings, sets=(*_SUITED, *selection, *settings.sets))  # the later setting counts
    own.pipeline()  # every setting is checked before any work
    _provide(video)
    (source,) = sources.find([video], clips)
    run_one(own, source, clips, (), Manner(settings.since, overwrite=True, debug=settings.debug), profile=False)
    echo(f"sample: {video}")
    echo(f"clips:  {clips}")
    if opens and find_spec("starlette") is None:
        echo('the studio is not installed (pip install "clipy[studio]"); the folder is opened instead')
        click.launch(str(clips))
    elif opens:
        serve_studio(settings, clips)


def _provide(video: Path) -> None:
    """Make the sample, unless an earlier demo has left it there."""
    from clipy.cli.demo_video import make_sample

    if video.exists():
        echo(f"{video} is there already")
        return
    echo("making a sample video of two people who talk")
    try:
        video.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=video.parent, prefix=".clipy-demo-") as half_made:
            made = Path(half_made) / video.name
            make_sample(made)
            made.with_suffix(".srt").replace(video.with_suffix(".srt"))
            made.replace(video)
    except OSError as error:
        raise OutputError(
            f"cannot write the sample ({error.strerror})", where=video, do="Choose another folder"
        ) from error
