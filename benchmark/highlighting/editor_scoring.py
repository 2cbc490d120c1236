"""How well choices are foretold: the area under the curve, and how much of it each part of the model is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clipy.stages.highlight.editor_choice.design import PARTS
from clipy.types import Array, Span
from highlighting.editor_learning import FOLDS, Lessons, Prepared
from highlighting.episodes import Episode

_HELD = 0.5  # of a sentence that lies in a chosen passage, or of a passage that lies in a pick
_DRAWS = 300  # of chance, for each episode
_TRIES = 50  # to place a stretch beside the others


def area_under_curve(scores: Array, chosen: Array) -> float:
    """How often a chosen sentence scores above one that is not; a half where they are equal. NaN without either."""
    positive, negative = np.sort(scores[chosen]), np.sort(scores[~chosen])
    if not len(positive) or not len(negative):
        return float("nan")
    below = np.searchsorted(negative, positive, side="left") + np.searchsorted(negative, positive, side="right")
    return float(below.sum() / 2 / len(positive) / len(negative))


def areas(
    episodes: Sequence[Prepared], lessons: Lessons, parts: Sequence[str], *, shows: bool
) -> dict[str, list[float]]:
    """For each show the areas of its episodes, by models that saw no other episode of the show, or not this fold."""
    found = dict[str, list[float]]()
    outs = sorted({one.episode.show for one in episodes}) if shows else list(range(FOLDS))
    for out in outs:
        weights = lessons.weights(lambda show, fold, out=out: (show if shows else fold) != out, parts)  # type: ignore[misc]
        for index, one in enumerate(episodes):
            if (one.episode.show if shows else one.fold) == out:
                area = area_under_curve(lessons.merits(index, weights), one.chosen >= _HELD)
                found.setdefault(one.episode.show, []).append(area)
    return found


def ablations(episodes: Sequence[Prepared], lessons: Lessons) -> dict[str, dict[str, float]]:
    """Mean areas over episodes by the parts that a model has, with whole shows and with episodes left out."""
    kinds = {
        "all": PARTS,
        **{f"without {name}": tuple(part for part in PARTS if part != name) for name in PARTS},
        **{f"only {name}": (name,) for name in PARTS},
    }
    table = dict[str, dict[str, float]]()
    for name, parts in kinds.items():
        by_show = areas(episodes, lessons, parts, shows=True)
        by_fold = areas(episodes, lessons, parts, shows=False)
        large = {f"{show} left out": float(np.nanmean(found)) for show, found in by_show.items() if len(found) >= 10}
        table[name] = {
            "shows left out": float(np.nanmean(np.concatenate(list(by_show.values())))),
            "episodes left out": float(np.nanmean(np.concatenate(list(by_fold.values())))),
            **large,
        }
    return {name: {key: round(value, 4) for key, value in row.items()} for name, row in table.items()}


@dataclass(frozen=True)
class Score:
    """What picks of one episode reach, and what stretches as long would anywhere. Errors are in seconds."""

    auc: float
    hits: tuple[bool, ...]
    pick_chance: float
    any_chance: float
    start_errors: tuple[float, ...]
    end_errors: tuple[float, ...]

    @staticmethod
    def mean(scores: Sequence[Score]) -> dict[str, float | None]:
        """Over episodes; None where nothing was hit."""
        hits = [hit for score in scores for hit in score.hits]
        starts = [error for score in scores for error in score.start_errors]
        ends = [error for score in scores for error in score.end_errors]
        found = {
            "auc": float(np.nanmean([score.auc for score in scores])),
            "auc_chance": 0.5,
            "pick_hit": float(np.mean(hits)) if hits else 0.0,
            "pick_chance": float(np.mean([score.pick_chance for score in scores])),
            "any_of_5": float(np.mean([any(score.hits) for score in scores])),
            "any_chance": float(np.mean([score.any_chance for score in scores])),
            "start_error_s": float(np.median(starts)) if starts else None,
            "end_error_s": float(np.median(ends)) if ends else None,
        }
        return {name: None if value is None else round(value, 4) for name, value in found.items()}


def sentence_area(one: Prepared, merits: Array) -> float:
    """The area under the curve of an episode's sentences."""
    return area_under_curve(merits, one.chosen >= _HELD)


def score_picks(episode: Episode, picks: Sequence[Span], area: float) -> Score:
    """Which picks hold a chosen passage, how near its edges they are, and what chance does."""
    hits, starts, ends = [], [], []
    for pick in picks:
        held = [p for p in episode.passages if pick.overlap(p) >= _HELD * float(p.duration)]
        hits.append(bool(held))
        if held:
            best = max(held, key=lambda passage, pick=pick: pick.overlap(passage))  # type: ignore[misc]
            starts.append(abs(float(pick.start - best.start)))
            ends.append(abs(float(pick.end - best.end)))
    lengths = [float(pick.duration) for pick in picks]
    return Score(area, tuple(hits), *_chance(episode, lengths), tuple(starts), tuple(ends))


def _chance(episode: Episode, lengths: Sequence[float]) -> tuple[float, float]:
    """How often one stretch of these lengths hits, and one of all of them, drawn anywhere without overlaps."""
    random, body = np.random.default_rng(0), episode.body
    passages = np.array([(float(p.start), float(p.end)) for p in episode.passages])
    least = _HELD * (passages[:, 1] - passages[:, 0])
    found = list[list[bool]]()
    for _ in range(_DRAWS):
        placed = list[tuple[float, float]]()
        for length in lengths:
            room = max(0.0, float(body.duration) - length)
            for _ in range(_TRIES):
                start = float(body.start) + random.random() * room
                if all(start + length <= one or start >= other for one, other in placed):
                    placed.append((start, start + length))
                    break
        edges = np.array(placed).reshape(-1, 2)
        held = np.minimum(edges[:, 1:], passages[:, 1]) - np.maximum(edges[:, :1], passages[:, 0])
        found.append((held >= least).any(axis=1).tolist())
    single = [hit for hits in found for hit in hits]
    return float(np.mean(single)) if single else 0.0, float(np.mean([any(hits) for hits in found]))
