"""Clips whose two sides differ."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

from clipy.media.probe import probe
from clipy.media.read import sound_array

_RATE = 48_000


def rewritten(path: Path, target: Path, sides: tuple[float, float]) -> Path:
    """The same pictures, with the sound multiplied by one number for the left and one for the right side."""
    video = probe(path)
    mono = sound_array(video, video.span, rate=_RATE)[0]
    samples = np.stack([mono * side for side in sides]).astype(np.float32)
    with av.open(str(path)) as source, av.open(str(target), "w", options={"movflags": "+faststart"}) as container:
        picture = container.add_stream_from_template(source.streams.video[0])
        sound = container.add_stream("aac", rate=_RATE, layout="stereo")
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = picture
                container.mux(packet)
        for begin in range(0, samples.shape[1], 1024):
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(samples[:, begin : begin + 1024]), format="fltp", layout="stereo"
            )
            frame.sample_rate, frame.pts = _RATE, begin
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return target
