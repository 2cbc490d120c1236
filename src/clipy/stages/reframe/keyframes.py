"""``reframe = "keyframes"``: follows a ``crops.json`` made by hand or by another tool."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from clipy.context import Context
from clipy.documents import read_crops
from clipy.errors import DocumentError
from clipy.stages.base import Reframer
from clipy.storage.store import file_digest
from clipy.types import CropPath, CropShot, Highlight, Span, Video


class Keyframes(Reframer):
    """Follows the windows in a file in ``crops.json`` format (see docs/documents.md).

    Every moment of a highlight must be covered by one entry of the file; an entry may be longer than the highlight.
    """

    class Options(Reframer.Options):
        path: Path = Field(Path("crops.json"), description="File with the windows.")

    options: Options

    def identity(self) -> dict[str, object]:
        """Depends on the file's content, not its path."""
        identity = super().identity()
        path = self.options.path
        return identity | {"options": None, "file": file_digest(path) if path.is_file() else None}

    def reframe(self, video: Video, highlight: Highlight, ctx: Context) -> CropPath:
        wanted = highlight.span
        for _, path in read_crops(self.options.path, video):
            if path.shots[0].span.start <= wanted.start and wanted.end <= path.shots[-1].span.end:
                return CropPath(path.width, path.height, tuple(_within(path, wanted)))
        raise DocumentError(
            f"no entry covers {float(wanted.start):.2f}-{float(wanted.end):.2f} s",
            where=self.options.path,
            do="Create it with: clipy reframe VIDEO --highlights highlights.json -o crops.json",
        )


def _within(path: CropPath, wanted: Span) -> list[CropShot]:
    """The shots of a path that overlap the span, clipped to it; gaps hold the shot before."""
    shown = [shot for shot in path.shots if shot.span.overlap(wanted) > 0]
    starts = [wanted.start, *(shot.span.start for shot in shown[1:])]
    ends = [*starts[1:], wanted.end]
    return [
        CropShot(Span(start, end), shot.layout, shot.panels)
        for shot, start, end in zip(shown, starts, ends, strict=True)
    ]
