"""The stream of events, and the jobs that run."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from clipy.studio.project import NotFound
from clipy.studio.state import studio_of


async def _events(request: Request) -> Response:
    stream = studio_of(request).hub.stream()
    return StreamingResponse(stream, media_type="text/event-stream", headers={"cache-control": "no-store"})


def _jobs(request: Request) -> Response:
    return JSONResponse([job.document() for job in studio_of(request).jobs.all()])


def _cancel(request: Request) -> Response:
    job = studio_of(request).jobs.find(request.path_params["number"])
    if job is None:
        raise NotFound("there is no such job")
    job.cancel()
    return JSONResponse(job.document())


routes = [
    Route("/events", _events),
    Route("/jobs", _jobs),
    Route("/jobs/{number:int}/cancel", _cancel, methods=["POST"]),
]
