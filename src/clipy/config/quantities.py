"""Sizes and ages as people write them: ``5GB``, ``30d``."""

from __future__ import annotations

import re

from clipy.errors import SettingError

_BYTES = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_BYTES |= {"kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_NUMBER = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", re.IGNORECASE)


def size(text: str) -> int:
    """Bytes: ``5GB``, ``500 MB``, ``2GiB``. Raises SettingError."""
    number, unit = _parts(text)
    if number is None or unit not in _BYTES:
        raise SettingError(f"{text!r} is not a size", do="Write it as 500MB, 5GB or 2GiB")
    return int(number * _BYTES[unit])


def age(text: str) -> float:
    """Seconds: ``12h``, ``30d``, ``8w``. Raises SettingError."""
    number, unit = _parts(text)
    if number is None or unit not in _SECONDS:
        raise SettingError(f"{text!r} is not a duration", do="Write it as 12h, 30d or 8w")
    return number * _SECONDS[unit]


def as_size(count: float) -> str:
    """``3 B``, ``12 KB``, ``1.2 GB``."""
    for unit in ("B", "KB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB" if count < 1000 else f"{count / 1000:.1f} TB"


def as_age(seconds: float) -> str:
    """``40 s``, ``3 h``, ``12 d``: the biggest unit of which there is one."""
    for unit in ("w", "d", "h", "m"):
        if seconds >= _SECONDS[unit] * (2 if unit == "w" else 1):
            return f"{seconds / _SECONDS[unit]:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


def _parts(text: str) -> tuple[float | None, str]:
    match = _NUMBER.fullmatch(text)
    return (float(match[1]), match[2].lower()) if match else (None, "")
