"""What a passage is judged by, where it is cut, what it is called, and which of two that say the same stays."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

import numpy as np
import pytest

from clipy.analysis.meaning.duplicates import distinct
from clipy.analysis.meaning.openings import standalone
from clipy.context import Context
from clipy.media.loudness import Levels
from clipy.stages.highlight.selection.candidates import Candidate, candidates, snapped
from clipy.stages.highlight.selection.features import Features, Judge
from clipy.stages.highlight.selection.interval_scheduling import beside, best_set
from clipy.stages.highlight.selection.meaning import Meaning, meaning_of
from clipy.stages.highlight.selection.titles import title
from clipy.text.sentences import Sentence, sentences
from clipy.types import Shot, Span, Transcript, Word

BEAT = Fraction(2, 5)  # seconds a word lasts


def spoken(*texts: str, pause: Fraction = Fraction(1), language: str = "en") -> list[Sentence]:
    """The texts said one after the other, with a pause after each, beginning after one pause."""
    words, time = [], pause
    for text in texts:
        for word in text.split():
            words.append(Word(word, time, time + BEAT))
            time += BEAT
        time += pause
    return list(sentences(Transcript(language, tuple(words))))


def at(start: float, end: float) -> Span:
    return Span(Fraction(start), Fraction(end))


DULL = (
    "The committee approved the minutes of the last meeting.",
    "The form is sent to the office in the second week.",
    "The table lists the figures for each of the districts.",
    "The handle is turned to the left and then released.",
)
TOLD = (
    "I was nine years old when my father walked out.",
    "He never said goodbye, and he never came back.",
    "I hated him for twenty years.",
    "Then one night the phone rang, and it was him.",
)


def judged(said: list[Sentence], meaning: Meaning | None = None, target: Fraction | None = None) -> Judge:
    length = float(said[-1].span.end) + 2
    levels = Levels(np.full(int(length * 10), -20, dtype=np.float32))
    return Judge(said, levels, meaning=meaning, target=target)


def run(said: list[Sentence], first: int, last: int) -> Candidate:
    span = Span(said[first].span.start, said[last].span.end)
    return Candidate(first, last, span, (Fraction(1), Fraction(1)))


def test_story_beats_logistics_with_striking_words(ctx: Context) -> None:
    said = spoken(*DULL, *TOLD, *DULL[::-1])
    judge = judged(said, meaning_of(said, "", ctx))
    runs = [run(said, first, first + 3) for first in range(len(said) - 3)]
    assert max(runs, key=lambda item: judge.features(item).score).first == 4
    features = judge.features(run(said, 4, 7))
    assert all(0 <= value <= 1 for value in features.values.values())
    assert "striking words" in features.reason()
    assert features.values["striking"] > 0.7 > 0.3 > judge.features(run(said, 0, 3)).values["striking"]


def test_interest_model_works_across_languages(ctx: Context) -> None:
    said = spoken("Mein Vater hat uns verlassen, als ich neun war.", "Die Tabelle enthält die Zahlen des Jahres.")
    striking = meaning_of(said, "", ctx).striking
    assert striking[0] > 0.7 > 0.3 > striking[1]


def test_requested_topic_is_found_by_meaning(ctx: Context) -> None:
    said = spoken("Her salary was three thousand dollars a month.", *DULL, "The dog slept on the porch.")
    asked = meaning_of(said, "how much she earned", ctx).asked
    assert asked is not None
    assert int(np.argmax(asked)) == 0
    assert meaning_of(said, "", ctx).asked is None


def test_retelling_is_a_duplicate_and_another_story_is_not(ctx: Context) -> None:
    again = ("My father left us when I was nine.", "He went away without a farewell and never returned.")
    said = spoken(*TOLD[:2], *DULL, *again)
    meaning = meaning_of(said, "", ctx)
    assert meaning.same(run(said, 0, 1), run(said, 6, 7))
    assert not meaning.same(run(said, 0, 1), run(said, 2, 5))


def test_equal_texts_are_distinct_unless_marked_as_duplicates() -> None:
    kept, left = distinct(["one two three", "four five six"], str, lambda one, other: True)
    assert kept == ["one two three"]
    assert left == [("four five six", "one two three")]


def test_typical_lengths_are_preferred_by_default() -> None:
    said = spoken(*(DULL * 12))
    judge, brief = judged(said), judged(said, target=Fraction(15))

    def length(of: Judge, seconds: int) -> float:
        return of.features(Candidate(0, 1, at(0, seconds), (Fraction(1), Fraction(1)))).values["length"]

    assert length(judge, 20) == length(judge, 36) == 1
    assert length(judge, 10) == length(judge, 72) == 0.5
    assert length(brief, 15) == 1
    assert length(brief, 30) == 0.5


def test_opening_with_a_back_reference_scores_lower() -> None:
    plain = "A good teacher listens."
    assert standalone(plain, plain, "en") == 1
    assert standalone("And that was it.", plain, "en") < 0.5
    assert standalone("The plan failed, as I said.", plain, "en") == 0
    assert standalone("Two, it is high time to publish.", plain, "en") < 0.5
    assert standalone("Two men walked into a bar.", plain, "en") == 1
    assert standalone("Das war es.", plain, "de") == 0.5
    for joined, language in (("Und das war es.", "de"), ("Pero nadie lo sabe.", "es"), ("Но никто не знал.", "ru")):
        assert standalone(joined, plain, language) < 0.5


def test_reason_without_strengths_is_explicit() -> None:
    assert Features({"standalone": 0.1}, {"standalone": -0.3}).reason().startswith("no single strength")
    assert (
        Features({"standalone": 1.0, "energy": 0.6}, {"standalone": 0.24, "energy": 0.02}).reason()
        == "needs no context"
    )


def test_candidates_leave_a_margin_to_speech() -> None:
    tight = spoken(*(DULL * 3), pause=Fraction(1, 5))
    wide = spoken(*(DULL * 3), pause=Fraction(2, 5))
    inner = [
        item for item in candidates(tight, Fraction(100), Fraction(5), Fraction(20)) if item.first and item.last < 11
    ]
    assert inner
    assert not any(item.clear for item in inner)
    found = list(candidates(wide, Fraction(100), Fraction(5), Fraction(20)))
    assert all(item.clear for item in found)
    words = [word for sentence in wide for word in sentence.words]
    for item in found:
        assert all(word.end + Fraction(3, 20) <= item.span.start for word in words if word.end <= item.span.start)
        assert all(word.start - Fraction(3, 20) >= item.span.end for word in words if word.start >= item.span.end)


def test_ends_of_the_video_need_no_margin() -> None:
    said = spoken(*TOLD, pause=Fraction(1, 10))
    whole = [item for item in candidates(said, said[-1].span.end, Fraction(2), Fraction(60)) if item.last == 3]
    assert [item.clear for item in whole if item.first == 0] == [True]


def test_edge_snaps_to_a_cut_only_in_silence() -> None:
    words = [Word("before.", Fraction(8), Fraction(9)), Word("Said", Fraction(10), Fraction(30))]
    span = Span(Fraction(98, 10), Fraction(304, 10))

    def start(cut: Fraction) -> Fraction:
        shots = [Shot(Span(Fraction(0), cut)), Shot(Span(cut, Fraction(40)))]
        return snapped(span, shots, words, Fraction(5), Fraction(60)).start

    assert start(Fraction(95, 10)) == Fraction(95, 10)
    assert start(Fraction(91, 10)) == span.start  # 0.1 s after a word
    assert start(Fraction(995, 100)) == span.start  # 0.05 s before one


def test_interval_scheduling_is_optimal() -> None:
    chance = random.Random(1)
    for _ in range(30):
        items = []
        for number in range(9):
            begin = chance.randint(0, 20)
            items.append((at(begin, begin + chance.randint(1, 8)), chance.random(), number))
        allowed = [
            sum(weight for _, weight, _ in some)
            for count in range(4)
            for some in itertools.combinations(items, count)
            if not any(a[0].overlap(b[0]) for a, b in itertools.combinations(some, 2))
        ]
        assert sum(weight for _, weight, _ in best_set(items, 3)) == pytest.approx(max(allowed))
        taken = [span for span, _, _ in best_set(items, 2)]
        assert beside(items, taken) == [item for item in items if not any(item[0].overlap(span) for span in taken)]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("So, um, why do we never finish anything?",), "Why do we never finish anything?"),
        (("Yeah.", "Money is not the point here."), "Money is not the point here"),
        (
            ("And the answer surprised everyone in the laboratory, because nobody had looked at it for thirty years.",),
            "The answer surprised everyone in the laboratory",
        ),
        (("So what?", "I do not care at all."), "I do not care at all"),
        (("Number three: never trust a man who has nothing to lose.",), "Never trust a man who has nothing to lose"),
        (("1. Never give up on people.",), "Never give up on people"),
        (("Well, I think that we should all stop.",), "We should all stop"),
        # what only looks like filler or numbering
        (("No man is an island.",), "No man is an island"),
        (("Right now is all the time you have.",), "Right now is all the time you have"),
        (("Look at me when I talk.",), "Look at me when I talk"),
        (("I think, therefore I am.",), "I think, therefore I am"),
        (("Two men walked into the bar.",), "Two men walked into the bar"),
        (("2.5 million people lost their homes.",), "2.5 million people lost their homes"),
        (("J. Smith never paid.",), "J. Smith never paid"),
        (("That is who we are.",), "That is who we are"),
        (("One, two, three.",), "One, two, three"),
    ],
)
def test_titles_are_whole_phrases_without_fillers(texts: tuple[str, ...], expected: str) -> None:
    assert title(spoken(*texts)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Two, it is high time that communists should openly, in the face of the whole world, publish their views.",
        "You will not get a single dollar of that money until you have finished every page of this report.",
        "He is not a man who ever gives up on anything that he once began to do with his own two hands.",
        "If you want to be really happy, you must learn to give away the things that you love most in life.",
    ],
)
def test_title_prefers_a_whole_sentence(text: str) -> None:
    assert title(spoken(text, "We sold the house that same night.")) == "We sold the house that same night"
    assert title(spoken(text)).startswith(text.split()[1 if text.startswith("Two") else 0].capitalize())


def test_title_works_without_punctuation() -> None:
    text = "we sold the house on the hill and i never went back to look at it because nothing was left to look at"
    assert title(spoken(text)) == "We sold the house on the hill"
    assert title(spoken("so I was walking home with the dog and the")) == "I was walking home with the dog…"


@pytest.mark.parametrize(
    ("text", "expected", "language"),
    [
        (
            "Workers of the World United Manifesto of the Communist Party by Karl Marx and Frederick Engels.",
            "Workers of the World United Manifesto…",
            "en",
        ),
        (
            "He is not a man who ever gives up on anything that he once began to do with his own two hands.",
            "He is not a man who ever gives up on anything…",
            "en",
        ),
        (
            "Мне безумно нравится то, что мы ведем этот прекрасный влог, а...",
            "Мне безумно нравится то, что мы ведем этот прекрасный влог",
            "ru",
        ),
        ("Мне безумно нравится то, что...", "Мне безумно нравится то…", "ru"),
        (
            "I am happy to see you on my channel and I am sure you will like what we see.",
            "I am happy to see you on my channel",
            "en",
        ),
    ],
)
def test_long_sentence_is_cut_at_a_phrase_for_a_title(text: str, expected: str, language: str) -> None:
    assert title(spoken(text, language=language)) == expected


def test_titles_are_unique_where_possible() -> None:
    said = spoken("The old captain died alone.", "Nobody had asked him.")
    assert title(said) == "The old captain died alone"
    assert title(said, taken={"The old captain died alone"}) == "Nobody had asked him"
    assert title(said[:1], taken={"The old captain died alone"}) == "The old captain died alone"


def test_title_without_back_reference_is_preferred() -> None:
    assert title(spoken("He had never done that.", "The old captain died alone.")) == "The old captain died alone"


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("de", "Er hat alles verloren.", "Er hat alles verloren"),
        ("de", "Ähm, also, niemand hat uns gefragt.", "Niemand hat uns gefragt"),
        ("de", "So ist das Leben.", "So ist das Leben"),
        ("es", "No lo sé todavía.", "No lo sé todavía"),
        ("es", "Pero, ¿por qué nadie dijo nada?", "¿Por qué nadie dijo nada?"),
        ("fr", "Et alors, personne ne savait pourquoi.", "Personne ne savait pourquoi"),
        ("fr", "Or il faut le dire.", "Or il faut le dire"),
        ("pt", "Um homem perdeu tudo.", "Um homem perdeu tudo"),
        ("ru", "Ну, никто не знал, почему.", "Никто не знал, почему"),
        ("sv", "Men jag visste inte varför.", "Jag visste inte varför"),
        ("fi", "No en tiedä vielä.", "No en tiedä vielä"),
        ("ja", "でも、私は一度も諦めたことがない。", "私は一度も諦めたことがない"),
    ],
)
def test_only_fillers_of_the_language_are_removed(language: str, text: str, expected: str) -> None:
    assert title(spoken(text, language=language)) == expected


def test_title_is_short_and_quoted_for_any_text() -> None:
    endless = "The " + "very " * 40 + "long road"
    found = title(spoken(endless))
    assert len(found) <= 60
    assert found.endswith("very…")
    assert title(spoken(*DULL), worth=[0, 0, 1, 0]) == DULL[2].rstrip(".")
