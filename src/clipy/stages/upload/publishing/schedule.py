"""When posts go out: a start time, and an interval between posts."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator

_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}


def parse_timestamp(value: object) -> object:
    """``2026-12-01T18:00`` or ``2026-12-01 18:00+01:00``; local time without an offset."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise ValueError("write a time as 2026-12-01T18:00") from None
    return value.astimezone() if isinstance(value, datetime) and value.tzinfo is None else value


def parse_interval(value: object) -> object:
    """``1d``, ``6h``, ``1d12h``, ``90m``."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"(?:\d+[wdhm])+", value.strip().lower())
    if not match:
        raise ValueError("write an interval as 1d, 6h, 1d12h or 90m")
    parts = re.findall(r"(\d+)([wdhm])", match[0])
    total = sum((timedelta(**{_UNITS[unit]: int(count)}) for count, unit in parts), timedelta())
    if not total:
        raise ValueError("the interval must be longer than zero: write it as 1d or 6h")
    return total


Timestamp = Annotated[datetime, BeforeValidator(parse_timestamp)]
Interval = Annotated[timedelta, BeforeValidator(parse_interval)]


def format_utc(time: datetime) -> str:
    """A time in UTC for platforms (RFC 3339)."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def format_local(time: datetime) -> str:
    """A time in the local time zone for people."""
    return time.astimezone().strftime("%Y-%m-%d %H:%M %Z").strip()
