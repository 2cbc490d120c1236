"""Stages overlap on several cores; what comes out is what one core makes, one step after the other."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import clipy
from clipy.config import load
from clipy.context import Event
from clipy.pipeline import parallel
from fixtures.media import make_video

SETTINGS = [
    *("highlight.backend=even", "highlight.duration=2", "highlight.count=3", "highlight.min_duration=1"),
    *("reframe.backend=center", "reframe.width=180", "reframe.height=320", "pizzazz=title"),
    *("render.quality=draft", "review=technical", "review.technical.width=180"),
]


def _run(
    video: Path, place: Path, cores: int, monkeypatch: pytest.MonkeyPatch, *more: str
) -> tuple[Any, dict[str, bytes], list[Event]]:
    monkeypatch.setattr(parallel, "processors", lambda: cores)
    parallel._render_slots.cache_clear()
    monkeypatch.setenv("CLIPY_STORE", str(place / "store"))
    events: list[Event] = []
    clipy.run(video, place / "out", config=load(sets=[*SETTINGS, *more]), listener=events.append)
    parallel._render_slots.cache_clear()
    document = json.loads((place / "out" / "clips.json").read_text(encoding="utf-8").replace(str(place), ""))
    del document["timings"]
    return document, {path.name: path.read_bytes() for path in (place / "out").glob("*.mp4")}, events


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("silent") / "silent.mp4", seconds=9, size=(320, 180), play=None)


def test_overlapping_stages_make_the_same_clips_as_one_after_the_other(
    silent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "many").mkdir()
    alone, files, _ = _run(silent, tmp_path / "one", 1, monkeypatch)
    overlapping, same, events = _run(silent, tmp_path / "many", 8, monkeypatch)
    assert len(files) == 3
    assert overlapping == alone
    assert same == files
    first_review = next(n for n, event in enumerate(events) if event.stage == "review")
    for stage in ("reframe", "render", "review"):
        done = [event.fraction for event in events if event.stage == stage and event.fraction is not None]
        assert done == sorted(done)
        assert done[-1] == pytest.approx(1)
    assert not any(event.stage == "reframe" for event in events[first_review:])


def test_another_style_only_renders_and_reviews(
    silent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _run(silent, tmp_path, 2, monkeypatch)
    (tmp_path / "out").rename(tmp_path / "before")
    caplog.clear()
    with caplog.at_level("INFO", "clipy"):
        _run(silent, tmp_path, 2, monkeypatch, "pizzazz.title.style=dark")
    made = {match[1] for match in re.finditer(r"(\S+?)(?: \(\S+\))?: computed", caplog.text)}
    assert made == {"pizzazz.plan", "render.render", "review.picture", "review.proxy", "review.review"}
