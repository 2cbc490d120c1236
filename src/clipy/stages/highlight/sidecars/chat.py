"""Chat replays: when viewers wrote, from the JSON of the common downloaders.

- yt-dlp, ``VIDEO.live_chat.json``: JSON lines of ``replayChatItemAction``, times in ``videoOffsetTimeMsec``;
- chat-downloader: an array, or JSON lines, of messages with ``time_in_seconds``;
- TwitchDownloader: an object with ``comments``, times in ``content_offset_seconds``.

A burst of messages against the local average marks what viewers react to: Fu, Lee, Bansal, Berg, Video Highlight
Prediction Using Audience Chat Reactions, 2017. They react late: a stream reaches them after seconds, then they type.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clipy.errors import DocumentError
from clipy.stages.highlight.sidecars.json_items import json_items
from clipy.types import Json

_REACTION = (3, 18)  # seconds after a moment in which messages are about it
_AROUND = 300  # seconds on either side that make the local average
_FEW = 2.0  # messages added to both sides of the ratio, so that one or two in a quiet chat are no burst
_BURST = 4.0  # times the local average: as telling as a burst gets
_LARGEST = 2 << 30  # bytes


def message_counts(path: Path, duration: float) -> NDArray[np.int64]:
    """How many messages were written in each second of a video, (ceil(duration),). Raises DocumentError."""
    try:
        too_large = path.stat().st_size > _LARGEST
    except OSError as error:
        raise DocumentError(f"cannot read it ({error.strerror})", where=path, do="Check its name") from error
    if too_large:
        raise DocumentError("it is far too large for a chat", where=path, do="Is it the right file?")
    counts, known, items = np.zeros(max(1, math.ceil(duration)), dtype=np.int64), 0, 0
    for item in json_items(path, "comments"):
        items += 1
        time = _time(item)
        if time is not None:
            known += 1
            if 0 <= time < len(counts):
                counts[int(time)] += 1
    if items and not known:
        raise DocumentError(
            "no chat message with a time is in it",
            where=path,
            do="clipy reads chats of yt-dlp, chat-downloader and TwitchDownloader; or set highlight.sidecars=false",
        )
    return counts


def bursts(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """How much more is written about each second than about those around it, in 0..1: 1 for four times as much."""
    sums = np.concatenate([[0.0], np.cumsum(counts, dtype=np.float64)])
    at = np.arange(len(counts))

    def within(first: int, beyond: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        edges = np.clip(np.stack([at + first, at + beyond]), 0, len(counts))
        return sums[edges[1]] - sums[edges[0]], (edges[1] - edges[0]).astype(np.float64)

    written, seconds = within(*_REACTION)
    around, long = within(-_AROUND, _AROUND)
    usual = around / np.maximum(long, 1) * seconds
    ratio = (written + _FEW) / (usual + _FEW)
    return np.asarray(np.clip(np.log(ratio) / math.log(_BURST), 0, 1), dtype=np.float64)


def _time(item: Json) -> float | None:
    """When a message was written, in seconds of the video; None for what is no message."""
    if not isinstance(item, Mapping):
        return None
    replayed = item.get("replayChatItemAction")
    if isinstance(replayed, Mapping):
        actions = replayed.get("actions")
        written = isinstance(actions, list) and any(
            isinstance(a, Mapping) and "addChatItemAction" in a for a in actions
        )
        time = _number(replayed.get("videoOffsetTimeMsec")) if written else None
        return None if time is None else time / 1000
    names = ("time_in_seconds", "content_offset_seconds", "contentOffsetSeconds")
    return next((time for name in names if (time := _number(item.get(name))) is not None), None)


def _number(value: Json) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
