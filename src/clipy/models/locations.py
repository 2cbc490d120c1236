"""Where weights may already be on this machine. Nothing here touches the network or writes anything."""

from __future__ import annotations

import logging
import os
from importlib import metadata
from pathlib import Path

from platformdirs import user_cache_dir

from clipy.errors import ModelError
from clipy.models.checksum import matches, refuse
from clipy.models.model import Model, WeightsFile

log = logging.getLogger(__name__)

FOLDER_VARIABLE = "CLIPY_MODELS"
CACHE_VARIABLE = "CLIPY_CACHE"


def cache_folder(model: Model) -> Path:
    """Where clipy keeps a model it fetched: a folder of its own, so that two versions of clipy do not fight."""
    root = os.environ.get(CACHE_VARIABLE) or user_cache_dir("clipy", appauthor=False)
    return Path(root).expanduser() / "models" / f"{model.name}-{model.sha256[:8]}"


def find(model: Model) -> Path | None:
    """The checked file (or folder) of a model: in the user's folder, an installed package, or the cache."""
    return _in_users_folder(model) or _installed(model) or _in_folder(model, cache_folder(model))


def explicit(model: Model, path: Path) -> Path:
    """The path that the user named for a model, checked. Raises ModelError when it is missing or something else."""
    path = path.expanduser()
    if not path.exists():
        raise ModelError(f"weights of {model.name} not found", where=path, do="Check the name and the folder")
    folder = path if path.is_dir() else path.parent
    for file in model.files:
        place = path if path.is_file() and not model.is_folder else folder / file.name
        _demand(file, place, "Name another file, or none and let clipy fetch the right one")
    return path


def installed_part(distribution: str, member: str) -> Path | None:
    """A file of an installed package, found by its record, without importing any of its code."""
    try:
        path = Path(str(metadata.distribution(distribution).locate_file(member)))
    except metadata.PackageNotFoundError:
        return None
    return path if path.is_file() else None


def _in_users_folder(model: Model) -> Path | None:
    """``CLIPY_MODELS``: by name (``FOLDER/centerface.onnx``, ``FOLDER/whisper-base/``), or anywhere below by checksum.

    A file that lies exactly where it belongs but is another one is refused: the user put it there on purpose.
    """
    named = os.environ.get(FOLDER_VARIABLE)
    if not named:
        return None
    root = Path(named).expanduser()
    if not root.is_dir():
        raise ModelError(f"{FOLDER_VARIABLE} names no folder", where=root, do=f"Correct or unset {FOLDER_VARIABLE}")
    do = f"Replace it, or take it out of {FOLDER_VARIABLE} and let clipy fetch the right one"
    if not model.is_folder and (root / model.files[0].name).exists():
        return _demand(model.files[0], root / model.files[0].name, do)
    if (root / model.name).is_dir():
        for file in model.files:
            _demand(file, root / model.name / file.name, do)
        return root / model.name if model.is_folder else root / model.name / model.files[0].name
    for candidate in sorted(root.rglob(model.files[0].name)):
        if (found := _in_folder(model, candidate.parent)) is not None:
            return found
    log.info("%s is not in %s (%s); looking elsewhere", model.name, FOLDER_VARIABLE, root)
    return None


def _demand(file: WeightsFile, path: Path, do: str) -> Path:
    if not path.is_file():
        raise ModelError(f"{file.name} is missing", where=path, do=do)
    if not matches(file, path):
        raise refuse(file, path, do)
    return path


def _installed(model: Model) -> Path | None:
    """An installed package that holds the files whole and side by side; parts must be put together in the cache."""
    if any(len(file.wheel) != 1 for file in model.files):
        return None
    found = [installed_part(file.wheel[0].distribution, file.wheel[0].path) for file in model.files]
    paths = [path for path in found if path is not None]
    if len(paths) != len(model.files) or len({path.parent for path in paths}) != 1:
        return None
    for file, path in zip(model.files, paths, strict=True):
        if path.name != file.name or not matches(file, path):
            log.warning("%s of the installed %s is another file and is not used", path, file.wheel[0].distribution)
            return None
    return paths[0].parent if model.is_folder else paths[0]


def _in_folder(model: Model, folder: Path) -> Path | None:
    """The model in a folder that may hold it; a file that is missing or wrong there means it does not."""
    for file in model.files:
        path = folder / file.name
        if not matches(file, path):
            if path.exists():
                log.warning("%s is damaged or another version (its checksum differs) and is not used", path)
            return None
    return folder if model.is_folder else folder / model.files[0].name
