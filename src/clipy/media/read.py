"""Frames and sound of a source with exact times, as streams: nothing long is held in memory."""

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
from clipy.media.still_picture import still_frames
from clipy.mixing import Mix, MixInput
from clipy.types import Seconds, Span, Video

log = logging.getLogger(__name__)

_PREROLL = Fraction(1, 5)  # seconds of sound decoded before a span, for codecs with inter-frame state
_EPSILON = Fraction(1, 90_000)  # seconds; a span that ends this much after a time includes its frame
_MAX_BROKEN = 250  # consecutive undecodable packets
_SILENCE_BLOCK = 1 << 16  # samples; gaps may last for hours
_DEBLOCKING_RATIO = 3  # from this reduction on, deblocking is skipped
_SEEK_BACK = (Fraction(0), Fraction(2), Fraction(10), Fraction(60))  # seconds; some indexes seek to after the target


def decode_frames(
    video: Video,
    span: Span,
    threads: int = 0,
    *,
    keyframes_only: bool = False,
    skip_deblocking: bool = False,
    times: Sequence[Seconds] = (),
) -> Iterator[tuple[Seconds, av.VideoFrame]]:
    """The frames shown during a span, with their exact times on the source's timeline.

    Starts with the frame on screen at ``span.start`` (its own time may be earlier). Frames are as coded: neither
    rotated nor scaled, but deinterlaced. ``threads``: of the decoder; 0: automatic. ``keyframes_only`` skips all other
    frames. ``skip_deblocking`` saves a fifth of the work, for use at a much smaller size. With ``times`` (in order,
    inside the span), only the frames on screen then are guaranteed. Raises MediaError if nothing can be decoded.
    """
    with open_media(video.path) as container:
        if video.sound_only:
            yield from still_frames(container, video.path, span, times, first_only=keyframes_only)
            return
        stream = video_stream(container, video.path)
        stream.thread_type = "AUTO"
        if skip_deblocking:
            stream.codec_context.options = {**stream.codec_context.options, "skip_loop_filter": "all"}
        if threads:
            stream.codec_context.thread_count = threads
        if keyframes_only:
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
                f"no frame between {float(span.start):.2f} s and {float(span.end):.2f} s",
                where=video.path,
                do="The file may be damaged there; check it in a video player",
            )
        yield shown


def frames_at(video: Video, times: Sequence[Seconds]) -> Iterator[tuple[Seconds, av.VideoFrame]]:
    """The frames on screen at given times (in order), as coded, in one pass."""
    if times:
        span = Span(times[0], times[-1] + _EPSILON)
        yield from _on_screen(decode_frames(video, span, times=times), times)


def pictures(
    video: Video,
    span: Span,
    *,
    rate: Fraction | None = None,
    times: Sequence[Seconds] = (),
    height: int | None = None,
    gray: bool = False,
    keyframes_only: bool = False,
) -> Iterator[tuple[Seconds, NDArray[np.uint8]]]:
    """Upright pictures for analysis: (h, w, 3) RGB, or (h, w) when ``gray``, scaled to ``height`` display pixels.

    With ``rate``, the picture on screen at each time ``span.start + k / rate``; with ``times``, at each of them (in
    order, inside the span); with neither, every picture with its own time. The display aspect ratio is preserved. At
    much smaller sizes than the source's, deblocking is skipped.
    ``keyframes_only`` as for ``decode_frames``.
    """
    height = height or video.height
    width = max(1, round(height * video.width / video.height))
    turned = video.rotation in (90, 270)
    size = (height, width) if turned else (width, height)
    if rate is not None and not times:
        times = list(_grid(span, rate))
    shown = decode_frames(
        video,
        span,
        keyframes_only=keyframes_only,
        skip_deblocking=height * _DEBLOCKING_RATIO <= video.height,
        times=times,
    )
    if times:
        shown = _on_screen(shown, times)
    last: av.VideoFrame | None = None
    picture: NDArray[np.uint8] | None = None
    scaler, kind = VideoReformatter(), "gray" if gray else "rgb24"  # shared: its setup is expensive
    for time, frame in shown:
        if frame is not last or picture is None:
            scaled = scaler.reformat(frame, *size, format=kind, interpolation=Interpolation.AREA)
            picture = upright(scaled.to_ndarray(), video.rotation)
            last = frame
        yield time, picture


def upright(picture: NDArray[Any], rotation: int) -> NDArray[Any]:
    """Rotate a picture clockwise by ``rotation`` degrees (a view, not a copy)."""
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
    """The frame on screen at each time: the last one that started no later, or the first."""
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
    """Decode from the last frame no later than ``start``, as far as the file's index allows."""
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
    """Decode a stream, skipping broken packets as players do; many in a row are an error."""
    broken = 0
    for packet in packets:
        try:
            frames = packet.decode()
        except av.error.InvalidDataError as error:
            broken += 1
            if broken == 1:
                log.warning("%s: skipping damaged data", video.path.name)
            if broken > _MAX_BROKEN:
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
    for block in _aligned(video, span, track, layout, total):
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
    for begin in range(0, samples, _SILENCE_BLOCK):
        yield np.zeros((channels, min(_SILENCE_BLOCK, samples - begin)), dtype=np.float32)


def sound_array(
    video: Video, span: Span, *, rate: int, channels: int = 1, track: int | None = None, mix: Mix | None = None
) -> NDArray[np.float32]:
    """The sound of a short span as one array (channels, samples). For long spans, use ``sound``."""
    blocks = list(sound(video, span, rate=rate, channels=channels, track=track, mix=mix))
    return np.concatenate(blocks, axis=1) if blocks else np.zeros((channels, 0), dtype=np.float32)


def _aligned(video: Video, span: Span, track: int, layout: str, total: int) -> Iterator[NDArray[np.float32]]:
    """Decoded sound at its own rate, every sample at its time, gaps filled with silence; ``total`` samples."""
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
