"""The studio as a web application: which address is answered by what, and how failures are said."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from clipy.errors import ClipyError
from clipy.studio import clip_page, list_page, media, progress, run_pages, transcript_page, upload_page
from clipy.studio.pages import render
from clipy.studio.project import Conflict, NotFound
from clipy.studio.security import Guard, Refused, TooLarge
from clipy.studio.state import Studio

_STATIC = Path(__file__).parent / "static"


def make_app(studio: Studio) -> Starlette:
    """The application, not yet guarded: only for a ``Guard`` around it."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        studio.close()

    routes: list[Route | Mount] = [
        *list_page.routes,
        *media.routes,
        *clip_page.routes,
        *transcript_page.routes,
        *upload_page.routes,
        *run_pages.routes,
        *progress.routes,
        Mount("/static", StaticFiles(directory=_STATIC)),
    ]
    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        exception_handlers={
            ClipyError: _failed,
            Conflict: _conflicted,
            ValidationError: _invalid,
            Refused: _refused,
            TooLarge: _too_large,
            404: _not_found,
        },
    )
    app.state.studio = studio
    return app


def guarded(studio: Studio, port: int, token: str = "") -> Guard:
    """The application as it may be served on a port of this machine."""
    return Guard(make_app(studio), port, token)


def _failed(request: Request, error: Exception) -> Response:
    status = 404 if isinstance(error, NotFound) else 409
    return _say(request, status, str(error))


def _conflicted(_request: Request, error: Exception) -> Response:
    now = error.now.revision if isinstance(error, Conflict) else 0
    message = "This clip was changed elsewhere, so nothing was done. What you see now is how it is."
    return JSONResponse({"error": message, "revision": now}, 412)


def _invalid(request: Request, error: Exception) -> Response:
    problems = error.errors() if isinstance(error, ValidationError) else []
    said = "; ".join(f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in problems[:3])
    return _say(request, 422, said or "this cannot be understood")


def _refused(request: Request, error: Exception) -> Response:
    refused = error if isinstance(error, Refused) else Refused(400, "this cannot be understood")
    return _say(request, refused.status, refused.why)


def _too_large(request: Request, _error: Exception) -> Response:
    return _say(request, 413, "The request is too large.")


def _not_found(request: Request, _error: Exception) -> Response:
    return _say(request, 404, "There is nothing at this address.")


def _say(request: Request, status: int, message: str) -> Response:
    """An error for a person's page, or for a script's."""
    if "text/html" in request.headers.get("accept", "") and request.method == "GET":
        return render("error.html", {"message": message}, status=status)
    return JSONResponse({"error": message}, status)
