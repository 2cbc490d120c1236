from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from clipy.analysis.clip_qc.inspection import inspect_clip
from clipy.analysis.clip_qc.lip_offset import REACH, LipOffset, lip_offset
from clipy.context import Context
from clipy.media.probe import probe
from clipy.media.read import pictures, sound_array
from clipy.pipeline.quality_control import clip_of
from clipy.stages.review.sync import Sync
from clipy.types import Array
from fixtures.media import make_video


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
def test_only_certain_and_large_offsets_are_reported(
    tmp_path: Path, ctx: Context, monkeypatch: pytest.MonkeyPatch, found: LipOffset, *, told: bool
) -> None:
    clip = clip_of(make_video(tmp_path / "a.mp4", size=(90, 160), seconds=0.4))
    monkeypatch.setattr("clipy.stages.review.sync.lip_offset", lambda inspection, ctx: found)
    review = Sync().review(clip, ctx)
    assert [finding.check for finding in review.findings] == (["lips"] if told else [])
    if told:
        assert review.findings[0].value == pytest.approx(found.late)
        assert abs(found.late) == pytest.approx(float(Fraction(1, 5)), abs=0.01)


def test_real_presenter_delayed_by_twelve_frames_is_reported(media: Path, ctx: Context) -> None:
    on_time, late = (clip_of(media / "video" / f"syncnet_example_{name}.avi") for name in ("offset5", "offset12"))
    assert Sync().review(on_time, ctx).passed
    (finding,) = Sync().review(late, ctx).findings
    assert finding.value == pytest.approx(0.36, abs=0.05)


def test_speech_over_a_still_mouth_is_found(media: Path, tmp_path: Path, ctx: Context) -> None:
    """Somebody who speaks, and one picture of him over the same sound."""
    video = probe(media / "video" / "portrait_man_1080x1920.mp4")
    samples = sound_array(video, video.span, rate=16_000)[0]
    (_, picture), *_ = pictures(video, video.span, times=[Fraction(2)], height=640)
    still = make_video(
        tmp_path / "still.mp4",
        size=(picture.shape[1], picture.shape[0]),
        seconds=8,
        draw=lambda time, size: picture,
        play=lambda times: np.interp(times, np.arange(len(samples)) / 16_000, samples),
    )
    resting = [lip_offset(inspect_clip(clip_of(path), ctx), ctx).resting for path in (still, video.path)]
    assert sum((span.duration for span in resting[0]), Fraction(0)) >= 3
    assert all(span.duration < 3 for span in resting[1])
