"""Where Japanese and Chinese lines must not or should not break: kinsoku shori, and words that no space marks."""

from __future__ import annotations

import re

# Characters not allowed at the start or the end of a line in Japanese and Chinese typesetting (JIS X 4051).
_NOT_AT_LINE_START = frozenset(
    "、。，．！？：；）」』】〉》〕〗｝］〟…‥・ー～〜々ゝゞヽヾ％℃"
    "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶｧｨｩｪｫｯｬｭｮｰﾞﾟ｡､｣･,.!?;:)]}%”’»"
)
_NOT_AT_LINE_END = frozenset("（「『【〈《〔〖｛［〝｢“‘«([{")
_KINSOKU_COST = 20.0
_INSIDE_WORD_COST = 10.0  # more than another card costs
_BEFORE_ENDING_COST = 2.5  # Japanese endings and particles are written in hiragana, and belong to what precedes
_INSIDE_COMPOUND_COST = 1.8
_KATAKANA = re.compile(r"[ァ-ヺー-ヿㇰ-ㇿｦ-ﾟ]")
_HIRAGANA = re.compile(r"[ぁ-ゟー]")
_HAN = re.compile(r"[々〇\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def kinsoku_cost(before: str, after: str) -> float:
    """The cost, in cards, of a break that puts closing punctuation or small kana first, or an opening bracket last."""
    return _KINSOKU_COST if after[0] in _NOT_AT_LINE_START or before[-1] in _NOT_AT_LINE_END else 0.0


def inside_word_cost(before: str, after: str, language: str) -> float:
    """The cost, in cards, of a break between two neighbors that are likely parts of one word; 0 where nothing says so.

    Runs of katakana are one word, and so are a number and its counter (3 + 人, 第 + 3). In Japanese a word mostly
    begins where hiragana ends. Chinese characters show no such borders.
    """
    last, first = before[-1], after[0]
    if _KATAKANA.match(last) and _KATAKANA.match(first):
        return _INSIDE_WORD_COST
    if (last.isdecimal() and (_HAN.match(first) or first in "つヶ")) or (last == "第" and first.isdecimal()):
        return _INSIDE_WORD_COST
    if _HIRAGANA.match(first):
        return _INSIDE_COMPOUND_COST if _HIRAGANA.match(last) else _BEFORE_ENDING_COST
    return _INSIDE_COMPOUND_COST if language == "ja" and _HAN.match(last) and _HAN.match(first) else 0.0
