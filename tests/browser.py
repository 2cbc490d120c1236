"""A real browser, if there is one, that plays a clip and tells what it saw."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from fixtures.serving import Handler, Serving

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-extensions",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
)
_PAGE = """<!doctype html><meta charset="utf-8"><video id="v" src="/clip.mp4" preload="auto"></video><script>
const video = document.getElementById("v"), seen = {events: []};
const tell = () => fetch("/seen", {method: "POST", body: JSON.stringify(seen)});
const once = name => new Promise(done => video.addEventListener(name, done, {once: true}));
function pixel(x, y) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext("2d").drawImage(video, 0, 0);
  return [...canvas.getContext("2d").getImageData(x * canvas.width, y * canvas.height, 1, 1).data].slice(0, 3);
}
async function seek(time) {
  const there = once("seeked");
  video.currentTime = time;
  await there;
  return pixel(0.5, 0.5);
}
video.addEventListener("error", () => { seen.error = video.error.message || String(video.error.code); tell(); });
(async () => {
  await once("canplaythrough");
  Object.assign(seen, {width: video.videoWidth, height: video.videoHeight, duration: video.duration});
  seen.sought = [];
  for (const time of TIMES) seen.sought.push(await seek(time));
  await seek(0);
  const ended = once("ended");
  await video.play();
  await ended;
  const quality = video.getVideoPlaybackQuality();
  const sound = video.webkitAudioDecodedByteCount;
  Object.assign(seen, {played: video.currentTime, sound: sound, bad: quality.corruptedVideoFrames});
  tell();
})();
</script>"""


def browser() -> str | None:
    """The program of a Chromium that is installed, if any."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def played(clip: Path, times: list[float], patience: float) -> dict[str, Any]:
    """Play a clip to its end in the browser, after seeking to some times; what the page saw.

    ``sought`` holds the colour in the middle of the picture at each time. Raises TimeoutError.
    """
    program = browser()
    if program is None:
        raise FileNotFoundError("no Chromium on this machine")
    seen: dict[str, Any] = {}
    told = threading.Event()
    page = _PAGE.replace("TIMES", json.dumps(times)).encode()

    class Watched(Handler):
        def do_GET(self) -> None:
            if self.path == "/clip.mp4":
                _send_part(self, clip.read_bytes())
            else:
                _send(self, 200, page if self.path == "/" else b"", "text/html")

        def do_POST(self) -> None:
            seen.update(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            _send(self, 204, b"", "text/plain")
            told.set()

    with Serving(Watched) as server, tempfile.TemporaryDirectory() as profile:
        command = [program, *_FLAGS, f"--user-data-dir={profile}", "--remote-debugging-port=0", f"{server.origin}/"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            if not told.wait(patience):
                raise TimeoutError(f"the browser told nothing for {patience:.0f} s")
        finally:
            process.terminate()
            process.wait(20)
    return seen


def _send(request: BaseHTTPRequestHandler, status: int, body: bytes, kind: str) -> None:
    request.send_response(status)
    request.send_header("Content-Type", kind)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def _send_part(request: BaseHTTPRequestHandler, data: bytes) -> None:
    """Browsers seek by asking for ranges of bytes."""
    first, _, last = request.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")
    begin, end = int(first), min(int(last or len(data) - 1), len(data) - 1)
    request.send_response(206)
    request.send_header("Content-Type", "video/mp4")
    request.send_header("Accept-Ranges", "bytes")
    request.send_header("Content-Range", f"bytes {begin}-{end}/{len(data)}")
    request.send_header("Content-Length", str(end + 1 - begin))
    request.end_headers()
    try:
        request.wfile.write(data[begin : end + 1])
    except (BrokenPipeError, ConnectionResetError):  # it has read enough and seeks elsewhere
        request.close_connection = True
