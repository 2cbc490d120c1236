"""What is tested of every backend, whatever its kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from clipy.backend import Backend
from clipy.context import Context
from clipy.media.probe import probe
from clipy.storage.store import key_of
from clipy.testing.known import context
from clipy.testing.media import make_video
from clipy.types import Video

SECONDS = 10
"""Length of the video that backends are tested with."""


_made: dict[tuple[object, ...], Video] = {}


def shared_video(factory: pytest.TempPathFactory, **options: Any) -> Video:
    """``make_video`` with some options, made once for all tests of a process."""
    key = tuple(sorted(options.items()))
    if key not in _made:
        _made[key] = probe(make_video(factory.mktemp("contract") / "video.mp4", **options))
    return _made[key]


class BackendContract:
    """The base of all suites. ``kind`` and ``options`` say what is tested; or override the fixture ``backend``."""

    core: ClassVar[type[Backend]]
    kind: ClassVar[type[Backend]]
    options: ClassVar[Mapping[str, Any]] = {}
    needed: ClassVar[Mapping[str, Any]] = {}  # options that a suite sets where the test's author sets none

    @pytest.fixture
    def backend(self) -> Any:
        """The backend under test, made as the registry would make it."""
        made = self.kind(self.kind.Options.model_validate({**self.needed, **self.options}))
        made.name = self.kind.__name__.lower()
        return made

    @pytest.fixture
    def ctx(self) -> Iterator[Context]:
        """A context with an empty store and analysers that know their answers."""
        with context() as made:
            yield made

    @pytest.fixture
    def video(self, tmp_path_factory: pytest.TempPathFactory) -> Video:
        """Ten seconds of a moving picture with sound."""
        return shared_video(tmp_path_factory, seconds=SECONDS)

    @pytest.fixture
    def silent(self, tmp_path_factory: pytest.TempPathFactory) -> Video:
        """The same without a sound track."""
        return shared_video(tmp_path_factory, seconds=SECONDS, has_sound=False)

    def test_backend_inherits_its_core_class_and_options(self, backend: Backend) -> None:
        assert isinstance(backend, self.core)
        assert issubclass(type(backend).Options, self.core.Options)

    def test_backend_and_options_have_descriptions(self, backend: Backend) -> None:
        kind = type(backend)
        assert (kind.__doc__ or "").strip(), "its class needs a docstring: clipy backends shows its first line"
        undescribed = [name for name, field in kind.Options.model_fields.items() if not field.description]
        assert not undescribed, f"options without a description: {', '.join(undescribed)}"

    def test_constructor_reads_nothing(self, backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object, **__: object) -> object:
            raise AssertionError("a constructor must be cheap: weights and files wait until the first use")

        monkeypatch.setattr("builtins.open", refuse)
        monkeypatch.setattr(Path, "open", refuse)
        type(backend)(backend.options)

    def test_identity_is_plain_data_and_stable(self, backend: Backend) -> None:
        assert key_of(backend) == key_of(type(backend)(backend.options))
