"""What editors chose is found in any transcript: its forms, its teaser, and what only looks like one."""

from __future__ import annotations

import json
import random
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmark"))

from clipy.types import Highlight, Span
from highlighting.cold_opens import boilerplate, cold_open, tokens
from highlighting.editor_scoring import Score, area_under_curve, score_picks
from highlighting.episodes import load
from highlighting.public_transcripts import read

CHOSEN = (
    "nobody told us that the bridge would fall on the very first day it was opened to all of the people here".split()
)


def talk(count: int, seed: int = 0) -> list[str]:
    """Words that hardly ever come in the same order twice."""
    return random.Random(seed).choices([f"w{index}" for index in range(900)], k=count)


def times(words: list[str]) -> list[float]:
    return [index / 2.7 for index in range(len(words) + 1)]


def test_a_teaser_is_found_in_its_place() -> None:
    words = [*CHOSEN, *talk(1500), *CHOSEN, *talk(800, 1)]
    found = cold_open(words, times(words))
    assert found is not None
    assert found.opening == len(CHOSEN)
    assert found.passages == ((len(CHOSEN) + 1500, 2 * len(CHOSEN) + 1500),)


def test_a_teaser_that_drops_and_changes_words_is_found() -> None:
    cut = [*CHOSEN[:5], *CHOSEN[7:13], "that", *CHOSEN[14:]]
    words = [*cut, *talk(1500), *CHOSEN, *talk(800, 1)]
    found = cold_open(words, times(words))
    assert found is not None
    assert found.passages == ((len(cut) + 1500, len(cut) + len(CHOSEN) + 1500),)


def test_what_all_openings_of_a_show_say_is_no_teaser() -> None:
    words = [*CHOSEN, *talk(1500), *CHOSEN, *talk(800, 1)]
    shared = boilerplate([[*CHOSEN, *talk(50, seed)] for seed in range(5)])
    assert cold_open(words, times(words), shared) is None


def test_what_is_said_again_at_once_is_no_teaser() -> None:
    words = [*CHOSEN, *talk(40), *CHOSEN, *talk(2000, 1)]
    assert cold_open(words, times(words)) is None


def test_words_are_compared_without_punctuation() -> None:
    assert tokens(["“Don’t,”", "she", "said."]) == ["don't", "she", "said"]


def sentences_of(words: list[str]) -> str:
    ends = (f"{word}." if index % 9 == 8 else word for index, word in enumerate(words))
    return " ".join(word.capitalize() if index % 9 == 0 else word for index, word in enumerate(ends))


FORMS = {
    "above.md": "Ann (00:00:00):\n{0}\n\nBob (00:10:00):\n{1}\n\n" + "Ann ({2}):\nYes.\n\n" * 16,
    "linked.md": "Ann [(00:00:00)](https://x.y/z) {0}\n\nBob [(00:10:00)](https://x.y/z) {1}\n\n"
    + "Ann [({2})](https://x.y/z) Yes.\n\n" * 16,
    "brackets.txt": "[Ann] [00:00] {0}\n[Bob] [10:00] {1}\n" + "[Ann] [{2}] Yes.\n" * 16,
}


@pytest.mark.parametrize("name", FORMS)
def test_forms_of_transcripts_are_read(name: str, tmp_path: Path) -> None:
    said, answered = talk(900), talk(900, 1)
    text = FORMS[name].format(" ".join(said), " ".join(answered), "00:20:00" if name != "brackets.txt" else "20:00")
    (tmp_path / name).write_text(text, encoding="utf-8")
    transcript, _ = read(tmp_path / name)
    assert [word.text for word in transcript.words[:1800]] == [*said, *answered]
    assert {word.speaker for word in transcript.words[:900]} == {"Ann"}
    assert {word.speaker for word in transcript.words[900:1800]} == {"Bob"}
    assert float(transcript.words[900].start) == pytest.approx(600, abs=0.01)
    assert float(transcript.words[450].start) == pytest.approx(300, abs=0.01)


def test_captions_and_changes_of_speaker_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:03.000\nOne two\n\n00:04.000 --> 00:06.000\nthree.\n")
    transcript, _ = read(tmp_path / "a.vtt")
    assert [(word.text, float(word.start)) for word in transcript.words] == [("One", 1), ("two", 2.5), ("three.", 4)]
    (tmp_path / "b.txt").write_text("He asked. &gt;&gt; She said yes.")
    assert [word.text for word in read(tmp_path / "b.txt")[0].words] == ["He", "asked.", "She", "said", "yes."]


def test_episodes_are_loaded_by_show_from_transcripts_and_from_labels(tmp_path: Path) -> None:
    words = [*CHOSEN, *talk(2500), *CHOSEN, *talk(400, 1)]
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "one.txt").write_text(sentences_of(words), encoding="utf-8")
    (tmp_path / "first" / "two.txt").write_text(sentences_of(talk(2500, 3)), encoding="utf-8")
    turns = [{"speaker": "Ann", "start": 60.0, "text": sentences_of(talk(300))}]
    label = {"body_start": 60.0, "duration": 200.0, "turns": turns, "highlights": [{"start": 80, "end": 90}]}
    (tmp_path / "second").mkdir()
    (tmp_path / "second" / "three.json").write_text(json.dumps(label), encoding="utf-8")
    (tmp_path / "second" / "other.json").write_text("{}", encoding="utf-8")
    found = load(tmp_path)
    assert [(one.show, one.name) for one in found] == [("first", "one"), ("second", "three")]
    assert len(found[0].transcript.words) == len(words) - len(CHOSEN)
    assert found[1].passages == (Span(80, 90),)  # type: ignore[arg-type]
    assert float(found[1].transcript.words[-1].end) == 200


def test_areas_and_hits_are_counted(tmp_path: Path) -> None:
    assert area_under_curve(np.array([3.0, 1.0, 2.0, 2.0]), np.array([True, False, True, False])) == 0.875
    turns = [{"speaker": "Ann", "start": 0.0, "text": sentences_of(talk(300))}]
    label = {"body_start": 0.0, "duration": 1000.0, "turns": turns, "highlights": [{"start": 100, "end": 120}]}
    (tmp_path / "a.json").write_text(json.dumps(label), encoding="utf-8")
    episode = load(tmp_path)[0]
    hit, missed = (Highlight(Span(*map(Fraction, edges)), 0.1) for edges in ((104, 150), (400, 450)))
    score = score_picks(episode, [hit, missed], 0.7)
    assert list(score.hits) == [True, False]
    assert [*score.start_errors, *score.end_errors] == [4, 30]
    assert 0.02 < score.pick_chance < 0.12
    assert score.pick_chance < score.any_chance < 2.2 * score.pick_chance
    table = Score.mean([score, score_picks(episode, [missed], 0.5)])
    assert [table[name] for name in ("pick_hit", "any_of_5", "auc")] == pytest.approx([1 / 3, 0.5, 0.6], abs=1e-3)
    assert Score.calibration([score_picks(episode, [hit, missed, missed], 0.7, 1)])["calibration_level"] < 0
    nothing = Score.mean([score_picks(episode, [missed], 0.5)])
    assert nothing["start_error_s"] is None
