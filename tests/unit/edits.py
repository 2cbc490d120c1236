"""Edits for tests of pizzazz: the middle of a small picture, all of the source."""

from __future__ import annotations

from clipy.types import Box, CropPath, CropShot, Edit, Highlight, Keyframe, Panel, Span, Video

SIZE = (90, 160)


def edit_of(video: Video, *keep: Span) -> Edit:
    """The middle of the picture, for some spans of the source or all of it."""
    keep = keep or (video.span,)
    whole = Span(keep[0].start, keep[-1].end)
    width = video.height * SIZE[0] / SIZE[1]
    box = Box((video.width - width) / 2, 0, (video.width + width) / 2, video.height)
    shot = CropShot(whole, "single", (Panel((Keyframe(whole.start, box),), (0, 0, *SIZE)),))
    return Edit(Highlight(whole), CropPath(*SIZE, (shot,)), keep=keep)
