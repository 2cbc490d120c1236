"""Files that have only sound: their picture, their waveform, and clips made of them."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from clipy.cli import main
from clipy.context import Context
from clipy.errors import MediaError
from clipy.media.frame import Frame
from clipy.media.probe import probe
from clipy.media.read import pictures, sound_array
from clipy.types import CropPath, Edit, Highlight, Span, Video, Word
from tests.clips import gray, pizzazz

RATE = 48_000
GREEN = (30, 200, 60)


def podcast(path: Path, seconds: float = 6, *, cover: bool = True) -> Path:
    """A voice-like tone for the first half, silence for the second; with a green cover."""
    times = np.arange(round(seconds * RATE)) / RATE
    tone = 0.4 * np.sin(2 * np.pi * 220 * times) * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * times)) * (times < seconds / 2)
    samples = (np.stack([tone, tone]) * 32767).astype(np.int16)
    with av.open(str(path), "w", format="mp4" if path.suffix == ".m4a" else None) as out:
        track = out.add_stream("aac" if path.suffix == ".m4a" else "flac", rate=RATE)
        image = out.add_stream("mjpeg", rate=1) if cover else None
        if image is not None:
            image.width = image.height = 320
            image.pix_fmt = "yuvj420p"
            image.disposition = av.stream.Disposition.attached_pic
        frame = av.AudioFrame.from_ndarray(samples.T.reshape(1, -1).copy(), format="s16", layout="stereo")
        frame.rate = RATE
        if image is not None:
            picture = av.VideoFrame.from_ndarray(np.full((320, 320, 3), GREEN, np.uint8), format="rgb24")
            out.mux([*image.encode(picture), *image.encode()])
        resampler = av.AudioResampler(track.codec_context.format, "stereo", RATE)
        for part in resampler.resample(frame):
            out.mux(track.encode(part))
        out.mux(track.encode(None))
    return path


@pytest.fixture(scope="module")
def covered(tmp_path_factory: pytest.TempPathFactory) -> Video:
    return probe(podcast(tmp_path_factory.mktemp("sound") / "podcast.m4a"), sound_only=True)


def test_a_sound_file_is_no_video_unless_asked(tmp_path: Path) -> None:
    path = podcast(tmp_path / "podcast.flac", cover=False)
    with pytest.raises(MediaError, match="no video stream"):
        probe(path)
    video = probe(path, sound_only=True)
    assert video.sound_only
    assert (video.width, video.height) == (1080, 1920)
    assert video.duration == pytest.approx(6, abs=0.1)
    assert np.abs(sound_array(video, Span(Fraction(1), Fraction(2)), rate=8000)).max() > 0.1


def test_the_cover_is_shown_over_a_dimmed_copy(covered: Video) -> None:
    ((time, picture),) = pictures(covered, Span(Fraction(2), Fraction(3)), times=[Fraction(5, 2)])
    assert time == Fraction(5, 2)
    middle, corner = picture[605, 540].astype(int), picture[1800, 60].astype(int)
    assert np.abs(middle - GREEN).max() < 25
    assert corner[1] > 1.5 * corner[0]
    assert corner.sum() < middle.sum() / 2


def test_the_picture_without_a_cover_is_plain(tmp_path: Path) -> None:
    video = probe(podcast(tmp_path / "podcast.flac", cover=False), sound_only=True)
    shown = list(pictures(video, Span(Fraction(0), Fraction(1))))
    assert len(shown) == 25
    assert shown[0][1].std() < 8


def drawn(video: Video, at: float, ctx: Context, words: tuple[Word, ...] = (), **options: object) -> Frame:
    edit = Edit(Highlight(video.span), CropPath(270, 480, ()), (video.span,), words=words)
    effect = pizzazz("waveform", **options)
    (frame,) = effect.frames(iter([gray(Fraction(at), (270, 480), 60)]), effect.plan(video, edit, ctx), ctx)
    return frame


def changed(frame: Frame) -> NDArray[np.intp]:
    """Rows that were drawn on."""
    return np.flatnonzero(np.abs(frame.planes[0].astype(int) - 60).max(axis=1) > 20)


def test_bars_are_high_where_it_is_loud_and_dots_where_it_is_silent(covered: Video, ctx: Context) -> None:
    loud, silent = changed(drawn(covered, 1.5, ctx)), changed(drawn(covered, 5.0, ctx))
    assert np.ptp(loud) > 20
    assert np.ptp(silent) < 8
    assert loud.min() > 0.45 * 480
    assert loud.max() < 0.6 * 480


def test_what_was_heard_is_colored_and_what_comes_is_not(covered: Video, ctx: Context) -> None:
    rgb = drawn(covered, 1.5, ctx, color="#ff0000").rgb.astype(int)
    red = (rgb[..., 0] - rgb[..., 1] > 80).any(axis=0)
    assert red[:130].any()
    assert not red[145:].any()


def test_a_name_is_shown_while_its_owner_speaks_and_labels_are_not(covered: Video, ctx: Context) -> None:
    def words(speaker: str) -> tuple[Word, ...]:
        return (Word("Hello", Fraction(1), Fraction(2), speaker=speaker),)

    assert changed(drawn(covered, 1.5, ctx, words("Katie"))).min() < 0.2 * 480
    assert changed(drawn(covered, 0.5, ctx, words("Katie"))).min() > 0.4 * 480
    assert changed(drawn(covered, 1.5, ctx, words("A"))).min() > 0.4 * 480
    assert changed(drawn(covered, 1.5, ctx, words("Katie"), names=False)).min() > 0.4 * 480


def test_clipy_run_makes_audiograms_and_transcribe_takes_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    podcast(tmp_path / "podcast.m4a")
    (tmp_path / "podcast.srt").write_text("1\n00:00:00,200 --> 00:00:02,800\nHello from the podcast.\n")
    flags = ["--set", "transcribe.backend=subtitles"]
    sets = ["highlight=even", "highlight.duration=4", "review=technical", "reframe.width=270", "reframe.height=480"]
    more = [
        part for one in [*sets, "review.technical.width=270", "review.technical.height=480"] for part in ("--set", one)
    ]
    result = CliRunner().invoke(main, ["run", "podcast.m4a", "-o", "clips", "--clips", "1", *flags, *more])
    assert result.exit_code == 0, result.output
    assert "has no picture" in result.output or Path("clips/clips.json").is_file()
    clip = probe(tmp_path / "clips" / "podcast-01.mp4")
    assert (clip.width, clip.height) == (270, 480)
    first, last = (picture for _, picture in pictures(clip, clip.span, times=[Fraction(1), Fraction(3)]))
    assert cv2.absdiff(first, last)[230:300].max() > 60  # the waveform moves
    assert json.loads(Path("clips/clips.json").read_text())["clips"][0]["words"]
    spoken = CliRunner().invoke(main, ["transcribe", "podcast.m4a", *flags])
    assert "Hello" in spoken.output
