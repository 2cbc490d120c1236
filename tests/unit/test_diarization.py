"""Who speaks when: two synthesised voices in turns, the parts by themselves, and checkpoints that are no tensors."""

from __future__ import annotations

import io
import pickle
import zipfile
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from clipy.analysis.base import Diarizer
from clipy.analysis.diarization.pyannote import _in_video
from clipy.analysis.diarization.voice_turns import VoiceTurns, cluster_voices
from clipy.analysis.people.turns import conversation as conversation_of
from clipy.analysis.people.turns import smooth_by_sentence, turns_of, without_rare_speakers, words_to_turns
from clipy.context import Context
from clipy.errors import ModelError
from clipy.media.probe import probe
from clipy.models.tensors import read_tensors
from clipy.storage.store import Store
from clipy.types import Span, Transcript, Turn, Video, Word
from fixtures.media import make_video
from fixtures.speech import speak

LINES = (
    ("A", "Good evening, and welcome to the programme. Tonight we talk about ships."),
    ("B", "Thank you for having me. I have worked on ships for more than twenty years."),
    ("A", "What was the longest journey that you ever made?"),
    ("B", "We sailed around the whole world once, and it took us nearly three years."),
    ("A", "And would you do the same again if somebody asked you today?"),
    ("B", "Of course I would. Nothing else in life is as quiet as the open water."),
)
VOICES = {"A": ("en-us+croak", 150), "B": ("en-us+f4", 170)}


