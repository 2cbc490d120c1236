from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest

from clipy.analysis.camera.onscreen import OnScreen
from clipy.analysis.faces.tracking.face_parts import mouth
from clipy.geometry import share_inside
from clipy.stages.render.pizzazz.captioning import planning
from clipy.stages.render.pizzazz.captioning.placement import Block, choose_heights
from clipy.stages.render.pizzazz.captioning.planning import Caption
from clipy.types import Box, CropPath, CropShot, Edit, Highlight, Keyframe, Layout, Panel, Span, Word
from clipy.typography.occupied_regions import OccupiedRegion
from clipy.typography.safe_area import text_safe_area
from clipy.typography.styles import CAPTION_PRESETS

LIMITS, USUAL, HEIGHT = (288.0, 1248.0), 1142.0, 1920


def blocks(count: int, shots: list[int] | None = None, high: float = 180) -> list[Block]:
    box = Box(240, -high / 2, 840, high / 2)
    numbers = shots or [0] * count
    spans = [Span(Fraction(numbers.index(n)), Fraction(count - numbers[::-1].index(n))) for n in numbers]
    return [
        Block(Span(Fraction(n), Fraction(n + 1)), box, number, within=span)
        for n, (number, span) in enumerate(zip(numbers, spans, strict=True))
    ]


def face(top: float, size: float, start: int = 0, end: int = 10, x: float = 540) -> list[OnScreen]:
    box = Box(x - size * 0.4, top, x + size * 0.4, top + size)
    return [OnScreen(Fraction(tick, 5), box, 0) for tick in range(start * 5, end * 5)]


def placed(
    faces: list[OnScreen], count: int = 3, shots: list[int] | None = None, taken: tuple[OccupiedRegion, ...] = ()
) -> list[float]:
    return choose_heights(blocks(count, shots), faces, taken, LIMITS, USUAL, HEIGHT)


def covered(faces: list[OnScreen], middles: list[float]) -> float:
    return max(
        share_inside(mouth(item.box), Box(240, middle - 90, 840, middle + 90)) for item in faces for middle in middles
    )


def test_usual_height_without_faces() -> None:
    assert placed([]) == [USUAL] * 3


def test_usual_height_below_a_higher_face() -> None:
    assert placed(face(500, 300)) == [USUAL] * 3


def test_captions_go_below_the_chin_where_they_fit() -> None:
    faces = face(640, 420)  # the chin is at 1060, and the usual place begins at 1052
    middles = placed(faces)
    assert covered(faces, middles) == 0
    assert all(USUAL <= middle <= LIMITS[1] - 90 + 1 for middle in middles)


@pytest.mark.parametrize("top", [300, 500, 700, 900])
@pytest.mark.parametrize("size", [300, 500, 700, 900, 1200])
def test_captions_never_cover_a_mouth(top: int, size: int) -> None:
    faces = face(top, size)
    middles = placed(faces)
    assert covered(faces, middles) == 0
    assert all(LIMITS[0] <= middle - 90 and middle + 90 <= LIMITS[1] for middle in middles)


def test_captions_go_above_the_forehead_when_the_chin_is_too_low() -> None:
    middles = placed(face(600, 700))
    assert max(middles) + 90 <= 600 + 0.3 * 700


def test_captions_do_not_jump_within_a_shot() -> None:
    """The face comes close in the second of four seconds: all four cards get out of its way."""
    faces = [*face(500, 300, 0, 1), *face(760, 600, 1, 2), *face(500, 300, 2, 4)]
    middles = placed(faces, 4)
    assert len(set(middles)) == 1
    assert covered(faces, middles) == 0


def test_at_a_cut_captions_may_move() -> None:
    faces = [*face(760, 600, 0, 2), *face(400, 300, 2, 4)]
    middles = placed(faces, 4, [0, 0, 1, 1])
    assert middles[0] == middles[1] != middles[2] == middles[3] == USUAL


def test_one_height_serves_shots_whose_faces_differ_a_little() -> None:
    """Chins at 1030, 1066 and 1050: the height that is free in all three is kept, not the best of each."""
    faces = [*face(630, 400, 0, 2), *face(666, 400, 2, 4), *face(650, 400, 4, 6)]
    middles = placed(faces, 6, [0, 0, 1, 1, 2, 2])
    assert len(set(middles)) == 1
    assert covered(faces, middles) == 0


def test_captions_return_to_the_usual_height_after_a_close_up() -> None:
    close = face(700, 800, 2, 4)
    middles = placed([*face(400, 300, 0, 2), *close, *face(400, 300, 4, 6)], 6, [0, 0, 1, 1, 2, 2])
    assert middles[:2] == middles[4:] == [USUAL] * 2
    assert covered(close, middles[2:4]) == 0


def test_captions_lie_on_the_chest_rather_than_on_a_forehead() -> None:
    """The usual place is on the mouth, that above it on the forehead; below the chin there is room in the spare."""
    faces = face(420, 760)
    middles = choose_heights(blocks(3), faces, (), LIMITS, USUAL, HEIGHT, 1420.0)
    assert all(middle - 90 >= 420 + 0.94 * 760 for middle in middles)


