"""An output folder as a run leaves it: clips and clips.json."""

from __future__ import annotations

import shutil
from pathlib import Path

from clipy import documents
from clipy.storage.store import write_json
from clipy.types import Review
from fixtures.publishing.clips import make_clip


def make_folder(folder: Path, sizes: tuple[int, ...] = (300_000,), *, passed: bool = True) -> Path:
    """A folder with a clip of each size."""
    folder.mkdir()
    entries = []
    for number, size in enumerate(sizes, 1):
        clip = make_clip(folder, size, name=f"bees-{number:02d}")
        shutil.move(clip.path, folder / f"{clip.name}.mp4")
        entry = documents.clip_json(clip, (Review("technical"),), ())
        entry["review"]["passed"] = passed
        entries.append(entry)
    write_json(folder / "clips.json", {"schema": documents.RUN, "clips": entries})
    return folder
