"""The transcriber on synthesised speech with known words and times, and on sound without any."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from clipy import models
from clipy.analysis.audio.speech import RATE, Window
from clipy.analysis.transcription.faster_whisper import FasterWhisper
from clipy.analysis.transcription.whisper.decoding import AsrSegment, AsrWord
from clipy.context import Context, Event
from clipy.errors import ConfigError, MediaError, ModelError
from clipy.media.probe import probe
from clipy.storage.store import Store, key_of
from clipy.text.sentences import sentences
from clipy.types import Transcript
from fixtures.media import make_video
from fixtures.speech import Speech


@pytest.fixture
def quiet(tmp_path: Path) -> Context:
    return Context(Store(tmp_path / "store"), tmp_path)


def transcriber(**options: object) -> FasterWhisper:
    return FasterWhisper(FasterWhisper.Options.model_validate(options))


def plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def start_errors(transcript: Transcript, speech: Speech) -> NDArray[np.float64]:
    """Seconds by which each word that was heard right begins late."""
    heard, said = [plain(word.text) for word in transcript.words], [plain(text) for text, _ in speech.words]
    same = SequenceMatcher(None, said, heard, autojunk=False).get_matching_blocks()
    return np.array(
        [
            float(transcript.words[block.b + n].start) - speech.words[block.a + n][1]
            for block in same
            for n in range(block.size)
        ]
    )


@pytest.mark.parametrize("window", [120, 12])
def test_words_and_times_are_right_across_window_borders(
    talk: Path, speech: Speech, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, window: int
) -> None:
    monkeypatch.setattr(FasterWhisper, "longest_window", lambda self: Fraction(window))
    events: list[Event] = []
    video = probe(talk)
    found = transcriber().transcribe(video, Context(Store(tmp_path), tmp_path, listener=events.append, stage="words"))
    errors = start_errors(found, speech)
    assert found.language == "en"
    assert len(errors) >= 0.9 * len(speech.words)
    assert np.median(np.abs(errors)) < 0.08
    assert np.quantile(np.abs(errors), 0.95) < 0.25
    assert all(before.end <= after.start for before, after in pairwise(found.words))
    assert all(0 <= word.start < word.end <= video.duration for word in found.words)
    assert all(word.text == word.text.strip() and word.text for word in found.words)
    heard = [event.fraction for event in events if event.message in {"Transcribing", ""}]
    fractions = [fraction for fraction in heard if fraction is not None]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert len(sentences(found)) >= 8


class Looping(FasterWhisper):
    """Falls into a loop, as Whisper does where people quarrel, unless it may not."""

    def segments(self, window: Window, language: str | None, ctx: Context) -> Iterator[AsrSegment]:
        if not self.may_repeat:
            yield from super().segments(window, language, ctx)
            return
        times = np.arange(0, len(window.samples) / RATE, 0.05).tolist()
        yield AsrSegment(tuple(AsrWord(" no,", time, time + 0.05, 0.9) for time in times), 0.1, -0.1, 19.0)


def test_speech_lost_in_a_loop_is_transcribed_again(talk: Path, speech: Speech, quiet: Context) -> None:
    found = Looping(Looping.Options(language="en", beam_size=1)).transcribe(probe(talk), quiet)
    assert len(start_errors(found, speech)) >= 0.9 * len(speech.words)


@pytest.mark.parametrize("kind", ["silence", "tone"])
def test_silence_has_no_turns_or_words(tmp_path: Path, quiet: Context, kind: str) -> None:
    def play(times: NDArray[np.float64]) -> NDArray[np.float64]:
        return 0 * times if kind == "silence" else 0.3 * np.sin(2 * np.pi * 440 * times)

    video = probe(make_video(tmp_path / "a.mp4", seconds=6, play=play))
    assert transcriber().transcribe(video, quiet).words == ()


def test_missing_audio_stream_is_a_clear_error(tmp_path: Path, quiet: Context) -> None:
    video = probe(make_video(tmp_path / "a.mp4", seconds=1, play=None))
    with pytest.raises(MediaError, match="no sound"):
        transcriber().transcribe(video, quiet)


def test_identity_covers_model_and_options_without_fetching(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIPY_CACHE", str(tmp_path))
    whisper, detector = transcriber().input_digests()
    assert whisper == models.sha256("whisper-base")
    assert len(detector) == 64
    assert transcriber(model="tiny.en").input_digests()[0] == models.sha256("whisper-tiny.en")
    assert transcriber(model="turbo").input_digests()[0] == models.sha256("whisper-large-v3-turbo")
    assert list(tmp_path.iterdir()) == []


def test_tiny_uses_the_english_model_unless_another_language_is_set(caplog: pytest.LogCaptureFixture) -> None:
    assert transcriber(model="tiny").input_digests()[0] == models.sha256("whisper-tiny.en")
    assert "for English" in caplog.text
    assert transcriber(model="tiny", language="de").input_digests()[0] == models.sha256("whisper-tiny")
    with pytest.raises(ConfigError, match="English only"):
        transcriber(model="tiny.en", language="de").input_digests()


def test_unpinned_model_is_refused_with_a_remedy() -> None:
    with pytest.raises(ModelError, match="hf download Systran/faster-whisper-large-v1"):
        transcriber(model="large-v1").input_digests()


def test_size_name_wins_over_a_folder_of_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base").mkdir()
    assert transcriber(model="base").input_digests()[0] == models.sha256("whisper-base")
    with pytest.raises(ModelError, match=r"tokenizer\.json is missing"):
        transcriber(model="./base").input_digests()


def test_local_model_folder_is_used(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such folder"):
        transcriber(model=str(tmp_path / "nowhere")).input_digests()
    with pytest.raises(ModelError, match=r"tokenizer\.json is missing"):
        transcriber(model=str(tmp_path)).input_digests()
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"mine")
    first = transcriber(model=str(tmp_path)).input_digests()
    (tmp_path / "model.bin").write_bytes(b"other")
    assert transcriber(model=str(tmp_path)).input_digests() != first


def test_folder_without_a_model_is_reported(tmp_path: Path, talk: Path, quiet: Context) -> None:
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(ModelError, match="cannot be loaded"):
        transcriber(model=str(tmp_path), language="en").transcribe(probe(talk), quiet)


def test_overlapping_argument_is_transcribed_to_its_end(media: Path, quiet: Context) -> None:
    """Two talk at once for eight seconds, in which the decoder falls into a loop; then one of them alone."""
    found = transcriber(language="en").transcribe(probe(media / "video" / "interview_split_2faces.mp4"), quiet)
    alone = " ".join(plain(word.text) for word in found.words if word.start > 8)
    assert "because you want to interview me i aint interviewing you you want to talk to me" in alone


def test_real_speech_is_transcribed(media: Path, quiet: Context) -> None:
    found = transcriber(language="en").transcribe(probe(media / "video" / "audiobook_manifesto.mp4"), quiet)
    text = " ".join(plain(word.text) for word in found.words)
    assert 190 <= len(found.words) <= 220
    assert "workers of the world" in text
    assert text.endswith("english french german italian flemish and danish languages")


def test_fast_and_full_variants_of_a_transcriber_never_share_stored_results() -> None:
    full = transcriber(language="en", beam_size=1)
    fast = full.verification_transcriber("en")
    assert fast.options == full.options  # only what is set outside the options differs
    assert key_of(fast) != key_of(full)
