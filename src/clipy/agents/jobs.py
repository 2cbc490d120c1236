"""Work that takes minutes: clipy's own commands as processes, which can be watched and stopped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

State = Literal["running", "done", "failed", "cancelled"]
_KEPT = 20  # lines of a process's log
_PATIENCE = 10.0  # seconds that a process has to end before it is killed


@dataclass
class Job:
    """Commands that run one after the other, each after the one before succeeded. ``output``: where results go."""

    name: str
    commands: Sequence[Sequence[str]]
    output: Path
    state: State = "running"
    stage: str = ""
    message: str = ""
    fraction: float | None = None
    log: deque[str] = field(default_factory=lambda: deque(maxlen=_KEPT))
    _process: subprocess.Popen[str] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        """Begin in a thread."""
        self._thread = threading.Thread(target=self._work, name=self.name, daemon=True)
        self._thread.start()

    def wait(self, seconds: float) -> None:
        """Until it has ended, or for so long."""
        self._thread.join(seconds)

    def cancel(self) -> None:
        """Stop it; what is done stays, and the same command goes on from there."""
        with self._lock:
            if self.state != "running":
                return
            self.state = "cancelled"
            process = self._process
        if process is not None:
            process.terminate()
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()

    def _work(self) -> None:
        for command in self.commands:
            with self._lock:
                if self.state != "running":
                    return
                self._process = _begin(command)
            self._read(self._process)
            if self._process.wait() != 0:
                self._end("failed")
                return
        self._end("done")

    def _end(self, state: State) -> None:
        with self._lock:
            if self.state == "running":
                self.state = state

    def _read(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            self._note(line)

    def _note(self, line: str) -> None:
        """A record of the log: progress, or something to say."""
        try:
            record = json.loads(line)
        except ValueError:
            record = {"message": line.strip()}
        if not isinstance(record, dict):
            return
        message = str(record.get("message", ""))
        if record.get("event") == "progress":
            done = record.get("done")
            self.stage, self.message = str(record.get("stage", "")), message
            self.fraction = float(done) if isinstance(done, int | float) else None
        elif message:
            self.log.append(message)


def _begin(command: Sequence[str]) -> subprocess.Popen[str]:
    """A command of this very clipy. The log comes as JSON; nothing is read from the agent's own input."""
    start = [sys.executable, "-P", "-c", "from clipy.cli import main; main()", command[0], "--log-json", *command[1:]]
    return subprocess.Popen(  # noqa: S603  # no shell; every path in it was checked
        start,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
