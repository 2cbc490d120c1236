"""Final Cut Pro XML 1.10 (.fcpxml), which DaVinci Resolve imports too: one project per clip.

The crop windows are keyframes of position and scale, further panels are connected clips, captions are Basic Titles. As
Apple's reference says, positions and trims are in percent of the frame's height, y upwards, and the times of keyframes
are those of the clip's media.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from itertools import count
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from clipy.export.timeline import Segment, Timeline, windows
from clipy.types import Box, Keyframe, Panel, Span, Video

_BASIC_TITLE = ".../Titles.localized/Bumper:Opener.localized/Basic Title.localized/Basic Title.moti"
_CAPTION_HEIGHT = "0 -22"  # lower third, above what platforms draw over a vertical video
_CAPTION_STYLE = {"font": "Helvetica", "fontSize": "64", "fontColor": "1 1 1 1", "bold": "1", "alignment": "center"}
_SOURCE, _SOURCE_FORMAT, _TITLE = "r1", "r2", "r3"


def fcpxml(timelines: Sequence[Timeline], event: str) -> str:
    """All clips of a run as one event. They share their source."""
    first = timelines[0]
    root = Element("fcpxml", version="1.10")
    resources = SubElement(root, "resources")
    _source(resources, first.video, first)
    SubElement(resources, "effect", id=_TITLE, name="Basic Title", uid=_BASIC_TITLE)
    formats = {
        size: _format(resources, f"r{number}", size, first.rate)
        for number, size in enumerate(sorted({(t.width, t.height) for t in timelines}), 4)
    }
    library = SubElement(SubElement(root, "library"), "event", name=event)
    styles = count(1)
    for timeline in timelines:
        _project(library, timeline, formats[timeline.width, timeline.height], styles)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n{tostring(root, encoding="unicode")}\n'


def _source(resources: Element, video: Video, timeline: Timeline) -> None:
    sound = {"hasAudio": "1", "audioSources": "1", "audioChannels": "2"} if video.audio else {}
    asset = SubElement(
        resources,
        "asset",
        sound,
        id=_SOURCE,
        name=video.path.stem,
        start="0s",
        duration=_time(timeline.seconds(timeline.frames(video.duration))),
        hasVideo="1",
        format=_SOURCE_FORMAT,
    )
    SubElement(asset, "media-rep", kind="original-media", src=video.path.resolve().as_uri())
    _format(resources, _SOURCE_FORMAT, (video.width, video.height), timeline.rate)


def _format(resources: Element, name: str, size: tuple[int, int], rate: Fraction) -> str:
    width, height = map(str, size)
    SubElement(resources, "format", id=name, frameDuration=_time(1 / rate), width=width, height=height)
    return name


def _project(event: Element, timeline: Timeline, form: str, styles: Iterable[int]) -> None:
    project = SubElement(event, "project", name=f"{timeline.name} {timeline.title}".strip())
    length = _time(timeline.seconds(timeline.length))
    sequence = SubElement(project, "sequence", format=form, duration=length, tcStart="0s", tcFormat="NDF")
    if timeline.reason:
        SubElement(sequence, "note").text = _printable(timeline.reason)
    spine = SubElement(sequence, "spine")
    for segment in timeline.segments:
        first, *others = segment.shot.panels
        clip = _clip(spine, timeline, segment, first, offset=segment.at)
        for lane, panel in enumerate(others, 1):
            _clip(clip, timeline, segment, panel, offset=segment.start, lane=str(lane), srcEnable="video")
        _captions(clip, timeline, segment, len(segment.shot.panels), styles)


def _clip(parent: Element, timeline: Timeline, segment: Segment, panel: Panel, *, offset: int, **more: str) -> Element:
    """A stretch of the source in one panel. A connected clip's ``offset`` is in its parent's time."""
    clip = SubElement(
        parent,
        "asset-clip",
        more,
        ref=_SOURCE,
        name=timeline.video.path.stem,
        offset=_time(timeline.seconds(offset)),
        start=_time(timeline.seconds(segment.start)),
        duration=_time(timeline.seconds(segment.length)),
    )
    span = Span(timeline.seconds(segment.start), timeline.seconds(segment.end))
    keys = windows(panel, span)
    _trim(clip, timeline.video, keys)
    SubElement(clip, "adjust-conform", type="fit")
    _transform(clip, timeline, panel, keys)
    return clip


def _trim(clip: Element, video: Video, keys: Sequence[Keyframe]) -> None:
    """Hides what lies outside the window, which the transform alone would leave in view beside other panels."""
    rectangle = SubElement(SubElement(clip, "adjust-crop", mode="trim"), "trim-rect")
    sides: dict[str, Callable[[Box], float]] = {
        "left": lambda box: box.x1,
        "top": lambda box: box.y1,
        "right": lambda box: video.width - box.x2,
        "bottom": lambda box: video.height - box.y2,
    }
    for name, cut in sides.items():
        values = [_number(max(0.0, 100 * cut(key.box) / video.height)) for key in keys]
        rectangle.set(name, values[0])
        if len(set(values)) > 1:
            _animate(rectangle, name, keys, values)


def _transform(clip: Element, timeline: Timeline, panel: Panel, keys: Sequence[Keyframe]) -> None:
    """Scale 1 is the whole picture fitted into the frame; position is where its center lies, from the frame's."""
    placed = [_placement(timeline, panel, key.box) for key in keys]
    positions = [f"{_number(x)} {_number(y)}" for x, y, _ in placed]
    scales = [f"{_number(scale)} {_number(scale)}" for _, _, scale in placed]
    transform = SubElement(clip, "adjust-transform", position=positions[0], scale=scales[0])
    if len(keys) > 1:
        _animate(transform, "position", keys, positions)
        _animate(transform, "scale", keys, scales, curve="linear")


