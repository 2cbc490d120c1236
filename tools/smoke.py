"""Write a small video to try an installation with: python tools/smoke.py talk.mp4. Needs what clipy needs."""

from __future__ import annotations

import sys

import av
import numpy as np

SECONDS, RATE, SOUND = 12, 25, 48_000


def main() -> None:
    """Twelve seconds of a bright square that circles over a pattern, with a tone."""
    with av.open(sys.argv[1], "w") as container:
        picture = container.add_stream("libx264", rate=RATE, width=640, height=360, pix_fmt="yuv420p")
        sound = container.add_stream("aac", rate=SOUND, layout="mono")
        y, x = np.mgrid[0:360, 0:640]
        pattern = (128 + 60 * np.sin(x / 20) * np.cos(y / 15)).astype(np.uint8)
        for number in range(SECONDS * RATE):
            time = number / RATE
            shade = pattern.copy()
            left, top = int(290 + 200 * np.cos(time)), int(150 + 100 * np.sin(time))
            shade[top : top + 60, left : left + 60] = 250
            frame = av.VideoFrame.from_ndarray(np.repeat(shade[:, :, None], 3, axis=2), format="rgb24")
            container.mux(picture.encode(frame))
            begin = number * SOUND // RATE
            times = np.arange(begin, begin + SOUND // RATE) / SOUND
            block = av.AudioFrame.from_ndarray((0.2 * np.sin(2762 * times))[None].astype(np.float32), "fltp", "mono")
            block.sample_rate, block.pts = SOUND, begin
            container.mux(sound.encode(block))
        container.mux(picture.encode())
        container.mux(sound.encode())


if __name__ == "__main__":
    main()
