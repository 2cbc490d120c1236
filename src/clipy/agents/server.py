"""The tools: start a run, follow it, look at its clips, make others, and, where a person allowed it, publish them."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from mcp.server.mcpserver import Context, Image, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import BaseModel, Field

from clipy import documents
from clipy.agents.folders import Folders
from clipy.agents.jobs import Job
from clipy.errors import ClipyError, InputError

F = TypeVar("F", bound=Callable[..., Any])
_INSTRUCTIONS = """\
clipy turns long videos into short vertical clips. start_run takes minutes: follow it with run_status. Then list_clips
says what was made, why, and what was rejected. make_clip makes one clip of a passage, also again with other edges."""
_MAKES = ToolAnnotations(destructive_hint=False, open_world_hint=False)
_READS = ToolAnnotations(read_only_hint=True)
_LONGEST_WAIT = 55.0  # seconds: many clients give up after a minute

Video = Annotated[str, Field(description="Path of a video file.")]
Output = Annotated[str, Field(description="Folder for the clips; what an earlier run of the same video made is kept.")]
Style = Annotated[str | None, Field(description="Style of the captions (pizzazz.captions.preset).", max_length=40)]
Layout = Literal["auto", "single", "stack", "fit"]


class Status(BaseModel):
    """A run: what it does now, or how it ended."""

    run: str
    state: str
    stage: str = ""
    message: str = ""
    done: float | None = Field(None, description="Share of the stage, 0 to 1.")
    output: str
    log: list[str] = []


class ClipInfo(BaseModel):
    """A finished clip and why it was picked; times in seconds of the source."""

    file: str
    title: str
    start: float
    end: float
    score: float
    reason: str
    passed: bool | None
    findings: list[str]
    text: str


class RejectedInfo(BaseModel):
    """A candidate that became no clip, and why."""

    title: str
    start: float
    end: float
    reasons: list[str]


class Clips(BaseModel):
    """What lies in an output folder."""

    source: str
    clips: list[ClipInfo]
    rejected: list[RejectedInfo]


@dataclass
class Agent:
    """The tools' state: which folders they reach, the settings file of the person, and the runs so far."""

    folders: Folders
    config: Path | None = None
    uploads: bool = False
    jobs: dict[str, Job] = field(default_factory=dict)

    def start_run(
        self,
        video: Video,
        output: Output,
        clips: Annotated[int | None, Field(ge=1, le=100, description="At most so many.")] = None,
        about: Annotated[str | None, Field(description="Only moments about this topic.", max_length=200)] = None,
        min_seconds: Annotated[float | None, Field(ge=3, le=600)] = None,
        max_seconds: Annotated[float | None, Field(ge=3, le=600)] = None,
        layout: Layout | None = None,
        caption_style: Style = None,
    ) -> Status:
        """Begin to make clips of a video: the moments worth watching, cropped to who speaks, captioned and checked.

        Takes minutes. Nothing is published. Other settings or another video need another folder.
        """
        source, folder = self.folders.file(video), self.folders.folder(output)
        options = [f"--clips={clips}"] if clips else []
        options += [f"--about={about}"] if about else []
        options += _set("highlight.min_duration", min_seconds) + _set("highlight.max_duration", max_seconds)
        options += self._look(layout, caption_style)
        run = ["run", f"--output={folder}", *options, "--set=upload=folder", "--", str(source)]
        return self._started([run], folder)

    def make_clip(
        self,
        video: Video,
        output: Output,
        start: Annotated[float, Field(ge=0, description="Seconds of the source.")],
        end: Annotated[float, Field(gt=0, description="Seconds of the source.")],
        title: Annotated[str, Field(max_length=200)] = "",
        layout: Layout | None = None,
        caption_style: Style = None,
    ) -> Status:
        """Make one clip of a passage of a video, or a clip once more with other edges, title, layout or captions.

        The folder must be a new one, or hold an earlier clip of this tool, which is replaced.
        """
        source, folder = self.folders.file(video), self.folders.folder(output)
        if not end > start:
            raise InputError("the clip ends before it starts", where=f"{start}-{end} s", do="Correct the times")
        plans = folder / "plan"
        if (folder / "clips.json").exists() and not plans.exists():
            raise InputError("this folder holds the clips of a run", where=output, do="Name another for this clip")
        plans.mkdir(parents=True, exist_ok=True)
        picks, crops = plans / "highlights.json", plans / "crops.json"
        picks.write_text(json.dumps([{"start": start, "end": end, "title": title}]), encoding="utf-8")
        look = self._look(layout, caption_style)
        reframe = ["reframe", f"--highlights={picks}", f"--output={crops}", "--overwrite", *look, "--", str(source)]
        render = ["render", f"--crops={crops}", f"--output={folder}", "--overwrite", *look]
        return self._started([reframe, [*render, "--set=upload=folder", "--", str(source)]], folder)

    async def run_status(
        self,
        run: Annotated[str, Field(description="The name that start_run or make_clip gave.")],
        context: Context[Any],
        wait: Annotated[float, Field(ge=0, le=_LONGEST_WAIT, description="Wait so many seconds for its end.")] = 0,
    ) -> Status:
        """How far a run is, or how it ended; with progress notifications while it waits."""
        import anyio

        job = self._job(run)
        with anyio.move_on_after(wait):
            while job.state == "running":
                await context.report_progress(job.fraction or 0.0, 1.0, f"{job.stage}: {job.message}")
                await anyio.sleep(1)
        return self._status(job)

    def cancel_run(self, run: str) -> Status:
        """Stop a run. What is made stays; the same run again goes on from there."""
        job = self._job(run)
        job.cancel()
        return self._status(job)

    def list_clips(self, output: Output) -> Clips:
        """The clips of a folder, best first, with reasons, words and findings; and rejected candidates."""
        document = documents.read_json(self.folders.folder(output) / "clips.json")
        if not isinstance(document, dict):
            raise InputError("clips.json is not clipy's", where=output, do="Run clipy again")
        return Clips(
            source=str(document.get("source", {}).get("path", "")),
            clips=[_clip_info(entry) for entry in document.get("clips", [])],
            rejected=[_rejected_info(entry) for entry in document.get("rejected", [])],
        )

    def show_clip(self, output: Output, file: Annotated[str, Field(description="From list_clips.")]) -> Image:
        """A picture of a clip: its thumbnail."""
        folder = self.folders.folder(output)
        if Path(file).name != file:
            raise InputError("not a file name of this folder", where=file, do="Take it from list_clips")
        return Image(path=self.folders.file(str((folder / file).with_suffix(".jpg"))))

    def publish(
        self,
        output: Output,
        to: Annotated[str, Field(description="An uploader that the person has set up.", pattern=r"^[a-z0-9-]{1,40}$")],
        dry_run: Annotated[bool, Field(description="Show what would be sent, and send nothing.")] = True,
    ) -> Status:
        """Publish the clips of a folder that passed their review, each once. Show the dry run to the person first."""
        folder = self.folders.folder(output)
        options = [*self._settings(), *(["--dry-run"] if dry_run else [])]
        return self._started([["upload", f"--to={to}", *options, "--", str(folder)]], folder)

    def _look(self, layout: Layout | None, style: str | None) -> list[str]:
        return [*self._settings(), *_set("reframe.layout", layout), *_set("pizzazz.captions.preset", style)]

    def _settings(self) -> list[str]:
        return [f"--config={self.config}"] if self.config else []

    def _started(self, commands: Sequence[Sequence[str]], output: Path) -> Status:
        if any(job.state == "running" and job.output == output for job in self.jobs.values()):
            raise InputError(
                "a run is working in this folder", where=output, do="Wait for it, cancel it, or name another"
            )
        name = f"run-{len(self.jobs) + 1}"
        self.jobs[name] = job = Job(name, commands, output)
        job.start()
        return self._status(job)

    def _job(self, name: str) -> Job:
        if name not in self.jobs:
            raise InputError(f"no run is called {name!r}", do=f"There are: {', '.join(self.jobs) or 'none'}")
        return self.jobs[name]

    def _status(self, job: Job) -> Status:
        return Status(
            run=job.name,
            state=job.state,
            stage=job.stage,
            message=job.message,
            done=job.fraction,
            output=str(job.output),
            log=list(job.log),
        )

    def stop(self) -> None:
        """End what still runs: the client is gone."""
        for job in self.jobs.values():
            job.cancel()


