"""Backends out of a configuration: only those that are needed, so that a missing one stops nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, cast

from clipy import registry
from clipy.backend import Backend
from clipy.config import Choice, Config
from clipy.groups import ANALYSERS

B = TypeVar("B", bound=Backend)


def one(config: Config, core: type[B]) -> B:
    """The backend of a table. Raises ConfigError for anything that would fail later."""
    return _create(core, config.tables[core.group])


def several(config: Config, core: type[B]) -> tuple[B, ...]:
    """The backends of a list, in order. Raises ConfigError for anything that would fail later."""
    return tuple(_create(core, choice) for choice in config.lists[core.group])


def analysers(config: Config) -> Mapping[type[Backend], Backend]:
    """Every analyser, by its core class. Raises ConfigError for anything that would fail later."""
    return {core: one(config, core) for core in map(registry.core, ANALYSERS)}


def _create(core: type[B], choice: Choice) -> B:
    return cast("B", registry.create(core.group, choice.backend, choice.options))
