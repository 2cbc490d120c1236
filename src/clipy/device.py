"""Where networks run: the processor, or a graphics card through CUDA or Apple's MPS.

A device is asked for by name; ``auto`` is the best that a backend can use on this machine. One that is asked for and is
not there is an error; a backend that has no way to use it says so and runs on the processor. Results made on one device
are taken for those of every other: the device is part of no key of the store.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import sys
from typing import Literal

from clipy.errors import BackendUnavailable, ConfigError

log = logging.getLogger(__name__)

NAMES = ("auto", "cpu", "cuda", "mps")


def processors() -> int:
    """How many processor cores this process may use; only Linux tells, elsewhere how many there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def for_torch(device: str) -> str:
    """The device that PyTorch is to use. Raises ConfigError when it has not got it, or is not there to be asked."""
    if device == "cpu":
        return device
    have = ("cpu", *_torch_cards())
    if device == "auto":
        return have[-1]
    if device not in have:
        raise ConfigError(f"PyTorch has no {device} here", do=f"Install a PyTorch built for it, or --device {have[-1]}")
    return device


def for_ctranslate2(device: str, who: str) -> Literal["cpu", "cuda"]:
    """The device that CTranslate2 is to use for ``who``. Raises ConfigError when CUDA is asked for and is not there."""
    if device == "mps":
        log.warning("%s cannot use mps; it runs on the processor", who)
    if device in ("cpu", "mps"):
        return "cpu"
    if _cuda_cards():
        return "cuda"
    if device == "cuda":
        raise ConfigError(f"{who} finds no CUDA device", do="Install NVIDIA's driver and CUDA 12, or --device cpu")
    return "cpu"


def demand(device: str) -> None:
    """Before any work: raise ConfigError for an unknown name, or a device that nothing on this machine can use."""
    if device not in NAMES:
        raise ConfigError(f"there is no device {device!r}", do=f"Choose one of: {', '.join(NAMES)}")
    if device in ("cuda", "mps") and device not in found():
        raise ConfigError(f"there is no {device} device here", do="--device auto takes the best; see: clipy doctor")


def found() -> dict[str, str]:
    """The graphics devices of this machine by name, and who can use them."""
    users: dict[str, list[str]] = {}
    if cards := _cuda_cards():
        users["cuda"] = [f"faster-whisper ({cards} card{'s' if cards > 1 else ''})"]
    if importlib.util.find_spec("torch") is not None:
        for name in _torch_cards():
            users.setdefault(name, []).append("PyTorch")
    return {name: ", ".join(who) for name, who in users.items()}


def _cuda_cards() -> int:
    import ctranslate2

    return int(ctranslate2.get_cuda_device_count())


def _torch_cards() -> list[str]:
    """What PyTorch can use beside the processor, the best last. Raises BackendUnavailable when it is not installed."""
    try:
        import torch
    except ModuleNotFoundError as error:
        raise BackendUnavailable(
            "PyTorch is not installed, so it cannot say which devices it has",
            do='Install the extra of the backend, such as: pip install "clipy[openai-whisper]"',
        ) from error

    mps = sys.platform == "darwin" and torch.backends.mps.is_available()
    return [name for name, there in (("mps", mps), ("cuda", torch.cuda.is_available())) if there]
