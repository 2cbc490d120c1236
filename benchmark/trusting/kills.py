"""Kill whole runs at random instants, run again, and see that nothing is lost, half made or left over."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from clipy.storage.artifact import Damaged, Outdated, decoded
from fixtures.media import make_video
from fixtures.speech import speak

# Every stage works, on little: subtitles are aligned, shots and faces looked for, captions drawn, clips reviewed.
SETTINGS = (
    *(
        "review=technical",
        "transcribe.backend=subtitles",
        "highlight.backend=even",
        "highlight.duration=2.5",
        "highlight.count=2",
    ),
    *("highlight.min_duration=2", "reframe.width=180", "reframe.height=320", "render.quality=draft"),
    *("faces.rate=1", "faces.size=64", "speakers.backend=lip-sync"),
)
_TEXT = "Why do most people never finish what they start? The answer surprised everyone. It was one small sentence."
_PRELOADED = (
    *(
        "clipy.pipeline.run",
        "clipy.cli.doctor",
        "clipy.analysis.alignment.sphinx",
        "clipy.analysis.transcription.subtitles",
        "clipy.analysis.faces.centerface",
    ),
    *(
        "clipy.analysis.speakers.scoring.lips",
        "clipy.stages.highlight.even",
        "clipy.stages.reframe.speaker",
        "clipy.stages.render.x264",
    ),
    *("clipy.stages.render.pizzazz.captions", "clipy.stages.review.technical", "clipy.stages.upload.folder"),
    *("cv2", "scenedetect.detectors", "faster_whisper.vad", "onnxruntime", "uharfbuzz"),
)
_KILLED = -signal.SIGKILL


@dataclass(frozen=True)
class Delivery:
    """All that a run leaves in its output folder: its document without timings, and digests of every file."""

    names: tuple[str, ...]
    files: tuple[str, ...]
    frames: tuple[str, ...]
    document: str


def kills(work: Path, count: int, seed: int) -> dict[str, Any]:
    """Kill ``count`` runs, each in a store of its own (every fourth again while it recovers), and compare what is left.

    The instants are even over the time that undisturbed runs take.
    """
    chance = random.Random(seed)
    video = source(work)
    undisturbed, seconds = _undisturbed(video, work)
    print(f"a run takes {seconds:.1f} s", file=sys.stderr)
    found: dict[str, Any] = {"kills_tried": 0, "kills_survived": 0, "run_seconds": round(seconds, 1), "problems": []}
    while found["kills_tried"] < count:
        with tempfile.TemporaryDirectory(dir=work, prefix="killed-") as place:
            folder, killed = Path(place), 0
            for _ in range(2 if chance.random() < 0.25 else 1):
                killed += _run(video, folder, after=chance.uniform(0, seconds)) == _KILLED
            if not killed:
                continue
            problems = recovered(video, folder, undisturbed)
        found["kills_tried"] += killed
        found["kills_survived"] += 0 if problems else killed
        found["problems"] += problems
        print(f"{found['kills_survived']} of {found['kills_tried']} kills survived", file=sys.stderr)
    return found


def source(folder: Path, size: tuple[int, int] = (320, 180)) -> Path:
    """Seven seconds of speech over a moving pattern, with subtitles beside."""
    said = speak(_TEXT)
    length = len(said.samples) / said.rate

    def play(times: Any) -> Any:
        import numpy as np

        return np.interp(times, np.arange(len(said.samples)) / said.rate, said.samples, left=0.0, right=0.0)

    video = make_video(folder / "talk.mp4", seconds=length + 0.5, size=size, play=play)
    sentences = [part.strip() + mark for part, mark in (("Why do most people never finish what they start", "?"),)]
    sentences += ["The answer surprised everyone.", "It was one small sentence."]
    starts = [time for word, time in said.words if word in {"Why", "The", "It"}]
    ends = [*starts[1:], length]
    blocks = [
        f"{number}\n{_clock(start)} --> {_clock(end)}\n{text}\n"
        for number, (start, end, text) in enumerate(zip(starts, ends, sentences, strict=True), start=1)
    ]
    video.with_suffix(".srt").write_text("\n".join(blocks), encoding="utf-8")
    return video


def recovered(video: Path, folder: Path, undisturbed: Delivery) -> list[str]:
    """Run again after a kill; what is not as after an undisturbed run, in words."""
    half = [str(path) for path in _delivered(folder) if path.name.endswith(".mp4") and not _is_whole(path)]
    problems = [f"half a file under its final name: {path}" for path in half]
    code = _run(video, folder)
    if code != 0:
        return [*problems, f"the second run ended with {code}: {(folder / 'told.txt').read_text()[-500:]}"]
    found = delivery(folder)
    problems += [
        f"other {name}: {getattr(found, name)!r:.300}"
        for name in ("names", "files", "frames", "document")
        if getattr(found, name) != getattr(undisturbed, name)
    ]
    problems += [f"left over: {path}" for path in (folder / "store").rglob(".making-*")]
    problems += [f"left over: {path}" for path in (folder / "store" / "work").iterdir()]
    return problems + [f"damaged: {path}" for path in (folder / "store").rglob("*.json") if not _is_sound(path)]


def delivery(folder: Path) -> Delivery:
    """What lies in a run's output folder."""
    files = _delivered(folder)
    document = json.loads((folder / "out" / "clips.json").read_text("utf-8"))
    document.pop("timings")
    return Delivery(
        tuple(path.name for path in files),
        tuple(_digest(path.read_bytes()) for path in files if path.name != "clips.json"),
        tuple(_frames(path) for path in files if path.suffix == ".mp4"),
        json.dumps(document, sort_keys=True).replace(str(folder), "FOLDER"),
    )


