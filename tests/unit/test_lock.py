"""requirements.lock pins, with hashes, all that pyproject.toml asks for; and names no registry."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


def test_every_dependency_is_pinned_to_a_version_that_fits() -> None:
    pinned: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", LOCK, re.MULTILINE):
        pinned.setdefault(canonicalize_name(name), []).append(version)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [Requirement(text) for text in (*project["dependencies"], *project["optional-dependencies"]["dev"])]
    missing = [
        str(one)
        for one in wanted
        if not any(one.specifier.contains(version) for version in pinned.get(canonicalize_name(one.name), ()))
    ]
    assert missing == [], "write the lock again: .ci/lock"


def test_every_pin_has_hashes_and_no_registry_is_named() -> None:
    _, *entries = re.split(r"\n(?=[A-Za-z0-9])", LOCK.strip())  # a comment comes first
    assert len(entries) > 50
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert re.findall(r"https?://|--(?:extra-)?index-url|--find-links|\bfile:", LOCK) == []
