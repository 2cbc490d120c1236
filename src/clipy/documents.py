"""The JSON documents for people and other tools: highlights, crops, clips, reviews, transcript (docs/documents.md).

Times are seconds as numbers, boxes are pixels. A document may be written by hand: a bare list is valid, and a
highlight needs only ``start`` and ``end``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from clipy.errors import DocumentError
from clipy.media.probe import probe
from clipy.types import (
    Box,
    Clip,
    CropPath,
    CropShot,
    Edit,
    Evidence,
    Finding,
    Highlight,
    Json,
    Keyframe,
    Layout,
    Panel,
    Post,
    Repair,
    Review,
    Seconds,
    Span,
    Transcript,
    Video,
    Word,
    seconds,
)

HIGHLIGHTS = "clipy.highlights/1"
CROPS = "clipy.crops/1"
RUN = "clipy.run/1"
REVIEWS = "clipy.reviews/1"
TRANSCRIPT = "clipy.transcript/1"

Time = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Pixel = Annotated[float, Field(allow_inf_nan=False)]


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Spanned(_Lenient):
    start: Time
    end: Time
    title: str = ""
    score: float = Field(0.0, ge=0, le=1)
    reason: str = ""
    details: dict[str, float] = {}

    @model_validator(mode="after")
    def _has_length(self) -> _Spanned:
        if self.end <= self.start:
            raise ValueError(f"end {self.end} is not after start {self.start}")
        return self

    def highlight(self) -> Highlight:
        span = Span(seconds(self.start), seconds(self.end))
        return Highlight(span, self.score, self.title, self.reason, self.details)


class _Keyframe(_Lenient):
    time: Time
    x1: Pixel
    y1: Pixel
    x2: Pixel
    y2: Pixel


class _Panel(_Lenient):
    keyframes: list[_Keyframe] = Field(min_length=1)
    into: tuple[int, int, int, int]


class _CropShot(_Lenient):
    start: Time
    end: Time
    layout: Layout = "single"
    panels: list[_Panel] = Field(min_length=1)


class _Size(_Lenient):
    width: int = Field(gt=0)
    height: int = Field(gt=0)


class _Cropped(_Spanned):
    crop: list[_CropShot] = Field(min_length=1)
    output: _Size | None = None


class _Word(_Lenient):
    text: str
    start: Time
    end: Time
    speaker: str | None = None
    language: str | None = None


class _Review(_Lenient):
    passed: bool


class _Delivered(_Cropped):
    file: str
    language: str = ""
    words: list[_Word] = []
    keep: list[tuple[Time, Time]] = []
    review: _Review | None = None

    def spans(self) -> tuple[Span, ...]:
        """The kept spans of the source; the whole clip where the document does not list any."""
        whole = (Span(seconds(self.start), seconds(self.end)),)
        return tuple(Span(seconds(start), seconds(end)) for start, end in self.keep) or whole

    def source_words(self, edit: Edit) -> tuple[Word, ...]:
        """The words in source time."""
        return tuple(
            Word(
                w.text,
                edit.source_time(seconds(w.start)),
                edit.source_time(seconds(w.end)),
                speaker=w.speaker,
                language=w.language,
            )
            for w in self.words
        )


@dataclass(frozen=True, slots=True)
class Delivered:
    """A clip of an output folder, and whether it passed its review; None: not reviewed."""

    clip: Clip
    passed: bool | None


def source(video: Video) -> Json:
    """The ``source`` block: the video that a document is about."""
    return {
        "path": str(video.path),
        "fingerprint": video.fingerprint,
        "duration": number(video.duration),
        "width": video.width,
        "height": video.height,
    }


def highlights(video: Video, found: Iterable[Highlight]) -> Json:
    """``highlights.json``."""
    return {"schema": HIGHLIGHTS, "source": source(video), "highlights": [_highlight(item) for item in found]}


def crops(video: Video, cropped: Iterable[tuple[Highlight, CropPath]]) -> Json:
    """``crops.json``."""
    clips = [_highlight(highlight) | _crop(path) for highlight, path in cropped]
    return {"schema": CROPS, "source": source(video), "clips": clips}


def transcript(video: Video, spoken: Transcript) -> Json:
    """``transcript.json``."""
    words = [word_json(word) for word in spoken.words]
    return {"schema": TRANSCRIPT, "source": source(video), "language": spoken.language, "words": words}


def reviews(reviewed: Iterable[tuple[Path, Sequence[Review]]]) -> Json:
    """``reviews.json``."""
    return {"schema": REVIEWS, "clips": [{"file": str(path), "review": review_json(all_)} for path, all_ in reviewed]}


def clip_json(
    clip: Clip, found: Sequence[Review] | None, posts: Sequence[Post], repaired: Iterable[Finding] = ()
) -> Json:
    """One entry of ``clips``: words in clip time, crop in source time; ``found`` is None for a clip without review."""
    edit = clip.edit
    if edit is None:
        raise ValueError("only a clip that clipy made can be listed in clips.json")
    return {
        "file": f"{clip.name}{clip.path.suffix}",
        **_highlight(edit.highlight),
        "language": edit.language,
        "words": [word_json(word) for word in edit.clip_words()],
        **_crop(edit.crop),
        "keep": [[number(span.start), number(span.end)] for span in edit.keep],
        "music": _music(next(iter(edit.plans_of("music")), None)),
        "review": None if found is None else review_json(found, repaired),
        "posts": [{"uploader": post.uploader, "where": post.where} for post in posts],
    }


def rejected_json(highlight: Highlight, found: Sequence[Review], repaired: Iterable[Finding] = ()) -> Json:
    """One entry of ``rejected`` in ``clips.json``: the findings, and those that were repaired before."""
    review = review_json(found, repaired)
    return _highlight(highlight) | {"findings": review["findings"], "repaired": review["repaired"]}


def review_json(found: Sequence[Review], repaired: Iterable[Finding] = ()) -> Json:
    """All findings on one clip, whether it passed, and the findings that were repaired before."""
    return {
        "passed": all(review.passed for review in found),
        "findings": [finding_json(finding, review.reviewer) for review in found for finding in review.findings],
        "repaired": [finding_json(finding) for finding in repaired],
    }


def finding_json(finding: Finding, reviewer: str = "") -> Json:
    """One finding; its span in clip time."""
    span = finding.span
    return {
        "reviewer": reviewer,
        "check": finding.check,
        "severity": finding.severity,
        "message": finding.message,
        "start": None if span is None else number(span.start),
        "end": None if span is None else number(span.end),
        "value": finding.value,
        "limit": finding.limit,
        "evidence": None if finding.evidence is None else _evidence(finding.evidence),
        "repair": None if finding.repair is None else _repair(finding.repair),
    }


def _evidence(evidence: Evidence) -> Json:
    box = evidence.box
    return {
        "kind": evidence.kind,
        "start": number(evidence.span.start),
        "end": number(evidence.span.end),
        "box": None if box is None else [round(side, 1) for side in (box.x1, box.y1, box.x2, box.y2)],
    }


def _repair(repair: Repair) -> Json:
    span = repair.span
    return {
        "kind": repair.kind,
        "start": None if span is None else number(span.start),
        "end": None if span is None else number(span.end),
        "gain": repair.gain,
    }


def word_json(word: Word) -> Json:
    """One word with its times, its speaker where known, and its language where it differs from the clip's."""
    own: Json = {} if word.language is None else {"language": word.language}
    return {"text": word.text, "start": number(word.start), "end": number(word.end), "speaker": word.speaker, **own}


