"""Which stored results a run makes again: those of a stage and of all after it, each once."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from clipy.cli import main
from clipy.groups import STEPS
from clipy.storage.cache_policy import CachePolicy
from fixtures.media import make_video

QUICK = (
    *("highlight.backend=even", "highlight.duration=2", "highlight.count=1", "highlight.min_duration=1"),
    "review=technical",
    *("reframe.backend=center", "reframe.width=180", "reframe.height=320", "pizzazz=captions", "render.quality=draft"),
    "review=technical",
)


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("silent") / "silent.mp4", seconds=3, size=(320, 180), play=None)


@pytest.fixture(scope="module")
def ran(silent: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A store and a folder in which everything has been made once."""
    place = tmp_path_factory.mktemp("ran")
    result = run(silent, place)
    assert result.exit_code in {0, 3}, result.output
    return silent, place


def run(video: Path, place: Path, *more: str) -> Result:
    sets = [f"--set={setting}" for setting in QUICK]
    runner = CliRunner(env={"CLIPY_STORE": str(place / "store")})
    return runner.invoke(main, ["run", str(video), "-o", str(place / "out"), *sets, *more])


def made(result: Result) -> set[str]:
    """The steps that were made, not loaded, as the log tells."""
    lines = (line.split() for line in result.stderr.splitlines() if line.startswith("INFO: ") and ": made" in line)
    return {line[1] for line in lines}


ALL = {"highlight.highlight", "reframe.reframe", "pizzazz.plan", "render.render", "review.review"}


@pytest.mark.parametrize(
    ("since", "again"),
    [
        ("transcribe", ALL),
        ("highlight", ALL),
        ("reframe", ALL - {"highlight.highlight"}),
        ("render", {"pizzazz.plan", "render.render", "review.review"}),
        ("review", {"review.review"}),
        ("upload", set()),
    ],
)
def test_a_run_from_a_stage_on_makes_that_and_what_follows(ran: tuple[Path, Path], since: str, again: set[str]) -> None:
    result = run(*ran, "--from", since, "-v")
    steps = {step for step in made(result) if not step.startswith(("shots.", "faces."))}
    assert steps == again, result.stderr
    assert "Traceback" not in result.output


def test_everything_is_loaded_otherwise_and_made_again_without_the_cache(ran: tuple[Path, Path]) -> None:
    assert made(run(*ran, "-v")) == set()
    assert made(run(*ran, "-v", "--no-cache")) >= ALL


def test_from_and_no_cache_contradict_each_other(ran: tuple[Path, Path]) -> None:
    result = run(*ran, "--from", "reframe", "--no-cache")
    assert result.exit_code == 2
    assert "--no-cache makes everything again, --from a part" in result.stderr
    assert run(*ran, "--from", "pizzazz").exit_code == 2


def test_a_result_is_made_again_once_in_a_run_whoever_asks() -> None:
    renewal = CachePolicy("reframe")
    asked = []
    for stage in ("reframe", "render"):
        with renewal.deciding("faces", "key", stage) as again:
            asked.append(again)
    assert asked == [True, False]
    with renewal.deciding("transcribe", "words", "transcribe") as again:
        assert not again
    with renewal.deciding("transcribe", "words", "reframe") as again:
        assert not again


def test_what_could_not_be_made_is_not_taken_from_the_store_the_next_time() -> None:
    renewal = CachePolicy(STEPS[0])
    with pytest.raises(OSError, match="full"), renewal.deciding("faces", "key", "reframe"):
        raise OSError("full")
    with renewal.deciding("faces", "key", "reframe") as again:
        assert again
