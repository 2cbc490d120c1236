"""From nothing to clips: the start page, files that are dropped, and the page of a run that is going on."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from clipy.groups import STEPS
from clipy.stages.profiles import Profile
from clipy.studio.jobs import Job
from clipy.studio.pages import render
from clipy.studio.project import NotFound
from clipy.studio.runs import RunRequest, folder_for, receive, run_from, source_of, unfinished
from clipy.studio.state import HERE, Studio, studio_of


def _start(request: Request) -> Response:
    studio = studio_of(request)
    projects = studio.projects()
    if any(project.key == HERE for project in projects) and "new" not in request.query_params:
        return RedirectResponse(f"/p/{HERE}/", 303)
    values = {
        "projects": projects,
        "workspace": studio.workspace,
        "profiles": get_args(Profile),
        "unfinished": unfinished(studio.workspace),
    }
    return render("start.html", values)


async def _receive(request: Request) -> Response:
    name = await receive(studio_of(request).workspace, request.path_params["name"], request.stream())
    return JSONResponse({"dropped": name}, 201)


async def _begin(request: Request) -> Response:
    asked = RunRequest.model_validate_json(await request.body())
    return await run_in_threadpool(_begun, request, asked)


def _begun(request: Request, asked: RunRequest) -> Response:
    studio = studio_of(request)
    source = source_of(studio.workspace, asked)
    studio.configure(*asked.sets())  # raises for what would fail later
    folder = folder_for(studio.workspace, source)
    job = studio.jobs.start(
        "run",
        {"project": folder.name, "video": source.name},
        lambda job: _run(studio, asked, folder, job),
    )
    return JSONResponse({"job": job.id, "page": f"/runs/{job.id}"}, 202)


def _run(studio: Studio, asked: RunRequest, folder: Path, job: Job) -> None:
    try:
        run_from(studio.workspace, asked, studio.configure, folder, job)
    finally:
        studio.forget(folder.name)


def _page(request: Request) -> Response:
    return render("run.html", {"job": _job(request).document(), "steps": STEPS})


def _state(request: Request) -> Response:
    job = _job(request)
    return JSONResponse({"job": job.document(), "parts": job.parts})


def _job(request: Request) -> Job:
    job = studio_of(request).jobs.find(request.path_params["number"])
    if job is None or job.kind != "run":
        raise NotFound("there is no such run in progress", do="Go back to the start page")
    return job


def _resume(request: Request) -> Response:
    known = dict(unfinished(studio_of(request).workspace))
    name = request.path_params["name"]
    if name not in known:
        raise NotFound("there is no such unfinished run", where=name)
    return _begun(request, known[name])


routes = [
    Route("/", _start),
    Route("/sources/{name}", _receive, methods=["PUT"]),
    Route("/runs", _begin, methods=["POST"]),
    Route("/runs/{number:int}", _page),
    Route("/runs/{number:int}/state", _state),
    Route("/unfinished/{name}/resume", _resume, methods=["POST"]),
]
