"""What lies in the store is listed and removed; what a run uses, what is no artifact and what lies elsewhere stays."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from clipy.cli import main
from clipy.config import load
from clipy.config.quantities import age, as_age, as_size, size
from clipy.context import Context
from clipy.errors import ConfigError
from clipy.media.probe import probe
from clipy.pipeline.pipeline import Pipeline
from clipy.pipeline.run import context
from clipy.storage import eviction
from clipy.storage.store import Store
from fixtures.media import make_video

DAY = 86_400


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Four artifacts: words of 1 and 40 days, and rendered files of 2 and 3 days, 1000 bytes each."""
    monkeypatch.setenv("CLIPY_STORE", str(tmp_path / "store"))
    made = Store(tmp_path / "store")
    for key, days in (("aaaaaaaa1", 1), ("aaaaaaaa2", 40)):
        made.value("transcribe.transcribe", key, str, lambda: "x" * 500)
        aged(made.place("transcribe.transcribe", key, ".json"), days)
    for key, days in (("bbbbbbbb1", 2), ("bbbbbbbb2", 3)):
        made.file("render.render", key, ".mp4", lambda path: written(path, bytes(1000)))
        for suffix in (".mp4", ".receipt"):
            aged(made.place("render.render", key, suffix), days)
    (made.root / "logs").mkdir()
    (made.root / "logs" / "a.log").write_text("kept")
    return made


def written(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def aged(path: Path, days: float) -> None:
    at = time.time() - days * DAY
    os.utime(path, (at, at))


def keys(store: Store) -> set[str]:
    return {item.key for item in eviction.artifacts(store)}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["cache", *arguments])


def test_listing_groups_by_step(store: Store) -> None:
    document = json.loads(run("ls", "--json").stdout)
    steps = {row["step"]: row for row in document["steps"]}
    assert {name: row["artifacts"] for name, row in steps.items()} == {"transcribe.transcribe": 2, "render.render": 2}
    assert steps["render.render"]["bytes"] > 2000
    assert steps["transcribe.transcribe"]["oldest_s_ago"] == pytest.approx(40 * DAY, abs=60)
    shown = run("ls").stdout
    assert "render.render" in shown
    assert str(store.root) in shown
    assert "aaaaaaaa2" in run("show", "transcribe.transcribe").stdout
    assert [item["key"] for item in json.loads(run("show", "bbbbbbbb1", "--json").stdout)] == ["bbbbbbbb1"]


def test_eviction_removes_old_entries_then_the_excess(store: Store) -> None:
    assert json.loads(run("gc", "--max-age", "30d", "--dry-run", "--json").stdout)["removed"][0]["key"] == "aaaaaaaa2"
    assert len(keys(store)) == 4
    assert "removed 1 artifact," in run("gc", "--max-age", "30d").stdout
    assert keys(store) == {"aaaaaaaa1", "bbbbbbbb1", "bbbbbbbb2"}
    run("gc", "--max-size", "2200")
    assert keys(store) == {"aaaaaaaa1", "bbbbbbbb1"}  # the one that was used longest ago went first
    assert (store.root / "logs" / "a.log").read_text() == "kept"
    made = []
    store.file("render.render", "bbbbbbbb2", ".mp4", lambda path: made.append(path.write_bytes(b"again")))
    assert made  # what was removed is made again


def test_cache_rm_removes_by_step_and_key(store: Store) -> None:
    assert run("rm").exit_code == run("rm", "--all", "x").exit_code == 2
    assert "nothing is stored under" in run("rm", "nonsense").stderr
    run("rm", "transcribe.transcribe", "bbbbbbbb1")
    assert keys(store) == {"bbbbbbbb2"}
    run("rm", "--all")
    assert keys(store) == set()
    assert not list(store.root.rglob("*.mp4"))


def test_eviction_touches_nothing_outside_the_store(store: Store, tmp_path: Path) -> None:
    mine = tmp_path / "mine" / "aa"
    mine.mkdir(parents=True)
    (mine / "precious.json").write_text("mine")
    (store.root / "links.lead").symlink_to(tmp_path / "mine")
    (store.root / "render.render" / "cc").symlink_to(mine)
    (store.root / "render.render" / "bb" / "link.mp4").symlink_to(mine / "precious.json")
    run("rm", "--all")
    assert (mine / "precious.json").read_text() == "mine"


