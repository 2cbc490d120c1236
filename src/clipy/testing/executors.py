"""What is tested of every executor."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clipy import config
from clipy.context import Event
from clipy.contract import call
from clipy.errors import ClipyError
from clipy.executors.base import Executor
from clipy.executors.preparing.job import Job
from clipy.testing.suite import BackendContract
from clipy.types import Video

_QUICK = (
    *("transcribe=subtitles", "highlight=even", "highlight.duration=2", "highlight.min_duration=2"),
    *("highlight.count=1", "reframe=center", "reframe.width=180", "reframe.height=320", "pizzazz="),
    *("review=technical", "review.technical.width=180", "review.technical.height=320", "render.quality=draft"),
)  # what needs no model


class ExecutorContract(BackendContract):
    """What is prepared lies in the store afterwards, nothing is delivered, and a bad video is an error of its own."""

    core = Executor

    @pytest.fixture
    def working(self, backend: Any) -> Iterator[Any]:
        """The backend, stopped after the test."""
        yield backend
        backend.stop()

    @pytest.fixture
    def job(self, video: Video, tmp_path: Path) -> Job:
        """A job that takes a second."""
        store = tmp_path / "store"
        store.mkdir()
        words = tmp_path / "words.srt"
        words.write_text("1\n00:00:00,500 --> 00:00:02,000\nHalf of them stopped.\n", encoding="utf-8")
        sets = [*_QUICK, f"transcribe.path={words}"]
        return Job(video.path, config.load(sets=sets, environment={}), store)

    def test_at_least_one_video_is_worked_on(self, working: Any) -> None:
        assert call(working.videos_at_once, ()) >= 1

    def test_a_prepared_clip_lies_in_the_store_and_nowhere_else(self, working: Any, job: Job) -> None:
        heard: list[Event] = []
        beside = sorted(job.video.parent.iterdir())
        if call(working.prepare, (job,), heard.append):
            (made,) = (job.store / "render.render").rglob("*.mp4")
            assert made.stat().st_size
        assert sorted(job.video.parent.iterdir()) == beside
        assert all(isinstance(event, Event) for event in heard)

    def test_a_bad_video_is_an_error_and_the_next_one_is_prepared(self, working: Any, job: Job, tmp_path: Path) -> None:
        bad = Job(tmp_path / "no.mp4", job.config, job.store)
        bad.video.write_bytes(b"no video")
        try:
            prepared = call(working.prepare, (bad,), _ignore)
        except ClipyError as error:
            assert "no.mp4" in str(error)
        else:
            assert not prepared, "a job that cannot be prepared must not pass for prepared"
        call(working.prepare, (job,), _ignore)

    def test_as_many_jobs_as_it_says_can_be_prepared_at_once(self, working: Any, job: Job) -> None:
        results: list[bool] = []
        at_once = min(2, call(working.videos_at_once, ()))
        threads = [
            threading.Thread(target=lambda: results.append(call(working.prepare, (job,), _ignore)))
            for _ in range(at_once)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(results) == at_once
        assert len(set(results)) == 1


def _ignore(event: Event) -> None:
    """For a listener."""
