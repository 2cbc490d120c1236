"""Scripts that are written without spaces between words: known by the language, or by a character."""

from __future__ import annotations

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
