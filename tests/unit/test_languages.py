"""Which language is spoken when: changes are found, slips of the network are not taken for changes."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from clipy.analysis.alignment.sphinx import Sphinx
from clipy.analysis.transcription.faster_whisper import FasterWhisper
from clipy.analysis.transcription.whisper.languages import Languages, Utterance, utterances
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


def test_utterances_end_at_pauses_and_are_long_enough_to_identify_a_language() -> None:
    speech = [span(0, 2), span(2.2, 5), span(5.5, 6), span(8, 11), span(11.2, 12), span(12.5, 60)]
    assert utterances(speech) == [span(0, 5), span(5.5, 12), span(12.5, 60)]
    assert utterances([]) == []


def test_language_change_is_placed_in_the_middle_of_the_silence() -> None:
    parts = heard((0, 6, {"en": 0.95}), (7, 12, {"en": 0.9}), (14, 20, {"de": 0.9, "en": 0.05}), (21, 27, {"de": 0.6}))
    assert Languages(several=True).stretches(span(0, 30), parts) == [(span(0, 13), "en"), (span(13, 30), "de")]
    assert Languages(several=False).stretches(span(0, 30), parts) == [(span(0, 30), "en")]


@pytest.mark.parametrize("slip", [{"cy": 0.9, "en": 0.08}, {"la": 0.97}, {"de": 0.55, "nl": 0.2, "en": 0.15}])
def test_single_misclassification_is_ignored(slip: dict[str, float]) -> None:
    parts = heard((0, 9, {"en": 0.9}), (10, 15, slip), (16, 25, {"en": 0.95}))
    assert Languages(several=True).stretches(span(0, 26), parts) == [(span(0, 26), "en")]


def test_unclear_utterances_in_a_row_confirm_each_other() -> None:
    """As heard of a rough voice: by itself, none of them would do."""
    rough = [(14, 18.5, {"es": 0.66, "en": 0.02}), (19, 24.7, {"es": 0.37, "la": 0.22, "en": 0.09})]
    parts = heard((0, 12, {"en": 0.9}), *rough, (25, 28.5, {"es": 0.32, "haw": 0.25, "en": 0.02}))
    assert [language for _, language in Languages(several=True).stretches(span(0, 30), parts)] == ["en", "es"]
    apart = heard((0, 12, {"en": 0.9}), rough[0], (18.6, 18.9, {"en": 0.9}), rough[1])
    assert [language for _, language in Languages(several=True).stretches(span(0, 30), apart)] == ["en"]


def test_earlier_languages_are_remembered() -> None:
    known = Languages(several=True)
    known.stretches(span(0, 40), heard((0, 20, {"pt": 0.95}), (21, 40, {"ru": 0.97})))
    short = heard((40, 44, {"ru": 0.95, "en": 0.02}), (45, 49, {"pt": 0.9}))
    assert [language for _, language in known.stretches(span(40, 50), short)] == ["ru", "pt"]


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
