"""``--profile``: watches a run, and writes what it saw beside the clips, whether the run ends well or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from clipy.cli.logs import tell

if TYPE_CHECKING:
    from clipy.context import Event


@contextmanager
def profiled(folder: Path, listener: Callable[[Event], None], *, wanted: bool) -> Iterator[Callable[[Event], None]]:
    """A listener to use in place of another: the profile learns from it which stage is on."""
    if not wanted:
        yield listener
        return
    from clipy.profiling.sampling import Profile
    from clipy.profiling.saving import save_profile

    profile = Profile()

    def both(event: Event) -> None:
        profile.note(event)
        listener(event)

    try:
        with profile:
            yield both
    finally:
        if folder.is_dir():  # otherwise the run was refused before it began
            (folder / "debug").mkdir(exist_ok=True)
            save_profile(profile, folder / "debug")
            tell(f"the profile is in {folder / 'debug'}")
