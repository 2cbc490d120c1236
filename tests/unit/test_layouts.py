"""Which layout a shot gets, and what the panels of it hold."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from clipy.analysis.camera.camera import Camera
from clipy.analysis.picture.bars import MaxPicture
from clipy.analysis.picture.picture_in_picture import Borders
from clipy.analysis.picture.shot_analysis import ShotAnalysis
from clipy.geometry import share_inside
from clipy.stages.reframe.layouts.crosstalk import find_exchanges
from clipy.stages.reframe.layouts.director import LAYOUTS, Director
from clipy.stages.reframe.layouts.split_screen import beside, rectangles
from clipy.types import Box, CropShot, Layout, Panel, Span, Track, Video, seconds

LENGTH, RATE = 20, 25
SPAN = Span(Fraction(0), Fraction(LENGTH))
COUNT = LENGTH * RATE
TIMES = np.arange(COUNT) / RATE
VIDEO = Video("v", Fraction(LENGTH), Fraction(25), 1920, 1080, 1920, 1080, 0, Fraction(0))


def face(number: int, x: float, speaking: float | NDArray[np.float64], size: float = 200, y: float = 400) -> Track:
    sway = 6 * np.sin(TIMES * 2 + number)
    left, top = x - 0.4 * size + sway, np.full(COUNT, y - size / 2)
    boxes = np.stack([left, top, left + 0.8 * size, top + size], axis=1).astype(np.float32)
    spoken = np.broadcast_to(speaking, COUNT).astype(np.float32)
    return Track(number, SPAN, TIMES, boxes, np.ones(COUNT, np.float32), spoken, identity=number)


def by_turns(every: float, first: bool, start: float = 0, end: float = LENGTH) -> NDArray[np.float64]:
    """Speaks every other stretch of some seconds."""
    mine = (TIMES // every % 2 == 0) == first
    return np.where(mine & (start <= TIMES) & (end > TIMES), 0.9, 0.02)


def scene(borders: Borders | None = None, page: bool = False, picture: Box | None = None) -> ShotAnalysis:
    return ShotAnalysis(SPAN, picture or Box(0, 0, 1920, 1080), page, (), borders or Borders(), 1920 / 320)


def director(
    forced: Layout | None = None,
    allowed: tuple[Layout, ...] = LAYOUTS,
    size: tuple[int, int] = (1080, 1920),
) -> Director:
    return Director(Camera(VIDEO, *size), lambda camera, shot, _: camera.middle(shot.span), forced, allowed)


def covers(shots: list[CropShot]) -> bool:
    joined = all(a.span.end == b.span.start for a, b in pairwise(shots))
    return joined and shots[0].span.start == SPAN.start and shots[-1].span.end == SPAN.end


def share(track: Track, panel: Panel) -> float:
    """The least share of a face that a panel holds, at half-second steps."""
    found = []
    for time, box in zip(track.times[::12], track.boxes[::12], strict=True):
        window = panel.window(seconds(float(time)))
        wide = min(box[2], window.x2) - max(box[0], window.x1)
        high = min(box[3], window.y2) - max(box[1], window.y1)
        found.append(max(0, wide) * max(0, high) / ((box[2] - box[0]) * (box[3] - box[1])))
    return float(min(found))


# When several people are shown


def test_a_calm_conversation_stays_in_one_window() -> None:
    people = [face(0, 500, by_turns(4, True)), face(1, 1400, by_turns(4, False))]
    assert find_exchanges(SPAN, people) == []
    shots = director().crop_shots(scene(), people)
    assert {shot.layout for shot in shots} == {"single"}
    assert covers(shots)


def test_rapid_exchange_is_stacked_and_its_surroundings_are_not() -> None:
    left = by_turns(1, True, 6, 14) + by_turns(20, True, 0, 6)
    right = by_turns(1, False, 6, 14) + np.where(TIMES >= 14, 0.9, 0)
    shots = director().crop_shots(scene(), [face(0, 500, left), face(1, 1400, right)])
    assert covers(shots)
    assert [shot.layout for shot in shots] == ["single", "stack", "single"]
    assert 3 <= shots[1].span.start <= 7
    assert 13 <= shots[1].span.end <= 17


def test_simultaneous_speakers_are_stacked() -> None:
    (shot,) = director().crop_shots(scene(), [face(0, 1400, 0.8), face(1, 500, 0.8)])
    assert shot.layout == "stack"
    upper, lower = shot.panels
    assert (upper.into, lower.into) == ((0, 0, 1080, 960), (0, 960, 1080, 1920))
    assert upper.window(Fraction(5)).center[0] < lower.window(Fraction(5)).center[0]  # left is above


def test_a_short_exchange_does_not_change_the_layout() -> None:
    left = by_turns(0.8, True, 8, 9.6) + by_turns(20, True, 0, 8)
    right = by_turns(0.8, False, 8, 9.6) + np.where(TIMES >= 9.6, 0.9, 0)
    assert find_exchanges(SPAN, [face(0, 500, left), face(1, 1400, right)]) == []


def test_a_listener_takes_no_panel() -> None:
    people = [face(0, 400, by_turns(1, True)), face(1, 1000, 0.02), face(2, 1600, by_turns(1, False))]
    ((span, members),) = find_exchanges(SPAN, people)
    assert span == SPAN
    assert [track.id for track in members] == [0, 2]


def test_listener_with_moving_lips_takes_no_panel() -> None:
    assert find_exchanges(SPAN, [face(0, 500, 0.95), face(1, 1400, 0.8)]) == []


def test_long_absent_face_takes_no_panel() -> None:
    people = [face(0, 1400, 0.8), face(1, 500, 0.8)]
    seen = np.where((TIMES > 8) & (TIMES < 10), 0, 1).astype(np.float32)
    assert find_exchanges(SPAN, [people[0], replace(people[1], confidence=seen)]) == []


def test_three_simultaneous_speakers_form_a_grid() -> None:
    people = [face(k, x, 0.8, size=120) for k, x in enumerate((300, 950, 1600))]
    (shot,) = director().crop_shots(scene(), people)
    assert (shot.layout, len(shot.panels)) == ("grid", 3)


def test_a_layout_can_be_forbidden_and_forced() -> None:
    people = [face(0, 500, 0.8), face(1, 1400, 0.8)]
    assert {shot.layout for shot in director(allowed=("single",)).crop_shots(scene(), people)} == {"single"}
    assert {shot.layout for shot in director("single").crop_shots(scene(), people)} == {"single"}
    dead_zone = [face(0, 500, by_turns(5, True)), face(1, 1400, by_turns(5, False))]
    assert [shot.layout for shot in director("stack").crop_shots(scene(), dead_zone)] == ["stack"]
    assert [shot.layout for shot in director("fit").crop_shots(scene(), dead_zone)] == ["fit"]
    assert [shot.layout for shot in director("stack").crop_shots(scene(), dead_zone[:1])] == ["single"]


def test_near_simultaneous_speakers_share_one_window() -> None:
    near = [face(0, 880, 0.8, size=150), face(1, 1050, 0.8, size=150)]
    (shot,) = director().crop_shots(scene(), near)
    assert shot.layout == "single"
    assert all(share(track, shot.panels[0]) > 0.99 for track in near)


# What the panels hold


@pytest.mark.parametrize("size", [(1080, 1920), (1080, 1350), (1080, 1080), (1920, 1080)])
@pytest.mark.parametrize("places", [(500, 1400), (150, 1800), (760, 1160)])
def test_each_panel_holds_only_its_own_face_with_headroom(size: tuple[int, int], places: tuple[int, int]) -> None:
    people = [face(k, x, 0.8) for k, x in enumerate(places)]
    shots = director("stack", size=size).crop_shots(scene(), people)
    assert covers(shots)
    (shot,) = shots
    assert shot.layout == "stack"
    for k, panel in enumerate(shot.panels):
        assert share(people[k], panel) > 0.99
        assert share(people[1 - k], panel) < 0.3
        window = panel.window(Fraction(5))
        assert window.y1 <= people[k].boxes[125, 1] - 0.15 * 200
        x1, y1, x2, y2 = panel.into
        assert window.width / window.height == pytest.approx((x2 - x1) / (y2 - y1), rel=1e-6)
        assert (y2 - y1) / window.height <= 2.5 + 1e-6 or window.height >= 1080 * 0.99
        moves = np.diff([panel.window(Fraction(t, RATE)).center for t in range(COUNT)], axis=0)
        assert np.abs(moves).max() < 1


def test_touching_faces_are_not_split_into_panels() -> None:
    close = [face(0, 900, 0.8, size=400), face(1, 1230, 0.8, size=400)]
    assert {shot.layout for shot in director("stack").crop_shots(scene(), close)} == {"single"}


def test_known_people_keep_their_order_in_the_next_shot() -> None:
    one = director("stack")
    (first,) = one.crop_shots(scene(), [face(7, 500, 0.8), face(3, 1400, 0.8)])
    (second,) = one.crop_shots(scene(), [face(7, 1400, 0.8), face(3, 500, 0.8)])
    assert first.panels[0].window(Fraction(1)).center[0] < 900 < second.panels[0].window(Fraction(1)).center[0]


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("size", [(1080, 1920), (1080, 1350), (1080, 1080), (1920, 1080), (720, 1278)])
def test_rectangles_fill_the_output(count: int, size: tuple[int, int]) -> None:
    parts = rectangles(count, *size)
    assert len(parts) == count
    assert sum((x2 - x1) * (y2 - y1) for x1, y1, x2, y2 in parts) == math.prod(size)
    assert not any(edge % 2 for part in parts for edge in part)


# Pictures in the picture


def with_inset(left: int, top: int, wide: int, high: int) -> Borders:
    """Six pictures (180, 320) of a scene with a smaller scene over it."""
    borders, seen = Borders(), MaxPicture()
    chance = np.random.default_rng(2)
    y, x = np.mgrid[0:180, 0:320]
    for moment in range(6):
        picture = 120 + 60 * np.sin(x / 19 + moment) * np.cos(y / 11 - moment) + chance.normal(0, 4, (180, 320))
        if wide:
            part = 40 + 25 * np.sin((x + 9 * moment) / 13)
            picture[top : top + high, left : left + wide] = part[:high, :wide]
        gray = np.clip(picture, 0, 255).astype(np.uint8)
        borders.see(gray)
        seen.see(gray)
    return borders


@pytest.mark.parametrize("place", [(0, 120, 90, 60), (230, 0, 90, 60), (200, 20, 80, 60)])
def test_face_camera_is_found_and_placed_above_the_game(place: tuple[int, int, int, int]) -> None:
    left, top, wide, high = place
    scale = 1920 / 320
    speaker = face(0, (left + wide / 2) * scale, 0.8, size=120, y=(top + high / 2) * scale)
    (shot,) = director().crop_shots(scene(with_inset(*place)), [speaker])
    assert shot.layout == "inset"
    person, content = shot.panels
    assert person.into[3] == content.into[1]
    assert share(speaker, person) > 0.99
    assert share(speaker, content) == 0
    window = person.window(Fraction(3))
    assert left * scale - 1 <= window.x1 + scale
    assert window.x2 <= (left + wide) * scale + scale + 1


def test_ordinary_face_is_not_picture_in_picture() -> None:
    (shot,) = director().crop_shots(scene(with_inset(0, 0, 0, 0)), [face(0, 300, 0.8, size=120, y=900)])
    assert shot.layout == "single"


def with_disc(x: float, y: float, radius: float) -> Borders:
    """Six pictures (180, 320) of a scene with a disc of another scene over it."""
    borders = Borders()
    rows, columns = np.mgrid[0:180, 0:320]
    inside = (columns - x) ** 2 + (rows - y) ** 2 <= radius**2
    for moment in range(6):
        picture = 130 + 60 * np.sin(columns / 19 + moment) * np.cos(rows / 11 - moment)
        picture = np.where(inside, 45 + 20 * np.sin((columns + 9 * moment) / 13), picture)
        borders.see(np.clip(picture, 0, 255).astype(np.uint8))
    return borders


def test_round_face_camera_is_found_beside_faces_in_the_content() -> None:
    scale = 1920 / 320
    streamer = face(0, 60 * scale, 0.5, size=170, y=130 * scale)
    character = face(1, 200 * scale, 0.9, size=300, y=80 * scale)
    found = scene(with_disc(60, 130, 34)).disc(Box(*map(float, np.median(streamer.boxes, axis=0))))
    assert found is not None
    assert [found.x1, found.y1, found.x2, found.y2] == pytest.approx([26 * 6, 96 * 6, 94 * 6, 164 * 6], abs=10)
    (shot,) = director().crop_shots(scene(with_disc(60, 130, 34)), [character, streamer])
    assert shot.layout == "inset"
    person, content = shot.panels
    assert share(streamer, person) > 0.95
    assert share(streamer, content) == 0
    assert share(character, person) == 0


def with_still_photograph() -> Borders:
    """Six pictures (180, 320) of a slide: a still photograph with a border, and a face camera in the corner."""
    borders = Borders()
    rows, columns = np.mgrid[0:180, 0:320]
    for moment in range(6):
        picture = np.full((180, 320), 240.0)
        picture[60:140, 120:200] = (90 + 60 * np.sin(columns / 9) * np.cos(rows / 7))[60:140, 120:200]
        picture[120:180, 230:320] = (70 + 50 * np.sin((columns + 7 * moment) / 9))[120:180, 230:320]
        borders.see(np.clip(picture, 0, 255).astype(np.uint8))
    return borders


def test_face_in_a_still_photograph_does_not_make_a_gallery_of_a_slide() -> None:
    scale = 1920 / 320
    presenter = face(0, 275 * scale, 0.9, size=120, y=150 * scale)
    photograph = face(1, 160 * scale, 0.1, size=120, y=100 * scale)
    shown = scene(with_still_photograph())
    box = Box(*map(float, np.median(photograph.boxes, axis=0)))
    assert shown.pane(box) is not None
    assert shown.is_still(box)
    (shot,) = director().crop_shots(shown, [photograph, presenter])
    assert shot.layout == "inset"
    assert share(presenter, shot.panels[0]) > 0.95
    assert share(photograph, shot.panels[0]) == 0


BOARD = Box(120, 150, 1100, 700)


@pytest.mark.parametrize(("x", "board"), [(1560, BOARD), (360, Box(820, 150, 1800, 700))])
def test_presenter_beside_a_slide_is_shown_above_it(x: float, board: Box) -> None:
    presenter = face(0, x, 0.9, size=160, y=420)
    (shot,) = director().crop_shots(replace(scene(page=True), board=board), [presenter])
    assert shot.layout == "inset"
    person, content = shot.panels
    assert share(presenter, person) > 0.99
    assert share_inside(board, content.window(Fraction(3))) == 1
    assert share_inside(board, person.window(Fraction(3))) == 0
    assert person.into[3] == content.into[1]
    assert content.into[3] - content.into[1] == pytest.approx(0.4 * 1920, abs=2)


def test_a_slide_too_wide_for_its_panel_begins_with_its_first_words() -> None:
    camera = face(0, 1700, 0.9, size=150, y=900)
    wide = Box(60, 100, 1500, 760)
    (shot,) = director().crop_shots(replace(scene(page=True), board=wide), [camera])
    assert shot.layout == "inset"
    assert shot.panels[1].window(Fraction(3)).x1 < wide.x1


@pytest.mark.parametrize("place", [None, (300, 640)])
def test_without_a_slide_or_over_it_a_presenter_has_a_window_of_their_own(place: tuple[float, float] | None) -> None:
    """Nobody is taken for a presenter who stands before the text, nor where there is no text."""
    x, y = place or (1560, 420)
    shown = replace(scene(), board=None if place is None else BOARD)
    (shot,) = director().crop_shots(shown, [face(0, x, 0.9, size=160, y=y)])
    assert shot.layout == "single"


def gallery(rows: int, columns: int, gutter: int, ground: int = 30) -> tuple[Borders, list[Box]]:
    """Six pictures (360, 640) of a call: tiles of moving scenes, some dark, some narrower than their tile."""
    high, wide = (360 - gutter * (rows + 1)) // rows, (640 - gutter * (columns + 1)) // columns
    places = [
        (gutter + row * (high + gutter), gutter + column * (wide + gutter))
        for row in range(rows)
        for column in range(columns)
    ]
    borders = Borders()
    y, x = np.mgrid[0:high, 0:wide]
    for moment in range(6):
        picture = np.full((360, 640), float(ground))
        for number, (top, left) in enumerate(places):
            tile = 60 + 25 * (number % 5) + 40 * np.sin((x + 7 * moment) / (9 + number)) * np.cos((y - moment) / 8)
            if number % 4 == 3:  # a portrait picture between two dark bars
                tile[:, : wide // 5] = tile[:, -wide // 5 :] = 22
            picture[top : top + high, left : left + wide] = tile
        borders.see(np.clip(picture, 0, 255).astype(np.uint8))
    scale = 3
    return borders, [Box(x * scale, y * scale, (x + wide) * scale, (y + high) * scale) for y, x in places]


def test_tiles_of_unequal_size_side_by_side_are_found() -> None:
    places = [(60, 4, 240, 392), (92, 400, 176, 236)]  # top, left, height, width
    borders = Borders()
    y, x = np.mgrid[0:360, 0:640]
    for moment in range(6):
        picture = np.full((360, 640), 30.0)
        for number, (top, left, high, wide) in enumerate(places):
            moving = 110 + 50 * number + 40 * np.sin((x + 7 * moment) / (9 + number)) * np.cos((y - moment) / 8)
            picture[top : top + high, left : left + wide] = moving[top : top + high, left : left + wide]
        borders.see(np.clip(picture, 0, 255).astype(np.uint8))
    found = borders.tiles()
    assert len(found) == len(places)
    for tile, (top, left, high, wide) in zip(found, places, strict=True):
        assert [tile.x1, tile.y1, tile.x2, tile.y2] == pytest.approx([left, top, left + wide, top + high], abs=2)


def in_gallery(borders: Borders) -> ShotAnalysis:
    return ShotAnalysis(SPAN, Box(0, 0, 1920, 1080), page=False, writing=(), borders=borders, scale=3)


@pytest.mark.parametrize(("rows", "columns"), [(2, 2), (3, 3), (2, 3)])
@pytest.mark.parametrize("gutter", [2, 6])
def test_speakers_tile_is_shown_alone_over_a_backdrop(rows: int, columns: int, gutter: int) -> None:
    borders, tiles = gallery(rows, columns, gutter)
    first, last = 0, len(tiles) - 1
    people = [
        face(n, tile.center[0], by_turns(10, n == first) if n in (first, last) else 0.02, 90, tile.center[1])
        for n, tile in enumerate(tiles)
    ]
    shots = director().crop_shots(in_gallery(borders), people)
    assert covers(shots)
    assert [shot.layout for shot in shots] == ["tile", "tile"]
    for shot, number in zip(shots, (first, last), strict=True):
        (panel,) = shot.panels
        left, top, right, bottom = panel.into
        assert (left, right) == (0, 1080)
        window, tile = panel.window(shot.span.start), tiles[number]
        assert window.x1 >= tile.x1 - 9
        assert window.y1 >= tile.y1 - 9
        assert window.x2 <= tile.x2 + 9
        assert window.y2 <= tile.y2 + 9
        assert window.height >= 0.95 * tile.height  # from head to foot
        assert (right - left) / window.width == pytest.approx((bottom - top) / window.height, rel=0.02)
        assert share(people[number], panel) == 1


def test_a_face_between_stripes_is_no_face_camera() -> None:
    borders = Borders()
    y, x = np.mgrid[0:180, 0:320]
    for moment in range(6):
        picture = np.where(x % 16 < 2, 200, 90) + 10 * np.sin(y / 9 + moment)
        borders.see(np.clip(picture, 0, 255).astype(np.uint8))
    (shot,) = director().crop_shots(scene(borders), [face(0, 960, 0.8, size=120, y=500)])
    assert shot.layout == "single"


def test_a_gallery_with_one_small_face_is_no_face_camera_over_content() -> None:
    borders, tiles = gallery(2, 2, 6)
    people = [
        face(n, tile.center[0], 0.9 if n == 3 else 0.02, 380 if n else 90, tile.center[1])
        for n, tile in enumerate(tiles)
    ]
    assert [shot.layout for shot in director().crop_shots(in_gallery(borders), people)] == ["tile"]


def test_halves_of_a_split_screen_fill_the_output() -> None:
    borders, tiles = gallery(1, 2, 4)
    people = [face(n, tile.center[0], by_turns(10, n == 0), 200, tile.center[1]) for n, tile in enumerate(tiles)]
    shots = director().crop_shots(in_gallery(borders), people)
    assert {shot.layout for shot in shots} == {"single"}
    assert all(share(people[n], shot.panels[0]) == 1 for n, shot in enumerate(shots))


def test_an_ordinary_scene_has_no_tiles() -> None:
    assert with_inset(0, 0, 0, 0).tiles() == []
    assert Borders().tiles() == []


def test_content_excludes_the_face_camera_unless_too_costly() -> None:
    picture = Box(0, 0, 1920, 1080)
    assert beside(picture, Box(0, 720, 480, 1080), 0.9) == Box(480, 0, 1920, 1080)
    assert beside(picture, Box(800, 300, 1200, 780), 1.8) == picture


# Pages


def test_page_is_shown_whole_unless_a_presenter_speaks() -> None:
    assert [shot.layout for shot in director().crop_shots(scene(page=True), [])] == ["fit"]
    assert [shot.layout for shot in director().crop_shots(scene(page=True), [face(0, 900, 0.02)])] == ["fit"]
    assert [shot.layout for shot in director().crop_shots(scene(page=True), [face(0, 900, 0.8)])] == ["single"]
    assert [shot.layout for shot in director(allowed=("single",)).crop_shots(scene(page=True), [])] == ["single"]


@pytest.mark.parametrize("layout", ["single", "stack", "fit"])
def test_windows_exclude_black_bars(layout: Layout) -> None:
    picture = Box(0, 140, 1920, 940)
    people = [face(0, 500, 0.8, y=330), face(1, 1400, 0.02, y=330)]
    for shot in director(layout).crop_shots(scene(picture=picture), people):
        for panel in shot.panels:
            for key in panel.keyframes:
                assert key.box.y1 >= 140 - 1e-6
                assert key.box.y2 <= 940 + 1e-6


def test_picture_with_the_outputs_aspect_ratio_stays_whole() -> None:
    upright = Video("v", Fraction(LENGTH), Fraction(25), 1080, 1920, 1080, 1920, 0, Fraction(0))
    whole = ShotAnalysis(SPAN, Box(0, 0, 1080, 1920), False, (), Borders(), 1920 / 320)
    one = Director(Camera(upright, 1080, 1920), lambda camera, shot, _: camera.middle(shot.span))
    (shot,) = one.crop_shots(whole, [face(0, 500, 0.8, size=90)])
    assert shot.panels[0].keyframes[0].box == Box(0, 0, 1080, 1920)
