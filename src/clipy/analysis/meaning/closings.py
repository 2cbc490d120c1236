"""How a passage closes: whether it announces something that then does not follow. Word lists are English."""

from __future__ import annotations

import re

_LONGEST = 14  # words of an announcement; longer sentences mostly say the thing as well
_UNENDED = ("...", "…", ":", "：", ",", "，", "、", ";", "；", "-", "–", "—")
_CLOSING = " \"'”’»)"
_COUNT = r"(?:two|three|four|five|six|seven|several|a few|some|many|\d+)"
_THINGS = r"(?:things|reasons|ways|points|rules|steps|lessons|questions|facts|examples|kinds|types|parts|stories|ideas)"
_ANNOUNCES = re.compile(
    r"^(?:(?:so|and|but|now|okay|ok|well|all right)\b,?\s+)*(?:"
    r"here(?:['’]s|\s+is|\s+are)\s+(?:the|a|an|my|our|what|why|how|where|one|that|this|some|an?other)\b"
    rf"|here\s+are\s+{_COUNT}\b"
    rf"|(?:there\s+(?:are|were)\s+|(?:i|we)\s+have\s+)?(?:the\s+)?(?:other\s+)?{_COUNT}\s+(?:\w+\s+)?{_THINGS}\b"
    r"|let\s+(?:me|us)\s+(?:tell|give|show|explain|read|share|start|begin|ask)\b|let['’]s\s+(?:take|look|start|begin)\b"
    r"|(?:i\s+will|i['’]ll|i['’]m\s+going\s+to|i\s+am\s+going\s+to|i\s+want\s+to|i\s+have\s+to)\s+"
    r"(?:tell|show|give|read|share|explain)\b"
    r"|(?:take|consider|imagine|listen\s+to|think\s+about|think\s+of)\s+(?:this|the\s+following)\b"
    r"|(?:for\s+example|for\s+instance)\W*$"
    r"|(?:and\s+)?guess\s+what\b|you\s+know\s+(?:what|why)\b"
    r"|the\s+(?:question|answer|reason|problem|point|truth|secret|trick)\s+is\s+(?:this|simple|as\s+follows)\W*$"
    r")|\bas\s+follows\W*$|\bthe\s+following\W*$",
    re.IGNORECASE,
)


def leads_on(text: str, language: str) -> bool:
    """Whether a sentence announces the next, so that a clip must not end here: "Two reasons speak for it."

    In languages other than English, only unfinished sentences are detected.
    """
    if text.rstrip(_CLOSING).endswith(_UNENDED):
        return True
    return (
        language == "en"
        and len(text.split()) <= _LONGEST
        and _ANNOUNCES.search(text.strip(_CLOSING + "“‘«(")) is not None
    )
