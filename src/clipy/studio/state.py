"""All that the running studio holds: its projects, its jobs, and who listens."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from starlette.requests import Request

from clipy.studio.events import Hub
from clipy.studio.jobs import Jobs
from clipy.studio.project import NotFound, Project
from clipy.studio.workbench import Configure, Workbench

HERE = "_"  # the key of a project that is the workspace's own folder
_MOST_PROJECTS = 500


@dataclass
class Studio:
    """``workspace`` is a run's folder, or one whose folders are runs; new runs get a folder in it."""

    workspace: Path
    configure: Configure
    hub: Hub = field(default_factory=Hub)
    jobs: Jobs = field(init=False)
    _projects: dict[str, Project] = field(default_factory=dict)
    _benches: dict[str, Workbench] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.jobs = Jobs(self.hub)

    def projects(self) -> list[Project]:
        """Every run in the workspace."""
        folders = sorted(path.parent for path in self.workspace.glob("*/clips.json"))[:_MOST_PROJECTS]
        keys = [HERE, *(folder.name for folder in folders if not folder.is_symlink())]
        found = [self._project(key) for key in keys]
        return [project for project in found if project.exists]

    def project(self, key: str) -> Project:
        """A run by its key. Raises NotFound: a key is the name of a folder in the workspace, never a path."""
        found = self._project(key) if key == HERE or Path(key).name == key else None
        if found is None or not found.exists:
            raise NotFound("there is no such run here", where=key, do="Go back to the start page")
        return found

    def bench(self, project: Project) -> Workbench:
        """What makes the project's clips; opened when it is first needed."""
        with self._lock:
            if project.key not in self._benches:
                self._benches[project.key] = Workbench.open(project, self.configure)
            return self._benches[project.key]

    def forget(self, key: str) -> None:
        """Close what makes a project's clips: it was run again, maybe with other settings."""
        with self._lock:
            bench = self._benches.pop(key, None)
        if bench is not None:
            bench.close()

    def close(self) -> None:
        """End jobs and streams."""
        self.hub.close()
        self.jobs.close()
        for bench in self._benches.values():
            bench.close()

    def _project(self, key: str) -> Project:
        with self._lock:
            folder = self.workspace if key == HERE else self.workspace / key
            return self._projects.setdefault(key, Project(folder, key))


def studio_of(request: Request) -> Studio:
    """The studio that a request is for."""
    studio = request.app.state.studio
    if not isinstance(studio, Studio):
        raise TypeError("the application has no studio")
    return studio


def project_of(request: Request) -> Project:
    """The project that a request names. Raises NotFound."""
    return studio_of(request).project(request.path_params["project"])
