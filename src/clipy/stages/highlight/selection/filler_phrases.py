"""What people say before they say something, and the words that a phrase cannot end on, in the languages known here.

Of a language that is not in the lists, only hesitation, numbering and punctuation are taken away: what looks like
filler in one language says something in another ("er" is he in German, "no" is not in Spanish).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from clipy.analysis.meaning.openings import CONJUNCTIONS

_EDGES = " \"'“”‘’«»,;:–—-、，；：…。．।."
_LEAST = 3  # words that must be left over, or the filler was what is said
_BREAK = r"(?:\s*[,;:.…–—、，；：]+\s*|\s+-+\s+)"  # what parts filler from what follows it

# "3)", "(a)", "#4:"; a decimal, a time of day or an initial is none
_NUMBER = re.compile(r"^(?:#|№|\()?(?:\d{1,3}[):]+|[a-z]\))\s+")
_DOTTED = re.compile(r"^\d{1,3}\.\s+")  # no numbering where it means "third": "3. Oktober"
_DOT_NUMBERS = frozenset(("en", "es", "fr", "it", "ja", "ko", "nl", "pt", "ru", "zh"))
_HESITATION = re.compile(rf"^(?:e+h+m*|ä+h*m*|ö+h*m*|h+m+|eu+h+)(?:{_BREAK}|\s+)", re.IGNORECASE)

_SUBJECT = r"(?=(?:i|you|he|she|it|we|they)\b)"
_START = (
    r"(?=(?:i|you|he|she|it|we|they|this|these|those|there|the|a|an|my|your|his|our|their|if|when|what|why|how"
    r"|who|where|let|here|everybody|everyone|everything|nobody|people|for me)\b)"
)
_COUNT = r"one|two|three|four|five|six|seven|eight|nine|ten"
_ENGLISH = re.compile(
    "^(?:"
    # numbering, and what links to something said before; only where a pause parts them from the rest
    rf"(?:(?:number|point|rule|step|part|chapter|lesson|reason|section)\s+(?:\d+|{_COUNT})|{_COUNT}"
    r"|first(?:ly| of all)?|second(?:ly)?|third(?:ly)?|fourth(?:ly)?|fifth(?:ly)?|last(?:ly)?|finally|next"
    r"|however|therefore|thus|hence|moreover|furthermore|besides|also|again|meanwhile|otherwise|likewise|similarly"
    r"|of course|by the way|in fact|in other words|in short|that said|for example|for instance|in any case|plus"
    r"|look|listen|see|like|now|then|right|well|no|nope|yes|yeah|yep|okay|ok|all ?right|oh|ah|hey|wow|sure|exactly"
    rf"|i mean|you know|you see|sort of|kind of|actually|basically|honestly|anyway|so){_BREAK}"
    # hesitation and conjunctions, which never belong to what follows
    rf"|(?:um+|uh+|er+m*|mm+)(?:{_BREAK}|\s+)"
    rf"|(?:and|or|but(?!\s+for\b)|because(?!\s+of\b))(?:{_BREAK}|\s+)"
    # the rest, where what follows can begin a sentence
    rf"|(?:i mean|you know|you see|no|then|now then|right|like)\s+{_SUBJECT}"
    rf"|(?:so|well|okay|ok|yeah|yes|oh|anyway|actually|basically|honestly)\s+{_START}"
    rf"|(?:i think|i guess|i suppose)(?:\s+that\s+|\s*,\s*|\s+){_START}"
    ")",
    re.IGNORECASE,
)

# Conjunctions are filler before anything; these before a pause alone.
_NONE = r"(?!)"
_PARTED: Mapping[str, str] = {
    "de": "also|ja|nein|nun|nun ja|na ja|naja|tja|gut|okay|ok|genau|so|erstens|zweitens|drittens",
    "fr": "alors|bon|ben|bah|oui|non|donc|enfin|voilà|tu vois|vous savez|premièrement|deuxièmement",
    "es": "bueno|pues|entonces|sí|no|vale|claro|o sea|mira|a ver|primero|segundo|tercero",
    "it": "allora|beh|be'|dunque|sì|no|ecco|insomma|cioè|quindi|guarda|primo|secondo|terzo",
    "pt": "então|bom|bem|sim|não|pois|pois é|olha|ou seja|tipo|primeiro|segundo|terceiro",
    "nl": "nou|nou ja|dus|ja|nee|goed|kijk|oké|ten eerste|ten tweede|ten derde",
    "pl": "no|no więc|więc|tak|nie|dobra|dobrze|słuchaj|po pierwsze|po drugie|po trzecie",
    "ru": "ну|так|вот|да|нет|значит|короче|слушай|во-первых|во-вторых|в-третьих",
    "sv": "ja|nej|alltså|jo|så|okej|för det första|för det andra",
    "ja": "でも|だから|じゃあ|えっと|あの|まあ|はい|うん|そして|しかし",
    "zh": "但是|所以|那么|然后|好|对|嗯|其实|而且|第一|第二|第三",
    "ko": "그리고|그런데|그래서|음|네|아니|자|첫째|둘째|셋째",
}
_WORDS = {
    language: re.compile(
        rf"^(?:(?:{'|'.join(sorted(CONJUNCTIONS.get(language, {_NONE})))})(?:{_BREAK}|\s+)|(?:{parted}){_BREAK})",
        re.IGNORECASE,
    )
    for language, parted in _PARTED.items()
} | {"en": _ENGLISH}

_OPEN: Mapping[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": "a an the and or but nor of to in on at by for with from into about than as is are was were am be been"
        " being do does did has have had will would shall should can could may might must cannot can't don't"
        " doesn't didn't isn't aren't wasn't weren't won't wouldn't that which who whom whose if when while"
        " because although though unless until then so not very i we he she they my your his her its our their"
        " this these those there's it's i'm you're we're they're he's she's let's every some any no more most such"
        " between through without like",
        "de": "der die das den dem des ein eine einen einem einer und oder aber zu in im am an auf von vom mit für bei"
        " nach aus um dass weil wenn ist sind war hat haben wird nicht sehr ich wir er mein dein sein",
        "fr": "le la les un une des du de d' l' et ou mais à au aux en dans sur par pour avec que qui si est sont a ont"
        " ne se je tu il elle nous on mon ma mes son sa ses ce cette très",
        "es": "el la los las un una unos unas de del y o pero a al en con por para que si es son ha han no se lo mi su"
        " muy como yo este esta",
        "it": "il lo la i gli le un uno una di del della e o ma a al alla in nel con per che se è sono ha hanno non si"
        " mi suo molto come",
        "pt": "o a os as um uma de do da e ou mas em no na com por para que se é são tem não muito meu seu como",
        "nl": "de het een en of maar van in op aan met voor bij naar uit te dat die als is zijn was heeft niet heel ik"
        " wij hij mijn",
        "pl": "i a ale lub w we z ze na do od po o za przez dla że nie się jest są był który bo",
        "ru": "и а но или в во с со на к от по о за для что не же как который это был",
    }.items()
}
# Of these in English, those that can follow a phrase: before a verb or a "not" nothing is whole.
_JOINING = frozenset(
    "of to in on at by for with from into about than as and but or that which who whom whose if when while because"
    " although though unless until through between without".split()
)
_NOT = frozenset("nicht ne non no não niet nie не".split())
_HELPING = frozenset(
    "to will would shall should can could may might must is are was were be been have has had do does did not".split()
)


def without_filler(text: str, language: str) -> str:
    """The text from where it begins to say something; all of it, where filler is what it says."""
    text = text.strip(_EDGES)
    while True:
        found = next((hit for way in _ways(language) if (hit := way.match(text))), None)
        rest = text[found.end() :].lstrip(_EDGES) if found else ""
        if len(rest.split()) < _LEAST and (rest.isascii() or " " in rest):
            return text
        text = rest


def is_open(text: str, language: str) -> bool:
    """Whether a text ends on a word that cannot be the last of its phrase: "the", "and", "should openly"."""
    words = text.casefold().replace("’", "'").split()
    if not words or words[-1] in _OPEN.get(language, ()):
        return bool(words)
    adverb = language == "en" and words[-1].endswith("ly") and len(words) > 1
    return adverb and words[-2] in _HELPING


def begins_phrase(word: str, language: str) -> bool:
    """Whether what stands before a word may be whole without it: "the manifesto | of the party"."""
    plain = word.casefold().strip(_EDGES)
    return plain in _JOINING if language == "en" else plain in _OPEN.get(language, ()) and plain not in _NOT


def _ways(language: str) -> list[re.Pattern[str]]:
    """What is filler in a language, as patterns of the beginning of a text."""
    known = [_WORDS[language]] if language in _WORDS else []
    return [_NUMBER, *([_DOTTED] if language in _DOT_NUMBERS else []), *known, _HESITATION]
