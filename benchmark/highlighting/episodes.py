"""Episodes of shows with the passages that their editors chose, from transcripts or from labels made before.

A folder of shows, or of the episodes of one show. An episode is a transcript in a form that ``public_transcripts``
knows (``<episode>/transcript.md``, or a file), or a JSON object with ``body_start``, ``duration``, ``turns``
(``speaker``, ``start``, ``text``) and ``highlights`` (``start``, ``end``), all times in seconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, pairwise
from pathlib import Path

from clipy.text.punctuation import ends_sentence
from clipy.types import Span, Transcript
from highlighting.cold_opens import boilerplate, cold_open, tokens
from highlighting.public_transcripts import Part, read, worded

_FORMS = (".md", ".txt", ".vtt", ".srt", ".json")
_FEWEST = 2000  # words: what is shorter is no episode
_OPENING = 900  # words of an episode that are compared with other episodes of its show
_PUNCTUATED = 1 / 60  # sentences a word at least: without punctuation there are no sentences to judge


@dataclass(frozen=True)
class Episode:
    """What is said after the opening, where the passages are, and how many seconds the recording lasts."""

    show: str
    name: str
    transcript: Transcript
    passages: tuple[Span, ...]
    body: Span


def load(folder: Path) -> list[Episode]:
    """All episodes in a folder in which an editor's choice is known."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in _FORMS and path.is_file())
    found = list[Episode]()
    for show, paths in groupby(sorted(files, key=lambda path: _show(path, folder)), lambda path: _show(path, folder)):
        found += _of_show(show, list(paths))
    return found


def _show(path: Path, folder: Path) -> str:
    parts = path.relative_to(folder).parts[:-1]
    deep = path.stem == "transcript"
    return parts[0] if len(parts) > deep else folder.name


def _of_show(show: str, paths: Iterable[Path]) -> Iterator[Episode]:
    read_ones = list[tuple[str, Transcript, float]]()
    for path in paths:
        name = path.parent.name if path.stem == "transcript" else path.stem
        if path.suffix == ".json":
            if episode := _labelled(show, name, json.loads(path.read_text(encoding="utf-8"))):
                yield episode
            continue
        transcript, duration = read(path)
        if len(transcript.words) >= _FEWEST and _is_punctuated(transcript):
            read_ones.append((name, transcript, duration))
    said = [tokens([word.text for word in transcript.words]) for _, transcript, _ in read_ones]
    shared = boilerplate([words[:_OPENING] for words in said])
    for (name, transcript, duration), words in zip(read_ones, said, strict=True):
        times = [*(float(word.start) for word in transcript.words), duration]
        if found := cold_open(words, times, shared):
            body = Transcript(transcript.language, transcript.words[found.opening :])
            edges = [_span(times[first], times[beyond]) for first, beyond in found.passages]
            yield Episode(show, name, body, tuple(edges), _span(times[found.opening], duration))


def _labelled(show: str, name: str, found: object) -> Episode | None:
    """An episode of labels made before; None when the object is something else."""
    if not isinstance(found, dict) or not {"turns", "highlights", "duration", "body_start"} <= set(found):
        return None
    parts = [Part(turn["speaker"], turn["start"], turn["text"]) for turn in found["turns"]]
    transcript, _ = worded(parts, float(found["duration"]))
    passages = tuple(_span(passage["start"], passage["end"]) for passage in found["highlights"])
    return Episode(show, name, transcript, passages, _span(found["body_start"], found["duration"]))


def _is_punctuated(transcript: Transcript) -> bool:
    words = transcript.words
    ends = (ends_sentence(word, after, transcript.language) for word, after in pairwise(words))
    return sum(ends) >= _PUNCTUATED * len(words)


def _span(start: float, end: float) -> Span:
    first = Fraction(round(start * 1000), 1000)
    return Span(first, max(first + Fraction(1, 1000), Fraction(round(end * 1000), 1000)))
