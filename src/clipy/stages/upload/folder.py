"""``upload = "folder"``: delivery to a folder, with subtitles and a thumbnail. The default; stays on this machine."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Literal

from pydantic import Field

from clipy.analysis.subtitles import writer as subtitles
from clipy.context import Context
from clipy.errors import OutputError
from clipy.stages.base import Uploader
from clipy.stages.upload.publishing.thumbnail import thumbnail
from clipy.storage.store import file_digest, temporary_beside
from clipy.types import Clip, Edit, Post

_SUBTITLES: Mapping[str, Callable[[Edit | None], str]] = {
    "srt": lambda edit: subtitles.srt(() if edit is None else edit.clip_words()),
    "vtt": lambda edit: subtitles.vtt(() if edit is None else edit.clip_words()),
    "ass": subtitles.planned_ass,
}


class Folder(Uploader):
    """Copy each clip to ``path`` as ``NAME.mp4``, with subtitles (``NAME.srt`` and more) and ``NAME.jpg``.

    An existing file with the same bytes is left untouched; a different one is only replaced with ``overwrite``.
    """

    class Options(Uploader.Options):
        path: Path = Field(Path("clips"), description="Target folder, created if it does not exist; -o sets it.")
        overwrite: bool = Field(False, description="Replace existing files that differ.")
        subtitles: tuple[Literal["srt", "vtt", "ass"], ...] = Field(
            ("srt", "vtt", "ass"),
            description="Subtitle files beside each clip: SubRip (srt), WebVTT (vtt), styled ASS (ass).",
        )

    options: Options

    def upload(self, clip: Clip, ctx: Context) -> Post:
        base = self.options.path / clip.name
        movie = base.with_name(f"{base.name}{clip.path.suffix}")
        self._place(movie, lambda path: _copy(clip.path, path))
        for kind in self.options.subtitles:
            text = _SUBTITLES[kind](clip.edit)
            self._place(base.with_suffix(f".{kind}"), partial(_write, text=text))
        self._place(base.with_suffix(".jpg"), lambda path: _write_bytes(path, thumbnail(clip)))
        ctx.report(base.name)
        return Post(self.name, str(movie))

    def _place(self, path: Path, make: Callable[[Path], None]) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary_beside(path) as temporary:
                make(temporary)
                if path.exists() and not self.options.overwrite:
                    if file_digest(path) == file_digest(temporary):
                        return
                    raise OutputError(
                        "a different file exists already",
                        where=path,
                        do="Move it, or replace it with --overwrite or --set upload.folder.overwrite=true",
                    )
                temporary.chmod(0o644)
                temporary.replace(path)
        except OSError as error:
            full = error.errno in {errno.ENOSPC, errno.EDQUOT}
            raise OutputError(
                "the disk is full" if full else f"cannot write the clip ({error.strerror})",
                where=path,
                do="Free some space and run again; finished work is kept"
                if full
                else "Choose another folder: -o DIR, or --set upload.folder.path=DIR",
            ) from error


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _write_bytes(path: Path, data: bytes) -> None:
    path.write_bytes(data)
