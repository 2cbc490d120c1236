"""Serves the studio on this machine until it is interrupted."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from clipy.errors import ConfigError, OutputError
from clipy.storage.folders import make_writable
from clipy.studio.app import guarded
from clipy.studio.state import Studio
from clipy.studio.workbench import Configure

_ADDRESS = "127.0.0.1"


def serve(
    workspace: Path,
    configure: Configure,
    *,
    port: int = 0,
    ready: Callable[[str], None],
    started: Callable[[uvicorn.Server], None] = lambda _server: None,
) -> None:
    """Serve the runs of a folder. ``port`` 0 is a free one; ``ready`` is called with the launch URL.

    ``started`` is handed the server, whose ``should_exit`` ends it: for programs that serve from a thread.

    Raises ConfigError where the port is taken, OutputError for a folder that cannot be written to.
    """
    try:
        make_writable(workspace)
    except OSError as error:
        raise OutputError(
            f"cannot write to the folder ({error.strerror})", where=workspace, do="Name another"
        ) from error
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((_ADDRESS, port))
        except OSError as error:
            raise ConfigError(f"port {port} is taken ({error.strerror})", do="Choose another with --port") from error
        listening.listen()
        studio = Studio(workspace.resolve(), configure)
        app = guarded(studio, listening.getsockname()[1])
        settings = uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=5, lifespan="on"
        )
        server = Announcing(settings, lambda: ready(app.launch_url), studio.hub.close)
        started(server)
        server.run(sockets=[listening])


class Announcing(uvicorn.Server):
    """Says when it answers, and ends the streams of events before it waits for connections to close."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready, self._stop = ready, stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stop()
        await super().shutdown(sockets)
