"""The container's files: what they copy is there, what they set is a setting. .ci/container runs their steps."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from clipy.config import load
from clipy.pipeline.pipeline import Pipeline
from clipy.stages.highlight.llm import Llm
from tools.run_dockerfile import Build, instructions

ROOT = Path(__file__).parents[2]
DOCKERFILE = instructions((ROOT / "Dockerfile").read_text(encoding="utf-8"))


def test_the_image_runs_clipy_as_somebody_without_rights() -> None:
    last = DOCKERFILE[max(n for n, (name, _) in enumerate(DOCKERFILE) if name == "FROM") :]
    assert [rest for name, rest in last if name == "USER"] == ["clipy"]
    assert [rest for name, rest in last if name == "ENTRYPOINT"] == ['["clipy"]']
    assert not [rest for name, rest in last if name == "RUN" and "install" in rest], "the installer stays behind"


def test_everything_that_is_copied_is_in_the_build_context() -> None:
    shown = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {
        word for name, rest in DOCKERFILE if name == "COPY" and "--from" not in rest for word in rest.split()[:-1]
    }
    assert copied == shown
    assert all((ROOT / name).exists() for name in copied)


def test_the_settings_of_compose_are_settings() -> None:
    composed = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    environment = composed["services"]["clipy"]["environment"]
    settings = load(environment={key: str(value) for key, value in environment.items()})
    highlighter = Pipeline.from_config(settings).highlighter
    assert isinstance(highlighter, Llm)
    host = re.match(r"http://(\w+):(\d+)/v1", highlighter.options.base_url)
    assert host is not None
    assert host[1] in composed["services"]
    assert host[2] in composed["services"][host[1]]["command"]


def test_a_dockerfile_with_an_unknown_instruction_is_refused(tmp_path: Path) -> None:
    base = tmp_path / "base"
    base.mkdir()
    (tmp_path / "roots").mkdir()
    (tmp_path / "words").write_text("some")
    build = Build(tmp_path / "roots", base, tmp_path, {"KIND": "given"}, {})
    for name, rest in instructions(
        "# a comment\nFROM some AS first\nARG KIND=none\nENV A=${KIND}-1 \\\n  B=2\nWORKDIR /in\nCOPY words ./\n"
        "FROM some\nCOPY --from=first /in /out\n"
    ):
        build.do(name, rest)
    assert (tmp_path / "roots" / "1" / "out" / "words").read_text() == "some"
    assert build.stages["first"].environment == {"A": "given-1", "B": "2"}
    with pytest.raises(SystemExit, match="ONBUILD"):
        build.do("ONBUILD", "RUN true")
