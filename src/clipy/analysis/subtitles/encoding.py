"""The text of a subtitle file, whatever encoding it was saved in.

Subtitles circulate in the encodings of their countries, and none of them says which it is. ``chardet`` weighs the
encodings by the language that each would make of the bytes; where two fit equally well, the language that is known from
elsewhere decides. A text that no encoding makes sense of is refused: wrong letters must not reach a picture.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

import chardet

from clipy.analysis.subtitles.cue_timing import language_of
from clipy.errors import MediaError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# By chardet's names. The second group was common on DOS and the old Mac, or is rare: it has to fit a little better.
_COMMON = (
    "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874",
    "iso8859-1", "iso8859-2", "iso8859-5", "iso8859-6", "iso8859-7", "iso8859-8", "iso8859-9", "iso8859-13",
    "iso8859-15", "koi8-r", "koi8-u", "tis-620",
    "gb18030", "big5hkscs", "cp932", "shift_jis_2004", "euc_jis_2004", "iso2022_jp_2", "cp949", "euc_kr", "hz",
)  # fmt: skip
_RARE = (
    "iso8859-16", "cp437", "cp737", "cp850", "cp852", "cp857", "cp862", "cp866", "johab", "mac-cyrillic", "mac-roman",
)  # fmt: skip
_RARE_COSTS = 0.985
_FLAWS_COST = 0.5
# No word has a sign between its letters, and no text control codes: where ISO 8859 has those, Windows has quotes.
_FLAW = re.compile(
    r"(?<=[^\W\d_])[^\w\s\x00-\x7f’ʼ‑–—…·‘“”·\u0300-\u036f\u0591-\u05c7\u0900-\u0fff](?=[^\W\d_])|[\x80-\x9f]"
)
_KNOWN_LANGUAGE = 1.25  # how much better a candidate fits whose language is known to be the right one
_SENSE = 0.2  # fit from which a text certainly reads as a language
_TIE = 0.98  # share of the best fit from which another fits as well
_LOST = "\N{REPLACEMENT CHARACTER}"
_MOST_LOST = 0.002  # share of characters that may be damaged in a text whose encoding is sure
_MOST_ODD = 0.01  # share of characters that no subtitle holds: control codes, unassigned and private ones, box drawing
_ZEROS = 0.15  # share of zero bytes at even or odd places from which a text is UTF-16
_FEW = 6  # letters beyond ASCII below which only the language tells: of Latin letters, nearly all encodings fit
_BY_LANGUAGE = {
    "cp1252": "en de fr es it pt nl sv da no fi is ca id",
    "cp1250": "pl cs sk hu ro sl hr",
    "cp1254": "tr",
    "cp1257": "lt lv et",
    "cp1258": "vi",
}
_USUAL = {language: encoding for encoding, languages in _BY_LANGUAGE.items() for language in languages.split()}
# What a language writes beyond ASCII: what else one of two readings has is a sign that it is the wrong one.
_ALPHABETS = {
    "de": "äöüßé", "fr": "àâæçéèêëîïôœùûüÿ", "es": "áéíñóúü", "it": "àèéìíîòóùú", "pt": "àáâãçéêíóôõúü",
    "nl": "áäèéêëïíóöúü", "sv": "åäöé", "da": "åæøé", "no": "åæøéòô", "fi": "åäöšž", "is": "áæéíðóöþúý",
    "ca": "àçéèíïóòúü", "pl": "ąćęłńóśźż", "cs": "áčďéěíňóřšťúůýž", "sk": "áäčďéíĺľňóôŕšťúýž", "hu": "áéíóöőúüű",
    "ro": "ăâîșțşţ", "sl": "čšžćđ", "hr": "čćđšž", "sq": "çë", "tr": "âçğıîöşüİ", "lt": "ąčęėįšųūž",
    "lv": "āčēģīķļņšūž", "et": "äõöüšž",
}  # fmt: skip
_SAMPLE = 200_000  # bytes that are weighed
_ESCAPES = (b"\x1b$", b"\x1b(", b"~{")  # of encodings with seven bits: ISO-2022, HZ
_TWICE = ("cp1252", "cp1251", "latin-1")  # what UTF-8 is most often misread as, and then saved as UTF-8 again


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, the encoding it was read in, and whether that was found by weighing (``guessed``)."""

    text: str
    encoding: str
    guessed: bool = False


