"""The upload panel of a clip."""

from __future__ import annotations

import hmac
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from clipy.stages.base import Uploader
from clipy.studio.media import named
from clipy.studio.option_forms import backends
from clipy.studio.project import Conflict
from clipy.studio.publishing import default_options, prepared, send
from clipy.studio.state import studio_of


class Wish(BaseModel):
    """Where a clip is to go; ``digest`` is that of the preview that the person has confirmed."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    backend: str = Field(max_length=200)
    options: dict[str, Any] = Field(default_factory=dict, max_length=100)
    digest: str = Field("", max_length=64)


def _uploaders(request: Request) -> Response:
    configure = studio_of(request).configure
    found = [one | {"options": default_options(configure, one["name"])} for one in backends(Uploader.group)]
    return JSONResponse(found)


async def _preview(request: Request) -> Response:
    return await run_in_threadpool(_previewed, request, Wish.model_validate_json(await request.body()))


def _previewed(request: Request, wish: Wish) -> Response:
    project, row = named(request)
    shipment = prepared(studio_of(request).bench(project), row, wish.backend, wish.options)
    return JSONResponse({"digest": shipment.digest, "shown": shipment.shown})


async def _confirm(request: Request) -> Response:
    return await run_in_threadpool(_confirmed, request, Wish.model_validate_json(await request.body()))


def _confirmed(request: Request, wish: Wish) -> Response:
    """Send what was shown. Raises Conflict where it would be anything else by now."""
    project, row = named(request)
    studio = studio_of(request)
    bench = studio.bench(project)
    shipment = prepared(bench, row, wish.backend, wish.options)
    if not hmac.compare_digest(shipment.digest.encode(), wish.digest.encode()):
        raise Conflict(row.clip)
    subject = {"project": project.key, "clip": row.id, "to": wish.backend}
    job = studio.jobs.start("upload", subject, lambda job: send(bench, row.id, shipment, job))
    return JSONResponse(job.document(), 202)


routes = [
    Route("/uploaders", _uploaders),
    Route("/p/{project}/clips/{clip}/upload/preview", _preview, methods=["POST"]),
    Route("/p/{project}/clips/{clip}/upload/confirm", _confirm, methods=["POST"]),
]