def test_entries_of_a_running_process_are_kept(store: Store) -> None:
    with context(Pipeline.from_config(load())) as ctx:
        eviction.note_used([ctx.store.place("transcribe.transcribe", "aaaaaaaa2", ".json")])
        removal = eviction.remove(store, lambda found: found)
        assert [item.key for item in removal.in_use] == ["aaaaaaaa2"]
        assert keys(store) == {"aaaaaaaa2"}
    eviction.remove(store, lambda found: found)
    assert keys(store) == set()


def test_entries_being_written_are_kept_and_runs_wait_for_eviction(store: Store) -> None:
    path = store.place("render.render", "bbbbbbbb1", ".lock")
    with store.locked(path, "the test"):
        assert [item.key for item in eviction.remove(store, lambda found: found).in_use] == ["bbbbbbbb1"]
    begun = threading.Event()

    def run_something() -> None:
        with context(None):
            begun.set()

    with store.locked(store.root / "tidying.lock", "the test"):
        thread = threading.Thread(target=run_something)
        thread.start()
        assert not begun.wait(0.3)
    assert begun.wait(20)
    thread.join()


def test_entries_are_listed_by_video(ctx: Context, tmp_path: Path) -> None:
    video = probe(make_video(tmp_path / "a talk.mp4", seconds=1, size=(64, 64), play=None))
    from clipy.analysis.base import ShotDetector

    for _ in range(2):
        ctx.cached(ctx.analyser(ShotDetector).detect, video, video.span)
    (item,) = eviction.artifacts(ctx.store)
    assert item.videos == (video.fingerprint,)
    assert eviction.videos(ctx.store) == {video.fingerprint: ("a talk.mp4",)}
    assert ctx.store.root == Path(os.environ["CLIPY_STORE"])
    assert json.loads(run("ls", "--videos", "--json").stdout)["videos"][0]["video"] == "a talk.mp4"
    assert "shots.detect" in run("show", "a talk.mp4").stdout
    assert "shots.detect" in run("show", video.fingerprint[:10]).stdout


def test_use_renews_the_age_of_an_artifact(ctx: Context, tmp_path: Path) -> None:
    video = probe(make_video(tmp_path / "a.mp4", seconds=1, size=(64, 64), play=None))
    from clipy.analysis.base import ShotDetector

    ctx.cached(ctx.analyser(ShotDetector).detect, video, video.span)
    (item,) = eviction.artifacts(ctx.store)
    aged(item.files[0], 9)
    ctx.cached(ctx.analyser(ShotDetector).detect, video, video.span)
    assert time.time() - eviction.artifacts(ctx.store)[0].used < 60


def test_a_run_keeps_the_store_within_the_limits_of_the_settings(store: Store, tmp_path: Path) -> None:
    video = make_video(tmp_path / "a.mp4", seconds=3, size=(64, 64), play=None)
    sets = (
        *("highlight.backend=even", "highlight.duration=2", "highlight.count=1", "highlight.min_duration=1"),
        "review=technical",
        *("reframe.backend=center", "reframe.width=64", "reframe.height=64", "pizzazz=", "render.quality=draft"),
        *("store.max_age=30d", "review=technical", "review.technical.width=64", "review.technical.height=64"),
    )
    flags = [f"--set={setting}" for setting in sets]
    result = CliRunner().invoke(main, ["run", str(video), "-o", str(tmp_path / "out"), *flags])
    assert result.exit_code == 0, result.output
    assert "aaaaaaaa2" not in keys(store)
    assert "aaaaaaaa1" in keys(store)
    assert "is not a size" in CliRunner().invoke(main, ["cache", "gc", "--max-size", "big"]).stderr


def test_sizes_and_ages_are_parsed_and_formatted() -> None:
    assert [size(text) for text in ("5GB", "1.5 kb", "2GiB", "7")] == [5 * 10**9, 1500, 2 * 2**30, 7]
    assert [age(text) for text in ("90s", "2h", "30d", "1w")] == [90, 7200, 30 * DAY, 7 * DAY]
    assert [as_size(count) for count in (3, 1500, 2.5e9)] == ["3 B", "2 KB", "2.5 GB"]
    assert [as_age(seconds) for seconds in (3, 90, 2 * DAY, 30 * DAY)] == ["3 s", "2 m", "2 d", "4 w"]
    for text in ("", "x", "5 parsecs", "-3GB", "30"):
        with pytest.raises(ConfigError):
            age(text)