def _undisturbed(video: Path, work: Path) -> tuple[Delivery, float]:
    """What runs make that nobody kills (twice the same), and how long the second takes."""
    found = []
    seconds = 0.0
    for _ in range(2):
        with tempfile.TemporaryDirectory(dir=work, prefix="whole-") as place:
            began = time.perf_counter()
            code = _run(video, Path(place))
            seconds = time.perf_counter() - began
            if code:
                raise RuntimeError((Path(place) / "told.txt").read_text())
            found.append(delivery(Path(place)))
    if found[0] != found[1]:
        raise RuntimeError(f"two undisturbed runs differ: {found}")
    return found[0], seconds


def _run(video: Path, folder: Path, after: float | None = None) -> int:
    """A whole run in a process of its own, killed ``after`` so many seconds; its exit code."""
    spawn = multiprocessing.get_context("forkserver")
    spawn.set_forkserver_preload(list(_PRELOADED))  # so that kills hit the work, not the imports before it
    process = spawn.Process(target=_work, args=(video, folder))
    process.start()
    process.join(after)
    if process.is_alive():
        process.kill()
    process.join()
    return process.exitcode or 0


def _work(video: Path, folder: Path) -> None:
    os.environ["CLIPY_STORE"] = str(folder / "store")
    told = (folder / "told.txt").open("w")
    os.dup2(told.fileno(), 2)
    from clipy.config import load
    from clipy.pipeline.run import run

    run(video, folder / "out", config=load(sets=SETTINGS))


def _delivered(folder: Path) -> list[Path]:
    out = folder / "out"
    return sorted(out.iterdir()) if out.is_dir() else []


def _is_whole(path: Path) -> bool:
    try:
        _frames(path)
    except av.error.FFmpegError:
        return False
    return True


def _is_sound(path: Path) -> bool:
    """Whether the header of a stored artifact is right about the rest."""
    try:
        decoded(path.read_bytes(), None)
    except Outdated:
        return True
    except Damaged as error:
        return "it holds" in str(error)  # the checksum was right; only the type was not asked for
    return True


def _frames(path: Path) -> str:
    """A digest of every decoded picture."""
    total = hashlib.sha256()
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            total.update(frame.to_ndarray().tobytes())
    return total.hexdigest()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _clock(time: float) -> str:
    return f"00:00:{int(time):02d},{int(time * 1000) % 1000:03d}"
