"""Works through many videos with an executor: prepared wherever it likes, delivered and uploaded here, one at a time.

A video that fails does not stop the others. Deliveries take turns, so that a clip that two videos have in common is
published with the first of them only.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from clipy.batch.record import Known, Record
from clipy.batch.sources import Source
from clipy.config import Config, store_folder
from clipy.context import Event
from clipy.contract import call
from clipy.errors import ClipyError, MediaError, NothingToDeliver
from clipy.executors.base import Executor
from clipy.executors.preparing import messages
from clipy.executors.preparing.job import Job, Listener
from clipy.media.probe import probe
from clipy.pipeline.delivery import delivering_to, prepare
from clipy.pipeline.outcome import Result
from clipy.pipeline.parallel import Stopped
from clipy.pipeline.pipeline import Pipeline
from clipy.pipeline.run import run
from clipy.storage.store import Store, key_of

log = logging.getLogger(__name__)

Listening: TypeAlias = Callable[[Source], Listener]
"""Gives the listener for the progress of a video."""

_PATIENCE = 0.2  # seconds between looks at the keyboard, and at what else there is to do


@dataclass(frozen=True)
class Manner:
    """What holds for every video of a run; as the arguments of ``clipy.run``."""

    since: str | None = None
    overwrite: bool = False
    debug: bool = False
    report: bool = False

    @property
    def repeats(self) -> bool:
        """Whether a video that is done with is begun again."""
        return self.overwrite or self.debug or self.report or self.since is not None


@dataclass(frozen=True)
class Ended:
    """What became of a video: its result or its error; ``earlier``: the record of an earlier run, which holds still."""

    source: Source
    result: Result | None = None
    error: ClipyError | None = None
    earlier: bool = False
    clips: int = 0


@dataclass
class Batch:
    """Videos that go to one output folder. ``config_of`` gives the settings of a source; ``executor`` does the work."""

    folder: Path
    config_of: Callable[[Source], Config]
    executor: Executor
    manner: Manner = field(default_factory=Manner)
    record: Record | None = None

    def __post_init__(self) -> None:
        self._turn, self._stopped = threading.Lock(), threading.Event()
        self._settings: dict[str, Pipeline] = {}

    def work_through(self, sources: Iterator[Source | None], listening: Listening) -> Iterator[Ended]:
        """Each video as it ends, in any order. ``sources`` yields None where the next is not there yet.

        Ends the executor's work when it is left early, by Ctrl-C too.
        """
        at_once = call(self.executor.videos_at_once, ())
        if at_once == 1:
            yield from self._one_by_one(sources, listening)
            return
        with ThreadPoolExecutor(at_once, thread_name_prefix="clipy-video") as pool:
            running: set[Future[Ended]] = set()
            try:
                more = True
                while more or running:
                    more = more and self._begin(sources, running, at_once, pool, listening)
                    done, running = wait(running, timeout=_PATIENCE, return_when=FIRST_COMPLETED)
                    for future in done:
                        yield future.result()
                    if not running and more:
                        time.sleep(_PATIENCE)
            finally:
                self._stopped.set()
                for future in running:
                    future.cancel()
                self.executor.stop()

    def _begin(
        self,
        sources: Iterator[Source | None],
        running: set[Future[Ended]],
        at_once: int,
        pool: ThreadPoolExecutor,
        listening: Listening,
    ) -> bool:
        """Begin as many videos as there is room for; False when there are no more."""
        while len(running) < at_once:
            try:
                source = next(sources)
            except StopIteration:
                return False
            if source is None:
                return True
            running.add(pool.submit(self._ended, source, listening))
        return True

    def _one_by_one(self, sources: Iterator[Source | None], listening: Listening) -> Iterator[Ended]:
        """In the caller's own thread, where Ctrl-C works at once."""
        try:
            for source in sources:
                if source is None:
                    time.sleep(_PATIENCE)
                else:
                    yield self._ended(source, listening)
        finally:
            self.executor.stop()

    def _ended(self, source: Source, listening: Listening) -> Ended:
        known = None
        try:
            config = self.config_of(source)
            known = Known.of(source.video, self._key(source, config)) if self.record else None
            if self.record and not self.manner.repeats and (entry := self.record.find(known)):
                return _earlier(source, entry)
            result = self.make(source, config, self._stoppable(listening(source)))
        except ClipyError as error:
            log.debug("the error was raised here", exc_info=True)
            if self.record and isinstance(error, NothingToDeliver | MediaError):  # the same would come out again
                self.record.add(known, {"clips": 0, "error": messages.error_json(error)})
            return Ended(source, error=error)
        except Exception as error:
            log.exception("unexpected error: a fault of clipy itself")
            return Ended(source, error=ClipyError(f"unexpected error ({type(error).__name__}: {error})"))
        if self.record and not result.failures:
            self.record.add(known, {"clips": len(result.made), "error": None})
        return Ended(source, result, clips=len(result.made))

    def make(self, source: Source, config: Config, listener: Listener) -> Result:
        """The clips of one video, prepared by the executor, then delivered and uploaded. Raises ClipyError."""
        folder = self.folder / source.place
        store = store_folder().absolute()
        store.mkdir(parents=True, exist_ok=True)
        self._check_place(source, config, folder)
        secretless = replace(config, lists={**config.lists, "upload": ()})  # accounts are nobody else's business
        job = Job(source.video.absolute(), secretless, store, self.manner.since)
        prepared = call(self.executor.prepare, (job,), listener)
        manner = replace(self.manner, since=None) if prepared else self.manner
        with self._turn:
            return run(source.video, folder, config=config, listener=listener, **vars(manner))

    def _check_place(self, source: Source, config: Config, folder: Path) -> None:
        """Raise OutputError before hours of work for a folder that holds other clips; ``run`` checks it again."""
        if (folder / "clips.json").exists() and not self.manner.overwrite:
            pipeline = Pipeline.from_config(delivering_to(folder, config, overwrite=False))
            video = probe(source.video, sound_only=True)
            identity = pipeline.suited_to(video).identity(video, Store(store_folder()))
            prepare(folder, identity, overwrite=False)

    def _key(self, source: Source, config: Config) -> str:
        """A key of the settings, of the versions of all backends, and of files beside the video that count."""
        text = key_of(config)
        with self._turn:
            pipeline = self._settings.setdefault(text, Pipeline.from_config(config))
        beside = [call(backend.sidecar_digests, (source.video,)) for backend in pipeline.backends()]
        return key_of(pipeline.backends(), beside)

    def _stoppable(self, listener: Listener) -> Listener:
        def listen(event: Event) -> None:
            if self._stopped.is_set():
                raise Stopped
            listener(event)

        return listen


def _earlier(source: Source, entry: dict[str, object]) -> Ended:
    failed = entry.get("error")
    clips = entry.get("clips")
    return Ended(
        source,
        error=messages.error_from(failed) if failed else None,
        earlier=True,
        clips=clips if isinstance(clips, int) else 0,
    )
