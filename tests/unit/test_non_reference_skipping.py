from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from clipy.media.probe import probe
from clipy.media.read import decode_frames, frames_at, pictures
from clipy.types import Seconds, Span, Video
from fixtures.media import moving

SIZE = (160, 90)
RATE = 25


@pytest.fixture(scope="module", params=["steady", "variable"])
def video(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Video:
    """Four seconds of which three in four pictures are built on others, and half have none built on them."""
    path = tmp_path_factory.mktemp("video") / "a.mp4"
    options = {"preset": "fast", "crf": "12", "bf": "3", "g": "40", "x264-params": "b-pyramid=normal:b-adapt=0"}
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options=options)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for index in range(4 * RATE):
            if request.param == "variable" and index % 7 in (2, 3, 6):
                continue
            frame = av.VideoFrame.from_ndarray(moving(index / RATE, SIZE), format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return probe(path)


def luma(frame: av.VideoFrame) -> bytes:
    return bytes(np.frombuffer(frame.planes[0], dtype=np.uint8))  # type: ignore[call-overload]


@pytest.mark.parametrize("every", [Fraction(1, 25), Fraction(1, 5), Fraction(3, 10), Fraction(1)])
def test_sparse_decoding_gives_the_same_frame_at_a_time(video: Video, every: Seconds) -> None:
    times = [Fraction(1, 3) + index * every for index in range(int(Fraction(3) / every))]
    whole = list(decode_frames(video, video.span))
    found = [luma(frame) for _, frame in frames_at(video, times)]
    on_screen = [max((one for one in whole if one[0] <= time), key=lambda one: one[0]) for time in times]
    assert found == [luma(frame) for _, frame in on_screen]


def test_unneeded_non_reference_frames_are_skipped(video: Video) -> None:
    times = [Fraction(index) for index in range(4)]
    few = list(decode_frames(video, video.span, times=times))
    whole = list(decode_frames(video, video.span))
    assert len(few) < 0.7 * len(whole)
    assert [time for time, _ in few] == sorted(time for time, _ in few)


def test_span_starts_with_the_frame_on_screen_and_skips_none(video: Video) -> None:
    whole = [time for time, _ in decode_frames(video, video.span)]
    start = Fraction(37, 20)
    part = [time for time, _ in decode_frames(video, Span(start, Fraction(3)))]
    first = max(time for time in whole if time <= start)
    assert part == [time for time in whole if first <= time < 3]


def test_keyframe_only_decoding_gives_keyframes_only(video: Video) -> None:
    times = [Fraction(index, 5) for index in range(20)]
    found = {picture.tobytes() for _, picture in pictures(video, video.span, times=times, keyframes_only=True)}
    assert len(found) <= 3
