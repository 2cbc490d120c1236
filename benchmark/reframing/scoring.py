"""Crop windows and speaking probabilities against truth: ``{"frames": [{"time", "faces": [{"id", "box", ...}]}]}``.

A speaking face counts as shown when at least 95 % of its box is inside a panel at a useful size: 1.5 times its size if
the whole picture were fitted into the output, or 12 % of the output's height.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from clipy.types import CropPath, CropShot, Track, seconds
from reframing.edges import cuts_followed, cuts_neighbor

Corners = tuple[float, float, float, float]


@dataclass
class Tally:
    """Counts that add up over videos."""

    counts: dict[str, int] = field(default_factory=dict)
    accelerations: list[float] = field(default_factory=list)
    judged: list[tuple[float, bool]] = field(default_factory=list)
    minutes: float = 0.0

    def count(self, name: str, times: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + times

    def add(self, other: Tally) -> None:
        for name, times in other.counts.items():
            self.count(name, times)
        self.accelerations += other.accelerations
        self.judged += other.judged
        self.minutes += other.minutes

    def numbers(self) -> dict[str, float | None]:
        squares = self.accelerations
        return {
            "on_speaker": self._share("on", "speaking"),
            "contested": self._share("contested_on", "contested"),
            "empty": self._share("empty", "with_face"),
            "wrong_person": self._share("wrong", "speaking"),
            "edge_cuts": self._share("edge_cuts", "one_window"),
            "edge_cuts_followed": self._share("cuts_followed", "one_window"),
            "edge_cuts_neighbor": self._share("cuts_neighbor", "one_window"),
            "average_precision": average_precision(self.judged),
            "balanced_accuracy": balanced_accuracy(self.judged),
            "switches_per_minute": round(self.counts.get("jumps", 0) / self.minutes, 2) if self.minutes else None,
            "accel_rms": round(math.sqrt(sum(squares) / len(squares)), 1) if squares else None,
        }

    def _share(self, part: str, whole: str) -> float | None:
        total = self.counts.get(whole, 0)
        return round(self.counts.get(part, 0) / total, 4) if total else None


def scored(crop: CropPath, truth: dict[str, Any], tracks: Sequence[Track]) -> Tally:
    """One video's windows and probabilities."""
    tally = Tally(minutes=float(crop.shots[-1].span.end - crop.shots[0].span.start) / 60)
    for frame in truth["frames"]:
        _frame(tally, frame, crop, truth)
        _judged(tally, frame, tracks)
    _motion(tally, crop, sorted({shot["start"] for shot in truth.get("shots", ())} | set(truth.get("hard_cuts", ()))))
    return tally


def average_precision(judged: Sequence[tuple[float, bool]]) -> float | None:
    """Mean precision at each speaking face, the surest first."""
    ranked = sorted(judged, key=lambda pair: -pair[0])
    hits, total = 0, 0.0
    for place, (_, speaks) in enumerate(ranked, start=1):
        if speaks:
            hits += 1
            total += hits / place
    return round(total / hits, 4) if hits else None


def balanced_accuracy(judged: Sequence[tuple[float, bool]]) -> float | None:
    """Mean of the shares of speaking and of silent faces that are told rightly at one half."""
    shares = []
    for speaks in (True, False):
        own = [(value > 0.5) == speaks for value, truth in judged if truth == speaks]
        if not own:
            return None
        shares.append(sum(own) / len(own))
    return round(sum(shares) / 2, 4)


