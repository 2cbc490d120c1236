"""The whole source's transcript as a map of the video: what was picked is marked, any passage can become a clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from clipy.analysis.base import Embedder
from clipy.edits import ClipEdits
from clipy.entries import Time, number
from clipy.errors import InputError
from clipy.studio.clip_page import start_render
from clipy.studio.pages import render
from clipy.studio.project import Row
from clipy.studio.state import project_of, studio_of
from clipy.studio.workbench import Workbench
from clipy.text.sentences import Sentence, sentences
from clipy.types import Word

_SHORTEST, _LONGEST = 1.0, 3600.0  # seconds of a passage
_FOUND = 12  # passages that a search shows
_LEAST = 0.2  # similarity below which a passage is about something else


@dataclass(frozen=True)
class Line:
    """One sentence on the map."""

    start: float
    end: float
    speaker: str
    words: tuple[Word, ...]
    picks: tuple[Row, ...]


class Passage(BaseModel):
    """A stretch of the source that is to become a clip."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    start: Time
    end: Time
    title: str = ""


def _page(request: Request) -> Response:
    project = project_of(request)
    bench = studio_of(request).bench(project)
    rows = [row for row in project.rows() if row.kind != "candidate"]
    lines = [_line(sentence, rows) for sentence in sentences(bench.transcript)]
    values = {"project": project, "base": f"/p/{project.key}", "lines": lines, "rows": rows, "source": bench.probed}
    return render("transcript.html", values)


def _line(sentence: Sentence, rows: Sequence[Row]) -> Line:
    start, end = number(sentence.span.start), number(sentence.span.end)
    middle = (start + end) / 2
    picks = tuple(row for row in rows if row.summary.start <= middle < row.summary.end)
    return Line(start, end, sentence.words[0].speaker or "", sentence.words, picks)


def _search(request: Request) -> Response:
    project = project_of(request)
    query = " ".join(request.query_params.get("about", "").split())[:300]
    found = search(studio_of(request).bench(project), query) if query else []
    return render("found.html", {"found": found, "query": query})


def search(bench: Workbench, query: str) -> list[tuple[float, Sentence]]:
    """The sentences that are most about something, by meaning, best first; those that say it literally come first."""
    all_ = sentences(bench.transcript)
    if not all_:
        return []
    embedder = bench.ctx.analyser(Embedder)
    vectors = bench.ctx.cached(embedder.embed, tuple(sentence.text for sentence in all_))
    (wanted,) = bench.ctx.cached(embedder.embed, (query,))
    likeness = np.asarray(vectors @ wanted, dtype=np.float64)
    literal = np.array([query.casefold() in sentence.text.casefold() for sentence in all_])
    order = sorted(range(len(all_)), key=lambda n: (not literal[n], -likeness[n]))
    return [(float(likeness[n]), all_[n]) for n in order[:_FOUND] if literal[n] or likeness[n] >= _LEAST]


async def _make(request: Request) -> Response:
    passage = Passage.model_validate_json(await request.body())
    return await run_in_threadpool(_made, request, passage)


def _made(request: Request, passage: Passage) -> Response:
    """A clip of a passage: framed and transcribed as the run's are, then rendered."""
    project = project_of(request)
    end = min(passage.end, number(studio_of(request).bench(project).probed.duration))
    if not _SHORTEST <= end - passage.start <= _LONGEST:
        raise InputError(f"a passage lasts {_SHORTEST:g} to {_LONGEST:g} s", do="Select another")
    title = " ".join(passage.title.split())[:80]
    asked = {"id": "new", "start": passage.start, "end": end, "title": title, "given": True}
    made = project.add(ClipEdits.model_validate(asked | {"reason": "selected in the transcript"}))
    return JSONResponse({"id": made.id, "job": start_render(request, project, made.id)}, 201)


routes = [
    Route("/p/{project}/transcript", _page),
    Route("/p/{project}/search", _search),
    Route("/p/{project}/passages", _make, methods=["POST"]),
]
