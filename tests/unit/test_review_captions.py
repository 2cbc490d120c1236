"""Captions are read off the finished picture and compared with what is said: late, missing, misplaced, rude."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from clipy.analysis.base import Transcriber
from clipy.analysis.clip_qc.caption_match import match_captions
from clipy.analysis.clip_qc.retranscribe import retranscribe
from clipy.analysis.clip_qc.screen_text import ScreenLine
from clipy.analysis.clip_qc.text_reader import TextReader
from clipy.analysis.transcription.subtitles import Subtitles
from clipy.context import Context
from clipy.media.probe import probe
from clipy.stages.review.captions import Captions
from clipy.stages.review.checks.caption_lines import caption_lines, planned_places, source_captions
from clipy.stages.review.checks.second_reading import read_again
from clipy.types import Box, Clip, Finding, Json, Span, Video, Word
from fixtures.media import make_video
from tests.spoken_clips import SIZE, captioned, hearing, said, source, spoken_words

Make = Callable[..., Clip]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Video, tuple[Word, ...], Context]:
    folder = tmp_path_factory.mktemp("captioned")
    speech = said()
    words = spoken_words(speech)
    return folder, source(folder / "source.mp4", speech), words, hearing(folder, words)


@pytest.fixture(scope="module")
def good(world: tuple[Path, Video, tuple[Word, ...], Context]) -> Clip:
    folder, video, words, ctx = world
    return captioned(folder, "good", video, words, ctx)


def _found(clip: Clip, ctx: Context, **options: object) -> dict[str, Finding]:
    reviewer = Captions(Captions.Options.model_validate(options))
    return {finding.check: finding for finding in reviewer.review(clip, ctx).findings}


def test_good_captions_have_no_findings(good: Clip, world: tuple[Path, Video, tuple[Word, ...], Context]) -> None:
    assert _found(good, world[3]) == {}
    assert _found(replace(good, edit=None), world[3]) == {}


def test_late_captions_are_reported_with_the_offset(
    world: tuple[Path, Video, tuple[Word, ...], Context],
) -> None:
    folder, video, words, ctx = world

    def late(cards: list[Json]) -> list[Json]:
        cards = deepcopy(cards)
        for card in cards:
            times = [card["span"], *(word for line in card["lines"] for word in line)]
            for item in times:
                item["start"], item["end"] = (str(Fraction(item[key]) + Fraction(2, 5)) for key in ("start", "end"))
        return cards

    clip = captioned(folder, "late", video, words, ctx, change=late)
    found = _found(replace(clip, edit=None), ctx)
    assert set(found) == {"caption-timing"}
    assert found["caption-timing"].value == pytest.approx(0.4, abs=0.1)
    assert found["caption-timing"].evidence is not None


def test_missing_words_and_bad_placement_are_reported(world: tuple[Path, Video, tuple[Word, ...], Context]) -> None:
    folder, video, words, ctx = world

    def holes(cards: list[Json]) -> list[Json]:
        kept = []
        for number, card in enumerate(deepcopy(cards)):
            if number % 3 != 1:
                kept.append(card)
        return kept

    clip = captioned(folder, "holes", video, words, ctx, change=holes, position=0.9, safe_area=False)
    found = _found(clip, ctx)
    assert set(found) == {"missing-words", "safe-area"}
    assert found["missing-words"].value == pytest.approx(1 / 3, abs=0.15)
    assert _found(clip, ctx, safe_area=False, max_missing=0.9) == {}


def test_a_closer_look_reads_cards_that_are_there_and_no_others(
    good: Clip, world: tuple[Path, Video, tuple[Word, ...], Context]
) -> None:
    folder, video, words, ctx = world
    places = planned_places(good)
    nothing = (False,) * len(words)
    assert np.mean(read_again(probe(good.path), words, nothing, places, TextReader(ctx.report))) > 0.9

    def none(cards: list[Json]) -> list[Json]:
        return cards[:1]

    bare = captioned(folder, "one-card", video, words, ctx, change=none)
    assert np.mean(read_again(probe(bare.path), words, nothing, places[1:], TextReader(ctx.report))) < 0.1


def test_unrecognized_speech_is_reported(world: tuple[Path, Video, tuple[Word, ...], Context], tmp_path: Path) -> None:
    """Hearing it again does not tell, where the network fails in the same way."""
    folder, video, words, _ = world
    middle = words[0].start + (words[-1].end - words[0].start) / 2
    heard = tuple(word for word in words if abs(word.start - middle) > 3)
    ctx = hearing(tmp_path, heard)
    clip = captioned(folder, "lost", video, heard, ctx)
    found = _found(clip, ctx)
    assert set(found) == {"uncaptioned"}
    assert found["uncaptioned"].value == pytest.approx(6, abs=1.5)
    assert _found(clip, ctx, max_uncaptioned=10) == {}


def test_planned_but_absent_captions_are_reported(
    good: Clip, world: tuple[Path, Video, tuple[Word, ...], Context]
) -> None:
    bare = replace(good, path=world[1].path)
    assert set(_found(bare, world[3])) == {"no-captions"}
    assert _found(replace(bare, edit=None), world[3]) == {}
    assert set(_found(replace(bare, edit=None), world[3], required=True)) == {"no-captions"}


def test_captions_are_compared_with_the_plan_when_transcriptions_disagree(
    good: Clip, world: tuple[Path, Video, tuple[Word, ...], Context], tmp_path: Path
) -> None:
    first, last = world[2][0], world[2][-1]
    heard = (replace(first, text="Rivers carve valleys"), replace(last, text="in a million years"))
    found = _found(good, hearing(tmp_path, heard))
    assert {check: finding.severity for check, finding in found.items()} == {"unsure": "warning"}


def test_other_text_and_similar_captions_are_not_confused(
    world: tuple[Path, Video, tuple[Word, ...], Context], tmp_path: Path
) -> None:
    """A recording of a screen, whose small lines come and go, under captions that differ in a few letters."""
    code = ("import numpy as np", "def forward(inputs):", "loss.backward()", "for step in range(9):")

    def screen(time: float, size: tuple[int, int]) -> NDArray[np.uint8]:
        picture = np.full((size[1], size[0], 3), 24, np.uint8)
        for row in range(0 if time % 1.5 < 1 else 3, 6):
            at = (10, 40 + 26 * row)
            cv2.putText(picture, code[(row + int(time)) % 4], at, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (200, 200, 200), 1)
        return picture

    texts = "By working a lot harder, by being a lot smarter, by being a self-starter.".split()
    words = tuple(Word(text, Fraction(n, 3), Fraction(n + 1, 3)) for n, text in enumerate(texts))
    video = probe(make_video(tmp_path / "screen.mp4", seconds=5, size=SIZE, draw=screen))
    ctx = hearing(tmp_path, words)
    clip = captioned(tmp_path, "clip", video, words, ctx)
    assert _found(clip, ctx) == {}


def _as_planned(clip: Clip) -> list[ScreenLine]:
    """What a reader without a fault would see of a clip's captions."""
    plan = clip.edit.plans["captions"] if clip.edit else None
    assert isinstance(plan, dict)
    read = []
    for card, taken in zip(plan["cards"], plan["occupied"], strict=True):
        times, box = (Fraction(card["span"][side]) for side in ("start", "end")), taken["box"]
        text = " ".join(word["text"] for line in card["lines"] for word in line)
        read.append(ScreenLine(Span(*times), Box(box["x1"], box["y1"], box["x2"], box["y1"] + 40), text, 1.0))
    return read


