"""Weights from a plain address, such as a raw file of a Git repository at a pinned commit."""

from __future__ import annotations

import ssl
from pathlib import Path
from urllib.parse import urlsplit

from clipy.errors import ModelError
from clipy.models.wheels import Report

_TIMEOUT = 60.0  # seconds without an answer, or without another byte
_LOCAL = ("localhost", "127.0.0.1", "::1")


def raw_file(repository: str, commit: str, path: str) -> str:
    """The address of one file of a GitHub repository at a commit; ``repository`` is ``owner/name``."""
    return f"https://raw.githubusercontent.com/{repository}/{commit}/{path}"


def fetch_web_file(address: str, size: int, scratch: Path, report: Report) -> Path:
    """Download a file into ``scratch``, no more than ``size`` bytes of it. Proxies are those of the environment.

    Raises ModelError when it cannot be had.
    """
    import httpx2

    where = urlsplit(address)
    if where.scheme != "https" and where.hostname not in _LOCAL:
        raise ModelError("weights are fetched over https only", where=address)
    target = scratch / where.path.rpartition("/")[2]
    message = f"Fetching {target.name} from {where.hostname}"
    done = 0
    try:
        with (
            httpx2.Client(timeout=_TIMEOUT, follow_redirects=True, verify=ssl.create_default_context()) as client,
            client.stream("GET", address) as reply,
            target.open("wb") as out,
        ):
            reply.raise_for_status()
            for block in reply.iter_bytes():
                done += len(block)
                if done > size:
                    raise ModelError(f"{target.name} is longer than its {size} bytes", where=address)
                out.write(block)
                report(message, done / size)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(f"{target.name} could not be fetched from {where.hostname} ({reason})") from error
    return target
