"""Mixes of the audio tracks of a video: their inputs, each with its repairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from clipy.clock import Seconds

Sides: TypeAlias = tuple[tuple[float, float], tuple[float, float]]
"""What the left and the right of a mix take from the left and the right of a sound."""


@dataclass(frozen=True, slots=True)
class AudioStream:
    """One sound track of a source. ``start`` is where its first sample lies on the source's timeline.

    ``aside``: by its own account it talks about the picture (a commentary, a description for the blind).
    """

    index: int
    sample_rate: int
    channels: int
    start: Seconds
    language: str | None = None
    title: str = ""
    aside: bool = False


@dataclass(frozen=True, slots=True)
class MixInput:
    """One input of a mix: a sound track, or one side of it.

    ``track`` is the index into ``Video.audio``. ``left`` and ``right`` are what each side of the mix takes from the
    track's own left and right. ``gain`` is in dB. ``hum`` holds the frequencies in Hz that are notched out.
    ``speaker`` names who alone is heard in it, where that is known; ``level`` is then how loud their speech is after
    the gain, in dBFS.
    """

    track: int = 0
    left: tuple[float, float] = (1.0, 0.0)
    right: tuple[float, float] = (0.0, 1.0)
    gain: float = 0.0
    hum: tuple[float, ...] = ()
    speaker: str | None = None
    level: float = 0.0

    @property
    def is_plain(self) -> bool:
        """Whether it is its track as it is."""
        return self.left == (1.0, 0.0) and self.right == (0.0, 1.0) and self.gain == 0 and not self.hum


Mix: TypeAlias = tuple[MixInput, ...]
FIRST_TRACK: Mix = (MixInput(),)
