from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from clipy.context import Context, Event
from clipy.errors import ContractError, RenderError
from clipy.media.frame import AudioBlock, Frame
from clipy.media.loudness import measure_loudness
from clipy.media.opencv import few_opencv_threads
from clipy.media.probe import probe
from clipy.media.read import decode_frames, pictures, sound, sound_array
from clipy.media.read_ahead import ReadAhead
from clipy.pipeline.parallel import parallel_map
from clipy.stages.base import Pizzazz
from clipy.stages.render.encoding.frames import clip_frames, output_rate
from clipy.stages.render.x264 import X264
from clipy.storage.store import Store
from clipy.types import Box, CropPath, CropShot, Edit, Highlight, Keyframe, Panel, Span, Video
from fixtures.media import beep, flash, make_video, noise, silence

SIZE = (90, 160)
RATE = 48_000


def _context(folder: Path) -> Context:
    work = folder / "work"
    work.mkdir(exist_ok=True)
    return Context(Store(folder / "store"), work)


def _edit(video: Video, *keep: Span) -> Edit:
    """The middle of the picture, for some spans of the source."""
    keep = keep or (video.span,)
    whole = Span(keep[0].start, keep[-1].end)
    width = video.height * 9 / 16
    box = Box((video.width - width) / 2, 0, (video.width + width) / 2, video.height)
    shot = CropShot(whole, "single", (Panel((Keyframe(whole.start, box),), (0, 0, *SIZE)),))
    return Edit(Highlight(whole), CropPath(*SIZE, (shot,)), keep=keep)


def _render(video: Video, edit: Edit, *pizzazz: Pizzazz, **options: object) -> Video:
    path = video.path.with_name("clip.mp4")
    chosen = X264.Options.model_validate({"quality": "draft", **options})
    X264(chosen).render(video, edit, pizzazz, path, _context(video.path.parent))
    return probe(path)


def _span(start: float, end: float) -> Span:
    return Span(Fraction(start).limit_denominator(1000), Fraction(end).limit_denominator(1000))


@pytest.mark.parametrize(
    ("average", "expected"),
    [
        (Fraction(25), Fraction(25)),
        (Fraction(2397, 100), Fraction(24000, 1001)),
        (Fraction(29941, 1000), Fraction(30000, 1001)),
        (Fraction(12), Fraction(24)),
        (Fraction(15), Fraction(30)),
        (Fraction(120), Fraction(60)),
        (Fraction(120000, 1001), Fraction(60000, 1001)),
        (Fraction(22088, 1000), Fraction(24000, 1001)),
        (Fraction(26414, 1000), Fraction(30000, 1001)),
        (Fraction(1000), Fraction(50)),
        (Fraction(61), Fraction(60)),
    ],
)
def test_frame_rate_is_the_sources_rounded_to_a_standard(average: Fraction, expected: Fraction) -> None:
    assert output_rate(average) == expected


