"""``render = "matroska"``: the finished file, from frames and sound that clipy composes and mixes."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from clipy import Context, Edit, Pizzazz, Renderer, Video, composed_frames, mixed_sound

RATE = Fraction(25)


class Matroska(Renderer):
    """Quick previews: H.264 and uncompressed sound in a .mkv file."""

    suffix = ".mkv"

    def render(self, video: Video, edit: Edit, pizzazz: tuple[Pizzazz, ...], path: Path, ctx: Context) -> None:
        with av.open(str(path), "w", format="matroska") as file:
            picture = file.add_stream("libx264", rate=RATE, options={"preset": "ultrafast"})
            picture.width, picture.height, picture.pix_fmt = edit.crop.width, edit.crop.height, "yuv420p"
            sound = file.add_stream("pcm_s16le", rate=48_000, layout="stereo")
            for frame in composed_frames(video, edit, pizzazz, ctx, rate=RATE):
                image = av.VideoFrame.from_ndarray(frame.rgb, format="rgb24")
                image.pts, image.time_base = int(frame.time * RATE), 1 / RATE
                file.mux(picture.encode(image))
                ctx.report("rendering", float(frame.time / edit.duration))
            file.mux(picture.encode(None))
            for block in mixed_sound(video, edit, pizzazz, ctx):
                samples = (np.clip(block.samples.T, -1, 1) * 32767).astype(np.int16).reshape(1, -1)
                heard = av.AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
                heard.sample_rate, heard.pts, heard.time_base = (
                    block.rate,
                    int(block.time * block.rate),
                    Fraction(1, 48_000),
                )
                file.mux(sound.encode(heard))
            file.mux(sound.encode(None))
