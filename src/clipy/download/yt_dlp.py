"""``download = "yt-dlp"``: pages with a player on them, of more than a thousand sites."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydantic import Field

from clipy.context import Context
from clipy.download.base import Downloader
from clipy.download.guard.addresses import checked, is_web_address
from clipy.errors import BackendUnavailable, InputError
from clipy.media.joining import join_streams
from clipy.text.slugs import slug

log = logging.getLogger(__name__)

# Nothing of the user's or the folder's own settings, no plugins, no commands, nothing that is not asked for here.
_LOCKED = (
    "--ignore-config", "--no-plugin-dirs", "--no-exec", "--no-mark-watched", "--no-cache-dir", "--no-update",
    "--no-batch-file", "--no-download-archive", "--no-cookies-from-browser", "--no-playlist",
    "--no-remote-components", "--downloader", "native", "--no-color", "--no-warnings",
)  # fmt: skip
_INSTALL = 'Install it with: pip install "clipy[url]"'
_PATIENCE = ("--socket-timeout", "30", "--retries", "5", "--fragment-retries", "5", "--retry-sleep", "2")
_PROGRESS = "clipy %(progress.downloaded_bytes)s %(progress.total_bytes,progress.total_bytes_estimate)s"
_MEDIA = "{stem}.%(format_id)s.%(ext)s"


@dataclass(frozen=True)
class _Found:
    """What yt-dlp knows of one video, and the file that it was saved to."""

    info: Mapping[str, Any]
    saved: Path

    @property
    def formats(self) -> list[Mapping[str, Any]]:
        """What is to be fetched: one file, or picture and sound."""
        several = self.info.get("requested_formats") or self.info.get("requested_downloads")
        return [one for one in several or [self.info] if isinstance(one, Mapping)]


class YtDlp(Downloader):
    """One video from a page that yt-dlp knows, with chapters, subtitles, heat map and chat as side files.

    yt-dlp runs as a process of its own, with every setting fixed and through a proxy that reaches public addresses
    only. Picture and sound that come as two files are put into one without FFmpeg's program. Needs ``clipy[url]``.
    """

    class Options(Downloader.Options):
        height: int = Field(1080, ge=144, description="The best picture of at most this height (pixels).")
        playlist: int = Field(0, ge=0, description="How many videos of a playlist to fetch; 0 refuses playlists.")
        cookies: Path | None = Field(
            None, description="A cookie file (Netscape format) for pages that need a login; it is only read."
        )
        subtitles: bool = Field(default=True, description="Also fetch subtitles that people made.")
        chat: bool = Field(default=True, description="Also fetch the chat of a stream.")

    options: Options

    def download(self, address: str, folder: Path, ctx: Context) -> list[Path]:
        if not is_web_address(address):
            return []
        checked(address)
        if find_spec("yt_dlp") is None:
            raise BackendUnavailable("this address is no media file, and pages need yt-dlp", where=address, do=_INSTALL)
        with self._arguments(address, ctx) as arguments:
            found = self._look_up(address, arguments, ctx)
            if found is None:
                return []
            entries = found.info.get("entries")
            if entries is None:
                return [self._fetched(found, folder, arguments, ctx)]
            return [
                self._fetched(one, folder, arguments, ctx)
                for page in self._pages(address, entries)
                if (one := self._look_up(page, arguments, ctx)) is not None
            ]

    @contextmanager
    def _arguments(self, address: str, ctx: Context) -> Iterator[list[str]]:
        """The command line that all calls share. yt-dlp writes to its cookie file: it gets a copy."""
        arguments = [sys.executable, "-P", "-m", "yt_dlp", *_LOCKED, *_PATIENCE]
        if self.options.cookies is not None:
            copy = ctx.work / "cookies.txt"
            try:
                shutil.copyfile(self.options.cookies, copy)
            except OSError as error:
                raise InputError(
                    f"cannot read the cookie file ({error.strerror})", where=self.options.cookies, do="Check its name"
                ) from error
            copy.chmod(0o600)
            arguments += ["--cookies", str(copy)]
        with self.proxy() as proxy:
            if proxy is not None:
                arguments += ["--proxy", proxy.address]
            try:
                yield arguments
            except InputError as error:
                if proxy is None or not proxy.refused:
                    raise
                raise InputError(
                    proxy.refused[-1],
                    where=address,
                    do="An intranet is allowed with --set download.yt-dlp.allow_private=true",
                ) from error

    def _look_up(self, address: str, arguments: Sequence[str], ctx: Context) -> _Found | None:
        """What there is; None where yt-dlp finds no video. Nothing is fetched yet, so that limits come first."""
        ctx.report(f"Looking at {address}")
        high = self.options.height
        choice = f"bv[height<={high}]+ba/b[height<={high}]/bv+ba/b"
        several = ["--flat-playlist", "--playlist-end", str(max(1, self.options.playlist))]
        done = subprocess.run(  # noqa: S603  # no shell, and the address comes after "--"
            [*arguments, "--dump-single-json", "--format", choice, *several, "--", address],
            capture_output=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            reason = _error_in(done.stderr.decode(errors="replace"))
            if "Unsupported URL" in reason:
                return None
            raise InputError(
                f"yt-dlp cannot fetch it ({reason})", where=address, do="Check the address, or update yt-dlp"
            )
        saved = ctx.work / "found.info.json"
        saved.write_bytes(done.stdout)
        info = json.loads(done.stdout)
        return _Found(info, saved) if isinstance(info, dict) else None

    def _pages(self, address: str, entries: Sequence[Any]) -> list[str]:
        """The addresses of a playlist's videos."""
        if not self.options.playlist:
            raise InputError(
                "this is a playlist", where=address,
                do="Give the address of one video, or allow some with --set download.yt-dlp.playlist=10",
            )  # fmt: skip
        pages = [entry.get("url") or entry.get("webpage_url") for entry in entries if isinstance(entry, Mapping)]
        return [page for page in pages if isinstance(page, str)][: self.options.playlist]

    def _fetched(self, found: _Found, folder: Path, arguments: Sequence[str], ctx: Context) -> Path:
        page = str(found.info.get("webpage_url") or found.info.get("original_url") or "")
        self._check_limits(found, page)
        stem = _stem(found.info, folder)
        formats = [str(one.get("format_id")) for one in found.formats]
        command = [
            *arguments, *self._side_files(found.info), "--newline", "--progress-template", f"download:{_PROGRESS}",
            "--max-filesize", str(int(self.options.max_size)), "--continue", "--no-overwrites", "--write-info-json",
            "--paths", str(folder), "--output", _MEDIA.format(stem=stem), "--output", f"infojson:{stem}",
            "--output", f"subtitle:{stem}.%(ext)s", "--format", ",".join(formats), "--load-info-json", str(found.saved),
        ]  # fmt: skip
        self._run(command, found, page, ctx)
        parts = [_part(folder, stem, name, page) for name in formats]
        return _joined(parts, folder, stem)

    def _check_limits(self, found: _Found, page: str) -> None:
        info = found.info
        if info.get("is_live") or info.get("live_status") == "is_upcoming":
            raise InputError("the stream is still live, or has not begun", where=page, do="Come back when it has ended")
        duration = info.get("duration")
        if isinstance(duration, int | float) and duration > self.options.max_duration:
            raise InputError(
                f"the video is {duration / 3600:.1f} h long, the limit is {self.options.max_duration / 3600:.1f} h",
                where=page, do="Allow it with --set download.yt-dlp.max_duration=SECONDS",
            )  # fmt: skip
        sizes = [one.get("filesize") or one.get("filesize_approx") or 0 for one in found.formats]
        if sum(sizes) > self.options.max_size:
            raise InputError(
                f"the video has {sum(sizes) / 1e9:.1f} GB, the limit is {self.options.max_size / 1e9:.1f} GB",
                where=page, do="Allow it with --set download.yt-dlp.max_size=100GB, or take a smaller height",
            )  # fmt: skip

    def _side_files(self, info: Mapping[str, Any]) -> list[str]:
        spoken = str(info.get("language") or "en").partition("-")[0]
        wanted = [f"{spoken}.*", "en.*"] if self.options.subtitles else []
        wanted += ["live_chat"] if self.options.chat else []
        return ["--write-subs", "--sub-langs", ",".join(wanted), "--sub-format", "vtt/srt/best"] if wanted else []

    def _run(self, command: Sequence[str], found: _Found, page: str, ctx: Context) -> None:
        title = str(found.info.get("title") or page)
        with subprocess.Popen(  # noqa: S603  # no shell
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace"
        ) as process:
            try:
                for line in process.stdout or ():
                    if (fraction := _fraction(line)) is not None:
                        ctx.report(f"Fetching {title}", fraction)
                said = process.stderr.read() if process.stderr else ""
            except BaseException:
                process.kill()  # what is there stays: the next run goes on with it
                raise
        if process.returncode != 0:
            raise InputError(
                f"yt-dlp stopped ({_error_in(said)})", where=page, do="Run it again; it goes on where it was"
            )


