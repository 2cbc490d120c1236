"""Which stored results a run makes again: those of a stage and of all after it, each once."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from clipy.analysis.clip_qc import inspection
from clipy.cli import main
from clipy.groups import STEPS
from clipy.media.checks.video_metrics import FrameMeter, measure_video
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
    """The backends' steps that were computed, not loaded, according to the log."""
    return set(re.findall(r"^INFO: (\S+) \(.*\): (?:re)?computed in", result.stderr, re.MULTILINE))


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
def test_from_recomputes_a_stage_and_all_later_ones(ran: tuple[Path, Path], since: str, again: set[str]) -> None:
    result = run(*ran, "--from", since, "-v")
    steps = {step for step in made(result) if not step.startswith(("shots.", "faces."))}
    assert steps == again, result.stderr
    assert "Traceback" not in result.output


def test_results_are_loaded_and_recomputed_with_no_cache(ran: tuple[Path, Path]) -> None:
    assert made(run(*ran, "-v")) == set()
    assert made(run(*ran, "-v", "--no-cache")) >= ALL


@pytest.mark.parametrize(
    ("flags", "sees_the_new_value"),
    [((), False), (("--from", "upload"), False), (("--from", "review"), True), (("--no-cache",), True)],
)
def test_a_measurement_that_changed_is_seen_when_its_stage_is_recomputed(
    silent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...], sees_the_new_value: bool
) -> None:
    assert run(silent, tmp_path).exit_code in {0, 3}
    while_encoding = FrameMeter.metrics
    broken = (Fraction(1, 2),)
    monkeypatch.setattr(
        inspection, "measure_video", lambda video, proxy: replace(measure_video(video, proxy), broken=broken)
    )
    monkeypatch.setattr(FrameMeter, "metrics", lambda self, rate: replace(while_encoding(self, rate), broken=broken))
    result = run(silent, tmp_path, "-v", *flags)
    document = (tmp_path / "out" / "clips.json").read_text(encoding="utf-8")
    assert ("1 packet of the video stream cannot be decoded" in document) == sees_the_new_value, result.stderr


def test_from_and_no_cache_contradict_each_other(ran: tuple[Path, Path]) -> None:
    result = run(*ran, "--from", "reframe", "--no-cache")
    assert result.exit_code == 2
    assert "--no-cache recomputes everything, --from only a part" in result.stderr
    assert run(*ran, "--from", "pizzazz").exit_code == 2


def test_result_is_recomputed_once_per_run() -> None:
    policy = CachePolicy("reframe")
    asked = []
    for stage in ("reframe", "render"):
        with policy.renewing("faces", "key", stage) as again:
            asked.append(again)
    assert asked == [True, False]
    with policy.renewing("transcribe", "words", "transcribe") as again:
        assert not again
    with policy.renewing("transcribe", "words", "reframe") as again:
        assert not again


def test_failed_result_is_not_loaded_next_time() -> None:
    policy = CachePolicy(STEPS[0])
    with pytest.raises(OSError, match="full"), policy.renewing("faces", "key", "reframe"):
        raise OSError("full")
    with policy.renewing("faces", "key", "reframe") as again:
        assert again
