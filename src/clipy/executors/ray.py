"""A Ray cluster: many machines, or this one, that see the same store and the same videos."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field, field_validator

from clipy.config import quantities
from clipy.context import Event
from clipy.errors import ConfigError, WorkerLost
from clipy.executors.base import Executor
from clipy.executors.preparing.job import Job, Listener
from clipy.executors.preparing.outcome import outcome_of, result_of
from clipy.executors.preparing.steps import Step
from clipy.media.probe import probe

log = logging.getLogger(__name__)

_PATIENCE = 0.5  # seconds between looks at whether somebody wants to stop
_PASSED_ON = ("CLIPY_MODELS", "CLIPY_CACHE", "CLIPY_OFFLINE")  # of the driver's environment; never a secret
_ON_NETWORKS = frozenset({"all", "transcribe", "reframe", "clip"})  # steps that a graphics card makes quicker
_SHOWN_AS: Mapping[Step, str] = {"clip": "render", "all": "review"}  # in the progress, where not by its own name


@dataclass(frozen=True)
class Needs:
    """What a step reserves on a machine, as Ray counts it: cores, graphics cards (or shares of one), bytes."""

    cores: float
    cards: float
    memory: int


class Ray(Executor):
    """Any machines of a Ray cluster, with each video, or each step of a long one, as a task of its own.

    A task runs in a worker process that keeps its models for the next. One that dies with its process or its machine is
    run again elsewhere, and finds in the store what was done. Videos and store lie on a path that all machines share.
    """

    class Options(Executor.Options):
        address: str = Field(
            "", max_length=500, description="Address of the cluster (auto: this machine's); a new one if empty."
        )
        cores: int = Field(2, ge=1, le=1024, description="Processor cores for each task.")
        cards: float = Field(0, ge=0, le=16, description="Graphics cards, or a share of one, for steps with networks.")
        memory: str = Field("1.5GB", description="Memory for each task.")
        split: float = Field(
            20, ge=0, description="Minutes from which on a video's steps are shared among workers; 0: never."
        )

        @field_validator("memory")
        @classmethod
        def _is_a_size(cls, value: str) -> str:
            quantities.size(value)
            return value

    options: Options

    def __init__(self, options: Options | None = None) -> None:
        super().__init__(options)
        self._lock = threading.Lock()
        self._ray: Any = None
        self._began_cluster = False
        self._wanted: set[Any] = set()  # tasks in progress

    def videos_at_once(self) -> int:
        if self.options.videos is not None:
            return self.options.videos
        has: Mapping[str, float] = self._cluster().cluster_resources()
        needs = self.needs("all")
        fitting = [has.get("CPU", 0) / needs.cores, has.get("memory", 0) / needs.memory]
        fitting += [has.get("GPU", 0) / needs.cards] if needs.cards else []
        if min(fitting) < 1:
            raise ConfigError(
                f"the Ray cluster has no room for one task: {needs.cores:g} cores, {needs.cards:g} graphics cards and "
                f"{needs.memory / 1e9:g} GB are wanted, and {has.get('CPU', 0):g}, {has.get('GPU', 0):g} and "
                f"{has.get('memory', 0) / 1e9:.1f} GB are there",
                do="Add machines, or ask for less: --set executor.cores=1 (a cluster that grows: set executor.videos)",
            )
        return int(min(fitting))

    def needs(self, step: Step) -> Needs:
        """What a step reserves: networks and encoders take all that is set, choosing candidates one core."""
        cores = 1 if step == "highlight" else self.options.cores
        cards = self.options.cards if step in _ON_NETWORKS else 0
        return Needs(cores, cards, quantities.size(self.options.memory))

    def prepare(self, job: Job, listener: Listener) -> bool:
        longest = self.options.split * 60
        if job.since is None and longest and probe(job.video, sound_only=True).duration > longest:
            self._prepare_in_steps(job, listener)
        self._done(job, [("all", 0)], listener)
        return True

    def _prepare_in_steps(self, job: Job, listener: Listener) -> None:
        """A long video: each candidate is framed, then rendered and reviewed, by whichever worker is free.

        Everything that is left (repairs, replacements of what a review rejected) is the last task's.
        """
        self._done(job, [("transcribe", 0)], listener)
        (count,) = self._done(job, [("highlight", 0)], listener)
        self._done(job, [("reframe", index) for index in range(count)], listener)
        self._done(job, [("clip", index) for index in range(count)], listener)

    def _done(self, job: Job, tasks: list[tuple[Step, int]], listener: Listener) -> list[int]:
        """What the tasks return, in order, once all are done. Raises the first error among them, or WorkerLost."""
        ray = self._cluster()
        perform = self._remote()
        refs = [perform(step).remote(job.to_json(), step, index, self.options.cores) for step, index in tasks]
        with self._lock:
            self._wanted.update(refs)
        try:
            title = _SHOWN_AS.get(tasks[0][0], tasks[0][0]) if tasks else ""
            for done in self._waited(refs):
                listener(Event(title, f"{done} of {len(refs)} on the cluster", done / len(refs)))
            return [result_of(answer) for answer in ray.get(refs)]
        except ray.exceptions.RayError as error:
            raise WorkerLost(
                f"what worked on it died, {self.options.attempts} times ({type(error).__name__})",
                where=job.video,
                do="See the log of the cluster; tasks that run out of memory need a larger executor.memory",
            ) from error
        finally:
            with self._lock:
                self._wanted.difference_update(refs)
            self._cancel(refs)

    def _waited(self, refs: list[Any]) -> Iterator[int]:
        """How many tasks have ended, every now and then until all have."""
        ended = 0
        while ended < len(refs):
            yield ended
            done, _ = self._ray.wait(refs, num_returns=min(len(refs), ended + 1), timeout=_PATIENCE, fetch_local=False)
            ended = len(done)
        if refs:
            yield ended

    def _cancel(self, refs: list[Any]) -> None:
        """End tasks that are still in progress."""
        if not refs:
            return
        done, running = self._ray.wait(refs, num_returns=len(refs), timeout=0, fetch_local=False)
        log.debug("%d tasks have ended, %d are cancelled", len(done), len(running))
        for ref in running:
            self._ray.cancel(ref, force=True)

    def _remote(self) -> Callable[[Step], Any]:
        """Makes Ray's function for a step, with what it needs and how often it may be started."""
        function = self._ray.remote(_perform)

        def for_step(step: Step) -> Any:
            needs = self.needs(step)
            return function.options(
                name=f"clipy {step}",
                num_cpus=needs.cores,
                num_gpus=needs.cards,
                memory=needs.memory,
                max_retries=self.options.attempts - 1,
                retry_exceptions=False,
                runtime_env={"env_vars": {name: os.environ[name] for name in _PASSED_ON if name in os.environ}},
            )

        return for_step

    def _cluster(self) -> Any:
        """Ray, connected; at the first use. Raises ConfigError."""
        with self._lock:
            if self._ray is None:
                import ray

                self._began_cluster = not ray.is_initialized()
                if self._began_cluster:
                    _connect(ray, self.options.address)
                self._ray = ray
            return self._ray

    def stop(self) -> None:
        with self._lock:
            ray, self._ray = self._ray, None
        if ray is None:
            return
        for ref in list(self._wanted):
            ray.cancel(ref, force=True)
        if self._began_cluster:
            ray.shutdown()


def _connect(ray: Any, address: str) -> None:
    """Join a cluster, or begin one on this machine that ends with this process. Raises ConfigError."""
    try:
        ray.init(
            address=address or "local",
            log_to_driver=False,
            configure_logging=False,
            **({} if address else {"include_dashboard": False}),
        )
    except (ConnectionError, RuntimeError, ValueError) as error:
        reason = (str(error).strip().splitlines() or ["no more is known"])[0]
        raise ConfigError(
            f"cannot join the Ray cluster ({reason})",
            where=address or "this machine",
            do="Start one with: ray start --head, or leave executor.address out",
        ) from error


def _perform(job: str, step: Step, index: int, cores: int) -> dict[str, Any]:
    """What a worker does: one step of a job; what came of it, or its error, as data."""
    return outcome_of(job, step, index, cores)
