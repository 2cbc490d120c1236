"""What it takes to make a project's clips again: its settings, its source, and the store."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Protocol

from clipy.analysis.people.speaker_attribution import SpeakerAttribution
from clipy.config import Config
from clipy.context import Context
from clipy.edits import ClipEdits, EditedWord
from clipy.errors import MediaError
from clipy.media.probe import probe
from clipy.pipeline.delivery import delivering_to
from clipy.pipeline.edited import attribute
from clipy.pipeline.pipeline import Pipeline
from clipy.pipeline.run import context
from clipy.studio.project import Project
from clipy.types import Edit, Highlight, Json, Span, Transcript, Video, seconds

_MOST_PLANS = 64


class Configure(Protocol):
    """Loads the settings, with those of a run below the flags that the studio was started with."""

    def __call__(self, *more: str, recorded: Mapping[str, Json] | None = None) -> Config: ...


@dataclass
class Workbench:
    """Opened when a page first needs more than the finished files; closed with the server."""

    project: Project
    pipeline: Pipeline
    ctx: Context
    _closing: AbstractContextManager[Context]
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _plans: dict[str, Edit] = field(default_factory=dict)

    @classmethod
    def open(cls, project: Project, configure: Configure) -> Workbench:
        """Make every backend of the project. Raises ConfigError."""
        config = configure(recorded=project.edits().settings)
        config = replace(config, lists={**config.lists, "upload": ()})
        pipeline = Pipeline.from_config(delivering_to(project.folder, config, overwrite=True))
        closing = context(pipeline)
        return cls(project, pipeline, closing.__enter__(), closing)

    def close(self) -> None:
        """Remove the work folder."""
        self._closing.__exit__(None, None, None)

    @cached_property
    def probed(self) -> Video:
        """The source, as it lies there. Raises MediaError where it is missing or has changed."""
        with self._lock:
            source = self.project.document().get("source") or {}
            video = probe(Path(str(source.get("path") or "")), sound_only=True)
            if source.get("fingerprint") not in {None, video.fingerprint}:
                raise MediaError("the source has changed since the run", where=video.path, do="Run clipy on it again")
            return video

    @cached_property
    def video(self) -> Video:
        """The source with its sound mixes chosen, as the run chose them."""
        with self._lock:
            return self.pipeline.choose_mixes(self.probed, self.ctx)

    @cached_property
    def transcript(self) -> Transcript:
        """What is said in the whole source."""
        with self._lock:
            return self.pipeline.transcribe(self.video, self.ctx)

    def remembered(self, key: str, make: Callable[[], Edit]) -> Edit:
        """A plan by what decides it; the last few are kept."""
        if key not in self._plans:
            made = make()
            while len(self._plans) >= _MOST_PLANS:
                self._plans.pop(next(iter(self._plans)), None)
            self._plans[key] = made
        return self._plans[key]

    def context(self, base: Context | None = None) -> Context:
        """The context of all work on clips: it diarizes what the run diarized."""
        picks = [row.summary.highlight() for row in self.project.rows()]
        ctx = replace(base or self.ctx, video=self.video)
        return self.pipeline.with_conversation(self.video, picks, ctx)

    def words(self, span: Span, known: Sequence[EditedWord], ctx: Context) -> tuple[EditedWord, ...]:
        """The words of a span: those that are known as they are, the others as they were transcribed."""
        attribution = self._attribution(span, ctx)
        fresh = [EditedWord.of(word) for word in attribution.within(span)]
        names = _names(fresh, known)
        covered = [word for word in known if word.word().span.overlap(span) > 0]
        inside = Span(seconds(covered[0].start), seconds(covered[-1].end)) if covered else None
        added = [
            word.model_copy(update={"speaker": names.get(word.speaker, word.speaker)})
            for word in fresh
            if inside is None or seconds(word.end) <= inside.start or seconds(word.start) >= inside.end
        ]
        return tuple(sorted([*covered, *added], key=lambda word: (word.start, word.end)))

    def completed(self, item: ClipEdits, ctx: Context) -> ClipEdits:
        """The clip with its crop and its words decided, where they are not yet."""
        highlight = item.highlight()
        if item.crop is None:
            item = item.with_path(self.pipeline.reframe(self.video, highlight, ctx.at("reframe")))
        if item.words is None:
            attribution = self._attribution(highlight.span, ctx)
            words = [EditedWord.of(word) for word in attribution.within(highlight.span)]
            item = item.changed(
                words=[word.model_dump(mode="json") for word in words],
                language=attribution.transcript.language,
                speakers=list(attribution.speakers),
            )
        return item

    def _attribution(self, span: Span, ctx: Context) -> SpeakerAttribution:
        return attribute(self.pipeline, self.video, [Highlight(span)], ctx.at("transcribe"))


def _names(fresh: Sequence[EditedWord], known: Sequence[EditedWord]) -> dict[str | None, str | None]:
    """What the speakers of fresh words are called in those that are known, by the words that both have."""
    called = {word.start: word.speaker for word in known}
    votes: dict[str | None, list[str | None]] = {}
    for word in fresh:
        if word.start in called:
            votes.setdefault(word.speaker, []).append(called[word.start])
    return {name: max(set(found), key=found.count) for name, found in votes.items()}
