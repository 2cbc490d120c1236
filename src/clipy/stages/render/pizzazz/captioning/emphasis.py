"""Key words of a clip, by deterministic rules: numbers, names, and long words that are said only once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from clipy.text.punctuation import ends_with_terminal
from clipy.types import Word

_MIN_LETTERS = 9  # of a long word
_MIN_DISTANCE = 4  # words from one key word to the next
_CAPITALIZED_NOUNS = frozenset(("de", "lb"))  # languages that capitalize every noun like a name
_MAX_CAPITALIZED = 0.4  # share of capitalized words above which capitals do not mark names
_ALWAYS_CAPITALIZED = frozenset(("i", "i'm", "i've", "i'll", "i'd"))
_STOP_WORDS = frozenset(
    "absolutely accordingly actually afterwards altogether alternatively apparently basically certainly completely"
    " definitely especially essentially eventually everybody everything everywhere exactly extremely generally"
    " hopefully immediately including literally naturally necessarily nevertheless obviously otherwise particularly"
    " practically primarily probably recently seriously similarly something sometimes somewhere specifically suddenly"
    " therefore themselves throughout typically ultimately understand understood yesterday ourselves yourselves".split()
)


def key_words(words: Sequence[Word], language: str) -> frozenset[int]:
    """The indexes of the key words: the strongest candidates, at least ``_MIN_DISTANCE`` words apart."""
    bare = [_strip_punctuation(word.text) for word in words]
    counts = Counter(text.casefold() for text in bare)
    names = _names(words, bare, language)
    scores = [_score(text, counts[text.casefold()], index in names) for index, text in enumerate(bare)]
    chosen: set[int] = set()
    for index in sorted(range(len(words)), key=lambda index: (-scores[index], index)):
        if scores[index] == 0:
            break
        if not any(abs(index - other) < _MIN_DISTANCE for other in chosen):
            chosen.add(index)
    return frozenset(chosen)


def _score(text: str, count: int, name: bool) -> float:
    if any(char.isdigit() for char in text) and len(text) > 1:
        return 3.0
    if name:
        return 2.0
    folded = text.casefold()
    rare = count == 1 and len(text) >= _MIN_LETTERS and text.isalpha() and folded not in _STOP_WORDS
    return 1.0 + len(text) / 100 if rare and not folded.endswith("ly") else 0.0


def _names(words: Sequence[Word], bare: Sequence[str], language: str) -> frozenset[int]:
    """The indexes of capitalized words in the middle of a sentence."""
    if language in _CAPITALIZED_NOUNS:
        return frozenset()
    inside = [index for index in range(1, len(words)) if not _ends_sentence(words[index - 1].text)]
    names = [
        index
        for index in inside
        if bare[index][:1].isupper() and len(bare[index]) > 1 and bare[index].casefold() not in _ALWAYS_CAPITALIZED
    ]
    return frozenset(names) if len(names) <= _MAX_CAPITALIZED * len(inside) else frozenset()


def _strip_punctuation(text: str) -> str:
    return text.strip("\"'“”‘’«»()[]{}.,;:!?…-–—¿¡").replace("’", "'")


def _ends_sentence(text: str) -> bool:
    return ends_with_terminal(text) or text.endswith(":")
