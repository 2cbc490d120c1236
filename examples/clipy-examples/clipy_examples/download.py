"""``download = "patient"``: how addresses become files."""

import time
from pathlib import Path

import httpx2
from pydantic import Field

from clipy import Context, Downloader, InputError


class Patient(Downloader):
    """A media file of a server that is slow to wake up: asked again until it answers."""

    class Options(Downloader.Options):
        attempts: int = Field(3, ge=1, description="How often the server is asked.")

    options: Options

    def download(self, address: str, folder: Path, ctx: Context) -> list[Path]:
        for attempt in range(self.options.attempts):
            time.sleep(attempt)
            with (
                self.proxy() as proxy,
                httpx2.Client(proxy=proxy.address if proxy else None) as client,
                client.stream("GET", address) as reply,
            ):
                if reply.status_code >= 500:
                    continue
                if not reply.headers.get("content-type", "").startswith("video/"):
                    return []
                target = folder / "video.mp4"
                with target.open("wb") as out:
                    for block in reply.iter_bytes():
                        out.write(block)
                return [target]
        raise InputError("the server has no time for us", where=address, do="Try again later")
