"""Settings from environment variables, for containers and schedulers that can set nothing else.

    CLIPY_REFRAME__LAYOUT=single                  [reframe] layout = "single"
    CLIPY_HIGHLIGHT__BACKEND=llm                  [highlight] backend = "llm"
    CLIPY_PIZZAZZ=captions,title                  the list, by name
    CLIPY_PIZZAZZ__CAPTIONS__MAX_WORDS=3          an option of one of them
    CLIPY_PIZZAZZ__BLUR_BACKGROUND__STRENGTH=...  a hyphen in a name is written as _
    CLIPY_STORE__MAX_SIZE=5GB                     [store] max_size = "5GB"
    CLIPY_DEVICE=cuda                             device = "cuda"

A name that begins like a stage and is none of these is refused, not passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from clipy.errors import ConfigError, did_you_mean
from clipy.registry import names

_PREFIX = "CLIPY_"
_STORE = "store"


def settings(environment: Mapping[str, str], tables: Mapping[str, object], lists: Mapping[str, object]) -> list[str]:
    """The variables that set something, each as ``--set`` would say it: first what picks, then options.

    Raises ConfigError with the nearest right name for a misspelt one.
    """
    found: list[tuple[int, str, str]] = []
    for variable in sorted(environment):
        if not variable.upper().startswith(_PREFIX):
            continue
        parts = variable[len(_PREFIX) :].lower().split("__")
        if not (len(parts) > 1 or parts[0] in lists):
            _refuse_near_misses(variable, parts[0], [*tables, *lists])
            continue
        place = _place(variable, parts, tables, lists)
        picks = len(parts) == 1 or parts[-1] == "backend"
        found.append((0 if picks else 1, place, environment[variable]))
    return [f"{place}={value}" for _, place, value in sorted(found)]


def _place(variable: str, parts: list[str], tables: Mapping[str, object], lists: Mapping[str, object]) -> str:
    """``reframe.layout`` for ``CLIPY_REFRAME__LAYOUT``."""
    stage, *rest = parts
    if stage not in {*tables, *lists, _STORE}:
        raise ConfigError(
            f"the environment variable {variable} names no stage", do=_nearest(stage, [*tables, *lists, _STORE])
        )
    if not all(rest) or len(rest) > (2 if stage in lists else 1):
        raise ConfigError(
            f"cannot understand the environment variable {variable}",
            do="Write CLIPY_STAGE__OPTION, or CLIPY_LIST__BACKEND__OPTION for one of several",
        )
    if len(rest) == 2:
        spelt = {name.replace("-", "_"): name for name in names(stage)}
        if rest[0] not in spelt:
            raise ConfigError(
                f"the environment variable {variable} names no {stage} backend", do=_nearest(rest[0], list(spelt))
            )
        rest[0] = spelt[rest[0]]
    return ".".join([stage, *rest])


def _refuse_near_misses(variable: str, name: str, stages: list[str]) -> None:
    """``CLIPY_REFRAME_LAYOUT`` would set nothing: it has one ``_`` too few."""
    stage = next(_prefixes(name, stages), None)
    if stage is not None:
        option = name[len(stage) :].strip("_").upper()
        raise ConfigError(
            f"the environment variable {variable} sets nothing",
            do=f"Write CLIPY_{stage.upper()}__{option or 'BACKEND'}",
        )


def _prefixes(name: str, stages: list[str]) -> Iterator[str]:
    return (stage for stage in stages if name == stage or name.startswith(f"{stage}_"))


def _nearest(name: str, known: list[str]) -> str:
    return did_you_mean(name, known, str.upper) or f"There are: {', '.join(item.upper() for item in known)}"
