"""Weights from a plain address: a real HTTP server and the real client."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from clipy import models
from clipy.errors import ModelError
from clipy.models import Model, WeightsFile
from clipy.models.web import raw_file
from fixtures.serving import Handler, Serving

DATA = b"weights" * 50_000


class Server(Handler):
    """``/moved`` leads to ``/weights.bin``; ``/endless`` never ends."""

    asked: ClassVar[list[str]]

    def do_GET(self) -> None:
        type(self).asked.append(self.path)
        if self.path == "/moved/weights.bin":
            self.send_response(302)
            self.send_header("Location", "/weights.bin")
            self.end_headers()
        elif self.path == "/weights.bin":
            self._answer(DATA)
        elif self.path == "/other/weights.bin":
            self._answer(DATA[::-1])
        elif self.path == "/long/weights.bin":
            self._answer(DATA + b"more")
        else:
            self.send_error(404)

    def _answer(self, data: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[str]]]:
    for name in ("CLIPY_MODELS", "CLIPY_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLIPY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    class Own(Server):
        asked: ClassVar[list[str]] = []

    with Serving(Own) as running:
        yield running.origin, Own.asked


def model(address: str) -> Model:
    file = WeightsFile("weights.bin", hashlib.sha256(DATA).hexdigest(), len(DATA), "MIT", "a test", web=address)
    return Model("test-web", "tests", (file,))


def test_weights_are_fetched_once_following_redirects(server: tuple[str, list[str]]) -> None:
    address, asked = server
    told: list[float | None] = []
    path = models.fetch(model(f"{address}/moved/weights.bin"), report=lambda message, done: told.append(done))
    assert path.read_bytes() == DATA
    assert asked == ["/moved/weights.bin", "/weights.bin"]
    assert told[-1] == 1
    models.fetch(model(f"{address}/moved/weights.bin"))
    assert len(asked) == 2


@pytest.mark.parametrize(("place", "why"), [("other", "is refused"), ("long", "longer than"), ("gone", "404")])
def test_wrong_oversized_and_missing_weights_are_refused(server: tuple[str, list[str]], place: str, why: str) -> None:
    with pytest.raises(ModelError, match=why):
        models.fetch(model(f"{server[0]}/{place}/weights.bin"))
    assert models.find(model(server[0])) is None


def test_offline_makes_no_request(server: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIPY_OFFLINE", "1")
    with pytest.raises(ModelError, match="forbids"):
        models.fetch(model(f"{server[0]}/weights.bin"))
    assert server[1] == []


@pytest.mark.usefixtures("server")
def test_plain_http_is_refused_except_from_localhost() -> None:
    with pytest.raises(ModelError, match="https only"):
        models.fetch(model("http://example.org/weights.bin"))


def test_every_pinned_address_names_a_commit() -> None:
    pinned = [file.web for known in models.known() for file in known.files if file.web is not None]
    assert pinned
    for address in pinned:
        assert len(address.split("/")[5]) == 40
    assert raw_file("a/b", "c", "d/e") == "https://raw.githubusercontent.com/a/b/c/d/e"
