from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from clipy.analysis.base import ShotDetector
from clipy.analysis.camera.onscreen import faces_on_screen
from clipy.analysis.faces.base import FaceDetector
from clipy.analysis.faces.tracking.detections import Detection
from clipy.analysis.faces.tracking.face_parts import mouth
from clipy.analysis.shots.pyscenedetect import PySceneDetect
from clipy.backend import Backend
from clipy.context import Context
from clipy.errors import RenderError
from clipy.geometry import share_inside
from clipy.media.frame import Frame, rgb_to_yuv
from clipy.media.probe import probe
from clipy.stages.render.pizzazz.captions import Captions
from clipy.storage.store import Store
from clipy.types import Box, CropPath, CropShot, Edit, Highlight, Keyframe, Panel, Span, Video, Word
from clipy.typography.occupied_regions import occupied_regions
from clipy.typography.overlay import Overlay, rounded_rectangle
from clipy.typography.safe_area import text_safe_area
from clipy.typography.styles import CAPTION_PRESETS
from fixtures.media import make_video

PRESETS = sorted(CAPTION_PRESETS)
SPEECH = "Most people think you need a huge budget to make great videos, but honestly? You don't."
SIZES = [(540, 960), (540, 540), (960, 540)]


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    return Context(Store(tmp_path / "store"), tmp_path)


@pytest.fixture
def video() -> Video:
    return Video("x", Fraction(60), Fraction(25), 1920, 1080, 1920, 1080, 0, Fraction(0))


def make_edit(text: str, size: tuple[int, int] = (540, 960), language: str = "en", start: int = 10) -> Edit:
    """A clip cut out of a longer source, each word 0.3 s long from its first moment on."""
    pace, tokens = Fraction(3, 10), text.split()
    words = tuple(Word(token, start + pace * n, start + pace * (n + 1)) for n, token in enumerate(tokens))
    span = Span(Fraction(start), start + pace * len(tokens) + 1)
    return Edit(Highlight(span), CropPath(*size, ()), (span,), language, words)


def captions(**options: object) -> Captions:
    backend = Captions(Captions.Options.model_validate(options))
    backend.name = "captions"
    return backend


