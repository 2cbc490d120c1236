"""The JSON documents for people and other tools: highlights, crops, clips, reviews, transcript (docs/documents.md).

Times are seconds as numbers, boxes are pixels. A document may be written by hand: a bare list is valid, and a
highlight needs only ``start`` and ``end``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from clipy.entries import (
    Cropped,
    Lenient,
    Spanned,
    Time,
    crop_json,
    crop_path,
    entries_of,
    highlight_json,
)
from clipy.entries import number as number  # noqa: PLC0414 - part of this module's face
from clipy.entries import read_json as read_json  # noqa: PLC0414
from clipy.errors import DocumentError
from clipy.geometry import ratio_of
from clipy.media.probe import probe
from clipy.types import (
    Clip,
    CropPath,
    Edit,
    Evidence,
    Finding,
    Highlight,
    Json,
    Post,
    Repair,
    Review,
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


class _Word(Lenient):
    text: str
    start: Time
    end: Time
    speaker: str | None = None
    language: str | None = None


class _Review(Lenient):
    passed: bool


class _Delivered(Cropped):
    file: str
    language: str = ""
    words: tuple[_Word, ...] = ()
    keep: tuple[tuple[Time, Time], ...] = ()
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
    return {"schema": HIGHLIGHTS, "source": source(video), "highlights": [highlight_json(item) for item in found]}


def crops(video: Video, cropped: Iterable[tuple[Highlight, CropPath]]) -> Json:
    """``crops.json``."""
    clips = [highlight_json(highlight) | crop_json(path) for highlight, path in cropped]
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
        **highlight_json(edit.highlight),
        "language": edit.language,
        "ratio": ratio_of(edit.crop.width, edit.crop.height),
        "words": [_clip_word(word, said, edit) for word, said in zip(edit.clip_words(), edit.words, strict=True)],
        "speakers": list(edit.speakers),
        "sound": {"gain": edit.gain, "sides": edit.sides},
        **crop_json(edit.crop),
        "keep": [[number(span.start), number(span.end)] for span in edit.keep],
        "music": _music(next(iter(edit.plans_of("music")), None)),
        "review": None if found is None else review_json(found, repaired),
        "posts": [{"uploader": post.uploader, "where": post.where} for post in posts],
    }


def rejected_json(highlight: Highlight, found: Sequence[Review], repaired: Iterable[Finding] = ()) -> Json:
    """One entry of ``rejected`` in ``clips.json``: the findings, and those that were repaired before."""
    review = review_json(found, repaired)
    return highlight_json(highlight) | {"findings": review["findings"], "repaired": review["repaired"]}


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


def _clip_word(word: Word, said: Word, edit: Edit) -> Json:
    """A word in clip time; where parts are cut out, with its time in the source as well."""
    cut = len(edit.keep) > 1
    return word_json(word) | ({"source": [number(said.start), number(said.end)]} if cut else {})


def word_json(word: Word) -> Json:
    """One word with its times, its speaker where known, and its language where it differs from the clip's."""
    own: Json = {} if word.language is None else {"language": word.language}
    return {"text": word.text, "start": number(word.start), "end": number(word.end), "speaker": word.speaker, **own}


def read_highlights(path: Path, video: Video) -> list[Highlight]:
    """Read ``highlights.json`` or a bare list. Raises DocumentError; spans must lie inside the video."""
    entries = entries_of(path, "highlights", Spanned)
    found = [entry.highlight() for entry in entries]
    for position, highlight in enumerate(found):
        require_inside(highlight.span, video, path, f"highlights.{position}: ")
    return [replace(highlight, span=highlight.span.clamp(video.span)) for highlight in found]


def read_crops(path: Path, video: Video) -> list[tuple[Highlight, CropPath]]:
    """Read ``crops.json``. Raises DocumentError; spans must lie inside the video."""
    cropped = []
    for entry in entries_of(path, "clips", Cropped):
        highlight = entry.highlight()
        require_inside(highlight.span, video, path)
        cropped.append((highlight, crop_path(entry.crop, entry.output)))
    return cropped


def read_clips(folder: Path) -> list[Delivered]:
    """Read the clips that ``clips.json`` of a folder lists. Raises DocumentError, or MediaError for a missing file."""
    path = folder / "clips.json"
    delivered = []
    for entry in entries_of(path, "clips", _Delivered):
        if Path(entry.file).name != entry.file:
            raise DocumentError(f"{entry.file!r} is not a file name in this folder", where=path, do="Correct it")
        video = probe(folder / entry.file)
        edit = Edit(entry.highlight(), crop_path(entry.crop, entry.output), entry.spans(), entry.language)
        edit = replace(edit, words=entry.source_words(edit))
        clip = Clip(video.fingerprint, video.duration, video.width, video.height, edit, video.path, video.path.stem)
        delivered.append(Delivered(clip, None if entry.review is None else entry.review.passed))
    return delivered


def require_inside(span: Span, video: Video, path: Path, place: str = "") -> None:
    """Raise DocumentError where a span lies outside the video."""
    if span.start >= video.duration or span.end > video.duration + 1:
        times = f"{float(span.start):.2f}-{float(span.end):.2f} s"
        raise DocumentError(
            f"{place}{times} lies outside the video ({float(video.duration):.2f} s)",
            where=path,
            do="Check that the document belongs to this video",
        )


def _music(plan: Json) -> Json:
    """The track that plays, and its licence; null without music."""
    if not isinstance(plan, Mapping) or not isinstance(plan.get("credit"), Mapping):
        return None
    return {"file": plan.get("file", ""), **plan["credit"], "tempo": plan.get("tempo"), "mood": plan.get("mood")}
