"""Deciding about clips: approve, reject and draw the next, make one of a passage, find passages, send one away."""

from __future__ import annotations

import json
import os
from pathlib import Path

from playwright.sync_api import Page, expect

from clipy.feedback import recorded
from clipy.media.probe import probe
from clipy.storage.store import Store
from clipy.studio.project import Project
from tests.studio.conftest import Running, opened_bench
from tests.studio.test_clip_page import edits, opened, wait


def test_approve_and_reject_by_key_and_the_next_candidate_is_drawn(page: Page, studio: Running) -> None:
    opened(page, studio)
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="Approve")).to_have_attribute("aria-pressed", "true")
    assert edits(studio)["verdict"] == "approved"
    page.keyboard.press("n")
    page.wait_for_url("**/boats-02")
    opened(page, studio, "boats-02")
    page.keyboard.press("r")
    expect(page.get_by_role("button", name="Reject")).to_have_attribute("aria-pressed", "true")
    project = Project(studio.folder, "_")
    wait(page, lambda: len(project.document()["clips"]) == 3 and not project.row("boats-03").stale)
    assert edits(studio, "boats-02")["verdict"] == "rejected"
    drawn = project.row("boats-03")
    assert drawn.edits is not None
    assert drawn.edits.origin.startswith("candidate-")
    assert (studio.folder / "boats-03.mp4").is_file()
    assert next(word["text"] for word in drawn.entry["words"]) == "Money"
    accepted, refused = recorded(Store(Path(os.environ["CLIPY_STORE"])))[-2:]
    assert (accepted.kind, refused.kind) == ("accepted", "rejected")
    assert accepted.said[0] == "Good morning to everybody here."
    page.goto(f"{studio.origin}/p/_/")
    page.get_by_label("Show").select_option("rejected")
    expect(page.locator(".card")).to_have_count(1)


def test_a_passage_that_is_selected_becomes_a_clip(page: Page, studio: Running) -> None:
    page.goto(f"{studio.origin}/p/_/transcript")
    expect(page.locator(".line.picked")).to_have_count(4)
    page.get_by_label("About").fill("cheap vessels")
    expect(page.locator(".hits li").first).to_contain_text("Small boats are cheap")
    words = page.locator("[data-s]")
    first, last = words.filter(has_text="Nobody").first, words.filter(has_text="today").first
    a, b = first.bounding_box(), last.bounding_box()
    assert a is not None
    assert b is not None
    page.mouse.move(a["x"] + 2, a["y"] + a["height"] / 2)
    page.mouse.down()
    page.mouse.move(b["x"] + b["width"] - 2, b["y"] + b["height"] / 2, steps=5)
    page.mouse.up()
    expect(page.get_by_role("region", name="Selected passage")).to_be_visible()
    page.get_by_role("button", name="Make it a clip").click()
    page.wait_for_url("**/boats-03")
    project = Project(studio.folder, "_")
    wait(page, lambda: bool(project.row("boats-03").entry.get("file")) and not project.row("boats-03").stale)
    entry = project.row("boats-03").entry
    assert [word["text"] for word in entry["words"]] == ["Nobody", "asked", "about", "the", "weather", "today."]
    assert abs(float(probe(studio.folder / "boats-03.mp4").duration) - (entry["end"] - entry["start"])) < 0.1


def test_sentences_are_selected_without_a_mouse(page: Page, studio: Running) -> None:
    page.goto(f"{studio.origin}/p/_/transcript")
    lines = page.locator(".from")
    lines.nth(1).focus()
    page.keyboard.press("Enter")
    lines.nth(2).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".line.chosen")).to_have_count(2)
    expect(page.get_by_role("button", name="Make it a clip")).to_be_visible()


