"""Safe file names out of any text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_LONGEST = 60


def slug(text: str) -> str:
    """Lower-case ASCII letters, digits and single hyphens, at most 60; ``clip`` when nothing is left.

    No text, however hostile, can name a folder, an option or a hidden file.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST].strip("-") or "clip"


def unique_slugs(texts: Sequence[str]) -> list[str]:
    """A slug for each text, numbered where two would be the same."""
    taken: dict[str, int] = {}
    names = []
    for text in texts:
        name = slug(text)
        taken[name] = taken.get(name, 0) + 1
        names.append(name if taken[name] == 1 else f"{name}-{taken[name]}")
    return names
