"""``pizzazz = "translate"``: captions and title in another language, by a language model."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

from pydantic import Field, TypeAdapter

from clipy.chat.client import api_key
from clipy.chat.endpoint import Endpoint
from clipy.context import Context
from clipy.errors import ConfigError
from clipy.media.frame import Frame
from clipy.stages.base import Pizzazz
from clipy.stages.render.pizzazz.translation.asking import translate
from clipy.stages.render.pizzazz.translation.timing import timed
from clipy.storage.store import file_digest
from clipy.text.scripts import SAMPLES
from clipy.text.sentences import Sentence, sentences
from clipy.types import Box, Edit, Json, Span, Transcript, Video
from clipy.typography.card_painter import CardPainter
from clipy.typography.cards import Card, CardRules, group_into_cards
from clipy.typography.fonts import packaged_font_digests, require_glyphs
from clipy.typography.occupied_regions import OccupiedRegion, regions_to_json
from clipy.typography.overlay import Overlay
from clipy.typography.safe_area import text_safe_area
from clipy.typography.styles import CaptionStyle, Paint

log = logging.getLogger(__name__)

_CARDS = TypeAdapter(tuple[Card, ...])
_RULES = CardRules(max_width=38, max_lines=2, min_duration=Fraction(5, 6), reading_speed=17)
_BELOW = 0.7  # height of the original line's middle, as a share of the picture's height: below the captions
_HALF = 0.032  # of the picture's height: half of what two lines take
_STYLE = CaptionStyle(
    "fontpkg_montserrat", "Montserrat[[]wght].ttf", 600, size=0.034, text=Paint((236, 236, 236)), outline_width=0.12
)


class Translate(Pizzazz):
    """What is said, and the title, in another language; put it before captions. Needs clipy[llm] and a model.

    Each sentence is translated for itself and keeps its time; inside it the words are highlighted in proportion to
    their length. Subtitle files and ``clips.json`` hold the translation, too.
    """

    digested_options: ClassVar[frozenset[str]] = frozenset(("glossary",))

    class Options(Pizzazz.Options, Endpoint):
        to: str = Field("en", pattern=r"^[a-z]{2,3}$", description="Language of the captions, as a code such as de.")
        original: bool = Field(False, description="Also show what was said, in a small line below the captions.")
        title: bool = Field(True, description="Translate the title as well.")
        glossary: Path | None = Field(
            None, description="File with a line for each term: how it is said = how it is translated."
        )

    options: Options

    def plan(self, video: Video, edit: Edit, ctx: Context) -> Edit:
        """Replace the words; ``plans[name]``, of the ``kind`` translation, holds ``sentences`` and original cards.

        Raises ConfigError without an API key or behind captions, ServiceError without a usable answer.
        """
        if edit.plans_of("captions"):
            raise ConfigError("translate comes after captions, which are planned already", do="Put translate first")
        spoken = sentences(Transcript(edit.language, edit.words))
        if not spoken or edit.language == self.options.to:
            return edit
        title, texts = self._ask(edit, spoken, ctx)
        words = tuple(
            word
            for sentence, text in zip(spoken, texts, strict=True)
            for word in timed(text, sentence.span, sentence.words[0].speaker)
        )
        plan = {
            "kind": "translation",
            "from": edit.language,
            "sentences": [[sentence.text, text] for sentence, text in zip(spoken, texts, strict=True)],
            **(self._original(edit) if self.options.original else {}),
        }
        highlight = replace(edit.highlight, title=title or edit.highlight.title)
        plans = {**edit.plans, self.name: plan}
        return replace(edit, words=words, language=self.options.to, highlight=highlight, plans=plans)

    def frames(self, frames: Iterator[Frame], edit: Edit, ctx: Context) -> Iterator[Frame]:
        plan = edit.plans.get(self.name)
        if not isinstance(plan, Mapping) or "cards" not in plan:
            return frames
        return _draw(frames, _CARDS.validate_python(plan["cards"]), str(plan["from"]))

    def check(self, transcript: Transcript) -> None:
        require_glyphs(SAMPLES.get(self.options.to, ""))
        api_key(self.options.base_url, self.options.api_key_env)

    def input_digests(self) -> tuple[str, ...]:
        """The glossary, and the font of the original line."""
        path = self.options.glossary
        return (*packaged_font_digests(), *(() if path is None or not path.is_file() else (file_digest(path),)))

    def _ask(self, edit: Edit, spoken: tuple[Sentence, ...], ctx: Context) -> tuple[str, list[str]]:
        options = self.options
        api_key(options.base_url, options.api_key_env)
        ctx.report(f"asking {options.model} for a translation")
        with options.chat() as chat:
            title = edit.highlight.title if options.title else ""
            found = translate(chat, options.to, title, spoken, _glossary(options.glossary))
            usage = chat.usage
        log.info(
            "%s translated %d sentences from %s to %s: tokens read: %d, written: %d%s",
            *(options.model, len(spoken), edit.language or "?", options.to),
            *(usage.read, usage.written, options.cost(usage)),
        )
        return found

    def _original(self, edit: Edit) -> dict[str, Json]:
        """The cards of what was said, and where they are."""
        cards = group_into_cards(edit.clip_words(), _RULES)
        width, height = edit.crop.width, edit.crop.height
        box = Box(0.1 * width, (_BELOW - _HALF) * height, 0.9 * width, (_BELOW + _HALF) * height)
        region = OccupiedRegion(Span(Fraction(0), edit.duration), box)
        return {"cards": _CARDS.dump_python(cards, mode="json"), "occupied": regions_to_json([region])}


def _draw(frames: Iterator[Frame], cards: tuple[Card, ...], language: str) -> Iterator[Frame]:
    drawn: tuple[Card, Overlay] | None = None
    for frame in frames:
        card = next((card for card in cards if frame.time in card.span), None)
        if card is not None:
            if drawn is None or drawn[0] is not card:
                area = text_safe_area(frame.width, frame.height, _BELOW, avoid_overlays=False)
                size = _STYLE.size * min(frame.width, frame.height)
                drawn = (card, CardPainter(card, _STYLE, area, size, language).overlay(None))
            drawn[1].blend_onto(frame)
        yield frame


def _glossary(path: Path | None) -> dict[str, str]:
    """Terms and their translations. Raises ConfigError for a file that cannot be read as such."""
    if path is None:
        return {}
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ConfigError(f"cannot read the glossary ({reason})", where=path, do="Check translate.glossary") from error
    terms = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        source, equals, target = (part.strip() for part in line.partition("="))
        if not (source and equals and target):
            raise ConfigError("not a term = its translation", where=f"{path}:{number}", do="Correct the line")
        terms[source] = target
    return terms
