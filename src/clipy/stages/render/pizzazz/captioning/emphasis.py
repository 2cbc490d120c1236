"""Which words of a clip stand out: numbers, names, and long words that are said only once. Simple and repeatable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from clipy.text.punctuation import ends_with_terminal
from clipy.types import Word

_LONG = 9  # letters of a word that is worth a look
_APART = 4  # at most one word in so many stands out, so that it still means something
_NOUNS_IN_CAPITALS = frozenset(("de", "lb"))  # German writes every noun like a name
_SHOUTED = 0.4  # share of words in capitals above which they say nothing
_ALWAYS_CAPITAL = frozenset(("i", "i'm", "i've", "i'll", "i'd"))
_WEAK = frozenset(
    "absolutely accordingly actually afterwards altogether alternatively apparently basically certainly completely"
    " definitely especially essentially eventually everybody everything everywhere exactly extremely generally"
    " hopefully immediately including literally naturally necessarily nevertheless obviously otherwise particularly"
    " practically primarily probably recently seriously similarly something sometimes somewhere specifically suddenly"
    " therefore themselves throughout typically ultimately understand understood yesterday ourselves yourselves".split()
)


def key_words(words: Sequence[Word], language: str) -> frozenset[int]:
    """The indexes of the words that stand out, few enough to mean something."""
    bare = [_bare(word.text) for word in words]
    often = Counter(text.casefold() for text in bare)
    names = _names(words, bare, language)
    strength = [_strength(text, often[text.casefold()], index in names) for index, text in enumerate(bare)]
    chosen: set[int] = set()
    for index in sorted(range(len(words)), key=lambda index: (-strength[index], index)):
        if strength[index] == 0:
            break
        if not any(abs(index - other) < _APART for other in chosen):
            chosen.add(index)
    return frozenset(chosen)


def _strength(text: str, count: int, name: bool) -> float:
    if any(char.isdigit() for char in text) and len(text) > 1:
        return 3.0
    if name:
        return 2.0
    folded = text.casefold()
    rare = count == 1 and len(text) >= _LONG and text.isalpha() and folded not in _WEAK
    return 1.0 + len(text) / 100 if rare and not folded.endswith("ly") else 0.0


def _names(words: Sequence[Word], bare: Sequence[str], language: str) -> frozenset[int]:
    """Words in the middle of a sentence that begin with a capital."""
    if language in _NOUNS_IN_CAPITALS:
        return frozenset()
    inside = [index for index in range(1, len(words)) if not _ends(words[index - 1].text)]
    named = [
        index
        for index in inside
        if bare[index][:1].isupper() and len(bare[index]) > 1 and bare[index].casefold() not in _ALWAYS_CAPITAL
    ]
    return frozenset(named) if len(named) <= _SHOUTED * len(inside) else frozenset()


def _bare(text: str) -> str:
    return text.strip("\"'“”‘’«»()[]{}.,;:!?…-–—¿¡").replace("’", "'")


def _ends(text: str) -> bool:
    return ends_with_terminal(text) or text.endswith(":")
