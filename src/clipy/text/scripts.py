"""Scripts that are written without spaces between words: known by the language, or by a character."""

from __future__ import annotations

import re

SAMPLES = {"zh": "中文", "yue": "中文", "ja": "日本語かな", "ko": "한국어"}
"""A few letters of each language whose script the fonts of a plain installation lack."""

LANGUAGES_WITHOUT_SPACES = frozenset({"zh", "yue", "ja", "th", "lo", "my", "km", "bo"})
_SPACELESS = (  # first and last code point of the scripts
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x0F00, 0x0FFF),  # Tibetan
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x312F),  # CJK radicals and punctuation, kana, bopomofo
    (0x31A0, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFF00, 0xFFEF),  # full-width forms
    (0x20000, 0x3FFFF),
)


def is_spaceless(character: str) -> bool:
    """Whether a character, a punctuation mark included, belongs to a script without spaces between words."""
    return any(first <= ord(character) <= last for first, last in _SPACELESS)


_SPACELESS_CLASS = "".join(f"{chr(first)}-{chr(last)}" for first, last in _SPACELESS)
_SPACED_LETTER = rf"(?:(?![{_SPACELESS_CLASS}])[^\W_]|[０-９Ａ-Ｚａ-ｚ])[\u0300-\u036f]*"
_INSIDE = r"['’\-_&@/+]|(?<=\d)[.,:](?=\d)|\.(?=[a-z])"
SPACED_WORD = rf"(?:{_SPACED_LETTER})+(?:(?:{_INSIDE})(?:{_SPACED_LETTER})+)*[%+#°℃]*"
"""Pattern of one Latin (Cyrillic, Greek, ...) word or number amid a script without spaces: Google, Wi-Fi, 3.5%, C++."""


def continues_word(before: str, after: str) -> bool:
    """Whether two texts, written without a space between them, meet inside one Latin word or number ("Go" + "ogle")."""
    border = len(before)
    return any(match.start() < border < match.end() for match in re.finditer(SPACED_WORD, before + after))