def _placement(timeline: Timeline, panel: Panel, box: Box) -> tuple[float, float, float]:
    video = timeline.video
    fitted = min(timeline.width / video.width, timeline.height / video.height)
    left, top, right, bottom = panel.into
    pixels = (right - left) / box.width  # output pixels for each of the source
    x = (left + right) / 2 - timeline.width / 2 - (box.center[0] - video.width / 2) * pixels
    y = (top + bottom) / 2 - timeline.height / 2 - (box.center[1] - video.height / 2) * pixels
    return 100 * x / timeline.height, -100 * y / timeline.height, pixels / fitted


def _animate(parent: Element, name: str, keys: Sequence[Keyframe], values: Sequence[str], **more: str) -> None:
    animation = SubElement(SubElement(parent, "param", name=name), "keyframeAnimation")
    for key, value in zip(keys, values, strict=True):
        SubElement(animation, "keyframe", more, time=_time(key.time), value=value)


def _captions(clip: Element, timeline: Timeline, segment: Segment, lane: int, styles: Iterable[int]) -> None:
    """The captions that begin in this segment, as titles above it."""
    for card in timeline.cards:
        at = timeline.frames(card.span.start)
        if not segment.at <= at < segment.at + segment.length:
            continue
        length = max(1, min(timeline.frames(card.span.end), timeline.length) - at)
        title = SubElement(
            clip,
            "title",
            ref=_TITLE,
            lane=str(lane),
            name="Caption",
            offset=_time(timeline.seconds(segment.start + at - segment.at)),
            duration=_time(timeline.seconds(length)),
        )
        style = f"ts{next(iter(styles))}"
        lines = "\n".join(" ".join(word.text for word in line) for line in card.lines)
        SubElement(SubElement(title, "text"), "text-style", ref=style).text = _printable(lines)
        look = SubElement(title, "text-style-def", id=style)
        SubElement(look, "text-style", _CAPTION_STYLE)
        SubElement(title, "adjust-transform", position=_CAPTION_HEIGHT)


def _time(seconds: Fraction) -> str:
    return f"{seconds.numerator}s" if seconds.denominator == 1 else f"{seconds.numerator}/{seconds.denominator}s"


def _number(value: float) -> str:
    return f"{value:.6g}"


def _printable(text: str) -> str:
    """XML 1.0 has no place for most control characters, however they are escaped."""
    return "".join(char for char in text if char in "\t\n" or ord(char) >= 32)
