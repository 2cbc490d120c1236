"""How much memory an upload of 2 GB takes: ``python benchmark/upload.py [--json]``.

The receiving server is a process of its own that keeps a checksum and no bytes. Each upload is a process of its own
too; its peak is compared with its own peak just before the first byte. The limit is 100 MB.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "src")]

from clipy.stages.upload.instagram import Instagram  # noqa: E402
from clipy.stages.upload.publishing.platform import Platform  # noqa: E402
from clipy.stages.upload.tiktok import TikTok  # noqa: E402
from clipy.stages.upload.webhook import Webhook  # noqa: E402
from clipy.stages.upload.youtube import YouTube  # noqa: E402
from clipy.types import Clip  # noqa: E402
from fixtures.publishing.clips import log_in, make_clip, make_context  # noqa: E402
from fixtures.publishing.instagram_server import USER, InstagramServer  # noqa: E402
from fixtures.publishing.server import Answer, Asked, LocalServer, answer  # noqa: E402
from fixtures.publishing.tiktok_server import TikTokServer  # noqa: E402
from fixtures.publishing.youtube_server import YouTubeServer  # noqa: E402

LIMIT = 100.0  # MB above idle
_HEADER = 16  # bytes of an MP4 box whose size is written in 64 bits
_RUSAGE = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes there, in KiB elsewhere


class Checksum(bytearray):
    """Takes the place of the bytes that a server keeps."""

    def __init__(self) -> None:
        super().__init__()
        self.length, self.digest = 0, hashlib.sha256()

    def __iadd__(self, data: Any) -> Self:  # type: ignore[misc]
        self.length += len(data)
        self.digest.update(data)
        return self

    def __len__(self) -> int:
        return self.length

    def __bytes__(self) -> bytes:
        return self.digest.hexdigest().encode()


class Sink(LocalServer):
    """Any address that takes everything."""

    def handle(self, asked: Asked) -> Answer:
        return answer(200, {"url": "https://example.org/clip"})


def serve(kind: type[LocalServer], pipe: Any) -> None:
    """The other side: keeps a checksum of what arrives."""
    with kind() as server:
        _forgetful(server)
        pipe.send(server.url)
        pipe.recv()
        pipe.send([post.decode() for post in server.posts])


def _forgetful(server: LocalServer) -> None:
    original = server.handle

    def handle(asked: Asked) -> Answer:
        reply = original(asked)
        for name in ("sessions", "uploads", "containers"):
            for item in getattr(server, name, {}).values():
                if not isinstance(item.data, Checksum):
                    item.data = Checksum()
        return reply

    server.handle = handle  # type: ignore[method-assign]


def big_clip(folder: Path, size: int) -> Clip:
    """A real video of ``size`` bytes: a box of nothing, written without taking that space on the disk."""
    clip = make_clip(folder)
    with clip.path.open("r+b") as file:
        start = file.seek(0, os.SEEK_END)
        rest = size - start
        file.write((1).to_bytes(4, "big") + b"free" + rest.to_bytes(8, "big"))
        file.truncate(size)
    with clip.path.open("rb") as file:
        return replace(clip, fingerprint=hashlib.file_digest(file, "sha256").hexdigest())


def peak() -> float:
    """The most memory that this process ever held, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux counts what the parent held at the fork into ru_maxrss
        found = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(found.split()[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _RUSAGE / 1e6


def send(make: Callable[[str], Platform], url: str, clip: Clip, folder: Path, pipe: Any) -> None:
    """One upload, measured from the moment before its first byte."""
    small = make_clip(folder, 200_000, name="small")
    make(url).upload(small, make_context(folder))  # loads everything that an upload of any size loads
    idle, began = peak(), time.perf_counter()
    uploader = make(url)
    where = uploader.upload(clip, make_context(folder)).where
    pipe.send({"idle": idle, "peak": peak(), "seconds": time.perf_counter() - began, "where": where})


def youtube(url: str) -> Platform:
    return YouTube(YouTube.Options(base_url=url, token_url=url, poll=0))


def tiktok(url: str) -> Platform:
    return TikTok(TikTok.Options(base_url=url, mode="direct", privacy="SELF_ONLY", poll=0))


def instagram(url: str) -> Platform:
    type.__setattr__(Instagram, "limits", replace(Instagram.limits, max_bytes=None))  # it takes 300 MB in earnest
    return Instagram(Instagram.Options(base_url=url, upload_url=url, poll=0))


def webhook(url: str) -> Platform:
    return Webhook(Webhook.Options(url=url))


TARGETS: dict[str, tuple[Callable[[str], Platform], type[LocalServer]]] = {
    "youtube": (youtube, YouTubeServer),
    "tiktok": (tiktok, TikTokServer),
    "instagram": (instagram, InstagramServer),
    "webhook": (webhook, Sink),
}


def measure(name: str, size: int, folder: Path) -> dict[str, Any]:
    """Upload a file of ``size`` bytes to one platform's server."""
    make, kind = TARGETS[name]
    os.environ |= {"CLIPY_TOKENS": str(folder / "tokens.json"), "CLIPY_WEBHOOK_SECRET": "a-secret-of-24-characters-"}
    log_in(folder, name, access_token="token-that-is-good-1", user_id=USER)
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    server = spawn.Process(target=serve, args=(kind, there), daemon=True)
    server.start()
    url = here.recv()
    clip = big_clip(folder, size)
    ours, theirs = spawn.Pipe()
    sender = spawn.Process(target=send, args=(make, url, clip, folder, theirs))
    sender.start()
    found: dict[str, Any] = ours.recv()
    sender.join()
    here.send("done")
    posts = here.recv()
    server.join()
    whole = kind is Sink or posts[-1] == clip.fingerprint
    above = found["peak"] - found["idle"]
    return {
        "to": name,
        "gigabytes": size / 1e9,
        "idle_mb": round(found["idle"], 1),
        "above_idle_mb": round(above, 1),
        "seconds": round(found["seconds"], 1),
        "right_bytes": whole,
        "passed": above < LIMIT and whole,
    }


def main() -> int:
    """Measure each platform; exit code 1 when one misses the limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=2.0, help="size of the file")
    parser.add_argument("--to", default=",".join(TARGETS), metavar="NAME,NAME", help="platforms, as youtube,tiktok")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    uploads = []
    for name in arguments.to.split(","):
        with tempfile.TemporaryDirectory() as folder:
            uploads.append(measure(name, int(arguments.gigabytes * 1e9), Path(folder)))
    passed = all(upload["passed"] for upload in uploads)
    if arguments.json:
        print(json.dumps({"uploads": uploads, "passed": passed}))
    else:
        print("\n".join(f"{upload['to']:10} {upload}" for upload in uploads))
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
