"""The settings of a run as data, so that a clip can be made again as it was made."""

from __future__ import annotations

from collections.abc import Iterable

from clipy.backend import Backend
from clipy.groups import GROUPS, RECORDED
from clipy.types import Json


def recorded_settings(backends: Iterable[Backend]) -> dict[str, Json]:
    """Which backend did what, with the options that were set: ``settings`` in ``clips.json``.

    Uploaders are left out: where clips went is in ``posts``, and it need not be where the next ones go.
    """
    tables: dict[str, Json] = {name: [] for name in RECORDED if GROUPS[name].many}
    for backend in backends:
        group = backend.group
        entry = {"backend": backend.name, **backend.options.model_dump(mode="json", exclude_unset=True)}
        if group not in RECORDED:
            continue
        if GROUPS[group].many:
            tables[group].append(entry)
        else:
            tables[group] = entry
    return tables
