"""Forced alignment on synthesised speech, whose words begin and end at known times."""

from __future__ import annotations

import re
from dataclasses import replace
from difflib import SequenceMatcher
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from clipy import models
from clipy.analysis.alignment.forced.acoustic_model import AcousticModel
from clipy.analysis.alignment.forced.cepstra import features
from clipy.analysis.alignment.forced.letter_to_sound import readings
from clipy.analysis.alignment.forced.pronunciation import Pronunciations
from clipy.analysis.alignment.forced.viterbi import Graph, best_path
from clipy.analysis.alignment.none import Unaligned
from clipy.analysis.alignment.sphinx import Sphinx
from clipy.analysis.base import Aligner, Transcriber
from clipy.analysis.perception import transcript_of
from clipy.backend import Backend
from clipy.context import Context
from clipy.errors import ModelError
from clipy.media.probe import probe
from clipy.storage.store import Store
from clipy.types import Transcript, Video, Word, seconds
from fixtures.media import make_video
from fixtures.speech import Speech, played, speak


@pytest.fixture
def quiet(tmp_path: Path) -> Context:
    return Context(Store(tmp_path / "store"), tmp_path)


@pytest.fixture(scope="module")
def pronunciations() -> Pronunciations:
    return Pronunciations(models.fetch("sphinx-en") / "cmudict-en-us.dict")


def blurred(speech: Speech, by: float = 0.3) -> Transcript:
    """The words that were said, each up to ``by`` seconds off, as a transcriber might have them."""
    random = np.random.default_rng(3)
    words, last = [], 0.0
    for (text, start), end in zip(speech.words, speech.ends, strict=True):
        begin = max(last, start + random.uniform(-by, by))
        last = max(begin + 0.05, end + random.uniform(-by, by))
        words.append(Word(text, seconds(begin), seconds(last), 0.9))
    return Transcript("en", tuple(words))


