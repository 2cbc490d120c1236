"""What every uploader promises, wherever it publishes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from clipy import registry
from clipy.context import Event
from clipy.errors import UploadError, UploadRefused
from clipy.stages.base import Uploader
from clipy.stages.upload.publishing.platform import Platform
from clipy.types import Clip, Post
from fixtures.publishing.clips import make_clip, make_context
from tests.contracts.backends import installed
from tests.publishing.killing import Killed, killing
from tests.publishing.worlds import WORLDS, World


@pytest.fixture(params=installed("upload"))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def world(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("CLIPY_TOKENS", str(tmp_path / "tokens.json"))
    with WORLDS[name](tmp_path, monkeypatch) as found:
        yield found


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    return make_clip(tmp_path, 300_000)


def made(name: str, world: World) -> Uploader:
    """A new one, as a new run would make it."""
    uploader = registry.create("upload", name, world.options)
    assert isinstance(uploader, Uploader)
    return uploader


def upload(name: str, world: World, clip: Clip, folder: Path) -> Post:
    return made(name, world).upload(clip, make_context(folder))


def test_bytes_arrive_and_post_has_the_address(name: str, world: World, clip: Clip, tmp_path: Path) -> None:
    post = upload(name, world, clip, tmp_path)
    assert post.uploader == name
    assert post.where
    assert [hashlib.sha256(data).hexdigest() for data in world.posts()] == [clip.fingerprint]


def test_second_run_posts_nothing_and_returns_the_same_post(
    name: str, world: World, clip: Clip, tmp_path: Path
) -> None:
    first = upload(name, world, clip, tmp_path)
    assert upload(name, world, clip, tmp_path) == first
    assert len(world.posts()) == 1


def test_another_clip_makes_another_post(name: str, world: World, clip: Clip, tmp_path: Path) -> None:
    other = make_clip(tmp_path, 300_001, name="bees-02")
    places = {upload(name, world, each, tmp_path).where for each in (clip, other)}
    assert len(world.posts()) == 2
    assert len(places) == 2 or name in {"tiktok", "webhook"}


def test_a_file_that_clipy_did_not_make_can_be_published(name: str, world: World, clip: Clip, tmp_path: Path) -> None:
    assert upload(name, world, replace(clip, edit=None), tmp_path).where
    assert len(world.posts()) == 1


def test_progress_reaches_the_end(name: str, world: World, clip: Clip, tmp_path: Path) -> None:
    heard: list[Event] = []
    uploader = made(name, world)
    uploader.upload(clip, replace(make_context(tmp_path), listener=heard.append).at("upload"))
    assert heard
    if isinstance(uploader, Platform) and name != "command":
        assert max(event.fraction or 0.0 for event in heard) == 1.0


def test_preview_is_readable_and_sends_nothing(name: str, world: World, clip: Clip, tmp_path: Path) -> None:
    uploader = made(name, world)
    if not isinstance(uploader, Platform):
        pytest.skip(f"{name} has no preview")
    before = world.requests()
    shown = json.dumps(uploader.preview(clip, make_context(tmp_path)))
    assert clip.fingerprint in shown
    assert json.loads(shown)["requests"]
    assert json.loads(shown)["problems"] == []
    assert world.requests() == before
    assert world.posts() == []


def test_unsupported_file_is_refused_before_sending(
    name: str, world: World, clip: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploader = made(name, world)
    if not isinstance(uploader, Platform):
        pytest.skip(f"{name} takes any file")
    before = world.requests()
    monkeypatch.setattr(
        type(uploader), "limits", replace(uploader.limits, max_bytes=1000, max_duration=clip.duration / 2)
    )
    with pytest.raises(UploadRefused, match=r"would refuse it: the file has 0\.3 MB.*; the clip is 3\.2 s long"):
        uploader.upload(clip, make_context(tmp_path))
    assert world.requests() == before


@pytest.mark.parametrize("step", range(0, 24, 3))
def test_upload_killed_anywhere_ends_with_one_post(
    name: str, world: World, clip: Clip, tmp_path: Path, step: int
) -> None:
    uploader = made(name, world)
    if not isinstance(uploader, Platform):
        pytest.skip(f"{name} keeps no journal")
    for kill in (step, step // 2, None, None):
        uploader = made(name, world)
        assert isinstance(uploader, Platform)
        try:
            with killing(kill):
                uploader.upload(clip, make_context(tmp_path))
        except Killed:
            pass
        except UploadError:
            uploader.settle(clip, make_context(tmp_path), posted=bool(world.posts()))
    assert [hashlib.sha256(data).hexdigest() for data in world.posts()] == [clip.fingerprint]
