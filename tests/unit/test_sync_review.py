from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from clipy.analysis.finished.lip_offset import REACH, LipOffset
from clipy.context import Context
from clipy.flow.judging import clip_of
from clipy.stages.review.sync import Sync
from clipy.types import Array
from tests.media import make_video


def _curve(late: float, best: float = 0.6, other: float = 0.1) -> Array:
    curve = np.full(2 * REACH + 1, other)
    curve[REACH + round(late * 25)] = best
    return curve


def _offset(late: float, best: float = 0.6, other: float = 0.1, second: float | None = None) -> LipOffset:
    """``second``: what the second half of it finds by itself."""
    curve = _curve(late, best, other)
    return LipOffset(curve, 6.0, np.stack([curve, curve if second is None else _curve(second)]))


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (_offset(0.04), False),
        (_offset(0.2), True),
        (_offset(-0.2), True),
        (_offset(0.4, other=0.55), False),  # as good elsewhere: cannot tell
        (_offset(0.4, best=0.2), False),  # hardly anything in common: cannot tell
        (_offset(0.2, second=0.32), True),
        (_offset(0.36, second=0.04), False),  # each half finds something else: cannot tell
        (LipOffset(np.zeros(0), 0.0, np.zeros((2, 0))), False),  # nobody to see
    ],
)
def test_only_an_offset_that_is_sure_and_too_big_is_told(
    tmp_path: Path, ctx: Context, monkeypatch: pytest.MonkeyPatch, found: LipOffset, *, told: bool
) -> None:
    clip = clip_of(make_video(tmp_path / "a.mp4", size=(90, 160), seconds=0.4))
    monkeypatch.setattr("clipy.stages.review.sync.lip_offset", lambda inspection, ctx: found)
    review = Sync().review(clip, ctx)
    assert [finding.check for finding in review.findings] == (["lips"] if told else [])
    if told:
        assert review.findings[0].value == pytest.approx(found.late)
        assert abs(found.late) == pytest.approx(float(Fraction(1, 5)), abs=0.01)


def test_a_real_presenter_who_is_late_by_twelve_pictures(media: Path, ctx: Context) -> None:
    on_time, late = (clip_of(media / "video" / f"syncnet_example_{name}.avi") for name in ("offset5", "offset12"))
    assert Sync().review(on_time, ctx).passed
    (finding,) = Sync().review(late, ctx).findings
    assert finding.value == pytest.approx(0.36, abs=0.05)
