"""A crop path given as a file."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from clipy import documents, probe
from clipy.context import Context
from clipy.errors import DocumentError
from clipy.stages.reframe.center import Center
from clipy.stages.reframe.keyframes import Keyframes
from clipy.types import Highlight, Span, Video
from fixtures.media import make_video


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Video:
    return probe(make_video(tmp_path_factory.mktemp("keyframes") / "a.mp4", seconds=4))


def given(path: Path, video: Video, ctx: Context, *spans: tuple[int, int]) -> Keyframes:
    highlights = [Highlight(Span(Fraction(a), Fraction(b))) for a, b in spans]
    cropped = [(item, Center().reframe(video, item, ctx)) for item in highlights]
    path.write_text(json.dumps(documents.crops(video, cropped)))
    return Keyframes(Keyframes.Options(path=path))


def test_keyframes_file_sets_the_windows(tmp_path: Path, video: Video, ctx: Context) -> None:
    reframer = given(tmp_path / "crops.json", video, ctx, (0, 2), (1, 4))
    wanted = Highlight(Span(Fraction(3, 2), Fraction(3)))
    path = ctx.cached(reframer.reframe, video, wanted)
    assert [shot.span for shot in path.shots] == [wanted.span]
    assert path.shots[0].panels[0].window(Fraction(2)) == Center().reframe(video, wanted, ctx).shots[0].panels[
        0
    ].window(Fraction(2))


def test_uncovered_moment_is_an_error(tmp_path: Path, video: Video, ctx: Context) -> None:
    reframer = given(tmp_path / "crops.json", video, ctx, (0, 2))
    with pytest.raises(DocumentError, match=r"no entry covers 1\.00-3\.00"):
        reframer.reframe(video, Highlight(Span(Fraction(1), Fraction(3))), ctx)


def test_key_depends_on_the_files_content_not_its_path(tmp_path: Path, video: Video, ctx: Context) -> None:
    one = given(tmp_path / "one.json", video, ctx, (0, 2)).identity()
    same = given(tmp_path / "two.json", video, ctx, (0, 2)).identity()
    other = given(tmp_path / "one.json", video, ctx, (0, 3)).identity()
    assert one == same != other
