"""The trials of each part of a run, on short spans of recordings whose truth is known."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np

from clipy.analysis.faces.base import FaceDetector
from clipy.analysis.faces.centerface import CenterFace
from clipy.analysis.faces.tracking.tracks import link
from clipy.analysis.shots.pyscenedetect import PySceneDetect
from clipy.analysis.transcription.faster_whisper import FasterWhisper
from clipy.context import Context
from clipy.geometry import iou
from clipy.media.color import to_bt709, yuv_planes
from clipy.media.probe import probe
from clipy.media.read import decode_frames
from clipy.stages.render.x264 import X264
from clipy.types import Box, Shot, Span, Video
from rendering.sharpness import ssim
from tuning.trials import Trial, spent

_NEAR = 0.15  # seconds between a cut and the same cut in the truth
_FILMS = ("tears_of_steel_clip.webm", "hamilton_stage_cuts.mp4", "googlework_short.mp4")
_SAME_DB = 0.3
_FROM = Fraction(10)  # seconds into the composed talk


def whisper(media: Path, seconds: float, ctx: Context) -> Iterator[Trial]:
    """Beam and batch of the sizes that are on this machine; quality: share of the words of an audiobook."""
    book = media / "video" / "audiobook_manifesto.mp4"
    lines = json.loads(book.with_suffix(".json").read_text(encoding="utf-8"))
    said = [word["word"] for line in lines for word in line["words"] if word["end"] < seconds]
    video = _beginning(book, ctx.work / "book.mkv", seconds)
    usual = FasterWhisper.Options()
    known = {"language": "en"}
    for beam, batch in ((1, 4), (2, 4), (5, 1), (5, 4), (5, 8)):
        options = FasterWhisper.Options.model_validate({**known, "beam_size": beam, "batch": batch})
        transcriber = FasterWhisper(options)
        transcriber.spoken_language(video, ctx)  # loads the network, which is no part of the cost
        found, cost = spent(partial(transcriber.transcribe, video, ctx))
        heard = [_letters(word.text) for word in found.words]
        right = 1 - _edits([_letters(word) for word in said], heard) / len(said)
        is_default = (beam, batch) == (usual.beam_size, usual.batch)
        setting = f"{usual.model}, beam {beam}, batch {batch}"
        yield Trial("transcribe", setting, "words_right", cost / seconds, right, is_default)


def shots(media: Path, seconds: float, ctx: Context) -> Iterator[Trial]:
    """Threshold and smallest change; quality: F1 of the hard cuts of three films."""
    usual = PySceneDetect.Options()
    films = [probe(media / "video" / name) for name in _FILMS]
    spans = [Span(Fraction(0), min(video.duration, Fraction(seconds))) for video in films]
    for threshold, change in ((2.0, 15.0), (3.0, 10.0), (3.0, 15.0), (3.0, 25.0), (5.0, 15.0)):
        detector = PySceneDetect(PySceneDetect.Options(threshold=threshold, minimum_change=change))
        hits = found = there = 0
        total = cost = 0.0
        for video, span in zip(films, spans, strict=True):
            parts, took = spent(partial(detector.detect, video, span, ctx))
            cuts = [float(shot.span.start) for shot in parts[1:]]
            truth = json.loads((media / "truth" / f"{video.path.stem}.json").read_text(encoding="utf-8"))
            unsure = [time for time in truth["uncertain_cuts"] if time < span.end]
            cuts = [cut for cut in cuts if not any(abs(cut - time) <= _NEAR for time in unsure)]
            known = [time for time in truth["hard_cuts"] if 0 < time < span.end]
            hits += sum(any(abs(cut - time) <= _NEAR for cut in cuts) for time in known)
            found, there = found + len(cuts), there + len(known)
            total, cost = total + float(span.duration), cost + took
        is_default = (threshold, change) == (usual.threshold, usual.minimum_change)
        setting = f"threshold {threshold:g}, change {change:g}"
        yield Trial("shots", setting, "f1", cost / total, 2 * hits / max(1, found + there), is_default)


def faces(media: Path, seconds: float, ctx: Context) -> Iterator[Trial]:
    """Rate, stride and size; quality: how far tracks overlap a composed talk's faces, on average."""
    video = probe(media / "composed" / "podcast_dev.mp4")
    truth = json.loads(video.path.with_suffix(".json").read_text(encoding="utf-8"))
    span = Span(_FROM, _FROM + Fraction(seconds))
    cut = [Shot(Span(max(start, span.start), min(end, span.end))) for start, end in _shot_edges(truth, span)]
    usual = FaceDetector.Options()
    for rate, stride, size in ((2.5, 1, 360), (5, 1, 360), (5, 3, 360), (5, 6, 360), (10, 3, 360), (5, 3, 240)):
        options = CenterFace.Options.model_validate({"rate": rate, "stride": stride, "size": size})
        detector = CenterFace(options)
        seen, cost = spent(partial(detector.detect_in_video, video, cut, ctx))
        tracks = link(cut, seen)
        there, covered = 0, 0.0
        for moment in truth["frames"]:
            if not span.start <= moment["time"] < span.end:
                continue
            boxes = [
                Box(*track.boxes[index].tolist())
                for track in tracks
                for index in [int(np.argmin(np.abs(track.times - moment["time"])))]
                if abs(float(track.times[index]) - moment["time"]) <= 1 / 25
            ]
            there += len(moment["faces"])
            covered += sum(max((iou(Box(*face["box"]), box) for box in boxes), default=0.0) for face in moment["faces"])
        is_default = (rate, stride, size) == (usual.rate, usual.stride, usual.size)
        setting = f"rate {rate:g}, stride {stride}, size {size}"
        yield Trial("faces", setting, "overlap", cost / seconds, covered / max(1, there), is_default)