def errors(found: Transcript, speech: Speech) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Seconds by which each word begins and ends off its true times."""
    starts = [abs(float(word.start) - start) for word, (_, start) in zip(found.words, speech.words, strict=True)]
    ends = [abs(float(word.end) - end) for word, end in zip(found.words, speech.ends, strict=True)]
    return np.array(starts), np.array(ends)


@pytest.mark.parametrize(
    ("voice", "pace", "noise"), [("en-us", 150, 0.0), ("en-gb", 190, 0.0), ("en-us+f2", 160, 0.01)]
)
def test_words_align_with_the_speech(tmp_path: Path, quiet: Context, voice: str, pace: int, noise: float) -> None:
    text = (
        "When the ship came into the harbour, the whole town ran down to the water. Nobody had expected it before "
        "spring. She told the mayor that the ice had moved faster than any chart could show."
    )
    speech = speak(text, voice, pace)
    dirt = np.random.default_rng(1).normal(0, noise, len(speech.samples)).astype(np.float32)
    play = played(replace(speech, samples=speech.samples + dirt))
    video = probe(make_video(tmp_path / "a.mp4", seconds=len(dirt) / speech.rate + 1, size=(64, 64), play=play))
    rough = blurred(speech)
    found = Sphinx().align(video, rough, quiet)
    assert [word.text for word in found.words] == [word.text for word in rough.words]
    before, after = errors(rough, speech), errors(found, speech)
    for was, now in zip(before, after, strict=True):
        assert np.median(now) < 0.03 < np.median(was)
        assert np.quantile(now, 0.9) < 0.1
    assert all(a.end <= b.start for a, b in pairwise(found.words))
    assert all(word.probability == 0.9 for word in found.words)


def test_unpronounceable_word_stays_between_its_neighbours(talk: Path, speech: Speech, quiet: Context) -> None:
    rough = blurred(speech)
    words = [replace(word, text="Xqzzk") if index % 7 == 3 else word for index, word in enumerate(rough.words)]
    found = Sphinx().align(probe(talk), Transcript("en", tuple(words)), quiet)
    starts, _ = errors(found, speech)
    assert np.median(starts) < 0.03
    assert np.median(starts[3::7]) < 0.1


def test_unspoken_text_does_not_shift_words(talk: Path, quiet: Context) -> None:
    """A transcript of something else: times stay in order, inside the video, and near where they were."""
    other = blurred(speak("Completely different words were never spoken in this recording, and yet here they are."))
    found = Sphinx(Sphinx.Options(reach=0.5)).align(probe(talk), other, quiet)
    assert len(found.words) == len(other.words)
    assert all(a.end <= b.start for a, b in pairwise(found.words))
    for was, now in zip(other.words, found.words, strict=True):
        assert abs(now.start - was.start) < 1


def test_other_languages_keep_their_times(talk: Path, quiet: Context, caplog: pytest.LogCaptureFixture) -> None:
    german = Transcript("de", (Word("Guten", Fraction(1), Fraction(2)),))
    assert Sphinx().align(probe(talk), german, quiet) == german
    assert "'de'" in caplog.text


class Rough(Transcriber):
    """Hears two words."""

    def transcribe(self, video: Video, ctx: Context) -> Transcript:
        return Transcript("en", (Word("Why", Fraction(0), Fraction(1, 2)), Word("do", Fraction(1, 2), Fraction(1))))


class Unavailable(Aligner):
    """Has no weights."""

    def align(self, video: Video, transcript: Transcript, ctx: Context) -> Transcript:
        raise ModelError("no weights")


def test_words_are_aligned_when_an_aligner_is_configured(
    talk: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def heard(*aligners: Aligner) -> Transcript:
        analysers: dict[type[Backend], Backend] = {Transcriber: Rough()}
        for aligner in aligners:
            analysers[Aligner] = aligner
        return transcript_of(probe(talk), Context(Store(tmp_path), tmp_path, analysers))

    rough = heard()
    assert heard(Unaligned()) == rough
    assert heard(Sphinx()) != rough
    assert heard(Unavailable()) == rough
    assert "unrefined: no weights" in caplog.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("$5", "F AY V D AA L ER Z"),
        ("21st", "T W EH N T IY F ER S T"),
        ("1999,", "N AY N T IY N N AY N T IY N AY N"),
        ("1905", "N AY N T IY N OW F AY V"),
        ("100,000", "W AH N HH AH N D R AH D TH AW Z AH N D"),
        ("90s", "N AY N T IY Z"),
        ("3.5%", "TH R IY P OY N T F AY V P ER S EH N T"),
        ("twenty-one", "T W EH N T IY W AH N"),
        ("audiobook", "AA D IY OW B UH K"),
        ("“Café?”", "K AH F EY"),
        ("don’t", "D OW N T"),
        ("TikTok", "T IH K T AA K"),
        ("ChatGPT", "CH AE T JH IY P IY T IY"),
        ("GPUs", "JH IY P IY Y UW Z"),
        ("skibidi", "S K IH B IH D IY"),
        ("Xqzzk", "EH K S K Y UW Z IY Z IY K EY"),
        ("你好", ""),
        ("…", ""),
    ],
)
def test_written_words_get_pronunciations(pronunciations: Pronunciations, text: str, said: str) -> None:
    ways = pronunciations.of(text)
    assert [" ".join(way) for way in ways[:1]] == ([said] if said else [])


def test_rules_read_most_words_nearly_as_the_dictionary_does(pronunciations: Pronunciations) -> None:
    words = "stumble kitchen remote harbor machine flavor bright nation wonder pickle strange moment fashion"
    alike = [
        max(SequenceMatcher(None, rule, way).ratio() for rule in readings(word) for way in pronunciations.of(word))
        for word in words.split()
    ]
    assert np.mean(alike) > 0.8
    assert min(alike) >= 0.4


def test_a_word_is_known_where_all_of_its_parts_are(pronunciations: Pronunciations) -> None:
    assert all(word in pronunciations for word in ("harbor", "twenty-one", "audiobook", "3.5%", "don’t"))
    assert all(word not in pronunciations for word in ("TikTok", "skibidi", "skibidi-based", "你好", ""))


def test_words_that_the_dictionary_lacks_are_not_squeezed(
    pronunciations: Pronunciations, tmp_path: Path, quiet: Context
) -> None:
    """Between words of the dictionary, each unknown word still gets most of its time."""
    speech = speak("The fanciest remotions of Plotinus made the Tiktok crowd of Zarathoo wonder about skibidi toilets.")
    unknown = [index for index, (text, _) in enumerate(speech.words) if text not in pronunciations]
    assert [speech.words[index][0] for index in unknown] == ["remotions", "Plotinus", "Tiktok", "Zarathoo", "skibidi"]
    path = make_video(tmp_path / "a.mp4", seconds=len(speech.samples) / speech.rate, size=(64, 64), play=played(speech))
    found = Sphinx().align(probe(path), blurred(speech, 0.2), quiet)
    for index in unknown:
        word, truth = found.words[index], (speech.words[index][1], speech.ends[index])
        shared = min(float(word.end), truth[1]) - max(float(word.start), truth[0])
        assert shared > 0.7 * (truth[1] - truth[0]), word.text


def test_every_number_has_a_pronunciation(pronunciations: Pronunciations) -> None:
    for text in ["0", "007", "10th", "12th", "40th", "1100", "2000", "2024", "987654321012", "1" * 30, "5s", "3s"]:
        assert pronunciations.of(text), text


def test_viterbi_finds_the_most_likely_path() -> None:
    """Against trying every way: three states in a row, of which the second may be jumped over."""
    scores = np.log(np.random.default_rng(0).dirichlet(np.ones(3), 6)).astype(np.float32)
    graph = Graph(starts=[0], ends=[2])
    graph.add(0, 0, (0, 6), [(0, -0.5)])
    graph.add(1, 1, (0, 6), [(0, -0.4), (1, -0.6)])
    graph.add(2, 2, (0, 6), [(1, -0.3), (0, -2.0), (2, -0.1)])
    costs = {(0, 0): -0.5, (0, 1): -0.4, (1, 1): -0.6, (1, 2): -0.3, (0, 2): -2.0, (2, 2): -0.1}

    def worth(way: tuple[int, ...]) -> float:
        moves = sum(costs.get(move, -1e9) for move in pairwise(way))
        return moves + sum(float(scores[frame, state]) for frame, state in enumerate(way))

    ways = [way for way in np.ndindex(3, 3, 3, 3, 3, 3) if way[0] == 0 and way[-1] == 2]
    path = best_path(graph, scores)
    assert path is not None
    assert tuple(path.tolist()) == max(ways, key=worth)


def test_missing_path_is_reported() -> None:
    graph = Graph(starts=[0], ends=[1])
    graph.add(0, 0, (0, 1), [(0, -0.5)])
    graph.add(1, 1, (5, 9), [(0, -0.5), (1, -0.5)])
    assert best_path(graph, np.zeros((9, 2), dtype=np.float32)) is None


def test_spoken_phones_are_most_likely() -> None:
    model = AcousticModel.load(models.fetch("sphinx-en"))
    speech = speak("She was so sure that the sea would show us nothing at all.", words_per_minute=110)
    at = np.arange(0, len(speech.samples), speech.rate / 16_000)
    sound = np.interp(at, np.arange(len(speech.samples)), speech.samples).astype(np.float32)
    middles = [int(model.senones[number, 1]) for number in model.phones.values()]
    best = model.scores(features(sound), middles).argmax(axis=1)
    heard = [list(model.phones)[index] for index in best]
    for phone in ("SH", "IY", "W"):
        assert re.search(f"({phone} ){{4}}", " ".join(heard)), phone


@pytest.mark.parametrize("name", ["mdef", "means", "sendump", "transition_matrices"])
def test_damaged_model_is_refused(tmp_path: Path, name: str) -> None:
    good = models.fetch("sphinx-en")
    for file in ("mdef", "means", "variances", "sendump", "transition_matrices"):
        (tmp_path / file).write_bytes((good / file).read_bytes())
    (tmp_path / name).write_bytes((good / name).read_bytes()[:1500])
    with pytest.raises(ModelError, match="not an acoustic model"):
        AcousticModel.load(tmp_path)
