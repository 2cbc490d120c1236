"""From nothing: a file is dropped or named, the stages are watched, a run is cancelled and resumed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.studio.conftest import SETTINGS, Made, Running, open_page, serving
from tests.studio.test_clip_page import wait


@pytest.fixture
def empty(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A studio with nothing in it, with the settings and the store of the run that was made before."""
    monkeypatch.setenv("CLIPY_STORE", str(made.store))
    (tmp_path / "work").mkdir()
    words = f"transcribe.path={made.source.with_suffix('.vtt')}"
    with serving(tmp_path / "work", *SETTINGS, words) as running:
        yield running


def test_a_file_is_dropped_and_watched_until_its_clips_are_there(chromium: Browser, empty: Running, made: Made) -> None:
    with open_page(chromium, empty) as page:
        expect(page.get_by_role("heading", name="New clips")).to_be_visible()
        page.get_by_label("choose one").set_input_files(made.source)
        page.get_by_label("Clips, at most").fill("1")
        page.get_by_role("button", name="Make clips").click()
        page.wait_for_url("**/runs/*")
        expect(page.locator("#said")).to_contain_text("Good morning to everybody here.")
        expect(page.locator("#picks li")).to_have_count(3)
        expect(page.locator("#clips")).to_contain_text("passed its review", timeout=60_000)
        expect(page.locator("#phase")).to_have_text("Done")
        page.get_by_role("link", name="Open the clips").click()
        expect(page.locator(".card")).to_have_count(1)
    assert (empty.folder / "sources" / "boats.mp4").read_bytes() == made.source.read_bytes()
    document = json.loads((empty.folder / "boats" / "clips.json").read_text())
    assert [clip["file"] for clip in document["clips"]] == ["boats-01.mp4"]
    assert (empty.folder / "boats" / "boats-01.mp4").is_file()


def test_a_run_is_cancelled_and_resumed(chromium: Browser, empty: Running, made: Made, tmp_path: Path) -> None:
    with open_page(chromium, empty) as page:
        page.get_by_label("its path on this machine").fill(str(made.source))
        page.get_by_label("Clips, at most").fill("3")
        page.get_by_role("button", name="Make clips").click()
        page.wait_for_url("**/runs/*")
        expect(page.locator("#picks li")).to_have_count(3)
        page.locator("#cancel").click()
        expect(page.locator("#phase")).to_contain_text("Cancelled")
        assert not (empty.folder / "boats" / "clips.json").exists()
        page.goto(f"{empty.origin}/?new")
        page.get_by_role("button", name="Resume").click()
        page.wait_for_url("**/runs/*")
        wait(page, (empty.folder / "boats" / "clips.json").exists)
        expect(page.locator("#phase")).to_have_text("Done")
    assert len(json.loads((empty.folder / "boats" / "clips.json").read_text())["clips"]) == 3


def test_what_cannot_be_run_is_refused_with_a_reason(empty: Running, made: Made) -> None:
    for body, says in (
        ('{"path": "/no/such/file.mp4"}', "no such file"),
        ("{}", "name one video"),
        ('{"dropped": "../made.mp4"}', "a name, not a path"),
        ('{"path": "x", "profile": "nonsense"}', "profile"),
        ('{"path": "x", "clips": 0}', "clips"),
        ('{"path": "x", "overwrite": true}', "overwrite"),
    ):
        status, _, answer = empty.post("/runs", body)
        assert status in {409, 422}
        assert says in answer.decode()
    own = {"Cookie": empty.cookie, "Origin": empty.origin}
    for name in ("notes.txt", "..%2fx.mp4", ".mp4", "x.mp4%00"):
        assert empty.ask("PUT", f"/sources/{name}", b"x", own)[0] in {404, 409}
    assert empty.ask("PUT", "/sources/a.mp4", b"x", {"Cookie": empty.cookie})[0] == 403
    status, _, answer = empty.ask("PUT", "/sources/My%20talk%20(1).MP4", b"no video", own)
    assert (status, json.loads(answer)) == (201, {"dropped": "my-talk-1.mp4"})
    assert [path.name for path in (empty.folder / "sources").iterdir()] == ["my-talk-1.mp4"]
    assert empty.get("/runs/99")[0] == 404
    assert empty.post("/unfinished/nothing/resume")[0] == 404
