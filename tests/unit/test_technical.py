from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from clipy.context import Context
from clipy.media.media_info import media_info
from clipy.media.probe import probe
from clipy.stages.review.checks.platforms import refusals
from clipy.stages.review.technical import Technical
from clipy.stages.upload.instagram import Instagram
from clipy.storage.store import Store
from clipy.types import Clip, CropPath, Edit, Evidence, Finding, Highlight, Repair, Review, Span, Video
from fixtures.media import black, flash, make_video, moving, still, tone

UPRIGHT = (180, 320)


def _review(path: Path, edit: Edit | None = None, source: Video | None = None, **options: object) -> Review:
    video = probe(path)
    clip = Clip(video.fingerprint, video.duration, video.width, video.height, edit, path)
    ctx = Context(Store(path.parent / "store"), path.parent, video=source)
    return Technical(Technical.Options.model_validate(options)).review(clip, ctx)


def _errors(review: Review) -> dict[str, Finding]:
    return {finding.check: finding for finding in review.findings if finding.severity == "error"}


def _warnings(review: Review) -> dict[str, Finding]:
    return {finding.check: finding for finding in review.findings if finding.severity == "warning"}


def _edit(seconds: float, size: tuple[int, int] = UPRIGHT) -> Edit:
    span = Span(Fraction(0), Fraction(seconds))
    return Edit(Highlight(span), CropPath(*size, ()), keep=(span,))


def _with_caption(picture: NDArray[np.uint8], time: float) -> NDArray[np.uint8]:
    """A white word that moves along twice a second."""
    height, width = picture.shape[:2]
    left = round(width * (0.04 + 0.055 * int(time * 2)))
    picture[round(0.23 * height) : round(0.25 * height), left : left + round(0.055 * width)] = 255
    return picture


