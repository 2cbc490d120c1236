"""``upload = "command"``: publishing with a program of the user's own.

It gets the file's path and, on standard input, a JSON document about the clip. No shell is involved, and clipy's own
secrets are not passed on. Exit code 0 means published; the last line of output is the location. With ``check``, a
second program tells whether a clip is published already.
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
from clipy.stages.platform_limits import PlatformLimits
from clipy.stages.upload.publishing.http import Interrupted
from clipy.stages.upload.publishing.job import UploadJob
from clipy.stages.upload.publishing.journal import UploadState
from clipy.stages.upload.publishing.platform import Platform
from clipy.stages.upload.publishing.schedule import format_utc
from clipy.stages.upload.publishing.secrets import redact
from clipy.storage.store import key_of
from clipy.types import Json

_PREFIX = "CLIPY_"
_SECRET_SUFFIXES = ("_SECRET", "_TOKEN", "_CLIENT_ID")
_MAX_OUTPUT = 300  # characters of a program's output in messages


class Command(Platform):
    """Publish with any program: program = ["rclone", "copyto", "{path}", "remote:{name}.mp4"]."""

    class Options(Platform.Options):
        program: tuple[str, ...] = Field(
            (),
            json_schema_extra={"format": "path"},
            description="Program and arguments; {path} and other placeholders are filled in.",
        )
        check: tuple[str, ...] = Field(
            (), description="Program that exits with 0 if the clip is published already, with 1 if it is not."
        )
        text: str = Field("{title}\n\n{hashtags}", description="Template of the field text.")
        idempotent: bool = Field(False, description="Running the program twice is harmless: retry freely.")
        timeout: float = Field(3600, gt=0, description="Time limit of the program, in seconds.")

    options: Options
    limits: ClassVar[PlatformLimits] = PlatformLimits(as_of=date(2026, 11, 23), source="", containers=())

    def destination(self) -> str:
        return f"{self.options.account}:{key_of(self.options.program)[:12]}"

    def problems(self, job: UploadJob) -> Iterator[str]:
        if not self.options.program:
            yield 'no program is set: --set upload.command.program=["rclone", "copy", "{path}", "remote:"]'

    def describe(self, job: UploadJob) -> list[Json]:
        return [{"run": self._arguments(self.options.program, job), "stdin": self.document(job)}]

    def document(self, job: UploadJob) -> Json:
        """The document that the program reads on its standard input."""
        return {
            "id": job.identity.key,
            "path": str(job.clip.path),
            "name": job.clip.name,
            "sha256": job.identity.sha256,
            "bytes": job.size,
            "duration": round(float(job.clip.duration), 3),
            "title": job.texts.values["title"],
            "text": job.texts.fill(self.options.text),
            "hashtags": list(job.texts.hashtags),
            "language": job.texts.values["language"],
            "at": None if job.publish_at is None else format_utc(job.publish_at),
        }

    def begin(self, job: UploadJob) -> UploadState:
        return UploadState("open")

    def probe(self, job: UploadJob, state: UploadState) -> UploadState:
        if state.phase == "open":
            return state
        if self.options.check:
            done = self._run(self.options.check, job)
            if done.returncode == 0:
                return UploadState("done", location=_last_line(done.stdout) or self._program_name)
            if done.returncode == 1:
                return state.with_phase("open")
            message = f"the check exited with {done.returncode}: {_output(done)}"
            raise UploadError(message, where=self.options.check[0])
        if self.options.idempotent:
            return state.with_phase("open")
        return UploadState("unknown", note="the program was started, but clipy did not see it finish")

    def advance(self, job: UploadJob, state: UploadState) -> UploadState:
        job.report(f"running {self._program_name}")
        done = self._run(self.options.program, job)
        if done.returncode:
            raise UploadRefused(
                f"the program exited with {done.returncode}: {_output(done)}",
                where=self._program_name,
                do="Fix it and run again",
            )
        return UploadState("done", location=_last_line(done.stdout) or self._program_name)

    def _run(self, program: Sequence[str], job: UploadJob) -> subprocess.CompletedProcess[str]:
        arguments = self._arguments(program, job)
        document = json.dumps(self.document(job), ensure_ascii=False)
        environment = {
            name: value
            for name, value in os.environ.items()
            if not (name.startswith(_PREFIX) and name.endswith(_SECRET_SUFFIXES))
        }
        try:
            return subprocess.run(  # noqa: S603 - a program chosen by the user, without a shell
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
            raise Interrupted(f"the program took longer than {self.options.timeout:g} s and was stopped") from None
        except OSError as error:
            raise UploadRefused(f"cannot start the program ({error.strerror})", where=arguments[0]) from None

    def _arguments(self, program: Sequence[str], job: UploadJob) -> list[str]:
        """Each argument is filled in by itself: no text can become two arguments or a command."""
        path = str(job.clip.path.absolute())
        return [job.texts.fill(text.replace("{path}", "\0")).replace("\0", path) for text in program]

    @property
    def _program_name(self) -> str:
        return self.options.program[0] if self.options.program else self.name


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return redact(lines[-1]) if lines else ""


def _output(done: subprocess.CompletedProcess[str]) -> str:
    return redact((done.stderr or done.stdout).strip()[-_MAX_OUTPUT:])
