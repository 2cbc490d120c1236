"""``download = "direct"``: an address that is a media file itself. Needs nothing but the base install."""

from __future__ import annotations

import hashlib
import json
import logging
import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

import httpx2

from clipy.context import Context
from clipy.download.base import Downloader
from clipy.download.guard.addresses import checked, is_web_address
from clipy.download.guard.proxy import GuardedProxy
from clipy.errors import InputError
from clipy.text.slugs import slug

log = logging.getLogger(__name__)

_SUFFIXES = {
    "video/mp4": ".mp4", "video/quicktime": ".mov", "video/x-matroska": ".mkv", "video/matroska": ".mkv",
    "video/webm": ".webm", "video/mp2t": ".ts", "video/x-msvideo": ".avi", "video/mpeg": ".mpg", "video/x-flv": ".flv",
    "audio/mpeg": ".mp3", "audio/mp4": ".m4a", "audio/x-m4a": ".m4a", "audio/ogg": ".ogg", "audio/wav": ".wav",
    "audio/x-wav": ".wav", "audio/flac": ".flac", "audio/aac": ".aac", "audio/webm": ".webm",
}  # fmt: skip
_KNOWN = frozenset(_SUFFIXES.values()) | {".m4v", ".m2ts", ".mts", ".wmv", ".3gp", ".ogv", ".opus"}
_UNSPECIFIC = frozenset(("", "application/octet-stream", "binary/octet-stream", "application/force-download"))
_TIMEOUT = 60.0  # seconds without an answer, or without another byte
_REDIRECTS = 10


class Direct(Downloader):
    """A file on a web server. It goes on where a broken download stopped, if the server says that nothing changed."""

    class Options(Downloader.Options):
        pass

    options: Options

    def download(self, address: str, folder: Path, ctx: Context) -> list[Path]:
        if not is_web_address(address):
            return []
        checked(address)
        with self.proxy() as proxy:
            try:
                with httpx2.Client(
                    proxy=proxy.address if proxy else None,
                    trust_env=proxy is None,
                    timeout=_TIMEOUT,
                    verify=ssl.create_default_context(),
                    follow_redirects=True,
                    max_redirects=_REDIRECTS,
                ) as client:
                    return self._fetched(client, proxy, address, folder, ctx)
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                raise InputError(_reason(error, proxy), where=address, do="Check the address, or try again") from error

    def _fetched(
        self, client: httpx2.Client, proxy: GuardedProxy | None, address: str, folder: Path, ctx: Context
    ) -> list[Path]:
        begun = _Begun(folder / f"{hashlib.sha256(address.encode()).hexdigest()[:16]}.part")
        with client.stream("GET", address, headers=begun.headers) as reply:
            if proxy is not None and proxy.refused:  # over plain http the refusal is an answer like any other
                raise InputError(_refusal(proxy), where=address)
            checked(str(reply.url))
            if reply.status_code == 416:  # what is there is already the whole of it, or of another file
                begun.forget()
                raise InputError("the server lost the thread of this download", where=address, do="Run it again")
            suffix = _suffix(reply)
            if reply.status_code not in {200, 206} or not suffix:
                log.debug("%s is no media file: status %d", address, reply.status_code)
                return []
            self._receive(reply, begun, address, ctx)
        target = _free_name(folder, _stem(reply), suffix)
        begun.finish(target)
        return [target]

    def _receive(self, reply: httpx2.Response, begun: _Begun, address: str, ctx: Context) -> None:
        resumed = reply.status_code == 206
        done = begun.size if resumed else 0
        length = reply.headers.get("Content-Length", "")
        total = done + int(length) if length.isdecimal() else None
        self._check_size(total or 0, address)
        begun.note(reply)
        with begun.part.open("ab" if resumed else "wb") as out:
            for block in reply.iter_raw():
                done += len(block)
                self._check_size(done, address)
                out.write(block)
                ctx.report(f"Fetching {_stem(reply)}", done / total if total else None)
        if total is not None and done < total:
            raise InputError(f"the download stopped at {done} of {total} bytes", where=address, do="Run it again")

    def _check_size(self, size: int, address: str) -> None:
        if size > self.options.max_size:
            raise InputError(
                f"the file is larger than {self.options.max_size.human_readable(decimal=True)}",
                where=address,
                do="Allow it with --set download.direct.max_size=100GB",
            )


class _Begun:
    """A file that is being fetched, and the validator by which the server knows whether its own has changed since."""

    def __init__(self, part: Path) -> None:
        self.part, self._note = part, part.with_suffix(".part.json")

    @property
    def size(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    @property
    def headers(self) -> Mapping[str, str]:
        """Asks for the rest, if the file is still the same (RFC 9110, 13.1.5); otherwise for all of it."""
        plain = {"Accept-Encoding": "identity"}
        try:
            validator = json.loads(self._note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return plain
        if not self.size or not isinstance(validator, str):
            return plain
        return {**plain, "Range": f"bytes={self.size}-", "If-Range": validator}

    def note(self, reply: httpx2.Response) -> None:
        """Remember a strong validator; without one, a download that stops begins again."""
        tag = reply.headers.get("ETag", "")
        validator = tag if tag and not tag.startswith("W/") else reply.headers.get("Last-Modified", "")
        if validator:
            self._note.write_text(json.dumps(validator), encoding="utf-8")
        else:
            self._note.unlink(missing_ok=True)

    def finish(self, target: Path) -> None:
        self.part.replace(target)
        self._note.unlink(missing_ok=True)

    def forget(self) -> None:
        self.part.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)


def _suffix(reply: httpx2.Response) -> str:
    """What the file is to be called at its end; empty where it is no media file."""
    kind = reply.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    named = Path(unquote(reply.url.path)).suffix.lower()
    if kind in _SUFFIXES:
        return named if named in _KNOWN else _SUFFIXES[kind]
    return named if named in _KNOWN and (kind in _UNSPECIFIC or kind.startswith(("video/", "audio/"))) else ""


def _stem(reply: httpx2.Response) -> str:
    return slug(Path(unquote(reply.url.path)).stem)


def _free_name(folder: Path, stem: str, suffix: str) -> Path:
    """A name that is not taken: another address may have had a file of the same name."""
    number, path = 1, folder / f"{stem}{suffix}"
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}{suffix}"
    return path


def _reason(error: Exception, proxy: GuardedProxy | None) -> str:
    if proxy is not None and proxy.refused:
        return _refusal(proxy)
    said = str(error).strip().splitlines()
    return f"it could not be fetched ({said[0] if said else type(error).__name__})"


def _refusal(proxy: GuardedProxy) -> str:
    return f"{proxy.refused[-1]} (an intranet is allowed with --set download.direct.allow_private=true)"
