"""From an address to files: asks each downloader in turn, and remembers what it fetched."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from clipy.context import Context
from clipy.contract import call
from clipy.documents import read_json
from clipy.download.base import Downloader
from clipy.errors import InputError, OutputError
from clipy.storage.folders import make_writable
from clipy.storage.store import write_json

log = logging.getLogger(__name__)
RECORD = "downloads.json"  # of a folder of downloads: which files each address became


def fetch(address: str, folder: Path, downloaders: Sequence[Downloader], ctx: Context) -> list[Path]:
    """The video behind an address as a file in ``folder``; more than one where a playlist was asked for.

    What was fetched before is not fetched again. Raises InputError where no downloader has a video there, OutputError
    where the folder cannot be written.
    """
    try:
        make_writable(folder)
    except OSError as error:
        raise OutputError(
            f"cannot write downloads here ({error.strerror})", where=folder, do="Choose another"
        ) from error
    record = _record(folder)
    known = [folder / name for name in record.get(address, ())]
    if known and all(path.is_file() for path in known):
        log.info("already fetched: %s", known[0])
        return known
    for downloader in downloaders:
        found = call(downloader.download, (address, folder), ctx)
        if found:
            write_json(folder / RECORD, {**record, address: [path.name for path in found]})
            return list(found)
    asked = ", ".join(downloader.name for downloader in downloaders) or "none"
    raise InputError(
        f"no video was found at this address (asked: {asked})",
        where=address,
        do='Check it; for pages with a player: pip install "clipy[url]"',
    )


def _record(folder: Path) -> dict[str, list[str]]:
    path = folder / RECORD
    document = read_json(path) if path.is_file() else {}
    if not isinstance(document, dict):
        return {}
    return {
        address: [Path(str(name)).name for name in names]
        for address, names in document.items()
        if isinstance(names, list)
    }