def read_highlights(path: Path, video: Video) -> list[Highlight]:
    """Read ``highlights.json`` or a bare list. Raises DocumentError; spans must lie inside the video."""
    entries = _entries(path, "highlights", _Spanned)
    found = [entry.highlight() for entry in entries]
    for position, highlight in enumerate(found):
        _inside(highlight.span, video, path, f"highlights.{position}: ")
    return [replace(highlight, span=highlight.span.clamp(video.span)) for highlight in found]


def read_crops(path: Path, video: Video) -> list[tuple[Highlight, CropPath]]:
    """Read ``crops.json``. Raises DocumentError; spans must lie inside the video."""
    cropped = []
    for entry in _entries(path, "clips", _Cropped):
        highlight = entry.highlight()
        _inside(highlight.span, video, path)
        cropped.append((highlight, _crop_path(entry)))
    return cropped


def read_clips(folder: Path) -> list[Delivered]:
    """Read the clips that ``clips.json`` of a folder lists. Raises DocumentError, or MediaError for a missing file."""
    path = folder / "clips.json"
    delivered = []
    for entry in _entries(path, "clips", _Delivered):
        if Path(entry.file).name != entry.file:
            raise DocumentError(f"{entry.file!r} is not a file name in this folder", where=path, do="Correct it")
        video = probe(folder / entry.file)
        edit = Edit(entry.highlight(), _crop_path(entry), entry.spans(), entry.language)
        edit = replace(edit, words=entry.source_words(edit))
        clip = Clip(video.fingerprint, video.duration, video.width, video.height, edit, video.path, video.path.stem)
        delivered.append(Delivered(clip, None if entry.review is None else entry.review.passed))
    return delivered


