"""Names that are expected: a hint to Whisper, and the correction of recognized words that nearly match one."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path

from clipy.errors import ConfigError
from clipy.types import Word

log = logging.getLogger(__name__)

_PROMPT_LENGTH = 600  # characters: Whisper takes 223 tokens, and a rare name costs up to one for every 3 characters
_SHORTEST = 5  # letters of a name that near misses are looked for; shorter ones resemble too many words
_SIMILAR, _SIMILAR_SOUND = 0.84, 0.7  # least similarity of spellings; with the same consonants in the same order
_CONSONANTS = 3  # at least, to go by them
_LOW_PROBABILITY = 0.5  # below, even a dictionary word may be a misrecognized name
_CORE = re.compile(r"^(\W*)(.*?)((?:['’]s)?\W*)$", re.DOTALL)
_SPELLINGS = (("ph", "f"), ("ck", "k"), ("x", "ks"), ("q", "k"))
_SOUND = str.maketrans("bdgjvzc", "ptkkfsk", "aeiouyhw")  # voiced like voiceless; no vowels


@dataclass(frozen=True, slots=True)
class _Match:
    similarity: float
    words: tuple[Word, ...]  # what replaces the ``taken`` words
    taken: int


def read_glossary(path: Path) -> list[str]:
    """The names in a text file (UTF-8), one a line; empty lines and lines that begin with # do not count."""
    try:
        lines = path.expanduser().read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"the glossary cannot be read ({error})",
            where=path,
            do="Set transcribe.glossary to a UTF-8 text file with one name per line",
        ) from error
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]


def prompt(hints: Sequence[str]) -> str:
    """The hints as one text, as far as Whisper's prompt holds them; how many are left out is logged."""
    text = ""
    for count, hint in enumerate(hints):
        longer = f"{text}, {hint}" if text else hint
        if len(longer) > _PROMPT_LENGTH:
            log.warning("Whisper is given the first %d of %d hints: its prompt holds no more", count, len(hints))
            break
        text = longer
    return text


def corrected(words: Sequence[Word], names: Sequence[str], is_common: Callable[[str], bool]) -> list[Word]:
    """The words, with near misses of the names replaced; times are kept.

    A name of n words replaces n words, a name of one word also two adjacent ones. A common word (``is_common`` of its
    lower-case letters) is replaced only where its probability is below 0.5.
    """
    split = [name.split() for name in names if name.strip()]
    known = {_letters(part) for name in split for part in name}
    longest = max((len(name) for name in split), default=0) + 1
    result: list[Word] = []
    index = 0
    while index < len(words):
        ahead = words[index : index + longest]
        found = [match for name in split for match in _matches(ahead, name, known, is_common)]
        best = max(found, key=_rank, default=_Match(0, (words[index],), 1))
        before = " ".join(word.text for word in words[index : index + best.taken])
        after = " ".join(word.text for word in best.words)
        if before != after:
            log.info("name corrected at %.1f s: %r -> %r", words[index].start, before, after)
        result += best.words
        index += best.taken
    return result


def _rank(match: _Match) -> tuple[float, int]:
    return match.similarity, -match.taken


def _matches(
    ahead: Sequence[Word], name: Sequence[str], known: set[str], is_common: Callable[[str], bool]
) -> Iterator[_Match]:
    """How the next words may be replaced by a name."""
    window = ahead[: len(name)]
    if len(window) == len(name) and (similarity := _similarity(window, name, known, is_common)):
        replaced = tuple(_written(word, part) for word, part in zip(window, name, strict=True))
        yield _Match(similarity, replaced, len(window))
    pair = ahead[:2]
    if len(name) == 1 and len(pair) == 2 and (similarity := _similarity(pair, name, known, is_common)):
        opening, ending = _core(pair[0].text)[0], _core(pair[1].text)[2]
        sure = min(word.probability for word in pair)
        merged = replace(pair[0], text=f"{opening}{name[0]}{ending}", end=pair[1].end, probability=sure)
        yield _Match(similarity, (merged,), 2)


def _similarity(
    window: Sequence[Word], name: Sequence[str], known: set[str], is_common: Callable[[str], bool]
) -> float:
    """How nearly words read or sound like a name, 0..1; 0 where they must stay."""
    heard, target = [_letters(word.text) for word in window], "".join(map(_letters, name))
    said = "".join(heard)
    if not all(heard) or (said[0] != target[:1] and _sound(said)[:1] != _sound(target)[:1]):
        return 0.0
    if any(_core(word.text)[2].strip('"”»)') for word in window[:-1]):  # a clause ends there
        return 0.0
    if heard == [_letters(part) for part in name]:
        return 0.0 if len(name) == 1 and is_common(said) else 1.0
    stays = [  # an inflected name, or a word that is right as it is
        word in known or (is_common(word) and recognized.probability >= _LOW_PROBABILITY)
        for word, recognized, part in zip(heard, window, [*name, ""], strict=False)
        if word != _letters(part)
    ]
    if any(stays) or len(target) < _SHORTEST or (said.startswith(target) and said != target):
        return 0.0
    return _alike(said, target)


def _alike(said: str, target: str) -> float:
    ratio = 1.0 if said == target else SequenceMatcher(None, said, target, autojunk=False).ratio()
    sound = _sound(target)
    same_sound = len(sound) >= _CONSONANTS and _sound(said) == sound
    return ratio if ratio >= (_SIMILAR_SOUND if same_sound else _SIMILAR) else 0.0


def _written(word: Word, name: str) -> Word:
    opening, _, ending = _core(word.text)
    return replace(word, text=f"{opening}{name}{ending}")


def _core(text: str) -> tuple[str, str, str]:
    """Opening punctuation, the word, and what follows it: a possessive ending and punctuation."""
    match = _CORE.match(text)
    return (match[1], match[2], match[3]) if match else ("", text, "")


def _letters(text: str) -> str:
    """Lower-case letters and digits without accents, of a word without its possessive ending."""
    bare = unicodedata.normalize("NFKD", _core(text)[1].casefold())
    return "".join(letter for letter in bare if letter.isalnum())


def _sound(letters: str) -> str:
    """The consonants, those alike in sound written alike, and doubled ones once."""
    soft = re.sub("c(?=[eiy])", "s", letters)
    for spelling, plain in _SPELLINGS:
        soft = soft.replace(spelling, plain)
    return re.sub(r"(.)\1+", r"\1", soft.translate(_SOUND))
