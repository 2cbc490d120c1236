"""``clipy doctor``: what is slow or missing, and the one command that helps."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from clipy import models
from clipy.cli import doctor, main
from clipy.cli.doctor import Check


def test_what_is_missing_comes_before_what_would_be_better() -> None:
    fine, better = Check("a", "ok", "", "never"), Check("b", "optional", "", "later")
    broken = Check("c", "missing", "", "first")
    assert doctor.what_helps([fine, better, broken]) == broken
    assert doctor.what_helps([fine, better, Check("d", "missing", "")]) == better
    assert doctor.what_helps([fine]) is None


def test_models_that_the_next_run_would_fetch_have_one_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "find", lambda model: None)
    (check,) = [check for check in doctor.examine() if check.name == "models of your settings"]
    assert (check.state, check.do) == ("optional", "clipy models pull")
    assert "centerface" in check.detail
    shown = CliRunner().invoke(main, ["doctor"]).stdout.splitlines()[-1]
    assert shown.startswith("what helps most")
    monkeypatch.setattr(models, "find", lambda model: Path("there"))
    (check,) = [check for check in doctor.examine() if check.name == "models of your settings"]
    assert check.state == "ok"


@pytest.mark.skipif(not hasattr(os, "getloadavg"), reason="this system does not tell its load")
def test_a_busy_processor_is_called_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    for load, state in ((2.0, "ok"), (30.0, "optional")):
        monkeypatch.setattr(os, "getloadavg", lambda load=load: (0.0, load, 0.0))
        (check,) = [check for check in doctor.examine() if check.name == "processor"]
        assert check.state == state
        assert ("SLOW" in check.detail) == (state == "optional")


def test_wrong_settings_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clipy.toml").write_text("[highlight]\nbackend = 'nobody'\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 1
    assert "'nobody'" in result.stdout
