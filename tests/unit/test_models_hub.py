"""Weights from a hub: a real HTTP server that answers as the hub does, and the real client, in a process of its own."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.serving import Handler, Serving

REVISION = "0123456789abcdef0123456789abcdef01234567"
FILES = {"model.bin": b"weights" * 5000, "config.json": b'{"a": 1}'}


class Hub(Handler):
    """``/<repository>/resolve/<revision>/<file>``, with the headers that the client wants."""

    asked: list[str]
    files: dict[str, bytes]

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        type(self).asked.append(f"{self.command} {self.path}")
        prefix = f"/clipy/test/resolve/{REVISION}/"
        data = type(self).files.get(self.path.removeprefix(prefix)) if self.path.startswith(prefix) else None
        self.send_response(404 if data is None else 200)
        body = data or b""
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{hashlib.sha256(body).hexdigest()}"')
        self.send_header("X-Repo-Commit", REVISION)
        self.end_headers()
        if with_body:
            self.wfile.write(body)


@pytest.fixture
def hub() -> Iterator[tuple[str, type[Hub]]]:
    handler = type("Handler", (Hub,), {"asked": [], "files": dict(FILES)})
    with Serving(handler) as server:
        yield server.origin, handler


def fetch(tmp_path: Path, address: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Fetch a model of two files that only the hub has; print its folder, or the error."""
    files = {name: (hashlib.sha256(data).hexdigest(), len(data)) for name, data in FILES.items()}
    program = textwrap.dedent(
        f"""
        from clipy import models
        from clipy.errors import ModelError
        from clipy.models import HubFile, Model, WeightsFile
        files = tuple(
            WeightsFile(name, sha256, size, "MIT", "", hub=HubFile("clipy/test", {REVISION!r}, name))
            for name, (sha256, size) in {files!r}.items()
        )
        try:
            print(models.fetch(Model("test-hub", "", files)))
        except ModelError as error:
            raise SystemExit(str(error))
        """
    )
    settings = {
        "HF_ENDPOINT": address,
        "HF_HOME": str(tmp_path / "hf"),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "CLIPY_CACHE": str(tmp_path / "cache"),
        "NO_PROXY": "127.0.0.1",
        **environment,
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "CLIPY_"))}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, env=kept | settings, capture_output=True, text=True, check=False, timeout=60)


def test_files_come_from_the_pinned_revision_once(tmp_path: Path, hub: tuple[str, type[Hub]]) -> None:
    address, server = hub
    done = fetch(tmp_path, address)
    assert done.returncode == 0, done.stderr
    place = Path(done.stdout.strip())
    assert {path.name: path.read_bytes() for path in place.iterdir()} == FILES
    assert all(f"/resolve/{REVISION}/" in asked for asked in server.asked)
    server.asked.clear()
    assert fetch(tmp_path, address).stdout.strip() == str(place)
    assert server.asked == []


def test_corrupt_hub_files_are_refused(tmp_path: Path, hub: tuple[str, type[Hub]]) -> None:
    address, server = hub
    server.files["model.bin"] = b"wrong"
    done = fetch(tmp_path, address)
    assert done.returncode == 1
    assert "is refused" in done.stderr
    assert not list((tmp_path / "cache").rglob("model.bin"))


def test_missing_hub_file_gives_one_line(tmp_path: Path, hub: tuple[str, type[Hub]]) -> None:
    address, server = hub
    del server.files["model.bin"]
    done = fetch(tmp_path, address)
    assert done.returncode == 1
    assert "clipy/test@01234567:model.bin" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("variable", ["HF_HUB_OFFLINE", "CLIPY_OFFLINE"])
def test_offline_makes_no_request(tmp_path: Path, hub: tuple[str, type[Hub]], variable: str) -> None:
    address, server = hub
    done = fetch(tmp_path, address, **{variable: "1"})
    assert done.returncode == 1
    assert "test-hub" in done.stderr
    assert server.asked == []


def test_shared_hub_cache_is_used_offline(tmp_path: Path, hub: tuple[str, type[Hub]]) -> None:
    address, server = hub
    snapshot = tmp_path / "hf" / "hub" / "models--clipy--test" / "snapshots" / REVISION
    snapshot.mkdir(parents=True)
    for name, data in FILES.items():
        (snapshot / name).write_bytes(data)
    done = fetch(tmp_path, address, CLIPY_OFFLINE="1")
    assert done.returncode == 0, done.stderr
    assert server.asked == []
