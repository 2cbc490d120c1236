from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clipy import models
from clipy.analysis.audio.voice_activity import Voice
from clipy.analysis.perception import scored_tracks
from clipy.analysis.speakers.auto import Auto
from clipy.analysis.speakers.lip_sync import LipSync
from clipy.analysis.speakers.lr_asd import LrAsd
from clipy.analysis.speakers.scoring.evidence import combined, lip_trust, needs_network
from clipy.analysis.speakers.scoring.lips import Mouth
from clipy.config import load
from clipy.context import Context
from clipy.media.probe import probe
from clipy.pipeline.pipeline import Pipeline
from clipy.types import Span, Track, Video, seconds
from fixtures.media import make_video


def face(first: int, count: int, *, height: float = 200) -> Track:
    """A still face that is on screen for some times of the grid."""
    boxes = np.tile(np.array([10, 10, 10 + height, 10 + height], dtype=np.float32), (count, 1))
    times = (first + np.arange(count)) / 25
    return Track(0, Span(seconds(0), seconds(100)), times, boxes, np.ones(count, dtype=np.float32))


def mouth(count: int, turn: float) -> Mouth:
    return Mouth(*(np.full(count, value, dtype=np.float32) for value in (0, 0, 0, turn)))


def voices(tracks: Sequence[Track], speech: float = 1.0) -> list[np.ndarray[tuple[int], np.dtype[np.float32]]]:
    return [np.full(len(track.times), speech, dtype=np.float32) for track in tracks]


def network_spans(tracks: Sequence[Track], speech: Sequence[Any], turn: float = 0.0) -> list[list[slice]]:
    trust = [lip_trust(track, mouth(len(track.times), turn)) for track in tracks]
    return needs_network(tracks, speech, trust)


def test_network_runs_around_spans_with_two_faces() -> None:
    tracks = [face(500, 50), face(0, 200), face(100, 60)]
    assert network_spans(tracks, voices(tracks)) == [[], [slice(75, 185)], [slice(0, 60)]]
    assert network_spans(tracks[:1], voices(tracks[:1])) == [[]]
    assert network_spans([], []) == []


def test_network_runs_where_lips_cannot_be_measured() -> None:
    tracks = [face(500, 50), face(0, 200, height=30)]
    assert network_spans(tracks, voices(tracks)) == [[], [slice(0, 200)]]
    assert network_spans(tracks[:1], voices(tracks[:1]), turn=0.7) == [[slice(0, 50)]]


def test_network_is_skipped_without_speech() -> None:
    tracks = [face(0, 200), face(0, 200)]
    assert network_spans(tracks, voices(tracks, 0.0)) == [[], []]
    speech = voices(tracks, 0.0)
    speech[0][100:110] = speech[1][100:110] = 1
    assert network_spans(tracks, speech) == [[slice(75, 135)]] * 2


def log_odds(network: float, lips: float, *, turn: float = 0.0, height: float = 200) -> float:
    trust = lip_trust(face(0, 1, height=height), mouth(1, turn))
    found = combined(np.array([lips], dtype=np.float32), np.array([network], dtype=np.float32), trust)
    return float(found[0])


def test_lips_and_network_are_combined_for_frontal_faces() -> None:
    assert log_odds(7, 0.9) > log_odds(7, 0.1) > log_odds(1, 0.1)
    assert log_odds(7, 0.5) > 0 > log_odds(1, 0.5)


@pytest.mark.parametrize("face_kind", [{"turn": 0.7}, {"height": 30.0}])
def test_unmeasurable_lips_are_ignored(face_kind: dict[str, float]) -> None:
    assert log_odds(6, 0.1, **face_kind) == log_odds(6, 0.9, **face_kind) > 0
    assert log_odds(1, 0.9, **face_kind) < 0


