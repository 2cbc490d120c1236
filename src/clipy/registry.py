"""Backends by name, from entry points: the one door for built-in and third-party backends alike.

Listing imports no backend. Making one imports only that one, and checks its options strictly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, PackageNotFoundError, distribution, entry_points
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement

from clipy.errors import BackendNotFound, BackendUnavailable, ConfigError, did_you_mean
from clipy.groups import GROUPS

if TYPE_CHECKING:
    from pydantic import ValidationError

    from clipy.backend import Backend


@dataclass(frozen=True)
class Listing:
    """A backend that some installed package declares. ``missing`` names packages of its extra that are not there."""

    group: str
    name: str
    package: str
    package_version: str
    target: str
    extra: str
    missing: tuple[str, ...]

    @property
    def install(self) -> str:
        """The command that makes it usable; empty when it is."""
        return f'pip install "{self.package}[{self.extra}]"' if self.missing else ""


def listings(group: str) -> tuple[Listing, ...]:
    """Every declared backend of a group, by name, without importing any."""
    return tuple(_listing(group, point) for point in sorted(_points(group), key=lambda point: point.name))


def names(group: str) -> tuple[str, ...]:
    """The names that can be picked in a group."""
    return tuple(sorted({point.name for point in _points(group)}))


def core(group: str) -> type[Backend]:
    """The core class that every backend of a group inherits."""
    module, _, name = GROUPS[group].core.partition(":")
    found: type[Backend] = getattr(import_module(module), name)
    return found


def load(group: str, name: str) -> type[Backend]:
    """Import one backend. Raises BackendNotFound, BackendUnavailable, or ConfigError when two packages clash."""
    points = [point for point in _points(group) if point.name == name]
    if not points:
        raise BackendNotFound(f"no {group} backend is called {name!r}", do=_suggest(name, names(group), "Installed"))
    if len({point.value for point in points}) > 1:
        packages = " and ".join(sorted(_package(point)[0] for point in points))
        raise ConfigError(f"two {group} backends are called {name!r}, from {packages}", do="Uninstall one of them")
    listing = _listing(group, points[0])
    if listing.missing:
        raise BackendUnavailable(
            f"the {group} backend {name!r} needs {', '.join(listing.missing)}", do=f"Install it with: {listing.install}"
        )
    try:
        kind = points[0].load()
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == listing.target.partition(".")[0]:
            raise ConfigError(
                f"the {group} backend {name!r} is declared but not there", where=listing.target, do="Install it again"
            ) from error
        raise BackendUnavailable(
            f"the {group} backend {name!r} of {listing.package} needs the module {error.name!r}",
            do=f"Install it with: pip install {listing.package} {error.name}",
        ) from error
    if not (isinstance(kind, type) and issubclass(kind, core(group))):
        raise ConfigError(
            f"the {group} backend {name!r} is no {core(group).__name__}",
            where=listing.target,
            do=f"Let its class inherit clipy.{core(group).__name__}",
        )
    return kind


def create(group: str, name: str, options: Mapping[str, Any]) -> Backend:
    """Make a backend with its options checked. Raises ConfigError with the nearest right name for a misspelt one."""
    from pydantic import ValidationError

    kind = load(group, name)
    try:
        checked = kind.Options.model_validate(dict(options))
    except ValidationError as error:
        raise ConfigError(_explain(error, kind), where=f"{group}.{name}", do=f"See: clipy backends {group}") from None
    backend = kind(checked)
    backend.name = name
    return backend


@cache
def _points(group: str) -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=f"clipy.{group}"))


def _package(point: EntryPoint) -> tuple[str, str]:
    return (point.dist.name, point.dist.version) if point.dist is not None else ("unknown", "")


def _listing(group: str, point: EntryPoint) -> Listing:
    extra = point.extras[0] if point.extras else ""
    package, version = _package(point)
    requires = point.dist.requires if point.dist is not None and extra else None
    target = point.value.partition("[")[0].strip()
    return Listing(group, point.name, package, version, target, extra, tuple(_missing(requires or (), extra)))


def _missing(requires: Iterable[str], extra: str) -> Iterable[str]:
    for text in requires:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            continue  # part of the base install
        if requirement.marker.evaluate({"extra": extra}):
            try:
                distribution(requirement.name)
            except PackageNotFoundError:
                yield requirement.name


def _suggest(name: str, known: Iterable[str], label: str) -> str:
    known = sorted(known)
    return f"{did_you_mean(name, known)} {label}: {', '.join(known) or 'none'}".lstrip()


def _explain(error: ValidationError, kind: type[Backend]) -> str:
    sentences = []
    for problem in error.errors():
        place = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            sentences.append(f"there is no option {place!r}. {_suggest(place, kind.Options.model_fields, 'Options')}")
        else:
            value = f" (got {problem['input']!r})" if place else ""
            sentences.append(f"{place + ': ' if place else ''}{problem['msg']}{value}")
    return "; ".join(sentences)
