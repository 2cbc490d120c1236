"""The contract of downloaders as a suite of tests, against a web server on this machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from clipy.context import Context
from clipy.contract import call
from clipy.download.base import Downloader
from clipy.errors import ClipyError
from clipy.media.probe import probe
from clipy.testing.media import make_video
from clipy.testing.suite import BackendContract


class DownloaderContract(BackendContract):
    """The video arrives whole, in the folder that was given, and a second time nothing else comes.

    For addresses of another kind than http, override the fixture ``address``.
    """

    core = Downloader
    needed: ClassVar = {"allow_private": True}

    @pytest.fixture
    def address(self, tmp_path: Path) -> Iterator[str]:
        """Where three seconds of video are served."""
        place = tmp_path / "served"
        place.mkdir()
        make_video(place / "talk.mp4", seconds=3)
        with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(place))) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}/talk.mp4"
            server.shutdown()

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """Where downloads go."""
        folder = tmp_path / "downloads"
        folder.mkdir()
        return folder

    def test_the_video_arrives_in_the_folder(self, backend: Any, address: str, folder: Path, ctx: Context) -> None:
        (path,) = call(backend.download, (address, folder), ctx)
        assert probe(path).duration == pytest.approx(3, abs=0.2)

    def test_the_same_address_again_is_the_same_video(
        self, backend: Any, address: str, folder: Path, ctx: Context
    ) -> None:
        (first,) = call(backend.download, (address, folder), ctx)
        (second,) = call(backend.download, (address, folder), ctx)
        assert probe(first).fingerprint == probe(second).fingerprint

    def test_what_has_no_video_is_left_to_others_or_refused(
        self, backend: Any, address: str, folder: Path, ctx: Context
    ) -> None:
        try:
            assert call(backend.download, (f"{address}.nothing", folder), ctx) == []
        except ClipyError as error:
            assert str(error).strip()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the base class names it so
        """Stay silent."""
