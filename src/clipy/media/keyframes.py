"""Where in a file pictures lie that decode by themselves: looking at those alone costs next to nothing."""

from __future__ import annotations

from clipy.media.safe_open import open_media, video_stream
from clipy.types import Seconds, Video

_REORDERED = 5  # pictures by which an index, which is in decoding order, may be early


def keyframe_times(video: Video) -> list[Seconds]:
    """A time soon after each key picture begins, in order, as the file's index tells; empty when it has none."""
    with open_media(video.path) as container:
        stream = video_stream(container, video.path)
        base = stream.time_base
        if base is None:
            return []
        late = _REORDERED / video.frame_rate - video.start
        return sorted({entry.timestamp * base + late for entry in stream.index_entries if entry.is_keyframe})
