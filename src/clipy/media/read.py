"""Frames and sound of a source, with exact times. Nothing is re-encoded, and nothing long is held in memory."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import count
from typing import Any

import av
import av.container
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from clipy.errors import MediaError
from clipy.media.audio_runs import contiguous_runs, join_frames
from clipy.media.deinterlace import deinterlace
from clipy.media.mixer import RUN_UP, mended, summed
from clipy.media.non_reference_skipping import NonReferenceSkipper
from clipy.media.safe_open import open_media, video_stream
from clipy.mixing import Mix, MixInput
from clipy.types import Seconds, Span, Video

log = logging.getLogger(__name__)

_PREROLL = Fraction(1, 5)  # seconds decoded before a span's sound, for codecs that need a run-up
_CLOSE = Fraction(1, 90_000)  # a span that ends this much after a time holds the picture of that time
_BROKEN_LIMIT = 250  # undecodable packets in a row that make a file unreadable
_SILENCE = 1 << 16  # samples of silence in one block: a gap may last for hours
_MUCH = 3  # times as high as a small copy of it a source is of which rough pictures do
_SEEK_BACK = (Fraction(0), Fraction(2), Fraction(10), Fraction(60))  # seconds; some indexes land after the target


def decode_frames(
    video: Video,
    span: Span,
    threads: int = 0,
    *,
    keys_only: bool = False,
    rough: bool = False,
    times: Sequence[Seconds] = (),
) -> Iterator[tuple[Seconds, av.VideoFrame]]:
    """The decoded pictures shown during a span, with their exact times on the source's timeline.

    Begins with the picture that is on screen at ``span.start`` (its own time may be earlier). Pictures are as coded:
    not rotated, not scaled; but interlaced ones are made whole. ``threads`` is the decoder's; 0 lets it choose. With
    ``keys_only`` the pictures that need others to be decoded are passed over. ``rough`` leaves out the smoothing of
    block edges, a fifth of the work: for those who look at a much smaller copy. With ``times`` (in order, inside the
    span) only the pictures on screen then are sure to be among them. Raises MediaError when nothing in the span can be
    decoded.
    """
    with open_media(video.path) as container:
        stream = video_stream(container, video.path)
        stream.thread_type = "AUTO"
        if rough:
            stream.codec_context.options = {**stream.codec_context.options, "skip_loop_filter": "all"}
        if threads:
            stream.codec_context.thread_count = threads
        if keys_only:
            stream.codec_context.skip_frame = "NONKEY"
        shown: tuple[Seconds, av.VideoFrame] | None = None
        for time, frame in deinterlace(_from(container, stream, video, span.start, times)):
            if time >= span.end:
                break
            if time <= span.start:
                shown = (time, frame)
                continue
            if shown is not None:
                yield shown
            shown = (time, frame)
        if shown is None:
            raise MediaError(
                f"no picture between {float(span.start):.2f} s and {float(span.end):.2f} s",
                where=video.path,
                do="The file may be damaged there; check it in a video player",
            )
        yield shown


def frames_at(video: Video, times: Sequence[Seconds]) -> Iterator[tuple[Seconds, av.VideoFrame]]:
    """For each of some times, in order, the decoded picture on screen then: one pass, as coded."""
    if times:
        span = Span(times[0], times[-1] + _CLOSE)
        yield from _on_screen(decode_frames(video, span, times=times), times)


def pictures(
    video: Video,
    span: Span,
    *,
    rate: Fraction | None = None,
    times: Sequence[Seconds] = (),
    height: int | None = None,
    gray: bool = False,
    keys_only: bool = False,
) -> Iterator[tuple[Seconds, NDArray[np.uint8]]]:
    """Upright pictures for analysis: (h, w, 3) RGB, or (h, w) when ``gray``, scaled to ``height`` display pixels.

    With ``rate``, one picture for each time ``span.start + k / rate``, the one on screen then; with ``times``, one for
    each of them (in order, inside the span); with neither, every picture with its own time. Display proportions are
    kept, whatever the sample aspect ratio. Where they are much smaller than the source's, it is decoded roughly.
    ``keys_only`` as for ``decode_frames``.
    """
    height = height or video.height
    width = max(1, round(height * video.width / video.height))
    turned = video.rotation in (90, 270)
    size = (height, width) if turned else (width, height)
    if rate is not None and not times:
        times = list(_grid(span, rate))
    shown = decode_frames(video, span, keys_only=keys_only, rough=height * _MUCH <= video.height, times=times)
    if times:
        shown = _on_screen(shown, times)
    last: av.VideoFrame | None = None
    picture: NDArray[np.uint8] | None = None
    scaler, kind = VideoReformatter(), "gray" if gray else "rgb24"  # one for all pictures: it is dear to set up
    for time, frame in shown:
        if frame is not last or picture is None:
            scaled = scaler.reformat(frame, *size, format=kind, interpolation=Interpolation.AREA)
            picture = upright(scaled.to_ndarray(), video.rotation)
            last = frame
        yield time, picture


def upright(picture: NDArray[Any], rotation: int) -> NDArray[Any]:
    """Turn a picture clockwise by ``rotation`` degrees (a view, not a copy)."""
    return np.rot90(picture, k=-(rotation // 90))


def _grid(span: Span, rate: Fraction) -> Iterator[Seconds]:
    for tick in count():
        time = span.start + tick / rate
        if time >= span.end:
            return
        yield time


def _on_screen(
    shown: Iterator[tuple[Seconds, av.VideoFrame]], times: Iterable[Seconds]
) -> Iterator[tuple[Seconds, av.VideoFrame]]:
    """For each time the picture on screen then: the last one that began no later, or the first."""
    current = following = next(shown, None)
    for due in times:
        while following is not None and following[0] <= due:
            current, following = following, next(shown, None)
        if current is None:
            return
        yield due, current[1]


def _from(
    container: av.container.InputContainer,
    stream: av.VideoStream,
    video: Video,
    start: Seconds,
    times: Sequence[Seconds],
) -> Iterator[tuple[Seconds, av.VideoFrame]]:
    """Decode from the last picture that is no later than ``start``, as far as the file's index allows."""
    absolute = [time + video.start for time in times]
    for back in _SEEK_BACK:
        target = max(Fraction(0), start - back)
        _seek(container, stream, video, target)
        frames = _timed(container, stream, video, NonReferenceSkipper(stream, start + video.start, absolute))
        first = next(frames, None)
        if first is not None and (first[0] <= start or target == 0):
            yield first
            yield from frames
            return
    container.seek(0)
    yield from _timed(container, stream, video, NonReferenceSkipper(stream, start + video.start, absolute))


