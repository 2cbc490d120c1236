"""A batch in a process of its own, with what it took: one video at a time on this machine, or on a Ray cluster."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fixtures.media import make_video

SOURCE = Path(__file__).resolve().parents[2] / "src"
_TICK = os.sysconf("SC_CLK_TCK")
_OBJECTS = 80 * 2**20  # bytes of a node's object store: tasks hand on a few kilobytes


@dataclass(frozen=True)
class Took:
    """Seconds by the clock; processor seconds of the driver with its children, and of everything that Ray runs."""

    wall: float
    driver: float
    cluster: float
    clips: dict[str, int]
    posted: dict[str, int]

    def record(self) -> dict[str, Any]:
        return {
            "wall": round(self.wall, 1),
            "cpu": round(self.driver + self.cluster, 1),
            "driver_cpu": round(self.driver, 1),
            "clips": sum(self.clips.values()),
            "posted_twice": sum(count > 1 for count in self.posted.values()),
            "not_posted": len(set(self.clips) - set(self.posted)),
        }


def videos(folder: Path, count: int, seconds: float) -> Path:
    """Short silent videos, no two the same."""
    folder.mkdir()
    for number in range(count):
        make_video(folder / f"v{number:02d}.mp4", seconds=seconds, size=(1280, 720), play=None, rate=25 + number)
    return folder


def batch(inside: Path, place: Path, sets: Sequence[str], cores: int | None = None) -> Took:
    """Run ``clipy run`` on a folder with an empty store; each clip is also posted by a program that keeps a list."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    post, posted = place / "post.py", place / "posted"
    post.write_text(f"import sys\nopen({str(posted)!r}, 'a').write(sys.argv[1] + '\\n')\n", encoding="utf-8")
    settings = place / "clipy.toml"
    program = f'program = ["{sys.executable}", "{post}", "{{name}}"]'
    settings.write_text(f'[[upload]]\nbackend = "command"\n{program}\n', encoding="utf-8")
    command = [sys.executable, "-c", "from clipy.cli import main; main()", "run", str(inside), "-o", str(place / "out")]
    command += ["--config", str(settings), "-q", *(part for text in sets for part in ("--set", text))]
    environment = {**os.environ, "CLIPY_STORE": str(place / "store"), "PYTHONPATH": str(SOURCE)}
    allowed = sorted(os.sched_getaffinity(0))[:cores]
    began = time.perf_counter()
    with subprocess.Popen(command, env=environment) as process:
        os.sched_setaffinity(process.pid, allowed)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    if process.returncode:
        raise SystemExit(f"the batch failed with exit code {process.returncode}")
    clips = {path.stem: 1 for path in (place / "out").rglob("*.mp4")}
    names = posted.read_text(encoding="utf-8").split() if posted.exists() else []
    counted = {name: names.count(name) for name in names}
    return Took(wall, usage.ru_utime + usage.ru_stime, 0.0, clips, counted)


def on_ray(inside: Path, place: Path, sets: Sequence[str], workers: int, *, kill_after: float | None = None) -> Took:
    """The same on a cluster of one node for each worker, one core each; ``kill_after`` seconds one node is killed."""
    with _cluster(workers) as (address, kill):
        chosen = ["executor=ray", f"executor.address={address}", "executor.cores=1", "executor.memory=300MB"]
        timer = None if kill_after is None else threading.Timer(kill_after, kill)
        if timer is not None:
            timer.start()
        with _RaysShare() as share:
            took = batch(inside, place, [*chosen, f"executor.videos={workers}", *sets])
        if timer is not None:
            timer.join()
    return Took(took.wall, took.driver, share.seconds, took.clips, took.posted)


@contextmanager
def _cluster(workers: int) -> Iterator[tuple[str, Callable[[], None]]]:
    """The address of a new cluster, and what kills its last node."""
    from ray.cluster_utils import Cluster

    os.environ["RAY_agent_register_timeout_ms"] = "100000"  # noqa: SIM112 - as Ray spells it
    sizes: dict[str, Any] = {"object_store_memory": _OBJECTS, "include_dashboard": False}
    cluster = _started(lambda: Cluster(initialize_head=True, head_node_args={"num_cpus": 1, **sizes}))
    more = [_started(lambda: cluster.add_node(num_cpus=1, object_store_memory=_OBJECTS)) for _ in range(workers - 1)]
    try:
        yield cluster.address, lambda: cluster.remove_node(more[-1], allow_graceful=False)
    finally:
        cluster.shutdown()  # type: ignore[no-untyped-call, unused-ignore]


def _started(start: Callable[[], Any], attempts: int = 5) -> Any:
    """What ``start`` makes; again where a busy machine does not keep the 30 seconds that Ray gives a node."""
    for attempt in range(attempts):
        try:
            return start()
        except Exception as error:  # Ray raises no other class here
            if "timed out during startup" not in str(error) or attempt == attempts - 1:
                raise
    return None


class _RaysShare:
    """Processor seconds of every process that Ray runs on this machine: a worker's are gone when its driver ends."""

    def __init__(self) -> None:
        self._spent: dict[int, int] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> _RaysShare:
        self._note()
        self._before = dict(self._spent)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def seconds(self) -> float:
        """What was spent since the beginning, to the last half second."""
        return sum(spent - self._before.get(pid, 0) for pid, spent in self._spent.items()) / _TICK

    def _watch(self) -> None:
        while not self._over.wait(0.5):
            self._note()

    def _note(self) -> None:
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                line = (folder / "cmdline").read_bytes()
                facts = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            except OSError:  # it has just ended
                continue
            if b"ray::" in line or b"raylet" in line or b"gcs_server" in line or b"/ray/" in line:
                self._spent[int(folder.name)] = int(facts[11]) + int(facts[12])
