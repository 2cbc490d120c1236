"""Benchmarks start without anything of ``tests/`` and print one JSON object on one line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmark"
LEARNS = {"learn_editors.py"}  # writes package data, and measures nothing
SCRIPTS = sorted(
    path.name
    for path in FOLDER.glob("*.py")
    if "__main__" in path.read_text(encoding="utf-8") and path.name not in LEARNS
)


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, str(FOLDER / script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_benchmark_starts_and_offers_json(script: str) -> None:
    done = run(script, "--help")
    assert done.returncode == 0, done.stderr
    assert "--json" in done.stdout


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.py")), ids=lambda path: str(path.relative_to(FOLDER)))
def test_no_benchmark_imports_the_tests(path: Path) -> None:
    assert not re.search(r"^\s*(from|import) tests\b", path.read_text(encoding="utf-8"), re.MULTILINE)


def test_json_is_one_object_on_one_line() -> None:
    done = run("upload.py", "--json", "--gigabytes", "0.002", "--to", "webhook")
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    assert json.loads(line)["passed"]
