"""Backends by name, from entry points: the one door for built-in and third-party backends alike.

Listing imports no backend. Making one imports only that one, and checks its options strictly. Where two packages
declare one name, ``package:name`` picks; the name alone means clipy's own.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, PackageNotFoundError, distribution, entry_points
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from clipy.errors import BackendNotFound, BackendUnavailable, ClipyError, ConfigError, SettingError, did_you_mean
from clipy.groups import GROUPS

if TYPE_CHECKING:
    from pydantic import ValidationError

    from clipy.backend import Backend

log = logging.getLogger(__name__)

_PREFIX = "clipy."  # of the entry-point groups
_OWN = "clipy"


@dataclass(frozen=True)
class Listing:
    """A backend that some installed package declares. ``missing`` names packages of its extras that are not there.

    ``pick`` is what to write in settings: the name, or ``package:name`` where another package's backend has that name.
    """

    group: str
    name: str
    pick: str
    package: str
    package_version: str
    target: str
    extras: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def install(self) -> str:
        """The command that makes it usable; empty when it is."""
        return f'pip install "{self.package}[{",".join(self.extras)}]"' if self.missing else ""

    def __str__(self) -> str:
        """For error messages: what it is called, and whose it is."""
        return f"the {self.group} backend {self.pick!r} of {self.package} {self.package_version}".rstrip()


def listings(group: str) -> tuple[Listing, ...]:
    """Every declared backend of a group, by name, without importing any."""
    points = _points(group)
    return tuple(_listing(group, point, points) for point in points)


def names(group: str) -> tuple[str, ...]:
    """What can be picked in a group."""
    return tuple(listing.pick for listing in listings(group))


def core(group: str) -> type[Backend]:
    """The core class that every backend of a group inherits."""
    module, _, name = GROUPS[group].core.partition(":")
    found: type[Backend] = getattr(import_module(module), name)
    return found


@cache
def strays() -> tuple[str, ...]:
    """One line for each backend that is declared in a group that does not exist, so that nobody can pick it."""
    known = {f"{_PREFIX}{group}" for group in GROUPS}
    lost = [point for point in _all_points() if point.group not in known]
    return tuple(
        f"{_package(point)[0]} declares {point.name!r} in the group {point.group!r}, which does not exist. "
        + _suggest(point.group, known, "Groups")
        for point in sorted(lost)
    )


def find(group: str, name: str) -> Listing:
    """What a name, or ``package:name``, picks. Raises BackendNotFound, or ConfigError where packages clash."""
    return _picked(group, name)[0]


def load(group: str, name: str) -> type[Backend]:
    """Import one backend. Raises BackendNotFound, BackendUnavailable, or ConfigError for one that is no backend."""
    listing, point = _picked(group, name)
    if listing.missing:
        raise BackendUnavailable(
            f"{listing} needs {', '.join(listing.missing)}", do=f"Install it with: {listing.install}"
        )
    try:
        kind = point.load()
    except Exception as error:
        raise BackendUnavailable(
            f"{listing} cannot be imported ({type(error).__name__}: {_first_line(error)})",
            where=listing.target,
            do=f"Install what {listing.package} needs, or pick another: clipy backends {group}",
        ) from error
    wanted = core(group)
    if not (isinstance(kind, type) and issubclass(kind, wanted)):
        raise ConfigError(
            f"{listing} is no {wanted.__name__}",
            where=listing.target,
            do=f"Let its class inherit clipy.{wanted.__name__}",
        )
    if not (isinstance(kind.Options, type) and issubclass(kind.Options, wanted.Options)):
        raise ConfigError(
            f"the Options of {listing} are no {wanted.__name__}.Options",
            where=listing.target,
            do=f"Write: class Options({wanted.__name__}.Options)",
        )
    if inspect.isabstract(kind):
        raise ConfigError(
            f"{listing} lacks the method {' and '.join(sorted(kind.__abstractmethods__))}", where=listing.target
        )
    return kind


def problem(listing: Listing) -> str:
    """Why a backend cannot be used, in one line; empty when it can. Imports it."""
    try:
        load(listing.group, listing.pick)
    except ConfigError as error:
        return str(error)
    return ""


def create(group: str, name: str, options: Mapping[str, Any]) -> Backend:
    """Make a backend with its options checked. Raises SettingError with the nearest right name for a misspelt one."""
    from pydantic import ValidationError

    kind = load(group, name)
    listing = find(group, name)
    rivals = [other.pick for other in listings(group) if other.name == name and other.pick != name]
    if rivals:
        log.warning("%s.%s is clipy's own; to pick another of that name, write %s", group, name, " or ".join(rivals))
    try:
        checked = kind.Options.model_validate(dict(options))
    except ValidationError as error:
        raise SettingError(_explain(error, kind), where=f"{group}.{name}", do=f"See: clipy backends {group}") from None
    try:
        backend = kind(checked)
    except ClipyError:
        raise
    except Exception as error:
        raise ConfigError(
            f"{listing} cannot be made ({type(error).__name__}: {_first_line(error)})", where=listing.target
        ) from error
    backend.name = listing.pick
    return backend


@cache
def _all_points() -> tuple[EntryPoint, ...]:
    """Those of every group that begins like ours, misspelt ones included."""
    found = entry_points()
    groups = sorted(group for group in found.groups if group.startswith(_PREFIX))
    return tuple(point for group in groups for point in found.select(group=group))


def _points(group: str) -> Sequence[EntryPoint]:
    """A group's entry points by name, clipy's own first; each target of a name once."""
    mine = (point for point in _all_points() if point.group == f"{_PREFIX}{group}")
    found = {(point.name, point.value): point for point in mine}
    return sorted(found.values(), key=lambda point: (point.name, _package(point)[0] != _OWN, _package(point)))


def _picked(group: str, name: str) -> tuple[Listing, EntryPoint]:
    package, colon, short = name.rpartition(":")
    points = _points(group)
    mine = [point for point in points if point.name == short]
    if colon:
        mine = [point for point in mine if canonicalize_name(_package(point)[0]) == canonicalize_name(package)]
    if not mine:
        raise BackendNotFound(
            f"no {group} backend is called {name!r}",
            do=" ".join([*_lost(short), _suggest(name, names(group), "Installed")]),
        )
    if len(mine) > 1:
        owners = sorted({_package(point)[0] for point in mine})
        choices = " or ".join(f"{owner}:{short}" for owner in owners)
        if owners == [_package(mine[0])[0]] or _OWN not in owners:
            raise ConfigError(
                f"several {group} backends are called {name!r}, from {' and '.join(owners)}", do=f"Write {choices}"
            )
    return _listing(group, mine[0], points), mine[0]


def _lost(name: str) -> list[str]:
    return [line + "." for line in strays() if f" declares {name!r} " in line]


def _package(point: EntryPoint) -> tuple[str, str]:
    return (point.dist.name, point.dist.version) if point.dist is not None else ("an unknown package", "")


def _listing(group: str, point: EntryPoint, points: Sequence[EntryPoint]) -> Listing:
    package, version = _package(point)
    target, _, brackets = point.value.partition("[")
    extras = tuple(extra.strip() for extra in brackets.rstrip("] ").split(",") if extra.strip())
    requires = point.dist.requires if point.dist is not None and extras else None
    alone = package == _OWN or sum(other.name == point.name for other in points) == 1
    pick = point.name if alone else f"{package}:{point.name}"
    missing = tuple(dict.fromkeys(_missing(requires or (), extras)))
    return Listing(group, point.name, pick, package, version, target.strip(), extras, missing)


def _missing(requires: Iterable[str], extras: Sequence[str]) -> Iterable[str]:
    for text in requires:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            continue  # part of the base install
        if any(requirement.marker.evaluate({"extra": canonicalize_name(extra)}) for extra in extras):
            try:
                distribution(requirement.name)
            except PackageNotFoundError:
                yield requirement.name


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["no more is known"])[0]


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
