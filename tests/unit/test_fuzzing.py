"""No text breaks a parser. ``benchmark/trust.py`` tries many thousands."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.fuzzing import PARSERS, Parser, fuzz


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.name)
def test_random_text_does_not_crash_parsers(parser: Parser, tmp_path: Path) -> None:
    assert fuzz(parser, tmp_path, 60) >= 60
