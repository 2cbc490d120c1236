"""``edits.json``: all that a person decided about clips, for ``clipy render --edits`` and ``clipy studio``.

An entry says everything that its clip is rendered from: when, where to look, every word as it is to be written, and
what is added. Nothing of it has to be found out again, so the same file gives the same clips (docs/documents.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from clipy.entries import CropShotEntry, Size, Spanned, Time, crop_json, crop_path, number, read_json
from clipy.errors import DocumentError
from clipy.storage.store import key_of, write_json
from clipy.types import CropPath, Highlight, Json, Span, Video, Word, seconds

SCHEMA = "clipy.edits/1"
_MOST_WORDS = 20_000  # of a clip

Verdict: TypeAlias = Literal["", "approved", "rejected"]


class EditedWord(BaseModel):
    """A word in source time, as it is to be written.

    ``hidden`` leaves it out of captions and subtitles; ``breaks``: a new caption card begins with it.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)
    text: str = Field(min_length=1, max_length=200)
    start: Time
    end: Time
    speaker: str | None = Field(None, max_length=200)
    language: str | None = Field(None, max_length=20)
    hidden: bool = False
    breaks: bool = False

    @model_validator(mode="after")
    def _ends_later(self) -> EditedWord:
        if self.end < self.start:
            raise ValueError(f"the word {self.text!r} ends before it starts")
        return self

    def word(self) -> Word:
        """As the pipeline knows it."""
        return Word(self.text, seconds(self.start), seconds(self.end), speaker=self.speaker, language=self.language)

    @classmethod
    def of(cls, word: Word) -> EditedWord:
        """As it was transcribed."""
        start, end = number(word.start), number(word.end)
        text = word.text[:200].strip() or "…"
        return cls(text=text, start=start, end=max(start, end), speaker=word.speaker, language=word.language)


class ClipEdits(Spanned):
    """One clip as a person wants it. What is None is decided by the settings: words are transcribed, the crop is made.

    ``revision`` counts the changes. ``given``: a person set start or end. ``pizzazz`` holds what is added, in order:
    each with its ``backend`` and its options. ``gain`` and ``sides`` are those of a repair. ``rendered`` is the recipe
    (see below) that the file in the folder was made from, ``origin`` the candidate that became this clip.
    """

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")
    revision: int = Field(0, ge=0)
    given: bool = False
    verdict: Verdict = ""
    rendered: str = ""
    origin: str = Field("", max_length=100)
    output: Size | None = None
    crop: tuple[CropShotEntry, ...] | None = Field(None, min_length=1)
    language: str = Field("", max_length=20)
    speakers: tuple[str, ...] = ()
    words: tuple[EditedWord, ...] | None = Field(None, max_length=_MOST_WORDS)
    pizzazz: tuple[dict[str, Any], ...] | None = None
    gain: float = 0.0
    sides: tuple[tuple[float, float], tuple[float, float]] | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> ClipEdits:
        if not all(isinstance(entry.get("backend"), str) for entry in self.pizzazz or ()):
            raise ValueError('each entry of pizzazz needs "backend"')
        return self

    @property
    def span(self) -> Span:
        """When it is, in the source."""
        return Span(seconds(self.start), seconds(self.end))

    def highlight(self) -> Highlight:
        return replace(super().highlight(), given=self.given)

    def path(self) -> CropPath | None:
        """Where to look; None where that is still to be decided."""
        return None if self.crop is None else crop_path(self.crop, self.output)

    def with_path(self, path: CropPath) -> ClipEdits:
        """The same with another crop."""
        return self.changed(**crop_json(path))

    def changed(self, **values: Any) -> ClipEdits:
        """The same with some values changed, checked. Raises ValidationError."""
        return type(self).model_validate({**self.model_dump(mode="json"), **values})

    def recipe(self) -> str:
        """A digest of all that decides the finished file."""
        return key_of(self.model_dump(mode="json", exclude={"id", "revision", "verdict", "rendered", "origin"}))[:16]

    def document(self) -> Json:
        """The entry as it is written: what has its default value is left out."""
        lead = {"id": self.id, "revision": self.revision}
        return lead | self.model_dump(mode="json", exclude_defaults=True, exclude={"id", "revision"})


@dataclass(frozen=True)
class Edits:
    """The whole file. ``run`` identifies the run whose clips were edited, ``settings`` are those that it had."""

    source: Mapping[str, Json]
    clips: tuple[ClipEdits, ...] = ()
    run: str = ""
    settings: Mapping[str, Json] = field(default_factory=dict)

    def clip(self, name: str) -> ClipEdits | None:
        """The entry of a clip, if there is one."""
        return next((clip for clip in self.clips if clip.id == name), None)

    def with_clip(self, clip: ClipEdits) -> Edits:
        """The same with an entry replaced, or added at the end."""
        if self.clip(clip.id) is None:
            return replace(self, clips=(*self.clips, clip))
        return replace(self, clips=tuple(clip if old.id == clip.id else old for old in self.clips))

    def without(self, name: str) -> Edits:
        """The same without an entry."""
        return replace(self, clips=tuple(clip for clip in self.clips if clip.id != name))

    def write(self, path: Path) -> None:
        """Write the file, whole or not at all. Raises OutputError."""
        clips = [clip.document() for clip in self.clips]
        head = {"schema": SCHEMA, "source": self.source, "run": self.run, "settings": self.settings}
        write_json(path, {**head, "clips": clips})

    def require(self, video: Video, path: Path) -> None:
        """Raise DocumentError where the edits are of another video, or reach beyond its end."""
        fingerprint = self.source.get("fingerprint")
        if fingerprint is not None and fingerprint != video.fingerprint:
            raise DocumentError("these edits are of another video", where=path, do="Give the video that was edited")
        for clip in self.clips:
            if clip.start >= video.duration or clip.end > video.duration + 1:
                raise DocumentError(f"the clip {clip.id!r} lies outside the video", where=path, do="Correct it")


def read_edits(path: Path) -> Edits:
    """Read ``edits.json``. Raises DocumentError that names the entry and the key."""
    document = read_json(path)
    if not isinstance(document, dict) or not isinstance(document.get("clips"), list):
        raise DocumentError("no list of clips", where=path, do='Write {"clips": [{...}]}')
    blocks = {name: document.get(name) or {} for name in ("source", "settings")}
    if not all(isinstance(block, dict) for block in blocks.values()):
        raise DocumentError("source and settings must be objects", where=path, do="Correct it")
    clips = tuple(_entries(document["clips"], path))
    ids = [clip.id for clip in clips]
    if len(set(ids)) < len(ids):
        raise DocumentError("two clips have the same id", where=path, do="Correct it")
    return Edits(blocks["source"], clips, str(document.get("run") or ""), blocks["settings"])


def _entries(entries: Iterable[object], path: Path) -> Iterable[ClipEdits]:
    for position, entry in enumerate(entries):
        try:
            yield ClipEdits.model_validate(entry)
        except ValidationError as error:
            problem = error.errors()[0]
            place = ".".join(str(part) for part in ("clips", position, *problem["loc"]))
            raise DocumentError(f"{place}: {problem['msg']}", where=path, do="Correct it") from None
