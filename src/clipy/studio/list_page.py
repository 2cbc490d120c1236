"""The clips of a run at a glance: pictures, titles, scores with reasons, findings and state; filtered and sorted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from clipy.entries import Spanned
from clipy.studio.pages import render
from clipy.studio.project import Project, Row
from clipy.studio.state import project_of
from clipy.types import Json

STATES: Mapping[str, str] = {
    "open": "to decide",
    "approved": "approved",
    "rejected": "rejected",
    "edited": "edited, not rendered",
    "failed": "failed its review",
    "spare": "never tried",
}
_SHOWN: Mapping[str, Callable[[Row], bool]] = {
    "clips": lambda row: row.kind in {"clip", "new"},
    "open": lambda row: row.kind in {"clip", "new"} and row.state in {"open", "edited"},
    "approved": lambda row: row.state == "approved",
    "findings": lambda row: row.kind in {"clip", "new"} and bool(row.findings),
    "rejected": lambda row: row.state in {"rejected", "failed"},
    "spare": lambda row: row.state == "spare",
    "all": lambda _row: True,
}
_SORTED: Mapping[str, Callable[[Row], Any]] = {
    "order": lambda _row: 0,
    "score": lambda row: -row.summary.score,
    "time": lambda row: row.summary.start,
    "length": lambda row: row.summary.start - row.summary.end,
    "findings": lambda row: -len(row.findings),
    "title": lambda row: row.summary.title.casefold(),
}


@dataclass(frozen=True)
class Card:
    """What the page shows of a clip."""

    row: Row
    summary: Spanned
    address: str
    has_file: bool

    @property
    def state(self) -> str:
        return STATES[self.row.state]

    @property
    def details(self) -> list[tuple[str, float]]:
        """What the score is made of, the largest first."""
        return sorted(self.summary.details.items(), key=lambda item: -item[1])

    @property
    def why(self) -> list[str]:
        """Why a candidate was refused."""
        return [str(finding.get("message")) for finding in self.row.findings if finding.get("severity") == "error"]

    def count(self, severity: str) -> int:
        return sum(finding.get("severity") == severity for finding in self.row.findings)

    @property
    def posts(self) -> list[Json]:
        found = self.row.entry.get("posts") or []
        return [post for post in found if post.get("uploader") != "folder"]


def _page(request: Request) -> Response:
    project = project_of(request)
    rows = project.rows()
    counts = {name: sum(map(shown, rows)) for name, shown in _SHOWN.items()}
    source = project.document().get("source") or {}
    return render("list.html", _listed(request, project, rows) | {"counts": counts, "source": source})


def _cards(request: Request) -> Response:
    project = project_of(request)
    return render("cards.html", _listed(request, project, project.rows()))


def _listed(request: Request, project: Project, rows: Sequence[Row]) -> dict[str, Any]:
    show, order = request.query_params.get("show", "clips"), request.query_params.get("sort", "order")
    wanted = request.query_params.get("find", "").casefold()[:200]
    shown = [row for row in rows if _SHOWN.get(show, _SHOWN["clips"])(row)]
    shown = [row for row in shown if wanted in f"{row.summary.title} {row.summary.reason} {row.id}".casefold()]
    shown.sort(key=_SORTED.get(order, _SORTED["order"]))
    base = f"/p/{project.key}"
    cards = [Card(row, row.summary, f"{base}/clips/{row.id}", bool(row.entry.get("file"))) for row in shown]
    return {"project": project, "base": base, "cards": cards, "show": show, "sort": order, "find": wanted}


routes = [
    Route("/p/{project}/", _page),
    Route("/p/{project}/cards", _cards),
]
