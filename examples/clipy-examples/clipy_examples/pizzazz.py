"""``pizzazz = "sparkle"``: something added to a clip."""

from collections.abc import Iterator

import numpy as np

from clipy import Context, Edit, Frame, Pizzazz


class Sparkle(Pizzazz):
    """Little stars that twinkle ten times a second."""

    def frames(self, frames: Iterator[Frame], edit: Edit, ctx: Context) -> Iterator[Frame]:
        for frame in frames:
            light = frame.planes[0]  # the brightness of each pixel; the two other planes are its colour
            stars = np.random.default_rng(int(frame.time * 10))
            for x, y in stars.integers(9, (frame.width - 9, frame.height - 9), (40, 2)):
                light[y - 8 : y + 9, x] = light[y, x - 8 : x + 9] = 235
            yield frame
