"""Shell completion, by the protocol of click and in the shells that are there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from clipy.cli import main
from clipy.cli.completion import PROTOCOL, SHELLS

LETTERS = {"bash": "plain,{0}", "zsh": "plain\n{0}\n", "fish": "plain,{0}"}


def script(shell: str) -> str:
    result = CliRunner().invoke(main, ["completion", shell])
    assert result.exit_code == 0, result.output
    return result.stdout


def asked(shell: str, line: str, place: int) -> str:
    """What clipy answers where a shell's script asks: the line so far, and which word is completed."""
    typed = line.split(" ")[place]
    told = {PROTOCOL: f"{shell}_complete", "COMP_WORDS": line, "COMP_CWORD": typed if shell == "fish" else str(place)}
    code = "from clipy.cli import main; main(prog_name='clipy')"
    answer = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **told},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.stderr == ""
    return answer.stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_asks_clipy_and_is_answered(shell: str) -> None:
    text = script(shell)
    assert f"{PROTOCOL}={shell}_complete" in text
    found = asked(shell, "clipy ru", 1)
    assert LETTERS[shell].format("run") in found
    assert "review" not in found


def test_options_and_choices_are_completed() -> None:
    assert "plain,--clips" in asked("bash", "clipy run --cl", 2)
    assert asked("bash", "clipy completion z", 2) == "plain,zsh\n"


def test_bash_completes_with_the_script_as_printed(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash here")
    program = tmp_path / "clipy"
    program.write_text(f'#!{sys.executable}\nfrom clipy.cli import main\nmain(prog_name="clipy")\n', encoding="utf-8")
    program.chmod(0o755)
    (tmp_path / "script").write_text(script("bash"), encoding="utf-8")
    lines = (
        f'. "{tmp_path}/script"; COMP_WORDS=(clipy ru); COMP_CWORD=1; _clipy_completion clipy; echo "${{COMPREPLY[@]}}"'
    )
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [bash, "--norc", "-c", lines], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.split() == ["run"], done.stderr


def test_an_unknown_shell_is_wrong_usage() -> None:
    result = CliRunner().invoke(main, ["completion", "csh"])
    assert result.exit_code == 2
    assert "bash" in result.stderr
