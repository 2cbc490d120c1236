"""The whole of clipy in one call, and the context that every run and every single stage works in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from threadpoolctl import threadpool_limits

from clipy import config as configuration
from clipy.analysis.perceived import Perceived
from clipy.config import Config
from clipy.context import Context, Event
from clipy.media.probe import probe
from clipy.pipeline.delivery import delivering_to, prepare
from clipy.pipeline.outcome import Result
from clipy.pipeline.pipeline import Pipeline
from clipy.pipeline.quality_control import QualityControl
from clipy.storage import eviction
from clipy.storage.cache_policy import CachePolicy
from clipy.storage.store import Store
from clipy.types import Video


def run(
    video: str | Path,
    folder: str | Path,
    *,
    config: Config | None = None,
    overwrite: bool = False,
    since: str | None = None,
    debug: bool = False,
    report: bool = False,
    listener: Callable[[Event], None] | None = None,
) -> Result:
    """Turn one video into finished clips in ``folder``: the whole of clipy in one call.

    ``config`` comes from ``clipy.config.load``. ``since`` names a stage (``clipy.groups.STEPS``): its
    stored results and those of all later stages are recomputed. ``debug`` saves what was seen and decided in
    ``folder / "debug"``, ``report`` the findings of the reviewers as a page, ``folder / "report.html"``.
    Raises ClipyError; NothingToDeliver when no clip passed.
    """
    folder = Path(folder)
    config = config or configuration.load()
    source = probe(Path(video), sound_only=True)
    pipeline = Pipeline.from_config(delivering_to(folder, config, overwrite=overwrite)).suited_to(source)
    result = run_pipeline(
        pipeline, source, folder, overwrite=overwrite, since=since, debug=debug, report=report, listener=listener
    )
    if config.store:
        eviction.tidy(Store(configuration.store_folder()), configuration.limits(config.store))
    return result


def run_pipeline(
    pipeline: Pipeline,
    source: Video,
    folder: Path,
    *,
    overwrite: bool = False,
    since: str | None = None,
    debug: bool = False,
    report: bool = False,
    listener: Callable[[Event], None] | None = None,
) -> Result:
    """Run a pipeline that is made already, with its own context; arguments and errors as for ``run``."""
    with context(pipeline, since=since, listener=listener) as ctx, ctx.store.delivering(folder):
        prepare(folder, pipeline.identity(source, ctx.store), overwrite=overwrite)
        eviction.note_seen(ctx.store, source)
        return pipeline.run(source, folder, ctx, debug=debug, report=report)


@contextmanager
def context(
    parts: Pipeline | QualityControl | None = None,
    *,
    since: str | None = None,
    listener: Callable[[Event], None] | None = None,
    store: Path | None = None,
) -> Iterator[Context]:
    """A context with the analysers of some ``parts``, and a private work folder that is removed afterwards.

    Inside, NumPy multiplies matrices on the caller's own thread: ours are many and small, and OpenBLAS's threads wait
    by spinning. Beside other work, two of them took ten times the processor time of one, and longer. ``store`` is the
    folder of the store; that of the settings unless given.
    """
    opened = Store(store or configuration.store_folder())
    with opened.workplace() as work, threadpool_limits(1, "blas"):
        eviction.enter(opened, work)
        analysers, device = (parts.analysers, parts.device) if parts else ({}, "cpu")
        ctx = Context(opened, work, analysers, device=device, policy=CachePolicy(since), perception=Perceived())
        yield ctx if listener is None else replace(ctx, listener=_one_at_a_time(listener))


def _one_at_a_time(listener: Callable[[Event], None]) -> Callable[[Event], None]:
    """The same for threads of stages that overlap."""
    lock = threading.RLock()

    def listen(event: Event) -> None:
        with lock:
            listener(event)

    return listen
