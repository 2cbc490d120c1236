from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from clipy.analysis.faces.tracking.detections import Detection, FrameDetections, Picture, with_mean_colors
from clipy.analysis.faces.tracking.recovery import recovered
from clipy.analysis.faces.tracking.tracks import link
from clipy.media.probe import probe
from clipy.types import Box, Seconds, Shot, Video, seconds
from fixtures.media import make_video

WIDTH, HEIGHT, SIZE = 640, 360, 60
SECONDS, LOST = 6.0, 2.0  # length of the video; when the detector loses the face

Picturing = Callable[[float], NDArray[np.uint8]]


def texture(seed: int, wide: int, high: int, color: tuple[int, int, int]) -> NDArray[np.float32]:
    rough = np.random.default_rng(seed).normal(0, 45, (max(2, high // 8), max(2, wide // 8), 1)).astype(np.float32)
    return np.asarray(np.array(color, np.float32) + cv2.resize(rough, (wide, high))[..., None], dtype=np.float32)


def stage() -> NDArray[np.float32]:
    return texture(1, WIDTH, HEIGHT, (70, 90, 110))


def place(time: float) -> tuple[float, float]:
    """The middle of the face of somebody who walks to and fro."""
    return 300 + 90 * np.sin(time), 150 + 6 * np.sin(3 * time)


def with_person(time: float, clothes: tuple[int, int, int] = (60, 60, 150)) -> NDArray[np.uint8]:
    """A head and shoulders before a stage."""
    picture = stage()
    x, y = place(time)
    for wide, high, top, color in ((130, 110, 40, clothes), (50, SIZE + 20, -SIZE // 2 - 15, (190, 140, 120))):
        left, upper = round(x - wide / 2), round(y + top)
        picture[upper : upper + high, left : left + wide] = texture(wide + sum(clothes), wide, high, color)
    return np.clip(picture, 0, 255).astype(np.uint8)


def face(time: float) -> Detection:
    x, y = place(time)
    return Detection(Box(x - SIZE * 0.4, y - SIZE / 2, x + SIZE * 0.4, y + SIZE / 2), 0.8)


def filmed(folder: Path, picture: Picturing) -> Video:
    path = folder / "a.mp4"
    make_video(path, seconds=SECONDS, size=(WIDTH, HEIGHT), rate=10, draw=lambda time, _: picture(time), play=None)
    return probe(path)


def searched(video: Video, seen: Callable[[float], bool], picture: Picturing) -> list[FrameDetections]:
    """What a detector says that finds the face at some times only."""
    found = []
    for tick in range(int(SECONDS * 5)):
        time = tick / 5
        faces = with_mean_colors([picture(time)], [[face(time)] if seen(time) else []])[0]
        found.append(FrameDetections(seconds(time), tuple(faces)))
    return found


def nobody(pictures: Sequence[Picture]) -> list[list[Detection]]:
    return [[] for _ in pictures]


def errors(frames: Sequence[FrameDetections]) -> list[float]:
    """How far each face is from the truth, in sizes of the face."""
    truth = {frame.time: place(float(frame.time)) for frame in frames}
    return [
        float(np.hypot(*np.subtract(f.box.center, truth[frame.time]))) / SIZE for frame in frames for f in frame.faces
    ]


def whole(video: Video) -> list[Shot]:
    return [Shot(video.span)]


@pytest.mark.parametrize("forward", [True, False])
def test_a_lost_face_is_followed_to_the_end_of_the_shot(tmp_path: Path, forward: bool) -> None:
    video = filmed(tmp_path, with_person)
    frames = searched(video, lambda time: time < LOST if forward else time >= SECONDS - LOST, with_person)
    found = recovered(video, whole(video), frames, 360, nobody)
    assert [frame.time for frame in found] == [frame.time for frame in frames]
    assert all(len(frame.faces) == 1 for frame in found)
    assert max(errors(found)) < 0.25
    assert sum(one.confidence == 0 for frame in found for one in frame.faces) == len(frames) - LOST * 5
    (track,) = link(whole(video), found)
    assert track.times[0] == 0
    assert track.times[-1] >= SECONDS - 0.25


def test_a_face_that_is_found_again_is_one_track(tmp_path: Path) -> None:
    video = filmed(tmp_path, with_person)
    frames = searched(video, lambda time: time < LOST or time >= SECONDS - LOST, with_person)
    assert len(link(whole(video), frames)) == 2
    (track,) = link(whole(video), recovered(video, whole(video), frames, 360, nobody))
    assert track.times[-1] - track.times[0] >= SECONDS - 0.25


def test_the_detector_looks_again_where_the_face_was(tmp_path: Path) -> None:
    video = filmed(tmp_path, with_person)
    frames = searched(video, lambda time: time < LOST, with_person)
    looked: list[tuple[int, ...]] = []

    def sure(pictures: Sequence[Picture]) -> list[list[Detection]]:
        looked.extend(picture.shape for picture in pictures)
        middles = [(picture.shape[1] / 2, picture.shape[0] / 2) for picture in pictures]
        return [[Detection(Box(x - 200, y - 200, x - 100, y - 100), 0.9)] for x, y in middles]

    found = recovered(video, whole(video), frames, 360, sure)
    assert len(looked) == len(frames) - LOST * 5
    assert all(max(shape) <= 6.5 * 64 for shape in looked)
    assert max(errors(found)) < 0.25  # a face elsewhere is somebody else's


@pytest.mark.parametrize("gone", ["empty", "another"])
def test_a_face_that_has_left_is_not_followed(tmp_path: Path, gone: str) -> None:
    def picture(time: float) -> NDArray[np.uint8]:
        if time < LOST:
            return with_person(time)
        return stage().clip(0, 255).astype(np.uint8) if gone == "empty" else with_person(time, (230, 210, 40))

    video = filmed(tmp_path, picture)
    found = recovered(video, whole(video), searched(video, lambda time: time < LOST, picture), 360, nobody)
    assert not any(frame.faces for frame in found if frame.time >= seconds(LOST))


def test_faces_of_other_shots_and_small_ones_are_left_alone(tmp_path: Path) -> None:
    video = filmed(tmp_path, with_person)
    frames = searched(video, lambda time: time < LOST, with_person)
    cut: Seconds = seconds(LOST)
    shots = [Shot(replace(video.span, end=cut)), Shot(replace(video.span, start=cut))]
    assert recovered(video, shots, frames, 360, nobody) == frames
    tiny = [
        replace(frame, faces=tuple(replace(one, box=Box(10, 10, 18, 20)) for one in frame.faces)) for frame in frames
    ]
    assert recovered(video, whole(video), tiny, 360, nobody) == tiny


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_small_face_is_found_at_twice_the_size(tmp_path: Path, confirmed: bool) -> None:
    video = filmed(tmp_path, with_person)
    frames = searched(video, lambda time: False, with_person)

    def enlarged(pictures: Sequence[Picture]) -> list[list[Detection]]:
        """Finds the head by its color: in the whole picture, and then around it or never again."""
        (picture,) = pictures
        if picture.shape[:2] != (2 * HEIGHT, 2 * WIDTH) and not confirmed:
            return [[]]
        rows, columns = np.nonzero(picture[..., 0].astype(int) - picture[..., 2] > 30)
        return [[Detection(Box(*(float(f(side)) for f in (np.min, np.max) for side in (columns, rows))), 0.6)]]

    found = recovered(video, whole(video), frames, 360, enlarged)
    assert any(frame.faces for frame in found) == confirmed
    assert len(link(whole(video), found)) == confirmed
    assert recovered(video, whole(video), frames, 720, enlarged) == frames  # it was searched at that size already
