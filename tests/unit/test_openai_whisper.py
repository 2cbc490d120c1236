"""OpenAI's Whisper: what it is asked and how its answers are read, against a stand-in for the package.

The package needs PyTorch and fetches its weights from OpenAI, so it is not part of what the tests install. Where it is
installed and has its weights, the last test asks it.
"""

from __future__ import annotations

import logging
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from clipy.analysis.transcription.openai_whisper import OpenAiWhisper
from clipy.context import Context
from clipy.errors import ModelError
from clipy.media.probe import probe
from clipy.storage.store import Store
from fixtures.speech import Speech


class Model:
    """Hears the words of a speech, 40 ms early as Whisper does."""

    is_multilingual = True
    device = "cpu"
    dims = SimpleNamespace(n_mels=80)

    def __init__(self, speech: Speech) -> None:
        self.speech = speech
        self.asked: list[dict[str, Any]] = []

    def transcribe(self, sound: Any, **options: Any) -> dict[str, Any]:
        assert sound.dtype == np.float32
        assert sound.ndim == 1
        self.asked.append(options)
        words = [
            {"word": f" {text}", "start": np.float64(max(0, start - 0.04)), "end": np.float64(end), "probability": 0.9}
            for (text, start), end in zip(self.speech.words, self.speech.ends, strict=True)
        ]
        return {"segments": [{"words": words, "no_speech_prob": 0.1, "avg_logprob": -0.2, "compression_ratio": 1.5}]}


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch, speech: Speech) -> Model:
    found = Model(speech)
    package: Any = ModuleType("whisper")
    package.available_models = lambda: ["tiny", "base"]
    package.load_model = lambda name, device: found
    package.pad_or_trim = lambda sound: sound
    package.log_mel_spectrogram = lambda sound, n_mels: SimpleNamespace(to=lambda device: sound)
    package.detect_language = lambda model, mel: (None, {"de": 0.2, "en": 0.7})
    monkeypatch.setitem(sys.modules, "whisper", package)
    monkeypatch.delenv("CLIPY_OFFLINE", raising=False)
    return found


def test_words_have_exact_times(model: Model, talk: Path, speech: Speech, tmp_path: Path) -> None:
    found = OpenAiWhisper().transcribe(probe(talk), Context(Store(tmp_path), tmp_path))
    assert found.language == "en"
    assert [word.text for word in found.words] == [text for text, _ in speech.words]
    off = [abs(float(word.start) - start) for word, (_, start) in zip(found.words, speech.words, strict=True)]
    assert np.median(off) < 0.02
    assert model.asked[0]["temperature"] == 0
    assert model.asked[0]["fp16"] is False


def test_expected_names_are_its_prompt(model: Model, talk: Path, tmp_path: Path) -> None:
    for hotwords, prompt in (([], None), (["Clipy", "Ada Lovelace"], "Clipy, Ada Lovelace")):
        backend = OpenAiWhisper(OpenAiWhisper.Options(language="en", hotwords=hotwords))
        backend.transcribe(probe(talk), Context(Store(tmp_path), tmp_path))
        assert model.asked.pop()["initial_prompt"] == prompt


def test_hallucinated_words_are_dropped_and_counted(
    model: Model, speech: Speech, talk: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Words in the second of silence at the end, and the loop of a decoder."""
    length = len(speech.samples) / speech.rate
    model.speech = Speech(
        speech.samples,
        speech.rate,
        (("loop", 1.0),) * 12 + speech.words[30:] + (("Thanks", length + 0.7), ("watching", length + 0.8)),
        (1.1,) * 12 + speech.ends[30:] + (length + 0.8, length + 0.9),
    )
    with caplog.at_level(logging.INFO):
        found = OpenAiWhisper(OpenAiWhisper.Options(language="en")).transcribe(
            probe(talk), Context(Store(tmp_path), tmp_path)
        )
    texts = [word.text for word in found.words]
    assert texts.count("loop") <= 2
    assert "watching" not in texts
    assert "words that nobody said were left out" in caplog.text


def test_an_unknown_size_is_refused(model: Model, talk: Path, tmp_path: Path) -> None:
    backend = OpenAiWhisper(OpenAiWhisper.Options(model="huge"))
    with pytest.raises(ModelError, match="Choose tiny, base"):
        backend.transcribe(probe(talk), Context(Store(tmp_path), tmp_path))


def test_offline_fetches_nothing(model: Model, talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIPY_OFFLINE", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(ModelError, match="forbids fetching"):
        OpenAiWhisper().transcribe(probe(talk), Context(Store(tmp_path), tmp_path))


def test_custom_model_file_is_part_of_the_identity(tmp_path: Path) -> None:
    first = OpenAiWhisper(OpenAiWhisper.Options(model="base")).input_digests()
    path = tmp_path / "mine.pt"
    path.write_bytes(b"mine")
    own = OpenAiWhisper(OpenAiWhisper.Options(model=str(path))).input_digests()
    assert first[0].startswith("base")
    assert len(own[0]) == 64


@pytest.mark.skipif(find_spec("whisper") is None, reason="the extra openai-whisper is not installed")
def test_works_with_the_real_package(talk: Path, speech: Speech, tmp_path: Path) -> None:
    if not (Path.home() / ".cache" / "whisper" / "tiny.pt").is_file():
        pytest.skip("Whisper's own weights are not on this machine")
    found = OpenAiWhisper(OpenAiWhisper.Options(model="tiny")).transcribe(
        probe(talk), Context(Store(tmp_path), tmp_path)
    )
    assert len(found.words) > 0.8 * len(speech.words)
