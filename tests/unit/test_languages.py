"""Which language is spoken when: changes are found, slips of the network are not taken for changes."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest

from clipy.analysis.alignment.sphinx import Sphinx
from clipy.analysis.transcription.faster_whisper import FasterWhisper
from clipy.analysis.transcription.whisper.languages import (
    Languages,
    Utterance,
    most_plausible,
    stretches,
    utterances,
)
from clipy.context import Context
from clipy.media.probe import probe
from clipy.storage.store import Store
from clipy.text.sentences import sentences
from clipy.types import Span, Transcript, Video, Word
from fixtures.media import make_video
from fixtures.speech import SAID, Speech, played, speak

ENGLISH = SAID[: SAID.index("Half of them")].strip()
SPANISH = (
    "Ayer por la noche el barco llegó al puerto después de un largo viaje. Toda la ciudad bajó corriendo al agua. "
    "Nadie lo había esperado antes de la primavera. El capitán estaba en la cubierta y contaba a su gente."
)


def span(start: float, end: float) -> Span:
    return Span(Fraction(start), Fraction(end))


def heard(*parts: tuple[float, float, dict[str, float]]) -> list[Utterance]:
    return [Utterance(span(start, end), likely) for start, end, likely in parts]


def languages(known: Languages, parts: list[Utterance]) -> list[str]:
    """Each language in turn, as often as the path changes to it."""
    return [code for code, _ in groupby(known.path(parts))]


def test_utterances_end_at_breaths_and_are_long_enough_to_identify_a_language() -> None:
    speech = [span(0, 2), span(2.2, 5), span(5.5, 6), span(8, 11), span(11.2, 12), span(12.5, 60)]
    assert utterances(speech) == [span(0, 6), span(8, 12), span(12.5, 60)]
    assert utterances([span(0, 2), span(2.5, 4.5), span(5, 9)]) == [span(0, 2), span(2.5, 4.5), span(5, 9)]
    assert utterances([span(0, 0.5)]) == [span(0, 0.5)]
    assert utterances([]) == []


def test_language_change_is_placed_in_the_middle_of_the_silence() -> None:
    parts = heard((0, 6, {"en": 0.95}), (7, 12, {"en": 0.9}), (14, 20, {"de": 0.9, "en": 0.05}), (21, 27, {"de": 0.6}))
    path = Languages(several=True).path(parts)
    assert stretches(span(0, 30), parts, path) == [(span(0, 13), "en"), (span(13, 30), "de")]
    assert Languages(several=False).path(parts) == ["en"] * 4


@pytest.mark.parametrize("slip", [{"cy": 0.9, "en": 0.08}, {"la": 0.97}, {"de": 0.55, "nl": 0.2, "en": 0.15}])
def test_single_misclassification_is_ignored(slip: dict[str, float]) -> None:
    parts = heard((0, 9, {"en": 0.9}), (10, 15, slip), (16, 25, {"en": 0.95}))
    assert Languages(several=True).path(parts) == ["en"] * 3


def test_unclear_utterances_in_a_row_confirm_each_other() -> None:
    """As heard of a rough voice: by itself, none of them would do."""
    rough = [(14, 18.5, {"es": 0.66, "en": 0.02}), (19, 24.7, {"es": 0.37, "la": 0.22, "en": 0.09})]
    parts = heard((0, 12, {"en": 0.9}), *rough, (25, 28.5, {"es": 0.32, "haw": 0.25, "en": 0.02}))
    assert languages(Languages(several=True), parts) == ["en", "es"]
    apart = heard((0, 12, {"en": 0.9}), rough[0], (18.6, 18.9, {"en": 0.9}), rough[1])
    assert languages(Languages(several=True), apart) == ["en"]


def test_earlier_languages_are_remembered() -> None:
    known = Languages(several=True)
    known.path(heard((0, 20, {"pt": 0.95}), (21, 40, {"ru": 0.97})))
    assert languages(known, heard((40, 44, {"ru": 0.95, "en": 0.02}), (45, 49, {"pt": 0.9}))) == ["ru", "pt"]


def test_only_utterances_that_do_not_fit_the_path_have_rivals() -> None:
    known = Languages(several=True)
    fits, foreign, unclear, short = heard(
        (0, 9, {"en": 0.9, "de": 0.06}),
        (10, 12, {"de": 0.8, "nl": 0.15, "en": 0.02}),
        (13, 15, {"la": 0.3, "en": 0.3, "cy": 0.05}),
        (16, 16.5, {"fr": 0.9}),
    )
    assert known.path([fits, foreign, unclear, short]) == ["en"] * 4
    assert [known.rivals(one, "en") for one in (fits, foreign, unclear, short)] == [[], ["de", "nl"], [], []]
    doubtful, latin = heard((17, 19, {"en": 0.56, "de": 0.28}), (20, 25, {"la": 0.7, "it": 0.08, "en": 0.02}))
    assert known.rivals(doubtful, "en") == ["de"]
    assert known.rivals(latin, "en") == ["it", "es", "fr", "pt"]
    known.add("cy")
    assert known.rivals(unclear, "en") == ["cy"]
    single = Languages(several=False)
    single.path([fits])
    assert single.rivals(foreign, "en") == []


@pytest.mark.parametrize(
    ("likely", "confidence", "expected"),
    [
        ({"pt": 0.98}, {"en": -0.7, "pt": -0.4}, "pt"),
        ({"de": 0.5, "en": 0.4}, {"en": -0.9, "de": -0.4}, "de"),
        ({"hu": 0.5, "en": 0.1}, {"en": -0.12, "hu": -0.9}, "en"),  # a slip of the network
        ({"hr": 0.45}, {"en": -1.35, "hr": -1.0}, "en"),  # unclear, in whatever language
        ({"de": 0.5, "en": 0.4}, {"en": -0.5, "de": -0.4}, "en"),  # hardly better
        ({"fr": 0.32, "br": 0.23, "en": 0.02}, {"en": -0.5, "fr": -1.37, "br": -0.71}, "en"),  # recognized best in it
        ({"es": 0.6}, {"en": -math.inf, "es": -0.6}, "es"),
    ],
)
def test_the_language_is_the_one_in_which_something_is_recognized(
    likely: dict[str, float], confidence: dict[str, float], expected: str
) -> None:
    assert most_plausible(Utterance(span(0, 2), likely), "en", confidence) == expected


def test_sentences_end_at_language_changes() -> None:
    texts = [("So", None), ("he", None), ("said", None), ("你", "zh"), ("好", "zh"), ("and", None), ("left", None)]
    words = tuple(Word(text, Fraction(n), Fraction(n) + 1, language=code) for n, (text, code) in enumerate(texts))
    found = sentences(Transcript("en", words))
    assert [(sentence.text, sentence.language) for sentence in found] == [
        ("So he said", "en"),
        ("你好", "zh"),
        ("and left", "en"),
    ]


@pytest.fixture(scope="module")
def two_languages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Video, float]:
    """A video in which English is spoken, then Spanish; and when the latter begins."""
    english, spanish = speak(ENGLISH), speak(SPANISH, "es", 140)
    pause = np.zeros(round(0.8 * english.rate), dtype=np.float32)
    sound = np.concatenate([english.samples, pause, spanish.samples])
    path = tmp_path_factory.mktemp("languages") / "two.mp4"
    length = len(sound) / english.rate + 1
    video = probe(make_video(path, seconds=length, size=(64, 64), play=played(Speech(sound, english.rate, ()))))
    return video, (len(english.samples) + len(pause)) / english.rate


def test_each_language_is_transcribed_in_its_own_script(
    two_languages: tuple[Video, float], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    video, change = two_languages
    ctx = Context(Store(tmp_path), tmp_path)
    found = FasterWhisper().transcribe(video, ctx)
    codes = [found.language_of(word) for word in found.words]
    assert codes == sorted(codes)  # en, then es
    first = codes.index("es")
    assert abs(float(found.words[first].start) - change) < 0.6
    english, spanish = (" ".join(w.text for w in words).lower() for words in (found.words[:first], found.words[first:]))
    assert all(word in english for word in ("most people", "laboratory", "morning"))
    assert all(word in spanish for word in ("ayer por la noche", "primavera", "contaba a su gente"))
    aligned = Sphinx().align(video, found, ctx)
    assert aligned.language == found.language
    assert [word.text for word in aligned.words] == [word.text for word in found.words]
    assert aligned.words[first:] == found.words[first:]
    assert aligned.words[:first] != found.words[:first]
    assert "only English is aligned, not 'es'" in caplog.text


def test_a_short_turn_in_another_language_is_neither_translated_nor_lost(tmp_path: Path) -> None:
    """Of one sentence: alone too little evidence for a language."""
    parts = [
        speak(ENGLISH[: ENGLISH.index(" We gave")]),
        speak("Mein Bruder kam gestern sehr spät nach Hause, weil der Zug nicht fuhr.", "de"),
        speak("By evening the inn was full of stories, and the captain told all of them again."),
    ]
    rate = parts[0].rate
    pause = np.zeros(round(0.3 * rate), dtype=np.float32)
    sound = np.concatenate([item for part in parts for item in (part.samples, pause)])
    path = make_video(
        tmp_path / "a.mp4", seconds=len(sound) / rate, size=(64, 64), play=played(Speech(sound, rate, ()))
    )
    found = FasterWhisper().transcribe(probe(path), Context(Store(tmp_path), tmp_path))
    runs = [
        (code, " ".join(word.text for word in words).lower())
        for code, words in groupby(found.words, key=found.language_of)
    ]
    assert [code for code, _ in runs] == ["en", "de", "en"]
    assert "laboratory" in runs[0][1]
    assert "kam gestern sehr" in runs[1][1]
    assert "told all of them again" in runs[2][1]
