"""The core class of downloaders: an address in, a video file on this machine out."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ByteSize, Field

from clipy.backend import Backend
from clipy.context import Context
from clipy.contract import Broken, keeps
from clipy.download.guard.proxy import GuardedProxy


def downloaded(_: Any, inputs: tuple[Any, ...], found: list[Path]) -> None:
    """Files that are there, in the folder that was given."""
    folder: Path = inputs[1]
    for path in found:
        if path.parent != folder or not path.is_file():
            raise Broken(f"files in {folder}", str(path))


class Downloader(Backend):
    """Fetches what an address stands for. Each that the user picked is asked in turn until one has the file.

    A downloader must not be led to this machine or its network, whatever a page or a redirect says: it fetches through
    ``proxy()``, which connects to public addresses only.
    """

    group: ClassVar[str] = "download"

    class Options(Backend.Options):
        max_size: ByteSize = Field(ByteSize(20_000_000_000), description="Larger files are not fetched (20GB).")
        max_duration: float = Field(43_200, gt=0, description="Longer videos are not fetched (seconds).")
        allow_private: bool = Field(
            default=False, description="Also connect to this machine and its private network (an intranet)."
        )

    options: Options

    @abstractmethod
    @keeps(downloaded)
    def download(self, address: str, folder: Path, ctx: Context) -> list[Path]:
        """Fetch the video at ``address`` into ``folder``, with side files named like it; return its path in a list.

        Several where the user asked for a whole playlist; none: this is no address for this downloader. A download that
        was stopped goes on where it was when it is called again with the same folder. Raises InputError where the
        address has no video, is too large or too long, or leads to a private network.
        """

    @contextmanager
    def proxy(self) -> Iterator[GuardedProxy | None]:
        """The way out: a proxy that connects to public addresses only; None where private ones are allowed."""
        if self.options.allow_private:
            yield None
            return
        with GuardedProxy() as proxy:
            yield proxy
