"""The most memory that a process has held."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

_LOOK = 0.02  # seconds between looks


def peak_mb(process: int | str) -> float:
    """MB at the peak so far. Not ``ru_maxrss``: on Linux that begins with what the *parent* held when it forked."""
    status = Path(f"/proc/{process}/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        return float(lines.get("VmHWM", "0 kB").split()[0]) / 1024
    if process != "self":
        return 0.0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def watched(process: subprocess.Popen[bytes]) -> float:
    """Wait for a process to end; its peak in MB, 0 where the system does not tell."""
    peak = 0.0
    while process.poll() is None:
        try:
            peak = max(peak, peak_mb(process.pid))
        except OSError:  # it has just ended
            continue
        time.sleep(_LOOK)
    return peak
