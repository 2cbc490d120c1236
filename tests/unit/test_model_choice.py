"""``transcribe.model = "auto"``, and what happens where CUDA's libraries are missing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ctranslate2
import faster_whisper
import pytest

from clipy import models
from clipy.analysis.audio.speech import RATE, Window, probabilities
from clipy.analysis.transcription import faster_whisper as backend
from clipy.analysis.transcription.faster_whisper import FasterWhisper
from clipy.analysis.transcription.whisper.model_choice import choose_size
from clipy.context import Context
from clipy.errors import ModelError
from clipy.media.probe import probe
from clipy.media.read import sound_array
from clipy.storage.store import Store, key_of
from fixtures.media import make_video
from fixtures.speech import played, speak


@pytest.fixture
def quiet(tmp_path: Path) -> Context:
    return Context(Store(tmp_path / "store"), tmp_path)


@pytest.mark.parametrize(
    ("speeds", "wanted", "card", "chosen", "asked"),
    [
        ({"base": 9.0, "small": 2.6}, 2.0, False, "small", ["base", "small"]),
        ({"base": 9.0, "small": 1.6}, 2.0, False, "base", ["base", "small"]),
        ({"base": 1.0}, 2.0, False, "base", ["base"]),
        ({"base": 60.0, "large-v3": 2.5}, 2.0, False, "large-v3", ["base", "large-v3"]),
        ({"base": 60.0, "large-v3": 1.9, "large-v3-turbo": 3.0}, 2.0, False, "large-v3-turbo", None),
        ({"base": 60.0, "medium": 4.0}, 2.0, False, "medium", ["base", "large-v3", "large-v3-turbo", "medium"]),
        ({"base": 12.0, "large-v3": 2.4}, 2.0, True, "large-v3", ["base", "large-v3"]),
    ],
)
def test_the_best_size_that_is_fast_enough_is_chosen(
    speeds: dict[str, float],
    wanted: float,
    card: bool,
    chosen: str,
    asked: list[str] | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Only those are measured that may be fast enough; those whose weights cannot be had are left out."""
    caplog.set_level(logging.INFO)
    tried: list[str] = []

    def measured(size: str) -> float:
        tried.append(size)
        if size not in speeds:
            raise ModelError("no such weights")
        return speeds[size]

    assert choose_size(measured, wanted, on_graphics_card=card) == chosen
    assert asked is None or tried == asked
    lines = [record.message for record in caplog.records if record.levelno == logging.INFO]
    assert len(lines) == 1
    assert f"Whisper {chosen}" in lines[0]


def test_auto_is_measured_once_and_remembered(
    tmp_path: Path, quiet: Context, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A second transcriber on the same video takes the size that the first one found, however fast it is itself."""
    caplog.set_level(logging.INFO)
    monkeypatch.setenv("CLIPY_OFFLINE", "1")
    speech = speak("Why do most people never finish what they start?")
    seconds = len(speech.samples) / speech.rate + 0.5
    video = probe(make_video(tmp_path / "a.mp4", seconds=seconds, size=(64, 64), play=played(speech)))
    auto = FasterWhisper.Options(model="auto", speed=1000, beam_size=1, language="en")
    first = FasterWhisper(auto).transcribe(video, quiet)
    assert len(first.words) == 9
    assert caplog.text.count("transcribe.model: Whisper base") == 1
    monkeypatch.setattr(backend, "choose_size", lambda *_, **__: pytest.fail("measured again"))
    assert FasterWhisper(auto).transcribe(video, quiet) == first


def test_auto_is_an_identity_of_its_own_and_needs_no_other_weights_at_first() -> None:
    auto = FasterWhisper(FasterWhisper.Options(model="auto"))
    assert auto.input_digests()[0] == models.sha256("whisper-base")
    assert key_of(auto) != key_of(FasterWhisper())
    assert auto.verification_transcriber("en").options.model == "base"


class WithoutLibraries:
    """A network whose first computation on a card fails, as CTranslate2's does without cuBLAS."""

    def __init__(self, whisper: Any) -> None:
        self._whisper = whisper

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whisper, name)

    def encode(self, features: Any) -> Any:
        raise RuntimeError("Library libcublas.so.12 is not found or cannot be loaded")


@pytest.mark.parametrize("first", ["languages", "segments", "confidence"])
def test_missing_cuda_libraries_fall_back_to_the_processor(
    talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, first: str
) -> None:
    """They show only when something is computed: lazily, within the first segment."""
    real, devices = faster_whisper.WhisperModel, list[str]()

    def load(folder: str, device: str, **options: Any) -> Any:
        devices.append(device)
        whisper = real(folder, device="cpu", **{**options, "compute_type": "int8"})
        return WithoutLibraries(whisper) if device == "cuda" else whisper

    monkeypatch.setattr(faster_whisper, "WhisperModel", load)
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 1)
    video = probe(talk)
    samples = sound_array(video, video.span, rate=RATE)[0][: 6 * RATE]
    window = Window(0, samples, probabilities(samples))
    ctx = Context(Store(tmp_path), tmp_path, device="auto")
    transcriber = FasterWhisper(FasterWhisper.Options(beam_size=1))
    calls: dict[str, Callable[[], bool]] = {
        "languages": lambda: max(transcriber.languages(window, ctx).items(), key=lambda item: item[1])[0] == "en",
        "segments": lambda: any("people" in w.text for s in transcriber.segments(window, "en", ctx) for w in s.words),
        "confidence": lambda: transcriber.confidence(window, "en", ctx) > -1,
    }
    assert calls[first]()
    assert all(call() for call in calls.values())
    assert devices == ["cuda", "cpu"]
    assert caplog.text.count("runs on the processor: CUDA does not work here (Library libcublas.so.12") == 1


def test_other_failures_of_a_network_are_not_hidden(
    talk: Path, quiet: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(WithoutLibraries):
        def encode(self, features: Any) -> Any:
            raise RuntimeError("out of luck")

    real = faster_whisper.WhisperModel

    def load(folder: str, **options: Any) -> Broken:
        return Broken(real(folder, **options))

    monkeypatch.setattr(faster_whisper, "WhisperModel", load)
    with pytest.raises(RuntimeError, match="out of luck"):
        FasterWhisper(FasterWhisper.Options(language="en")).transcribe(probe(talk), quiet)
