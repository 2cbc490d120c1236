"""A video's content is digested once, and again when it has changed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from clipy.media import probe as probing
from clipy.media.probe import probe
from clipy.storage.store import file_digest
from fixtures.media import make_video


def test_a_file_is_read_once_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []

    def noted(path: Path) -> str:
        read.append(path)
        return file_digest(path)

    monkeypatch.setattr(probing, "file_digest", noted)
    path = make_video(tmp_path / "a.mp4", seconds=1, size=(64, 64), play=None)
    first = probe(path)
    assert probe(path).fingerprint == first.fingerprint == hashlib.sha256(path.read_bytes()).hexdigest()
    assert read == [path]
    make_video(path, seconds=2, size=(64, 64), play=None)
    assert probe(path).fingerprint == hashlib.sha256(path.read_bytes()).hexdigest() != first.fingerprint
    assert len(read) == 2
    os.utime(path, ns=(1, 1))
    probe(path)
    assert len(read) == 3
