"""What every pizzazz must keep, built-in or not: run over all that are installed."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from pydantic import TypeAdapter

from clipy import probe, registry
from clipy.context import Context
from clipy.media.frame import AudioBlock, Frame
from clipy.stages.base import Pizzazz
from clipy.types import Box, CropPath, CropShot, Edit, Highlight, Keyframe, Panel, Span, Video, Word
from fixtures.media import make_video
from tests import clips
from tests.clips import RATE, sound
from tests.music import make_song

NAMES = [listing.name for listing in registry.listings("pizzazz") if not listing.missing]
ALWAYS_DRAWS = {"progress", "waveform"}  # there is always a progress to show
IDLE = {"transitions": {"intro": "none", "outro": "none"}}  # options with which there is nothing to do
NEEDS: dict[str, dict[str, object]] = {}  # options without which one cannot work
SIZE = (180, 320)
SECONDS = 3


@pytest.fixture(scope="module", autouse=True)
def _music(tmp_path_factory: pytest.TempPathFactory) -> None:
    NEEDS["music"] = {"track": make_song(tmp_path_factory.mktemp("music") / "song.wav", seconds=6)}


def pizzazz(name: str, **options: object) -> Pizzazz:
    return clips.pizzazz(name, **NEEDS.get(name, {}), **options)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Video:
    return probe(make_video(tmp_path_factory.mktemp("contract") / "a.mp4", seconds=SECONDS + 1))


def an_edit(video: Video, *, empty: bool = False) -> Edit:
    """A second of one window, then the whole picture; words from the start, with a pause; a title."""
    span, middle, end = Span(Fraction(0), Fraction(SECONDS)), Fraction(1), Fraction(SECONDS)
    window = Panel((Keyframe(Fraction(0), Box(218.75, 0, 421.25, 360)),), (0, 0, *SIZE))
    whole = Panel((Keyframe(middle, Box(0, 0, 640, 360)),), (0, 110, 180, 210))
    if empty:
        return Edit(Highlight(span), CropPath(*SIZE, (CropShot(span, "single", (window,)),)), (span,), "en")
    shots = (CropShot(Span(Fraction(0), middle), "single", (window,)), CropShot(Span(middle, end), "fit", (whole,)))
    spoken = "um so this is shit news for 40 people really".split()
    words = tuple(Word(text, Fraction(n, 5), Fraction(n + 1, 5)) for n, text in enumerate(spoken))
    return Edit(Highlight(span, title="A title to read"), CropPath(*SIZE, shots), (span,), "en", words)


def frames_of(edit: Edit) -> list[Frame]:
    chance = np.random.default_rng(1)
    y = chance.integers(40, 200, (SIZE[1], SIZE[0])).astype(np.uint8)
    u, v = (chance.integers(90, 160, (SIZE[1] // 2, SIZE[0] // 2)).astype(np.uint8) for _ in range(2))
    count = round(edit.duration * 10)
    return [Frame(Fraction(n, 10), planes=(y.copy(), u.copy(), v.copy())) for n in range(count)]


def test_pizzazz_are_installed() -> None:
    assert {"captions", "title", "progress", "watermark", "frame", "blur-background", "transitions"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_plan_survives_the_store_and_is_reproducible(name: str, video: Video, ctx: Context) -> None:
    edit, effect = an_edit(video), pizzazz(name)
    made = effect.plan(video, edit, ctx)
    adapter = TypeAdapter(Edit)
    stored = adapter.validate_json(adapter.dump_json(made))
    assert adapter.dump_json(stored) == adapter.dump_json(made) == adapter.dump_json(effect.plan(video, edit, ctx))
    assert (stored.crop.width, stored.crop.height) == SIZE
    assert made.duration > 0
    for before, after in zip(made.keep, made.keep[1:], strict=False):
        assert before.end <= after.start


@pytest.mark.parametrize("name", NAMES)
def test_frames_keep_count_times_and_size_and_are_reproducible(name: str, video: Video, ctx: Context) -> None:
    effect = pizzazz(name)
    edit = effect.plan(video, an_edit(video), ctx)
    runs = [list(effect.frames(iter(frames_of(edit)), edit, ctx)) for _ in range(2)]
    given = frames_of(edit)
    assert [frame.time for frame in runs[0]] == [frame.time for frame in given]
    for first, second, before in zip(*runs, given, strict=True):
        for one, other, plain in zip(first.planes, second.planes, before.planes, strict=True):
            assert one.shape == plain.shape
            assert one.dtype == np.uint8
            assert np.array_equal(one, other)


@pytest.mark.parametrize("name", NAMES)
def test_frames_are_streamed(name: str, video: Video, ctx: Context) -> None:
    """After so many frames out, few more were taken in."""
    effect, taken = pizzazz(name), 0
    edit = effect.plan(video, an_edit(video), ctx)

    def source() -> object:
        nonlocal taken
        for frame in frames_of(edit):
            taken += 1
            yield frame

    stream = effect.frames(source(), edit, ctx)  # type: ignore[arg-type]
    for _ in range(5):
        next(stream)
    assert taken <= 13


@pytest.mark.parametrize("name", NAMES)
def test_sound_keeps_length_shape_and_rate(name: str, video: Video, ctx: Context) -> None:
    effect = pizzazz(name)
    edit = effect.plan(video, an_edit(video), ctx)
    blocks: list[AudioBlock] = list(effect.audio(iter(sound(edit.duration)), edit, ctx))
    assert sum(block.samples.shape[1] for block in blocks) == round(edit.duration * RATE)
    at = Fraction(0)
    for block in blocks:
        assert block.rate == RATE
        assert block.samples.shape[0] == 2
        assert block.samples.dtype == np.float32
        assert np.isfinite(block.samples).all()
        assert abs(block.time - at) < Fraction(1, RATE)
        at += Fraction(block.samples.shape[1], RATE)


@pytest.mark.parametrize("name", sorted(set(NAMES) - ALWAYS_DRAWS))
def test_stream_is_passed_through_when_there_is_nothing_to_do(name: str, video: Video, ctx: Context) -> None:
    effect = pizzazz(name, **IDLE.get(name, {}))
    edit = effect.plan(video, an_edit(video, empty=True), ctx)
    frames = iter(frames_of(edit))
    assert effect.frames(frames, edit, ctx) is frames
