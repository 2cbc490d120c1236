"""CMX 3600 edit decision lists (.edl): the cuts alone, which every editing system reads.

The format knows no crop and no captions; 24 to 60 frames a second are counted without drop frames.
"""

from __future__ import annotations

from fractions import Fraction

from clipy.export.timeline import Timeline

_RECORD_HOUR = 1  # by custom, a programme begins at 01:00:00:00


def edl(timeline: Timeline) -> str:
    """One clip as an edit decision list: an event for each cut, in picture and sound."""
    tracks = "AA/V" if timeline.video.audio else "V"
    name = timeline.video.path.name
    start = _RECORD_HOUR * 3600 * round(timeline.rate)
    lines = [f"TITLE: {timeline.name}", "FCM: NON-DROP FRAME", ""]
    for event, cut in enumerate(timeline.segments, 1):
        record = start + cut.at
        codes = (cut.start, cut.end, record, record + cut.length)
        times = " ".join(timecode(frames, timeline.rate) for frames in codes)
        lines += [f"{event:03d}  AX       {tracks:<5} C        {times}", f"* FROM CLIP NAME: {name}", ""]
    return "\n".join(lines)


def timecode(frames: int, rate: Fraction) -> str:
    """SMPTE timecode HH:MM:SS:FF without drop frames."""
    base = round(rate)
    seconds, rest = divmod(frames, base)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{rest:02d}"
