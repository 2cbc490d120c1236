"""What every test gets: a store of its own and no settings of the user's."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

from clipy.backend import Backend
from clipy.config import load
from clipy.context import Context
from clipy.pipeline.pipeline import Pipeline
from clipy.pipeline.run import context
from fixtures.media import make_video
from fixtures.speech import SAID, Speech, played, speak


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """As in a run: the workers share the cores, and OpenBLAS's threads wait by spinning."""
    with threadpool_limits(1, "blas"):
        yield


@pytest.fixture(autouse=True)
def _own_place(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's is read or written, except models, which are big and checked by sha256."""
    place = tmp_path_factory.mktemp("place")
    monkeypatch.setenv("CLIPY_STORE", str(place / "store"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(place / "config"))
    monkeypatch.delenv("CLIPY_CONFIG", raising=False)


@pytest.fixture
def no_errors_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fails a test in which something logged an error."""
    yield
    errors = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert not errors


@pytest.fixture
def ctx(tmp_path: Path) -> Iterator[Context]:
    """A context with the default analysers and an empty store."""
    with context(Pipeline.from_config(load())) as made:
        yield made


@pytest.fixture
def media() -> Path:
    """Real recordings, for the few tests that need a real face or voice."""
    folder = os.environ.get("CLIPY_TEST_MEDIA")
    if not folder:
        pytest.skip("needs real recordings: set CLIPY_TEST_MEDIA to their folder")
    return Path(folder)


@pytest.fixture(scope="session")
def speech() -> Speech:
    """About 40 seconds of synthesised speech with true word times."""
    return speak(SAID)


@pytest.fixture(scope="session")
def talk(tmp_path_factory: pytest.TempPathFactory, speech: Speech) -> Path:
    """A video of that speech over a moving pattern; nobody is in the picture."""
    path = tmp_path_factory.mktemp("talk") / "talk.mp4"
    return make_video(path, seconds=len(speech.samples) / speech.rate + 1, play=played(speech))


def options(kind: type[Backend], **values: object) -> Backend:
    """A backend with some options set."""
    return kind(kind.Options.model_validate(values))
