"""A title for a passage: a phrase that is really said in it, whole, and short enough to be read at a glance."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import product

from clipy.analysis.sentences import Sentence

_LIMIT = 60  # letters
_FEWEST = 3  # words of a phrase that says something
_FEWEST_OF_PART = 5  # and of one that its sentence goes on after: fewer are mostly an introduction
_STRONG = ";:–—；："  # what a phrase may begin after
_FILLER = re.compile(
    r"^(?:(?:and|but|so|or|well|now|okay|ok|yeah|yes|no|right|like|um+|uh+|er+|ah|oh|hmm+|i mean|you know|you see"
    r"|i think|i guess|i suppose|actually|basically|honestly|anyway|look|listen|alright|all right|sort of|kind of"
    r"|because|then)"
    r"\b[\s,.;:…–—-]*)+",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"(?<=[,;:–—、，；：])\s*|\s+(?=(?:but|because|which|who|when|while|until|although|unless)\s)")
_EDGES = " \"'“”‘’«»,;:–—-、，；：…。．।."
_EARLY = 0.03  # off for each sentence that comes before
_CUT = 0.3  # off for a phrase that does not begin, or does not end, with its sentence
_SHORT = 0.3  # off for a phrase of less than a quarter of the letters that it may have
_MERIT = 1.5  # on for a sentence that is worth showing
_WEAK_ENDS = frozenset(
    "a an the and or but of to in on at by for with from as is are was were be that which who if when than then"
    " so".split()
)


def title(sentences: Sequence[Sentence], limit: int = _LIMIT, worth: Sequence[float] | None = None) -> str:
    """The best phrase of at most ``limit`` letters: a whole sentence or its clauses, rather early, not from filler.

    ``worth`` says how much each sentence is worth showing, in 0..1. A passage without any such phrase is cut at a word.
    """
    merits = worth if worth is not None else [0.5] * len(sentences)
    best, highest = "", -1.0
    for place, (sentence, merit) in enumerate(zip(sentences, merits, strict=True)):
        for phrase, loss in _phrases(sentence.text, limit):
            value = 2 + _MERIT * merit + loss - _EARLY * place - _SHORT * (len(phrase) < limit / 4)
            if value > highest:
                best, highest = phrase, value
    return best or _cut(sentences, limit)


def _phrases(text: str, limit: int) -> Iterator[tuple[str, float]]:
    """The runs of clauses of a sentence that fit, and what each is worth beside the whole sentence, at most 0."""
    text = _trimmed(text)
    gaps = [gap.start() for gap in _CLAUSE.finditer(text) if 0 < gap.start() < len(text)]
    begins = [0, *(gap for gap in gaps if text[gap - 1] in _STRONG)]
    for begin, end in product(begins, (*gaps, len(text))):
        phrase = _trimmed(text[begin:end]) if begin < end else ""
        fewest = _FEWEST if end == len(text) else _FEWEST_OF_PART
        fits = 0 < len(phrase) <= limit and (len(phrase.split()) >= fewest or not phrase.isascii())
        if fits and phrase.split()[-1].casefold() not in _WEAK_ENDS:
            yield phrase, -_CUT * (begin > 0) - _CUT * (end < len(text))


def _trimmed(text: str) -> str:
    """Without filler before it and punctuation around it; a question keeps its mark."""
    said = _FILLER.sub("", text.strip(_EDGES)) or text.strip(_EDGES)
    return said[:1].upper() + said[1:].rstrip(_EDGES)


def _cut(sentences: Sequence[Sentence], limit: int) -> str:
    """The first sentence that says something, cut at a word."""
    telling = [s for s in sentences if len(s.words) >= _FEWEST] or list(sentences)
    text = _trimmed(telling[0].text) or telling[0].text
    if len(text) <= limit:
        return text
    words = text[: limit - 1].rsplit(" ", 1)[0].rstrip(_EDGES).split(" ")
    while len(words) > 1 and words[-1].casefold() in _WEAK_ENDS:
        words.pop()
    return " ".join(words) + "…"