def _seek(container: av.container.InputContainer, stream: av.stream.Stream, video: Video, time: Seconds) -> None:
    base = stream.time_base or Fraction(1, 1_000_000)
    try:
        container.seek(int((time + video.start) / base), stream=stream, backward=True)
    except av.error.FFmpegError:
        container.seek(0)  # formats without an index: read from the beginning


def _timed(
    container: av.container.InputContainer, stream: av.VideoStream, video: Video, skipper: NonReferenceSkipper
) -> Iterator[tuple[Seconds, av.VideoFrame]]:
    step = 1 / video.frame_rate
    time = -step
    for frame in _frames(skipper.packets(container.demux(stream)), video):
        skipper.observe(frame)
        stamp = frame.pts if frame.pts is not None else frame.dts
        base = frame.time_base or stream.time_base
        time = time + step if stamp is None or base is None else stamp * base - video.start
        yield time, frame


def _frames(packets: Iterable[av.Packet[Any]], video: Video) -> Iterator[Any]:
    """Decode a stream, passing over broken packets as players do; many in a row are an error."""
    broken = 0
    for packet in packets:
        try:
            frames = packet.decode()
        except av.error.InvalidDataError as error:
            broken += 1
            if broken == 1:
                log.warning("%s: broken data is passed over", video.path.name)
            if broken > _BROKEN_LIMIT:
                raise MediaError(
                    "too much of the file cannot be decoded", where=video.path, do="Copy or download it again"
                ) from error
            continue
        if frames:
            broken = 0
        yield from frames


