"""Pages made from templates. Everything that is put into one is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse

_PAGES = Environment(
    loader=PackageLoader("clipy.studio"),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def clock(time: float) -> str:
    """``m:ss.t``, or ``h:mm:ss``."""
    tenths = round(float(time) * 10)
    minutes, rest = divmod(tenths, 600)
    if minutes >= 60:
        return f"{minutes // 60}:{minutes % 60:02d}:{rest // 10:02d}"
    return f"{minutes}:{rest // 10:02d}.{rest % 10}"


_PAGES.filters["clock"] = clock


def render(name: str, values: Mapping[str, Any], status: int = 200) -> HTMLResponse:
    """A page, or a part of one."""
    return HTMLResponse(_PAGES.get_template(name).render(values), status)
