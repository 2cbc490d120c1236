"""Awkward videos give right clips, or one clear error. ``benchmark/trust.py`` tries many more of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from clipy.context import Context
from fixtures.awkward import CASES, LEAN, Case, make
from fixtures.judging import verdict


@pytest.mark.parametrize("case", [case for case in CASES if case.name in LEAN], ids=lambda case: case.name)
def test_awkward_video_gives_a_correct_clip_or_one_clear_error(case: Case, tmp_path: Path, ctx: Context) -> None:
    found = verdict(case, make(case, tmp_path), tmp_path, ctx)
    assert found[0] in {"right", "clear error"}, found


def test_the_lean_cases_exist() -> None:
    assert set(LEAN) <= {case.name for case in CASES}