def test_nothing_is_sent_before_it_was_shown_and_confirmed(page: Page, studio: Running, tmp_path: Path) -> None:
    target = tmp_path / "sent"
    opened(page, studio)
    page.get_by_text("Send it somewhere").click()
    page.get_by_label("Where to").select_option("folder")
    uploader = page.locator("[data-uploader=folder]")
    uploader.locator("summary").click()
    uploader.get_by_label("path").fill(str(target))
    uploader.get_by_role("button", name="Show what would be sent").click()
    sent = uploader.locator(".sent")
    expect(sent).to_contain_text(str(target / "boats-01.mp4"))
    expect(sent).to_contain_text(probe(studio.folder / "boats-01.mp4").fingerprint)
    assert not target.exists()
    uploader.get_by_role("button", name="Send this to folder").click()
    wait(page, (target / "boats-01.jpg").exists)
    assert (target / "boats-01.mp4").read_bytes() == (studio.folder / "boats-01.mp4").read_bytes()
    project = Project(studio.folder, "_")
    wait(page, lambda: str(target / "boats-01.mp4") in json.dumps(project.row("boats-01").entry["posts"]))


def test_only_what_was_confirmed_is_sent(studio: Running, tmp_path: Path) -> None:
    path = "/p/_/clips/boats-01/upload"
    wish = {"backend": "folder", "options": {"path": str(tmp_path / "sent")}}
    status, _, body = studio.post(f"{path}/preview", json.dumps(wish))
    assert status == 200
    digest = json.loads(body)["digest"]
    assert studio.post(f"{path}/confirm", json.dumps(wish))[0] == 412
    other = {"backend": "folder", "options": {"path": str(tmp_path / "other")}, "digest": digest}
    assert studio.post(f"{path}/confirm", json.dumps(other))[0] == 412
    assert studio.post(f"{path}/preview", '{"backend": "nowhere"}')[0] == 409
    assert studio.post(f"{path}/preview", '{"backend": "folder", "options": {"pth": "x"}}')[0] == 409
    edit = '{"op": "title", "title": "Another"}'
    assert studio.post("/p/_/clips/boats-01/edit", edit, **{"If-Match": '"0"'})[0] == 200
    status, _, body = studio.post(f"{path}/preview", json.dumps(wish))
    assert (status, b"Render it first" in body) == (409, True)
    assert not list(tmp_path.glob("sent*"))
    assert not list(tmp_path.glob("other*"))


def test_what_is_left_of_a_trimmed_clip_is_recorded_as_such(studio: Running) -> None:
    path, end = "/p/_/clips/boats-01/edit", Project(studio.folder, "_").row("boats-01").clip.end
    trim = f'{{"op": "trim", "start": 2.2, "end": {end}}}'
    assert studio.post(path, trim, **{"If-Match": '"0"'})[0] == 200
    assert studio.post(path, '{"op": "verdict", "verdict": "approved"}', **{"If-Match": '"1"'})[0] == 200
    newest = recorded(Store(Path(os.environ["CLIPY_STORE"])))[-1]
    assert (newest.kind, newest.start, newest.end) == ("trimmed", 2.2, end)
    assert newest.said == ("The first question is about small boats.",)


def test_a_trim_outward_is_transcribed_and_keeps_corrections(run_folder: Path) -> None:
    from clipy.studio.operations import Trim

    project = Project(run_folder, "_")
    clip = project.row("boats-02").clip
    words = [word.model_dump() for word in clip.words or ()]
    words[0]["text"] = "Tiny"
    with opened_bench(project) as bench:
        longer = Trim(op="trim", start=0.0, end=clip.end).apply(clip.changed(words=words), bench)
    said = [word.text for word in longer.words or ()]
    assert said[:3] == ["Good", "morning", "to"]
    assert "Tiny" in said
    assert said[-1] == "money."
    assert len(said) == len({(word.start, word.text) for word in longer.words or ()})
    path = longer.path()
    assert path is not None
    assert (float(path.shots[0].span.start), float(path.shots[-1].span.end)) == (0.0, longer.end)
    assert all(a.span.end == b.span.start for a, b in zip(path.shots, path.shots[1:], strict=False))
