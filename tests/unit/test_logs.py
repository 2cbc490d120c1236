"""The log: what is shown, what lies in the run's file, what a JSON line holds; and no secret in any of it."""

from __future__ import annotations

import json
import logging
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from clipy.cli import main
from clipy.cli.logs import echo, logging_to
from clipy.cli.terminal import progress
from clipy.context import Event
from fixtures.media import make_video

QUICK = (
    *("highlight.backend=even", "highlight.duration=2", "highlight.count=1", "highlight.min_duration=1"),
    "review=technical",
    *("reframe.backend=center", "reframe.width=180", "reframe.height=320", "pizzazz=", "render.quality=draft"),
    "review=technical",
)
FIELDS = {"time", "level", "logger", "stage", "message", "data", "traceback"}


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("silent") / "silent.mp4", seconds=3, size=(320, 180), play=None)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLIPY_STORE", str(tmp_path / "store"))
    return tmp_path / "store"


def run(video: Path, folder: Path, *more: str) -> Result:
    sets = [f"--set={setting}" for setting in QUICK]
    return CliRunner().invoke(main, ["run", str(video), "-o", str(folder), *sets, *more])


def logs_of(store: Path) -> list[str]:
    return [path.read_text() for path in sorted((store / "logs").iterdir())]


def test_the_log_file_holds_every_decision(silent: Path, tmp_path: Path, store: Path) -> None:
    result = run(silent, tmp_path / "out", "-q", "--set", "review.technical.width=999")
    assert result.exit_code == 3
    (text,) = logs_of(store)
    for said in (
        "highlight even",  # which backends
        "candidate 1: 0.50-2.50 s",  # which picks, and why
        "evenly spaced",
        "single for 2.0 s",  # which layout
        "review.review (technical): computed",  # what was made or loaded, and how long it took
        "render ends after",
        "rejected: 0.50-2.50 s",
        "error: no clip to deliver",
    ):
        assert said in text, text
    assert str(next((store / "logs").iterdir())) in result.stderr  # where it is
    assert "candidate" not in result.stderr


def test_log_level_filters_messages(silent: Path, tmp_path: Path, store: Path) -> None:
    shown = {
        flags: run(silent, tmp_path / "out", *flags).stderr
        for flags in [("-q",), (), ("-v",), ("-vv",), ("--debug",), ("--log-level", "info")]
    }
    assert shown["-q",] == ""
    assert "INFO" not in shown[()]
    assert "no sound" in shown[()]
    assert "INFO: candidate 1" in shown["-v",]
    assert "DEBUG" not in shown["-v",]
    assert all("DEBUG clipy.context: " in shown[flag,] for flag in ("-vv", "--debug"))
    assert "INFO: candidate 1" in shown["--log-level", "info"]
    assert run(silent, tmp_path / "out", "-q", "-v").exit_code == 2


def test_each_json_line_parses_and_standard_output_stays_one_object(silent: Path, tmp_path: Path, store: Path) -> None:
    result = run(silent, tmp_path / "out", "--log-json", "--json", "-vv")
    assert json.loads(result.stdout)["schema"] == "clipy.run/1"
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    assert all({"time", "level", "logger", "stage", "message"} <= set(line) <= FIELDS for line in lines)
    events = {line["data"]["event"] for line in lines if "data" in line}
    assert events >= {"begin", "end", "step", "candidate", "framing", "passed", "progress"}
    assert {line["stage"] for line in lines} >= {"transcribe", "highlight", "reframe", "render", "review", "upload"}
    (kept,) = logs_of(store)
    assert [json.loads(line)["message"] for line in kept.splitlines()][-1] == lines[-1]["message"]
    failed = run(tmp_path / "none.mp4", tmp_path / "out", "--log-json")
    assert [json.loads(line)["level"] for line in failed.stderr.splitlines()] == ["error"]


def test_a_command_refused_before_any_work_leaves_no_log_file(silent: Path, tmp_path: Path, store: Path) -> None:
    assert run(silent, tmp_path / "out", "--set", "reframe.nonsense=1").exit_code == 2
    assert not store.exists()


