"""Settings from environment variables, for containers and schedulers that can set nothing else.

    CLIPY_REFRAME__LAYOUT=single                  [reframe] layout = "single"
    CLIPY_HIGHLIGHT=llm                           [highlight] backend = "llm"
    CLIPY_PIZZAZZ=captions,title                  the list, by name
    CLIPY_PIZZAZZ__CAPTIONS__MAX_WORDS=3          an option of one of them
    CLIPY_PIZZAZZ__BLUR_BACKGROUND__STRENGTH=...  write a hyphen in a name as _
    CLIPY_STORE__MAX_SIZE=5GB                     [store] max_size = "5GB"
    CLIPY_DEVICE=cuda                             device = "cuda"

A variable that begins with the name of a stage and fits none of these forms is refused rather than ignored.
"""

from __future__ import annotations

from collections.abc import Mapping

from clipy.config.merging import picks
from clipy.errors import SettingError, did_you_mean
from clipy.registry import names

_PREFIX = "CLIPY_"
_STORE = "store"


def settings(environment: Mapping[str, str], tables: Mapping[str, object], lists: Mapping[str, object]) -> list[str]:
    """The variables that set something, each as ``--set`` would say it: first what picks, then options.

    Raises SettingError with the nearest right name for a misspelt one.
    """
    found: list[tuple[bool, str]] = []
    for variable in sorted(environment):
        if not variable.upper().startswith(_PREFIX):
            continue
        parts = variable[len(_PREFIX) :].lower().split("__")
        if len(parts) > 1 or parts[0] in {*tables, *lists}:
            text = f"{_place(variable, parts, tables, lists)}={environment[variable]}"
            found.append((not picks(text), text))
        else:
            _refuse_near_misses(variable, parts[0], [*tables, *lists])
    return [text for _, text in sorted(found)]


def _place(variable: str, parts: list[str], tables: Mapping[str, object], lists: Mapping[str, object]) -> str:
    """``reframe.layout`` for ``CLIPY_REFRAME__LAYOUT``."""
    stage, *rest = parts
    if stage not in {*tables, *lists, _STORE}:
        raise SettingError(
            f"the environment variable {variable} names no stage", do=_nearest(stage, [*tables, *lists, _STORE])
        )
    if not all(rest) or len(rest) > (2 if stage in lists else 1):
        raise SettingError(
            f"cannot understand the environment variable {variable}",
            do="Write CLIPY_STAGE__OPTION, or CLIPY_LIST__BACKEND__OPTION for one of several",
        )
    if len(rest) == 2:
        hyphenated = {name.replace("-", "_"): name for name in names(stage)}
        if rest[0] not in hyphenated:
            raise SettingError(
                f"the environment variable {variable} names no {stage} backend", do=_nearest(rest[0], list(hyphenated))
            )
        rest[0] = hyphenated[rest[0]]
    return ".".join([stage, *rest])


def _refuse_near_misses(variable: str, name: str, stages: list[str]) -> None:
    """Refuse ``CLIPY_REFRAME_LAYOUT``, which would set nothing: one ``_`` is missing."""
    stage = next((stage for stage in stages if name.startswith(f"{stage}_")), None)
    if stage is not None:
        option = name[len(stage) :].strip("_").upper()
        raise SettingError(
            f"the environment variable {variable} sets nothing",
            do=f"Write CLIPY_{stage.upper()}__{option or 'BACKEND'}",
        )


def _nearest(name: str, known: list[str]) -> str:
    return did_you_mean(name, known, str.upper) or f"Choose one of: {', '.join(item.upper() for item in known)}"
