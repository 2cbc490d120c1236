"""Clips that follow a silent face on purpose, and clips of the same spans that follow the speaker: which are refused?

The windows come from truth, whatever the attribution of the run says: a clip follows the wrong face for all of its span
or for half of it. Where the attribution errs, a good clip of this kind is refused; those that the reframer makes are
counted beside it. Each is judged with its source and edit, as in a run, and once more as a bare file, where only the
finished picture and sound can tell: there, a voice over a still mouth may be a narrator's, so that a warning counts.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np

from clipy.context import Context
from clipy.geometry import share_inside
from clipy.pipeline.quality_control import clip_of
from clipy.stages.reframe.speaker import Speaker
from clipy.stages.render.x264 import X264
from clipy.stages.review.framing import Framing
from clipy.types import (
    TRACK_RATE,
    Box,
    CropPath,
    CropShot,
    Edit,
    Highlight,
    Keyframe,
    Panel,
    Seconds,
    Span,
    Track,
    Video,
    seconds,
)
from reframing.conversation import Conversation

_SIZE = (360, 640)
_LENGTH = Fraction(10)  # seconds of each clip, at most
_STEP = 0.2  # seconds between the labelled moments of a conversation
_WRONG = 2.0  # seconds in which a clip must show a silent face while another one speaks, to be called wrong
_WIDEST = 9 / 16
_FREE = 0.2  # share of the speaker's face that a window on somebody else may show
_FACE = 0.14  # height of a face, as a share of its window's, where the window must be narrowed
_CHECK = "speaker-out"

Follows = Literal["speaker", "reframer", "silent", "silent first", "silent last"]
Labelled = tuple[Video, Mapping[str, Any]]
_Kind = tuple[str, str, bool]  # wrong, good or own, the name of the video, bare or not


@dataclass(frozen=True)
class Followed:
    """A span of a video and windows over it; ``wrong``: seconds in which they show a silent face, not the speaker."""

    video: Video
    crop: CropPath
    follows: Follows
    wrong: float

    @property
    def span(self) -> Span:
        return Span(self.crop.shots[0].span.start, self.crop.shots[-1].span.end)


def refused_wrong_face(labelled: Sequence[Labelled], work: Path, ctx: Context) -> dict[str, Any]:
    """``wrong``, ``good`` and ``own``: shares of clips that are refused, with the counts of each video.

    ``own`` are those of the reframer over the same spans. ``bare``: the same of files that are judged alone, by errors
    and warnings.
    """
    tried: Counter[_Kind] = Counter()
    refused: Counter[_Kind] = Counter()
    for number, clip in enumerate(_clips(labelled, ctx)):
        kind = {"speaker": "good", "reframer": "own"}.get(clip.follows, "wrong")
        for bare, found in judged(clip, work / f"followed-{number}.mp4", ctx).items():
            tried[kind, clip.video.path.stem, bare] += 1
            refused[kind, clip.video.path.stem, bare] += found
    return {**_counted(tried, refused, bare=False), "bare": _counted(tried, refused, bare=True)}


def _clips(labelled: Sequence[Labelled], ctx: Context) -> Iterator[Followed]:
    for video, truth in labelled:
        for clip in followed(video, truth):
            yield clip
            if clip.follows == "speaker":
                reframer = Speaker(Speaker.Options(width=_SIZE[0], height=_SIZE[1]))
                crop = reframer.reframe(video, Highlight(clip.span), ctx)
                yield replace(clip, crop=crop, follows="reframer")


def judged(clip: Followed, path: Path, ctx: Context) -> dict[bool, bool]:
    """Whether a clip is refused, in the run (False) and as a bare file (True)."""
    edit = Edit(Highlight(clip.span), clip.crop, (clip.span,))
    X264().render(clip.video, edit, (), path, ctx)
    made, reviewer = clip_of(path), Framing(Framing.Options())
    in_run = reviewer.review(replace(made, edit=edit), replace(ctx, video=clip.video))
    bare = reviewer.review(made, replace(ctx, video=None))
    path.unlink()
    return {
        False: any(found.check == _CHECK and found.severity == "error" for found in in_run.findings),
        True: any(found.check == _CHECK for found in bare.findings),
    }


def _counted(tried: Mapping[_Kind, int], refused: Mapping[_Kind, int], *, bare: bool) -> dict[str, Any]:
    counts: dict[str, Any] = {}
    for kind in ("wrong", "good", "own"):
        own = [key for key in tried if key[0] == kind and key[2] == bare]
        total = sum(tried[key] for key in own)
        counts[kind] = round(sum(refused[key] for key in own) / total, 3) if total else None
        counts[f"{kind}_by_video"] = {key[1]: f"{refused[key]}/{tried[key]}" for key in own}
    return counts


def followed(video: Video, truth: Mapping[str, Any]) -> Iterator[Followed]:
    """Every span of a labelled video in which the speaker can be missed: one good clip, and up to three wrong ones."""
    length = min(_LENGTH, video.duration)
    count = -int(-video.duration // length)
    for number in range(count):
        start = number * (video.duration - length) / max(1, count - 1)
        span = Span(start, start + length)
        frames = [frame for frame in truth["frames"] if seconds(frame["time"]) in span]
        if not frames:
            continue
        cuts = sorted({shot["start"] for shot in truth.get("shots", ())} | set(truth.get("hard_cuts", ())))
        made = [_windows(video, span, frames, cuts, follows) for follows in ("silent", "silent first", "silent last")]
        wrong = [clip for clip in made if clip is not None and clip.wrong >= _WRONG]
        right = _windows(video, span, frames, cuts, "speaker")
        if wrong and right is not None:
            yield from (right, *wrong)


def conversation_truth(conversation: Conversation, tracks: Sequence[Track]) -> dict[str, Any]:
    """Truth of a composed conversation five times a second: a face that is found is that of whose place it is in."""
    frames = []
    for time in np.arange(0, sum(duration for duration, _ in conversation.turns), _STEP).tolist():
        faces = []
        for who in range(len(conversation.talkers)):
            left, right = conversation.place(who)
            boxes = [box for track in tracks for box in [_at(track, time)] if box is not None]
            own = [box for box in boxes if left <= box.center[0] < right]
            if own:
                box = max(own, key=lambda one: one.height)
                corners = [box.x1, box.y1, box.x2, box.y2]
                faces.append({"id": str(who), "box": corners, "speaking": conversation.speaker(time) == who})
        frames.append({"time": time, "faces": faces})
    return {"frames": frames}


def _at(track: Track, time: float) -> Box | None:
    """The box of a face at a time; None where it is not tracked."""
    index = round((time - float(track.times[0])) * float(TRACK_RATE))
    return Box(*map(float, track.boxes[index])) if 0 <= index < len(track.times) else None


def _windows(
    video: Video, span: Span, frames: Sequence[Mapping[str, Any]], cuts: Sequence[float], follows: Follows
) -> Followed | None:
    """The windows of a clip; None where a window on a silent face would have to show the speaker."""
    middle = span.start + span.duration / 2
    runs: list[tuple[Seconds, str, list[Mapping[str, Any]]]] = []
    wrong, who, shot = 0.0, "", -1
    step = float(span.duration) / len(frames)
    for frame in frames:
        time = seconds(frame["time"])
        silent = follows == "silent" or follows == ("silent first" if time < middle else "silent last")
        chosen, number = _chosen(frame, who, silent=silent), bisect_right(cuts, frame["time"])
        wrong += step * (_talks(frame) and not any(f["id"] == chosen and f["speaking"] for f in frame["faces"]))
        if (chosen, number) != (who, shot):
            runs.append((time if number == shot or not number else seconds(cuts[number - 1]), chosen, []))
        runs[-1][2].append(frame)
        who, shot = chosen, number
    edges = [span.start, *(time for time, _, _ in runs[1:]), span.end]
    shots = []
    for (start, end), (_, chosen, seen) in zip(pairwise(edges), runs, strict=True):
        window = _window(video, chosen, seen, missed=follows != "speaker")
        if window is None:
            return None
        panel = Panel((Keyframe(start, window),), (0, 0, *_SIZE))
        shots.append(CropShot(Span(start, end), "single", (panel,)))
    return Followed(video, CropPath(*_SIZE, tuple(shots)), follows, wrong)


def _talks(frame: Mapping[str, Any]) -> bool:
    """Whether it is known that one face speaks and another one does not."""
    told = [face["speaking"] for face in frame["faces"]]
    return True in told and False in told


def _chosen(frame: Mapping[str, Any], before: str, *, silent: bool) -> str:
    """Whom a window follows at one time: whoever it did, as long as that is right, else the biggest such face."""
    faces = frame["faces"]
    wanted = [face for face in faces if face["speaking"] is not None and face["speaking"] != silent]
    pool = wanted if _talks(frame) or (wanted and not silent) else faces
    if not pool or before in [face["id"] for face in pool]:
        return before
    return str(max(pool, key=lambda face: face["box"][3] - face["box"][1])["id"])


def _window(video: Video, who: str, seen: Sequence[Mapping[str, Any]], *, missed: bool) -> Box | None:
    """A still window on one face, so narrow that it does not show whoever speaks beside it."""
    own = [face["box"] for frame in seen for face in frame["faces"] if face["id"] == who]
    if not own:
        return Box(
            (video.width - video.height * _WIDEST) / 2, 0, (video.width + video.height * _WIDEST) / 2, video.height
        )
    x1, y1, x2, y2 = np.median(np.array(own, dtype=np.float64), axis=0).tolist()
    others = [Box(*face["box"]) for frame in seen for face in frame["faces"] if face["id"] != who and face["speaking"]]
    heights = np.geomspace(video.height, (y2 - y1) / _FACE, 6).tolist() if missed else [video.height]
    for height in (min(float(one), float(video.height)) for one in heights):
        left = min(max(0.0, (x1 + x2 - height * _WIDEST) / 2), video.width - height * _WIDEST)
        top = min(max(0.0, (y1 + y2) / 2 - 0.4 * height), video.height - height)
        window = Box(left, top, left + height * _WIDEST, top + height)
        if all(share_inside(other, window) < _FREE for other in others) or not missed:
            return window
    return None
