"""The words of a post: templates filled from a clip, cut to what a platform allows at the end of a word.

A template is text with names in braces: ``{title}``, ``{reason}``, ``{hashtags}``. What a name stands for is put in
as it is and never read as a template, so that nothing said in a video can change a post's shape.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from clipy.errors import ConfigError, did_you_mean
from clipy.text.punctuation import ends_with_terminal
from clipy.types import Clip

NAMES: Mapping[str, str] = {
    "title": "the clip's title",
    "reason": "why it is worth watching",
    "opening": "the first sentence that is said, or the first twelve words",
    "transcript": "all that is said",
    "language": "the spoken language, as in en",
    "name": "the file's name without its ending",
    "duration": "seconds, rounded",
    "hashtags": "the hashtags, each with its #",
}
_HOLE = re.compile(r"\{(\w*)\}")
_OPENING_WORDS = 12
_ELLIPSIS = "…"

Measure = Callable[[str], int]


def characters(text: str) -> int:
    """How most platforms count."""
    return len(text)


def utf16(text: str) -> int:
    """How TikTok counts: an emoji is two."""
    return len(text.encode("utf-16-le")) // 2


def utf8(text: str) -> int:
    """How YouTube counts a description: in bytes."""
    return len(text.encode())


@dataclass(frozen=True)
class Words:
    """What a clip can say about itself."""

    values: Mapping[str, str]
    hashtags: tuple[str, ...]

    def fill(self, template: str) -> str:
        """The template with every name replaced. Raises ConfigError for a name that there is not."""

        def value(hole: re.Match[str]) -> str:
            name = hole[1]
            if name not in self.values:
                do = did_you_mean(name, NAMES, "{{{}}}".format) or f"Names: {', '.join(NAMES)}"
                raise ConfigError(f"a template cannot say {{{name}}}", do=do)
            return self.values[name]

        return re.sub(r"\n{3,}", "\n\n", _HOLE.sub(value, template)).strip()


def words_of(clip: Clip, hashtags: Sequence[str]) -> Words:
    """What a clip says about itself; a file that clipy did not make is called by its name."""
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
    tags = tuple(dict.fromkeys(tag for text in hashtags if (tag := hashtag(Words(values, ()).fill(text)))))
    return Words({**values, "hashtags": " ".join(tags)}, tags)


def hashtag(text: str) -> str:
    """``#`` and the letters and digits of any script; empty when there are none."""
    plain = re.sub(r"[^\w]", "", text)
    return f"#{plain}" if plain else ""


def cut(text: str, most: int, measure: Measure = characters) -> str:
    """The text if it fits, else as many whole words as fit, with an ellipsis. One endless word is cut inside."""
    text = text.strip()
    if measure(text) <= most:
        return text
    low, high = 0, len(text)
    while low < high:  # the longest start that fits
        middle = (low + high + 1) // 2
        low, high = (middle, high) if measure(text[:middle].rstrip() + _ELLIPSIS) <= most else (low, middle - 1)
    start = text[:low]
    if low < len(text) and not text[low].isspace() and (space := re.search(r"\s\S*$", start)):
        start = start[: space.start()]
    return start.rstrip().rstrip(",;:-–—").rstrip() + _ELLIPSIS if start else ""


def _opening(spoken: Sequence[str]) -> str:
    for count, word in enumerate(spoken[:_OPENING_WORDS], 1):
        if ends_with_terminal(word):
            return " ".join(spoken[:count])
    return " ".join(spoken[:_OPENING_WORDS])
