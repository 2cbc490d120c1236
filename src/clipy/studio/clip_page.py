"""The page of one clip, and all that it asks for and sends."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from clipy.edits import ClipEdits
from clipy.errors import InputError
from clipy.stages.base import Pizzazz
from clipy.studio import option_forms, preview, source_media
from clipy.studio.imported import edits_of
from clipy.studio.list_page import STATES
from clipy.studio.media import named
from clipy.studio.operations import OPERATION
from clipy.studio.opinions import record_decision
from clipy.studio.pages import render
from clipy.studio.people import people, people_json
from clipy.studio.project import Project, Row
from clipy.studio.rendering import render_clip
from clipy.studio.security import Refused
from clipy.studio.state import studio_of
from clipy.studio.workbench import Workbench
from clipy.types import Json, Seconds, Span, seconds
from clipy.typography.styles import CAPTION_PRESETS


def _page(request: Request) -> Response:
    project, row = named(request)
    rows = [other.id for other in project.rows() if other.kind in {"clip", "new"}]
    at = rows.index(row.id) if row.id in rows else -1
    values = {
        "project": project,
        "base": f"/p/{project.key}",
        "row": row,
        "state": state_json(project, row),
        "presets": list(CAPTION_PRESETS),
        "before": rows[at - 1] if at > 0 else "",
        "after": rows[at + 1] if 0 <= at < len(rows) - 1 else "",
    }
    return render("clip.html", values)


def state_json(project: Project, row: Row) -> dict[str, Json]:
    """All that the page knows of the clip; small enough to be sent after each change."""
    clip, source = row.clip, project.document().get("source") or {}
    path, file = clip.path(), project.file(row)
    around = source_media.region(clip, float(source.get("duration") or clip.end))
    undo, redo = project.history.counts(clip.id)
    return {
        **clip.model_dump(mode="json", exclude={"details", "rendered"}),
        "id": row.id,
        "kind": row.kind,
        "state": row.state,
        "state_text": STATES[row.state],
        "stale": row.stale,
        "file": None if file is None else file.stat().st_mtime_ns,
        "ready": path is not None,
        "source": {key: source.get(key) for key in ("width", "height", "duration")},
        "region": [float(around.start), float(around.end)],
        "pizzazz": _effective_pizzazz(project, clip),
        "findings": row.findings,
        "passed": row.passed,
        "undo": undo,
        "redo": redo,
    }


def _effective_pizzazz(project: Project, clip: ClipEdits) -> list[Json]:
    if clip.pizzazz is not None:
        return list(clip.pizzazz)
    return list(project.edits().settings.get("pizzazz") or [{"backend": "captions"}])


def _state(request: Request) -> Response:
    project, row = named(request)
    return _answer(project, row)


async def _edit(request: Request) -> Response:
    operation = OPERATION.validate_json(await request.body())
    revision = _revision(request)
    return await run_in_threadpool(_changed, request, operation.apply, revision)


def _changed(request: Request, apply: Any, revision: int) -> Response:
    project, row = named(request)
    if row.kind in {"rejected", "candidate"}:
        raise InputError("this candidate is no clip yet", do="Make it first")
    bench = studio_of(request).bench(project)
    before = row.clip.verdict
    after = project.change(row.id, revision, lambda clip: apply(clip, bench))
    if after.verdict != before:
        record_decision(project, after, bench.ctx.store)
        if after.verdict == "rejected":
            draw_next(request, project)
    return _told(request, project, row.id)


def draw_next(request: Request, project: Project) -> str:
    """Make the best candidate that was never tried, in the place of a clip that was rejected; its name, if any."""
    spare = next((row for row in project.rows() if row.kind == "candidate"), None)
    return "" if spare is None else str(_make_clip(request, project, spare)["id"])


def _undo(request: Request) -> Response:
    project, row = named(request)
    project.step(row.id, _revision(request), back=request.url.path.endswith("/undo"))
    return _told(request, project, row.id)


def _told(request: Request, project: Project, name: str) -> Response:
    row = project.row(name)
    news = {"project": project.key, "clip": name, "revision": row.clip.revision}
    studio_of(request).hub.publish("clip", news)
    return _answer(project, row)


def _answer(project: Project, row: Row) -> Response:
    return JSONResponse(state_json(project, row), headers={"etag": f'"{row.clip.revision}"'})


def _revision(request: Request) -> int:
    """The revision that a change was made for. Raises Refused: without it, two tabs would undo each other's work."""
    given = request.headers.get("if-match", "").strip('" ')
    if not given.isdecimal() or len(given) > 9:
        raise Refused(428, "say in If-Match which revision this change is for")
    return int(given)


