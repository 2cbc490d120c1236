"""Deliver into a folder: the clip, its subtitles and a thumbnail. The default; nothing leaves the machine."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
from pydantic import Field

from clipy import subtitles
from clipy.context import Context
from clipy.errors import OutputError
from clipy.media.probe import probe
from clipy.media.read import pictures
from clipy.stages.base import Uploader
from clipy.store import file_digest, temporary_beside
from clipy.types import Clip, Post, Span

_THUMBNAIL_AT = Fraction(1, 3)  # of the clip: past the first words, before the end
_CANDIDATES = 12  # pictures around that moment, of which the sharpest becomes the thumbnail
_JPEG_QUALITY = 90


class Folder(Uploader):
    """Copy each clip to ``path`` as ``NAME.mp4``, with ``NAME.srt`` and ``NAME.jpg``.

    A file that is already there with the same bytes is left alone; one with other bytes is never replaced unless
    ``overwrite`` says so.
    """

    class Options(Uploader.Options):
        path: Path = Field(Path("clips"), description="The folder; -o sets it.")
        overwrite: bool = Field(False, description="Replace files of the same name that hold something else.")

    options: Options

    def upload(self, clip: Clip, ctx: Context) -> Post:
        base = self.options.path / clip.name
        words = () if clip.edit is None else clip.edit.clip_words()
        self._place(base.with_suffix(".mp4"), lambda path: _copy(clip.path, path))
        self._place(base.with_suffix(".srt"), lambda path: _write(path, subtitles.srt(words)))
        self._place(base.with_suffix(".jpg"), lambda path: _thumbnail(clip, path))
        ctx.report(base.name)
        return Post(self.name, str(base.with_suffix(".mp4")))

    def _place(self, path: Path, make: Callable[[Path], None]) -> None:
        try:
            with temporary_beside(path) as temporary:
                make(temporary)
                if path.exists() and not self.options.overwrite:
                    if file_digest(path) == file_digest(temporary):
                        return
                    raise OutputError("a different file is already there", where=path, do="Move it, or use --overwrite")
                temporary.chmod(0o644)
                temporary.replace(path)
        except OSError as error:
            full = error.errno in {errno.ENOSPC, errno.EDQUOT}
            raise OutputError(
                "the disk is full" if full else f"cannot write the clip ({error.strerror})",
                where=path,
                do="Free some space and run again: finished work is kept" if full else "Choose another folder with -o",
            ) from error


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _thumbnail(clip: Clip, path: Path) -> None:
    video = probe(clip.path)
    start = min(clip.duration * _THUMBNAIL_AT, max(Fraction(0), clip.duration - 1))
    span = Span(start, min(clip.duration, start + 1))
    shown = [picture for _, picture in pictures(video, span, rate=Fraction(_CANDIDATES))]
    sharpest = max(shown, key=lambda rgb: float(cv2.Laplacian(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.CV_32F).var()))
    quality = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    encoded, data = cv2.imencode(".jpg", cv2.cvtColor(sharpest, cv2.COLOR_RGB2BGR), quality)
    if not encoded:
        raise OutputError("cannot make the thumbnail", where=path)
    path.write_bytes(data.tobytes())
