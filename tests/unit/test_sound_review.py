from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from clipy.context import Context
from clipy.media.checks.clicks import find_clicks
from clipy.pipeline.quality_control import clip_of
from clipy.stages.review.sound import Sound
from clipy.storage.store import Store
from clipy.types import CropPath, Edit, Finding, Highlight, Review, Span, Word
from fixtures.media import beep, make_video, silence, still, tone
from fixtures.speech import Speech, played
from tests.unit.stereo import rewritten

Sounding = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def _review(folder: Path, play: Sounding | None, edit: Edit | None = None, *, seconds: float = 3) -> Review:
    path = make_video(folder / "a.mp4", size=(90, 160), draw=still, play=play, seconds=seconds)
    clip = replace(clip_of(path), edit=edit)
    return Sound().review(clip, Context(Store(folder / "store"), folder))


def _errors(review: Review) -> dict[str, Finding]:
    return {finding.check: finding for finding in review.findings if finding.severity == "error"}


def _edit(seconds: int, *words: str) -> Edit:
    span = Span(Fraction(0), Fraction(seconds))
    said = tuple(Word(word, Fraction(n, 2), Fraction(n + 1, 2)) for n, word in enumerate(words))
    return Edit(Highlight(span), CropPath(90, 160, ()), (span,), words=said)


def _loud(times: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(tone(times) * 1.45)  # -14 LUFS


def test_good_sound_has_no_findings(tmp_path: Path) -> None:
    assert _review(tmp_path, _loud).findings == ()


def test_silence_is_an_error_when_speech_is_expected(tmp_path: Path) -> None:
    assert set(_errors(_review(tmp_path, silence))) == {"silent"}
    assert set(_errors(_review(tmp_path, silence, _edit(3, "hello")))) == {"silent"}
    assert _review(tmp_path, silence, _edit(3)).passed  # nothing was said in the source either

    def gap(times: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where((times > 0.5) & (times < 2.4), 0, _loud(times))

    found = _errors(_review(tmp_path, gap))["silent"]
    assert found.value == pytest.approx(1.8, abs=0.15)
    assert found.evidence is not None
    assert found.evidence.kind == "sound"


def test_only_own_clips_are_repaired_for_loudness(tmp_path: Path) -> None:
    def quiet(times: NDArray[np.float64]) -> NDArray[np.float64]:
        return _loud(times) / 2

    foreign = _review(tmp_path, quiet)
    assert foreign.passed
    assert {finding.check for finding in foreign.findings} == {"loudness"}
    found = _errors(_review(tmp_path, quiet, _edit(3)))["loudness"]
    assert found.value == pytest.approx(-20, abs=1)
    assert found.repair is not None
    assert found.repair.kind == "relevel"
    assert found.repair.gain == pytest.approx(6, abs=1)
    assert "loudness" in _errors(_review(tmp_path, lambda times: _loud(times) / 8))  # -32 LUFS: nobody hears that


@pytest.mark.parametrize("gain", [1.0, 0.3])
def test_clipping_is_found_after_attenuation(tmp_path: Path, speech: Speech, gain: float) -> None:
    voice = played(speech)
    loud = 4 / float(np.abs(speech.samples).max())

    def clipped(times: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.clip(voice(times) * loud, -1, 1) * gain

    assert "clipping" in _errors(_review(tmp_path, clipped, seconds=8))
    assert "clipping" not in _errors(_review(tmp_path, lambda times: voice(times) * loud / 4 * gain, seconds=8))


def test_dead_and_inverted_channels_are_reported(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", size=(90, 160), play=_loud, seconds=2)
    ctx = Context(Store(tmp_path / "store"), tmp_path)
    for name, mix, check in (("dead", (1.0, 0.0), "channel"), ("inverted", (1.0, -1.0), "phase")):
        clip = clip_of(rewritten(path, tmp_path / f"{name}.mp4", mix))
        assert set(_errors(Sound().review(clip, ctx))) == {check}
        ours = replace(clip, edit=_edit(2))
        repairs = [finding.repair for finding in Sound().review(ours, ctx).findings if finding.check == check]
        assert [repair.kind for repair in repairs if repair is not None] == ["remix"]


def test_voice_must_be_audible_at_words_and_above_background(tmp_path: Path, speech: Speech) -> None:
    words = "why do most people never finish".split()
    voice = played(speech)
    loud = 0.2 / float(np.sqrt(np.mean(np.square(speech.samples))))
    clean = _review(tmp_path, lambda times: voice(times) * loud, _edit(12, *words), seconds=12)
    assert "voice" not in {finding.check for finding in clean.findings}
    assert "voice" in _errors(_review(tmp_path, _loud, _edit(3, *words)))

    def drowned(times: NDArray[np.float64]) -> NDArray[np.float64]:
        chord = sum(np.sin(2 * np.pi * pitch * times) for pitch in (220, 277, 330, 440, 554))
        return voice(times) * loud * 0.5 + np.asarray(chord) * 0.06

    assert "voice" in _errors(_review(tmp_path, drowned, seconds=12))


def test_clicks_are_distinguished_from_speech_and_beeps(speech: Speech) -> None:
    times = np.arange(48_000 * 3) / 48_000
    voice = played(speech)(times).astype(np.float32)
    assert not len(find_clicks(voice))
    assert not len(find_clicks(beep(times).astype(np.float32)))
    voice[70_000:70_003] += 0.6
    assert find_clicks(voice).tolist() == pytest.approx([70_000], abs=4)
