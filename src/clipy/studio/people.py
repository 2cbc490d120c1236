"""Who is in the picture of a clip, for the page and for the camera."""

from __future__ import annotations

from clipy.contract import call
from clipy.edits import ClipEdits
from clipy.studio.framing import Person, people_of
from clipy.studio.workbench import Workbench
from clipy.types import Json, Span, seconds

_EVERY = 5  # of a track's boxes is sent to the page


def people(clip: ClipEdits, bench: Workbench) -> list[Person]:
    """Everybody whose face is seen, as the reframer saw them where it looked for faces."""
    span = detected_span(clip, bench)
    speaking = call(bench.pipeline.reframer.watches_speakers, ())
    tracks = bench.context().at("reframe").tracks(bench.video, span, speaking=speaking)
    return people_of(tracks, clip.words or ())


def detected_span(clip: ClipEdits, bench: Workbench) -> Span:
    """The span in which faces are looked for: that of the run where it covers the clip, as it is stored."""
    entry = bench.project.row(clip.id).entry
    if entry.get("start") is not None and entry["start"] <= clip.start and clip.end <= entry["end"]:
        return Span(seconds(entry["start"]), seconds(entry["end"]))
    return clip.span


def people_json(found: list[Person]) -> Json:
    """For the page: boxes in source pixels at times of the source."""
    return [
        {
            "key": person.key,
            "name": person.name,
            "tracks": [
                {
                    "times": [round(float(time), 3) for time in track.times[::_EVERY]],
                    "boxes": [[round(float(side), 1) for side in box] for box in track.boxes[::_EVERY]],
                }
                for track in person.tracks
            ],
        }
        for person in found
    ]
