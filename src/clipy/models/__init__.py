"""Model weights: what, from where, under which licence, with which sha256; fetched once, verified always.

    path = models.fetch("centerface", report=ctx.report)

Weights are looked for in this order: the path that the user named; the folder that ``CLIPY_MODELS`` names; an installed
package that holds them; the cache (``CLIPY_CACHE`` moves it); a wheel, fetched once with the user's own pip and index,
of which only the named file is kept; the Hugging Face Hub, or a Git repository's address, at a pinned commit.
``CLIPY_OFFLINE=1`` forbids the last three.
Every file's sha256 is checked before it is used, wherever it was found. Nothing in it is ever run.
"""

from __future__ import annotations

from pathlib import Path

from clipy.errors import ModelError, did_you_mean
from clipy.models import locations
from clipy.models.catalog import (
    CENTERFACE,
    FACE_LANDMARK,
    KNOWN,
    SENTENCE_ENCODER,
    SPHINX,
    TEXT_READER,
    TRANSNETV2,
    TURN_TAKING,
    VOICEPRINT,
)
from clipy.models.checksum import digest, digest_of_folder, matches, refuse
from clipy.models.faces import LIGHT_ASD, LIGHT_ASD_AVA, LR_ASD, LR_ASD_AVA, YUNET
from clipy.models.fetching import obtain
from clipy.models.model import HubFile, Model, WeightsFile, WheelMember
from clipy.models.wheels import Report

__all__ = [
    "CENTERFACE",
    "FACE_LANDMARK",
    "LIGHT_ASD",
    "LIGHT_ASD_AVA",
    "LR_ASD",
    "LR_ASD_AVA",
    "SENTENCE_ENCODER",
    "SPHINX",
    "TEXT_READER",
    "TRANSNETV2",
    "TURN_TAKING",
    "VOICEPRINT",
    "YUNET",
    "HubFile",
    "Model",
    "Report",
    "WeightsFile",
    "WheelMember",
    "digest",
    "digest_of_folder",
    "fetch",
    "find",
    "get",
    "known",
    "own_file",
    "sha256",
    "verify",
]


def known() -> tuple[Model, ...]:
    """Every model that clipy has pins for."""
    return KNOWN


def get(name: str | Model) -> Model:
    """A model by name. Raises ModelError with the nearest name when there is none."""
    if isinstance(name, Model):
        return name
    for model in KNOWN:
        if model.name == name:
            return model
    names = [model.name for model in KNOWN]
    raise ModelError(f"clipy knows no model {name!r}", do=did_you_mean(name, names) or f"There are: {', '.join(names)}")


def sha256(name: str | Model) -> str:
    """What identifies a model's weights in the store's keys: known without touching any file."""
    return get(name).sha256


def find(name: str | Model) -> Path | None:
    """The checked file (or folder, for a model of several files) on this machine, or None; no network."""
    return locations.find(get(name))


def fetch(name: str | Model, *, path: Path | None = None, report: Report | None = None) -> Path:
    """The checked file (or folder) of a model, fetched when it is not on this machine yet.

    ``path`` is one that the user named for it. ``report(message, fraction)`` receives the download progress.
    Raises ModelError when the weights are wrong or cannot be had.
    """
    model = get(name)
    if path is not None:
        return locations.explicit(model, path)
    return locations.find(model) or obtain(model, report or _nobody_listens)


def own_file(path: Path | None, what: str, do: str) -> Path:
    """The user's own copy of weights that clipy does not fetch. Raises ModelError where it is not set or missing."""
    if path is None or not path.expanduser().is_file():
        raise ModelError(f"{what}'s weights are not there", where=path, do=do)
    return path.expanduser()


def verify(name: str | Model) -> Path:
    """Reread a model's files and compare their checksums. Raises ModelError where one is wrong or missing."""
    model = get(name)
    found = locations.find(model)
    if found is None:
        raise ModelError(f"{model.name} is not on this machine", do=f"Fetch it: clipy models pull {model.name}")
    for file in model.files:
        place = found / file.name if model.is_folder else found
        if not matches(file, place, again=True):
            raise refuse(file, place, "Remove it and fetch it again: clipy models pull " + model.name)
    return found


def _nobody_listens(message: str, fraction: float | None) -> None:
    """The default listener: a library call shows nothing."""
