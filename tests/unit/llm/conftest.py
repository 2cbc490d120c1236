"""What the tests of the language model share: a long video, its words, and an endpoint that answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from clipy import probe
from clipy.context import Context
from clipy.types import Video
from fixtures.media import make_video, silence
from tests.chat_server import KEY, ChatServer
from tests.unit.llm.world import MINUTES, PLANTED, editor, hearing, told


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Video:
    path = tmp_path_factory.mktemp("long") / "long.mp4"
    return probe(
        make_video(path, seconds=60 * MINUTES, size=(32, 32), rate=1, play=silence, sample_rate=8000, channels=1)
    )


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


@pytest.fixture
def place(tmp_path: Path) -> Context:
    return hearing(tmp_path, told(PLANTED))


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer(editor) as running:
        yield running
