"""What commands print and write: one JSON object, no control characters, true counts, progress that only grows."""

from __future__ import annotations

import io
import json
from fractions import Fraction
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from rich.progress import Progress, TaskID

from clipy import config
from clipy.cli import main, terminal
from clipy.cli.logs import echo, logging_to
from clipy.cli.text import counted, printable
from clipy.context import Event
from clipy.media.probe import probe
from clipy.storage import eviction
from clipy.storage.store import Store
from clipy.types import Highlight, Span
from fixtures.media import make_video

CENTER = ("--set", "reframe=center")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("silent") / "silent.mp4", seconds=6, size=(320, 180), play=None)


@pytest.fixture
def given(tmp_path: Path) -> Path:
    path = tmp_path / "highlights.json"
    path.write_text('[{"start": 1.0, "end": 3.5, "title": "By hand"}]')
    return path


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "-o", "out"),
        ("highlight",),
        ("reframe", "--highlights", "highlights.json"),
        ("render", "--crops", "crops.json", "-o", "out"),
        ("review",),
        ("transcribe",),
    ],
    ids=lambda arguments: str(arguments[0]),
)
def test_json_prints_one_object_also_for_a_missing_file(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command, *more = arguments
    result = run(command, "none.mp4", *more, "--json")
    document = json.loads(result.stdout)
    assert document["schema"] == "clipy.error/1"
    assert document["exit_code"] == result.exit_code == 1
    assert document["error"]["where"] == "none.mp4"
    assert document["error"]["message"] in result.stderr


def test_json_prints_one_object_for_a_misspelt_setting(silent: Path) -> None:
    result = run("highlight", silent, "--json", "--set", "highlight.cuont=1")
    assert result.exit_code == 2
    assert "Did you mean 'count'" in json.loads(result.stdout)["error"]["message"]


def test_json_of_several_videos_holds_the_results_and_the_errors(silent: Path, tmp_path: Path) -> None:
    sets = ("highlight=even", "highlight.min_duration=1", "highlight.duration=2", "highlight.count=1", "pizzazz=")
    flags = [f"--set={text}" for text in (*sets, "reframe=center", "review=technical", "render.quality=draft")]
    result = run("run", silent, tmp_path / "none.mp4", "-o", tmp_path / "out", "--json", "-q", *flags)
    document = json.loads(result.stdout)
    assert result.exit_code == 1
    assert len(document["runs"]) == 1
    assert [Path(error["video"]).name for error in document["errors"]] == ["none.mp4"]


def test_a_review_that_nothing_passes_prints_one_object_and_only_errors_as_reasons(
    silent: Path, tmp_path: Path
) -> None:
    result = run("review", silent, "--json", "--set", "review=technical")
    assert result.exit_code == 3
    (entry,) = json.loads(result.stdout)["clips"]
    found = entry["review"]["findings"]
    errors = {finding["message"] for finding in found if finding["severity"] == "error"}
    warnings = {finding["message"] for finding in found if finding["severity"] == "warning"}
    assert errors
    assert warnings, "this video has both"
    rejected = [line for line in result.stderr.splitlines() if line.startswith("rejected: ")]
    assert {line.partition(".mp4: ")[2] for line in rejected} == errors


def test_an_existing_file_is_replaced_only_with_overwrite(silent: Path, given: Path, tmp_path: Path) -> None:
    crops = tmp_path / "crops.json"
    crops.write_text("mine")
    arguments = ("reframe", silent, "--highlights", given, "-o", crops, *CENTER)
    refused = run(*arguments)
    assert refused.exit_code == 1
    assert "--overwrite" in refused.stderr
    assert crops.read_text() == "mine"
    for _ in range(2):  # its own file, too
        assert run(*arguments, "--overwrite").exit_code == 0
        assert json.loads(crops.read_text())["schema"] == "clipy.crops/1"


@pytest.mark.parametrize("command", ["highlight", "reframe", "review", "transcribe"])
def test_every_command_that_writes_a_document_can_overwrite(command: str) -> None:
    options = {name for parameter in main.commands[command].params for name in parameter.opts}
    assert {"--overwrite", "-o"} <= options


def test_config_init_overwrites_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "clipy.toml"
    path.write_text("mine")
    assert run("config", "init", path).exit_code == 1
    assert run("config", "init", path, "--overwrite").exit_code == 0
    assert path.read_text() == run("config", "init", "-").stdout


def test_a_dash_is_standard_output(silent: Path, given: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("reframe", silent, "--highlights", given, "-o", "-", *CENTER)
    assert json.loads(result.stdout)["schema"] == "clipy.crops/1"
    assert not Path("-").exists()


@pytest.mark.parametrize("flag", [("--clips", "1"), ("--set", "highlight.count=1")])
def test_highlight_writes_the_requested_count(silent: Path, flag: tuple[str, str]) -> None:
    sets = ("--set", "highlight=even", "--set", "highlight.min_duration=1", "--set", "highlight.duration=1")
    most = run("highlight", silent, *sets, "--set", "highlight.count=3")
    assert len(json.loads(most.stdout)["highlights"]) == 3
    assert len(json.loads(run("highlight", silent, *sets, *flag).stdout)["highlights"]) == 1


def test_highlight_writes_no_spare_candidates(talk: Path) -> None:
    sets = ("--set", "highlight=signals", "--set", "highlight.min_duration=3", "--set", "highlight.max_duration=8")
    result = run("highlight", talk, *sets, "--clips", "2", "--set", "transcribe.model=tiny.en")
    if result.exit_code == 1 and "whisper-tiny.en" in result.stderr:
        pytest.skip("needs the weights of whisper-tiny.en: clipy models pull whisper-tiny.en")
    assert len(json.loads(result.stdout)["highlights"]) == 2


def test_control_characters_never_reach_the_terminal() -> None:
    title = "Red \x1b[31m alert\x07\nerror: not an error\x9b2J"
    stream = io.StringIO()
    with logging_to("warning", as_json=False), terminal.progress("a\x1b]0;b.mp4", ("run",), stream) as listener:
        listener(Event("run", title, 0.5))
    shown = stream.getvalue() + terminal.explanation([Highlight(Span(Fraction(0), Fraction(2)), 0.5, title)])
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "\x9b" not in shown
    assert "Red \\x1b[31m alert" in shown
    assert not any(line.startswith("error") for line in shown.splitlines())


def test_control_characters_in_messages_and_json_are_escaped() -> None:
    @click.command()
    def command() -> None:
        from clipy.cli.settings import print_json

        with logging_to("warning", as_json=False):
            echo("clip \x1b[2J done")
        print_json({"title": "a\x1b\x7f\x9b"})

    result = CliRunner().invoke(command, [])
    assert result.stderr == "clip \\x1b[2J done\n"
    assert json.loads(result.stdout) == {"title": "a\x1b\x7f\x9b"}
    assert not {"\x1b", "\x7f", "\x9b"} & set(result.stdout)


def test_printable_preserves_every_script() -> None:
    for text in ("Żółć", "日本語", "עברית", "👩‍👩‍👧", "tab\tand\nline"):
        assert printable(text) == text


@pytest.mark.parametrize(("count", "text"), [(0, "no clips"), (1, "1 clip"), (2, "2 clips")])
def test_counts_are_grammatical(count: int, text: str) -> None:
    assert counted(count, "clip") == text


def test_progress_never_goes_backwards(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    fractions: list[float] = []
    update = Progress.update

    def watched(bars: Progress, task: TaskID, **more: object) -> None:
        update(bars, task, **more)  # type: ignore[arg-type]
        fractions.append(next(item.completed for item in bars.tasks if item.fields["stage"] == "render"))

    monkeypatch.setattr(Progress, "update", watched)
    with terminal.progress("a.mp4", ("render", "review"), Terminal()) as listener:
        for stage, fraction in (("render", 0.5), ("render", None), ("render", 1.0), ("review", 0.2), ("render", 0.1)):
            listener(Event(stage, "works", fraction))
    assert max(fractions) == 1.0
    assert fractions == sorted(fractions)


def test_plain_progress_never_goes_backwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clipy.cli.terminal._INTERVAL", 0.0)
    stream = io.StringIO()
    with terminal.progress("a.mp4", ("render",), stream) as listener:
        for fraction in (0.0, 0.6, 0.2, 0.8):
            listener(Event("render", "works", fraction))
    shown = [int(line.split("%")[0].split()[-1]) for line in stream.getvalue().splitlines() if "%" in line]
    assert shown == [60, 60, 80]


@pytest.mark.parametrize(
    ("command", "argument"),
    [("run", "VIDEO..."), ("highlight", "VIDEO"), ("review", "CLIP..."), ("upload", "DIR"), ("transcribe", "VIDEO")],
)
def test_arguments_have_help(command: str, argument: str) -> None:
    lines = run(command, "--help").stdout.splitlines()
    start = lines.index("Positional arguments:")
    assert lines[start + 1].strip().startswith(argument)
    assert len(lines[start + 1].split()) > 3


def test_backends_show_allowed_values() -> None:
    assert "One of: 9:16, 4:5, 1:1, 16:9." in " ".join(run("backends", "reframe").stdout.split())
    assert "(1 to 1000)" in run("backends", "highlight").stdout
    (center,) = (e for e in json.loads(run("backends", "reframe", "--json").stdout) if e["name"] == "center")
    options = {option["name"]: option for option in center["options"]}
    assert options["ratio"]["choices"] == ["9:16", "4:5", "1:1", "16:9"]
    assert (options["width"]["minimum"], options["width"]["maximum"]) == (16, 7680)


def test_cache_lists_every_known_name_of_a_file(
    silent: Path, given: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIPY_STORE", str(tmp_path / "store"))
    copy = tmp_path / "renamed video.mp4"
    copy.write_bytes(silent.read_bytes())
    for video in (silent, copy, silent):
        assert run("reframe", video, "--highlights", given, *CENTER).exit_code == 0
    assert eviction.videos(Store(tmp_path / "store")) == {probe(silent).fingerprint: ("silent.mp4", copy.name)}
    artifacts = [run("cache", "show", name, "--json").stdout for name in ("silent.mp4", copy.name, str(copy))]
    assert len(json.loads(artifacts[0])) > 0
    assert artifacts[0] == artifacts[1] == artifacts[2]
    assert f"silent.mp4, {copy.name}" in run("cache", "ls", "--videos").stdout


def test_upload_creates_a_missing_folder(
    silent: Path, given: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("reframe", silent, "--highlights", given, "-o", "crops.json", *CENTER).exit_code == 0
    assert run("render", silent, "--crops", "crops.json", "-o", "clips", "--preset", "draft").exit_code == 0
    document = json.loads(Path("clips/clips.json").read_text())
    document["clips"][0]["review"] = {"passed": True}
    Path("clips/clips.json").write_text(json.dumps(document))
    result = run("upload", "clips", "--to", "folder", "--set", "upload.folder.path=mnt/share")
    assert result.exit_code == 0, result.stderr
    assert Path("mnt/share/silent-01.mp4").is_file()
    Path("file").write_text("no folder")
    refused = run("upload", "clips", "--to", "folder", "--set", "upload.folder.path=file")
    assert refused.exit_code == 1
    assert "--set upload.folder.path=DIR" in refused.stderr
    Path("mnt/share/silent-01.srt").write_text("mine")
    differs = run("upload", "clips", "--to", "folder", "--set", "upload.folder.path=mnt/share")
    assert "upload.folder.overwrite=true" in differs.stderr
    again = ("--set", "upload.folder.path=mnt/share", "--set", "upload.folder.overwrite=true")
    assert run("upload", "clips", "--to", "folder", *again).exit_code == 0


def test_preset_flag_offers_the_presets_of_the_settings() -> None:
    (preset,) = (option for option in main.commands["run"].params if option.name == "preset")
    assert isinstance(preset.type, click.Choice)
    assert list(preset.type.choices) == list(config.PRESETS)


def test_config_show_prints_the_settings_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    document = json.loads(run("config", "show", "--json", "--set", "highlight.count=7").stdout)
    assert (document["highlight"]["backend"], document["highlight"]["count"]) == ("local", 7)
    assert [entry["backend"] for entry in document["upload"]] == ["folder"]