def _across_a_cut(faces: list[OnScreen], cut: int, *, stacked: bool = False) -> list[Caption]:
    """A caption that is seen from 0 to 4 s, with a cut of the picture in it; ``stacked``: to two panels."""
    ends = (Fraction(0), Fraction(cut, 10), Fraction(4))
    whole = Panel((Keyframe(Fraction(0), Box(0, 0, 1080, 1920)),), (0, 0, 1080, 1920))
    halves = tuple(replace(whole, into=(0, top, 1080, top + 960)) for top in (0, 960))
    before, after = (Span(*span) for span in pairwise(ends))
    shots = (CropShot(before, "single", (whole,)), CropShot(after, "single", (whole,)))
    if stacked:
        shots = (shots[0], CropShot(after, "stack", halves))
    span = Span(Fraction(0), Fraction(4))
    edit = Edit(Highlight(span), CropPath(1080, 1920, shots), (span,), "en")
    words = (Word("One", Fraction(0), Fraction(1)), Word("two.", Fraction(1), Fraction(4)))
    cards, taken = planning.place(
        [Caption(span, (words,))], [CAPTION_PRESETS["bold"]], edit, text_safe_area(1080, 1920), faces, ()
    )
    assert [item.span for item in taken] == [card.span for card in cards]
    return cards


def test_card_moves_at_a_cut_when_one_height_does_not_suit_both_shots() -> None:
    low, high = face(900, 500, 0, 2), face(360, 700, 2, 4)
    first, second = _across_a_cut([*low, *high], 20)
    assert [first.span.end, second.span.start, second.span.end] == [2, 2, 4]
    assert first.words == second.words
    assert first.position * HEIGHT + 90 < 900
    assert second.position * HEIGHT - 90 > 360 + 0.94 * 700


def test_a_card_is_not_split_without_need() -> None:
    (still,) = _across_a_cut(face(300, 300, 0, 4), 20)
    assert still.span == Span(Fraction(0), Fraction(4))
    (glance,) = _across_a_cut([*face(800, 400, 0, 1), *face(360, 700, 1, 4)], 2)
    assert glance.span == Span(Fraction(0), Fraction(4))


@pytest.mark.parametrize("cut", [2, 20, 38])
def test_a_card_ends_where_the_layout_changes(cut: int) -> None:
    """However close to its beginning or end: under the seam of a stack lies a forehead."""
    high, low = face(600, 400, 0, 4), face(1130, 400, 0, 4)
    faces = [before if before.time < Fraction(cut, 10) else after for before, after in zip(high, low, strict=True)]
    first, second = _across_a_cut(faces, cut, stacked=True)
    assert [first.span.start, first.span.end, second.span.end] == [0, Fraction(cut, 10), 4]
    assert second.span.start == first.span.end
    assert second.position == 0.5 != first.position


def test_a_part_too_short_to_be_seen_is_left_out_where_the_layout_changes() -> None:
    words = (Word("One", Fraction(0), Fraction(1)), Word("two.", Fraction(1), Fraction(4)))
    span, whole = (
        Span(Fraction(0), Fraction(4)),
        Panel((Keyframe(Fraction(0), Box(0, 0, 1080, 1920)),), (0, 0, 1080, 1920)),
    )
    edges = (Fraction(0), Fraction(1, 20), Fraction(79, 20), Fraction(4))
    layouts: tuple[Layout, ...] = ("fit", "single", "fit")
    shots = tuple(
        CropShot(Span(*part), layout, (whole,)) for part, layout in zip(pairwise(edges), layouts, strict=True)
    )
    edit = Edit(Highlight(span), CropPath(1080, 1920, shots), (span,), "en")
    cards, _ = planning.place(
        [Caption(span, (words,))], [CAPTION_PRESETS["bold"]], edit, text_safe_area(1080, 1920), (), ()
    )
    assert [card.span for card in cards] == [Span(edges[1], edges[2])]


def test_stacked_captions_lie_on_the_seam() -> None:
    """The faces of two people, one above the other: the usual place is the lower one's forehead."""
    cards = [replace(block, seam=960.0) for block in blocks(3)]
    faces = [*face(280, 400), *face(1180, 400)]
    assert choose_heights(cards, faces, (), LIMITS, USUAL, HEIGHT) == [960.0] * 3


def test_occupied_regions_are_avoided() -> None:
    title = Box(200, 1000, 880, 1240)
    middles = placed([], 3, None, (OccupiedRegion(Span(Fraction(0), Fraction(3)), title),))
    assert all(share_inside(title, Box(240, middle - 90, 840, middle + 90)) == 0 for middle in middles)


def test_a_face_beside_the_captions_does_not_matter() -> None:
    assert placed(face(900, 300, x=1000)) == [USUAL] * 3


def test_a_card_that_is_taller_than_the_area_is_in_its_middle() -> None:
    (middle,) = choose_heights(blocks(1, high=1200), [], (), LIMITS, USUAL, HEIGHT)
    assert middle == pytest.approx(sum(LIMITS) / 2)


def test_the_spare_area_is_used_only_if_needed() -> None:
    """It is taken rather than to cover a head or text, and not while there is another free place."""
    wall = OccupiedRegion(Span(Fraction(0), Fraction(3)), Box(0, 960, 1080, 1200))
    spare = 1420.0
    crowded = choose_heights(blocks(3), face(200, 800), (wall,), LIMITS, USUAL, HEIGHT, spare)
    assert all(1200 + 90 <= middle <= spare - 90 + 1 for middle in crowded)
    chest = choose_heights(blocks(3), face(440, 700), (), LIMITS, USUAL, HEIGHT, spare)
    assert all(middle - 90 >= 440 + 0.94 * 700 for middle in chest)
    for faces, taken in ((face(300, 600), ()), (face(800, 600), ()), ([], (wall,))):
        middles = choose_heights(blocks(3), faces, taken, LIMITS, USUAL, HEIGHT, spare)
        assert all(middle + 90 <= LIMITS[1] + 1 for middle in middles)