def x264(media: Path, seconds: float, ctx: Context) -> Iterator[Trial]:
    """Presets of x264 at the bit rate of the default; quality: SSIM of the luma of a composed talk's middle, in dB."""
    video = probe(media / "composed" / "podcast_dev.mp4")
    pictures = list(_window(video, min(seconds, 4)))
    length = len(pictures) / float(video.frame_rate)
    usual = dict(X264().encoding(1080, 1920, video.frame_rate).options)
    rate = str(round(8 * len(_encoded(pictures, usual, video)) / length))
    capped = {name: value for name, value in usual.items() if name != "crf"}  # not comparable across presets
    capped.update(b=rate, maxrate=rate, bufsize=rate)
    for preset in ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium"):
        data, cost = spent(partial(_encoded, pictures, {**capped, "preset": preset}, video))
        alike = float(np.mean([ssim(a, b) for a, b in zip(pictures[::10], _decoded(data)[::10], strict=True)]))
        setting = f"{preset}, {8 * len(data) / length / 1000:.0f} kbit/s"
        quality = -10 * math.log10(max(1e-9, 1 - alike))
        yield Trial("x264", setting, "ssim_db", cost / length, quality, preset == usual["preset"], same=_SAME_DB)


def _shot_edges(truth: dict[str, Any], span: Span) -> Iterator[tuple[Fraction, Fraction]]:
    for shot in truth["shots"]:
        start, end = (Fraction(round(shot[edge] * 1000), 1000) for edge in ("start", "end"))
        if start < span.end and end > span.start:
            yield start, end


def _beginning(source: Path, path: Path, seconds: float) -> Video:
    """The first seconds of a recording, as they are coded."""
    with av.open(str(source)) as container, av.open(str(path), "w") as target:
        known = [*container.streams.video[:1], *container.streams.audio[:1]]
        streams = {stream.index: target.add_stream_from_template(stream) for stream in known}
        for packet in container.demux(*known):
            if packet.dts is not None and packet.time_base and packet.dts * packet.time_base < seconds:
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
    return probe(path)


def _window(video: Video, seconds: float) -> Iterator[Any]:
    """Luma (1920, 1080) of an upright window in the middle."""
    import cv2

    for _, frame in decode_frames(video, Span(_FROM, _FROM + Fraction(seconds))):
        luma = to_bt709(*yuv_planes(frame))[0]
        left = (luma.shape[1] - luma.shape[0] * 9 // 16) // 2
        part = np.ascontiguousarray(luma[:, left : left + luma.shape[0] * 9 // 16])
        yield cv2.resize(part, (1080, 1920), interpolation=cv2.INTER_CUBIC)


def _encoded(pictures: Sequence[Any], options: dict[str, str], video: Video) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=video.frame_rate, options=options)
        stream.height, stream.width = pictures[0].shape
        stream.pix_fmt, stream.thread_type = "yuv420p", "AUTO"
        for luma in pictures:
            gray = np.vstack([luma, np.full((luma.shape[0] // 2, luma.shape[1]), 128, np.uint8)])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(gray, format="yuv420p")))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def _decoded(data: bytes) -> list[Any]:
    with av.open(io.BytesIO(data), "r") as container:
        return [np.asarray(yuv_planes(frame)[0][0]) for frame in container.decode(video=0)]


def _letters(word: str) -> str:
    return "".join(char for char in word.lower() if char.isalnum())


def _edits(said: Sequence[str], heard: Sequence[str]) -> int:
    """Words to insert, delete or replace (Levenshtein, 1966)."""
    row = list(range(len(heard) + 1))
    for index, word in enumerate(said, 1):
        before, row = row, [index]
        for place, other in enumerate(heard, 1):
            row.append(min(before[place] + 1, row[-1] + 1, before[place - 1] + (word != other)))
    return row[-1]
