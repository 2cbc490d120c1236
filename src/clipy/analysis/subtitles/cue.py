"""What a subtitle file shows at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from clipy.types import Seconds, Span

MARKS = range(0xE000, 0xF8FF)  # private code points: the nth stands in a line where the nth time of its cue is reached


@dataclass(frozen=True, slots=True)
class Shown:
    """A cue as it lies in a file: lines with their markup, seconds at which marks in them are reached."""

    span: Span
    lines: tuple[str, ...]
    speaker: str | None = None
    times: tuple[Seconds, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """What one person says in a cue, as plain text; marks stay in it (see ``MARKS``)."""

    text: str
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Cue:
    """What is said while a cue is shown. ``times`` are those of the marks in its lines."""

    span: Span
    lines: tuple[Line, ...]
    times: tuple[Seconds, ...] = ()

    @property
    def text(self) -> str:
        """All of it without marks."""
        return " ".join(unmarked(line.text) for line in self.lines)

    def moved(self, scale: Fraction, offset: Fraction) -> Cue:
        """The same at its times, times ``scale``, plus ``offset`` seconds."""
        span = Span(self.span.start * scale + offset, self.span.end * scale + offset)
        return replace(self, span=span, times=tuple(time * scale + offset for time in self.times))


def unmarked(text: str) -> str:
    """A text without marks."""
    return "".join(letter for letter in text if ord(letter) not in MARKS)
