"""A title for a passage: a phrase that is really said in it, whole, and short enough to be read at a glance."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Sequence
from itertools import product

from clipy.analysis.meaning.openings import standalone
from clipy.stages.highlight.selection.filler_phrases import begins_phrase, is_open, without_filler
from clipy.text.punctuation import CLOSERS, ends_with_terminal
from clipy.text.sentences import Sentence

_LIMIT = 60  # letters
_FEWEST = 3  # words of a phrase that says something
_FEWEST_OF_PART = 5  # and of one that its sentence goes on after: fewer are mostly an introduction
_STRONG = ";:–—；："  # what a phrase may begin after
_CLAUSE = re.compile(
    r"(?<=[,;:–—、，；：])\s*"
    r"|\s+(?=(?:but|because|when|while|until|although|unless)\s)"
    r"|\s+(?=and (?:I|i|you|he|she|it|we|they|then|so|there)\s)"
)
_EDGES = " \"'“”‘’«»,;:–—-、，；：…。．।."
_PARTING = ",;:–—、，；："
_EARLY = 0.03  # off for each sentence that comes before
_CUT = 0.3  # off for a phrase that does not begin, or does not end, with its sentence
_SHORT = 0.3  # off for a phrase of less than a quarter of the letters that it may have
_HALF = 0.6  # off for what only leads up to the clause that follows: "If you want to be happy, ..."
_LEANING = 0.4  # off for a phrase that cannot be understood alone: "He had never done that"
_TAKEN = 10.0  # off for what is another clip's title already: more than all else together
_MERIT = 1.5  # on for a sentence that is worth showing

# English words that open what leads up to a clause, and those that turn a phrase's meaning over.
_LEADING = frozenset(
    "if when while although though because since as after before until unless once whenever whether in at on by for"
    " from with during despite without given having being according instead".split()
)
_NEGATIONS = frozenset("not never no nobody nothing none neither nor cannot hardly without".split())
# What, behind a comma, finishes what stands before it: complement clauses, in languages that write a comma there.
_FINISHING = {
    "de": frozenset("dass daß ob was wie wer wo warum zu um der die das den dem".split()),
    "pl": frozenset("że żeby czy co jak kto gdzie który która które".split()),
    "ru": frozenset("что чтобы ли как кто где который которая которое которые".split()),
}


def title(
    sentences: Sequence[Sentence],
    limit: int = _LIMIT,
    worth: Sequence[float] | None = None,
    taken: Collection[str] = (),
) -> str:
    """The best phrase of at most ``limit`` letters: a whole sentence or its clauses, rather early, not from filler.

    ``worth`` says how much each sentence is worth showing, in 0..1. One of the titles ``taken`` is given again only
    where there is no other phrase. A passage without any such phrase is cut at a word.
    """
    merits = worth if worth is not None else [0.5] * len(sentences)
    best, highest = "", -math.inf
    for place, (sentence, merit) in enumerate(zip(sentences, merits, strict=True)):
        for phrase, loss in _phrases(sentence, limit):
            value = 2 + _MERIT * merit + loss - _EARLY * place - _SHORT * (len(phrase) < limit / 4)
            value -= _TAKEN * (phrase in taken)
            if value > highest:
                best, highest = phrase, value
    return best or _cut(sentences, limit)


def _phrases(sentence: Sentence, limit: int) -> Iterator[tuple[str, float]]:
    """The runs of clauses of a sentence that fit, and what each is worth beside the whole sentence, at most 0."""
    language = sentence.language
    text = without_filler(sentence.text, language)
    finished = _is_finished(sentence)
    gaps = [gap.start() for gap in _CLAUSE.finditer(text) if 0 < gap.start() < len(text)]
    begins = [0, *(gap for gap in gaps if text[gap - 1] in _STRONG)]
    for begin, end in product(begins, (*gaps, len(text))):
        phrase, whole = _trimmed(text[begin:end], language) if begin < end else "", end == len(text)
        fewest = _FEWEST if whole else _FEWEST_OF_PART
        fits = 0 < len(phrase) <= limit and (len(phrase.split()) >= fewest or not phrase.isascii())
        if not fits or ((not whole or not finished) and is_open(phrase, language)):
            continue
        if whole or not _goes_on(phrase, text[end:], text[end - 1], language):
            yield phrase, -_CUT * (begin > 0) - _CUT * (not whole) - _lacking(phrase, whole, language)


def _goes_on(phrase: str, rest: str, before: str, language: str) -> bool:
    """Whether what follows a phrase finishes it, or takes back what it says: "you are not paid | until you finish"."""
    following = rest.split(maxsplit=1)[0].strip(_EDGES).casefold() if rest.split() else ""
    if following in _FINISHING.get(language, ()):
        return True
    words = set(phrase.casefold().replace("’", "'").split())
    denies = bool(words & _NEGATIONS) or any(word.endswith("n't") for word in words)
    return denies and before.isalnum() and following not in {"but", "although", "and"}


def _lacking(phrase: str, whole: bool, language: str) -> float:
    """What is off for a phrase that leads up to something else, or leans on something said before."""
    if language != "en":
        return 0.0  # no list tells
    leads = not whole and phrase.split(maxsplit=1)[0].casefold() in _LEADING
    return _HALF * leads + _LEANING * (1 - standalone(phrase, "", language))


def _trimmed(text: str, language: str) -> str:
    """Without filler before it and punctuation around it; a question keeps its mark."""
    said = without_filler(text, language).rstrip(_EDGES)
    first = len(said) - len(said.lstrip("¿¡"))
    return said[:first] + said[first : first + 1].upper() + said[first + 1 :]


def _cut(sentences: Sequence[Sentence], limit: int) -> str:
    """The first sentence that says something, cut where a phrase ends if it can be, and else at a word."""
    telling = [s for s in sentences if len(s.words) >= _FEWEST] or list(sentences)
    language = telling[0].language
    text = _trimmed(telling[0].text, language) or telling[0].text
    unended = not _is_finished(telling[0]) and is_open(text, language)
    if len(text) <= limit and not unended:
        return text
    kept = text if len(text) < limit else text[: limit - 1].rsplit(" ", 1)[0]
    words = kept.rstrip(_EDGES).split(" ")
    after = [*words[1:], *text[len(kept) :].split(maxsplit=1)[:1], ""]
    ends = [end for end in range(len(words), _FEWEST - 1, -1) if not is_open(" ".join(words[:end]), language)]
    whole = [
        end
        for end in ends
        if len(" ".join(words[:end])) >= limit / 2
        and (words[end - 1][-1:] in _PARTING or begins_phrase(after[end - 1], language))
    ]
    return " ".join(words[: [*whole, *ends, len(words)][0]]).rstrip(_EDGES) + "…"


def _is_finished(sentence: Sentence) -> bool:
    """Whether a sentence was spoken to its end, as far as its punctuation tells."""
    return ends_with_terminal(sentence.text) and not sentence.text.rstrip(f"{CLOSERS} ").endswith(("..", "…"))
