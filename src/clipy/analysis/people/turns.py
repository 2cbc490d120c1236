"""Turns: who speaks when, from the sound alone, found once for a run, and the words of each turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import replace
from itertools import zip_longest

from clipy.analysis.base import Diarizer
from clipy.context import Context
from clipy.text.punctuation import ends_sentence
from clipy.types import Span, Transcript, Turn, Video, Word

_WHOLE = 20 * 60  # seconds: a video that is no longer is diarized as a whole
_FEWEST = 3  # words in all clips from which somebody gets a name
_MOST = 0.75  # of a sentence's words that make all of it one person's


def conversation(video: Video, spans: Sequence[Span]) -> tuple[Span, ...]:
    """What to diarize in a run whose clips come from some spans: the whole video, if that is short, else these spans.

    All of it is diarized at once, so that a voice has one name in every clip. The price (about 2 s of processor time
    for 100 s of sound) does not grow with long videos. Spans that meet are merged: the sound around an edge counts.
    """
    if video.duration <= _WHOLE:
        return (video.span,)
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return tuple(merged)


def turns_of(video: Video, span: Span, ctx: Context) -> list[Turn]:
    """Who speaks when in the run's conversation, of which ``span`` is a part. None without sound.

    Raises ModelError where the diarizer's networks cannot be had.
    """
    if not video.audio:
        return []
    asked = ctx.conversation or conversation(video, [span])
    return ctx.cached(ctx.analyser(Diarizer).diarize, video, asked)


def words_to_turns(transcript: Transcript, turns: Sequence[Turn]) -> Transcript:
    """Assign speakers to words: the one with the most overlap, else the nearest.

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


def smooth_by_sentence(transcript: Transcript) -> Transcript:
    """The same words, with sentences that are nearly all one person's given to that person as a whole.

    Diarization errs most at the edges of turns, while people seldom finish one another's sentences.
    """
    words: list[Word] = []
    sentence: list[Word] = []
    for word, following in zip_longest(transcript.words, transcript.words[1:]):
        sentence.append(word)
        if ends_sentence(word, following, transcript.language_of(word)):
            words += _of_one(sentence)
            sentence = []
    return Transcript(transcript.language, tuple(words))


def without_rare_speakers(words: Sequence[Word], known: Container[str] = ()) -> list[Word]:
    """The same words, in order; those of somebody who says hardly any are given to whoever speaks before, or after.

    A voice with a word or two is mostly a laugh, a jingle or the edge of a turn: a third name for two people. Those who
    are ``known`` stay.
    """
    counts = Counter(word.speaker for word in words)
    frequent = {name for name, count in counts.items() if name is not None and (count >= _FEWEST or name in known)}
    if not frequent:
        return list(words)
    last = next(word.speaker for word in words if word.speaker in frequent)
    found = []
    for word in words:
        last = word.speaker if word.speaker in frequent else last
        found.append(word if word.speaker is None else replace(word, speaker=last))
    return found


def _of_one(sentence: list[Word]) -> list[Word]:
    counts = Counter(word.speaker for word in sentence)
    if len(counts) < 2:
        return sentence
    speaker, count = counts.most_common(1)[0]
    return [replace(word, speaker=speaker) for word in sentence] if count >= _MOST * len(sentence) else sentence


def _speaker(word: Word, near: Sequence[Turn]) -> str:
    best = max(near, key=lambda turn: (word.span.overlap(turn.span), -_apart(word, turn)))
    return best.speaker


def _apart(word: Word, turn: Turn) -> float:
    return float(max(turn.span.start - word.end, word.start - turn.span.end))
