"""The executor ``ray`` on a real cluster of several nodes on this machine, one of which dies at work."""

from __future__ import annotations

import importlib.util
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from clipy import registry
from clipy.cli import main
from clipy.errors import ConfigError
from clipy.executors.base import Executor
from clipy.testing import ExecutorContract
from fixtures.media import make_video

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason='not installed: pip install "clipy[ray]"'),
    pytest.mark.skipif(sys.platform == "win32", reason="several nodes on one machine need Linux or macOS"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning"),
]
QUICK = (
    *("highlight=even", "highlight.min_duration=1", "highlight.duration=2", "highlight.count=1", "pizzazz="),
    *("reframe=center", "reframe.width=180", "reframe.height=320", "render.quality=draft", "review=technical"),
    *("review.technical.width=180", "review.technical.height=320"),
)
_MEMORY = "300MB"  # of a task: nodes on one machine share its memory


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head with one core; a test adds a node."""
    patience = pytest.MonkeyPatch()
    patience.setenv("RAY_agent_register_timeout_ms", "100000")  # beside other tests, imports take long
    from ray.cluster_utils import Cluster

    sizes = {"object_store_memory": 80 * 2**20, "include_dashboard": False}
    made = _started(lambda: Cluster(initialize_head=True, head_node_args={"num_cpus": 1, **sizes}))
    yield made
    made.shutdown()
    patience.undo()


def _started(start: Callable[[], Any], attempts: int = 3) -> Any:
    """What ``start`` makes. Ray gives a node 30 seconds to start, which a busy machine may not keep."""
    for _ in range(attempts):
        try:
            return start()
        except Exception as error:  # Ray raises no other class here
            if "timed out during startup" not in str(error):
                raise
    pytest.skip(f"this machine is too busy: {attempts} times Ray could not start a node within 30 s")


def options(cluster: Any, **more: object) -> dict[str, object]:
    return {"address": cluster.address, "cores": 1, "memory": _MEMORY, **more}


class TestContract(ExecutorContract):
    """The contract of every executor, on the cluster."""

    kind = Executor  # replaced by the fixture

    @pytest.fixture
    def backend(self, cluster: Any) -> Any:
        return registry.create("executor", "ray", options(cluster))

    def test_what_does_not_fit_is_refused(self, cluster: Any) -> None:
        greedy = registry.create("executor", "ray", options(cluster, cores=64))
        assert isinstance(greedy, Executor)
        with pytest.raises(ConfigError, match="no room for one task: 64 cores"):
            greedy.videos_at_once()
        greedy.stop()


def run(cluster: Any, *arguments: str | Path, **more: object) -> Result:
    chosen = [f"executor.{name}={value}" for name, value in options(cluster, **more).items()]
    sets = [part for text in ("executor=ray", *chosen, *QUICK) for part in ("--set", text)]
    return CliRunner().invoke(main, ["run", *map(str, arguments), *sets])


def test_a_node_that_dies_loses_nothing_and_nothing_is_posted_twice(cluster: Any, tmp_path: Path) -> None:
    folder, log, post = tmp_path / "in", tmp_path / "posted", tmp_path / "post.py"
    folder.mkdir()
    for number in range(4):
        make_video(folder / f"v{number}.mp4", seconds=4, size=(320, 180), play=None, rate=20 + number)
    post.write_text(f"import sys\nopen({str(log)!r}, 'a').write(sys.argv[1] + '\\n')\n")
    settings = tmp_path / "clipy.toml"
    settings.write_text(f'[[upload]]\nbackend = "command"\nprogram = ["{sys.executable}", "{post}", "{{name}}"]\n')
    doomed = _started(lambda: cluster.add_node(num_cpus=1, object_store_memory=80 * 2**20))
    seen: list[Result] = []
    given = (cluster, folder, "-o", tmp_path / "out", "--json", "--config", settings)
    batch = threading.Thread(target=lambda: seen.append(run(*given, videos=4)))
    batch.start()
    _wait_for_work(cluster)
    cluster.remove_node(doomed, allow_graceful=False)
    batch.join()
    (result,) = seen
    assert result.exit_code == 0, result.output
    assert len(json.loads(result.stdout)["runs"]) == 4
    assert sorted(path.name for path in (tmp_path / "out").rglob("*.mp4")) == [f"v{n}-01.mp4" for n in range(4)]
    assert sorted(log.read_text().split()) == [f"v{n}-01" for n in range(4)]


def _wait_for_work(cluster: Any) -> None:
    """Until both nodes are at work."""
    import ray

    until = time.monotonic() + 60
    while time.monotonic() < until:
        if ray.is_initialized() and not ray.available_resources().get("CPU", 0):  # type: ignore[no-untyped-call, unused-ignore]
            return
        time.sleep(0.05)
    raise AssertionError("the cluster was never busy")


def test_the_steps_of_a_long_video_are_tasks_of_their_own(cluster: Any, tmp_path: Path) -> None:
    video = make_video(tmp_path / "long.mp4", seconds=8, size=(320, 180), play=None)
    result = run(cluster, video, "-o", tmp_path / "out", "--clips", "2", "-v", split=0.1)
    assert result.exit_code == 0, result.output
    assert len(list((tmp_path / "out").glob("*.mp4"))) == 2
    for stage in ("transcribe", "highlight", "reframe", "render"):
        assert f"{stage:<10} " in result.stderr
