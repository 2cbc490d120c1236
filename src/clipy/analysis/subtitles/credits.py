"""Credits and advertisements in subtitles: who made, timed or translated them, and the sites that spread them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from clipy.analysis.subtitles.cue import Cue
from clipy.types import Span

_SITES = re.compile(
    r"open\W?subtitles|addic7ed|subscene|podnapisi|tvsubtitles|subdl\b|yifysubtitles|\byts\b|\byify\b|titlovi|napiprojekt|"
    r"napisy24|legendas\W?tv|opensubs|subf2m|moviesubtitles|subdivx|titulky\.com|feliratok|hosszupuska|sous-titres\.eu|"
    r"italiansubs|itasa\b|subsfactory|tusubtitulo|argenteam|amara\.org|osdb\.link|viki\.com|zimuku|yyets|人人影视|字幕组|"
    r"字幕社|射手网|assrt|subhd|kinozal|rutracker|lostfilm|newstudio|notabenoid",
    re.IGNORECASE,
)
_MADE = re.compile(
    r"\b(?:subtitl(?:es?|ed|ing)|subs?|captions?|captioned|captioning|sync(?:hroni[sz]ed|ed|hro)?|resync(?:ed)?|"
    r"timings?|ripp?ed|rip|encoded|corrected|corrections?|translated|translations?|transcribed|transcripts?|uploaded|"
    r"downloaded|encoding|adapted|improved|fixed)\b(?:\s*(?:and|&|,|\+|/)\s*\w+){0,3}\s*(?:\b(?:by|from|at)\b|:)|"
    r"\buntertitel(?:ung)?\b.{0,20}(?:\b(?:von|im auftrag|der|des)\b|:)|\bübersetz(?:t|ung)\b.{0,12}(?:\bvon\b|:)|"
    r"\bsous-titr(?:es?|age)\b.{0,25}(?:\bpar\b|:)|\btraduction\s*(?:par\b|:)|"
    r"\bsubt[ií]tulos?\b.{0,20}(?:\bpor\b|\bde\b|:)|\btraducido por\b|\bsubtitulado por\b|\btraducción\s*(?:por\b|:)|"
    r"\blegendas?\b.{0,12}(?:\bpor\b|:)|\blegendado por\b|\btradução\s*(?:por\b|:)|\btraduzido por\b|"
    r"\bsottotitoli\b.{0,20}(?:\bdi\b|\ba cura\b|:)|\btraduzione\s*(?:di\b|:)|\btradotto da\b|"
    r"\bnapisy\b.{0,12}:|\btłumaczenie\s*:|\bvertaling\b.{0,6}(?:\bdoor\b|:)|\bondertiteling\b|"
    r"\bçeviri\b\s*:|\baltyazı\b|\bfelirat\b.{0,10}:|\bfordította\b|\btitulky\b.{0,12}:|\bpřeklad\s*:|"
    r"субтитр\w*.{0,25}(?::|\bот\b|создал|сделал|подготов)|\bперев[её]л\w*\s*:|\bперевод\s*:|\bредактор субтитров\b|"
    r"(?:字幕|翻译|翻譯|校对|校對|时间轴|時間軸|听译|压制|后期)\s*(?:[:：]|组|制作|製作|由)|자막\s*(?:[:：]|제작|by)",
    re.IGNORECASE,
)
_ADVERT = re.compile(
    r"\badvertise\b.{0,40}\bhere\b|\byour advert\b|\bsupport us\b.{0,40}\bvip\b|\bvip member\b|\bremove all ads\b|"
    r"\bwatch (?:movies|series|tv|any video|online)\b.{0,40}\b(?:free|online|subtitles)\b|"
    r"\bdownload (?:movies|subtitles)\b|\bplease rate this subtitle\b|\bhelp other users\b.{0,40}\bsubtitles\b|"
    r"\bjoin (?:us|our)\b.{0,30}\b(?:telegram|discord)\b|"
    r"\bt\.me/|\bpatreon\.com/|\bbecome a member\b.{0,30}\bsubtitles?\b|\bonline casino\b|\b1xbet\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"\bhttps?://|\bwww\.\w|\b[\w-]{2,}\.(?:org|com|net|tv|info|eu|me|ru|cc|to|link)\b(?!\w)", re.IGNORECASE
)
_HANDLE = re.compile(r"^\W*(?:@\w{3,}|[\w.-]+@[\w-]+\.\w+)\W*$")
_SHORT = 6  # words beside the name of a site that are no sentence
_SPOKEN = Fraction(1, 2)  # share of a cue in which somebody speaks, from which it may be said


def without_credits(cues: Sequence[Cue], speech: Sequence[Span]) -> tuple[list[Cue], list[Cue]]:
    """The cues that are said, and those that are credits or advertisements.

    Cues that name a site with what it does, that hold a whole address, or that ask for something as such sites do, go
    wherever they stand. Words that people say as well ("translated by", "example.com") go where nobody speaks, and in
    the first and the last cue.
    """
    kept: list[Cue] = []
    gone: list[Cue] = []
    for cue in cues:
        at_edge = cue in (cues[0], cues[-1])
        (gone if _is_credit(cue, speech, at_edge=at_edge) else kept).append(cue)
    return kept, gone


def _is_credit(cue: Cue, speech: Sequence[Span], *, at_edge: bool) -> bool:
    text = cue.text
    made, address = bool(_MADE.search(text)), bool(_ADDRESS.search(text) or _HANDLE.search(text))
    site = bool(_SITES.search(text))
    if _ADVERT.search(text) or "://" in text or (made and address) or (site and (made or address)):
        return True
    if site and len(text.split()) <= _SHORT:
        return True
    spoken = sum((span.overlap(cue.span) for span in speech), Fraction(0))
    return (made and at_edge) or ((made or address) and spoken < _SPOKEN * cue.span.duration)
