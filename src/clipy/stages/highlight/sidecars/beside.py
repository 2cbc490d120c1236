"""Which files lie beside a video, and what they say of each stretch of it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from pydantic import Field

from clipy import models
from clipy.errors import DocumentError
from clipy.stages.base import Highlighter
from clipy.stages.highlight.sidecars.chat import bursts, message_counts
from clipy.stages.highlight.sidecars.video_info import VideoInfo, read_info, replayed
from clipy.types import Span, Video

log = logging.getLogger(__name__)

_CHATS = (".live_chat.json", ".chat.json", "_chat.json", ".rechat.json", ".chat.jsonl", "_chat.jsonl")
_INFO = ".info.json"

PRIORS: Mapping[str, float] = {"chat": 2.0, "most replayed": 2.0, "one chapter": 1.0, "promised": 1.0}
"""By how many log-odds each moves a stretch from its lowest value to its highest; set by hand, not measured."""
_USUAL_STRETCH = 30  # seconds: of stretches so long the usual burst of a chat is taken
_EDGE = 5.0  # seconds of another chapter at an edge that do not count


@dataclass(frozen=True, eq=False)
class Sidecars:
    """What viewers did, and what the uploader wrote, of one video; empty where no file lies beside it.

    ``rows`` have a value in 0..1 for each second: ``chat`` (bursts of messages) and ``most replayed`` (the rank).
    """

    rows: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    borders: tuple[float, ...] = ()
    promise: str = ""

    def moves(self) -> dict[str, Callable[[Span], float]]:
        """By name, what each file moves the log-odds of a stretch by; 0 for a stretch as good as any."""
        found: dict[str, Callable[[Span], float]] = {}
        if "chat" in self.rows:
            found["chat"] = self._chat
        if "most replayed" in self.rows:
            found["most replayed"] = self._replayed
        if self.borders:
            found["one chapter"] = self._one_chapter
        return found

    def _chat(self, span: Span) -> float:
        return PRIORS["chat"] * (float(_within(self.rows["chat"], span).max()) - self._usual_burst)

    @cached_property
    def _usual_burst(self) -> float:
        row = self.rows["chat"]
        return float(sliding_window_view(row, min(_USUAL_STRETCH, len(row))).max(axis=1).mean())

    def _replayed(self, span: Span) -> float:
        return PRIORS["most replayed"] * (float(_within(self.rows["most replayed"], span).mean()) - 0.5)

    def _one_chapter(self, span: Span) -> float:
        """Less than 0 where the greater part of a stretch is in one chapter, and the rest in others."""
        start, end = float(span.start), float(span.end)
        inside = [border for border in self.borders if start + _EDGE < border < end - _EDGE]
        edges = [start, *inside, end]
        return PRIORS["one chapter"] * (max(np.diff(edges)) / (end - start) - 1)


class ReadsSidecars(Highlighter):
    """A highlighter that reads what downloaders leave beside a video: chat replay, "most replayed", chapters, title."""

    digested_options: ClassVar[frozenset[str]] = frozenset({"chat", "info"})

    class Options(Highlighter.Options):
        sidecars: bool = Field(
            True, description="Whether to read VIDEO.info.json and VIDEO.live_chat.json (or VIDEO_chat.json) beside it."
        )
        chat: Path | None = Field(
            None, description="Chat replay, as JSON of yt-dlp, chat-downloader or TwitchDownloader; found unless given."
        )
        info: Path | None = Field(
            None, description="Info of the video, as yt-dlp --write-info-json writes it; found unless given."
        )

    options: Options

    def input_digests(self) -> tuple[str, ...]:
        """The files given by name, besides what the class itself loads."""
        given = [path for path in (self.options.chat, self.options.info) if path is not None]
        return (*super().input_digests(), *(_digest(path) for path in given))

    def sidecar_digests(self, path: Path) -> tuple[str, ...]:
        return tuple(f"{kind}:{_digest(found)}" for kind, found in self._beside(path) if self._given(kind) is None)

    def sidecars_of(self, video: Video) -> Sidecars:
        """What the files say. Raises DocumentError for one that is not what its name says."""
        files = dict(self._beside(video.path))
        rows: dict[str, NDArray[np.float64]] = {}
        duration = float(video.duration)
        if chat := files.get("chat"):
            counts = message_counts(chat, duration)
            log.info("%s: %d chat messages", chat.name, counts.sum())
            rows["chat"] = bursts(counts)
        info = read_info(files["info"]) if "info" in files else VideoInfo()
        if info.heatmap and (heat := replayed(info.heatmap, duration)) is not None:
            rows["most replayed"] = heat
        borders = tuple(c.start_time for c in info.chapters or () if 0 < c.start_time < duration)
        if "info" in files:
            told = [*(["most replayed"] if "most replayed" in rows else []), *(["chapters"] if borders else [])]
            log.info("%s: %s", files["info"].name, ", ".join([*told, "title"]))
        return Sidecars(rows, borders, info.promise)

    def _beside(self, path: Path) -> Iterator[tuple[str, Path]]:
        """The chat and the info, given or found."""
        for kind, endings in (("chat", _CHATS), ("info", (_INFO,))):
            given = self._given(kind)
            if given is not None:
                yield kind, given
            elif self.options.sidecars:
                near = (path.with_name(f"{stem}{ending}") for ending in endings for stem in (path.stem, path.name))
                if found := next((file for file in near if os.path.lexists(file)), None):
                    yield kind, found

    def _given(self, kind: str) -> Path | None:
        return self.options.chat if kind == "chat" else self.options.info


def _digest(path: Path) -> str:
    """The sha256 of a file. Raises DocumentError for what is no file that can be read."""
    if not path.is_file():
        raise DocumentError("there is no such file", where=path, do="Check its name, or set highlight.sidecars=false")
    try:
        return models.digest(path)
    except OSError as error:
        raise DocumentError(f"cannot read it ({error.strerror})", where=path, do="Check its permissions") from error


def _within(row: NDArray[np.float64], span: Span) -> NDArray[np.float64]:
    """The seconds of a stretch; at least one."""
    first = min(len(row) - 1, int(span.start))
    return row[first : max(first + 1, int(np.ceil(float(span.end))))]
