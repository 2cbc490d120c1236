"""The page of a clip in a real browser: what a person does there is on disk, and in the clip that is made of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, Page, expect

from clipy.media.probe import probe
from clipy.media.read import pictures
from clipy.storage.store import file_digest
from clipy.studio.project import Project
from clipy.types import seconds
from tests.studio.conftest import Running, open_page


def opened(page: Page, studio: Running, clip: str = "boats-01") -> Page:
    """The page of a clip, ready."""
    page.goto(f"{studio.origin}/p/_/clips/{clip}")
    page.wait_for_selector("body[data-started]")
    wait(page, lambda: bool(page.evaluate("document.getElementById('source').readyState >= 2")))
    return page


def edits(studio: Running, clip: str = "boats-01") -> dict[str, Any]:
    """What is on disk of a clip's edits."""
    document = json.loads((studio.folder / "edits.json").read_text())
    return next(entry for entry in document["clips"] if entry["id"] == clip)


def wait(page: Page, done: Callable[[], bool]) -> None:
    """Wait for something that the server does."""
    for _ in range(200):
        if done():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not happen")


def render(page: Page, studio: Running, clip: str = "boats-01") -> dict[str, Any]:
    """Render the clip on the page, wait for it, and return its entry in ``clips.json``."""
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Render", exact=True).click()
    project = Project(studio.folder, "_")
    wait(page, lambda: not project.row(clip).stale and bool(project.row(clip).entry.get("file")))
    return dict(project.row(clip).entry)


