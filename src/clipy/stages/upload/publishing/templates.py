"""Text templates of posts: filled from a clip, and truncated at word boundaries to what a platform allows.

A template is text with placeholders in braces: ``{title}``, ``{reason}``, ``{hashtags}``. Their values are inserted
literally and never interpreted as templates, so nothing said in a video can change the shape of a post.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from clipy.errors import ConfigError, did_you_mean
from clipy.text.punctuation import ends_with_terminal
from clipy.types import Clip

PLACEHOLDERS: Mapping[str, str] = {
    "title": "the clip's title",
    "reason": "why it is worth watching",
    "opening": "the first spoken sentence, or the first twelve words",
    "transcript": "the whole transcript",
    "language": "the spoken language, such as en",
    "name": "the file name without extension",
    "duration": "the duration in whole seconds",
    "hashtags": "the hashtags, each with its #",
}
_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_OPENING_WORDS = 12
_ELLIPSIS = "…"


def utf16_length(text: str) -> int:
    """The length in UTF-16 code units, as TikTok counts: an emoji is two."""
    return len(text.encode("utf-16-le")) // 2


def utf8_length(text: str) -> int:
    """The length in UTF-8 bytes, as YouTube counts descriptions."""
    return len(text.encode())


@dataclass(frozen=True)
class TemplateContext:
    """The placeholder values of a clip."""

    values: Mapping[str, str]
    hashtags: tuple[str, ...]

    def fill(self, template: str) -> str:
        """The template with every placeholder replaced. Raises ConfigError for an unknown one."""

        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name not in self.values:
                do = did_you_mean(name, PLACEHOLDERS, "{{{}}}".format) or f"Placeholders: {', '.join(PLACEHOLDERS)}"
                raise ConfigError(f"unknown placeholder {{{name}}} in a template", do=do)
            return self.values[name]

        return re.sub(r"\n{3,}", "\n\n", _PLACEHOLDER.sub(value, template)).strip()


def template_context(clip: Clip, hashtags: Sequence[str]) -> TemplateContext:
    """The placeholder values of a clip; the title of a file that clipy did not make is its name."""
    edit = clip.edit
    spoken = [] if edit is None else [word.text.strip() for word in edit.words]
    values = {
        "title": clip.name if edit is None else edit.highlight.title or clip.name,
        "reason": "" if edit is None else edit.highlight.reason,
        "opening": _opening(spoken),
        "transcript": " ".join(spoken),
        "language": "" if edit is None else edit.language,
        "name": clip.name,
        "duration": str(round(clip.duration)),
        "hashtags": "",
    }
    filled = (to_hashtag(TemplateContext(values, ()).fill(text)) for text in hashtags)
    tags = tuple(dict.fromkeys(tag for tag in filled if tag))
    return TemplateContext({**values, "hashtags": " ".join(tags)}, tags)


def to_hashtag(text: str) -> str:
    """``#`` with the letters and digits of a text, in any script; empty if it has none."""
    plain = re.sub(r"[^\w]", "", text)
    return f"#{plain}" if plain else ""


def truncate(text: str, limit: int, measure: Callable[[str], int] = len) -> str:
    """The text, or as many whole words as fit, with an ellipsis. Only a single overlong word is cut inside."""
    text = text.strip()
    if measure(text) <= limit:
        return text
    low, high = 0, len(text)
    while low < high:  # bisect the longest prefix that fits
        middle = (low + high + 1) // 2
        low, high = (middle, high) if measure(text[:middle].rstrip() + _ELLIPSIS) <= limit else (low, middle - 1)
    start = text[:low]
    if low < len(text) and not text[low].isspace() and (space := re.search(r"\s\S*$", start)):
        start = start[: space.start()]
    return start.rstrip().rstrip(",;:-–—").rstrip() + _ELLIPSIS if start else ""


def _opening(spoken: Sequence[str]) -> str:
    for count, word in enumerate(spoken[:_OPENING_WORDS], 1):
        if ends_with_terminal(word):
            return " ".join(spoken[:count])
    return " ".join(spoken[:_OPENING_WORDS])
