"""What a person can do to a clip, as data: each operation checks itself and gives the clip as it is then."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from clipy.edits import ClipEdits, EditedWord, Verdict
from clipy.entries import Time, number
from clipy.errors import InputError
from clipy.pipeline.edited import with_own_pizzazz
from clipy.studio import framing
from clipy.studio.people import people
from clipy.studio.workbench import Workbench
from clipy.types import CropPath, Highlight, Layout, Span, seconds

_SHORTEST, _LONGEST = 0.5, 3600.0  # seconds of a clip
_CLOSE = 0.04  # seconds that a crop may be held beyond its end


class _Operation(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    def apply(self, clip: ClipEdits, bench: Workbench) -> ClipEdits:
        """The clip afterwards. Raises ClipyError, or ValidationError."""
        raise NotImplementedError


class Trim(_Operation):
    """Other times. What is added gets its words from the transcript, and its crop from the reframer."""

    op: Literal["trim"]
    start: Time
    end: Time

    def apply(self, clip: ClipEdits, bench: Workbench) -> ClipEdits:
        end = min(self.end, number(bench.video.duration))
        if not _SHORTEST <= end - self.start <= _LONGEST:
            raise InputError(f"a clip lasts {_SHORTEST:g} to {_LONGEST:g} s", do="Choose other times")
        span = Span(seconds(self.start), seconds(end))
        ctx = bench.context()
        path = clip.path()
        if path is not None:
            path = framing.clamped(_extended(path, span, bench), span)
            clip = clip.with_path(path)
        if clip.words is not None:
            words = bench.words(span, clip.words, ctx) if span.overlap(clip.span) < span.duration else clip.words
            kept = [word for word in words if word.word().span.overlap(span) > 0]
            clip = clip.changed(words=[word.model_dump(mode="json") for word in kept])
        return clip.changed(start=self.start, end=end, given=True)


def _extended(path: CropPath, span: Span, bench: Workbench) -> CropPath:
    """The path with what it does not cover of a span reframed."""
    first, last = path.shots[0].span.start, path.shots[-1].span.end
    parts = [Span(span.start, min(first, span.end)) if span.start < first - seconds(_CLOSE) else None]
    parts.append(Span(max(last, span.start), span.end) if span.end > last + seconds(_CLOSE) else None)
    for part in parts:
        if part is not None:
            found = bench.pipeline.reframe(bench.video, Highlight(part), bench.context().at("reframe"))
            if (found.width, found.height) == (path.width, path.height):
                path = framing.spliced(path, found)
    return path


class EditWord(_Operation):
    """Another text for a word, a word that is left out, or a new caption card that begins with it."""

    op: Literal["word"]
    index: int = Field(ge=0)
    text: str | None = Field(None, min_length=1, max_length=200)
    hidden: bool | None = None
    breaks: bool | None = None

    def apply(self, clip: ClipEdits, bench: Workbench) -> ClipEdits:
        words = list(clip.words or ())
        if self.index >= len(words):
            raise InputError("there is no such word", do="Reload the page")
        changes = self.model_dump(exclude={"op", "index"}, exclude_none=True)
        if "text" in changes:
            changes["text"] = " ".join(changes["text"].split())
        words[self.index] = EditedWord.model_validate(words[self.index].model_dump() | changes)
        return clip.changed(words=[word.model_dump(mode="json") for word in words])


class Retitle(_Operation):
    """Another title."""

    op: Literal["title"]
    title: str = Field(max_length=300)

    def apply(self, clip: ClipEdits, bench: Workbench) -> ClipEdits:
        return clip.changed(title=" ".join(self.title.split()))


class Decide(_Operation):
    """Approved, rejected, or neither."""

    op: Literal["verdict"]
    verdict: Verdict

    def apply(self, clip: ClipEdits, bench: Workbench) -> ClipEdits:
        return clip.changed(verdict=self.verdict)


class MoveWindow(_Operation):
    """The crop window dragged to a place in the source, in its pixels."""

    op: Literal["window"]
    time: Time
    scope: framing.Scope = "shot"
    panel: int = Field(0, ge=0, le=8)
    x: float = Field(allow_inf_nan=False)
    y: float = Field(allow_inf_nan=False)
    height: float = Field(gt=1, le=20_000, allow_inf_nan=False)

    def apply(self, clip: ClipEdits, bench: Workbench) -> ClipEdits:
        at, center = seconds(self.time), (self.x, self.y)
        return clip.with_path(
            framing.with_window(
                _path(clip), bench.probed, at, self.scope, panel=self.panel, center=center, height=self.height
            )
        )


class Follow(_Operation):
    """A person to follow."""

    op: Literal["follow"]
    time: Time
    scope: framing.Scope = "shot"
    person: str = Field(max_length=200)

    def apply(self, clip: ClipEdits, bench: Workbench) -> ClipEdits:
        found = next((one for one in people(clip, bench) if one.key == self.person), None)
        if found is None:
            raise InputError("nobody like that is in the picture", do="Reload the page")
        path = framing.with_person(_path(clip), bench.video, seconds(self.time), self.scope, found)
        return clip.with_path(path)


class Relayout(_Operation):
    """Another layout."""

    op: Literal["layout"]
    time: Time
    scope: framing.Scope = "shot"
    layout: Layout

    def apply(self, clip: ClipEdits, bench: Workbench) -> ClipEdits:
        path, at = _path(clip), seconds(self.time)
        ctx = bench.context().at("reframe")
        return clip.with_path(framing.with_layout(path, bench.pipeline, bench.video, at, self.scope, self.layout, ctx))


class Decorate(_Operation):
    """What is added, in order: each entry with its ``backend`` and its options."""

    op: Literal["pizzazz"]
    entries: tuple[dict[str, Any], ...] = Field(max_length=50)

    def apply(self, clip: ClipEdits, bench: Workbench) -> ClipEdits:
        changed = clip.changed(pizzazz=list(self.entries))
        with_own_pizzazz(bench.pipeline, changed)  # raises for what could not be rendered
        return changed


Operation: TypeAlias = Trim | EditWord | Retitle | Decide | MoveWindow | Follow | Relayout | Decorate
OPERATION: TypeAdapter[Operation] = TypeAdapter(Annotated[Operation, Field(discriminator="op")])


def _path(clip: ClipEdits) -> CropPath:
    path = clip.path()
    if path is None:
        raise InputError("this clip has no crop yet", do="Make it first")
    return path