@pytest.fixture(scope="module")
def conversation(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Turn]]:
    """A video in which two people speak in turns, half a second apart, and who speaks when."""
    parts, turns, at = [np.zeros(11_025, dtype=np.float32)], list[Turn](), Fraction(1, 2)
    for speaker, line in LINES:
        speech = speak(line, *VOICES[speaker])
        assert speech.rate == 22_050
        spoken = speech.samples[: round(speech.ends[-1] * speech.rate)]
        turns.append(Turn(Span(at, at + Fraction(len(spoken), speech.rate)), speaker))
        parts += [spoken, np.zeros(11_025, dtype=np.float32)]
        at = turns[-1].span.end + Fraction(1, 2)
    sound = np.concatenate(parts)
    where = np.arange(len(sound)) / 22_050

    def play(times: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.interp(times, where, sound, left=0.0, right=0.0)

    path = tmp_path_factory.mktemp("conversation") / "two.mp4"
    return make_video(path, seconds=float(at), size=(64, 64), play=play), turns


def overlap(one: list[Turn], other: list[Turn]) -> float:
    return float(sum(a.span.overlap(b.span) for a in one for b in other))


@pytest.mark.parametrize("speakers", [None, 2])
def test_two_voices_get_two_speakers(
    conversation: tuple[Path, list[Turn]], tmp_path: Path, speakers: int | None
) -> None:
    path, truth = conversation
    video = probe(path)
    diarizer = VoiceTurns(VoiceTurns.Options(speakers=speakers))
    found = diarizer.diarize(video, (video.span,), Context(Store(tmp_path), tmp_path))
    assert found == sorted(found, key=lambda turn: turn.span)
    assert {turn.speaker for turn in found} == {"1", "2"}
    said = float(sum(turn.span.duration for turn in truth))
    for name, heard in (("A", "1"), ("B", "2")):
        true = [turn for turn in truth if turn.speaker == name]
        right = [turn for turn in found if turn.speaker == heard]
        wrong = [turn for turn in found if turn.speaker != heard]
        assert overlap(true, right) > 0.85 * sum(turn.span.duration for turn in true)
        assert overlap(true, wrong) < 0.05 * said
    assert sum(turn.span.duration for turn in found) < 1.15 * said


def test_only_requested_spans_are_diarized_with_consistent_labels(
    conversation: tuple[Path, list[Turn]], tmp_path: Path
) -> None:
    path, truth = conversation
    spans = (Span(truth[0].span.start, truth[1].span.end), Span(truth[3].span.start, truth[4].span.end))
    found = VoiceTurns(VoiceTurns.Options(speakers=2)).diarize(probe(path), spans, Context(Store(tmp_path), tmp_path))
    assert all(any(span.start <= turn.span.start and turn.span.end <= span.end for span in spans) for turn in found)
    names = [{turn.speaker for turn in found if overlap([turn], [said]) > 1} for said in truth]
    assert names == [{"1"}, {"2"}, set(), {"2"}, {"1"}, set()]


def test_turns_of_spans_are_in_video_time() -> None:
    """Two spans of two seconds: what pyannote hears from 1 to 3 is the end of one and the beginning of the other."""
    spans = (Span(Fraction(10), Fraction(12)), Span(Fraction(20), Fraction(22)))
    found = list(_in_video(Span(Fraction(1), Fraction(3)), spans))
    assert found == [Span(Fraction(11), Fraction(12)), Span(Fraction(20), Fraction(21))]


def _word(text: str, speaker: str, start: int) -> Word:
    return Word(text, Fraction(start), Fraction(start + 1), speaker=speaker)


def test_stray_words_within_a_sentence_keep_the_speaker() -> None:
    said = [("I", "2"), ("am", "1"), ("glad", "1"), ("you", "1"), ("came.", "1"), ("Are", "2"), ("you?", "1")]
    words = tuple(_word(text, speaker, index) for index, (text, speaker) in enumerate(said))
    found = smooth_by_sentence(Transcript("en", words))
    assert [word.speaker for word in found.words] == ["1"] * 5 + ["2", "1"]


def test_speaker_of_very_few_words_gets_no_label() -> None:
    names = ["3", "1", "1", "1", "2", "2", "2", "3", "2", None]
    words = [Word("word", Fraction(n), Fraction(n + 1), speaker=name) for n, name in enumerate(names)]
    found = [word.speaker for word in without_rare_speakers(words)]
    assert found == ["1", "1", "1", "1", "2", "2", "2", "2", "2", None]
    assert [word.speaker for word in without_rare_speakers(words, known=["3"])] == names
    assert without_rare_speakers(words[:2]) == words[:2]  # so few words that nobody is frequent


def test_short_video_is_diarized_once_for_all_spans(conversation: tuple[Path, list[Turn]], tmp_path: Path) -> None:
    path, truth = conversation
    video = probe(path)
    ctx = Context(Store(tmp_path), tmp_path, {Diarizer: VoiceTurns()})
    turns = turns_of(video, truth[0].span, ctx)
    assert {turn.speaker for turn in turns} == {"1", "2"}
    (stored,) = (tmp_path / "diarize.diarize").rglob("*.json")
    assert turns_of(video, video.span, replace(ctx, conversation=conversation_of(video, [truth[3].span]))) == turns
    assert list((tmp_path / "diarize.diarize").rglob("*.json")) == [stored]


def test_long_video_is_diarized_only_at_candidates() -> None:
    length = Fraction(3 * 3600)
    video = Video("a", length, Fraction(25), 4, 2, 4, 2, 0, Fraction(0))
    first, second, third = (Span(Fraction(at), Fraction(at + 60)) for at in (600, 660, 7200))
    assert conversation_of(video, [third, second, first]) == (Span(first.start, second.end), third)
    assert conversation_of(replace(video, duration=Fraction(600)), [third]) == (Span(Fraction(0), Fraction(600)),)


def test_silence_has_no_turns_or_words(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", seconds=3, size=(64, 64), play=lambda times: 0 * times)
    silent = make_video(tmp_path / "b.mp4", seconds=1, size=(64, 64), play=None)
    for video in (path, silent):
        spans = (probe(video).span,)
        assert VoiceTurns().diarize(probe(video), spans, Context(Store(tmp_path), tmp_path)) == []


def grouped(people: int | None, *, threshold: float = 0.5) -> list[int]:
    """Voices of three people in three directions; the second and the third stand beside the first."""
    random = np.random.default_rng(0)
    directions = np.repeat(np.eye(3), 4, axis=0) + random.normal(0, 0.1, (12, 3))
    voices = (directions / np.linalg.norm(directions, axis=1, keepdims=True)).astype(np.float32)
    weights = np.ones(12, dtype=np.float32)
    found = cluster_voices(voices, weights, np.arange(12), threshold=threshold, people=people)
    return [len(set(found[first : first + 4].tolist())) for first in (0, 4, 8)] + [len(set(found.tolist()))]


def test_similar_voices_become_one_speaker() -> None:
    assert grouped(None) == [1, 1, 1, 3]
    assert grouped(3) == [1, 1, 1, 3]
    assert grouped(2)[-1] == 2
    assert grouped(1)[-1] == 1
    assert grouped(None, threshold=1.0)[-1] == 12


def test_simultaneous_voices_are_two_speakers() -> None:
    voices = np.array([[1, 0], [1, 0], [1, 0]], dtype=np.float32)
    apart = np.array([0, 0, 1])
    weights = np.ones(3, dtype=np.float32)
    assert len(set(cluster_voices(voices, weights, apart, threshold=0.5, people=None).tolist())) == 2
    assert len(set(cluster_voices(voices, weights, apart, threshold=0.5, people=1).tolist())) == 1


def test_many_voices_are_clustered() -> None:
    random = np.random.default_rng(0)
    voices = np.repeat(np.eye(3, dtype=np.float32), 600, axis=0) + random.normal(0, 0.05, (1800, 3)).astype(np.float32)
    voices /= np.linalg.norm(voices, axis=1, keepdims=True)
    found = cluster_voices(voices, np.ones(1800, dtype=np.float32), np.arange(1800), threshold=0.5, people=3)
    assert [len(set(found[first : first + 600].tolist())) for first in (0, 600, 1200)] == [1, 1, 1]


def test_words_get_the_speaker_with_most_overlap() -> None:
    def turn(start: int, end: int, speaker: str) -> Turn:
        return Turn(Span(Fraction(start), Fraction(end)), speaker)

    def word(start: float, end: float, speaker: str | None = None) -> Word:
        return Word("x", Fraction(start), Fraction(end), 1.0, speaker)

    words = (word(0, 0.5), word(1, 2), word(3.5, 4.5), word(4.25, 5), word(9, 10), word(11, 12, "Ann"), word(40, 41))
    turns = [turn(1, 4, "1"), turn(3, 8, "2"), turn(30, 31, "3")]
    found = words_to_turns(Transcript("en", words), turns)
    assert [item.speaker for item in found.words] == ["1", "1", "2", "2", "2", "Ann", "3"]
    assert words_to_turns(Transcript("en", words), []) == Transcript("en", words)


class Boom:
    """Would run code if it were unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("unpickled",)


@pytest.mark.parametrize(
    "data",
    [
        pickle.dumps({"a": Boom()}, protocol=2),
        pickle.dumps({"a": Boom()}, protocol=5),
        pickle.dumps([1, 2, {"a": 1}], protocol=2)[:-3],
        b"",
        b"cos\nsystem\n(S'true'\ntR.",
        b"\x80\x02X\x01\x00\x00\x00aQ.",
        b"\x80\x02h\x00.",
        b"\x80\x02)R.",
    ],
)
def test_a_checkpoint_with_anything_but_tensors_is_refused(
    tmp_path: Path, data: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/data.pkl", data)
    with pytest.raises(ModelError, match="no tensors"):
        read_tensors(path)
    assert "unpickled" not in capsys.readouterr().out


def test_non_archive_checkpoint_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    path.write_bytes(pickle.dumps({}))
    with pytest.raises(ModelError, match="no tensors"):
        read_tensors(path)


def checkpoint(path: Path, shape: str, strides: str, numbers: int) -> Path:
    """A .pt file of one tensor, written by hand as PyTorch does."""
    out = io.BytesIO()
    out.write(b"\x80\x02}X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storage")
    out.write(b"ctorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK" + bytes([numbers]) + b"tQK\x00")
    for values in (shape, strides):
        out.write(b"(" + b"".join(b"K" + bytes([int(value)]) for value in values.split()) + b"t")
    out.write(b"\x89ccollections\nOrderedDict\n)RtRs.")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/data.pkl", out.getvalue())
        archive.writestr("x/data/0", np.arange(numbers, dtype="<f4").tobytes())
    return path


def test_tensors_keep_their_shape(tmp_path: Path) -> None:
    assert read_tensors(checkpoint(tmp_path / "a.pt", "2 3", "3 1", 6))["w"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert read_tensors(checkpoint(tmp_path / "b.pt", "3 2", "1 3", 6))["w"].tolist() == [[0, 3], [1, 4], [2, 5]]


def test_out_of_bounds_tensor_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="reaches out"):
        read_tensors(checkpoint(tmp_path / "a.pt", "2 3", "4 1", 6))