def _render(request: Request) -> Response:
    project, row = named(request)
    return JSONResponse(start_render(request, project, row.id), 202)


def start_render(request: Request, project: Project, name: str) -> Json:
    """Queue the making of a clip."""
    studio = studio_of(request)
    bench = studio.bench(project)
    subject = {"project": project.key, "clip": name}
    return studio.jobs.start("render", subject, lambda job: render_clip(bench, name, job)).document()


def _make(request: Request) -> Response:
    """A clip of a candidate, whatever was said against it."""
    project, row = named(request)
    if row.kind not in {"rejected", "candidate"}:
        raise InputError("this is a clip already", do="Open it")
    return JSONResponse(_make_clip(request, project, row), 201)


def _make_clip(request: Request, project: Project, row: Row) -> dict[str, Json]:
    bare = edits_of(row.id, {**row.entry, "crop": None, "words": None})
    made = project.add(bare.changed(origin=row.id, given=True, rendered=""))
    return {"id": made.id, "job": start_render(request, project, made.id)}


def _film(request: Request) -> Response:
    bench, item = _bench_and_clip(request)
    span = source_media.region(item, float(bench.video.duration))
    return FileResponse(source_media.small_film(bench, span), media_type="video/mp4", headers=_PRIVATE)


def _peaks(request: Request) -> Response:
    bench, item = _bench_and_clip(request)
    span = source_media.region(item, float(bench.video.duration))
    return JSONResponse(source_media.peaks(bench, span))


def _around(request: Request) -> Response:
    bench, item = _bench_and_clip(request)
    span = source_media.region(item, float(bench.video.duration))
    return JSONResponse(source_media.around(bench, item, span))


def _people(request: Request) -> Response:
    bench, item = _bench_and_clip(request)
    return JSONResponse(people_json(people(item, bench)))


def _captions(request: Request) -> Response:
    bench, item = _bench_and_clip(request)
    return Response(preview.caption_picture(bench, item, _time(request, item.span)), media_type="image/png")


def _still(request: Request) -> Response:
    bench, item = _bench_and_clip(request)
    return Response(preview.still(bench, item, _time(request, item.span)), media_type="image/jpeg")


def _style(request: Request) -> Response:
    bench, item = _bench_and_clip(request)
    preset = request.query_params.get("preset", "")
    if preset not in CAPTION_PRESETS:
        raise InputError("there is no such style", do=f"Choose one of: {', '.join(CAPTION_PRESETS)}")
    data = preview.style_picture(bench, item, _time(request, item.span), preset)
    return Response(data, media_type="image/jpeg")


def _backends(_request: Request) -> Response:
    return JSONResponse(option_forms.backends(Pizzazz.group))


def _time(request: Request, span: Span) -> Seconds:
    try:
        time = seconds(float(request.query_params.get("time", "")))
    except (ValueError, OverflowError) as error:
        raise Refused(400, "time must be seconds of the source") from error
    return min(max(time, span.start), span.end)


def _bench_and_clip(request: Request) -> tuple[Workbench, ClipEdits]:
    project, row = named(request)
    return studio_of(request).bench(project), row.clip


_PRIVATE = {"cache-control": "private, no-cache"}
_CLIP = "/p/{project}/clips/{clip}"
routes = [
    Route(_CLIP, _page),
    Route(f"{_CLIP}/state", _state),
    Route(f"{_CLIP}/edit", _edit, methods=["POST"]),
    Route(f"{_CLIP}/undo", _undo, methods=["POST"]),
    Route(f"{_CLIP}/redo", _undo, methods=["POST"]),
    Route(f"{_CLIP}/render", _render, methods=["POST"]),
    Route(f"{_CLIP}/make", _make, methods=["POST"]),
    Route(f"{_CLIP}/source.mp4", _film),
    Route(f"{_CLIP}/peaks", _peaks),
    Route(f"{_CLIP}/around", _around),
    Route(f"{_CLIP}/people", _people),
    Route(f"{_CLIP}/captions.png", _captions),
    Route(f"{_CLIP}/still.jpg", _still),
    Route(f"{_CLIP}/style.jpg", _style),
    Route("/pizzazz", _backends),
]
