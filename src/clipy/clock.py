"""Exact time: fractions of a second, made by one function, so that no rounding adds up and any frame rate is exact."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator

_CLOCK = 90_000  # ticks a second of the MPEG system clock; every common frame rate is a whole number of ticks


def _written(value: object) -> object:
    """A fraction as it is written here. Python also reads "1e999999999", and would work on that for hours."""
    if isinstance(value, str) and not re.fullmatch(r"-?\d{1,400}(/\d{1,400})?", value):
        raise ValueError("expected a time as a fraction")
    return value


Seconds: TypeAlias = Annotated[Fraction, BeforeValidator(_written)]


def seconds(value: int | float | str | Fraction) -> Seconds:
    """Make the one exact time type. A float is rounded to the 1/90000 s clock of MPEG; everything else is kept.

    Raises ValueError when the text is not a number.
    """
    if isinstance(value, float):
        return Fraction(round(value * _CLOCK), _CLOCK)
    return Fraction(value)