def read_json(path: Path) -> Json:
    """A JSON file. Raises DocumentError."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DocumentError(f"cannot read the file ({error.strerror})", where=path, do="Check its name") from error
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"not valid JSON ({error})", where=path, do="Correct it, or write it again") from error


def number(time: Seconds) -> float:
    """Exact seconds as a JSON number, to the microsecond."""
    return round(float(time), 6)


_Model = TypeVar("_Model", bound=BaseModel)


def _entries(path: Path, name: str, kind: type[_Model]) -> list[_Model]:
    document = read_json(path)
    found = document.get(name) if isinstance(document, dict) else document
    if not isinstance(found, list):
        raise DocumentError(f"no list of {name}", where=path, do=f'Write [{{...}}] or {{"{name}": [{{...}}]}}')
    entries = []
    for position, entry in enumerate(found):
        try:
            entries.append(kind.model_validate(entry))
        except ValidationError as error:
            problem = error.errors()[0]
            place = ".".join(str(part) for part in (name, position, *problem["loc"]))
            raise DocumentError(f"{place}: {problem['msg']}", where=path, do="Correct it") from None
    return entries


def _inside(span: Span, video: Video, path: Path, place: str = "") -> None:
    if span.start >= video.duration or span.end > video.duration + 1:
        times = f"{float(span.start):.2f}-{float(span.end):.2f} s"
        raise DocumentError(
            f"{place}{times} lies outside the video ({float(video.duration):.2f} s)",
            where=path,
            do="Check that the document belongs to this video",
        )


def _highlight(highlight: Highlight) -> dict[str, Json]:
    return {
        "start": number(highlight.span.start),
        "end": number(highlight.span.end),
        "title": highlight.title,
        "score": round(highlight.score, 4),
        "reason": highlight.reason,
        "details": {name: round(value, 4) for name, value in highlight.details.items()},
    }


def _music(plan: Json) -> Json:
    """The track that plays, and its licence; null without music."""
    if not isinstance(plan, Mapping) or not isinstance(plan.get("credit"), Mapping):
        return None
    return {"file": plan.get("file", ""), **plan["credit"], "tempo": plan.get("tempo"), "mood": plan.get("mood")}


def _crop(path: CropPath) -> dict[str, Json]:
    shots = [
        {
            "start": number(shot.span.start),
            "end": number(shot.span.end),
            "layout": shot.layout,
            "panels": [_panel(panel) for panel in shot.panels],
        }
        for shot in path.shots
    ]
    return {"output": {"width": path.width, "height": path.height}, "crop": shots}


def _panel(panel: Panel) -> Json:
    keyframes = [
        {"time": number(key.time)} | {side: round(getattr(key.box, side), 3) for side in ("x1", "y1", "x2", "y2")}
        for key in panel.keyframes
    ]
    return {"keyframes": keyframes, "into": list(panel.into)}


def _crop_path(entry: _Cropped) -> CropPath:
    shots = tuple(
        CropShot(
            Span(seconds(shot.start), seconds(max(shot.start, shot.end))),
            shot.layout,
            tuple(Panel(tuple(_keyframe(key) for key in panel.keyframes), panel.into) for panel in shot.panels),
        )
        for shot in entry.crop
    )
    corners = [panel.into for shot in shots for panel in shot.panels]
    size = entry.output or _Size(width=max(c[2] for c in corners), height=max(c[3] for c in corners))
    return CropPath(size.width, size.height, shots)


def _keyframe(key: _Keyframe) -> Keyframe:
    return Keyframe(seconds(key.time), Box(key.x1, key.y1, key.x2, key.y2))
