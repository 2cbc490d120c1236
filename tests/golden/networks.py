"""Compute ``networks.json``: what the published code says, to hold our own networks against, number by number.

    python tests/golden/networks.py LIGHT_ASD LR_ASD TALKNET_ASD [WEIGHTS]

with the folders of Junhua-Liao/Light-ASD@ed38c23, Junhua-Liao/LR-ASD@1b6dcd2 and TaoRuijie/TalkNet-ASD@6d68214, and one
with the published weights under clipy's names. Weights called ``made`` are drawn by ``fixtures.drawn_weights``.
"""

from __future__ import annotations

import importlib
import json
import sys
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.append(str(Path(__file__).parents[2]))

from fixtures.drawn_weights import drawn

FILE = Path(__file__).with_suffix(".json")
TIMES = 12
PUBLISHED = {"light_asd": "light_asd_finetuning_TalkSet.model", "lr_asd": "lr_asd_finetuning_TalkSet.model"}


def faces() -> NDArray[np.float32]:
    """(1, 12, 112, 112): grey noise, smooth enough to be seen."""
    random = np.random.default_rng(1)
    coarse = random.uniform(0, 255, (1, TIMES, 14, 14))
    return np.asarray(np.floor(coarse.repeat(8, axis=2).repeat(8, axis=3)), dtype=np.float32)


def cepstra() -> NDArray[np.float32]:
    """(1, 48, 13)."""
    return np.random.default_rng(2).normal(0, 5, (1, 4 * TIMES, 13)).astype(np.float32)


def picture() -> NDArray[np.float32]:
    """(1, 3, 96, 128) RGB."""
    coarse = np.random.default_rng(3).uniform(0, 255, (1, 3, 12, 16))
    return np.asarray(np.floor(coarse.repeat(8, axis=2).repeat(8, axis=3)), dtype=np.float32)


def sound() -> NDArray[np.float32]:
    """(16000,): a second of noise that grows, with silence before it."""
    noise = np.random.default_rng(4).normal(0, 0.1, 16_000)
    return np.asarray(noise * np.linspace(-1, 1, 16_000).clip(0), dtype=np.float32)


def _fill(part: Any, beginning: str, weights: Mapping[str, Any] | None) -> None:
    import torch

    own = part.state_dict()
    values = {
        name: torch.from_numpy(drawn(beginning + name, tuple(value.shape))).to(value.dtype)
        if weights is None
        else weights[beginning + name]
        for name, value in own.items()
    }
    part.load_state_dict(values)
    part.eval()


def _module(folder: Path, name: str) -> Any:
    for loaded in [known for known in sys.modules if known.partition(".")[0] in ("model", "loss", "s3fd")]:
        del sys.modules[loaded]
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))


def _asd(folder: Path, weights: Mapping[str, Any] | None) -> list[list[float]]:
    import torch

    talknet = (folder / "talkNet.py").exists()
    network = (
        _module(folder, "model.talkNetModel").talkNetModel() if talknet else _module(folder, "model.Model").ASD_Model()
    )
    last = _module(folder, "loss").lossAV()
    _fill(network, "model.", weights)
    _fill(last, "lossAV.", weights)
    with torch.no_grad():
        heard = network.forward_audio_frontend(torch.from_numpy(cepstra()))
        seen = network.forward_visual_frontend(torch.from_numpy(faces()))
        if talknet:
            heard, seen = network.forward_cross_attention(heard, seen)
        outputs: list[list[float]] = last.FC(network.forward_audio_visual_backend(heard, seen)).tolist()
    return outputs


def _s3fd(folder: Path) -> dict[str, list[float]]:
    import torch

    package = types.ModuleType("s3fd")
    package.__path__ = [str(folder / "model" / "faceDetector" / "s3fd")]
    sys.modules["s3fd"] = package
    network = importlib.import_module("s3fd.nets").S3FDNet(device="cpu")
    _fill(network, "", None)
    found: dict[str, Any] = {}
    network.detect.forward = lambda loc, conf, priors: found.update(loc=loc, conf=conf, priors=priors)
    mean = np.array([123.0, 117.0, 104.0], dtype=np.float32)[:, None, None]
    with torch.no_grad():
        network(torch.from_numpy(picture() - mean))
        boxes = importlib.import_module("s3fd.box_utils").decode(found["loc"][0], found["priors"], [0.1, 0.2])
    scale = torch.tensor([128.0, 96.0, 128.0, 96.0])
    return {"boxes": (boxes * scale)[::7].flatten().tolist(), "confidence": found["conf"][0, ::7, 1].tolist()}


def main() -> None:
    import torch

    python_speech_features = importlib.import_module("python_speech_features")

    light, lr, talknet, *weights = map(Path, sys.argv[1:])
    numbers: dict[str, Any] = {}
    for name, folder in (("light_asd", light), ("lr_asd", lr), ("talknet", talknet)):
        numbers[f"{name} made"] = _asd(folder, None)
        if weights and name in PUBLISHED:
            held = torch.load(weights[0] / PUBLISHED[name], map_location="cpu", weights_only=True)
            numbers[f"{name} published"] = _asd(folder, held)
    numbers["s3fd made"] = _s3fd(talknet)
    whole = np.round(sound().astype(np.float64) * 32768).clip(-32768, 32767).astype(np.int16)
    numbers["mfcc"] = python_speech_features.mfcc(whole, 16_000, numcep=13)[::9].tolist()
    rounded = json.loads(json.dumps(numbers), parse_float=lambda text: float(f"{float(text):.7g}"))
    FILE.write_text(json.dumps(rounded, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
