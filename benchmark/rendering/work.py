"""One measured job in a process of its own: ``python -m rendering.work '{"job": ..., ...}'`` prints what it took.

Memory is the process's peak, so nothing else may have run in it. Time is that of the render call, without starting
Python, which a run of clipy does once for all of its clips.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av

from clipy.context import Context
from clipy.media.probe import probe
from clipy.pipeline.parallel import parallel_map
from clipy.stages.render.x264 import X264
from clipy.storage.store import Store
from clipy.types import Edit, Video
from rendering.clips import decorated, edit_of
from rendering.memory import peak_mb


def main() -> None:
    task = json.loads(sys.argv[1])
    job: Callable[[dict[str, Any], Path], Callable[[], None]] = {"clips": clips, "bare": bare}[task["job"]]
    with tempfile.TemporaryDirectory() as folder:
        run = job(task, Path(folder))
        began, spent = time.perf_counter(), time.process_time()
        run()
        found = {"wall": time.perf_counter() - began, "cpu": time.process_time() - spent}
        found["bytes"] = sum(path.stat().st_size for path in Path(folder).glob("*.mp4"))
    found["peak_mb"] = peak_mb("self")
    print(json.dumps(found))


def clips(task: dict[str, Any], folder: Path) -> Callable[[], None]:
    """Render ``count`` clips of ``seconds`` with some pizzazz, ``at_once`` side by side."""
    video = probe(Path(task["source"]))
    ctx = Context(Store(folder / "store"), folder)
    seconds = Fraction(task["seconds"]).limit_denominator(1000)
    step = (video.duration - seconds) / max(1, task["count"])
    renderer = X264(X264.Options(quality=task.get("quality", "good")))
    planned = [
        decorated(video, edit_of(video, Fraction(round(step * index)), seconds, ctx), task["pizzazz"], ctx)
        for index in range(task["count"])
    ]

    def render(index: int, part: Context) -> None:
        edit, effects = planned[index]
        renderer.render(video, edit, effects, folder / f"{index}.mp4", part)

    def run() -> None:
        parallel_map(range(task["count"]), render, ctx, task.get("at_once", 1))

    return run


def bare(task: dict[str, Any], folder: Path) -> Callable[[], None]:
    """The same clip by nothing but FFmpeg's libraries: a filter graph between its decoder and its encoder."""
    video = probe(Path(task["source"]))
    ctx = Context(Store(folder / "store"), folder)
    edit = edit_of(video, Fraction(0), Fraction(task["seconds"]).limit_denominator(1000), ctx)
    return lambda: _filtered(video, edit, folder / "0.mp4", task.get("quality", "good"))


def _filtered(video: Video, edit: Edit, path: Path, quality: str) -> None:
    box = edit.crop.shots[0].panels[0].keyframes[0].box
    encoding = X264(X264.Options(quality=quality)).encoding(1080, 1920, video.frame_rate)
    with av.open(str(video.path)) as source, av.open(str(path), "w", options={"movflags": "+faststart"}) as target:
        picture, heard = source.streams.video[0], source.streams.audio[0]
        picture.thread_type = "AUTO"
        out = target.add_stream("libx264", rate=video.frame_rate, options=dict(encoding.options))
        out.width, out.height, out.pix_fmt, out.thread_type = 1080, 1920, "yuv420p", "AUTO"
        voice = target.add_stream("aac", rate=48_000, layout="stereo")
        graph = av.filter.Graph()
        nodes = [
            graph.add_buffer(template=picture),
            graph.add("crop", f"{int(box.width)}:{int(box.height)}:{int(box.x1)}:{int(box.y1)}"),
            graph.add("scale", "1080:1920:flags=bicubic"),
            graph.add("buffersink"),
        ]
        graph.link_nodes(*nodes).configure()
        resampler = av.AudioResampler(format="fltp", layout="stereo", rate=48_000)
        for frame in source.decode(picture, heard):
            if not isinstance(frame, av.VideoFrame | av.AudioFrame) or (frame.time or 0) >= float(edit.duration):
                break
            if isinstance(frame, av.VideoFrame):
                graph.push(frame)
                target.mux(out.encode(cast("av.VideoFrame", graph.pull())))
            else:
                for block in resampler.resample(frame):
                    target.mux(voice.encode(block))
        target.mux(out.encode(None))
        target.mux(voice.encode(None))


if __name__ == "__main__":
    main()