def test_unwritable_log_file_does_not_stop_the_run(silent: Path, tmp_path: Path, store: Path) -> None:
    store.mkdir()
    (store / "logs").write_text("in the way")
    result = run(silent, tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "cannot write the log of this run" in result.stderr


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> str:
    secret = "planted-0123456789"
    monkeypatch.setenv("SOME_SERVICE_API_KEY", secret)
    return secret


@pytest.mark.parametrize("as_json", [False, True])
def test_secrets_are_redacted_on_screen_and_in_the_file(
    as_json: bool, planted: str, tmp_path: Path, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bearer, query, typed = "eyJ-bearer-token-1", "query-token-2", "sk-abcdefghijklmnopqrst"
    with logging_to("debug", as_json=as_json) as logs:
        logs.begin("test")
        log = logging.getLogger("clipy.somewhere")
        log.info("asked with %s", {"Authorization": f"Bearer {bearer}"})
        log.info("https://host/path?access_token=%s&x=1 and %s", query, typed)
        log.info("facts", extra={"data": {"url": f"https://h/?key={query}", "list": [planted], "API_TOKEN": "zz-9"}})
        echo(f"error: {planted}")
        try:
            raise ValueError(f"bad key {planted}")
        except ValueError:
            log.exception("it failed")
    shown = capsys.readouterr().err + "".join(logs_of(store))
    assert shown.count("it failed") == 2
    for secret in (planted, bearer, query, typed, "zz-9"):
        assert secret not in shown


def test_bars_and_log_lines_do_not_write_over_each_other() -> None:
    """On a terminal: each record is a whole line above the bars."""
    code = (
        "import logging, time\n"
        "from clipy.cli.logs import logging_to\n"
        "from clipy.cli.terminal import progress\n"
        "from clipy.context import Event\n"
        "with logging_to('info', as_json=False), progress('a.mp4', ('render',)) as listener:\n"
        "    for step in range(20):\n"
        "        listener(Event('render', 'working', step / 20))\n"
        "        logging.getLogger('clipy.x').info('record number %d of many ' + 'longer ' * 9, step)\n"
        "        time.sleep(0.02)\n"
    )
    main_end, end = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "60"}
    process = subprocess.Popen([sys.executable, "-c", code], stderr=end, stdout=end, env=environment)
    os.close(end)
    said = b""
    while True:
        try:
            part = os.read(main_end, 65536)
        except OSError:  # how Linux tells that the other end is closed
            break
        if not part:
            break
        said += part
    assert process.wait(timeout=30) == 0
    os.close(main_end)
    erased = (line.rpartition("\x1b[2K")[2] for line in said.decode().split("\n"))
    lines = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", line) for line in erased]
    for step in range(20):
        assert lines.count(f"INFO: record number {step} of many {'longer ' * 9}") == 1


def test_quiet_shows_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    with logging_to("error", as_json=False), progress("a.mp4", ("render",)) as listener:
        listener(Event("render", "working", 0.5))
    assert capsys.readouterr().err == ""


def test_the_same_warning_is_shown_once(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with logging_to("warning", as_json=False) as logs:
        logs.begin("test")
        for text in ("no sound", "no sound", "no faces", "no sound"):
            logging.getLogger("clipy.somewhere").warning("%s", text)
    assert capsys.readouterr().err.splitlines() == ["WARNING: no sound", "WARNING: no faces"]
    assert "".join(logs_of(store)).count("no sound") == 3


def test_plain_progress_shows_the_message_of_the_event(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clipy.cli.terminal._INTERVAL", 0.0)
    with logging_to("warning", as_json=False), progress("a.mp4", ("render",)) as listener:
        for event in (Event("render", "1 of 2", 0.0), Event("render", "", 0.5), Event("render", "cutting", 0.5)):
            listener(event)
    said = [re.sub(r", [^,]* left$", "", line) for line in capsys.readouterr().err.splitlines()]
    assert said[:-1] == ["a.mp4: render     1 of 2", "a.mp4: render      50%", "a.mp4: render      50% cutting"]
