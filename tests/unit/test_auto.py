from __future__ import annotations

import logging
from pathlib import Path

import pytest

from clipy import models
from clipy.analysis.speakers.auto import Auto
from clipy.context import Context
from clipy.media.probe import probe
from fixtures.media import make_video


@pytest.fixture
def no_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine that has no weights of any speaker network, and no network to fetch them by."""
    monkeypatch.setattr("clipy.models.locations.find", lambda model: None)
    monkeypatch.setattr("clipy.models.fetching.find", lambda model: None)
    monkeypatch.setenv("CLIPY_CACHE", str(tmp_path))
    monkeypatch.setenv("CLIPY_OFFLINE", "1")


@pytest.mark.usefixtures("no_weights")
def test_without_weights_lip_sync_is_taken_and_the_better_way_is_named(caplog: pytest.LogCaptureFixture) -> None:
    auto = Auto()
    assert auto.chosen.name == "lip-sync"
    (line,) = caplog.messages
    assert "told by lip-sync" in line
    assert line.endswith("clipy models pull lr-asd")
    assert "\n" not in line
    assert auto.input_digests() == auto.chosen.input_digests()


def test_the_network_is_taken_where_its_weights_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(models, "fetch", lambda model: tmp_path)
    auto = Auto()
    assert auto.chosen.name == "lr-asd"
    assert auto.input_digests() == (models.sha256(models.LR_ASD),)
    assert auto.identity()["chosen"] == auto.chosen.identity()


def test_it_says_which_it_took(tmp_path: Path, ctx: Context, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    auto = Auto()
    assert auto.score(probe(make_video(tmp_path / "a.mp4")), [], ctx) == []
    assert f"who speaks is told by {auto.chosen.name}" in caplog.text
