"""Subtitles -> words: each cue's text spread over the speech that is heard while it is shown."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction

from clipy.analysis.subtitles.parser import Cue
from clipy.text.scripts import is_spaceless
from clipy.types import Seconds, Span, Word

_AROUND = Fraction(3, 10)  # seconds by which speech may begin before its cue, or end after it
_LEAST = Fraction(1, 5)  # seconds of speech in a cue below which its own times are taken
_ENOUGH = 3  # words that speak for a language
_COMMON = {
    "en": "the and you that was for are with his they this have from not what but it is of to",
    "de": "der die das und ist nicht ich sie wir ein eine mit auf für es zu den auch sich dass",
    "fr": "le la les et est pas je vous nous que qui une dans pour sur avec ce mais elle des",
    "es": "el los las y es no que una por con para pero su lo como más del al yo muy",
    "it": "il lo gli e è non che una per con ma come più sono della di mi ti ci questo",
    "pt": "o os as e é não que uma por com para mas como mais do da eu você isso em",
    "nl": "de het een en is niet ik je van dat op te zijn voor met maar wat we hij ook",
}
_SCRIPTS = {
    "CYRILLIC": "ru", "HIRAGANA": "ja", "KATAKANA": "ja", "CJK": "zh", "HANGUL": "ko", "ARABIC": "ar", "HEBREW": "he",
    "GREEK": "el", "THAI": "th", "DEVANAGARI": "hi",
}  # fmt: skip


def words_of(cue: Cue, speech: Sequence[Span]) -> list[Word]:
    """The words of a cue, each as long as its letters are many, within the speech around it."""
    texts = [text for line in cue.lines for text in _split(line)]
    heard = [part for span in speech if (part := _clipped(span, cue.span)).duration > 0]
    if sum((part.duration for part in heard), Fraction(0)) < _LEAST:
        heard = [cue.span]
    total = sum((part.duration for part in heard), Fraction(0))
    weights = [Fraction(sum(map(str.isalnum, text)) + 1) for text in texts]
    whole, done, words = sum(weights, Fraction(0)), Fraction(0), []
    for text, weight in zip(texts, weights, strict=True):
        start = _place(heard, done / whole * total)
        done += weight
        end = _place(heard, done / whole * total, ending=True)
        words.append(Word(text, start, max(start, end), 1.0, cue.speaker))
    return words


def language_of(cues: Iterable[Cue]) -> str:
    """Which language a text is in, by its script and its commonest words; empty when that does not tell."""
    text = " ".join(line for cue in cues for line in cue.lines).lower()
    scripts = Counter(unicodedata.name(letter, "").partition(" ")[0] for letter in text if letter.isalpha())
    for script, _ in scripts.most_common(1):
        if scripts["HIRAGANA"] + scripts["KATAKANA"] > 0.1 * scripts.total():
            return "ja"
        if script != "LATIN":
            return _SCRIPTS.get(script, "")
    said = Counter(re.findall(r"[^\W\d_]+", text))
    counts = {language: sum(said[word] for word in common.split()) for language, common in _COMMON.items()}
    best = max(counts, key=lambda language: counts[language])
    return best if counts[best] >= _ENOUGH and list(counts.values()).count(counts[best]) == 1 else ""


def _split(line: str) -> list[str]:
    """Words by spaces; scripts without spaces by characters, punctuation with the one before."""
    texts: list[str] = []
    for text in line.split():
        if not any(letter.isalnum() and is_spaceless(letter) for letter in text):
            if any(map(str.isalnum, text)) or not texts:
                texts.append(text)
            else:
                texts[-1] += text if len(text) == 1 else f" {text}"
            continue
        for letter in text:
            if texts and not letter.isalnum() and text[0] != letter:
                texts[-1] += letter
            else:
                texts.append(letter)
    return [text for text in texts if any(map(str.isalnum, text))]


def _clipped(speech: Span, cue: Span) -> Span:
    """The speech in a cue, with the ends of a stretch that only just reaches out of it."""
    inside = speech.clamp(cue)
    if inside.duration == 0:
        return inside
    start = speech.start if cue.start - speech.start <= _AROUND else inside.start
    return Span(start, speech.end if speech.end - cue.end <= _AROUND else inside.end)


def _place(heard: Sequence[Span], passed: Seconds, *, ending: bool = False) -> Seconds:
    """The time at which so many seconds of speech have passed; in a pause its beginning or its end."""
    for part in heard:
        if passed < part.duration or (ending and passed == part.duration):
            return part.start + passed
        passed -= part.duration
    return heard[-1].end