def decode(
    data: bytes, *, encoding: str | None = None, language: str = "", heard: Callable[[], str] | None = None
) -> Decoded:
    """Read the bytes of a text file.

    Args:
        data: All bytes of the file.
        encoding: The encoding that a person named, as Python knows it.
        language: The ISO 639-1 code of the text's language, where it is known.
        heard: Tells the spoken language (empty if unknown); asked only where two encodings fit equally well.

    Raises:
        MediaError: if the text makes no sense in the named encoding, or none can be detected; ``where`` is not set.

    """
    if encoding is not None:
        named = Decoded(_named(data, encoding), encoding)
        _refuse_rubbish(named)
        _refuse_unlikely(named, data, language)
        return named
    found = _marked(data) or _unmarked_wide(data) or _utf8(data)
    if found is None:
        found = _weighed(data, language, heard)
    _refuse_rubbish(found)
    return found


def _named(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except LookupError as error:
        raise MediaError(
            f"there is no encoding {encoding!r}", do="Name one such as utf-8, cp1251 or gb18030"
        ) from error
    except UnicodeError as error:
        raise MediaError(f"the text is not in {encoding} ({error.__class__.__name__})", do=_NAME_IT) from error


_NAME_IT = "Name its encoding with --set transcribe.encoding=..., or save the file as UTF-8"


def _marked(data: bytes) -> Decoded | None:
    """What names itself by a byte order mark."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return Decoded(data.decode(encoding, errors="replace"), encoding)
    return None


def _unmarked_wide(data: bytes) -> Decoded | None:
    """UTF-16 and UTF-32 without a mark: digits, spaces and line ends leave zero bytes at every second place."""
    if len(data) < 8:
        return None
    zeros = [data[place::4].count(0) / (len(data) // 4) for place in range(4)]
    if min(zeros[2:]) > 1 - _ZEROS:
        return _wide(data, "utf-32-le")
    if min(zeros[:2]) > 1 - _ZEROS:
        return _wide(data, "utf-32-be")
    even, odd = (zeros[0] + zeros[2]) / 2, (zeros[1] + zeros[3]) / 2
    if max(even, odd) < _ZEROS or min(even, odd) > max(even, odd) / 4:
        return None
    return _wide(data, "utf-16-le" if odd > even else "utf-16-be")


def _wide(data: bytes, encoding: str) -> Decoded:
    return Decoded(data.decode(encoding, errors="replace"), encoding)


def _utf8(data: bytes) -> Decoded | None:
    """UTF-8, also with a few damaged bytes in much that is sound, or encoded twice."""
    if any(escape in data for escape in _ESCAPES):
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", errors="replace")
        sound = sum(ord(letter) > 0x7F for letter in text if letter != _LOST)
        if text.count(_LOST) * 20 > sound:
            return None
    return Decoded(_encoded_once(text), "utf-8")


def _encoded_once(text: str) -> str:
    """A text without the second UTF-8 encoding that a faulty program put over the first."""
    high = [letter for letter in text if ord(letter) > 0x7F]
    for misread in _TWICE:
        try:
            once = text.encode(misread).decode("utf-8")
        except UnicodeError:
            continue
        if len(high) >= 4 and once != text:  # random letters hardly ever are valid UTF-8 throughout
            return once
    return text


def _weighed(data: bytes, language: str, heard: Callable[[], str] | None) -> Decoded:
    """The encoding in which the bytes read most like a language."""
    known = language or language_of([data.decode("ascii", errors="replace")])
    fits = _fits(data, known)
    if not fits:
        raise MediaError("the text encoding cannot be detected", do=_NAME_IT)
    few = sum(byte > 0x7F for byte in data) < _FEW and fits[0].language in _USUAL
    if not known and heard is not None and (few or len(_rivals(fits)) > 1):
        known = heard()
        fits = _fits(data, known)
    rivals = _rivals(fits)
    if few and (usual := _USUAL.get(known)):
        with suppress(UnicodeError):
            return Decoded(_composed(data.decode(usual)), usual, guessed=True)
    if len(rivals) > 1 or (few and not known):
        names = " or ".join(fit.encoding for fit in (rivals if len(rivals) > 1 else fits)[:3])
        raise MediaError(f"the text may be in {names}: each reads as a language", do=_NAME_IT)
    return Decoded(_composed(rivals[0].text), rivals[0].encoding, guessed=True)


def _composed(text: str) -> str:
    """A text whose letters carry their accents: Vietnamese ones stand by themselves in cp1258."""
    return unicodedata.normalize("NFC", text)


@dataclass(frozen=True, slots=True)
class _Fit:
    score: float
    encoding: str
    language: str
    text: str


def _rivals(fits: list[_Fit]) -> list[_Fit]:
    """Those that fit as well as the best; a rare one is none beside a common one."""
    near = [fit for fit in fits if fit.score >= _TIE * fits[0].score]
    return [fit for fit in near if fit.encoding in _COMMON] or near


def _fits(data: bytes, language: str) -> list[_Fit]:
    """The encodings that fit, best first; of those that give the same text only the first."""
    weighed = chardet.detect_all(
        data[:_SAMPLE], ignore_threshold=True, compat_names=False, include_encodings=(*_COMMON, *_RARE)
    )
    fits: dict[str, _Fit] = {}
    for one in weighed:
        encoding, spoken = one["encoding"] or "", one["language"] or ""
        try:
            text = data.decode(encoding)
        except (UnicodeError, LookupError):
            continue
        score = one["confidence"] * (_RARE_COSTS if encoding in _RARE else 1.0)
        score *= _KNOWN_LANGUAGE if spoken == language != "" else 1.0
        score *= 1 - _FLAWS_COST * _flawed(text)
        score *= 1 - _FLAWS_COST * _foreign(text, language)
        fits.setdefault(text, _Fit(score, encoding, spoken, text))
    return sorted(fits.values(), key=lambda fit: (-fit.score, fit.encoding))


def _flawed(text: str) -> float:
    """The share of the letters beyond ASCII (0..1) that stand where no writing has them."""
    high = sum(letter > "\x7f" for letter in text)
    turned = sum(after > "\x7f" and before.islower() and after.isupper() for before, after in pairwise(text))
    return min(1.0, (len(_FLAW.findall(text)) + turned) / max(1, high))


def _foreign(text: str, language: str) -> float:
    """The share of the letters beyond ASCII (0..1) that a language does not have; 0 where its letters are not known."""
    alphabet = _ALPHABETS.get(language)
    high = [letter for letter in text.lower() if letter > "\x7f" and letter.isalpha()]
    return sum(letter not in alphabet for letter in high) / len(high) if alphabet and high else 0.0


def _refuse_rubbish(found: Decoded) -> None:
    """Raise MediaError for a text that nobody can have meant."""
    text = found.text
    if not text:
        return
    lost, odd = text.count(_LOST), sum(map(_is_odd, text))
    if lost > max(1, _MOST_LOST * len(text)) or odd > max(1, _MOST_ODD * len(text)):
        raise MediaError(f"read as {found.encoding}, the text is not readable", do=_NAME_IT)


def _refuse_unlikely(named: Decoded, data: bytes, language: str) -> None:
    """Raise MediaError where a text reads as no language in the encoding that was named, but does in another."""
    if named.text.isascii() or named.encoding.replace("_", "-").lower().startswith(("utf", "iso2022", "hz")):
        return
    fits = _fits(data, language)
    own = max((fit.score for fit in fits if fit.text == named.text), default=0.0)
    if fits and fits[0].score >= _SENSE and own < fits[0].score / 2:
        raise MediaError(
            f"read as {named.encoding}, the text makes no sense; it reads as {fits[0].encoding}",
            do=f"Leave transcribe.encoding out, or set it to {fits[0].encoding}",
        )


def _is_odd(letter: str) -> bool:
    if letter in "\t\n\r\f\v\x00\x1a":  # a file may end in ^Z, or be padded with zeros
        return False
    return unicodedata.category(letter) in ("Cc", "Cn", "Co", "Cs") or "\u2500" <= letter <= "\u259f"