def sound(
    video: Video, span: Span, *, rate: int, channels: int = 1, track: int | None = None, mix: Mix | None = None
) -> Iterator[NDArray[np.float32]]:
    """The sound of a span as float32 blocks (channels, samples), exactly resampled, ``round(duration * rate)`` samples.

    What is heard is ``mix``: the video's own (``Video.speech_mix``) unless given; or one ``track`` as it is. Every
    sample lies where its time says: a late start, a gap and the end are filled with silence. ``channels`` is 1 or 2.
    Raises MediaError when there is no such sound track.
    """
    inputs = (MixInput(track),) if track is not None else mix or video.speech_mix
    if len(inputs) == 1 and inputs[0].is_plain:
        yield from _of_track(video, span, rate, channels, inputs[0].track)
    else:
        yield from summed([_of_input(video, span, rate, source) for source in inputs], channels)


def _of_input(video: Video, span: Span, rate: int, source: MixInput) -> Iterator[NDArray[np.float32]]:
    """One input of a mix, mended, in stereo; with a run-up for its filters."""
    early = int(min(Fraction(RUN_UP), span.start) * rate) if source.hum else 0
    blocks = _of_track(video, Span(span.start - Fraction(early, rate), span.end), rate, 2, source.track)
    return mended(blocks, source, rate, early)


def _of_track(video: Video, span: Span, rate: int, channels: int, track: int) -> Iterator[NDArray[np.float32]]:
    if track >= len(video.audio):
        have = len(video.audio)
        raise MediaError(f"there is no sound track {track + 1} ({have} there)", where=video.path, do="Choose another")
    source = video.audio[track]
    layout = "mono" if channels == 1 else "stereo"
    resampler = av.AudioResampler(format="fltp", layout=layout, rate=rate)
    wanted, given = round(span.duration * rate), 0
    total = round(span.duration * source.sample_rate)
    for block in _in_place(video, span, track, layout, total):
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
        frame.sample_rate = source.sample_rate
        for out in resampler.resample(frame):
            samples = np.asarray(out.to_ndarray()[:, : wanted - given], dtype=np.float32)
            given += samples.shape[1]
            if samples.shape[1]:
                yield samples
    for out in resampler.resample(None):
        samples = np.asarray(out.to_ndarray()[:, : wanted - given], dtype=np.float32)
        given += samples.shape[1]
        if samples.shape[1]:
            yield samples
    yield from _silence(channels, wanted - given)


def _silence(channels: int, samples: int) -> Iterator[NDArray[np.float32]]:
    for begin in range(0, samples, _SILENCE):
        yield np.zeros((channels, min(_SILENCE, samples - begin)), dtype=np.float32)


def sound_array(
    video: Video, span: Span, *, rate: int, channels: int = 1, track: int | None = None, mix: Mix | None = None
) -> NDArray[np.float32]:
    """The sound of a short span in one array (channels, samples). For long spans use ``sound`` and keep little."""
    blocks = list(sound(video, span, rate=rate, channels=channels, track=track, mix=mix))
    return np.concatenate(blocks, axis=1) if blocks else np.zeros((channels, 0), dtype=np.float32)


def _in_place(video: Video, span: Span, track: int, layout: str, total: int) -> Iterator[NDArray[np.float32]]:
    """Decoded sound at its own rate, each sample in its place, silence where there is none; ``total`` samples."""
    source = video.audio[track]
    rate, channels = source.sample_rate, 1 if layout == "mono" else 2
    written = 0
    with open_media(video.path) as container:
        stream = container.streams[source.index]
        _seek(container, stream, video, max(Fraction(0), span.start - _PREROLL))
        mixer = av.AudioResampler(format="fltp", layout=layout, rate=rate)
        for place, frames in contiguous_runs(
            _frames(container.demux(stream), video), rate, video.start + span.start, total
        ):
            if place is not None and place >= total:
                break
            parts = [part.to_ndarray() for part in mixer.resample(join_frames(frames))]
            samples = np.concatenate(parts, axis=1) if parts else np.zeros((channels, 0), dtype=np.float32)
            if place is not None and place < written:
                samples = samples[:, written - place :]
            elif place is not None and place > written:
                yield from _silence(channels, place - written)
                written = place
            samples = samples[:, : total - written]
            if samples.shape[1]:
                yield np.ascontiguousarray(samples, dtype=np.float32)
                written += samples.shape[1]
            if written >= total:
                break
    yield from _silence(channels, total - written)