@pytest.mark.parametrize(
    ("rate", "sample_rate", "variable", "sound_start"),
    [
        (Fraction(25), 48_000, False, 0.0),
        (Fraction(24000, 1001), 44_100, False, 0.0),
        (Fraction(30000, 1001), 8_000, False, 0.0),
        (Fraction(60000, 1001), 48_000, False, 0.0),
        (Fraction(30), 44_100, True, 0.0),
        (Fraction(25), 48_000, False, 0.35),
    ],
)
def test_flash_and_beep_stay_in_sync(
    tmp_path: Path, rate: Fraction, sample_rate: int, variable: bool, sound_start: float
) -> None:
    path = make_video(
        tmp_path / "a.mp4",
        seconds=8,
        size=(320, 180),
        rate=rate,
        draw=flash,
        play=beep,
        sample_rate=sample_rate,
        variable=variable,
        sound_start=sound_start,
        sound_seconds=8 - sound_start,
    )
    source = probe(path)
    clip = _render(source, _edit(source, _span(0.517, 7.6)))
    flashes = [float(time) for time, luma in _brightness(clip) if luma > 150]
    flashes = [time for time in flashes if not any(0 < time - other < 0.5 for other in flashes)]
    loud = np.abs(sound_array(clip, clip.span, rate=RATE)[0]) > 0.2
    beeps = [at / RATE for at in np.flatnonzero(loud) if not loud[max(0, at - RATE // 4) : at].any()]
    assert len(flashes) == len(beeps) == 7
    frame = 1 / float(source.frame_rate) if variable else 1 / float(rate)
    assert np.abs(np.array(flashes) - np.array(beeps)).max() <= frame
    assert beeps[-1] == pytest.approx(7 - 0.517, abs=0.005)


def _brightness(video: Video) -> Iterator[tuple[Fraction, float]]:
    for time, picture in pictures(video, video.span, gray=True):
        yield time, float(picture.mean())


def test_every_source_frame_is_shown_once_at_the_same_rate(tmp_path: Path) -> None:
    source = probe(make_video(tmp_path / "a.mp4", seconds=2, size=(320, 180), rate=30, draw=_counting, play=None))
    clip = _render(source, _edit(source, _span(0.5, 1.5)))
    shown = [round(value / 4) for _, value in _brightness(clip)]
    assert shown == [shown[0] + index for index in range(30)]


def _counting(time: float, size: tuple[int, int]) -> NDArray[np.uint8]:
    shade = 4 * round(time * 30) % 256
    return np.full((size[1], size[0], 3), shade, dtype=np.uint8)


def test_variable_rate_frames_keep_their_durations(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", size=(320, 180), rate=30, draw=_counting, play=None, variable=True, seconds=2)
    source = probe(path)
    rate = Fraction(60)
    edit = _edit(source)
    on_screen = list(decode_frames(source, source.span))
    for frame in clip_frames(source, edit, rate, round(source.duration * rate)):
        middle = frame.time + 1 / rate / 2
        _, expected = max((item for item in on_screen if item[0] <= middle), key=lambda item: item[0])
        shade = np.frombuffer(expected.planes[0], dtype=np.uint8)[0]  # type: ignore[call-overload]
        assert int(frame.planes[0][80, 45]) == pytest.approx(int(shade), abs=1)


def test_first_frame_is_shown_before_its_start(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", seconds=2, size=(320, 180), picture_start=0.8, sound_seconds=3)
    source = probe(path)
    clip = _render(source, _edit(source, _span(0, 1.2)))
    frames = [picture.astype(int) for _, picture in pictures(clip, clip.span, gray=True)]
    assert len(frames) == 30
    assert np.abs(frames[0] - frames[15]).mean() < 2
    assert np.abs(frames[0] - frames[29]).mean() > 5


def test_kept_spans_are_concatenated(tmp_path: Path) -> None:
    source = probe(make_video(tmp_path / "a.mp4", seconds=6, size=(320, 180), draw=flash, play=beep))
    clip = _render(source, _edit(source, _span(0.5, 1.5), _span(3.5, 5.3)))
    assert clip.duration == Fraction(28, 10)
    flashes = [float(time) for time, luma in _brightness(clip) if luma > 150]
    assert {round(time, 1) for time in flashes} == {0.5, 0.6, 1.5, 1.6, 2.5, 2.6} - {0.6, 1.6, 2.6} | {
        round(time, 1) for time in flashes if time % 1 < 0.6
    }
    loud = np.flatnonzero(np.abs(sound_array(clip, clip.span, rate=RATE)[0]) > 0.2) / RATE
    for second in (0.5, 1.5, 2.5):
        assert np.abs(loud - second).min() < 0.005


def test_a_cut_in_the_sound_does_not_click(tmp_path: Path) -> None:
    source = probe(make_video(tmp_path / "a.mp4", seconds=4, size=(320, 180)))
    clip = _render(source, _edit(source, _span(0, 1.0003), _span(2.0007, 3)))
    samples = sound_array(clip, clip.span, rate=RATE)[0]
    steady = np.abs(np.diff(samples[10_000:30_000])).max()
    assert np.abs(np.diff(samples[47_000:49_000])).max() < 1.3 * steady


@pytest.mark.parametrize("volume", [0.02, 0.1, 1.0])
def test_loudness_and_true_peak_meet_their_targets(tmp_path: Path, volume: float) -> None:
    def speech(times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Noise in syllables: peaks far above its loudness."""
        white = np.random.default_rng(1).standard_normal(len(times))
        noise = np.convolve(white, np.hanning(24) / 3, mode="same")  # below 4 kHz, as speech is
        syllables = np.clip(np.sin(2 * np.pi * 3 * times), 0, 1) ** 4
        return np.asarray(np.clip(volume * noise * syllables, -1, 1))

    source = probe(make_video(tmp_path / "a.mp4", seconds=6, size=(320, 180), play=speech))
    clip = _render(source, _edit(source))
    found = measure_loudness(sound(clip, clip.span, rate=RATE, channels=2), RATE)
    assert found.integrated == pytest.approx(-14, abs=1)
    assert found.true_peak <= -1


@pytest.mark.parametrize("play", [None, silence])
def test_silence_stays_silence(tmp_path: Path, play: object) -> None:
    source = probe(make_video(tmp_path / "a.mp4", seconds=1, size=(320, 180), play=play))  # type: ignore[arg-type]
    clip = _render(source, _edit(source))
    assert (clip.audio[0].sample_rate, clip.audio[0].channels) == (RATE, 2)
    assert np.abs(sound_array(clip, clip.span, rate=RATE)).max() < 1e-4


class White(Pizzazz):
    """Draws a white band on the planes, in place."""

    def frames(self, frames: Iterator[Frame], edit: Edit, ctx: Context) -> Iterator[Frame]:
        for frame in frames:
            for plane, value, rows in zip(frame.planes, (235, 128, 128), (40, 20, 20), strict=True):
                plane[:rows] = value
            yield frame


class Negative(Pizzazz):
    """Works on RGB and replaces it."""

    def frames(self, frames: Iterator[Frame], edit: Edit, ctx: Context) -> Iterator[Frame]:
        for frame in frames:
            frame.rgb = 255 - frame.rgb
            yield frame


class Mute(Pizzazz):
    """Silences the sound from one second on."""

    def audio(self, audio: Iterator[AudioBlock], edit: Edit, ctx: Context) -> Iterator[AudioBlock]:
        for block in audio:
            yield block if block.time < 1 else AudioBlock(block.time, block.samples * 0, block.rate)


def test_effects_are_applied_in_the_users_order(tmp_path: Path) -> None:
    source = probe(make_video(tmp_path / "a.mp4", seconds=1, size=(320, 180)))
    first = next(value for _, value in pictures(_render(source, _edit(source), White(), Negative()), source.span))
    second = next(value for _, value in pictures(_render(source, _edit(source), Negative(), White()), source.span))
    assert first[:38].mean() < 10
    assert second[:38].mean() > 245


def test_effect_on_repeated_frames_is_drawn_once(tmp_path: Path) -> None:
    class Darker(Pizzazz):
        def frames(self, frames: Iterator[Frame], edit: Edit, ctx: Context) -> Iterator[Frame]:
            for frame in frames:
                frame.planes[0][:] = frame.planes[0] // 2
                yield frame

    source = probe(make_video(tmp_path / "a.mp4", seconds=1, size=(320, 180), rate=10, draw=_gray))
    clip = _render(source, _edit(source), Darker())
    assert clip.frame_rate == 30
    assert {round(value / 4) for _, value in _brightness(clip)} == {round((60 - 16) * 255 / 219 / 4)}


def _gray(time: float, size: tuple[int, int]) -> NDArray[np.uint8]:
    return np.full((size[1], size[0], 3), round((120 - 16) * 255 / 219), dtype=np.uint8)


def test_audio_effects_are_applied(tmp_path: Path) -> None:
    source = probe(make_video(tmp_path / "a.mp4", seconds=2, size=(320, 180)))
    samples = sound_array(_render(source, _edit(source), Mute()), source.span, rate=RATE)[0]
    assert np.abs(samples[: RATE // 2]).max() > 0.1
    assert np.abs(samples[int(1.2 * RATE) :]).max() < 0.001


def test_no_frame_is_shown_through_the_wrong_window_at_a_cut(tmp_path: Path) -> None:
    def scene(time: float, size: tuple[int, int]) -> NDArray[np.uint8]:
        picture = np.zeros((size[1], size[0], 3), dtype=np.uint8)
        half = size[0] // 2
        picture[:, :half] = 255 if time < 1 - 1e-6 else 0  # the left half is lit before the cut, the right one after
        picture[:, half:] = 0 if time < 1 - 1e-6 else 255
        return picture

    source = probe(make_video(tmp_path / "a.mp4", seconds=2, size=(320, 180), draw=scene, rate=Fraction(30000, 1001)))
    cut = next(time for time, _ in decode_frames(source, source.span) if time >= 1 - Fraction(1, 100))
    shots = (
        CropShot(
            Span(Fraction(0), cut), "single", (Panel((Keyframe(Fraction(0), Box(0, 0, 100, 178)),), (0, 0, *SIZE)),)
        ),
        CropShot(Span(cut, Fraction(2)), "single", (Panel((Keyframe(cut, Box(220, 0, 320, 178)),), (0, 0, *SIZE)),)),
    )
    for start in (0.5, 0.51, 0.525):
        span = _span(start, 1.5)
        edit = Edit(Highlight(span), CropPath(*SIZE, shots), keep=(span,))
        lit = [int(frame.planes[0].min()) for frame in clip_frames(source, edit, Fraction(30000, 1001), 29)]
        assert min(lit) > 200


def test_an_effect_that_fails_stops_everything(tmp_path: Path) -> None:
    class Broken(Pizzazz):
        def frames(self, frames: Iterator[Frame], edit: Edit, ctx: Context) -> Iterator[Frame]:
            yield next(frames)
            raise RenderError("the effect broke")

    source = probe(make_video(tmp_path / "a.mp4", seconds=3, size=(320, 180)))
    with pytest.raises(RenderError, match="the effect broke"):
        _render(source, _edit(source), Broken())
    _nothing_left(tmp_path)


def test_an_effect_that_drops_frames_is_reported(tmp_path: Path) -> None:
    class Lossy(Pizzazz):
        def frames(self, frames: Iterator[Frame], edit: Edit, ctx: Context) -> Iterator[Frame]:
            yield next(frames)

    source = probe(make_video(tmp_path / "a.mp4", seconds=1, size=(320, 180)))
    with pytest.raises(ContractError, match=r"'lossy' .* as many frames as it was given; returned: 24 fewer"):
        _render(source, _edit(source), Lossy())
    _nothing_left(tmp_path)


def test_cancelling_removes_temporary_files(tmp_path: Path) -> None:
    source = probe(make_video(tmp_path / "a.mp4", seconds=4, size=(320, 180)))

    def cancel(event: Event) -> None:
        if event.message == "rendering" and (event.fraction or 0) > 0.3:
            raise KeyboardInterrupt

    ctx = Context(Store(tmp_path / "store"), _context(tmp_path).work, listener=cancel)
    with pytest.raises(KeyboardInterrupt):
        X264().render(source, _edit(source), (White(),), tmp_path / "clip.mp4", ctx)
    _nothing_left(tmp_path)


def _nothing_left(folder: Path) -> None:
    assert not (folder / "clip.mp4").exists()
    assert list((folder / "work").iterdir()) == []
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("clipy-")]


def test_parallel_renders_are_identical_to_the_byte(tmp_path: Path) -> None:
    source = probe(make_video(tmp_path / "a.mp4", seconds=6, size=(320, 180), play=noise))
    edits = [_edit(source, _span(start, start + 3)) for start in (0, 1, 2)]

    def render(index: int, ctx: Context) -> bytes:
        path = tmp_path / f"{threading.get_ident()}-{index}.mp4"
        X264().render(source, edits[index], (White(),), path, ctx)
        return path.read_bytes()

    ctx = _context(tmp_path)
    assert parallel_map(range(3), render, ctx, 3) == parallel_map(range(3), render, ctx, 1)


def test_sound_that_fails_stops_everything(tmp_path: Path) -> None:
    class Broken(Pizzazz):
        def audio(self, audio: Iterator[AudioBlock], edit: Edit, ctx: Context) -> Iterator[AudioBlock]:
            yield next(audio)
            raise RenderError("the sound broke")

    source = probe(make_video(tmp_path / "a.mp4", seconds=3, size=(320, 180)))
    with pytest.raises(RenderError, match="the sound broke"):
        _render(source, _edit(source), Broken())
    _nothing_left(tmp_path)


def test_progress_rises_to_the_end(tmp_path: Path) -> None:
    source = probe(make_video(tmp_path / "a.mp4", seconds=1, size=(320, 180)))
    events: list[Event] = []
    ctx = Context(Store(tmp_path / "store"), _context(tmp_path).work, listener=events.append)
    X264().render(source, _edit(source), (), tmp_path / "clip.mp4", ctx)
    done = [event.fraction for event in events if event.message == "rendering"]
    assert done == sorted(done, key=float)  # type: ignore[arg-type]
    assert done[-1] == 1


def test_a_clip_shorter_than_a_frame_is_refused(tmp_path: Path) -> None:
    source = probe(make_video(tmp_path / "a.mp4", seconds=1, size=(320, 180)))
    with pytest.raises(RenderError, match="less than one frame"):
        _render(source, _edit(source, _span(0, 0.01)))


def test_a_configured_frame_rate_maps_to_the_standard_one(tmp_path: Path) -> None:
    source = probe(make_video(tmp_path / "a.mp4", seconds=1, size=(320, 180)))
    assert _render(source, _edit(source), frame_rate=29.97).frame_rate == Fraction(30000, 1001)


def test_prefetching_is_bounded_and_ends_its_thread() -> None:
    made: list[int] = []

    def endless() -> Iterator[int]:
        while True:
            made.append(len(made))
            yield made[-1]

    with ReadAhead(endless(), size=3, name="clipy-test") as items:
        assert [next(items) for _ in range(5)] == [0, 1, 2, 3, 4]
    assert len(made) <= 5 + 3 + 1
    assert not [thread for thread in threading.enumerate() if thread.name == "clipy-test"]


def test_opencv_threads_are_restored_after_the_last_render() -> None:
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(3)
        with few_opencv_threads():
            with few_opencv_threads():
                inside = cv2.getNumThreads()
            assert cv2.getNumThreads() == inside == max(1, (os.cpu_count() or 1) // 4)
        assert cv2.getNumThreads() == 3
    finally:
        cv2.setNumThreads(before)


def test_file_is_no_larger_than_allowed(tmp_path: Path) -> None:
    """Noise, which no encoder makes small: the quality gives way."""
    video = probe(make_video(tmp_path / "a.mp4", seconds=4, size=(180, 320), draw=_noise))
    edit = _edit(video, _span(0, 4))
    assert _size(_render(video, edit)) > 400_000
    small = _render(video, edit, max_size="250KB")
    assert 150_000 < _size(small) <= 250_000
    assert small.duration == pytest.approx(4, abs=0.05)
    with pytest.raises(RenderError, match="do not fit into"):
        _render(video, edit, max_size="20KB")


def test_limit_that_is_not_reached_changes_nothing_of_the_picture(tmp_path: Path) -> None:
    video = probe(make_video(tmp_path / "a.mp4", seconds=2, size=(180, 320)))
    edit = _edit(video, _span(0, 2))
    free = _size(_render(video, edit))
    assert _size(_render(video, edit, max_size="100MB")) == pytest.approx(free, rel=0.01)


def _size(video: Video) -> int:
    return video.path.stat().st_size


def _noise(time: float, size: tuple[int, int]) -> NDArray[np.uint8]:
    chance = np.random.default_rng(round(time * 1000))
    return chance.integers(0, 255, (size[1], size[0], 3)).astype(np.uint8)
