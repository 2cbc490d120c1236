"""The review as one page: everything is in it, nothing is loaded, and a real browser shows it, light and dark."""

from __future__ import annotations

import re
import subprocess
from fractions import Fraction
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from clipy.pipeline.report import write_report
from clipy.types import Box, Evidence, Finding, Repair, Review, Span
from fixtures.media import make_video
from tests.browser import browser

HOSTILE = "<script>alert(1)</script> & <img src=x onerror=alert(2)>"


class _Page(HTMLParser):
    """Which elements a page has, and what they name."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.nameless: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.sources += [value for name, value in attrs if name == "src" and value]
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.targets += [value[1:] for name, value in attrs if name == "href" and value]
        if (tag == "img" and not given.get("alt")) or (tag in {"audio", "svg"} and not given.get("aria-label")):
            self.nameless.append(tag)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    clip = make_video(folder / "a <b>.mp4", seconds=4, size=(360, 640))
    broken = folder / "broken.mp4"
    broken.write_bytes(b"not a video")
    span = Span(Fraction(1), Fraction(2))
    seen = Evidence.picture(Fraction(1), Box(40, 80, 300, 160))
    findings = (
        Finding("caption-timing", "error", HOSTILE, span, 0.41, 0.2, seen),
        Finding("edge-silence", "warning", "it ends with silence", span, evidence=Evidence.sound(span)),
        Finding("loudness", "info", "as loud as asked for", repair=Repair("relevel", gain=1.0)),
    )
    page = folder / "report.html"
    unreadable = Review("technical", (Finding("readable", "error", "it cannot be read"),))
    write_report(page, [(clip.name, clip, [Review("captions", findings)]), (broken.name, broken, [unreadable])])
    return page


def test_report_is_self_contained(report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    page = _Page()
    page.feed(text)
    assert "script" not in page.tags
    assert all(source.startswith("data:") for source in page.sources)
    assert {source[:11] for source in page.sources} == {"data:image/", "data:audio/"}
    assert "default-src 'none'" in unescape(text)
    assert not re.findall(r"(?:https?:)?//[a-z]", re.sub(r"data:[^\"]*", "", text))
    assert set(page.targets) <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert page.nameless == []
    assert page.tags.count("h1") == 1
    assert "main" in page.tags
    for word in ("Error", "Warning", "Note", "captions: caption-timing", "measured 0.41 (limit 0.2)", "relevel"):
        assert word in text
    assert "a &lt;b&gt;.mp4" in text
    assert "cannot be read" in text


@pytest.mark.parametrize("dark", [False, True])
def test_report_opens_in_a_browser(report: Path, tmp_path: Path, dark: bool) -> None:
    program = browser()
    if program is None:
        pytest.skip("needs Chromium")
    shot = tmp_path / "shot.png"
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars"]
    flags += ["--blink-settings=preferredColorScheme=0"] if dark else []
    flags += [f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={shot}", "--window-size=1000,1600"]
    subprocess.run([program, *flags, report.as_uri()], check=True, capture_output=True, timeout=120)
    pixels = np.asarray(cv2.imread(str(shot))).astype(int)
    paper = pixels[3, 3]
    assert (paper.max() < 60) if dark else (paper.min() > 240)
    colourful = (pixels.max(axis=2) - pixels.min(axis=2)) > 60
    assert colourful.mean() > 0.01  # thumbnails, evidence and marks are there
