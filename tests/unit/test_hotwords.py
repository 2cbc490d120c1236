"""Expected names: what the recognizer is given, and which recognized words are corrected."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from clipy.analysis.transcription.faster_whisper import FasterWhisper
from clipy.analysis.transcription.whisper.hotwords import corrected, prompt, read_glossary
from clipy.context import Context
from clipy.errors import ConfigError
from clipy.media.probe import probe
from clipy.storage.store import Store
from clipy.types import Word
from fixtures.speech import Speech

COMMON = set("we all like the a of is colby clip pie remote motion love new relic go notion you tube and air".split())


def spoken(text: str, probability: float = 0.9) -> list[Word]:
    return [Word(part, Fraction(n), Fraction(n + 1), probability) for n, part in enumerate(text.split())]


def correct(text: str, *names: str, probability: float = 0.9) -> str:
    return " ".join(word.text for word in corrected(spoken(text, probability), names, COMMON.__contains__))


@pytest.mark.parametrize(
    ("said", "name", "right"),
    [
        ("we like Clippy, and", "Clipy", "we like Clipy, and"),
        ("(Clippy's new pie)", "Clipy", "(Clipy's new pie)"),
        ("of Ada Lovelays.", "Ada Lovelace", "of Ada Lovelace."),
        ("the Tick Tock", "TikTok", "the TikTok"),
        ("the Iphone is new", "iPhone", "the iPhone is new"),
        ("new relic is new", "New Relic", "New Relic is new"),
        ("we like Beyonce", "Beyoncé", "we like Beyoncé"),
        ("we like Жэлязны", "Желязны", "we like Желязны"),
    ],
)
def test_near_misses_are_replaced_by_the_name(said: str, name: str, right: str) -> None:
    assert correct(said, name) == right


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("we like Colby", "Clipy"),  # same consonants to the ear, but a common word
        ("a clip pie", "Clipy"),
        ("we go and go", "Go"),
        ("the motion", "Notion"),
        ("all Remotions of Remotion", "Remotion"),  # inflected, not misrecognized
        ("we like Klaus", "Claude"),
        ("Tick. Tock", "TikTok"),  # the end of a sentence between them
        ("the Anne is", "Anna"),  # too short to tell
    ],
)
def test_other_words_stay(said: str, name: str) -> None:
    assert correct(said, name) == said


def test_an_improbable_common_word_is_a_misrecognized_name() -> None:
    assert correct("we like motion", "Motian") == "we like motion"
    assert correct("we like motion", "Motian", probability=0.3) == "we like Motian"


def test_the_most_similar_name_is_taken() -> None:
    assert correct("we like Kristofer", "Christoph", "Christopher") == "we like Christopher"


def test_times_are_kept() -> None:
    words = spoken("the Tick Tock of Clippy")
    found = corrected(words, ["TikTok", "Clipy"], COMMON.__contains__)
    assert [(word.text, int(word.start), int(word.end)) for word in found] == [
        ("the", 0, 1),
        ("TikTok", 1, 3),
        ("of", 3, 4),
        ("Clipy", 4, 5),
    ]


def test_prompt_holds_what_fits(caplog: pytest.LogCaptureFixture) -> None:
    assert prompt(["Clipy", "Ada Lovelace"]) == "Clipy, Ada Lovelace"
    assert not caplog.text
    assert 500 < len(prompt([f"Name{n:04}" for n in range(200)])) <= 600
    assert "the first 60 of 200" in caplog.text


def test_glossary_has_one_name_a_line(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_text("\ufeff# guests\nAda Lovelace\n\n  Clipy \n", encoding="utf-8")
    assert read_glossary(path) == ["Ada Lovelace", "Clipy"]
    path.write_bytes("Beyoncé".encode("utf-16"))
    with pytest.raises(ConfigError, match="one name per line"):
        read_glossary(path)
    with pytest.raises(ConfigError, match="glossary cannot be read"):
        FasterWhisper(FasterWhisper.Options(glossary=tmp_path / "nowhere.txt")).identity()


def test_identity_changes_with_names(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_text("Clipy\n")
    listed = FasterWhisper(FasterWhisper.Options(glossary=path))
    plain, first = FasterWhisper().identity(), listed.identity()
    path.write_text("Ada Lovelace\n")
    other = FasterWhisper(FasterWhisper.Options(hotwords=["Clipy"])).identity()
    assert len({str(identity) for identity in (plain, first, listed.identity(), other)}) == 4


class Recognizer:
    """A stand-in for faster-whisper's pipeline that misspells a name."""

    def __init__(self, speech: Speech) -> None:
        self.speech, self.asked = speech, list[dict[str, Any]]()

    def stand_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take the place of the loaded network."""
        home = "clipy.analysis.transcription.faster_whisper"
        monkeypatch.setattr(f"{home}._pipeline", lambda whisper, brief: self)
        monkeypatch.setattr(FasterWhisper, "_whisper", lambda self, ctx: None)

    def transcribe(self, samples: Any, **options: Any) -> tuple[Iterator[Any], None]:
        self.asked.append(options)
        words = [
            SimpleNamespace(word=" Klippy," if n == 3 else f" {text}", start=start, end=end, probability=0.9)
            for n, ((text, start), end) in enumerate(zip(self.speech.words, self.speech.ends, strict=True))
        ]
        return iter([SimpleNamespace(words=words, no_speech_prob=0.1, avg_logprob=-0.2, compression_ratio=1.5)]), None


def test_names_reach_the_recognizer_and_its_words_are_corrected(
    talk: Path, speech: Speech, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    glossary, recognizer = tmp_path / "names.txt", Recognizer(speech)
    glossary.write_text("Ada Lovelace\n")
    recognizer.stand_in(monkeypatch)
    options = FasterWhisper.Options(language="en", hotwords=["Clipy"], glossary=glossary)
    found = FasterWhisper(options).transcribe(probe(talk), Context(Store(tmp_path), tmp_path))
    assert {asked["hotwords"] for asked in recognizer.asked} == {"Clipy, Ada Lovelace"}
    assert found.words[3].text == "Clipy,"
    assert [word.text for word in found.words[4:]] == [text for text, _ in speech.words[4:]]
    assert float(found.words[3].start) == pytest.approx(speech.words[3][1], abs=0.1)


def test_metadata_is_a_hint_on_request(
    talk: Path, speech: Speech, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recognizer = Recognizer(speech)
    recognizer.stand_in(monkeypatch)
    tags = {"title": "Clipy explained", "artist": "Ada Lovelace", "encoder": "Lavf"}
    monkeypatch.setattr("clipy.analysis.transcription.whisper.transcriber.audio_file_tags", lambda path: tags)
    for hints, expected in ((False, None), (True, "Clipy explained, Ada Lovelace")):
        options = FasterWhisper.Options(language="en", metadata_hints=hints)
        FasterWhisper(options).transcribe(probe(talk), Context(Store(tmp_path), tmp_path))
        assert recognizer.asked.pop()["hotwords"] == expected
