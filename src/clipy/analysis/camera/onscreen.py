"""Faces on the output: tracks of the source mapped through the crop windows.

Used by everything that draws on the picture or reviews it. The tracks are those of the reframer: loaded from the store
where it has detected faces, and computed otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from clipy.analysis.people.speaking import speaking_tracks
from clipy.analysis.perception import face_tracks
from clipy.context import Context
from clipy.geometry import share_inside
from clipy.types import Box, CropShot, Edit, Seconds, Track, Video, seconds

_VISIBLE = 0.25  # share of a face that must be inside a panel to count as shown


@dataclass(frozen=True, slots=True)
class OnScreen:
    """A face on the output at ``time`` seconds of clip time. ``box`` is in output pixels and may leave the picture.

    ``track`` is the id of its track, ``speaking`` the probability in 0..1 that it speaks; 0 where unknown.
    """

    time: Seconds
    box: Box
    track: int
    speaking: float = 0.0


def faces_on_screen(video: Video, edit: Edit, ctx: Context, *, speaking: bool = True) -> list[OnScreen]:
    """Every face that the clip shows, five times per second, in order of time.

    Without ``speaking`` the speaker detector does not run, which is expensive where the reframer has not run it.
    """
    tracks = (speaking_tracks if speaking else face_tracks)(video, edit.highlight.span, ctx)
    return mapped(tracks, edit)


def mapped(tracks: Sequence[Track], edit: Edit, every: int = 5) -> list[OnScreen]:
    """Boxes of the tracks on the output of an edit, at every ``every``-th of their times that it keeps."""
    found: list[OnScreen] = []
    for track in tracks:
        for index in range(0, len(track.times), every):
            time = seconds(float(track.times[index]))
            if any(time in span for span in edit.keep):
                found += _seen(track, index, time, edit)
    return sorted(found, key=lambda face: face.time)


def on_output(box: Box, window: Box, into: tuple[int, int, int, int]) -> Box:
    """Map a box of the source to the output, where ``window`` of the source fills the rectangle ``into``."""
    wide = (into[2] - into[0]) / window.width
    high = (into[3] - into[1]) / window.height
    return Box(
        into[0] + (box.x1 - window.x1) * wide,
        into[1] + (box.y1 - window.y1) * high,
        into[0] + (box.x2 - window.x1) * wide,
        into[1] + (box.y2 - window.y1) * high,
    )


def shot_at(shots: Sequence[CropShot], time: Seconds) -> CropShot | None:
    """The crop shot at a time of the source; None outside all of them."""
    return next((shot for shot in shots if time in shot.span), None)


def is_shown(track: Track, index: int, shot: CropShot) -> bool:
    """Whether any panel of a crop shot shows the face of a track at its ``index``-th time."""
    box, time = Box(*map(float, track.boxes[index])), seconds(float(track.times[index]))
    return any(share_inside(box, panel.window(time)) >= _VISIBLE for panel in shot.panels)


def _seen(track: Track, index: int, time: Seconds, edit: Edit) -> Iterator[OnScreen]:
    shot = shot_at(edit.crop.shots, time)
    if shot is None:
        return
    box = Box(*map(float, track.boxes[index]))
    speaking = float(track.speaking[index]) if len(track.speaking) else 0.0
    for panel in shot.panels:
        if share_inside(box, panel.window(time)) >= _VISIBLE:
            placed = on_output(box, panel.window(time), panel.into)
            yield OnScreen(edit.clip_time(time), placed, track.id, speaking)