def _stem(info: Mapping[str, Any], folder: Path) -> str:
    """The title as a file name, with the video's own name behind it where another video has the same title."""
    stem = slug(str(info.get("title") or info.get("id") or "video"))
    known = folder / f"{stem}.info.json"
    if known.is_file():
        try:
            same = json.loads(known.read_text(encoding="utf-8")).get("id") == info.get("id")
        except (OSError, ValueError, AttributeError):
            same = False
        if not same:
            return slug(f"{stem[:40]}-{info.get('id')}")
    return stem


def _part(folder: Path, stem: str, name: str, page: str) -> Path:
    """The file of one format. yt-dlp skips a file that turns out larger than allowed without calling it an error."""
    prefix = f"{stem}.{name}."
    for path in sorted(folder.iterdir()):
        if path.name.startswith(prefix) and path.suffix not in {".part", ".ytdl"}:
            return path
    raise InputError(
        "the file is larger than it may be, or is gone",
        where=page,
        do="Allow more with --set download.yt-dlp.max_size=100GB",
    )


def _joined(parts: Sequence[Path], folder: Path, stem: str) -> Path:
    """One file of all parts, their streams copied as they are."""
    if len(parts) == 1:
        return parts[0].replace(folder / f"{stem}{parts[0].suffix}")
    target = folder / f"{stem}.mkv"
    join_streams(parts, target)
    for part in parts:
        part.unlink()
    return target


def _fraction(line: str) -> float | None:
    words = line.split()
    if len(words) != 3 or words[0] != "clipy":
        return None
    try:
        return min(1.0, float(words[1]) / float(words[2]))
    except (ValueError, ZeroDivisionError):
        return None


def _error_in(said: str) -> str:
    """yt-dlp's own reason: the last line that it calls an error."""
    errors = [line.partition("ERROR:")[2].strip() for line in said.splitlines() if line.startswith("ERROR:")]
    lines = said.strip().splitlines()
    return (errors or lines or ["no reason given"])[-1][:300]
