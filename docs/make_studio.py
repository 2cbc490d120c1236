"""Takes the pictures of docs/studio.md: the studio in a real browser, on a run that is made here.

Run it after a change of looks, from the root: ``PYTHONPATH=. python docs/make_studio.py``. It needs the extra
``dev`` and a Chromium. The talk is computed, picture and sound: no footage is in the repository.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import uvicorn
from make_gallery import HAIR, IMAGES, scene
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, sync_playwright

import clipy
from clipy import FaceDetector
from clipy.analysis.faces.tracking.detections import Detection
from clipy.config import Config, load
from clipy.context import Context
from clipy.studio.server import serve
from clipy.types import Box
from fixtures.media import make_video
from fixtures.speech import SAID, played, speak
from tests.browser import browser

SIZE = (1280, 720)
HEADS = ((0.26, 0.38), (0.74, 0.38))
FACE = 0.105  # half a face's side, as a share of the picture's height
SETTINGS = (
    *("transcribe=subtitles", "align=none", "faces=drawn", "speakers=lip-sync", "diarize=voice-turns"),
    *("highlight.count=3", "highlight.min_duration=6", "highlight.max_duration=16", "review=technical,sound"),
    *("reframe.width=540", "reframe.height=960", "render.quality=draft"),
)


class Drawn(FaceDetector):
    """Knows where the two people of the drawing are."""

    def detect(self, pictures: Sequence[NDArray[np.uint8]], ctx: Context) -> list[list[Detection]]:
        found = []
        for picture in pictures:
            high, wide = picture.shape[:2]
            half = FACE * high
            boxes = [Box(x * wide - half, y * high - half, x * wide + half, y * high + half) for x, y in HEADS]
            found.append([Detection(box, 0.9) for box in boxes])
        return found


def talk(folder: Path) -> Path:
    """Two people at a table, one of whom talks."""
    half = scene(SIZE[0] // 2, SIZE[1])
    wide = np.ascontiguousarray(np.concatenate([half, half[:, ::-1]], axis=1))

    def draw(time: float, _size: tuple[int, int]) -> NDArray[np.uint8]:
        picture = wide.copy()
        opened = int(4 + 9 * abs(np.sin(9 * time)))
        mouth = (int(HEADS[0][0] * SIZE[0]), int((HEADS[0][1] + 0.095) * SIZE[1]))
        cv2.ellipse(picture, mouth, (14, opened), 0, 0, 360, HAIR, -1, cv2.LINE_AA)
        return picture

    speech = speak(SAID)
    path = make_video(
        folder / "habits.mp4",
        seconds=len(speech.samples) / speech.rate + 0.5,
        size=SIZE,
        draw=draw,
        play=played(speech),
    )
    cues, begin = ["WEBVTT\n"], 0
    for number, sentence in enumerate(SAID.replace("? ", "?. ").split(". ")):
        end = begin + len(sentence.split())
        last = speech.words[end][1] if end < len(speech.words) else speech.ends[-1]
        who = "Mira" if number else "Tom"
        mark = "" if sentence.endswith(("?", ".")) else "."
        cues.append(f"{_stamp(speech.words[begin][1])} --> {_stamp(last)}\n<v {who}>{sentence}{mark}\n")
        begin = end
    path.with_suffix(".vtt").write_text("\n".join(cues))
    return path


def _stamp(seconds: float) -> str:
    return f"00:{int(seconds // 60):02d}:{seconds % 60:06.3f}"


def configure(*more: str, recorded: Mapping[str, Any] | None = None) -> Config:
    """No settings of anybody's."""
    return load(sets=(*SETTINGS, *more), recorded=recorded, environment={})


def take(page: Page, url: str, name: str) -> None:
    """Pictures of the list and of a clip."""
    page.goto(url)
    page.wait_for_timeout(2000)
    if name == "desktop":
        page.screenshot(path=IMAGES / "studio-list.png")
    page.locator(".card h2 a").first.click()
    page.wait_for_selector("#people button")
    page.locator(".transcript button").nth(8).click()
    while not page.evaluate("document.getElementById('source').readyState >= 2"):
        page.wait_for_timeout(200)
    page.wait_for_timeout(2000)
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=IMAGES / f"studio-clip-{name}.png")
    if name == "desktop":
        page.goto(f"{url.partition('/?')[0]}/p/_/transcript")
        page.locator(".from").nth(2).click()
        page.screenshot(path=IMAGES / "studio-transcript.png")


def photograph(started: Browser, url: str) -> None:
    """The studio at a desk, in the dark, and on a phone."""
    desk: dict[str, Any] = {"viewport": {"width": 1280, "height": 1000}}
    phone: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
    for name, options in (("desktop", desk), ("dark", desk | {"color_scheme": "dark"}), ("phone", phone)):
        profile = started.new_context(**options)
        page = profile.new_page()
        page.set_default_timeout(120_000)
        take(page, url, name)
        profile.close()


def main() -> None:
    """Make a run, serve it, and take the pictures."""
    program = browser()
    if program is None:
        raise SystemExit("no Chromium on this machine")
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        os.environ["CLIPY_STORE"] = str(place / "store")
        info = place / "drawn-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: drawn\nVersion: 1\n")
        (info / "entry_points.txt").write_text("[clipy.faces]\ndrawn = make_studio:Drawn\n")
        sys.path.insert(0, name)
        clipy.run(talk(place), place / "habits", config=configure())
        addresses: list[str] = []
        servers: list[uvicorn.Server] = []
        ready = threading.Event()

        def announced(url: str) -> None:
            addresses.append(url)
            ready.set()

        serving = threading.Thread(
            target=lambda: serve(
                place / "habits",
                configure,
                ready=announced,
                started=servers.append,
            )
        )
        serving.start()
        ready.wait(60)
        try:
            with sync_playwright() as playwright:
                started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
                photograph(started, addresses[0])
                started.close()
        finally:
            servers[0].should_exit = True
            serving.join()


if __name__ == "__main__":
    main()
