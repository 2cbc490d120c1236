"""A run from a file to finished clips, with what it finds on the way shown as it is found."""

from __future__ import annotations

import base64
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import anyio
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clipy.analysis.people.speaker_attribution import SpeakerAttribution
from clipy.context import Context
from clipy.entries import number, read_json
from clipy.errors import InputError, MediaError, OutputError
from clipy.media.probe import probe
from clipy.pipeline.delivery import delivering_to
from clipy.pipeline.outcome import Clock, Outcome
from clipy.pipeline.pipeline import Pipeline
from clipy.pipeline.run import run_pipeline
from clipy.stages.profiles import Profile
from clipy.storage.store import write_json
from clipy.studio.jobs import Job
from clipy.studio.media import jpeg, picture_at
from clipy.studio.workbench import Configure
from clipy.text.slugs import slug
from clipy.types import Clip, Highlight, Json, Transcript, Video

SOURCES = "sources"  # folder in the workspace for files that were dropped
_REQUEST = Path(".studio") / "run.json"
_SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".mts", ".flv", ".mpg", ".mpeg", ".wmv"})
_MOST_BYTES = 64_000_000_000  # of a file that is dropped
_ROOM = 1_000_000_000  # bytes that stay free on the disk
_PREVIEW = 160  # pixels high
_MOST_WORDS = 5000  # of a transcript that is sent while the run goes on


class RunRequest(BaseModel):
    """What a person asks for: a ``path`` on this machine, or the name of a file that was dropped."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    path: str = Field("", max_length=4000)
    dropped: str = Field("", max_length=300)
    profile: Profile | None = None
    clips: int | None = Field(None, ge=1, le=200)
    about: str = Field("", max_length=1000)

    def sets(self) -> list[str]:
        """The same as settings."""
        asked: Mapping[str, object] = {"profile": self.profile, "count": self.clips, "about": self.about or None}
        return [f"highlight.{name}={_toml(value)}" for name, value in asked.items() if value is not None]


def _toml(value: object) -> str:
    if not isinstance(value, str):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ").replace("\r", " ").replace("\t", " ")
    return f'"{escaped}"'


def source_of(workspace: Path, asked: RunRequest) -> Path:
    """The file that is meant. Raises InputError where there is none that may be."""
    if bool(asked.path) == bool(asked.dropped):
        raise InputError("name one video", do="Drop a file, or write its path")
    if asked.dropped:
        if Path(asked.dropped).name != asked.dropped:
            raise InputError("a dropped file has a name, not a path", where=asked.dropped)
        path = workspace / SOURCES / asked.dropped
    else:
        path = Path(asked.path).expanduser()
    if not path.is_absolute():
        path = workspace / path
    if not path.is_file():
        raise InputError("there is no such file", where=path, do="Check its path")
    return path


def folder_for(workspace: Path, source: Path) -> Path:
    """Where the run's clips go: the folder of an earlier run on the same file, or the next free name."""
    for count in range(1, 1000):
        folder = workspace / (slug(source.stem) if count == 1 else f"{slug(source.stem)}-{count}")
        known = read_request(folder)
        if not folder.exists() or (known is not None and known.get("source") == str(source)):
            return folder
    raise OutputError("too many folders of this name", where=workspace, do="Remove some")


def read_request(folder: Path) -> Mapping[str, Json] | None:
    """What was asked for in a folder, whether or not it was finished; None where nothing was."""
    path = folder / _REQUEST
    found = read_json(path) if path.is_file() else None
    return found if isinstance(found, dict) else None


def unfinished(workspace: Path) -> list[tuple[str, RunRequest]]:
    """Runs that were begun here and have no clips yet, by the names of their folders."""
    found = []
    for path in sorted(workspace.glob(f"*/{_REQUEST}")):
        folder = path.parent.parent
        known = read_request(folder)
        if known is None or (folder / "clips.json").exists():
            continue
        try:
            found.append((folder.name, RunRequest.model_validate(known.get("asked"))))
        except ValidationError:
            continue
    return found


