"""One small run for all tests of the studio, and a studio that serves a copy of it."""

from __future__ import annotations

import http.client
import shutil
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, expect, sync_playwright

from clipy import registry
from clipy.cli import main
from clipy.config import Config, load
from clipy.studio.project import Project
from clipy.studio.server import serve
from clipy.studio.workbench import Workbench
from fixtures.media import make_video
from fixtures.speech import played, speak
from tests.browser import browser
from tests.studio.people import declare, draw

TEXT = (
    "Good morning to everybody here. The first question is about small boats. "
    "Small boats are cheap and they are slow. The second question is about money. "
    "Money makes the harbor grow. Nobody asked about the weather today."
)
SETTINGS = (
    "transcribe=subtitles",
    "align=none",
    "faces=squares",
    "speakers=anna",
    "highlight=pairs",
    "highlight.count=2",
    "highlight.min_duration=2",
    "highlight.max_duration=9",
    "reframe.width=270",
    "reframe.height=480",
    "render.quality=draft",
    "review=technical",
)


@dataclass(frozen=True)
class Made:
    """A finished run: its folder, its source, and the store."""

    folder: Path
    source: Path
    store: Path


@pytest.fixture(scope="session")
def squares(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The backends that see squares, installed for this session."""
    place = tmp_path_factory.mktemp("squares")
    declare(place)
    sys.path.insert(0, str(place))
    registry._all_points.cache_clear()
    yield
    sys.path.remove(str(place))
    registry._all_points.cache_clear()


@pytest.fixture(scope="session")
def talk_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short talk with subtitles beside it that name who speaks."""
    place = tmp_path_factory.mktemp("source")
    speech = speak(TEXT)
    path = make_video(
        place / "boats.mp4", seconds=len(speech.samples) / speech.rate + 0.5, size=(640, 360), draw=draw,
        play=played(speech),
    )  # fmt: skip
    cues, begin = ["WEBVTT\n"], 0
    for number, sentence in enumerate(TEXT.split(". ")):
        end = begin + len(sentence.split())
        last = speech.words[end][1] if end < len(speech.words) else speech.ends[-1]
        who = ("Anna", "Ben")[number % 2]
        cues.append(f"{_stamp(speech.words[begin][1])} --> {_stamp(last)}\n<v {who}>{sentence.rstrip('.')}.\n")
        begin = end
    path.with_suffix(".vtt").write_text("\n".join(cues))
    return path


@pytest.fixture(scope="session")
def made(squares: None, talk_source: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The run."""
    place = tmp_path_factory.mktemp("made")
    runner = CliRunner(env={"CLIPY_STORE": str(place / "store")})
    sets = [part for text in SETTINGS for part in ("--set", text)]
    result = runner.invoke(main, ["run", str(talk_source), "-o", str(place / "clips"), *sets])
    assert result.exit_code == 0, result.output
    return Made(place / "clips", talk_source, place / "store")


@pytest.fixture
def run_folder(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the run, to be changed."""
    monkeypatch.setenv("CLIPY_STORE", str(made.store))
    return Path(shutil.copytree(made.folder, tmp_path / "clips"))


@dataclass
class Running:
    """A studio that answers."""

    folder: Path
    url: str
    cookie: str = ""

    @property
    def port(self) -> int:
        return int(self.url.split(":")[2].split("/")[0])

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, body: bytes | str | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """One request as it is, with nothing added."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """As the page asks."""
        return self.ask("GET", path, headers={"Cookie": self.cookie, **headers})

    def post(self, path: str, body: str = "{}", **headers: str) -> tuple[int, dict[str, str], bytes]:
        """As the page sends."""
        own = {"Cookie": self.cookie, "Origin": self.origin, "Content-Type": "application/json"}
        return self.ask("POST", path, body, {**own, **headers})


def configure(*more: str, recorded: Mapping[str, Any] | None = None) -> Config:
    """No settings of anybody's."""
    return load(sets=more, recorded=recorded, environment={})


@pytest.fixture
def studio(run_folder: Path) -> Iterator[Running]:
    """A studio that serves the copy."""
    with serving(run_folder) as running:
        yield running


class serving:  # noqa: N801 - a context manager, named as one
    """Serve a folder from a thread of this process for the time of the block."""

    def __init__(self, folder: Path, *sets: str) -> None:
        self._folder, self._ready = folder, threading.Event()
        self._url = ""
        self._stop: list[Any] = []
        self._thread = threading.Thread(target=self._serve, args=(sets,), daemon=True)

    def _serve(self, sets: tuple[str, ...]) -> None:
        def ready(url: str) -> None:
            self._url = url
            self._ready.set()

        def bound(*more: str, recorded: Mapping[str, Any] | None = None) -> Config:
            return configure(*sets, *more, recorded=recorded)

        serve(self._folder, bound, ready=ready, started=self._stop.append)

    def __enter__(self) -> Running:
        self._thread.start()
        assert self._ready.wait(30)
        running = Running(self._folder, self._url)
        _, headers, _ = running.ask("GET", self._url.removeprefix(running.origin))
        running.cookie = headers["set-cookie"].split(";")[0]
        return running

    def __exit__(self, *error: object) -> None:
        self._stop[0].should_exit = True
        self._thread.join(30)
        assert not self._thread.is_alive()


def _stamp(seconds: float) -> str:
    return f"00:{int(seconds // 60):02d}:{seconds % 60:06.3f}"


expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real Chromium, driven by Playwright: the one of the system, none is downloaded."""
    program = browser()
    if program is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu", "--mute-audio"]
        )
        yield started
        started.close()


@pytest.fixture
def page(chromium: Browser, studio: Running) -> Iterator[Page]:
    """A page of the studio in a fresh profile. Nothing may fail in it, and nothing may be asked of anybody else."""
    with open_page(chromium, studio) as opened:
        yield opened


@contextmanager
def open_page(chromium: Browser, studio: Running, **options: Any) -> Iterator[Page]:
    """A page in a profile of its own, which must run without an error of its scripts or its policy."""
    errors: list[str] = []
    profile = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    opened = profile.new_page()
    opened.set_default_timeout(20_000)
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda said: errors.append(said.text) if "Content Security" in said.text else None)
    opened.on("request", lambda asked: errors.append(asked.url) if not _own(asked.url, studio) else None)
    opened.goto(studio.url)
    yield opened
    profile.close()
    assert errors == []


def _own(address: str, studio: Running) -> bool:
    return address.startswith((studio.origin, "data:", "blob:"))


@contextmanager
def opened_bench(project: Project) -> Iterator[Workbench]:
    """What makes a project's clips."""
    bench = Workbench.open(project, configure)
    try:
        yield bench
    finally:
        bench.close()
