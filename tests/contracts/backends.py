"""Every installed backend of a group, for suites that hold each of them to its core class's contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from clipy import registry
from clipy.backend import Backend

# What a backend needs to be told before it can work at all.
NEEDS: dict[tuple[str, str], Mapping[str, Any]] = {}


def installed(group: str, *, leave_out: Mapping[str, str] | None = None) -> list[Any]:
    """Parameters for ``pytest.mark.parametrize``; a backend whose extra is missing is skipped where all can see it."""
    parameters = []
    for listing in registry.listings(group):
        why = (leave_out or {}).get(listing.name) or (f"not installed: {listing.install}" if listing.missing else "")
        marks = [pytest.mark.skip(reason=f"{group}.{listing.name}: {why}")] if why else []
        parameters.append(pytest.param(listing.name, marks=marks, id=listing.name))
    return parameters


def made(group: str, name: str, **options: Any) -> Backend:
    """A backend with what it needs and the given options."""
    return registry.create(group, name, {**NEEDS.get((group, name), {}), **options})
