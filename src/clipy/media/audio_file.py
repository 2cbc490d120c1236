"""Audio files: sample-accurate reading from any position, and tags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import av
import av.container
import numpy as np
from numpy.typing import NDArray

from clipy.errors import MediaError
from clipy.media.safe_open import check_audio_stream, is_decodable_audio, open_media


def read_audio_file(path: Path, *, rate: int, channels: int = 2, start: int = 0) -> Iterator[NDArray[np.float32]]:
    """An audio file as float32 blocks (channels, samples), from sample ``start`` at ``rate`` Hz on; 1 or 2 channels.

    Everything before is decoded and dropped: seeking in compressed audio is off by up to a few frames, which music cut
    on beats cannot tolerate. Raises MediaError.
    """
    with open_media(path) as container:
        stream = _audio_stream(container, path)
        resampler = av.AudioResampler(format="fltp", layout="mono" if channels == 1 else "stereo", rate=rate)
        skip = start
        for frame in _resampled(container, stream, resampler):
            samples = np.asarray(frame.to_ndarray(), dtype=np.float32)
            if skip < samples.shape[1]:
                yield samples[:, skip:]
            skip = max(0, skip - samples.shape[1])


def audio_file_tags(path: Path) -> Mapping[str, str]:
    """The tags of an audio file, such as ``title``, ``artist``, ``copyright``, ``license``; lower-case keys."""
    with open_media(path) as container:
        stream = _audio_stream(container, path)
        return {key.lower(): value for key, value in {**stream.metadata, **container.metadata}.items()}


def _audio_stream(container: av.container.InputContainer, path: Path) -> av.AudioStream:
    if not container.streams.audio:
        raise MediaError("the file has no audio stream", where=path, do="Use an audio file, such as .mp3, .ogg or .wav")
    stream = container.streams.audio[0]
    if not is_decodable_audio(stream):
        raise MediaError("cannot decode the audio", where=path, do="Convert it with: ffmpeg -i FILE fixed.flac")
    check_audio_stream(stream, path)
    return stream


def _resampled(
    container: av.container.InputContainer, stream: av.AudioStream, resampler: av.AudioResampler
) -> Iterator[av.AudioFrame]:
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            continue  # skip broken packets, as players do
        for frame in frames:
            frame.pts = None  # do not fill gaps: positions in a song are sample counts
            yield from resampler.resample(frame)
    yield from resampler.resample(None)
