"""What a user accepted, rejected and trimmed: a log in the store that ``local`` learns a bias from.

``verdicts`` reads them off a run's ``clips.json``, ``record`` appends them, ``recorded`` reads the log. Each line of
``feedback.jsonl`` stands for itself: it holds what was said in the clip, so that neither the video, nor its transcript,
nor the version of clipy that made the clip must be there any more (docs/documents.md).
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from clipy.errors import DocumentError, StoreError
from clipy.storage.store import Store, file_digest
from clipy.text.sentences import sentences
from clipy.types import Json, Span, Transcript, Word, seconds

log = logging.getLogger(__name__)

FEEDBACK = "clipy.feedback/1"
MOST = 5000  # of the newest entries are used
_FILE = "feedback.jsonl"
_LARGEST = 100 << 20  # bytes of a log, or of a file of choices

Time = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Kind = Literal["accepted", "rejected", "trimmed"]


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Verdict(_Lenient):
    """One line of the log: ``start`` and ``end`` in seconds of the source; of a trimmed clip, what was kept of it.

    ``said`` are the sentences in that stretch. ``score`` and ``details`` are the highlighter's, of the whole clip.
    """

    kind: Kind = Field(alias="verdict")
    source: str
    start: Time
    end: Time
    said: tuple[str, ...]
    when: str = ""
    language: str = ""
    name: str = ""
    title: str = ""
    score: float | None = Field(None, ge=0, le=1)
    details: dict[str, float] = {}

    @model_validator(mode="after")
    def _has_length(self) -> Verdict:
        if self.end <= self.start:
            raise ValueError(f"end {self.end:g} is not after start {self.start:g}")
        return self

    @property
    def wanted(self) -> bool:
        """Whether the user wants more of the kind."""
        return self.kind != "rejected"

    def line(self) -> str:
        """As it is written."""
        return json.dumps({"schema": FEEDBACK, **self.model_dump(by_alias=True, mode="json")}, ensure_ascii=False)


class Choice(_Lenient):
    """What a user says of a clip of a run, by its number (from 1) or its file; ``start`` and ``end`` where trimmed."""

    kind: Kind = Field(alias="verdict")
    clip: int | None = Field(None, ge=1)
    file: str = ""
    start: Time | None = None
    end: Time | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> Choice:
        if (self.clip is None) == (not self.file):
            raise ValueError("a choice names a clip by either its number or its file")
        if (self.kind == "trimmed") != (self.start is not None and self.end is not None):
            raise ValueError("a trimmed clip has a start and an end, and no other has")
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise ValueError(f"end {self.end:g} is not after start {self.start:g}")
        return self


class _Word(_Lenient):
    text: str
    start: Time
    end: Time
    language: str | None = None


class _Clip(_Lenient):
    file: str
    start: Time
    end: Time
    title: str = ""
    score: float | None = Field(None, ge=0, le=1)
    details: dict[str, float] = {}
    language: str = ""
    words: list[_Word] = []
    keep: list[tuple[Time, Time]] = []

    def source_words(self) -> Iterator[Word]:
        """The words in source time: a clip is its kept stretches one after the other."""
        for word in self.words:
            start, end = self._source_time(word.start), self._source_time(word.end, end=True)
            if end > start:
                yield Word(word.text, seconds(start), seconds(end), language=word.language)

    def _source_time(self, time: float, *, end: bool = False) -> float:
        """The time in the source; on the border of two stretches, that of the later, or of the earlier for an end."""
        rest = time
        for first, last in self.keep or [(self.start, self.end)]:
            if rest < last - first or (end and rest == last - first):
                return first + rest
            rest -= last - first
        return self.end


class _Source(_Lenient):
    fingerprint: str
    path: str = ""


class _Run(_Lenient):
    source: _Source
    clips: list[_Clip]


def log_of(store: Store) -> Path:
    """Where the log of a store lies, or would lie."""
    return store.root / _FILE


def digest(store: Store) -> str:
    """The sha256 of the log; empty where nothing is recorded."""
    path = log_of(store)
    return file_digest(path) if path.exists() else ""


def choices(
    accept: Iterable[int] = (), reject: Iterable[int] = (), trim: Iterable[tuple[int, Span]] = ()
) -> list[Choice]:
    """Choices by the numbers of clips, from 1 in the order of ``clips.json``; spans in seconds of the source."""
    return [
        *(Choice(verdict="accepted", clip=number) for number in accept),
        *(Choice(verdict="rejected", clip=number) for number in reject),
        *(
            Choice(verdict="trimmed", clip=number, start=float(span.start), end=float(span.end))
            for number, span in trim
        ),
    ]


def verdicts(run: Json, chosen: Sequence[Choice], *, where: object = None) -> list[Verdict]:
    """What the choices say of the clips of a ``clips.json``, which ``run`` is the content of.

    Raises DocumentError for a clip that is not there, is named twice, or is trimmed to where it is not. ``where`` is
    what the error names.
    """
    try:
        document = _Run.model_validate(run)
    except ValidationError as error:
        raise DocumentError(_first(error), where=where, do="Name a folder that clipy run wrote") from None
    now, found = datetime.now(UTC).isoformat(timespec="seconds"), dict[int, Verdict]()
    for choice in chosen:
        index = _index(choice, document.clips, where)
        if index in found:
            raise DocumentError(f"clip {index + 1} is chosen twice", where=where, do="Say one thing of each clip")
        found[index] = _verdict(choice, document.clips[index], index, document.source, now, where)
    return list(found.values())


def _index(choice: Choice, clips: Sequence[_Clip], where: object) -> int:
    if choice.clip is not None:
        if choice.clip > len(clips):
            raise DocumentError(f"there is no clip {choice.clip}", where=where, do=f"There are clips 1 to {len(clips)}")
        return choice.clip - 1
    names = [clip.file for clip in clips]
    if choice.file not in names:
        raise DocumentError(f"there is no clip {choice.file!r}", where=where, do=f"There are: {', '.join(names)}")
    return names.index(choice.file)


def _verdict(choice: Choice, clip: _Clip, index: int, source: _Source, now: str, where: object) -> Verdict:
    start, end = clip.start, clip.end
    if choice.start is not None and choice.end is not None:
        start, end = choice.start, choice.end
        if end <= clip.start or start >= clip.end:
            raise DocumentError(
                f"clip {index + 1} is {clip.start:g}-{clip.end:g} s of the source: {start:g}-{end:g} s lies outside",
                where=where,
                do="Give times of the source, as clips.json does",
            )
    words = tuple(w for w in clip.source_words() if start <= (w.start + w.end) / 2 < end)
    said = tuple(sentence.text for sentence in sentences(Transcript(clip.language, words))) if words else ()
    return Verdict(
        verdict=choice.kind,
        source=source.fingerprint,
        start=start,
        end=end,
        said=said,
        when=now,
        language=clip.language,
        name=Path(source.path).name,
        title=clip.title,
        score=clip.score,
        details=clip.details,
    )


def read_choices(path: Path) -> list[Choice | Verdict]:
    """Choices from a JSON list, or from JSON lines; lines of a log of another machine are taken as they are.

    Raises DocumentError.
    """
    found = list[Choice | Verdict]()
    for place, entry in _read_entries(path):
        kind = Verdict if isinstance(entry, Mapping) and "said" in entry else Choice
        try:
            found.append(kind.model_validate(entry))
        except ValidationError as error:
            raise DocumentError(f"{place}: {_first(error)}", where=path, do="See docs/documents.md") from None
    return found


def record(store: Store, found: Sequence[Verdict]) -> None:
    """Append verdicts to the log of a store, all or none of them. Safe beside other processes. Raises StoreError."""
    path = log_of(store)
    with store.locked(path.with_suffix(".lock"), "the feedback log"):
        try:
            with path.open("a+b") as file:
                _end_whole(file)
                file.write("".join(f"{verdict.line()}\n" for verdict in found).encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise StoreError(
                f"cannot write the feedback ({error.strerror})", where=path, do="Free some space, or see CLIPY_STORE"
            ) from error


def _end_whole(file: IO[bytes]) -> None:
    """Cut off a last line that an interrupted write left without an end."""
    size = file.seek(0, os.SEEK_END)
    if size:
        file.seek(size - 1)
        if file.read(1) != b"\n":
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)


def recorded(store: Store) -> tuple[Verdict, ...]:
    """The newest verdict on each stretch of each source, oldest first, ``MOST`` at most. Raises DocumentError.

    A last line without an end is what an interrupted write left; it is passed over, and the log says so.
    """
    path, newest = log_of(store), dict[tuple[str, float, float], Verdict]()
    if not path.exists():
        return ()
    for place, entry in _read_entries(path):
        try:
            verdict = Verdict.model_validate(entry)
        except ValidationError as error:
            raise DocumentError(
                f"{place}: {_first(error)}", where=path, do="Correct the line, or: clipy feedback --reset"
            ) from None
        key = verdict.source, verdict.start, verdict.end
        newest.pop(key, None)
        newest[key] = verdict
    return tuple(newest.values())[-MOST:]


def reset(store: Store) -> int:
    """Remove the log; how many verdicts it held. Raises StoreError."""
    path = log_of(store)
    with store.locked(path.with_suffix(".lock"), "the feedback log"):
        try:
            count = path.read_bytes().count(b"\n") if path.exists() else 0
            path.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"cannot remove the feedback ({error.strerror})", where=path) from error
    return count


def _read_entries(path: Path) -> Iterator[tuple[str, Json]]:
    """The entries of a JSON list or of JSON lines, each with its place for an error."""
    try:
        if path.stat().st_size > _LARGEST:
            raise DocumentError("it is far too large for feedback", where=path, do="Is it the right file?")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DocumentError(f"cannot read it ({error.strerror})", where=path, do="Check its name") from error
    except UnicodeDecodeError as error:
        raise DocumentError("it is not a text in UTF-8", where=path, do="Save it as UTF-8") from error
    if text.lstrip().startswith("["):
        yield from ((f"entry {number}", entry) for number, entry in enumerate(_parsed(text, path, ""), 1))
        return
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield f"line {number}", _parsed(line, path, f"line {number}: ")
            except DocumentError:
                if number < len(lines) or path.name != _FILE:
                    raise
                log.warning("%s: the last line was not written to its end, and is passed over", path)


def _parsed(text: str, path: Path, place: str) -> Json:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"{place}not valid JSON ({error})", where=path, do="Correct it") from error


def _first(error: ValidationError) -> str:
    """The first problem, with its place."""
    problem = error.errors()[0]
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place}: {problem['msg']}" if place else str(problem["msg"])
