"""What a graphics card gives to the networks: ``python benchmark/devices.py [--json]``.

Each network is given the same input on the processor and on every card that ONNX Runtime can use here: seconds
of the processor's clock for it, seconds of the card's, their ratio, and by how much the two disagree at most (of the
log odds that a face speaks, or of the confidence of a face). Speaker networks see a face for 20 s, in batches of
several sizes; S3FD searches 16 pictures 1280 wide. Weights are the published ones where at hand, else drawn.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

import onnxruntime  # noqa: E402

from clipy import device, models  # noqa: E402
from clipy.analysis.speakers.scoring.network import Piece, SpeakerNetwork, cut  # noqa: E402
from clipy.models import inference  # noqa: E402
from fixtures.drawn_weights import SPEAKERS, write_drawn_weights  # noqa: E402

_RATE, _SECONDS, _SIZE = 25, 20, 100  # pictures of a face a second, how long it is seen, times in a piece
_BATCHES = (2, 8, 32)  # pieces of a face, or pictures, at once
_PICTURES = 16
PUBLISHED = {"light_asd": models.LIGHT_ASD, "lr_asd": models.LR_ASD}

Values = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of wall time, and what came out."""

    seconds: float
    values: Values


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    cards = [name for name, users in device.found().items() if "ONNX Runtime" in users]
    found: dict[str, Any] = {"machine": _machine(), "cards": cards, "networks": {}}
    with tempfile.TemporaryDirectory(prefix="clipy-benchmark-") as folder:
        for name in (*SPEAKERS, "s3fd"):
            work = _speaking(name, Path(folder)) if name in SPEAKERS else _searching(Path(folder))
            found["networks"][name] = _compared(work, cards)
    print(json.dumps(found) if options.json else _table(found))
    return 0


def _compared(work: Callable[[str, int], Values], cards: Sequence[str]) -> dict[str, Any]:
    processor = _timed(work, "cpu", _BATCHES[0])
    numbers: dict[str, Any] = {"cpu": {"seconds": round(processor.seconds, 3)}}
    for card in cards:
        for batch in _BATCHES:
            run = _timed(work, card, batch)
            numbers[f"{card}, {batch} at once"] = {
                "seconds": round(run.seconds, 3),
                "times_faster": round(processor.seconds / run.seconds, 1),
                "apart": float(f"{np.abs(run.values - processor.values).max():.2g}"),
            }
    return numbers


def _timed(work: Callable[[str, int], Values], name: str, batch: int) -> Measured:
    """On a card the second of two runs: the first loads libraries and chooses how to convolve."""
    if name != "cpu":
        work(name, batch)
    start = time.perf_counter()
    values = work(name, batch)
    return Measured(time.perf_counter() - start, values)


def _speaking(name: str, folder: Path) -> Callable[[str, int], Values]:
    """One face over 20 s, and what is heard with it, as the detectors of speakers give them to their network."""
    path = (models.find(PUBLISHED[name]) if name in PUBLISHED else None) or write_drawn_weights(name, folder / name)
    random = np.random.default_rng(1)
    count = _RATE * _SECONDS
    faces = random.integers(0, 256, (count, 14, 14), dtype=np.uint8).repeat(8, axis=1).repeat(8, axis=2)
    cepstra = random.normal(0, 5, (4 * count, 13)).astype(np.float32)

    def work(place: str, batch: int) -> Values:
        network = SpeakerNetwork.load(name, path, place, batch)
        video = network.encode_video(Piece(0, faces[part], keep) for part, keep in cut(count, _SIZE, 12))[0]
        audio = network.encode_audio([Piece(0, cepstra, slice(0, count))])[0]
        return network.classify(video, audio, 6 * _RATE)

    return work


def _searching(folder: Path) -> Callable[[str, int], Values]:
    path = write_drawn_weights("s3fd", folder / "s3fd")
    coarse = np.random.default_rng(3).integers(0, 256, (_PICTURES, 90, 160, 3), dtype=np.uint8)
    pictures = coarse.repeat(8, axis=1).repeat(8, axis=2)

    def work(place: str, batch: int) -> Values:
        (network,) = inference.load(["s3fd"], path, place, "s3fd")
        batches = (pictures[start : start + batch] for start in range(0, len(pictures), batch))
        return np.concatenate([network.outputs(pictures=some)[1] for some in batches])

    return work


def _machine() -> dict[str, Any]:
    return {"processors": device.processors(), "onnxruntime": onnxruntime.__version__, "threads": os.cpu_count()}


def _table(found: dict[str, Any]) -> str:
    lines = [", ".join(f"{key} {value}" for key, value in found["machine"].items())]
    for name, numbers in found["networks"].items():
        lines += [f"{name:10} {place:18} {json.dumps(values)}" for place, values in numbers.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
