"""What of subtitles is spoken, and by whom: not the sounds, the music and the names that are written for the deaf."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from clipy.analysis.subtitles.cue import Cue, Line, Shown, unmarked
from clipy.analysis.subtitles.rolling import said_once
from clipy.types import Span

_VOICE = re.compile(r"<v(?:\.[^ >]*)?\s+([^>]{1,80})>", re.IGNORECASE)
_TAGS = re.compile(r"<[^<>]*>")
_BRACKETS = re.compile(r"\[[^\[\]]*\]|\([^()]*\)|（[^（）]*）|【[^【】]*】|〔[^〔〕]*〕|［[^［］]*］|⸨[^⸨⸩]*⸩")
_NOTES = re.compile(r"(?<!\S)[¶#]{1,3}(?=\s|$)|[♪♫♬🎵🎶≪≫➡☎]+")
_SUNG = re.compile(r"^\s*([¶#])(?!\d)(.+?)\1?\s*$")  # a line of a song; "#1" is a number, "C#" a word
_STARRED = re.compile(r"\*+([^*\n]{1,60})\*+")
_NEW_SPEAKER = re.compile(r"^\s*(?:[-–—‐―•]+\s*|>{2,}\s*|&gt;&gt;\s*)")
_STRAY = re.compile(r"(?<=\s)[-–—](?=\s|$)|>>+")
# A label before a colon: letters, marks and a few signs, no sentence. The colon may be wide, or have a space before it.
_LABEL = re.compile(
    r"^(?P<name>[^\W\d_][\w .'’&/#-]{0,38}?)\s?(?P<sure>\u2060?)\s?[:：](?P<rest>\s.*|$|(?<=：).*)", re.DOTALL
)
_BRACKETED = re.compile(r"(?m)^([-–—>\s]*)[\[(]([^\W\d_][\w .'’&#-]{1,38})[\])]\s*[:：]")
_SURE = "\u2060"  # stands between a name and its colon where the name was in brackets, so that it is no part of speech
_TITLES = frozenset(
    "dr doctor mr mrs ms miss mister madam sir lady lord prof professor captain capt colonel col major "
    "sergeant sgt lieutenant lt officer detective inspector agent judge president senator father sister "
    "brother mother aunt uncle king queen prince princess herr frau monsieur madame señor señora don doña "
    "signor signora".split()
)
_ROLES = frozenset(
    "narrator man woman boy girl child host guest interviewer interviewee reporter announcer presenter "
    "anchor speaker moderator audience crowd all both voice everyone everybody student teacher doctor "
    "nurse driver operator caller officer waiter waitress soldier guard translator interpreter "
    "commentator male female person kid baby old young sprecher erzähler erzählerin mann frau narrateur "
    "narratrice homme femme narrador narradora hombre mujer narratore uomo donna рассказчик диктор "
    "мужчина женщина ведущий голос 旁白 男 女 男子 女子 记者 主持人 ナレーター 男性 女性".split()
)
_NO_NAMES = frozenset(
    "a an and answer are at but conclusion example exactly fact first finally for goal here his her how "
    "if important in is it lesson listen look my next no note now objective ok okay one or point problem "
    "question quote reason remember result rule second secondly so solution step summary thank that the "
    "then there they thing third this tip today two three update warning we well what when where which "
    "who why yes you your i he she also aber das der die und wir ich ja nein c'est donc et mais alors "
    "pues entonces pero y allora ma e".split()
)
_SOUNDS = frozenset(
    "laughs laughing laughter laugh chuckles chuckling giggles giggling sighs sighing sigh gasps gasping "
    "coughs coughing cough sobs sobbing crying cries sniffs sniffling snorts groans groaning moans "
    "screams screaming yells shouts cheers cheering applause applauding clapping claps whistles whistling "
    "hums humming music musical playing plays song singing sings silence inaudible indistinct chatter "
    "breathing breathes exhales inhales panting grunts grunting clears throat knocks knocking ringing "
    "rings beeping beeps barking barks thunder explosion gunshot gunshots footsteps door phone crowd "
    "audience murmuring static whispers whispering mumbles stammers scoffs yawns burps hiccups sneezes "
    "lacht gelächter applaus musik seufzt rires applaudissements musique soupire risas aplausos música "
    "suspira risate applausi musica смех аплодисменты музыка вздыхает смеётся смеется "
    "笑 笑声 掌声 音乐 拍手 音楽".split()
)
_PARTICLES = ("de", "der", "di", "la", "le", "van", "von")  # of names
_SILENT_LABELS = frozenset("music song sound sounds sfx fx lyrics musik musique música musica музыка 音乐 音楽".split())
_LABELLED = 2  # labels in capitals, or with a title or a role, from which other labels are names as well
_UPPER = 0.6  # share of cues in capitals from which capitals mean nothing
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class _Habits:
    """What a whole file tells about one line of it.

    ``names`` stand before colons again and again; ``labelled``: it has labels that certainly are names; ``capitals``:
    all of it is in capitals.
    """

    names: frozenset[str]
    labelled: bool
    capitals: bool


def spoken_text(shown: Sequence[Shown]) -> list[Cue]:
    """What is said in some cues (in order of time), once, as plain text by speaker, one after the other."""
    cues = said_once(shown)
    habits = _habits(cues)
    return list(_apart([spoken for cue in cues if (spoken := _spoken(cue, habits)) is not None]))


def _apart(cues: Sequence[Cue]) -> Iterator[Cue]:
    """The cues one after the other: two that are shown at once share their time by the length of their text."""
    before: Cue | None = None
    for cue in cues:
        later = cue
        if before is not None:
            if cue.span.start < before.span.end:
                whole = Span(before.span.start, max(before.span.end, cue.span.end))
                share = Fraction(len(before.text) + 1, len(before.text) + len(cue.text) + 2)
                border = max(cue.span.start, whole.start + whole.duration * share)
                before, later = (
                    replace(before, span=Span(before.span.start, border)),
                    replace(cue, span=Span(border, whole.end)),
                )
            yield before
        before = later
    if before is not None:
        yield before


def _habits(cues: Iterable[Shown]) -> _Habits:
    labels, sure, capitals, total = Counter[str](), 0, 0, 0
    for cue in cues:
        text = unmarked(_TAGS.sub("", "\n".join(cue.lines)))
        total += 1
        capitals += text.isupper() and len(text) > 8
        for line in text.split("\n"):
            label = _LABEL.match(_NEW_SPEAKER.sub("", html.unescape(line)).strip())
            if label is not None and _could_be_name(name := label["name"].strip()):
                labels[name.lower()] += 1
                sure += name.isupper() or _is_known(name)
    all_capitals = capitals > _UPPER * max(1, total)
    repeated = frozenset(name for name, times in labels.items() if times > 1)
    return _Habits(repeated, labelled=sure >= _LABELLED and not all_capitals, capitals=all_capitals)


def _spoken(shown: Shown, habits: _Habits) -> Cue | None:
    text, voice = "\n".join(shown.lines), shown.speaker
    if named := _VOICE.search(text):
        voice = html.unescape(named[1]).strip() or voice
    text = html.unescape(_TAGS.sub("", text)).replace("\u200b", "").replace("\xa0", " ")
    text = _without_brackets(_BRACKETED.sub(rf"\1\2{_SURE}:", text))
    lines: list[Line] = []
    speaker = voice
    for raw in text.split("\n"):
        line = raw.strip()
        turned = False
        while turn := _NEW_SPEAKER.match(line):
            line, speaker, turned = line[turn.end() :], voice, True
        name, line = _named(line, habits, turned=turned)
        if name.lower() in _SILENT_LABELS:
            continue
        speaker = name or speaker
        plain = _said(line, habits)
        if any(letter.isalnum() for letter in unmarked(plain)):
            lines.append(Line(plain, speaker))
    return Cue(shown.span, tuple(lines), shown.times) if lines else None


def _without_brackets(text: str) -> str:
    """A text without what is in brackets, also over several lines and inside other brackets."""
    while (less := _BRACKETS.sub(lambda found: "\n" if "\n" in found[0] else " ", text)) != text:
        text = less
    return text


def _named(line: str, habits: _Habits, *, turned: bool) -> tuple[str, str]:
    """The name that a line begins with, and the rest; no name where the words before the colon are said."""
    label = _LABEL.match(unmarked(line[:1]) + line[1:] if line else line)
    if label is None or not (label["sure"] or _is_name(label["name"].strip(), habits, turned=turned)):
        return "", line.replace(_SURE, "")
    name = label["name"].strip()
    return (name.title().replace("’S", "’s").replace("'S", "'s") if name.isupper() else name), label["rest"].strip()


def _is_name(name: str, habits: _Habits, *, turned: bool) -> bool:
    """Whether the words before a colon are a name; ``turned``: the line begins with the sign of a new speaker."""
    words = _label_words(name)
    if name.isupper() and not habits.capitals:
        return len(words) <= 4 and not (len(words) == 1 and words[0] in _NO_NAMES)
    if not _could_be_name(name):
        return False
    again = name.lower() in habits.names
    return again or (turned if habits.capitals else habits.labelled or _is_known(name))


def _is_known(name: str) -> bool:
    """Whether a label begins with a title, or says what somebody is."""
    words = _label_words(name)
    return words[0] in _TITLES or any(word in _ROLES or word in _SILENT_LABELS for word in words)


def _label_words(name: str) -> list[str]:
    return [word.lower().rstrip(".") for word in re.split(r"[ /&]+", name) if word]


def _could_be_name(name: str) -> bool:
    """Whether all words of a label are capitalized like names, and none commonly starts a sentence."""
    words = [word for word in re.split(r"[ /&]+", name.strip()) if word]
    plain = [word.lower().rstrip(".") for word in words]
    if not 0 < len(words) <= 4 or any(word in _NO_NAMES for word in plain):
        return False
    if not name.isascii() and not any(letter.isupper() or letter.islower() for letter in name):
        return len(name) <= 6  # a script without capitals
    return all(word[0].isupper() or word[0] in "#0123456789" or word in _PARTICLES for word in words)


def _said(line: str, habits: _Habits) -> str:
    """A line without notes, sounds and stray signs."""
    line = _STARRED.sub(_unstarred, line)
    line = _SUNG.sub(r"\2", _STRAY.sub(" ", _NOTES.sub(" ", line)))
    words = [word.lower() for word in _WORD.findall(unmarked(line))]
    if not habits.capitals and unmarked(line).isupper() and 0 < len(words) <= 5 and _is_sound(words):
        return ""
    return " ".join(line.split())


def _unstarred(found: re.Match[str]) -> str:
    """What stands between asterisks: a sound goes, a word that is only stressed stays."""
    words = [word.lower() for word in _WORD.findall(unmarked(found[1]))]
    alone = found[0].strip() == found.string.strip()
    return " " if alone or _is_sound(words) or not words else found[1]


def _is_sound(words: Sequence[str]) -> bool:
    return any(word in _SOUNDS for word in words)
