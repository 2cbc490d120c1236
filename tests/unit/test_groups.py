"""The table of groups is the one that everything else reads, and it says what is true."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from clipy import config, models, registry
from clipy.backend import Backend
from clipy.cli import main
from clipy.groups import ANALYSERS, GROUPS, STEPS


@pytest.mark.parametrize("name", GROUPS)
def test_a_group_has_a_core_class_and_installed_defaults(name: str) -> None:
    assert registry.core(name).group == name
    assert registry.core(name).__name__ == GROUPS[name].core_name
    assert set(GROUPS[name].defaults) <= set(registry.names(name))
    assert GROUPS[name].many or len(GROUPS[name].defaults) == 1
    assert (name in ANALYSERS) == (registry.core(name).__module__.startswith("clipy.analysis."))


def test_steps_are_those_of_the_groups_in_order() -> None:
    assert STEPS == ("transcribe", "highlight", "reframe", "render", "review", "upload")
    assert GROUPS["pizzazz"].step == "render"


def test_settings_have_each_group_once() -> None:
    settings = config.load(environment={})
    assert {*settings.tables, *settings.lists} == set(GROUPS)
    assert set(settings.lists) == {name for name, group in GROUPS.items() if group.many}


def test_models_pull_asks_every_backend_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(models, "fetch", lambda name, **_: Path(str(name)))
    shown = CliRunner().invoke(main, ["models", "pull"]).stdout.split()
    default = {models.CENTERFACE, models.FACE_LANDMARK, models.SENTENCE_ENCODER, models.SPHINX, models.TEXT_READER}
    default |= {models.TURN_TAKING, models.VOICEPRINT, models.LR_ASD, models.get("whisper-base")}
    assert {model.name for model in default} == {word.rstrip(":") for word in shown}
    (tmp_path / "clipy.toml").write_text('[faces]\nbackend = "yunet"\n')
    assert "yunet:" in CliRunner().invoke(main, ["models", "pull"]).stdout


def test_the_page_on_backends_names_every_method_and_class_attribute() -> None:
    page = (Path(__file__).parents[2] / "docs" / "backends.md").read_text(encoding="utf-8")
    missing = []
    for name in GROUPS:
        core = registry.core(name)
        assert f"| `{name}` | `{core.__name__}` |" in page
        for base in (core, Backend):
            own = [member for member in vars(base) if not member.startswith("_") and member not in {"group", "options"}]
            missing += [f"{base.__name__}.{member}" for member in own if member not in page]
    assert missing == []
