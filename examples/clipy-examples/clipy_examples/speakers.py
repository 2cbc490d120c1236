"""``speakers = "biggest"``: which face on screen is the one that is heard."""

from dataclasses import replace

import numpy as np

from clipy import Context, SpeakerDetector, Track, Video


class Biggest(SpeakerDetector):
    """Whoever is biggest in the picture speaks."""

    def score(self, video: Video, tracks: list[Track], ctx: Context) -> list[Track]:
        heights = {track.id: float(np.median(track.boxes[:, 3] - track.boxes[:, 1])) for track in tracks}
        highest = max(heights.values(), default=0.0)
        return [
            replace(track, speaking=np.full(len(track.times), float(heights[track.id] >= highest), np.float32))
            for track in tracks
        ]
