"""Tests for a backend of one's own: the contract of every kind as a suite that pytest runs, in three lines.

    from acme_clips import Acme
    from clipy.testing import contract_of

    TestAcme = contract_of(Acme)

What each suite checks is what ``clipy`` itself holds every backend to, and what can only be seen in a test: the same
result again, cheap construction, described options, streams that stay streams. It needs pytest, which nothing else of
clipy does. Nothing is downloaded: the analysers of ``context()`` know what is in the video of ``make_video()``.
"""

from __future__ import annotations

from typing import Any

import pytest

for _module in ("analysers", "downloads", "executors", "stages", "suite"):
    pytest.register_assert_rewrite(f"{__name__}.{_module}")  # so that a failure shows what was compared

from clipy.backend import Backend
from clipy.testing.analysers import (
    AlignerContract,
    DiarizerContract,
    EmbedderContract,
    FaceDetectorContract,
    ShotDetectorContract,
    SpeakerDetectorContract,
    TranscriberContract,
)
from clipy.testing.downloads import DownloaderContract
from clipy.testing.executors import ExecutorContract
from clipy.testing.known import KNOWN_TRANSCRIPT, context, known_analysers
from clipy.testing.media import make_video
from clipy.testing.stages import (
    HighlighterContract,
    PizzazzContract,
    ReframerContract,
    RendererContract,
    ReviewerContract,
    UploaderContract,
)
from clipy.testing.suite import BackendContract

__all__ = [
    "KNOWN_TRANSCRIPT",
    "AlignerContract",
    "BackendContract",
    "DiarizerContract",
    "DownloaderContract",
    "EmbedderContract",
    "ExecutorContract",
    "FaceDetectorContract",
    "HighlighterContract",
    "PizzazzContract",
    "ReframerContract",
    "RendererContract",
    "ReviewerContract",
    "ShotDetectorContract",
    "SpeakerDetectorContract",
    "TranscriberContract",
    "UploaderContract",
    "context",
    "contract_of",
    "known_analysers",
    "make_video",
]

_SUITES: tuple[type[BackendContract], ...] = (
    DownloaderContract,
    TranscriberContract,
    AlignerContract,
    ShotDetectorContract,
    FaceDetectorContract,
    SpeakerDetectorContract,
    DiarizerContract,
    EmbedderContract,
    HighlighterContract,
    ReframerContract,
    PizzazzContract,
    RendererContract,
    ReviewerContract,
    UploaderContract,
    ExecutorContract,
)
SUITES: dict[str, type[BackendContract]] = {suite.core.group: suite for suite in _SUITES}
"""The suite of each group."""


def contract_of(kind: type[Backend], **options: Any) -> type[BackendContract]:
    """The suite of tests for a backend's class, as a class for pytest: assign it to a name that begins with ``Test``.

    ``options`` are what the backend is tested with. For one that needs more than that, inherit the suite of its kind
    (``HighlighterContract``, ...) and override the fixture ``backend``.
    """
    return type(f"Test{kind.__name__}", (SUITES[kind.group],), {"kind": kind, "options": options})
