from __future__ import annotations

import importlib.util
import logging
from pathlib import Path

import pytest

from clipy import models
from clipy.analysis.speakers.auto import Auto
from clipy.context import Context
from clipy.media.probe import probe
from fixtures.media import make_video

HERE = {"lr-asd", "light-asd"}


@pytest.mark.parametrize(
    ("torch", "weights", "best"),
    [
        (True, {"lr-asd", "light-asd"}, "lr-asd"),
        (True, {"light-asd"}, "light-asd"),
        (True, set(), "lip-sync"),
        (False, {"lr-asd", "light-asd"}, "lip-sync"),
    ],
)
def test_the_best_that_is_there_is_taken(
    torch: bool, weights: set[str], best: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec("json")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: found if torch or name != "torch" else None)
    monkeypatch.setattr(models, "find", lambda model: Path() if model.name in weights else None)
    auto = Auto()
    assert auto.chosen.name == best
    assert auto.input_digests() == auto.chosen.input_digests()
    assert auto.identity()["chosen"] == auto.chosen.identity()


def test_it_says_which_it_took(tmp_path: Path, ctx: Context, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    auto = Auto()
    assert auto.score(probe(make_video(tmp_path / "a.mp4")), [], ctx) == []
    assert f"who speaks is told by {auto.chosen.name}" in caplog.text
