"""Who says what: the turns of a video, made once and stored, and the words that belong to them."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from clipy.analysis.base import Diarizer
from clipy.context import Context
from clipy.errors import ModelError
from clipy.text.punctuation import ends_sentence
from clipy.types import Span, Transcript, Turn, Video, Word

log = logging.getLogger(__name__)

_MOST = 0.75  # of a sentence's words that make all of it one person's


def turns_of(video: Video, ctx: Context, spans: Sequence[Span] = ()) -> list[Turn]:
    """Who speaks when in some spans of a video, in all of it when none is given; nothing when there is no sound.

    Spans that meet become one: what is heard at an edge is judged by what is around it.
    """
    asked = joined(spans) if spans else (video.span,)
    return ctx.cached(ctx.analyser(Diarizer).diarize, video, asked) if video.audio else []


def joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The same stretches in order, those that meet as one."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return tuple(found)


def conversation(video: Video, spoken: Transcript, spans: Sequence[Span], ctx: Context) -> list[Turn]:
    """Who speaks when in some spans.

    Only these spans are listened to, all at once: so a voice has the same name in every clip, at a price that does not
    grow with the video. Nobody listens where nothing is said, or where the transcript knows who speaks.
    """
    said = [word for span in spans for word in spoken.within(span)]
    if Diarizer not in ctx.analysers or not said or any(word.speaker for word in spoken.words):
        return []
    try:
        return turns_of(video, ctx, spans)
    except ModelError as error:
        log.warning("words are not told apart by who says them: %s", error)
        return []


def words_to_turns(transcript: Transcript, turns: Sequence[Turn]) -> Transcript:
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


def smooth_by_sentence(transcript: Transcript) -> Transcript:
    """The same words, where somebody else would say one or two of another's sentence: it is the other's, all of it.

    Voices are told apart worst at the edges of turns, while people seldom finish one another's sentences.
    """
    words: list[Word] = []
    sentence: list[Word] = []
    for word, following in zip_longest(transcript.words, transcript.words[1:]):
        sentence.append(word)
        if ends_sentence(word, following, transcript.language_of(word)):
            words += _of_one(sentence)
            sentence = []
    return Transcript(transcript.language, tuple(words))


def _of_one(sentence: list[Word]) -> list[Word]:
    counts = Counter(word.speaker for word in sentence)
    if len(counts) < 2:
        return sentence
    speaker, count = counts.most_common(1)[0]
    return [replace(word, speaker=speaker) for word in sentence] if count >= _MOST * len(sentence) else sentence


def speakers(transcript: Transcript, turns: Sequence[Turn]) -> tuple[str, ...]:
    """Everybody who is known to speak, in the order in which they are first heard: the same for all clips."""
    return tuple(dict.fromkeys([turn.speaker for turn in turns] or [w.speaker for w in transcript.words if w.speaker]))


def _speaker(word: Word, near: Sequence[Turn]) -> str:
    best = max(near, key=lambda turn: (word.span.overlap(turn.span), -_apart(word, turn)))
    return best.speaker


def _apart(word: Word, turn: Turn) -> float:
    return float(max(turn.span.start - word.end, word.start - turn.span.end))
