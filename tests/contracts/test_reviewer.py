"""What every reviewer promises: any video file can be reviewed, and a finding says all that a person needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from clipy.context import Context
from clipy.pipeline.quality_control import clip_of
from clipy.stages.base import Reviewer
from fixtures.media import make_video
from tests.contracts.backends import installed, made


@pytest.mark.parametrize("name", installed("review"))
def test_any_file_can_be_reviewed(name: str, tmp_path: Path, ctx: Context) -> None:
    clip = clip_of(make_video(tmp_path / "a.mp4", seconds=3, size=(360, 640)))
    reviewer = made("review", name)
    assert isinstance(reviewer, Reviewer)
    review = ctx.cached(reviewer.review, clip)
    assert review.reviewer == name
    for finding in review.findings:
        assert finding.check
        assert finding.message
        assert finding.span is None or 0 <= finding.span.start <= finding.span.end <= clip.duration + 1
    assert ctx.cached(reviewer.review, clip) == review
