"""Which settings the tuning benchmark puts on the front."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmark"))

from tuning.trials import Trial, with_front


def test_the_front_holds_what_nothing_clearly_beats() -> None:
    trials = [
        Trial("x", "cheap", "f1", 1.0, 0.80),
        Trial("x", "as good for more", "f1", 2.0, 0.80),
        Trial("x", "better", "f1", 2.0, 0.90),
        Trial("x", "worse at that price", "f1", 2.1, 0.85),
        Trial("x", "the same within noise", "f1", 2.1, 0.902),
    ]
    assert [trial.setting for trial in with_front(trials) if trial.on_front] == [
        "cheap",
        "better",
        "the same within noise",
    ]