def _frame(tally: Tally, frame: dict[str, Any], crop: CropPath, truth: dict[str, Any]) -> None:
    shot = next((shot for shot in crop.shots if seconds(frame["time"]) in shot.span), None)
    if shot is None:
        return
    panels = [(panel.window(seconds(frame["time"])), panel.into) for panel in shot.panels]
    fit = min(crop.width / truth["width"], crop.height / truth["height"])
    shown: dict[str, float] = {}
    for face in frame["faces"]:
        box = _clipped(face["box"], truth)
        for window, into in panels:
            inside = _inside(box, (window.x1, window.y1, window.x2, window.y2))
            shown[face["id"]] = max(shown.get(face["id"], 0), inside)
            scale = (into[3] - into[1]) / max(1e-9, window.height)
            if inside >= 0.95 and (scale >= 1.5 * fit or scale * (box[3] - box[1]) >= 0.12 * crop.height):
                shown[face["id"]] = 2.0
    if shot.layout == "single":
        _edges(tally, frame, shot, truth)
    if frame["faces"]:
        tally.count("with_face")
        tally.count("empty", all(value < 0.95 for value in shown.values()))
    talkers = [face["id"] for face in frame["faces"] if face.get("speaking")]
    if talkers:
        on = any(shown[name] == 2 for name in talkers)
        others = [face["id"] for face in frame["faces"] if face.get("speaking") is False]
        tally.count("speaking")
        tally.count("on", on)
        tally.count("contested", len(frame["faces"]) > 1)
        tally.count("contested_on", len(frame["faces"]) > 1 and on)
        none_shown = all(shown[name] < 0.95 for name in talkers)
        tally.count("wrong", none_shown and any(shown[name] >= 0.95 for name in others))


def _edges(tally: Tally, frame: dict[str, Any], shot: CropShot, truth: dict[str, Any]) -> None:
    """Whether an edge of the one window cuts the followed head, or without need a neighbor's face."""
    window = shot.panels[0].window(seconds(frame["time"]))
    boxes = [_clipped(face["box"], truth) for face in frame["faces"]]
    faces = [(box[0], box[2]) for box in boxes if box[1] < window.y2 and box[3] > window.y1]
    followed = cuts_followed(window, faces, truth["width"])
    neighbor = cuts_neighbor(window, faces, truth["width"])
    tally.count("one_window", bool(faces))
    tally.count("cuts_followed", followed)
    tally.count("cuts_neighbor", neighbor)
    tally.count("edge_cuts", followed or neighbor)


def _judged(tally: Tally, frame: dict[str, Any], tracks: Sequence[Track]) -> None:
    """The probability of the track that covers each labelled face; 0 for a face that was not found."""
    for face in frame["faces"]:
        if face.get("speaking") is None:
            continue
        best, value = 0.2, 0.0
        for track in tracks:
            index = round((frame["time"] - float(track.times[0])) * 25)
            if 0 <= index < len(track.times):
                x1, y1, x2, y2 = (float(side) for side in track.boxes[index])
                overlap = _overlap(tuple(face["box"]), (x1, y1, x2, y2))
                if overlap > best:
                    best, value = overlap, float(track.speaking[index])
        tally.judged.append((value, face["speaking"]))


def _motion(tally: Tally, crop: CropPath, cuts: Sequence[float]) -> None:
    """Jumps within a shot of the source, and accelerations between jumps, 25 times a second, in output pixels."""
    run: list[tuple[float, float, float, float]] = []
    start, end = float(crop.shots[0].span.start), float(crop.shots[-1].span.end)
    for tick in range(int((end - start) * 25)):
        at = start + tick / 25
        shot = next(shot for shot in crop.shots if seconds(at) in shot.span)
        window = shot.panels[0].window(seconds(at))
        into = shot.panels[0].into
        here = (*window.center, (into[3] - into[1]) / max(1e-9, window.height), at)
        if run:
            moved = math.dist(here[:2], run[-1][:2]) > 0.2 * window.width
            cut = any(run[-1][3] < time <= at for time in cuts)
            tally.count("jumps", moved and not cut)
            if moved or cut:
                run = []
        run.append(here)
        if len(run) >= 3:
            (ax, ay, *_), (bx, by, *_), (cx, cy, scale, _) = run[-3:]
            bend = ((cx - 2 * bx + ax) * 625, (cy - 2 * by + ay) * 625)
            tally.accelerations.append((bend[0] ** 2 + bend[1] ** 2) * scale**2)


def _clipped(box: Sequence[float], truth: dict[str, Any]) -> Corners:
    return max(0, box[0]), max(0, box[1]), min(truth["width"], box[2]), min(truth["height"], box[3])


def _shared(a: Corners, b: Corners) -> float:
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))


def _area(box: Corners) -> float:
    return max(1e-9, (box[2] - box[0]) * (box[3] - box[1]))


def _inside(box: Corners, window: Corners) -> float:
    return _shared(box, window) / _area(box)


def _overlap(a: Corners, b: Corners) -> float:
    shared = _shared(a, b)
    return shared / (_area(a) + _area(b) - shared)
