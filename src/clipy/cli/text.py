"""What is shown as text: times, counts and tables, without anything that could steer the terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def duration(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``3:05``, ``1:02:03``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 60 else clock(seconds)


def clock(seconds: float) -> str:
    """``m:ss`` or ``h:mm:ss``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def counted(count: int, noun: str, plural: str = "s") -> str:
    """``1 clip``, ``3 clips``, ``no clips``; ``plural`` is the ending."""
    return f"{count or 'no'} {noun}{'' if count == 1 else plural}"


def printable(text: str, keep: str = "\n\t") -> str:
    r"""The text with control characters written out as ``\x1b``: titles and file names may hold any."""
    return "".join(
        char if unicodedata.category(char) != "Cc" or char in keep else f"\\x{ord(char):02x}" for char in text
    )


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows as aligned text columns; the last column is not padded."""
    rows = [[printable(cell, keep="") for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)] if rows else []
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in rows
    )