@dataclass(frozen=True)
class WatchedPipeline(Pipeline):
    """The pipeline, saying what it has found so far."""

    found: Callable[[str, Json], None] = field(default=lambda _kind, _data: None)

    @classmethod
    def of(cls, pipeline: Pipeline, found: Callable[[str, Json], None]) -> WatchedPipeline:
        """The same backends; ``found`` is called with the kind of a result and the result."""
        return cls(**{one.name: getattr(pipeline, one.name) for one in fields(pipeline)}, found=found)

    def transcribe(self, video: Video, ctx: Context) -> Transcript:
        spoken = super().transcribe(video, ctx)
        words = [[number(word.start), word.text] for word in spoken.words[:_MOST_WORDS]]
        self.found("transcript", {"language": spoken.language, "words": words, "count": len(spoken.words)})
        return spoken

    def highlight(self, video: Video, ctx: Context) -> list[Highlight]:
        picks = super().highlight(video, ctx)
        wanted = self.highlighter.wanted(video, picks)
        self.found("picks", [_pick(pick, wanted=n < wanted) for n, pick in enumerate(picks)])
        return picks

    def render(self, video: Video, edit: Any, ctx: Context) -> Clip:
        clip = super().render(video, edit, ctx)
        self.found("clip", _pick(edit.highlight, wanted=True) | {"picture": _preview(clip)})
        return clip

    def repair(
        self,
        video: Video,
        outcome: Outcome,
        ctx: Context,
        clock: Clock,
        others: tuple[Clip, ...],
        attribution: SpeakerAttribution,
    ) -> Outcome:
        final = super().repair(video, outcome, ctx, clock, others, attribution)
        said = [finding.message for finding in final.findings if finding.severity == "error"]
        self.found("reviewed", _pick(final.highlight, wanted=True) | {"passed": final.passed, "why": said})
        return final


def _pick(pick: Highlight, *, wanted: bool) -> dict[str, Json]:
    span = pick.span
    facts = {"start": number(span.start), "end": number(span.end), "title": pick.title, "score": round(pick.score, 3)}
    return facts | {"wanted": wanted}


def _preview(clip: Clip) -> str:
    """A small picture of a clip, in an address; empty where it cannot be decoded: its review will say so."""
    try:
        data = jpeg(picture_at(probe(clip.path), clip.duration / 3, _PREVIEW))
    except MediaError:
        return ""
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode('ascii')}"


def run_from(workspace: Path, asked: RunRequest, configure: Configure, folder: Path, job: Job) -> None:
    """Make the clips of a file, as ``clipy run`` does; finished steps are loaded when it is started again."""
    source = source_of(workspace, asked)
    config, video = configure(*asked.sets()), probe(source)
    made = Pipeline.from_config(delivering_to(folder, config, overwrite=True)).suited_to(video)
    pipeline = WatchedPipeline.of(made, lambda kind, data: _found(job, kind, data))
    (folder / _REQUEST).parent.mkdir(parents=True, exist_ok=True)
    write_json(folder / _REQUEST, {"source": str(source), "asked": asked.model_dump(mode="json")})
    run_pipeline(pipeline, video, folder, overwrite=True, listener=job.listen)


def _found(job: Job, kind: str, data: Json) -> None:
    job.check()
    job.add(kind, data)


async def receive(workspace: Path, name: str, chunks: AsyncIterator[bytes]) -> str:
    """Write a file that was dropped into the workspace; its name there. Raises InputError, OutputError."""
    suffix = Path(name).suffix.lower()
    if Path(name).name != name or suffix not in _SUFFIXES:
        raise InputError("this is no video that clipy knows by its name", where=name, do="Give it its usual ending")
    folder = workspace / SOURCES
    folder.mkdir(parents=True, exist_ok=True)
    stem = slug(Path(name).stem)
    part, written = folder / f".making-{stem}{suffix}", 0
    free = shutil.disk_usage(folder).free - _ROOM
    try:
        async with await anyio.open_file(part, "wb") as file:
            async for chunk in chunks:
                written += len(chunk)
                if written > min(_MOST_BYTES, free):
                    raise OutputError("the file is too large for this disk", where=folder, do="Write its path instead")
                await file.write(chunk)
        target = _free_name(folder, stem, suffix, part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return target.name


def _free_name(folder: Path, stem: str, suffix: str, part: Path) -> Path:
    """A name that no other file has; a file that is there already, with as many bytes, is replaced by its copy."""
    for count in range(1, 1000):
        path = folder / (f"{stem}{suffix}" if count == 1 else f"{stem}-{count}{suffix}")
        if not path.exists() or path.stat().st_size == part.stat().st_size:
            return path
    raise OutputError("too many files of this name", where=folder, do="Remove some")