def test_source_captions_are_distinguished_from_planned_ones(
    good: Clip, world: tuple[Path, Video, tuple[Word, ...], Context]
) -> None:
    """Those of the source are smaller, and more of them: not for their number are they taken for the clip's."""
    words = world[2]
    theirs = [ScreenLine(word.span, Box(100, 600, 100 + 9 * len(word.text), 618), word.text, 1.0) for word in words]
    shown = sorted([*theirs, *_as_planned(good)], key=lambda line: line.span.start)
    found = caption_lines(good, shown, words, words)
    assert found is not None
    assert {line.box.height for line in found.lines} == {40}
    assert all(found.match.shown)
    assert len(source_captions(found, shown)) >= 4
    assert not source_captions(found, [*found.lines, *theirs[:5]]), "a sign or two"


def test_unreadable_words_are_not_missing(good: Clip, world: tuple[Path, Video, tuple[Word, ...], Context]) -> None:
    words, (first, second, *rest) = world[2], _as_planned(good)
    box = replace(second.box, y2=second.box.y1 + 20)
    blurred = caption_lines(good, [first, replace(second, text="THASA", box=box), *rest], words, words)
    gone = caption_lines(good, [first, *rest], words, words)
    assert blurred is not None
    assert gone is not None
    assert all(blurred.match.shown)
    assert not all(gone.match.shown)


def test_subtitle_words_are_not_transcribed_again(
    good: Clip, world: tuple[Path, Video, tuple[Word, ...], Context]
) -> None:
    reading = replace(world[3], analysers={**world[3].analysers, Transcriber: Subtitles()})
    assert retranscribe(replace(good, edit=None), reading).words == ()
    assert len(retranscribe(good, reading).words) == len(world[2])


def test_repeated_phrase_is_matched_by_time() -> None:
    words = [Word(text, Fraction(at), Fraction(at + 1)) for at, text in enumerate("go on now please go on now".split())]
    box = Box(0, 0, 10, 10)
    lines = [ScreenLine(Span(Fraction(4), Fraction(7)), box, "GO ON NOW", 1.0)]
    match = match_captions(lines, words)
    assert match.shown == (False, False, False, False, True, True, True)
    assert match.late == pytest.approx(-0.1)
    assert match.said == 1


def test_merged_words_and_misread_letters_still_match() -> None:
    words = [Word(text, Fraction(at), Fraction(at + 1)) for at, text in enumerate("are you going to speak".split())]
    box = Box(0, 0, 10, 10)
    lines = [ScreenLine(Span(Fraction(0), Fraction(3)), box, "AREY0U GOlNG", 1.0)]
    match = match_captions(lines, words)
    assert match.shown == (True, True, True, False, False)
    assert match.said > 0.8
