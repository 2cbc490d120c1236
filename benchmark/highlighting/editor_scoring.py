"""How well choices are foretold: the area under the curve, and how much of it each part of the model is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clipy.stages.highlight.editor_choice.design import PARTS
from clipy.types import Array, Highlight, Span
from highlighting.editor_learning import FOLDS, Lessons, Prepared, logistic
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
    episodes: Sequence[Prepared], lessons: Lessons, parts: Sequence[str], *, shows: bool, reach: int | None = None
) -> dict[str, list[float]]:
    """For each show the areas of its episodes, by models that saw no other episode of the show, or not this fold."""
    found = dict[str, list[float]]()
    outs = sorted({one.episode.show for one in episodes}) if shows else list(range(FOLDS))
    for out in outs:
        weights = lessons.weights(lambda show, fold, out=out: (show if shows else fold) != out, parts, reach)  # type: ignore[misc]
        for index, one in enumerate(episodes):
            if (one.episode.show if shows else one.fold) == out:
                area = area_under_curve(lessons.merits(index, weights), one.chosen >= _HELD)
                found.setdefault(one.episode.show, []).append(area)
    return found


def ablations(episodes: Sequence[Prepared], lessons: Lessons) -> dict[str, dict[str, float]]:
    """Mean areas over episodes by the parts that a model has, with whole shows and with episodes left out."""
    named = ("speaker", "subject")
    left_out = {"named features": named, "all but the place": tuple(part for part in PARTS if part != "place")}
    left_out |= {name: (name,) for name in PARTS}
    kinds: dict[str, tuple[Sequence[str], int | None]] = {"all": (PARTS, None), "without neighborhood": (PARTS, 0)}
    for name, out in left_out.items():
        kinds[f"without {name}"] = tuple(part for part in PARTS if part not in out), None
    kinds |= {f"only {name}": ((name,), None) for name in PARTS if name != "place"}
    table = dict[str, dict[str, float]]()
    for name, (parts, reach) in kinds.items():
        by_show = areas(episodes, lessons, parts, shows=True, reach=reach)
        by_fold = areas(episodes, lessons, parts, shows=False, reach=reach)
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
    log_odds: tuple[float, ...] = ()
    calibrating: tuple[bool, ...] = ()
    """Of all picks, spare ones too: the logarithm of the odds that the score means, and whether they hit."""

    @staticmethod
    def calibration(scores: Sequence[Score]) -> dict[str, float]:
        """Level and slope of what happened on the log-odds that were given; 0 and 1 where scores are probabilities."""
        given = np.concatenate([score.log_odds for score in scores])
        hits = np.concatenate([score.calibrating for score in scores])
        level, slope = logistic(np.stack([np.ones(len(given)), given], axis=1), hits)
        return {"calibration_level": round(float(level), 4), "calibration_slope": round(float(slope), 4)}

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


def score_picks(episode: Episode, picks: Sequence[Highlight], area: float, count: int = 5) -> Score:
    """Which of the first ``count`` picks hold a chosen passage, how near its edges they are, and what chance does."""
    spare = [bool(_held_by(pick.span, episode)) for pick in picks]
    given = np.clip([pick.score for pick in picks], 1e-4, 1 - 1e-4)
    hits, starts, ends = [], [], []
    for pick in (pick.span for pick in picks[:count]):
        held = _held_by(pick, episode)
        hits.append(bool(held))
        if held:
            best = max(held, key=lambda passage, pick=pick: pick.overlap(passage))  # type: ignore[misc]
            starts.append(abs(float(pick.start - best.start)))
            ends.append(abs(float(pick.end - best.end)))
    chances = _chance(episode, [float(pick.span.duration) for pick in picks[:count]])
    log_odds = tuple(np.log(given / (1 - given)).tolist())
    return Score(area, tuple(hits), *chances, tuple(starts), tuple(ends), log_odds, tuple(spare))


def _held_by(pick: Span, episode: Episode) -> list[Span]:
    """The chosen passages of which a pick holds at least half."""
    return [passage for passage in episode.passages if pick.overlap(passage) >= _HELD * float(passage.duration)]


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
