"""``edits.json``: the same file gives the same clip, and every decision in it shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from clipy.cli import main
from clipy.edits import Edits, read_edits
from clipy.errors import DocumentError
from clipy.storage.store import file_digest
from clipy.studio.project import Conflict, Project
from tests.studio.conftest import Made


def render(made: Made, edits: Path, folder: Path, *more: str) -> Result:
    sets = [part for text in more for part in ("--set", text)]
    return CliRunner().invoke(main, ["render", str(made.source), "--edits", str(edits), "-o", str(folder), *sets])


def write(project: Project, **changes: Any) -> Path:
    """The edits of the first clip alone, with some values changed."""
    clip = project.row("boats-01").clip.changed(**changes)
    edits = project.edits()
    Edits(edits.source, (clip,), edits.run, edits.settings).write(project.edits_path)
    return project.edits_path


def entry(folder: Path) -> dict[str, Any]:
    (found,) = json.loads((folder / "clips.json").read_text())["clips"]
    assert isinstance(found, dict)
    return found


@pytest.fixture
def project(run_folder: Path) -> Project:
    return Project(run_folder, "_")


def test_a_clip_that_nobody_changed_is_made_again_to_the_byte(project: Project, made: Made, tmp_path: Path) -> None:
    result = render(made, write(project), tmp_path / "again")
    assert result.exit_code == 0, result.output
    assert file_digest(tmp_path / "again" / "boats-01.mp4") == file_digest(made.folder / "boats-01.mp4")


def test_words_and_breaks_show_in_captions_and_subtitles(project: Project, made: Made, tmp_path: Path) -> None:
    words = [word.model_dump() for word in project.row("boats-01").clip.words or ()]
    assert [word["text"] for word in words][:3] == ["Good", "morning", "to"]
    words[0]["text"], words[1]["hidden"], words[2]["breaks"] = "Fine", True, True
    result = render(made, write(project, words=words), tmp_path / "again")
    assert result.exit_code == 0, result.output
    assert [word["text"] for word in entry(tmp_path / "again")["words"]][:2] == ["Fine", "to"]
    cards = [line for line in (tmp_path / "again" / "boats-01.ass").read_text().splitlines() if "Dialogue" in line]
    assert cards[0].lower().count("fine") == 1
    assert " to" not in cards[0].lower()
    assert "morning" not in (tmp_path / "again" / "boats-01.srt").read_text()


def test_settings_are_those_of_the_run_and_flags_lie_above(project: Project, made: Made, tmp_path: Path) -> None:
    settings = project.edits().settings
    assert settings["reframe"]["width"] == 270
    assert settings["transcribe"]["backend"] == "subtitles"
    assert "upload" not in settings
    again, other = tmp_path / "again", tmp_path / "other"
    assert render(made, write(project, pizzazz=[]), again).exit_code == 0
    assert render(made, write(project, pizzazz=None), other, "pizzazz.captions.preset=neon").exit_code == 0
    films = {file_digest(folder / "boats-01.mp4") for folder in (made.folder, again, other)}
    assert len(films) == 3


def test_a_rejected_clip_is_not_rendered(project: Project, made: Made, tmp_path: Path) -> None:
    assert render(made, write(project, verdict="rejected"), tmp_path / "again").exit_code == 0
    assert json.loads((tmp_path / "again" / "clips.json").read_text())["clips"] == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[]", "no list of clips"),
        ('{"clips": [{}]}', "clips.0.start"),
        ('{"clips": [{"id": "../x", "start": 0, "end": 1}]}', "clips.0.id"),
        ('{"clips": [{"id": "x", "start": 2, "end": 1}]}', "not after"),
        ('{"clips": [{"id": "x", "start": 0, "end": 1, "pizzazz": [{}]}]}', "backend"),
        ('{"clips": [{"id": "x", "start": 0, "end": 1, "words": [{"text": "a", "start": 1, "end": 0}]}]}', "words.0"),
        ('{"clips": [{"id": "x", "start": 0, "end": 1}, {"id": "x", "start": 0, "end": 1}]}', "same id"),
        ('{"source": 3, "clips": []}', "objects"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "edits.json"
    path.write_text(content)
    with pytest.raises(DocumentError, match=says):
        read_edits(path)


def test_edits_of_another_video_are_refused(project: Project, made: Made, tmp_path: Path) -> None:
    path = write(project)
    path.write_text(path.read_text().replace(str(project.edits().source["fingerprint"]), "0" * 64))
    result = render(made, path, tmp_path / "again")
    assert result.exit_code == 1
    assert "of another video" in result.output
    assert render(made, path.with_name("none.json"), tmp_path / "again").exit_code == 1


@pytest.mark.parametrize("group", ["upload", "download", "executor", "nonsense"])
def test_a_document_cannot_say_what_is_published_fetched_or_run(
    project: Project, made: Made, tmp_path: Path, group: str
) -> None:
    path = write(project)
    document = json.loads(path.read_text())
    entry = {"backend": "command", "program": ["touch", str(tmp_path / "ran")]}
    document["settings"][group] = [entry] if group != "executor" else entry
    path.write_text(json.dumps(document))
    result = render(made, path, tmp_path / "again")
    assert result.exit_code == 2
    assert "must not set" in result.output
    assert not (tmp_path / "ran").exists()


def test_either_crops_or_edits(made: Made, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["render", str(made.source), "-o", str(tmp_path / "x")])
    assert (result.exit_code, "either --crops or --edits" in result.output) == (2, True)


def test_changes_can_be_undone_and_redone_and_none_is_lost(project: Project) -> None:
    first = project.change("boats-01", 0, lambda clip: clip.changed(title="One"))
    second = project.change("boats-01", first.revision, lambda clip: clip.changed(title="Two"))
    with pytest.raises(Conflict):
        project.change("boats-01", first.revision, lambda clip: clip.changed(title="Three"))
    later = Project(project.folder, "_")  # another process, or the same one after a crash
    assert later.row("boats-01").clip.title == "Two"
    undone = later.step("boats-01", second.revision, back=True)
    assert (undone.title, undone.revision) == ("One", 3)
    undone = later.step("boats-01", undone.revision, back=True)
    assert undone.title == made_title(project)
    assert later.step("boats-01", None, back=True) == undone
    redone = later.step("boats-01", None, back=False)
    assert redone.title == "One"
    later.change("boats-01", None, lambda clip: clip.changed(title="Other"))
    assert later.step("boats-01", None, back=False).title == "Other"


def made_title(project: Project) -> str:
    return str(project.document()["clips"][0]["title"])


def test_state_says_what_is_left_to_do(project: Project) -> None:
    assert project.row("boats-01").state == "open"
    project.change("boats-01", None, lambda clip: clip.changed(verdict="approved"))
    assert project.row("boats-01").state == "approved"
    assert not project.row("boats-01").stale
    project.change("boats-01", None, lambda clip: clip.changed(verdict="", title="Other"))
    assert project.row("boats-01").state == "edited"
    project.step("boats-01", None, back=True)
    assert not project.row("boats-01").stale
