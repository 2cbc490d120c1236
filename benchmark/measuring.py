"""What benchmarks share: each measures with an empty store of its own, and prints one object on one line."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any


def reported(
    measured: Callable[[Path], dict[str, Any]], show: Callable[[dict[str, Any]], None], *, as_json: bool
) -> int:
    """Measure in an empty folder that is removed afterwards, and print what was found; the exit code."""
    with tempfile.TemporaryDirectory(prefix="clipy-benchmark-") as work:
        os.environ["CLIPY_STORE"] = str(Path(work) / "store")
        found = measured(Path(work))
    if as_json:
        print(json.dumps(found))
    else:
        show(found)
    return 0