def _loud(times: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(tone(times) * 1.45)  # -14 LUFS


def test_valid_clip_has_no_findings(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", size=UPRIGHT, play=_loud)
    review = _review(path, _edit(4))
    assert review.findings == ()
    assert review.passed


@pytest.mark.parametrize(("picture", "check"), [(black, "black"), (still, "frozen")])
def test_a_black_or_still_clip_is_rejected(
    tmp_path: Path, picture: Callable[..., NDArray[np.uint8]], check: str
) -> None:
    found = _errors(_review(make_video(tmp_path / "a.mp4", size=UPRIGHT, draw=picture, play=_loud)))
    assert set(found) == {check}
    assert found[check].span == Span(Fraction(0), Fraction(4))
    assert found[check].value == 4


def test_a_title_card_can_be_allowed(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", size=UPRIGHT, draw=still, play=_loud)
    review = _review(path, allow_still=True)
    assert review.passed
    assert "frozen" in _warnings(review)


def test_black_span_is_reported_with_its_time(tmp_path: Path) -> None:
    def gap(time: float, size: tuple[int, int]) -> NDArray[np.uint8]:
        return black(time, size) if 1 <= time < 2.4 else moving(time, size)

    found = _errors(_review(make_video(tmp_path / "a.mp4", size=UPRIGHT, draw=gap, play=_loud)))
    assert set(found) == {"black"}
    assert found["black"].span == Span(Fraction(1), Fraction(12, 5))
    assert found["black"].evidence == Evidence.picture(Fraction(17, 10))


def test_black_end_can_be_trimmed(tmp_path: Path) -> None:
    def ends(time: float, size: tuple[int, int]) -> NDArray[np.uint8]:
        return black(time, size) if time >= 3 else moving(time, size)

    path = make_video(tmp_path / "a.mp4", size=UPRIGHT, draw=ends, play=_loud)
    assert _errors(_review(path, _edit(4)))["black"].repair == Repair("trim", Span(Fraction(0), Fraction(3)))


def test_frozen_picture_is_an_error_and_an_inserted_photo_is_not(tmp_path: Path) -> None:
    def stops(time: float, size: tuple[int, int]) -> NDArray[np.uint8]:
        return moving(min(time, 2), size)

    def photo(time: float, size: tuple[int, int]) -> NDArray[np.uint8]:
        return moving(time, size) if time < 2 else 255 - moving(0, size)

    stopped = _errors(_review(make_video(tmp_path / "a.mp4", size=UPRIGHT, draw=stops, play=_loud)))
    assert set(stopped) == {"frozen"}
    assert _review(make_video(tmp_path / "b.mp4", size=UPRIGHT, draw=photo, play=_loud)).passed


def test_freeze_is_accepted_where_the_source_is_still(tmp_path: Path) -> None:
    def captioned(time: float, size: tuple[int, int]) -> NDArray[np.uint8]:
        return _with_caption(still(time, size), min(time, 2))

    def stopped(time: float, size: tuple[int, int]) -> NDArray[np.uint8]:
        return moving(min(time, 2), size)

    slide = probe(make_video(tmp_path / "slide.mp4", size=UPRIGHT, draw=still, play=_loud))
    lively = probe(make_video(tmp_path / "lively.mp4", size=UPRIGHT, play=_loud))
    over_slide = make_video(tmp_path / "a.mp4", size=UPRIGHT, draw=captioned, play=_loud)
    assert set(_errors(_review(over_slide))) == {"frozen"}
    assert "frozen" not in _errors(_review(over_slide, _edit(4), slide))
    broken = make_video(tmp_path / "b.mp4", size=UPRIGHT, draw=stopped, play=_loud)
    assert set(_errors(_review(broken, _edit(4), lively))) == {"frozen"}


def test_solid_colour_is_blank(tmp_path: Path) -> None:
    def green(time: float, size: tuple[int, int]) -> NDArray[np.uint8]:
        return moving(time, size) if time < 2 else np.full((size[1], size[0], 3), (0, 135, 0), np.uint8)

    assert set(_errors(_review(make_video(tmp_path / "a.mp4", size=UPRIGHT, draw=green, play=_loud)))) == {"blank"}


def test_coding_defects_are_errors_only_in_own_clips(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", size=UPRIGHT, play=_loud, pixel_format="yuv444p", matrix="untagged")
    assert {"codec", "pixel-format", "colours"} >= set(_warnings(_review(path))) >= {"pixel-format", "colours"}
    assert {"pixel-format", "colours"} <= set(_errors(_review(path, _edit(4))))


def test_platform_limits_are_errors(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", size=UPRIGHT, play=_loud, seconds=2, rate=15)
    found = [f for f in _review(path, platforms=("reels", "tiktok", "shorts")).findings if f.severity == "error"]
    assert {finding.check for finding in found} == {"platform-reels", "platform-tiktok"}
    assert len(found) == 5  # both: too short, too slow; TikTok: too small
    assert {(f.value, f.limit) for f in found if "long" in f.message} == {(2.0, 3.0)}


def test_the_reviewer_and_the_uploaders_know_the_same_limits(tmp_path: Path) -> None:
    """A clip as wide as one of them takes, or two pixels wider, is judged alike by both."""
    path = make_video(tmp_path / "a.mp4", size=UPRIGHT, play=_loud, seconds=4, rate=30)
    facts, video = media_info(path), probe(path)
    for width in (1920, 1922):
        wide, info = replace(video, width=width, height=1080), replace(facts, width=width, height=1080)
        asked = [finding.message for finding in refusals("reels", wide, facts)]
        assert asked == [f"Instagram Reels: {problem}" for problem in Instagram.limits.problems(info)]
        assert len(asked) == (width > 1920)


def test_captions_count_as_motion_on_a_still_picture(tmp_path: Path) -> None:
    def captioned(time: float, size: tuple[int, int]) -> NDArray[np.uint8]:
        return _with_caption(still(time, size), time)

    review = _review(make_video(tmp_path / "a.mp4", size=(540, 960), draw=captioned, play=_loud))
    assert review.findings == ()


def test_missing_audio_stream_is_reported(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", size=UPRIGHT, play=None, seconds=1)
    assert set(_errors(_review(path))) == {"sound-stream"}


def test_size_and_length_are_compared_with_the_edit(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", size=UPRIGHT, play=_loud, seconds=2)
    assert set(_errors(_review(path, _edit(3, size=(360, 640))))) == {"size", "duration"}
    assert set(_errors(_review(path, width=181))) == {"size"}


def test_short_sound_is_reported(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", size=UPRIGHT, play=_loud, seconds=4, sound_seconds=2.5)
    found = _errors(_review(path))
    assert set(found) == {"sync"}
    assert found["sync"].value == pytest.approx(1.5, abs=0.05)


def test_concealed_decoding_errors_are_found(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", size=UPRIGHT, play=_loud)
    data = bytearray(path.read_bytes())
    middle = len(data) // 3
    data[middle : middle + 3000] = bytes(3000)
    path.write_bytes(data)
    assert "decodes" in _errors(_review(path))


def test_lost_bytes_are_found_in_a_decodable_frame(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", size=UPRIGHT, play=_loud)
    with av.open(str(path)) as container:
        biggest = max(container.demux(video=0), key=lambda packet: packet.size)
        place, size = biggest.pos or 0, biggest.size
    data = bytearray(path.read_bytes())
    data[place + size - 60 : place + size - 20] = bytes(40)
    path.write_bytes(data)
    assert "decodes" in _errors(_review(path))


def test_non_video_file_is_a_finding_not_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"not a video")
    clip = Clip("x", Fraction(1), *UPRIGHT, None, path)
    review = Technical().review(clip, Context(Store(tmp_path / "store"), tmp_path))
    assert [finding.check for finding in review.findings] == ["readable"]
    assert not review.passed


def test_flashes_are_neither_black_nor_still(tmp_path: Path) -> None:
    review = _review(make_video(tmp_path / "a.mp4", size=UPRIGHT, draw=flash, play=_loud))
    assert not {"black", "frozen"} & {finding.check for finding in review.findings}
