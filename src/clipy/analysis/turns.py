"""Who says what: the turns of a video, made once and stored, and the words that belong to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from clipy.analysis.base import Diarizer
from clipy.context import Context
from clipy.types import Transcript, Turn, Video, Word


def turns_of(video: Video, ctx: Context) -> list[Turn]:
    """Who speaks when in a video; nothing when it has no sound or nobody speaks."""
    return ctx.cached(ctx.analyser(Diarizer).diarize, video) if video.audio else []


def said_by(transcript: Transcript, turns: Sequence[Turn]) -> Transcript:
    """The words with their speakers: whoever speaks most of a word, else whoever speaks nearest to it.

    Words whose speaker is known already, as from subtitles, keep theirs.
    """
    if not turns:
        return transcript
    words, ahead = [], 0
    ordered = sorted(turns, key=lambda turn: turn.span)
    longest = max(turn.span.duration for turn in ordered)
    for word in transcript.words:
        while ahead + 1 < len(ordered) and ordered[ahead + 1].span.start + longest < word.start:
            ahead += 1
        near = [turn for turn in ordered[ahead:] if turn.span.start <= word.end] or ordered[ahead : ahead + 1]
        after = ordered[ahead + len(near) : ahead + len(near) + 1]
        words.append(word if word.speaker is not None else replace(word, speaker=_speaker(word, [*near, *after])))
    return Transcript(transcript.language, tuple(words))


def numbered(turns: Sequence[Turn]) -> list[Turn]:
    """The same turns with people named in the order in which they are first heard: "1", "2", ..."""
    names: dict[str, str] = {}
    for turn in turns:
        names.setdefault(turn.speaker, str(len(names) + 1))
    return [Turn(turn.span, names[turn.speaker]) for turn in turns]


def _speaker(word: Word, near: Sequence[Turn]) -> str:
    best = max(near, key=lambda turn: (word.span.overlap(turn.span), -_apart(word, turn)))
    return best.speaker


def _apart(word: Word, turn: Turn) -> float:
    return float(max(turn.span.start - word.end, word.start - turn.span.end))