def test_lips_decide_where_the_network_did_not_run() -> None:
    assert log_odds(float("nan"), 0.9) == pytest.approx(np.log(9), abs=1e-5)
    assert log_odds(float("nan"), 0.9, turn=0.7) == pytest.approx(np.log(9), abs=1e-5)


@pytest.fixture
def no_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine that has no weights of any speaker network, and no network to fetch them by."""
    monkeypatch.setattr("clipy.models.locations.find", lambda model: None)
    monkeypatch.setattr("clipy.models.fetching.find", lambda model: None)
    monkeypatch.setenv("CLIPY_CACHE", str(tmp_path))
    monkeypatch.setenv("CLIPY_OFFLINE", "1")


@pytest.mark.usefixtures("no_weights")
def test_without_weights_falls_back_to_lips_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    auto = Auto()
    assert [type(auto.available()) for _ in range(3)] == [LipSync] * 3
    (line,) = caplog.messages
    assert "lip-sync alone finds the speaker" in line
    assert line.endswith("clipy models pull lr-asd")
    assert "\n" not in line


@pytest.mark.usefixtures("no_weights")
def test_weights_are_not_asked_for_before_there_are_faces(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ctx: Context, caplog: pytest.LogCaptureFixture
) -> None:
    asked: list[object] = []
    monkeypatch.setattr("clipy.analysis.speakers.auto._has_weights", lambda: asked.append("auto"))
    monkeypatch.setattr("clipy.analysis.perception.face_tracks", lambda video, span, ctx: [])
    pipeline = Pipeline.from_config(load(sets=["speakers.backend=auto"]))
    assert models.sha256(models.LR_ASD) in {model.sha256 for model in pipeline.models()}
    video = probe(make_video(tmp_path / "a.mp4"))
    pipeline.identity(video, ctx.store)
    assert scored_tracks(video, video.span, replace(ctx, analysers=pipeline.analysers)) == []
    assert asked == []
    assert "lr-asd" not in caplog.text


@pytest.fixture
def weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine that has the weights of LR-ASD."""
    monkeypatch.setattr("clipy.analysis.speakers.auto.models.fetch", lambda model: tmp_path)


@pytest.mark.usefixtures("weights")
def test_identity_covers_both_detectors(tmp_path: Path, ctx: Context) -> None:
    auto = Auto()
    assert auto.available() is auto
    assert auto.input_digests() == (*LipSync().input_digests(), models.sha256(models.LR_ASD))
    assert auto.score(probe(make_video(tmp_path / "a.mp4")), [], ctx) == []


@pytest.mark.usefixtures("weights")
def test_network_runs_only_where_lips_do_not_suffice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ctx: Context
) -> None:
    asked: list[tuple[float, float]] = []

    def noted(
        self: LrAsd, video: Video, tracks: Sequence[Track], ctx: Context
    ) -> list[np.ndarray[tuple[int], np.dtype[np.float32]]]:
        asked.extend((float(track.times[0]), float(track.times[-1])) for track in tracks)
        return [np.full(len(track.times), 8, dtype=np.float32) for track in tracks]

    def measured(self: LipSync, video: Video, tracks: Sequence[Track], ctx: Context) -> list[object]:
        return [(track, mouth(len(track.times), 0.3), Voice(0, *voices([track]), *voices([track]))) for track in tracks]

    monkeypatch.setattr(LrAsd, "log_odds", noted)
    monkeypatch.setattr(LipSync, "measure", measured)
    monkeypatch.setattr("clipy.analysis.speakers.auto.speaking", lambda mouth, heard: np.full(len(mouth.turn), 0.25))
    video = probe(make_video(tmp_path / "a.mp4"))
    first, second = face(0, 200), replace(face(100, 100), id=1)
    one, other = Auto().score(video, [first, second], ctx)
    assert asked == [(3.0, 7.96), (4.0, 7.96)]
    assert one.speaking[:75] == pytest.approx(0.25)
    assert (one.speaking[75:] > 0.8).all()
    assert (other.speaking > 0.8).all()
