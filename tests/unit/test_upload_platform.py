"""The frame around every uploader that journals: what a third party gets, and what the pipeline does with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from clipy import config
from clipy.context import Context
from clipy.errors import UploadError, UploadLater
from clipy.pipeline.outcome import Outcome
from clipy.pipeline.pipeline import Pipeline
from clipy.pipeline.shapes import Numbered
from clipy.stages.base import Uploader
from clipy.stages.platform_limits import PlatformLimits
from clipy.stages.upload.publishing.http import Interrupted
from clipy.stages.upload.publishing.job import UploadJob
from clipy.stages.upload.publishing.journal import UploadState, open_journal
from clipy.stages.upload.publishing.platform import Platform
from clipy.types import Clip, Json, Post
from fixtures.publishing.clips import make_clip, make_context

DOCUMENT = Path(__file__).parents[2] / "docs" / "uploading.md"


@pytest.fixture(autouse=True)
def _private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIPY_TOKENS", str(tmp_path / "tokens.json"))


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    return make_clip(tmp_path)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)


def test_documented_uploader_works_as_written(clip: Clip, tmp_path: Path) -> None:
    board: list[str] = []
    failures = [Interrupted("it fell down")]

    def pin(key: str, path: Path) -> None:
        board.append(key)
        if failures:
            raise failures.pop()  # it hangs there, but nobody was told

    code = next(text for text in blocks("python") if "Noticeboard" in text)
    space = {
        "Platform": Platform,
        "PlatformLimits": PlatformLimits,
        "UploadState": UploadState,
        "date": date,
        "pin": pin,
        "__name__": "x",
    }
    space["is_pinned"] = board.__contains__
    exec(compile(code, "uploading.md", "exec"), space)
    kind = space["Noticeboard"]
    assert isinstance(kind, type)
    assert issubclass(kind, Platform)
    make: Callable[[], Platform] = lambda: kind(kind.Options(wait=0))  # noqa: E731
    for _ in range(2):
        assert make().upload(clip, make_context(tmp_path)).where == "board"
    assert len(board) == 1


def test_documented_receiver_verifies_the_signature() -> None:
    from clipy.stages.upload.webhook import signature

    code = next(text for text in blocks("python") if "is_ours" in text)
    space: dict[str, object] = {}
    exec(compile(code, "uploading.md", "exec"), space)
    is_ours = space["is_ours"]
    assert callable(is_ours)
    headers = {"webhook-id": "a", "webhook-timestamp": "1", "webhook-signature": signature("s" * 24, "a", "1", b"{}")}
    assert is_ours("s" * 24, headers, b"{}")
    assert not is_ours("s" * 24, headers, b"{ }")


class Stubborn(Platform):
    """Opens, and then never moves."""

    limits = PlatformLimits(as_of=date(2026, 1, 1), source="", containers=())
    opened = 0

    def describe(self, job: UploadJob) -> list[Json]:
        return []

    def begin(self, job: UploadJob) -> UploadState:
        type(self).opened += 1
        return UploadState("open")

    def probe(self, job: UploadJob, state: UploadState) -> UploadState:
        return state.with_phase("open")

    def advance(self, job: UploadJob, state: UploadState) -> UploadState:
        return UploadState()


def test_gives_up_on_a_platform_that_loses_every_session(clip: Clip, tmp_path: Path) -> None:
    with pytest.raises(UploadError, match="keeps losing the upload"):
        Stubborn(Stubborn.Options(wait=0)).upload(clip, make_context(tmp_path))
    assert Stubborn.opened == 3


def test_a_slow_start_does_not_count_as_a_lost_session(clip: Clip, tmp_path: Path) -> None:
    """A session is asked for as often as any step is tried."""
    failures = [Interrupted("busy")] * 4

    class Busy(Stubborn):
        def begin(self, job: UploadJob) -> UploadState:
            if failures:
                raise failures.pop()
            return UploadState("open")

        def advance(self, job: UploadJob, state: UploadState) -> UploadState:
            return UploadState("done", location="there")

    assert Busy(Busy.Options(wait=0)).upload(clip, make_context(tmp_path)).where == "there"


def test_the_journal_records_intents_and_outcomes(clip: Clip, tmp_path: Path) -> None:
    class Easy(Stubborn):
        def advance(self, job: UploadJob, state: UploadState) -> UploadState:
            return UploadState("done", location="there")

    ctx = make_context(tmp_path)
    uploader = Easy()
    uploader.upload(clip, ctx)
    entry = uploader.make_job(clip, ctx).identity
    events = open_journal(ctx.store.root).events(entry)
    assert events == [("begin", "new"), ("begun", "open"), ("commit", "committing"), ("advanced", "done")]


def test_interrupt_keeps_the_intent(clip: Clip, tmp_path: Path) -> None:
    class Slow(Stubborn):
        def advance(self, job: UploadJob, state: UploadState) -> UploadState:
            raise KeyboardInterrupt

    ctx = make_context(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        Slow().upload(clip, ctx)
    entry = Slow().make_job(clip, ctx).identity
    assert open_journal(ctx.store.root).find(entry).phase == "committing"


class Failing(Uploader):
    """Cannot publish now."""

    def upload(self, clip: Clip, ctx: Context) -> Post:
        raise UploadLater("not now", do="Later")


class Working(Uploader):
    """Always can."""

    def upload(self, clip: Clip, ctx: Context) -> Post:
        return Post("working", clip.name)


def test_failing_uploader_does_not_block_others(clip: Clip, tmp_path: Path) -> None:
    pipeline = replace(Pipeline.from_config(config.load()), uploaders=(Failing(), Working()))
    (outcome,) = pipeline.publish_all([Numbered(1, Outcome(clip, ())).named("talk")], make_context(tmp_path))
    assert [post.where for post in outcome.posts] == ["talk-01"]
    assert [str(failure) for failure in outcome.failures] == ["not now. Later"]
