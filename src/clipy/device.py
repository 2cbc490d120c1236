"""Where networks run: the processor, or a graphics card through CUDA, Apple's MPS or CoreML, or DirectML.

A device is asked for by name; ``auto`` is the best that a backend can use on this machine. One that is asked for and is
not there is an error; a backend that has no way to use it says so and runs on the processor. Results made on one device
are taken for those of every other: the device is part of no key of the store.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import sys
from functools import cache
from typing import Literal

from clipy.errors import BackendUnavailable, ConfigError

log = logging.getLogger(__name__)

NAMES = ("auto", "cpu", "cuda", "mps", "coreml", "directml")

Provider = tuple[str, dict[str, str]]

_PROCESSOR: Provider = ("CPUExecutionProvider", {})
_COREML: Provider = ("CoreMLExecutionProvider", {})
# What ONNX Runtime calls each device. TF32 would leave out 13 of the 23 binary digits of CUDA's products.
_PROVIDERS: dict[str, Provider] = {
    "cuda": ("CUDAExecutionProvider", {"use_tf32": "0"}),
    "directml": ("DmlExecutionProvider", {}),
    "coreml": _COREML,
    "mps": _COREML,
}
_PACKAGES = {"cuda": "onnxruntime-gpu", "directml": "onnxruntime-directml"}


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
    if device in ("mps", "coreml", "directml"):
        log.warning("%s cannot use %s; it runs on the processor", who, device)
        return "cpu"
    if device == "cpu":
        return "cpu"
    if _cuda_cards():
        return "cuda"
    if device == "cuda":
        raise ConfigError(f"{who} finds no CUDA device", do="Install NVIDIA's driver and CUDA 12, or --device cpu")
    return "cpu"


def for_onnxruntime(device: str, who: str) -> list[Provider]:
    """The execution providers that ONNX Runtime is to use for ``who``, the first preferred.

    ``auto`` is CUDA or DirectML where the ONNX Runtime that is installed is built for it, else the processor: CoreML
    rounds to half precision. A device that it is not built for is said in one line, once, and the processor is used.
    """
    have = _onnxruntime_devices()
    if device == "auto":
        device = next((name for name in ("cuda", "directml") if name in have), "cpu")
    if device == "cpu":
        return [_PROCESSOR]
    if device not in have:
        _say_missing(device, who)
        return [_PROCESSOR]
    return [_PROVIDERS[device], _PROCESSOR]


@cache
def _say_missing(device: str, who: str) -> None:
    way = f" (pip install {_PACKAGES[device]} instead of onnxruntime)" if device in _PACKAGES else ""
    log.warning("%s runs on the processor: this ONNX Runtime cannot use %s here%s", who, device, way)


def demand(device: str) -> None:
    """Before any work: raise ConfigError for an unknown name, or a device that nothing on this machine can use."""
    if device not in NAMES:
        raise ConfigError(f"there is no device {device!r}", do=f"Choose one of: {', '.join(NAMES)}")
    if device not in ("auto", "cpu") and device not in found():
        raise ConfigError(f"there is no {device} device here", do="--device auto takes the best; see: clipy doctor")


def found() -> dict[str, str]:
    """The graphics devices of this machine by name, and who can use them."""
    users: dict[str, list[str]] = {}
    if cards := _cuda_cards():
        users["cuda"] = [f"faster-whisper ({cards} card{'s' if cards > 1 else ''})"]
    if importlib.util.find_spec("torch") is not None:
        for name in _torch_cards():
            users.setdefault(name, []).append("PyTorch")
    for name in _onnxruntime_devices():
        users.setdefault(name, []).append("ONNX Runtime")
    return {name: ", ".join(who) for name, who in users.items()}


def _cuda_cards() -> int:
    import ctranslate2

    return int(ctranslate2.get_cuda_device_count())


def _onnxruntime_devices() -> list[str]:
    """What the ONNX Runtime that is installed can use beside the processor."""
    import onnxruntime

    built = set(onnxruntime.get_available_providers())
    names = [name for name, (provider, _) in _PROVIDERS.items() if provider in built]
    return [name for name in names if name != "cuda" or _cuda_cards()]


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
