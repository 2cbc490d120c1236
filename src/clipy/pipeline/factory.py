"""Backends out of a configuration: only those that are asked for, so that another that is missing stops nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, cast

from clipy import registry
from clipy.backend import Backend
from clipy.config import Config
from clipy.groups import ANALYSERS

B = TypeVar("B", bound=Backend)


def one(config: Config, group: str) -> Backend:
    """The backend of a table. Raises ConfigError for anything that would fail later."""
    choice = config.tables[group]
    return registry.create(group, choice.backend, choice.options)


def several(config: Config, core: type[B]) -> tuple[B, ...]:
    """The backends of a list, in order."""
    choices = config.lists[core.group]
    return tuple(cast("B", registry.create(core.group, choice.backend, choice.options)) for choice in choices)


def analysers(config: Config) -> Mapping[type[Backend], Backend]:
    """Every analyser, by its core class."""
    return {registry.core(group): one(config, group) for group in ANALYSERS}
