from __future__ import annotations

import os
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from clipy import models
from clipy.analysis.faces.base import FaceDetector
from clipy.analysis.faces.centerface import CenterFace
from clipy.analysis.faces.scrfd import Scrfd
from clipy.analysis.faces.tracking.detections import batched
from clipy.analysis.faces.tracking.nms import detections
from clipy.analysis.faces.yunet import YuNet
from clipy.context import Context
from clipy.errors import ModelError
from clipy.media.probe import probe
from clipy.media.read import pictures
from clipy.types import Shot, Span
from fixtures.media import make_video, still
from tests.unit.seeing import Squares

SHOTS = [Shot(Span(Fraction(0), Fraction(1))), Shot(Span(Fraction(1), Fraction(3)))]


def test_detection_covers_each_shot_from_first_to_last_frame(tmp_path: Path, ctx: Context) -> None:
    video = probe(make_video(tmp_path / "a.mp4", seconds=3))
    times = [frame.time for frame in Squares().detect_in_video(video, SHOTS, ctx)]
    assert times == sorted(set(times))
    assert {Fraction(0), Fraction(24, 25), Fraction(1), Fraction(74, 25)} <= set(times)
    assert all(b - a <= Fraction(1, 5) for a, b in pairwise(times))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("aspect", [Fraction(1), Fraction(4, 3)])
def test_faces_are_in_upright_display_pixels(
    tmp_path: Path, ctx: Context, rotation: Literal[0, 90, 180, 270], aspect: Fraction
) -> None:
    path = make_video(tmp_path / "a.mp4", seconds=0.4, draw=still, size=(960, 720), rotation=rotation, aspect=aspect)
    video = probe(path)
    (face,) = Squares().detect_in_video(video, [Shot(video.span)], ctx)[0].faces
    _, picture = next(pictures(video, video.span))  # the same square, seen at full size
    (true,) = Squares().detect([picture], ctx)[0]
    found = (face.box.x1, face.box.y1, face.box.x2, face.box.y2)
    assert found == pytest.approx((true.box.x1, true.box.y1, true.box.x2, true.box.y2), abs=6)


def test_second_detection_comes_from_the_cache(tmp_path: Path, ctx: Context) -> None:
    video = probe(make_video(tmp_path / "a.mp4", seconds=3))
    first = ctx.cached(Squares().detect_in_video, video, SHOTS)
    calls = Squares.calls
    assert ctx.cached(Squares().detect_in_video, video, SHOTS) == first
    assert Squares.calls == calls


def test_batches_hold_every_frame_once() -> None:
    assert list(batched(range(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]]


def test_centerface_finds_no_face_in_a_pattern(tmp_path: Path, ctx: Context) -> None:
    video = probe(make_video(tmp_path / "a.mp4", seconds=0.4))
    assert all(not frame.faces for frame in CenterFace().detect_in_video(video, [Shot(video.span)], ctx))


def test_centerface_finds_a_real_face_with_its_landmarks(media: Path, ctx: Context) -> None:
    video = probe(media / "video" / "portrait_man_1080x1920.mp4")
    frames = CenterFace().detect_in_video(video, [Shot(Span(Fraction(0), Fraction(2)))], ctx)
    assert frames
    for frame in frames:
        (face,) = frame.faces
        right_eye, left_eye, nose, right_mouth, left_mouth = face.landmarks
        assert face.box.x1 < right_eye[0] < left_eye[0] < face.box.x2
        assert right_mouth[0] < left_mouth[0]
        assert face.box.y1 < right_eye[1] < nose[1] < right_mouth[1] < face.box.y2


def test_centerface_finds_small_faces(media: Path, ctx: Context) -> None:
    video = probe(media / "video" / "debate_wide_1080p.mp4")
    frames = CenterFace().detect_in_video(video, [Shot(Span(Fraction(0), Fraction(4)))], ctx)
    assert np.mean([len(frame.faces) == 2 for frame in frames]) > 0.9


@pytest.mark.parametrize("kind", [YuNet, Scrfd])
def test_other_detectors_agree_with_centerface(media: Path, ctx: Context, kind: type[FaceDetector]) -> None:
    detector = _with_weights(kind)
    video = probe(media / "video" / "crowd_walking_1080p.mp4")
    ((_, picture),) = pictures(video, Span(Fraction(1), Fraction(26, 25)), times=[Fraction(1)], height=540)
    known = sorted(face.box.x1 for face in CenterFace().detect([picture], ctx)[0] if face.confidence > 0.8)
    faces = detector.detect([picture], ctx)[0]
    assert known
    for left in known:
        assert any(abs(face.box.x1 - left) < 8 for face in faces)
    assert all(len(face.landmarks) == 5 for face in faces)
    assert all(face.box.x1 < x < face.box.x2 for face in faces for x, _ in face.landmarks[:3] if face.confidence > 0.8)
    blank = np.zeros((100, 140, 3), dtype=np.uint8)
    assert detector.detect([blank], ctx) == [[]]


def _with_weights(kind: type[FaceDetector]) -> FaceDetector:
    if kind is YuNet:
        if models.find(models.YUNET) is None:
            pytest.skip("needs the weights of yunet: clipy models pull yunet")
        return YuNet()
    named = os.environ.get("CLIPY_MODELS")
    path = Path(named or "") / "scrfd_2.5g_kps.onnx"
    if not named or not path.is_file():
        pytest.skip("needs scrfd_2.5g_kps.onnx in CLIPY_MODELS")
    return Scrfd(Scrfd.Options(path=path))


def test_scrfd_and_yunet_name_missing_requirements(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="path=FILE"):
        Scrfd().input_digests()
    with pytest.raises(ModelError, match="no such YuNet"):
        YuNet(YuNet.Options(path=tmp_path / "none.onnx")).input_digests()


def test_nms_merges_overlapping_boxes() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [30, 0, 40, 10], [60, 0, 70, 10]], dtype=np.float32)
    found = detections(boxes, np.array([0.7, 0.9, 0.8, 0.3], dtype=np.float32), 0.5)
    assert [(face.box.x1, round(face.confidence, 1)) for face in found] == [(1, 0.9), (30, 0.8)]
    assert detections(boxes, np.zeros(4, dtype=np.float32), 0.5) == []
