"""What a run cannot do without, bare, each in a process of its own: listening, one decode, FFmpeg's own clips.

``python -m flowing.bare listen|decode VIDEO [START END]...`` does one of the first two.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import av

from clipy.media.probe import probe
from flowing.runs import Measured, timed
from rendering.speed import ffmpeg_program

_HERE = Path(__file__).resolve().parents[1]
_PRESET, _CRF = "veryfast", 18  # of render.quality = good


def bare_parts(video: Path, spans: Sequence[tuple[float, float]], work: Path) -> dict[str, Measured]:
    """Faster-whisper over the whole video with clipy's settings; a decode of the clips; their encode by FFmpeg."""
    places = os.pathsep.join([str(_HERE), str(_HERE.parent / "src"), str(_HERE.parent)])
    edges = [str(edge) for span in spans for edge in span]
    found = {}
    for job in ("listen", "decode"):
        command = [sys.executable, "-m", "flowing.bare", job, str(video), *edges]
        found[job] = timed(command, {"PYTHONPATH": places}, work / f"{job}.log")
    found["encode"] = _together([_encoded(video, span, work) for span in spans])
    return found


def _encoded(video: Path, span: tuple[float, float], work: Path) -> Measured:
    """Decode, static crop, scale, x264 with clipy's settings, and AAC, by FFmpeg's program alone."""
    program = ffmpeg_program()
    if program is None:
        raise RuntimeError('the bare encode needs FFmpeg\'s program: pip install "clipy[bench]"')
    source = probe(video)
    width = min(source.width, round(source.height * 9 / 16))
    shape = f"crop={width}:{source.height}:{(source.width - width) // 2}:0,scale=1080:1920:flags=bicubic"
    with tempfile.TemporaryDirectory(dir=work) as folder:
        command = [program, "-v", "error", "-nostdin", "-ss", str(span[0]), "-to", str(span[1]), "-i", str(video)]
        command += ["-vf", shape, "-c:v", "libx264", "-preset", _PRESET, "-crf", str(_CRF), "-profile:v", "high"]
        command += ["-g", str(round(2 * source.frame_rate)), "-pix_fmt", "yuv420p", "-movflags", "+faststart"]
        command += ["-c:a", "aac", "-b:a", "160k", "-ar", "48000", "-ac", "2", str(Path(folder) / "clip.mp4")]
        return timed(command, {}, work / "encode.log")


def _together(parts: Iterable[Measured]) -> Measured:
    done = list(parts)
    peak = max((part.peak_mb for part in done), default=0.0)
    return Measured(sum(part.wall for part in done), sum(part.cpu for part in done), peak)


def listen(video: Path) -> None:
    """Transcribe with the settings of clipy's defaults, by faster-whisper's own pipeline."""
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    from clipy import models
    from clipy.analysis.transcription.faster_whisper import FasterWhisper
    from clipy.device import processors

    options = FasterWhisper().options
    folder = models.fetch(f"whisper-{options.model}", report=lambda *_: None)
    whisper = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=processors())
    found, _ = BatchedInferencePipeline(whisper).transcribe(
        str(video), beam_size=options.beam_size, batch_size=options.batch, word_timestamps=True
    )
    for _ in found:
        pass


def decode(video: Path, spans: Iterable[tuple[float, float]]) -> None:
    """Decode the pictures of some spans."""
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for start, end in spans:
            container.seek(int(start * av.time_base))
            for frame in container.decode(stream):
                if (frame.time or 0) >= end:
                    break


def main() -> None:
    job, video, edges = sys.argv[1], Path(sys.argv[2]), [float(edge) for edge in sys.argv[3:]]
    if job == "listen":
        listen(video)
    else:
        decode(video, list(zip(edges[::2], edges[1::2], strict=True)))


if __name__ == "__main__":
    main()
