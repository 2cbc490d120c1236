"""What a backend may touch: the store, a work folder, the analysers the user picked, progress, the device."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pydantic_core import PydanticSerializationError

from clipy import contract
from clipy.backend import Backend
from clipy.errors import ConfigError
from clipy.media.loudness import Levels
from clipy.storage import eviction
from clipy.storage.cache_policy import CachePolicy
from clipy.storage.store import Store, key_of
from clipy.types import Shot, Span, Track, Transcript, Video

log = logging.getLogger(__name__)
B = TypeVar("B", bound=Backend)
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class Event:
    """Something a person may want to see: which stage does what, and how much of it is done (0..1, or unknown)."""

    stage: str
    message: str
    fraction: float | None = None


def _nobody_listens(event: Event) -> None:
    """The default listener: a library call shows nothing."""


class Perception(Protocol):
    """What every backend may ask of a video: the pipeline hands it in (``clipy.analysis.perception``)."""

    def transcript(self, video: Video, ctx: Context) -> Transcript: ...

    def shots(self, video: Video, span: Span, ctx: Context) -> list[Shot]: ...

    def tracks(self, video: Video, span: Span, ctx: Context, *, speaking: bool) -> list[Track]: ...

    def levels(self, video: Video, ctx: Context) -> Levels: ...


@dataclass(frozen=True)
class Context:
    """Handed to every backend. ``work`` is a private folder that is removed after the run.

    ``device`` is what the user asked for; ``clipy.device`` translates it for a library. ``conversation`` are the spans
    of the source that are diarized together, so that a voice has one name in all clips; empty: whatever is asked about.
    ``reviewed``: what is rendered is reviewed next, so that a renderer may measure it for the review on the way.
    ``transcribed``: the words of edits are what this run's transcriber heard in ``video``, and nobody has edited them.
    """

    store: Store
    work: Path
    analysers: Mapping[type[Backend], Backend] = field(default_factory=dict)
    listener: Callable[[Event], None] = _nobody_listens
    device: str = "cpu"
    stage: str = ""
    policy: CachePolicy = field(default_factory=CachePolicy)
    video: Video | None = None  # the run's source, where it has one
    conversation: tuple[Span, ...] = ()
    perception: Perception | None = None
    reviewed: bool = False
    transcribed: bool = False

    def at(self, stage: str) -> Context:
        """The same context, reporting as another stage."""
        return replace(self, stage=stage)

    def within(self, start: float, end: float) -> Context:
        """The same context, whose progress 0..1 counts as ``start``..``end`` of the stage's."""

        def scaled(event: Event) -> None:
            fraction = None if event.fraction is None else start + event.fraction * (end - start)
            self.listener(Event(event.stage, event.message, fraction))

        return replace(self, listener=scaled)

    def report(self, message: str, fraction: float | None = None) -> None:
        """Report the current step, and the progress of the stage (0..1), to the listener."""
        self.listener(Event(self.stage, message, None if fraction is None else min(1.0, max(0.0, float(fraction)))))

    def analyser(self, kind: type[B]) -> B:
        """The analyser of a kind (``Transcriber``, ``FaceDetector``, ...) that the user picked."""
        found = self.analysers.get(kind)
        if not isinstance(found, kind):
            raise ConfigError(f"no {kind.group} backend was given to this run", do="Pass one in Context(analysers=...)")
        return found

    def transcript(self, video: Video) -> Transcript:
        """What is said in a video, word by word, in source time; empty where it has no sound or nobody speaks."""
        return self._perception().transcript(video, self)

    def shots(self, video: Video, span: Span) -> list[Shot]:
        """The shots of a span in order, without gaps: the first starts and the last ends with it."""
        return self._perception().shots(video, span, self)

    def tracks(self, video: Video, span: Span, *, speaking: bool = True) -> list[Track]:
        """The faces of a span, a track for each in each shot, with how surely each speaks unless that is not wanted."""
        return self._perception().tracks(video, span, self, speaking=speaking)

    def levels(self, video: Video) -> Levels:
        """How loud a video is over time, in dBFS ten times per second; silence throughout where it has no sound."""
        return self._perception().levels(video, self)

    def _perception(self) -> Perception:
        if self.perception is None:
            raise ConfigError(
                "nothing can be asked about the video in this context",
                do="Make it with clipy.testing.context(), or with Context(perception=...)",
            )
        return self.perception

    def cached(self, step: Callable[..., T], *inputs: object) -> T:
        """Call a backend's method as ``step(*inputs, ctx)``, or load what it returned for the same inputs before.

        The result's type is what the core class declares, so a backend that returns something else fails here.
        """
        kind = contract.returned(step)

        def load(entry: _Entry, *, renew: bool) -> T:
            make = entry.noting(contract.call, step, inputs, self)
            try:
                value: T = self.store.value(entry.step, entry.key, kind, make, renew=renew)
            except PydanticSerializationError as error:
                raise contract.not_storable(step, error) from error
            return value

        return self._cached(self._entry(step, inputs), load)

    def cached_file(self, step: Callable[..., None], *inputs: object, suffix: str) -> Path:
        """The same for a method that writes a file: called as ``step(*inputs, path, ctx)``."""

        def write(path: Path) -> None:
            contract.call(step, inputs, path, self)

        return self._cached(self._entry(step, inputs), self._file_loader(suffix, write))

    def cached_value(self, name: str, version: int, inputs: tuple[object, ...], kind: Any, make: Callable[[], T]) -> T:
        """The same for a function that is no backend's method: ``make()``, or what it returned for the same inputs.

        ``name`` is ``group.what``: the results of a stage's group belong to that stage, as its backends' do. Increment
        ``version`` whenever the results change. ``inputs`` are all that decides the result, backends included.
        """

        def load(entry: _Entry, *, renew: bool) -> T:
            value: T = self.store.value(entry.step, entry.key, kind, entry.noting(make), renew=renew)
            return value

        return self._cached(self._function_entry(name, version, inputs), load)

    def cached_path(
        self, name: str, version: int, inputs: tuple[object, ...], suffix: str, make: Callable[[Path], None]
    ) -> Path:
        """The same for a function that writes a file: ``make(path)``."""
        return self._cached(self._function_entry(name, version, inputs), self._file_loader(suffix, make))

    def stored_value(self, name: str, version: int, inputs: tuple[object, ...], kind: Any) -> Any | None:
        """What ``cached_value`` has stored under the same name, version and inputs, in this run or before; or None."""
        found = self.store.stored(name, key_of(name, version, inputs), kind)
        return None if found is None else found[0]

    def _file_loader(self, suffix: str, make: Callable[[Path], None]) -> _Load[Path]:
        def load(entry: _Entry, *, renew: bool) -> Path:
            path = self.store.file(entry.step, entry.key, suffix, entry.noting(make), renew=renew)
            if not path.exists():  # evicted just now
                path = self.store.file(entry.step, entry.key, suffix, entry.noting(make))
            return path

        return load

    def _entry(self, step: Callable[..., Any], inputs: tuple[object, ...]) -> _Entry:
        """What decides a result: the backend, those it may ask, its inputs, files beside a source and in the store."""
        backend = contract.owner(step)
        name = f"{backend.group}.{step.__name__}"
        behind = self._behind(backend)
        sources = [item.path for item in inputs if isinstance(item, Video)]
        beside = [
            files
            for one in (backend, *behind)
            for path in sources
            if (files := contract.call(one.sidecar_digests, (path,)))
        ]
        learnt = [
            files for one in (backend, *behind) if (files := contract.call(one.store_digests, (self.store.root,)))
        ]
        heard = [self.conversation] if behind and self.conversation else []
        video = next((item for item in inputs if isinstance(item, Video)), self.video)
        return _Entry(
            name, key_of(name, backend, behind, inputs, *beside, *learnt, *heard), backend.group, backend.name, video
        )

    def _function_entry(self, name: str, version: int, inputs: tuple[object, ...]) -> _Entry:
        return _Entry(name, key_of(name, version, inputs), name.partition(".")[0], "", self.video)

    def _behind(self, backend: Backend) -> list[Backend]:
        """The analysers a stage may have asked; an analyser itself is handed all that it needs."""
        if backend in self.analysers.values():
            return []
        return sorted(self.analysers.values(), key=lambda analyser: analyser.group)

    def _cached(self, entry: _Entry, load: _Load[T]) -> T:
        """A result from the store, or a new one where it is missing or this run renews it; the log says which."""
        began = time.perf_counter()
        with self.policy.renewing(entry.group, entry.key, self.stage) as renew:
            found = load(entry, renew=renew)
        spent = time.perf_counter() - began
        if entry.made and entry.video is not None:
            eviction.note_made(self.store, entry.video, entry.step, entry.key)
        if not entry.made:
            eviction.note_used([found if isinstance(found, Path) else self.store.place(entry.step, entry.key, ".json")])
        outcome = "loaded" if not entry.made else "recomputed" if renew else "computed"
        facts = {"event": "step", "step": entry.step, "backend": entry.backend, "artifact": entry.key}
        log.log(
            logging.INFO if entry.made else logging.DEBUG,
            *("%s%s: %s in %.2f s", entry.step, f" ({entry.backend})" if entry.backend else "", outcome, spent),
            extra={"data": {**facts, "made": entry.made, "seconds": spent}},
        )
        return found


@dataclass
class _Entry:
    """One result's place in the store, and whether it was ``made`` now. ``video`` is the one that it belongs to."""

    step: str
    key: str
    group: str
    backend: str
    video: Video | None
    made: bool = False

    def noting(self, make: Callable[..., T], *inputs: object) -> Callable[..., T]:
        """``make`` with some inputs put first; a call is noted."""

        def noted(*more: object) -> T:
            self.made = True
            return make(*inputs, *more)

        return noted


class _Load(Protocol[T_co]):
    """Loads an entry from the store, or makes it; with ``renew`` makes it whatever is stored."""

    def __call__(self, entry: _Entry, *, renew: bool) -> T_co: ...
