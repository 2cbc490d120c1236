"""Timecodes ``hh:mm:ss:ff`` as exact seconds, drop frame included.

SMPTE ST 12-1: at 29.97 frames per second the count leaves out two numbers (four at 59.94) at each minute that is no
tenth one, so that it keeps up with the clock. A semicolon before the pictures says that it does.
"""

from __future__ import annotations

import re
from fractions import Fraction

from clipy.types import Seconds

PATTERN = r"\d{1,2}[:;]\d{2}[:;]\d{2}[:;.,]\d{1,3}"
_PARTS = re.compile(r"(\d{1,2})[:;](\d{2})[:;](\d{2})([:;.,])(\d{1,3})")


def seconds_of(timecode: str, rate: Fraction, *, drop: bool = False) -> Seconds:
    """How long after ``00:00:00:00`` it is. Raises ValueError where it is not a timecode at this rate."""
    found = _PARTS.fullmatch(timecode.strip())
    if found is None:
        raise ValueError(f"{timecode!r} is not a timecode hh:mm:ss:ff")
    hours, minutes, seconds, frames = (int(found[index]) for index in (1, 2, 3, 5))
    nominal = max(1, round(rate))
    if minutes > 59 or seconds > 59 or frames >= nominal:
        raise ValueError(f"{timecode!r} is not a timecode at {float(rate):.2f} frames per second")
    count = ((hours * 60 + minutes) * 60 + seconds) * nominal + frames
    if (drop or found[4] in ";,") and nominal % 30 == 0:
        passed = hours * 60 + minutes
        count -= nominal // 15 * (passed - passed // 10)
    return count / Fraction(rate)
