"""One clip's source with everything that was detected in it and decided about it, for each moment."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from clipy.analysis.base import ShotDetector
from clipy.analysis.camera.onscreen import shot_at
from clipy.analysis.people.speaker_attribution import SpeakerAttribution
from clipy.context import Context
from clipy.contract import call
from clipy.stages.base import Reframer
from clipy.types import TRACK_RATE, Box, CropShot, Edit, Seconds, Shot, Span, Track, Video, Word

_HALF = 0.5 / float(TRACK_RATE)


@dataclass(frozen=True, slots=True)
class TrackedFace:
    """A face at one moment. ``speaking`` is None where nobody has scored it."""

    track: Track
    box: Box
    speaking: float | None
    interpolated: bool


@dataclass(frozen=True)
class Scene:
    """``shots`` are those between the source's cuts; ``tracks`` the faces that the reframer went by, none for some.

    ``names`` are the names of those who speak, as the words and captions have them, by the ids of their tracks.
    """

    video: Video
    edit: Edit
    shots: tuple[Shot, ...]
    tracks: tuple[Track, ...]
    names: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, video: Video, edit: Edit, attribution: SpeakerAttribution, reframer: Reframer, ctx: Context) -> Scene:
        """What the reframer has stored about the span of a clip; computed where it has not looked itself."""
        span = edit.highlight.span
        shots = ctx.cached(ctx.analyser(ShotDetector).detect, video, span)
        tracks = call(reframer.followed, (video, edit.highlight), ctx)
        return cls(video, edit, tuple(shots), tuple(tracks), attribution.names_in(span))

    @property
    def span(self) -> Span:
        return self.edit.highlight.span

    def faces(self, time: Seconds) -> list[TrackedFace]:
        """The faces on screen at a moment of the source, biggest first."""
        found = [face for track in self.tracks if time in track.shot and (face := _seen(track, float(time)))]
        return sorted(found, key=lambda face: -face.box.width * face.box.height)

    def crop(self, time: Seconds) -> CropShot | None:
        """The layout that is on."""
        return shot_at(self.edit.crop.shots, time)

    def targets(self, time: Seconds) -> list[int | None]:
        """For each panel, the id of the track that it holds: the face in it nearest to its middle, None without one."""
        crop = self.crop(time)
        if crop is None or crop.layout == "fit":
            return []
        faces = self.faces(time)
        return [_held(faces, panel.window(time)) for panel in crop.panels]

    def word(self, time: Seconds) -> Word | None:
        """The current word."""
        starts = [word.start for word in self.edit.words]
        index = bisect_right(starts, time) - 1
        return self.edit.words[index] if index >= 0 and time in self.edit.words[index].span else None

    def shown(self, time: Seconds) -> bool:
        """Whether the clip shows this moment; a pizzazz may have cut it out."""
        return any(time in span for span in self.edit.keep)

    def cuts(self) -> Iterator[Seconds]:
        """Where the source cuts, inside the clip's stretch."""
        return (shot.span.start for shot in self.shots[1:])

    def turns(self) -> Iterator[Seconds]:
        """Where the clip cuts although the source does not: another layout, or somebody else."""
        cuts = set(self.cuts())
        return (shot.span.start for shot in self.edit.crop.shots[1:] if shot.span.start not in cuts)


def _seen(track: Track, at: float) -> TrackedFace | None:
    times = track.times
    if not len(times) or not times[0] - _HALF <= at <= times[-1] + _HALF:
        return None
    box = Box(*(float(np.interp(at, times, track.boxes[:, side])) for side in range(4)))
    nearest = int(np.argmin(np.abs(times - at)))
    speaking = float(np.interp(at, times, track.speaking)) if len(track.speaking) else None
    return TrackedFace(track, box, speaking, interpolated=float(track.confidence[nearest]) == 0)


def _held(faces: Sequence[TrackedFace], window: Box) -> int | None:
    inside = [face for face in faces if _within(face.box.center, window)]
    middle = window.center[0]
    nearest = min(inside, key=lambda face: abs(face.box.center[0] - middle), default=None)
    return None if nearest is None else nearest.track.id


def _within(point: tuple[float, float], window: Box) -> bool:
    return window.x1 <= point[0] < window.x2 and window.y1 <= point[1] < window.y2
