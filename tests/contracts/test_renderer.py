"""What every renderer promises: the file that was asked for, exactly."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest

import clipy
from clipy import probe, registry
from clipy.config import load
from clipy.context import Context
from clipy.errors import ConfigError
from clipy.stages.base import Renderer
from clipy.stages.reframe.center import Center
from clipy.types import Edit, Highlight, Span, Video
from fixtures.media import make_video
from tests.contracts.backends import installed, made


def _unusable() -> dict[str, str]:
    """Encoders that this machine does not have, with why."""
    why = {}
    for listing in registry.listings("render"):
        try:
            renderer = registry.create("render", listing.name, {})
            assert isinstance(renderer, Renderer)
            renderer.check()
        except ConfigError as error:
            why[listing.name] = error.what
    return why


RENDERERS = installed("render", leave_out=_unusable())
SPAN = Span(Fraction(1, 2), Fraction(5, 2))


def edit_of(video: Video, ctx: Context, *keep: Span) -> Edit:
    highlight = Highlight(SPAN)
    center = Center(Center.Options(width=360, height=640))
    return Edit(highlight, center.reframe(video, highlight, ctx), keep or (SPAN,))


@pytest.mark.parametrize("name", RENDERERS)
@pytest.mark.parametrize("play", [True, False], ids=["sound", "no sound"])
def test_size_length_and_streams(name: str, play: bool, tmp_path: Path, ctx: Context) -> None:
    source = make_video(tmp_path / "a.mp4", seconds=3) if play else make_video(tmp_path / "a.mp4", seconds=3, play=None)
    video = probe(source)
    renderer = made("render", name)
    assert isinstance(renderer, Renderer)
    path = ctx.cached_file(renderer.render, video, edit_of(video, ctx), (), suffix=".mp4")
    clip = probe(path)
    assert (clip.width, clip.height, clip.frame_rate) == (360, 640, Fraction(25))
    assert abs(clip.duration - 2) < Fraction(1, 25)
    assert len(clip.audio) == 1
    with av.open(str(path)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 50


def test_missing_encoder_fails_before_rendering(tmp_path: Path) -> None:
    missing = sorted(_unusable())
    if not missing:
        pytest.skip("this machine has every encoder")
    video = make_video(tmp_path / "a.mp4", seconds=20)
    for name in missing:
        stages: list[str] = []
        with pytest.raises(ConfigError, match="is not available here"):
            clipy.run(
                video,
                tmp_path / "out",
                config=load(sets=[f"render.backend={name}"]),
                listener=lambda event, seen=stages: seen.append(event.stage),  # type: ignore[misc]
            )
        assert stages == []
