"""Small real clips of any size, and a context with a journal and a vault of its own."""

from __future__ import annotations

import hashlib
import tempfile
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import pytest

from clipy.context import Context
from clipy.stages.upload.publishing import vault
from clipy.storage.store import Store
from clipy.types import Box, Clip, CropPath, CropShot, Edit, Highlight, Keyframe, Panel, Span, Word
from tests.media import black, make_video

TITLE = "Why bees <dance>"
WORDS = "Every bee knows this dance. It tells the others where the flowers are."


@cache
def _video() -> bytes:
    """A few seconds of nothing, with its index in front."""
    with tempfile.TemporaryDirectory() as folder:
        made, moved = Path(folder) / "made.mp4", Path(folder) / "moved.mp4"
        make_video(made, seconds=3.2, size=(368, 640), draw=black)
        with av.open(str(made)) as source, av.open(str(moved), "w", options={"movflags": "faststart"}) as target:
            streams = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
            for packet in source.demux():
                if packet.dts is not None:
                    packet.stream = streams[packet.stream_index]
                    target.mux(packet)
        return moved.read_bytes()


def make_clip(folder: Path, size: int = 0, name: str = "bees-01") -> Clip:
    """A real MP4 of exactly ``size`` bytes (its own size when that is 0): a box of nothing fills it up."""
    data = _video()
    if size:
        rest = size - len(data)
        assert rest >= 8, f"the video alone has {len(data)} bytes"
        data += rest.to_bytes(4, "big") + b"free" + bytes(rest - 8)
    path = folder / f"{name}-{len(data)}.mp4"
    path.write_bytes(data)
    span = Span(Fraction(10), Fraction(10) + Fraction(16, 5))
    crop = CropShot(span, "single", (Panel((Keyframe(span.start, Box(0, 0, 9, 16)),), (0, 0, 368, 640)),))
    texts = WORDS.split()
    times = [span.start + Fraction(index, 5) for index in range(len(texts) + 1)]
    words = tuple(Word(text, a, b) for text, a, b in zip(texts, times, times[1:], strict=False))
    edit = Edit(Highlight(span, 0.9, TITLE, "It is a surprise."), CropPath(368, 640, (crop,)), (span,), "en", words)
    return Clip(hashlib.sha256(data).hexdigest(), span.duration, 368, 640, edit, path, name)


def make_context(folder: Path) -> Context:
    """A context whose journal and store lie in ``folder``."""
    return Context(Store(folder / "store"), folder)


def log_in(folder: Path, platform: str, **permission: object) -> vault.FileVault:
    """A permission, as a login would leave it."""
    kept = vault.FileVault(folder / "tokens.json")
    kept.write(f"account:{platform}:default", permission)
    return kept


@pytest.fixture
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the user's whole machine: journal, store and permissions lie in it."""
    monkeypatch.setenv("CLIPY_TOKENS", str(tmp_path / "tokens.json"))
    monkeypatch.delenv("CLIPY_JOURNAL", raising=False)
    return tmp_path
