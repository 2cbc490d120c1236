"""Any program of the user's: it gets the file's path and, on its standard input, what is known about the clip.

No shell is involved, and clipy's own secrets are not handed on. Exit code 0 means published; the last line that the
program prints is where. With ``check`` a second program can be asked whether a clip is there already.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from datetime import date
from typing import ClassVar

from pydantic import Field

from clipy.errors import UploadError, UploadRefused
from clipy.stages.upload.publishing.http import Interrupted
from clipy.stages.upload.publishing.job import Job
from clipy.stages.upload.publishing.journal import State
from clipy.stages.upload.publishing.limits import Limits
from clipy.stages.upload.publishing.platform import Platform
from clipy.stages.upload.publishing.schedule import utc
from clipy.stages.upload.publishing.secrets import redact
from clipy.storage.store import key_of
from clipy.types import Json

_OURS = "CLIPY_"
_SECRET_ENDINGS = ("_SECRET", "_TOKEN", "_CLIENT_ID")
_SHOWN = 300  # characters of what a program said


class Command(Platform):
    """Publish with any program: program = ["rclone", "copyto", "{path}", "remote:{name}.mp4"]."""

    class Options(Platform.Options):
        program: tuple[str, ...] = Field(
            (),
            json_schema_extra={"format": "path"},
            description="Program and arguments; {path} and templates are filled.",
        )
        check: tuple[str, ...] = Field((), description="Exit code 0 when the clip is there already, 1 when it is not.")
        text: str = Field("{title}\n\n{hashtags}", description="Template of the field text.")
        idempotent: bool = Field(False, description="Running it twice does no harm: repeat freely.")
        timeout: float = Field(3600, gt=0, description="Seconds that the program may take.")

    options: Options
    limits: ClassVar[Limits] = Limits(checked=date(2026, 11, 23), source="", containers=())

    def audience(self) -> str:
        return f"{self.options.account}:{key_of(self.options.program)[:12]}"

    def problems(self, job: Job) -> Iterator[str]:
        if not self.options.program:
            yield 'no program is named: --set upload.command.program=["rclone", "copy", "{path}", "remote:"]'

    def describe(self, job: Job) -> list[Json]:
        return [{"run": self._arguments(self.options.program, job), "stdin": self.document(job)}]

    def document(self, job: Job) -> Json:
        """What the program reads on its standard input."""
        return {
            "id": job.entry.key,
            "path": str(job.clip.path),
            "name": job.clip.name,
            "sha256": job.entry.sha256,
            "bytes": job.size,
            "duration": round(float(job.clip.duration), 3),
            "title": job.words.values["title"],
            "text": job.words.fill(self.options.text),
            "hashtags": list(job.words.hashtags),
            "language": job.words.values["language"],
            "at": None if job.due is None else utc(job.due),
        }

    def begin(self, job: Job) -> State:
        return State("open")

    def probe(self, job: Job, state: State) -> State:
        if state.phase == "open":
            return state
        if self.options.check:
            done = self._run(self.options.check, job)
            if done.returncode == 0:
                return State("done", place=_last_line(done.stdout) or self._program_name)
            if done.returncode == 1:
                return state.at("open")
            raise UploadError(f"the check ended with {done.returncode}: {_said(done)}", where=self.options.check[0])
        if self.options.idempotent:
            return state.at("open")
        return State("unknown", note="the program was started, and its end was not seen")

    def advance(self, job: Job, state: State) -> State:
        job.say(f"{self._program_name} is at work")
        done = self._run(self.options.program, job)
        if done.returncode:
            raise UploadRefused(
                f"the program ended with {done.returncode}: {_said(done)}",
                where=self._program_name,
                do="Run again when it works",
            )
        return State("done", place=_last_line(done.stdout) or self._program_name)

    def _run(self, program: Sequence[str], job: Job) -> subprocess.CompletedProcess[str]:
        arguments = self._arguments(program, job)
        document = json.dumps(self.document(job), ensure_ascii=False)
        environment = {
            name: value
            for name, value in os.environ.items()
            if not (name.startswith(_OURS) and name.endswith(_SECRET_ENDINGS))
        }
        try:
            return subprocess.run(  # noqa: S603 - a program that the user names, without a shell
                arguments,
                input=document,
                capture_output=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                env=environment,
                timeout=self.options.timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Interrupted(f"the program took longer than {self.options.timeout:g} s and was ended") from None
        except OSError as error:
            raise UploadRefused(f"the program cannot be started ({error.strerror})", where=arguments[0]) from None

    def _arguments(self, program: Sequence[str], job: Job) -> list[str]:
        """Each argument filled by itself: no text, however odd, becomes two arguments or a command."""
        path = str(job.clip.path.absolute())
        return [job.words.fill(text.replace("{path}", "\0")).replace("\0", path) for text in program]

    @property
    def _program_name(self) -> str:
        return self.options.program[0] if self.options.program else self.name


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return redact(lines[-1]) if lines else ""


def _said(done: subprocess.CompletedProcess[str]) -> str:
    return redact((done.stderr or done.stdout).strip()[-_SHOWN:])
