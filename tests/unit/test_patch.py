from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import pytest

from clipy.media.patch import extract_patch
from clipy.media.probe import probe
from clipy.media.read import frames_at, pictures
from clipy.types import Video
from fixtures.media import make_video, still


def cut(video: Video, center: tuple[float, float], side: float, roll: float = 0) -> np.ndarray:
    (_, frame), *_ = frames_at(video, [Fraction(0)])
    return extract_patch(frame, video, center, side, 96, roll)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("aspect", [Fraction(1), Fraction(4, 3)])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p"])
def test_patch_is_cut_from_the_upright_picture(
    tmp_path: Path, rotation: Literal[0, 90, 180, 270], aspect: Fraction, pixel_format: str
) -> None:
    path = make_video(
        tmp_path / "a.mp4", seconds=0.2, draw=still, rotation=rotation, aspect=aspect, pixel_format=pixel_format
    )
    video = probe(path)
    _, picture = next(pictures(video, video.span))
    true = picture[120:216, 150:246].astype(float)
    found = cut(video, (150 + 48, 120 + 48), 96).astype(float)
    assert np.abs(found - true).mean() < 6


def test_large_square_is_downsampled_by_averaging(tmp_path: Path) -> None:
    video = probe(make_video(tmp_path / "a.mp4", seconds=0.2, draw=still))
    _, picture = next(pictures(video, video.span))
    true = cv2.resize(picture[:288, :288], (96, 96), interpolation=cv2.INTER_AREA).astype(float)
    assert np.abs(cut(video, (144, 144), 288) - true).mean() < 6


def test_rotated_square_is_straightened(tmp_path: Path) -> None:
    video = probe(make_video(tmp_path / "a.mp4", seconds=0.2, draw=still))
    upright = cut(video, (200, 180), 96).astype(float)
    turned = cut(video, (200, 180), 96, roll=math.pi / 2).astype(float)
    assert np.abs(np.rot90(upright) - turned).mean() < 2


def test_outside_the_picture_the_edge_is_replicated(tmp_path: Path) -> None:
    video = probe(make_video(tmp_path / "a.mp4", seconds=0.2, draw=still))
    outside = cut(video, (-200, 180), 96)
    assert outside.std(axis=1).max() < 2