def middle(studio: Running, clip: str = "boats-01", at: str = "1") -> list[int]:
    """The color in the middle of the square that the clip shows: what is followed is in the middle of the picture."""
    video = probe(studio.folder / f"{clip}.mp4")
    (_, picture) = next(iter(pictures(video, video.span, times=[seconds(at)])))
    high, wide = picture.shape[:2]
    return [int(value) for value in picture[int(high * 0.4), wide // 2]]


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    page.mouse.move(*end)
    page.mouse.up()


def center(page: Page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_word_is_corrected_hidden_and_put_on_a_new_line(page: Page, studio: Running) -> None:
    opened(page, studio)
    page.get_by_role("button", name="morning", exact=True).click()
    page.get_by_label("Word", exact=True).fill("evening")
    page.keyboard.press("Enter")
    wait(page, (studio.folder / "edits.json").exists)
    expect(page.get_by_role("button", name="evening", exact=True)).to_be_visible()
    page.get_by_role("button", name="everybody", exact=True).click()
    page.get_by_role("button", name="Hide", exact=True).click()
    expect(page.get_by_role("button", name="everybody (hidden)")).to_be_visible()
    page.get_by_role("button", name="to", exact=True).click()
    page.get_by_role("button", name="New line here").click()
    expect(page.locator("#word-break")).to_have_attribute("aria-pressed", "true")
    words = edits(studio)["words"]
    assert [word["text"] for word in words][:4] == ["Good", "evening", "to", "everybody"]
    assert (words[3]["hidden"], words[2]["breaks"]) == (True, True)
    entry = render(page, studio)
    assert [word["text"] for word in entry["words"]][:4] == ["Good", "evening", "to", "here."]
    subtitles = (studio.folder / "boats-01.ass").read_text()
    assert "evening" in subtitles.lower()
    assert "everybody" not in subtitles.lower()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="everybody", exact=True)).to_be_visible()
    wait(page, lambda: not edits(studio)["words"][3].get("hidden", False))
    page.reload()
    page.keyboard.press("Control+Shift+Z")
    wait(page, lambda: bool(edits(studio)["words"][3].get("hidden")))


def test_an_end_is_dragged_and_snaps_to_a_sentence(page: Page, studio: Running) -> None:
    opened(page, studio)
    before = Project(studio.folder, "_").row("boats-01").clip
    later = Project(studio.folder, "_").row("boats-02").clip
    wait(page, lambda: page.locator(".lane span").count() > len(before.words or ()))
    region = page.evaluate("JSON.parse(document.getElementById('state').textContent).region")
    frame = page.locator("#timeline").bounding_box()
    assert frame is not None
    wanted = frame["x"] + frame["width"] * (later.end - region[0] + 0.06) / (region[1] - region[0])
    start = center(page, "#end")
    drag(page, start, (wanted, start[1]))
    wait(page, (studio.folder / "edits.json").exists)
    found = edits(studio)
    assert abs(found["end"] - later.end) < 0.01
    assert found["crop"][-1]["end"] == found["end"]
    assert [word["text"] for word in found["words"]][-1] == "money."
    page.locator("#start").focus()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    wait(page, lambda: edits(studio)["start"] > before.start + 0.5)
    entry = render(page, studio)
    assert (entry["start"], entry["end"]) == (edits(studio)["start"], edits(studio)["end"])
    film = probe(studio.folder / "boats-01.mp4")
    assert abs(float(film.duration) - (entry["end"] - entry["start"])) < 0.1


def test_the_window_is_dragged_to_the_other_person(page: Page, studio: Running) -> None:
    opened(page, studio)
    assert middle(studio)[0] > 200  # Anna is yellow
    x, y = center(page, "#marks .window")
    frame = page.locator("#marks").bounding_box()
    assert frame is not None
    drag(page, (x, y), (x + frame["width"] * 0.6, y))
    wait(page, (studio.folder / "edits.json").exists)
    (keyframe,) = edits(studio)["crop"][0]["panels"][0]["keyframes"]
    assert abs((keyframe["x1"] + keyframe["x2"]) / 2 - 640 * 0.8) < 25
    render(page, studio)
    assert middle(studio)[0] < 120
    assert middle(studio)[2] > 200  # Ben is cyan
    page.locator("#marks .window").first.focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    wait(page, lambda: edits(studio)["crop"][0]["panels"][0]["keyframes"][0]["x1"] < keyframe["x1"] - 10)


def test_the_other_person_is_followed_from_here_on(page: Page, studio: Running) -> None:
    opened(page, studio)
    page.get_by_label("from here on").check()
    page.evaluate("document.getElementById('source').currentTime = 2.5")
    wait(page, lambda: page.locator("#clock").inner_text().startswith("0:02.5"))
    page.get_by_role("button", name="Follow Person 2").click()
    wait(page, (studio.folder / "edits.json").exists)
    first, *_, last = edits(studio)["crop"]
    assert first["end"] == last["start"] == 2.5
    page.get_by_label("Layout").select_option("fit")
    wait(page, lambda: edits(studio)["crop"][-1].get("layout") == "fit")
    page.get_by_role("button", name="Undo").click()
    wait(page, lambda: edits(studio)["crop"][-1].get("layout", "single") == "single")
    page.get_by_label("Layout").select_option("inset")
    expect(page.get_by_role("alert")).to_contain_text("does not suit this picture")
    render(page, studio)
    assert middle(studio, at="1")[0] > 200
    assert middle(studio, at="4")[2] > 200


def test_style_and_pizzazz_are_chosen_ordered_and_set_by_forms(page: Page, studio: Running) -> None:
    opened(page, studio)
    page.get_by_text("Caption style", exact=True).click()
    neon = page.get_by_role("button", name="neon")
    wait(page, lambda: bool(neon.locator("img").evaluate("image => image.naturalWidth > 100")))
    neon.click()
    expect(neon).to_have_attribute("aria-pressed", "true")
    assert edits(studio)["pizzazz"] == [{"backend": "captions", "preset": "neon"}]
    page.get_by_text("Pizzazz", exact=True).click()
    page.get_by_label("What to add").select_option("progress")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="Move progress up").click()
    wait(page, lambda: edits(studio)["pizzazz"][0]["backend"] == "progress")
    page.locator("[data-backend=captions] summary").click()
    page.locator("[data-backend=captions]").get_by_label("max words").fill("1")
    page.keyboard.press("Tab")
    wait(page, lambda: edits(studio)["pizzazz"][1].get("max_words") == 1)
    page.locator("[data-backend=captions]").get_by_label("text color").fill("no color")
    page.keyboard.press("Tab")
    expect(page.get_by_role("alert")).to_contain_text("text_color")
    assert edits(studio)["pizzazz"][1] == {"backend": "captions", "preset": "neon", "max_words": 1}
    before = file_digest(studio.folder / "boats-01.mp4")
    render(page, studio)
    assert file_digest(studio.folder / "boats-01.mp4") != before
    cards = [line for line in (studio.folder / "boats-01.ass").read_text().splitlines() if "Dialogue" in line]
    assert len(cards) >= len(edits(studio)["words"])


def test_two_tabs_do_not_fight(chromium: Browser, studio: Running) -> None:
    with open_page(chromium, studio) as one, open_page(chromium, studio) as two:
        opened(one, studio)
        opened(two, studio)
        two.route("**/state", lambda route: route.abort())  # it learns nothing of the other's change in time
        one.get_by_label("Title").fill("From the first tab")
        one.keyboard.press("Enter")
        wait(one, (studio.folder / "edits.json").exists)
        two.unroute("**/state")
        status = two.evaluate(
            """async address => (await fetch(address + "/edit", {method: "POST", headers: {"If-Match": '"0"',
            "Content-Type": "application/json"}, body: '{"op": "title", "title": "From the second tab"}'})).status""",
            f"{studio.origin}/p/_/clips/boats-01",
        )
        assert status == 412
        assert edits(studio)["title"] == "From the first tab"
        one.get_by_role("button", name="Approve").click()
        expect(two.get_by_role("button", name="Approve")).to_have_attribute("aria-pressed", "true")
        expect(two.get_by_label("Title")).to_have_value("From the first tab")
