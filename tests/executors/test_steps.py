"""Steps done one by one, anywhere, leave nothing for the pipeline to make."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

import clipy
from clipy.config import load
from clipy.errors import BackendUnavailable, ClipyError, InputError, MediaError, NothingToDeliver, UploadLater
from clipy.executors.preparing import messages
from clipy.executors.preparing.job import Job
from clipy.executors.preparing.steps import prepare_job
from fixtures.media import make_video

SETS = (
    *(
        "transcribe=subtitles",
        "highlight=even",
        "highlight.duration=2",
        "highlight.min_duration=2",
        "highlight.count=2",
    ),
    *("reframe.width=180", "reframe.height=320", "render.quality=draft", "review=technical,framing"),
    *("review.technical.width=180", "review.technical.height=320"),
)
SUBTITLES = (
    "1\n00:00:00,300 --> 00:00:02,000\nHalf of them stopped.\n\n2\n00:00:02,200 --> 00:00:04,000\nThen it changed.\n"
)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    video = make_video(tmp_path / "talk.mp4", seconds=6, size=(320, 180))
    video.with_suffix(".srt").write_text(SUBTITLES)
    (tmp_path / "store").mkdir()
    return Job(video, load(sets=SETS, environment={}), tmp_path / "store")


def _made(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The steps whose results were made rather than loaded."""
    steps = [getattr(record, "data", {}) for record in caplog.records]
    return [data["step"] for data in steps if data.get("event") == "step" and data["made"]]


def test_the_pipeline_finds_all_that_the_steps_made(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "clipy")
    prepare_job(job, step="transcribe")
    count = prepare_job(job, step="highlight")
    assert count == 2
    for index in range(count):
        prepare_job(job, step="reframe", index=index)
    for index in reversed(range(count)):
        prepare_job(job, step="clip", index=index)
    assert {"highlight.highlight", "reframe.reframe", "render.render", "review.review"} <= set(_made(caplog))
    caplog.clear()
    prepare_job(job)
    assert _made(caplog) == []
    monkeypatch.setenv("CLIPY_STORE", str(job.store))
    result = clipy.run(job.video, tmp_path / "out", config=job.config)
    assert [step for step in _made(caplog) if not step.startswith("upload")] == []
    assert len(result.made) == 2


def test_a_job_travels_as_text(job: Job) -> None:
    again = Job.from_json(job.to_json())
    assert again.to_json() == job.to_json()
    assert (again.video, again.store) == (job.video, job.store)
    assert again.config.tables.keys() == job.config.tables.keys()


def test_a_store_that_is_not_there_is_an_error(job: Job) -> None:
    with pytest.raises(InputError, match="cannot see the store"):
        prepare_job(Job(job.video, job.config, job.store / "elsewhere"))


@pytest.mark.parametrize(
    "error",
    [
        MediaError("no video", where=Path("/a/b.mp4"), do="Copy it"),
        NothingToDeliver("no clip", ("one", "two"), do="See above"),
        UploadLater("tomorrow"),
        BackendUnavailable("not there"),
    ],
)
def test_an_error_is_the_same_after_its_journey(error: ClipyError) -> None:
    again = messages.error_from(messages.error_json(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert getattr(again, "reasons", ()) == getattr(error, "reasons", ())
