"""What a backend may touch: the store, a work folder, the analysers the user picked, progress, the device."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from clipy.backend import Backend
from clipy.errors import ConfigError
from clipy.storage import eviction
from clipy.storage.cache_policy import CachePolicy
from clipy.storage.store import Store, key_of
from clipy.types import Video

log = logging.getLogger(__name__)
B = TypeVar("B", bound=Backend)
T = TypeVar("T")


@dataclass(frozen=True)
class Event:
    """Something a person may want to see: which stage does what, and how much of it is done (0..1, or unknown)."""

    stage: str
    message: str
    fraction: float | None = None


def _nobody_listens(event: Event) -> None:
    """The default listener: a library call shows nothing."""


@dataclass(frozen=True)
class Context:
    """Handed to every backend. ``work`` is a private folder that is removed after the run.

    ``device`` is what the user asked for; what it means to a library is found by ``clipy.device``.
    """

    store: Store
    work: Path
    analysers: Mapping[type[Backend], Backend] = field(default_factory=dict)
    listener: Callable[[Event], None] = _nobody_listens
    device: str = "cpu"
    stage: str = ""
    renewal: CachePolicy = field(default_factory=CachePolicy)
    video: Video | None = None  # that the run is about, where it is about one

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
        """Tell whoever listens what is being done, and how much of the stage is done (0..1)."""
        self.listener(Event(self.stage, message, None if fraction is None else min(1.0, max(0.0, float(fraction)))))

    def analyser(self, kind: type[B]) -> B:
        """The analyser of a kind (``Transcriber``, ``FaceDetector``, ...) that the user picked."""
        found = self.analysers.get(kind)
        if not isinstance(found, kind):
            raise ConfigError(f"no {kind.group} backend was given to this run", do="Pass one in Context(analysers=...)")
        return found

    def cached(self, step: Callable[..., T], *inputs: object) -> T:
        """Call a backend's method as ``step(*inputs, ctx)``, or load what it returned for the same inputs before.

        The result's type is what the core class declares, so a backend that returns something else fails here.
        """
        kind = _declared(_owner(step), step.__name__)
        found: T = self._kept(step, inputs, lambda store, place, make: store.value(*place, kind, make))
        return found

    def cached_file(self, step: Callable[..., None], *inputs: object, suffix: str) -> Path:
        """The same for a method that writes a file: called as ``step(*inputs, path, ctx)``."""
        return self._kept(step, inputs, lambda store, place, make: store.file(*place, suffix, make))

    def _kept(
        self,
        step: Callable[..., Any],
        inputs: tuple[object, ...],
        ask: Callable[[Store, tuple[str, str], Callable[..., Any]], T],
    ) -> T:
        """Ask the store for a result, or for a new one where this run wants that; log which it was."""
        backend = _owner(step)
        name = f"{backend.group}.{step.__name__}"
        key = self._key(name, backend, inputs)
        made = False

        def make(*place: Path) -> Any:
            nonlocal made
            made = True
            return step(*inputs, *place, self)

        began = time.perf_counter()
        with self.renewal.deciding(backend.group, key, self.stage) as again:
            found = ask(replace(self.store, reuse=False) if again else self.store, (name, key), make)
            if isinstance(found, Path) and not found.exists():  # tidied away just now
                found = ask(self.store, (name, key), make)
        self._noted(name, key, inputs, found, made=made)
        spent = time.perf_counter() - began
        said = "made again" if made and again else "made" if made else "loaded"
        facts = {
            "event": "step",
            "step": name,
            "backend": backend.name,
            "artifact": key,
            "made": made,
            "seconds": spent,
        }
        level = logging.INFO if made else logging.DEBUG
        log.log(
            level, "%s (%s): %s in %.2f s", name, backend.name, said, spent, extra={"data": {**facts, "seconds": spent}}
        )
        return found

    def _noted(self, step: str, key: str, inputs: tuple[object, ...], found: object, *, made: bool) -> None:
        """Tell the shelf that an artifact was made for a video, or used."""
        video = next((item for item in inputs if isinstance(item, Video)), self.video)
        if made and video is not None:
            eviction.note_made(self.store, video, step, key)
        if not made:
            path = found if isinstance(found, Path) else self.store.place(step, key, ".json")
            eviction.note_used([path])

    def _key(self, name: str, backend: Backend, inputs: tuple[object, ...]) -> str:
        """What decides a result: the backend, those it may have asked, its inputs, and what lies beside a source."""
        behind = self._behind(backend)
        sources = [item.path for item in inputs if isinstance(item, Video)]
        beside = [files for one in (backend, *behind) for path in sources if (files := one.sidecar_digests(path))]
        return key_of(name, backend, behind, inputs, *beside)

    def _behind(self, backend: Backend) -> list[Backend]:
        """The analysers a stage may have asked; an analyser itself is handed all that it needs."""
        if backend in self.analysers.values():
            return []
        return sorted(self.analysers.values(), key=lambda analyser: analyser.group)


def _owner(step: Callable[..., Any]) -> Backend:
    owner = getattr(step, "__self__", None)
    if not isinstance(owner, Backend):
        raise TypeError(f"{step!r} is not a method of a backend")
    return owner


def _declared(backend: Backend, method: str) -> Any:
    """The return type that the core class gives a method: the contract that every backend keeps."""
    core = next(kind for kind in reversed(type(backend).__mro__) if method in vars(kind))
    return get_type_hints(vars(core)[method], include_extras=True)["return"]
