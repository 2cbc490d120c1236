"""``clipy studio`` and ``clipy run --open``: what they print, what they need, and how they end."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from clipy.cli import main


def test_the_command_serves_until_it_is_interrupted(tmp_path: Path) -> None:
    program = [sys.executable, "-c", "from clipy.cli import main; main()", "studio", str(tmp_path), "--no-open"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        killer = threading.Timer(60, process.kill)
        killer.start()
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:")
        connection = http.client.HTTPConnection("127.0.0.1", int(address.split(":")[2].split("/")[0]), timeout=20)
        connection.request("GET", "/" + address.split("/", 3)[3])
        answer = connection.getresponse()
        assert (answer.status, answer.headers["location"]) == (303, "/")
        connection.close()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        killer.cancel()
    assert "Traceback" not in errors
    assert address.partition("token=")[2] not in errors
    logs = "".join(path.read_text() for path in Path(os.environ["CLIPY_STORE"]).rglob("*.log"))
    assert address.partition("token=")[2] not in logs


def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(main, ["studio", str(tmp_path), "--no-open", "--port", port])
    assert result.exit_code == 1
    assert f"port {port} is taken" in result.stderr


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in sys.modules if name.startswith(("clipy.studio", "starlette"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "starlette", None)
    for arguments in (["studio", str(tmp_path)], ["run", "x.mp4", "-o", str(tmp_path / "out"), "--open"]):
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 1
        assert 'pip install "clipy[studio]"' in result.stderr
    assert not (tmp_path / "out").exists()


def test_run_opens_the_studio_on_its_folder(
    run_folder: Path, talk_source: Path, squares: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.studio.conftest import SETTINGS

    served: list[Path] = []
    command = sys.modules["clipy.cli.studio"]
    monkeypatch.setattr(command, "serve_studio", lambda _settings, folder: served.append(folder))
    sets = [part for text in SETTINGS for part in ("--set", text)]
    arguments = ["run", str(talk_source), "-o", str(run_folder), "--open", *sets]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert served == [run_folder]
