"""What a run delivered, as plain values that can be stored and compared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av

PARTS = ("picks", "crops", "words", "frames", "sound")
_PICK = ("start", "end", "title", "score")
_CROP = ("output", "crop", "keep")
_WORD = ("text", "start", "end", "speaker")


def outputs(folder: Path) -> dict[str, Any]:
    """Each of ``PARTS`` of the clips in an output folder, best clip first.

    ``picks`` lists the rejected candidates, too. ``frames`` and ``sound`` hold, for each clip, the time in seconds and
    a digest of every decoded frame.
    """
    path = folder / "clips.json"
    document = json.loads(path.read_text("utf-8")) if path.is_file() else {"clips": [], "rejected": []}
    clips, files = document["clips"], [folder / clip["file"] for clip in document["clips"]]
    return {
        "picks": {
            "clips": [_chosen(clip, _PICK) for clip in clips],
            "rejected": [_chosen(candidate, _PICK) for candidate in document["rejected"]],
        },
        "crops": [_chosen(clip, _CROP) for clip in clips],
        "words": [[_chosen(word, _WORD) for word in clip["words"]] for clip in clips],
        "frames": [list(_frames(file, "video")) for file in files],
        "sound": [list(_frames(file, "audio")) for file in files],
    }


def differences(before: Any, after: Any, where: str = "") -> Iterator[str]:
    """Every place at which two values made of dicts, lists and plain values differ, in words."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in {**before, **after}:
            yield from differences(before.get(key), after.get(key), f"{where}.{key}" if where else key)
    elif isinstance(before, list) and isinstance(after, list):
        if len(before) != len(after):
            yield f"{where}: {len(before)} -> {len(after)} items"
        for index, (old, new) in enumerate(zip(before, after, strict=False)):
            yield from differences(old, new, f"{where}[{index}]")
    elif before != after:
        yield f"{where}: {before!r} -> {after!r}"


def fingerprint(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _chosen(values: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: values.get(key) for key in keys}


def _frames(path: Path, kind: str) -> Iterator[str]:
    """The time and a digest of each decoded picture, or block of samples, of a file."""
    with av.open(str(path)) as container:
        for frame in container.decode(next(stream for stream in container.streams if stream.type == kind)):
            assert isinstance(frame, av.VideoFrame | av.AudioFrame)
            digest = hashlib.blake2b(frame.to_ndarray().tobytes(), digest_size=8).hexdigest()
            yield f"{float(frame.time or 0):.4f} {digest}"
