"""Every built-in backend keeps the contract of its kind: the suites that other packages test themselves with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clipy import models, registry
from clipy.errors import ClipyError
from clipy.groups import GROUPS
from clipy.stages.base import Renderer
from clipy.stages.highlight.even import Even
from clipy.testing import SUITES, contract_of
from clipy.testing.suite import BackendContract
from tests.contracts.backends import made
from tests.music import make_song

OPTIONS: dict[str, dict[str, Any]] = {
    "download": {"allow_private": True},
    "reframe": {"width": 180, "height": 320},
    "executor": {"videos": 2},
    "highlight": {"count": 2, "min_duration": 2, "max_duration": 6},
}
ELSEWHERE = {
    ("transcribe", "subtitles"): "needs subtitles beside the video: tests/unit/test_subtitled.py",
    ("transcribe", "openai-api"): "needs a service: tests/unit/test_speech_service.py",
    ("reframe", "keyframes"): "needs a path made for the video: tests/unit/test_keyframes.py",
    ("highlight", "llm"): "needs words of the language model's: tests/contracts/test_highlighter.py",
    ("highlight", "chapters"): "its times are a person's: tests/contracts/test_highlighter.py",
    ("executor", "ray"): "needs a cluster with time to start: tests/executors/test_ray.py",
    ("diarize", "pyannote"): "needs weights that only a person can get: tests/unit/test_pyannote.py",
}
"""Backends that work with more than a video, and where they are held to the contract."""


def _why_not(listing: registry.Listing) -> str:
    """Why a backend cannot be tested here; empty when it can."""
    if listing.missing:
        return f"not installed: {listing.install}"
    if (listing.group, listing.name) in ELSEWHERE:
        return ELSEWHERE[listing.group, listing.name]
    if listing.name == "music":
        return ""  # the suite makes it a song
    try:
        backend = made(listing.group, listing.name)
        if isinstance(backend, Renderer):
            backend.check()
        digests = set(backend.input_digests())
    except ClipyError as error:
        return error.what
    lacking = [model.name for model in models.known() if model.sha256 in digests and models.find(model) is None]
    return f"needs weights: clipy models pull {' '.join(lacking)}" if lacking else ""


def _suite(group: str) -> type[BackendContract]:
    """The suite of a group over all of its backends."""
    listings = [listing for listing in registry.listings(group) if listing.package == "clipy"]
    skips = {listing.name: _why_not(listing) for listing in listings if group != "upload"}
    parameters = [
        pytest.param(listing.name, marks=[pytest.mark.skip(reason=why)] if (why := skips.get(listing.name)) else [])
        for listing in listings
        if group != "upload" or listing.name == "folder"  # the others need a world: test_uploader.py
    ]

    base: Any = SUITES[group]

    class Suite(base):  # type: ignore[misc]
        @pytest.fixture(params=parameters)
        def backend(self, request: pytest.FixtureRequest, tmp_path: Path) -> Any:
            name = request.param
            own = {"path": tmp_path / "out"} if name == "folder" else {}
            if name == "music":
                own = {"track": make_song(tmp_path / "song.wav", seconds=6)}
            return made(group, name, **{**OPTIONS.get(group, {}), **own})

    return Suite


TestDownloaders = _suite("download")
TestTranscribers = _suite("transcribe")
TestAligners = _suite("align")
TestShotDetectors = _suite("shots")
TestFaceDetectors = _suite("faces")
TestSpeakerDetectors = _suite("speakers")
TestDiarizers = _suite("diarize")
TestEmbedders = _suite("embed")
TestHighlighters = _suite("highlight")
TestReframers = _suite("reframe")
TestPizzazz = _suite("pizzazz")
TestRenderers = _suite("render")
TestReviewers = _suite("review")
TestUploaders = _suite("upload")
TestExecutors = _suite("executor")


def test_every_group_has_a_contract_suite() -> None:
    assert set(SUITES) == set(GROUPS)
    suite = contract_of(Even, duration=3)
    assert suite.kind is Even
    assert suite.options == {"duration": 3}