def gray(time: Fraction, size: tuple[int, int], level: int = 110) -> Frame:
    width, height = size
    chroma = (height // 2, width // 2)
    y = np.full((height, width), level, np.uint8)
    return Frame(time, planes=(y, np.full(chroma, 128, np.uint8), np.full(chroma, 128, np.uint8)))


def draw(backend: Captions, edit: Edit, times: list[Fraction], ctx: Context, video: Video) -> list[Frame]:
    size = edit.crop.width, edit.crop.height
    planned = backend.plan(video, edit, ctx)
    return list(backend.frames((gray(time, size) for time in times), planned, ctx))


def changed(frame: Frame) -> tuple[int, int, int, int]:
    """The rectangle of the pixels that were drawn on, by the Y plane (soft shadow of a few codes left out)."""
    ys, xs = np.nonzero(np.abs(frame.planes[0].astype(int) - 110) > 30)
    return int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1


def yellow(frame: Frame) -> NDArray[np.bool_]:
    red, green, blue = (frame.rgb[..., channel].astype(int) for channel in range(3))
    return np.asarray((red > 200) & (green > 170) & (blue < 90))


def test_captions_match_the_transcript(ctx: Context, video: Video) -> None:
    edit = make_edit(SPEECH)
    cards = captions().plan(video, edit, ctx).plans["captions"]["cards"]
    words = [word for card in cards for line in card["lines"] for word in line]
    assert [word["text"] for word in words] == SPEECH.split()
    assert [Fraction(word["start"]) for word in words] == [word.start - 10 for word in edit.words]
    for before, after in pairwise(cards):
        assert Fraction(before["span"]["end"]) <= Fraction(after["span"]["start"])


def test_a_plan_survives_the_store(ctx: Context, video: Video) -> None:
    planned = ctx.cached(captions().plan, video, make_edit(SPEECH))
    again = ctx.cached(captions().plan, video, make_edit(SPEECH))
    assert json.loads(json.dumps(planned.plans["captions"])) == planned.plans["captions"]
    assert TypeAdapter(Edit).dump_json(planned) == TypeAdapter(Edit).dump_json(again)
    assert draw(captions(), planned, [Fraction(1, 2)], ctx, video)


def test_words_in_removed_spans_are_not_shown(ctx: Context, video: Video) -> None:
    edit = make_edit("one two three four five six")
    keep = (Span(Fraction(10), Fraction("10.6")), Span(Fraction("11.2"), Fraction(13)))
    cut = Edit(edit.highlight, edit.crop, keep, "en", edit.words)
    cards = captions().plan(video, cut, ctx).plans["captions"]["cards"]
    words = [word for card in cards for line in card["lines"] for word in line]
    assert [word["text"] for word in words] == ["one", "two", "five", "six"]
    assert Fraction(words[2]["start"]) == Fraction("0.6")


def test_frames_are_unchanged_without_words(ctx: Context, video: Video) -> None:
    edit = captions().plan(video, make_edit(""), ctx)
    frames: Iterator[Frame] = iter([gray(Fraction(0), (64, 64))])
    assert captions().frames(frames, edit, ctx) is frames


def test_frames_require_a_plan(ctx: Context) -> None:
    with pytest.raises(RenderError, match="not been planned"):
        captions().frames(iter([]), make_edit("hello"), ctx)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(
    "text",
    [
        "WWWWW MMMMM WWWWW MMMMM WWWWW MMMMM",
        "Donaudampfschifffahrtsgesellschaftskapitänsmütze yes",
        "ÅÇ जg นี้ jgq",
        "สวัสดีครับทุกคนวันนี้เราจะคุยเรื่องวิดีโอกันนะครับ नमस्ते",
    ],
)
def test_nothing_is_drawn_outside_the_safe_area(
    text: str, preset: str, size: tuple[int, int], ctx: Context, video: Video
) -> None:
    edit = make_edit(text, size)
    times = [Fraction(n, 10) for n in range(0, 3 * len(text.split()), 2)]
    area = text_safe_area(*size)
    for frame in draw(captions(preset=preset), edit, times, ctx, video):
        x1, y1, x2, y2 = changed(frame)
        assert x1 >= area.left - 1
        assert y1 >= area.top - 1
        assert x2 <= area.right + 1
        assert y2 <= area.bottom + 1


def test_vertical_safe_area_is_free_on_all_platforms() -> None:
    area = text_safe_area(1080, 1920)
    assert area.left >= 120
    assert area.right <= 888
    assert area.top >= 288
    assert area.bottom <= 1248
    assert area.left + area.right == pytest.approx(1080)
    assert area.top < area.middle < area.bottom


@pytest.mark.parametrize("position", [0.0, 1.0])
def test_position_at_the_edge_keeps_the_card_inside(position: float, ctx: Context, video: Video) -> None:
    for clear in (True, False):
        area = text_safe_area(540, 960, position, clear)
        (frame,) = draw(captions(position=position, safe_area=clear), make_edit(SPEECH), [Fraction(1, 2)], ctx, video)
        _, y1, _, y2 = changed(frame)
        assert area.top - 1 <= y1 < y2 <= area.bottom + 1
        assert min(y1 - area.top, area.bottom - y2) < 15


def test_spoken_word_is_highlighted_from_its_start(ctx: Context, video: Video) -> None:
    edit = make_edit("left middle right")
    before = Fraction(3, 10) - Fraction(1, 1000)
    times = [Fraction(0), before, Fraction(3, 10), Fraction(1, 2), Fraction(6, 10), Fraction(8, 10)]
    frames = draw(captions(max_lines=1, max_words=3, size=0.06), edit, times, ctx, video)
    middles = [float(np.nonzero(yellow(frame))[1].mean()) for frame in frames]
    assert middles[0] == pytest.approx(middles[1], abs=3)
    assert middles[0] + 20 < middles[2] == pytest.approx(middles[3], abs=3)
    assert middles[3] + 20 < middles[4] == pytest.approx(middles[5], abs=3)


def test_right_to_left_words_start_at_the_right(ctx: Context, video: Video) -> None:
    edit = make_edit("שלום לכולם היום", language="he")
    times = [Fraction(1, 4), Fraction(1, 2), Fraction(3, 4)]
    frames = draw(captions(max_lines=1, size=0.05), edit, times, ctx, video)
    middles = [float(np.nonzero(yellow(frame))[1].mean()) for frame in frames]
    assert middles[0] > middles[1] > middles[2]


def test_spoken_word_is_enlarged(ctx: Context, video: Video) -> None:
    times = [Fraction(0), Fraction(1, 20), Fraction(1, 4)]
    frames = draw(captions(), make_edit("word"), times, ctx, video)
    areas = [int(yellow(frame).sum()) for frame in frames]
    assert areas[0] < areas[1] < areas[2]


def test_frames_and_pixels_outside_cards_are_unchanged(ctx: Context, video: Video) -> None:
    edit = make_edit("Only this.")
    shown, after = draw(captions(), edit, [Fraction(1, 4), Fraction(3, 2)], ctx, video)
    assert all(np.all(plane == level) for plane, level in zip(after.planes, (110, 128, 128), strict=True))
    y, u, v = shown.planes
    assert np.all(y[:300] == 110)
    assert np.all(y[700:] == 110)
    assert np.all(u[:150] == 128)
    assert np.all(v[350:] == 128)
    assert np.any(u != 128)


@pytest.mark.parametrize("preset", PRESETS)
def test_captions_are_the_same_at_every_resolution(preset: str, ctx: Context, video: Video) -> None:
    large = draw(captions(preset=preset), make_edit(SPEECH, (1080, 1920)), [Fraction(1, 2)], ctx, video)[0]
    small = draw(captions(preset=preset), make_edit(SPEECH, (540, 960)), [Fraction(1, 2)], ctx, video)[0]
    shrunk = cv2.resize(large.planes[0], (540, 960), interpolation=cv2.INTER_AREA)
    assert changed(small) == pytest.approx(tuple(edge / 2 for edge in changed(large)), abs=4)
    assert float(np.abs(shrunk.astype(int) - small.planes[0]).mean()) < 2.5  # words stand on whole pixels


def test_options_change_the_picture(ctx: Context, video: Video) -> None:
    edit, times = make_edit("hello there"), [Fraction(1, 4)]
    (plain,) = draw(captions(), edit, times, ctx, video)
    (red,) = draw(captions(highlight_color="#ff0000"), edit, times, ctx, video)
    (large,) = draw(captions(size=0.12), edit, times, ctx, video)
    assert int(yellow(plain).sum()) > 500
    assert int(yellow(red).sum()) == 0
    assert changed(large)[3] - changed(large)[1] > changed(plain)[3] - changed(plain)[1]


@pytest.mark.parametrize("options", [{"presett": "bold"}, {"text_color": "red"}, {"max_words": 0}, {"preset": "none"}])
def test_wrong_options_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Captions.Options.model_validate(options)


def test_presets_look_different(ctx: Context, video: Video) -> None:
    assert len(PRESETS) >= 8
    pictures = [draw(captions(preset=preset), make_edit(SPEECH), [Fraction(1, 2)], ctx, video)[0] for preset in PRESETS]
    for index, one in enumerate(pictures):
        for other in pictures[:index]:
            assert float(np.mean(np.abs(one.planes[0].astype(int) - other.planes[0]) > 20)) > 0.004


def test_speakers_have_colors_in_order_of_appearance(ctx: Context, video: Video) -> None:
    """The first keeps the preset's; the others are told apart, and stay the same when only others are renamed."""
    text = "one one two two three three one one"
    colours = []
    for names in (("A", "B", "C", "A"), ("x", "B", "C", "x")):
        edit = make_edit(text)
        spoken = tuple(replace(word, speaker=names[n // 2]) for n, word in enumerate(edit.words))
        times = [Fraction(n * 6 + 1, 10) for n in range(4)]
        frames = draw(captions(max_words=2, emphasis="off"), replace(edit, words=spoken), times, ctx, video)
        colours.append([strongest(frame) for frame in frames])
    assert colours[0] == colours[1]
    first, second, third, again = colours[0]
    assert first == again == 2
    assert len({first, second, third}) == 3


def test_a_speaker_has_the_same_color_in_every_clip(ctx: Context, video: Video) -> None:
    """Also in one that the first speaker is not in."""
    shown = []
    for names, everybody in (("AB", ()), ("AB", ("A", "B")), ("BB", ("A", "B")), ("BB", ())):
        edit = make_edit("one two")
        spoken = tuple(replace(word, speaker=name) for word, name in zip(edit.words, names, strict=True))
        edit = replace(edit, words=spoken, speakers=everybody)
        (frame,) = draw(captions(max_words=1, emphasis="off"), edit, [Fraction(4, 10)], ctx, video)
        shown.append(strongest(frame))
    assert shown[0] == shown[1] == shown[2] != shown[3]


def strongest(frame: Frame) -> int:
    """The hue, in steps of 20 degrees, that most bright coloured pixels have; yellow is 2."""
    hue, saturation, value = cv2.split(cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2HSV))
    return int(np.bincount(hue[(saturation > 100) & (value > 200)] // 10).argmax())


@pytest.mark.parametrize("preset", PRESETS)
def test_speaker_colors_differ_in_every_preset(preset: str, ctx: Context, video: Video) -> None:
    edit = make_edit("word word")
    pictures = []
    for speakers in (("A", "A"), ("A", "B")):
        spoken = tuple(replace(word, speaker=name) for word, name in zip(edit.words, speakers, strict=True))
        options = {"preset": preset, "max_words": 1, "emphasis": "off"}
        pictures += draw(captions(**options), replace(edit, words=spoken), [Fraction(1, 2)], ctx, video)
    assert float(np.abs(pictures[0].rgb.astype(int) - pictures[1].rgb).max()) > 60


def test_speaker_colors_can_be_turned_off(ctx: Context, video: Video) -> None:
    edit = make_edit("word word")
    spoken = tuple(replace(word, speaker=name) for word, name in zip(edit.words, "AB", strict=True))
    options = {"max_words": 1, "speaker_colors": False}
    one, other = draw(captions(**options), replace(edit, words=spoken), [Fraction(1, 4), Fraction(11, 20)], ctx, video)
    assert np.array_equal(one.planes[1], other.planes[1])


def test_key_words_are_emphasized_unless_turned_off(ctx: Context, video: Video) -> None:
    edit, times = make_edit("there were 40 people"), [Fraction(0)]
    (auto,) = draw(captions(), edit, times, ctx, video)
    (off,) = draw(captions(emphasis="off"), edit, times, ctx, video)
    green = [
        int(((rgb[..., 1] > 200) & (rgb[..., 0] < 160) & (rgb[..., 2] < 190)).sum())
        for rgb in (auto.rgb.astype(int), off.rgb.astype(int))
    ]
    assert green[0] > 200
    assert green[1] < 20


def test_an_emoji_stands_above_its_words(ctx: Context, video: Video) -> None:
    edit = make_edit("what an idea")
    (plain,) = draw(captions(), edit, [Fraction(1, 2)], ctx, video)
    (with_emoji,) = draw(captions(emoji=True), edit, [Fraction(1, 2)], ctx, video)
    cards = captions(emoji=True).plan(video, edit, ctx).plans["captions"]["cards"]
    assert [card["emoji"] for card in cards] == ["💡"]
    assert changed(with_emoji)[3] - changed(with_emoji)[1] > 1.3 * (changed(plain)[3] - changed(plain)[1])
    assert int(yellow(with_emoji).sum()) > int(yellow(plain).sum())


def test_masking_applies_to_picture_and_edit_words(ctx: Context, video: Video) -> None:
    planned = captions(mask=True, mask_words=["heck"]).plan(video, make_edit("what the heck, this shit works"), ctx)
    assert " ".join(word.text for word in planned.words) == "what the h***, this s*** works"
    shown = [word["text"] for card in planned.plans["captions"]["cards"] for line in card["lines"] for word in line]
    assert shown == [word.text for word in planned.words]
    assert captions().plan(video, make_edit("shit"), ctx).words[0].text == "shit"


def test_upcoming_words_are_hidden_in_reveal(ctx: Context, video: Video) -> None:
    edit = make_edit("left middle right")
    options = {"preset": "reveal", "max_lines": 1, "max_words": 3, "size": 0.06}
    frames = draw(captions(**options), edit, [Fraction(n, 10) for n in (1, 4, 7)], ctx, video)
    edges = [changed(frame) for frame in frames]
    assert edges[0][2] < edges[1][2] < edges[2][2]
    assert edges[0][0] == pytest.approx(edges[2][0], abs=4)


class OneFace(FaceDetector):
    """The same face in every picture, at the same place."""

    def detect(self, pictures: Sequence[NDArray[np.uint8]], ctx: Context) -> list[list[Detection]]:
        high, wide = pictures[0].shape[:2]
        box = Box(0.4 * wide, 0.35 * high, 0.6 * wide, 0.68 * high)
        return [[Detection(box, 0.9)] for _ in pictures]


def test_captions_never_cover_the_mouth_of_a_face_on_screen(tmp_path: Path) -> None:
    """A face whose mouth is where captions usually are: they are elsewhere, in the plan and on the picture."""
    source = probe(make_video(tmp_path / "face.mp4", seconds=3, size=(640, 360)))
    analysers: dict[type[Backend], Backend] = {ShotDetector: PySceneDetect(), FaceDetector: OneFace()}
    ctx = Context(Store(tmp_path / "store"), tmp_path, analysers)
    span = Span(Fraction(0), Fraction(3))
    panel = Panel((Keyframe(Fraction(0), Box(218.75, 0, 421.25, 360)),), (0, 0, 540, 960))
    crop = CropPath(540, 960, (CropShot(span, "single", (panel,)),))
    edit = replace(make_edit("this would be on the mouth", start=0), highlight=Highlight(span), crop=crop, keep=(span,))
    faces = faces_on_screen(source, edit, ctx, speaking=False)
    assert len(faces) == 15
    for backend, clear in ((captions(), True), (captions(avoid_faces=False), False)):
        planned = backend.plan(source, edit, ctx)
        covers = [share_inside(mouth(face.box), item.box) > 0 for item in occupied_regions(planned) for face in faces]
        assert any(covers) != clear
        (frame,) = backend.frames(iter([gray(Fraction(1, 2), (540, 960))]), planned, ctx)
        x1, y1, x2, y2 = changed(frame)
        assert (share_inside(mouth(faces[0].box), Box(x1, y1, x2, y2)) == 0) == clear
    own = captions(position=0.6).plan(source, edit, ctx)
    assert any(share_inside(mouth(face.box), item.box) > 0 for item in occupied_regions(own) for face in faces)


def test_every_style_is_a_preset_option() -> None:
    schema = Captions.Options.model_json_schema()["properties"]
    assert sorted(schema["preset"]["enum"]) == PRESETS
    assert all(field.get("description") for field in schema.values())


@pytest.mark.parametrize("radius", [0.0, 5.0])
def test_a_rectangle_is_full_inside_and_empty_outside(radius: float) -> None:
    mask = rounded_rectangle(40, 20, radius)
    assert np.all(mask[6:14, 1:-1] == 255)
    assert int(mask[0, 0]) == (255 if radius == 0 else 0)


def test_yuv_overlay_matches_rgb_blending() -> None:
    """Half-transparent shapes over a colour picture, against the same sum in RGB in floating point."""
    across, down = np.meshgrid(np.arange(96), np.arange(64))
    rgb = np.stack([across * 2, down * 3, 200 - across], axis=-1).astype(np.uint8)
    frame, overlay = Frame(Fraction(0), planes=rgb_to_yuv(rgb)), Overlay(8, 4, 80, 52)
    expected = rgb.astype(np.float64)
    shapes = [(11, 7, (255, 221, 0), 1.0), (31, 20, (10, 20, 230), 0.5), (16, 30, (255, 255, 255), 0.8)]
    for x, y, colour, opacity in shapes:
        mask = rounded_rectangle(41, 23, 6)
        overlay.paint(mask, x, y, colour, opacity)
        part = expected[y : y + 23, x : x + 41]
        share = mask[..., None] / 255 * opacity
        part[:] = part * (1 - share) + np.array(colour) * share
    overlay.copy().paint(
        rounded_rectangle(20, 20, 3), 30, 30, (0, 0, 0)
    )  # painting on a copy leaves the original alone
    overlay.blend_onto(frame)
    wanted = rgb_to_yuv(np.round(expected).astype(np.uint8))
    errors = [np.abs(a.astype(int) - b).max() for a, b in zip(frame.planes, wanted, strict=True)]
    assert errors[0] <= 3
    assert max(errors[1:]) <= 5


def test_overlay_is_aligned_to_even_pixels() -> None:
    with pytest.raises(ValueError, match="even"):
        Overlay(1, 0, 2, 2)
