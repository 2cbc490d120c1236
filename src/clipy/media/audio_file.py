"""Sound files without pictures: their samples from any place on, exactly the same each time, and their tags."""

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
    """A sound file as float32 blocks (channels, samples), from sample ``start`` at ``rate`` on; 1 or 2 channels.

    What lies before is decoded and dropped: seeking in compressed sound is off by up to some frames, and music that is
    put together on beats must not be. Raises MediaError.
    """
    with open_media(path) as container:
        stream = _sound_stream(container, path)
        resampler = av.AudioResampler(format="fltp", layout="mono" if channels == 1 else "stereo", rate=rate)
        skip = start
        for frame in _resampled(container, stream, resampler):
            samples = np.asarray(frame.to_ndarray(), dtype=np.float32)
            if skip < samples.shape[1]:
                yield samples[:, skip:]
            skip = max(0, skip - samples.shape[1])


def audio_file_tags(path: Path) -> Mapping[str, str]:
    """What a sound file says about itself: ``title``, ``artist``, ``copyright``, ``license``; small keys."""
    with open_media(path) as container:
        stream = _sound_stream(container, path)
        return {key.lower(): value for key, value in {**stream.metadata, **container.metadata}.items()}


def _sound_stream(container: av.container.InputContainer, path: Path) -> av.AudioStream:
    if not container.streams.audio:
        raise MediaError("there is no sound in it", where=path, do="Give a sound file, such as .mp3, .ogg or .wav")
    stream = container.streams.audio[0]
    if not is_decodable_audio(stream):
        raise MediaError("its sound cannot be decoded", where=path, do="Convert it with: ffmpeg -i FILE fixed.flac")
    check_audio_stream(stream, path)
    return stream


def _resampled(
    container: av.container.InputContainer, stream: av.AudioStream, resampler: av.AudioResampler
) -> Iterator[av.AudioFrame]:
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            continue  # a broken packet is passed over, as players do
        for frame in frames:
            frame.pts = None  # gaps are not filled: a place in a song is how many samples came before it
            yield from resampler.resample(frame)
    yield from resampler.resample(None)