def serve(folders: Folders, config: Path | None, *, uploads: bool) -> None:
    """Serve on standard input and output until the client closes them."""
    agent = Agent(folders, config, uploads)
    try:
        server(agent).run("stdio")
    finally:
        agent.stop()


def server(agent: Agent) -> MCPServer[Any]:
    """The server with its tools; that for publishing only where a person switched it on."""
    made: MCPServer[Any] = MCPServer("clipy", version=version("clipy"), instructions=_INSTRUCTIONS)
    makes: tuple[Callable[..., Any], ...] = (agent.start_run, agent.make_clip, agent.cancel_run)
    reads: tuple[Callable[..., Any], ...] = (agent.run_status, agent.list_clips, agent.show_clip)
    for tool in makes:
        made.add_tool(_saying_why(tool), annotations=_MAKES)
    for tool in reads:
        made.add_tool(_saying_why(tool), annotations=_READS)
    if agent.uploads:
        made.add_tool(_saying_why(agent.publish), annotations=ToolAnnotations(open_world_hint=True))
    return made


def _saying_why(tool: F) -> F:
    """A tool whose failures reach the model as their one line."""
    if inspect.iscoroutinefunction(tool):

        @wraps(tool)
        async def waiting(*arguments: Any, **named: Any) -> Any:
            try:
                return await tool(*arguments, **named)
            except ClipyError as error:
                raise ToolError(str(error)) from error

        return waiting  # type: ignore[return-value]

    @wraps(tool)
    def direct(*arguments: Any, **named: Any) -> Any:
        try:
            return tool(*arguments, **named)
        except ClipyError as error:
            raise ToolError(str(error)) from error

    return direct  # type: ignore[return-value]


def _set(option: str, value: object) -> list[str]:
    return [] if value is None else [f"--set={option}={value}"]


def _clip_info(entry: dict[str, Any]) -> ClipInfo:
    review = entry.get("review")
    return ClipInfo(
        file=entry["file"],
        title=entry.get("title", ""),
        start=entry["start"],
        end=entry["end"],
        score=entry.get("score", 0.0),
        reason=entry.get("reason", ""),
        passed=None if review is None else review["passed"],
        findings=[_finding(finding) for finding in (review or {}).get("findings", [])],
        text=" ".join(word["text"] for word in entry.get("words", [])),
    )


def _rejected_info(entry: dict[str, Any]) -> RejectedInfo:
    reasons = [_finding(finding) for finding in entry.get("findings", []) if finding["severity"] == "error"]
    return RejectedInfo(title=entry.get("title", ""), start=entry["start"], end=entry["end"], reasons=reasons)


def _finding(finding: dict[str, Any]) -> str:
    return f"{finding['severity']}: {finding['message']}"
