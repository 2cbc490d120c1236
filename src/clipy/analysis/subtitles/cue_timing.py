"""Subtitles -> words: the text of each cue distributed over the speech during it."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise

from clipy.analysis.subtitles.cue import MARKS, Cue, unmarked
from clipy.text.scripts import SPACED_WORD, is_spaceless
from clipy.types import Seconds, Span, Word

_AROUND = Fraction(3, 10)  # seconds by which speech may begin before its cue, or end after it
_LEAST = Fraction(1, 5)  # seconds of speech in a cue below which its own times are taken
_CLINGING = "\u0e30-\u0e3a\u0e45-\u0e4e\u0eb0-\u0ebc\u0ec8-\u0ecd"
_ENOUGH = 3  # words that speak for a language
_COMMON = {
    "en": "the and you that was for are with his they this have from not what but it is of to",
    "de": "der die das und ist nicht ich sie wir ein eine mit auf für es zu den auch sich dass",
    "fr": "le la les et est pas je vous nous que qui une dans pour sur avec ce mais elle des",
    "es": "el los las y es no que una por con para pero su lo como más del al yo muy",
    "it": "il lo gli e è non che una per con ma come più sono della di mi ti ci questo",
    "pt": "o os as e é não que uma por com para mas como mais do da eu você isso em",
    "nl": "de het een en is niet ik je van dat op te zijn voor met maar wat we hij ook",
    "pl": "nie się to jest na i w z że do jak co ale czy ja ty go mnie tak dla",
    "cs": "je se to na že a ale jak co tak jsem jsi není proč když by mi ho si pro",
    "hu": "a az és hogy nem is egy ez meg csak mi de van ha már azt mit én most vagy",
    "ro": "și că nu este la în pe cu un o să mai ce din dar pentru am eu ai sunt",
    "tr": "bir ve bu ne için değil ben sen o çok da de mi ama gibi var yok daha ki kadar",
    "sv": "och att det är jag du inte en som på av för med han vi den har till om så",
    "da": "og at det er jeg du ikke en som på af for med han vi den har til om så",
    "no": "og at det er jeg du ikke en som på av for med han vi den har til om så",
    "fi": "ja on ei se että en olen hän mitä niin kun mutta minä sinä oli joka kuin jos nyt tämä",
    "vi": "là của và không tôi có được một cho người này đó với những anh em các đã thì ở",
    "hr": "je se na da što i u za nije sam ali kako bio samo ovo smo ti ja mi kao",
    "sl": "je in ne da se na za sem kaj ali tako tudi bi pa če ni so po jaz ti",
    "sk": "je sa to na že a nie som ako čo ale tak už by mi si čo len pre ja",
    "et": "ja on ei see ma et sa mis kui oli ta mu aga nii ka siis ära või meie",
    "sq": "është një të dhe në për me që nuk kam do ka ti unë më si jo por kjo",
    "id": "yang dan di itu ini tidak aku kau dengan untuk dari ada akan apa saya kamu dia ke bisa kita",
}
_SCRIPTS = {
    "CYRILLIC": "ru", "HIRAGANA": "ja", "KATAKANA": "ja", "CJK": "zh", "HANGUL": "ko", "ARABIC": "ar", "HEBREW": "he",
    "GREEK": "el", "THAI": "th", "DEVANAGARI": "hi",
}  # fmt: skip
_OWN_LETTERS = {
    "uk": "іїєґ",
    "be": "ўі",
    "sr": "ђћџљњј",
    "fa": "پچژگ",
    "ur": "ٹڈڑے",
}  # that a script's first language lacks


def words_of(cue: Cue, speech: Sequence[Span]) -> list[Word]:
    """The words of a cue, each as long as its letters are many, within the speech around it.

    Where the cue says when some of them begin, the others are spread between those.
    """
    pieces = [(text, line.speaker) for line in cue.lines for text in _split(line.text)]
    known = _in_order([_begins(text, cue.times) for text, _ in pieces], cue.span)
    words: list[Word] = []
    borders = [index for index, time in enumerate(known) if time is not None and index] + [len(pieces)]
    for first, last in pairwise([0, *borders]):
        start = known[first] if first < len(known) else None
        end = known[last] if last < len(known) else None
        part = Span(cue.span.start if start is None else start, cue.span.end if end is None else end)
        words += _spread([(unmarked(text), speaker) for text, speaker in pieces[first:last]], part, speech)
    return words


def _begins(text: str, times: Sequence[Seconds]) -> Seconds | None:
    """When a word begins, where a mark before its first letter tells."""
    for letter in text:
        if ord(letter) in MARKS:
            return times[ord(letter) - MARKS[0]]
        if letter.isalnum():
            break
    return None


def _in_order(times: Sequence[Seconds | None], span: Span) -> list[Seconds | None]:
    """The times, without those outside of the cue or before an earlier one."""
    last, kept = span.start, list[Seconds | None]()
    for time in times:
        fits = time is not None and last <= time < span.end
        kept.append(time if fits else None)
        last = time if fits and time is not None else last
    return kept


def _spread(pieces: Sequence[tuple[str, str | None]], span: Span, speech: Sequence[Span]) -> list[Word]:
    heard = [part for piece in speech if (part := _clipped(piece, span)).duration > 0]
    if not heard or sum((part.duration for part in heard), Fraction(0)) < min(_LEAST, span.duration / 2):
        heard = [span]
    total = sum((part.duration for part in heard), Fraction(0))
    weights = [Fraction(sum(map(str.isalnum, text)) + 1) for text, _ in pieces]
    whole, done, words = sum(weights, Fraction(0)), Fraction(0), list[Word]()
    for (text, speaker), weight in zip(pieces, weights, strict=True):
        start = _place(heard, done / whole * total)
        done += weight
        end = _place(heard, done / whole * total, ending=True)
        words.append(Word(text, start, max(start, end), 1.0, speaker))
    return words


def language_of(texts: Iterable[str]) -> str:
    """Which language a text is in, by its script and its commonest words; empty when that does not tell."""
    text = " ".join(texts).lower()
    scripts = Counter(unicodedata.name(letter, "").partition(" ")[0] for letter in text if letter.isalpha())
    for script, _ in scripts.most_common(1):
        if scripts["HIRAGANA"] + scripts["KATAKANA"] > 0.1 * scripts.total():
            return "ja"
        if script != "LATIN":
            return _among(text, _SCRIPTS.get(script, ""))
    said = Counter(re.findall(r"[^\W\d_]+", text))
    counts = {language: sum(said[word] for word in common.split()) for language, common in _COMMON.items()}
    best = max(counts, key=lambda language: counts[language])
    return best if counts[best] >= _ENOUGH and list(counts.values()).count(counts[best]) == 1 else ""


def _among(text: str, usual: str) -> str:
    """Which of the languages of a script: the usual one, unless letters are there that it does not have."""
    script = {"ru": ("uk", "be", "sr"), "ar": ("ur", "fa")}.get(usual, ())
    counts = {language: sum(text.count(letter) for letter in _OWN_LETTERS[language]) for language in script}
    best = max(counts, key=lambda language: counts[language], default=usual)
    if counts.get(best, 0) * 100 > len(text):
        return best
    return "bg" if usual == "ru" and text.count("ъ") * 100 > len(text) and not set("ыэё") & set(text) else usual


def _split(line: str) -> list[str]:
    """Words by spaces; scripts without spaces by characters, save Latin words; punctuation with the one before."""
    texts: list[str] = []
    for text in re.sub(r"([\ue000-\uf8fe]+)(\s+)", r"\2\1", line).split():  # a mark at a word's end is the next one's
        if not any(letter.isalnum() and is_spaceless(letter) for letter in text):
            if any(map(str.isalnum, text)) or not texts:
                texts.append(text)
            else:
                texts[-1] += text if len(text) == 1 else f" {text}"
            continue
        for letter in re.findall(rf"[\ue000-\uf8fe]*(?:{SPACED_WORD}|.)[{_CLINGING}\u0300-\u036f]*", text):
            if texts and not any(map(str.isalnum, letter)) and text[0] != letter:
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
