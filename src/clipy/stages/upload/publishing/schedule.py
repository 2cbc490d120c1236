"""When posts go out: a moment, and a distance between one post and the next."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator

_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}


def moment(value: object) -> object:
    """``2026-12-01T18:00`` or ``2026-12-01 18:00+01:00``; without an offset it is this machine's time."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise ValueError("write a moment as 2026-12-01T18:00") from None
    return value.astimezone() if isinstance(value, datetime) and value.tzinfo is None else value


def distance(value: object) -> object:
    """``1d``, ``6h``, ``1d12h``, ``90m``."""
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"(?:\d+[wdhm])+", value.strip().lower())
    if not found:
        raise ValueError("write a distance as 1d, 6h, 1d12h or 90m")
    parts = re.findall(r"(\d+)([wdhm])", found[0])
    total = sum((timedelta(**{_UNITS[unit]: int(count)}) for count, unit in parts), timedelta())
    if not total:
        raise ValueError("posts cannot all go out at once: write a distance as 1d or 6h")
    return total


Moment = Annotated[datetime, BeforeValidator(moment)]
Distance = Annotated[timedelta, BeforeValidator(distance)]


def utc(at: datetime) -> str:
    """A moment as platforms read it (RFC 3339)."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def shown(at: datetime) -> str:
    """A moment as a person here reads it."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M %Z").strip()
