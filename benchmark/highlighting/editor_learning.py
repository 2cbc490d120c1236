"""Learns from editors' choices which sentences, and which passages, they would choose of an episode they never saw.

Each episode weighs its chosen sentences against the others of the same episode, so that nothing is learnt about whole
episodes, and each show counts by the root of what it has, so that no show rules. Sums of squares are kept for each show
and fold, so that a model without a show, or without some episodes, costs one solution of linear equations.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.base import Embedder
from clipy.context import Context
from clipy.stages.highlight.editor_choice.boundaries import closings, openings
from clipy.stages.highlight.editor_choice.design import PARTS, Typical, design, part_of_columns, reach_of_columns
from clipy.stages.highlight.editor_choice.model import Choice, EditorModel
from clipy.stages.highlight.editor_choice.sentence_features import Scale, sentence_features
from clipy.text.sentences import Sentence, sentences
from clipy.types import Array
from highlighting.boundary_learning import EdgeLessons
from highlighting.episodes import Episode

FOLDS = 4
_RIDGE = {"meaning": 1.0}  # of the weights of a part, in samples; of the others
_RIDGE_OTHERS = 0.1
_NEGATIVES = 600  # sentences of an episode that were not chosen
_POSITIVES = 12.0  # sentences of an episode that were chosen count for no more
_HELD = 0.5  # of a sentence, or of a chosen passage, that counts as all of it
_LENGTHS = (20.0, 30.0, 45.0, 58.0)  # seconds of the passages that probabilities are calibrated on
_BATCH = 60_000  # sentences encoded at once
_STEPS = 25  # of Newton's method
_TYPICAL = 60  # episodes that tell what is usual


@dataclass(frozen=True, eq=False)
class Prepared:
    """An episode, its sentences with their vectors, and how much of each is in a chosen passage, (n,)."""

    episode: Episode
    said: tuple[Sentence, ...]
    vectors: Array
    chosen: NDArray[np.float64]
    fold: int


def prepare(episodes: Sequence[Episode], ctx: Context, cache: Path) -> list[Prepared]:
    """The episodes with vectors of their sentences; these are kept in ``cache``, since they cost most of the time."""
    cache.mkdir(parents=True, exist_ok=True)
    found, waiting = list[Prepared](), list[tuple[Episode, tuple[Sentence, ...], Path]]()
    for episode in episodes:
        said = sentences(episode.transcript)
        digest = hashlib.sha256("\n".join(sentence.text for sentence in said).encode()).hexdigest()
        waiting.append((episode, said, cache / f"{digest[:32]}.npy"))
        if sum(len(texts) for _, texts, path in waiting if not path.exists()) > _BATCH:
            _encode(waiting, ctx)
    _encode(waiting, ctx)
    for episode, said, path in waiting:
        fold = int(hashlib.sha256(episode.name.encode()).hexdigest(), 16) % FOLDS
        found.append(Prepared(episode, said, np.load(path), _chosen(episode, said), fold))
    return found


def _encode(waiting: Sequence[tuple[Episode, tuple[Sentence, ...], Path]], ctx: Context) -> None:
    missing = [(said, path) for _, said, path in waiting if not path.exists()]
    texts = tuple(sentence.text for said, _ in missing for sentence in said)
    vectors, first = ctx.analyser(Embedder).embed(texts, ctx) if texts else np.zeros((0, 512)), 0
    for said, path in missing:
        np.save(path, vectors[first : first + len(said)].astype(np.float16))
        first += len(said)


def _chosen(episode: Episode, said: Sequence[Sentence]) -> NDArray[np.float64]:
    """How much of each sentence lies in a chosen passage, in 0..1."""
    spans = [sentence.span for sentence in said]
    shares = [
        sum(float(span.overlap(passage)) for passage in episode.passages) / float(span.duration) for span in spans
    ]
    return np.asarray(np.minimum(1.0, np.array(shares)), dtype=np.float64)


def typical_of(episodes: Sequence[Prepared]) -> Typical:
    """What is usual over episodes, each of which counts the same; of many, over some spread evenly over them."""
    some = episodes[:: max(1, len(episodes) // _TYPICAL)]
    rows = [sentence_features(one.said, one.vectors.astype(np.float32)) for one in some]
    known = [~np.isnan(row).all(axis=0) for row in rows]
    count = np.maximum(np.sum(known, axis=0), 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of a feature that no sentence of an episode has
        means = np.sum([np.nan_to_num(np.nanmean(row, axis=0)) for row in rows], axis=0) / count
        spreads = np.sum([np.nan_to_num(np.nanstd(row, axis=0)) for row in rows], axis=0) / count
    vector = np.mean([one.vectors.mean(axis=0, dtype=np.float64) for one in some], axis=0)
    return Typical(Scale(means, spreads), vector.astype(np.float32))


@dataclass
class Sums:
    """Weighted sums over samples: of products of columns (k, k), of columns by target (k,), and of weights."""

    products: NDArray[np.float64]
    targets: NDArray[np.float64]
    weight: float = 0.0

    def add(self, rows: Array, targets: Array, weights: Array) -> None:
        """Add samples of columns (n, k), targets -1 or 1 (n,) and weights (n,)."""
        scaled = rows * np.sqrt(weights)[:, None].astype(np.float32)
        self.products += scaled.T @ scaled
        self.targets += rows.T.astype(np.float64) @ (targets * weights)
        self.weight += float(weights.sum())


@dataclass
class Lessons:
    """What there is to learn from: sums for each show and fold, and the rows of all sentences, float16."""

    typical: Typical
    sums: dict[tuple[str, int], Sums] = field(default_factory=dict)
    rows: dict[int, Array] = field(default_factory=dict)

    @classmethod
    def of(cls, episodes: Sequence[Prepared], typical: Typical | None = None) -> Lessons:
        """All that the episodes teach. ``typical`` is what is usual, where more is known of it than these tell."""
        lessons, random = cls(typical or typical_of(episodes)), np.random.default_rng(0)
        for index, one in enumerate(episodes):
            body = one.episode.body
            rows = _with_constant(design(one.said, one.vectors.astype(np.float32), body, lessons.typical))
            lessons.rows[index] = rows.astype(np.float16)
            chosen = np.flatnonzero(one.chosen >= _HELD)
            others = np.flatnonzero(one.chosen <= 0)
            if not len(chosen) or not len(others):
                continue
            others = random.choice(others, min(len(others), _NEGATIVES), replace=False)
            total = min(float(len(chosen)), _POSITIVES)
            weights = np.repeat([total / len(chosen), total / len(others)], [len(chosen), len(others)])
            targets = np.repeat([1.0, -1.0], [len(chosen), len(others)])
            count = rows.shape[1]
            empty = Sums(np.zeros((count, count)), np.zeros(count))
            kept = lessons.sums.setdefault((one.episode.show, one.fold), empty)
            kept.add(rows[np.concatenate([chosen, others])], targets, weights)
        return lessons

    def weights(
        self, keep: Callable[[str, int], bool], parts: Sequence[str] = PARTS, reach: int | None = None
    ) -> NDArray[np.float64]:
        """The weights of the columns, and before them the level, learnt from some shows and folds and some parts.

        ``reach`` leaves out the columns that look at more sentences around.
        """
        shows = {show: sum(s.weight for (name, _), s in self.sums.items() if name == show) for show, _ in self.sums}
        used = [(self.sums[key], shows[key[0]] ** -0.5) for key in self.sums if keep(*key)]
        products = np.sum([share * sums.products for sums, share in used], axis=0)
        targets = np.sum([share * sums.targets for sums, share in used], axis=0)
        names = [PARTS[index] for index in part_of_columns()]
        ridge = np.array([0.0, *(_RIDGE.get(name, _RIDGE_OTHERS) for name in names)]) * products[0, 0]
        near = reach_of_columns() <= (reach if reach is not None else reach_of_columns().max())
        columns = np.flatnonzero([True, *(np.isin(names, parts) & near)])
        found = np.zeros(len(targets))
        system = products[np.ix_(columns, columns)] + np.diag(ridge[columns])
        found[columns] = np.linalg.solve(system, targets[columns])
        return found

    def merits(self, index: int, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """How much speaks for each sentence of an episode, (n,), without the level."""
        return np.asarray(self.rows[index][:, 1:].astype(np.float32) @ weights[1:].astype(np.float32), dtype=np.float64)


def learn(
    episodes: Sequence[Prepared], lessons: Lessons, keep: Callable[[str, int], bool], parts: Sequence[str] = PARTS
) -> EditorModel:
    """A model of the shows and folds to keep, its probabilities calibrated on shows that each time are left out."""
    used = [index for index, one in enumerate(episodes) if keep(one.episode.show, one.fold)]
    shows = sorted({episodes[index].episode.show for index in used})
    samples, edges = list[tuple[Array, Array]](), EdgeLessons()
    for show in shows if len(shows) > 1 else [""]:
        weights = lessons.weights(lambda name, fold, out=show: keep(name, fold) and name != out, parts)  # type: ignore[misc]
        weights /= _spread(lessons, used, weights)
        own = [index for index in used if episodes[index].episode.show == show or not show]
        for index in own:
            one, merits = episodes[index], lessons.merits(index, weights)
            samples.append(_passages(one, merits))
            times = np.array([(float(sentence.span.start), float(sentence.span.end)) for sentence in one.said])
            centred = lessons.typical.centred(one.vectors.astype(np.float32))
            edges.add(one.episode, times, (openings(one.said, merits), closings(one.said, merits, centred)))
    weights = lessons.weights(keep, parts)
    weights /= _spread(lessons, used, weights)
    calibration = logistic(np.concatenate([rows for rows, _ in samples]), np.concatenate([hit for _, hit in samples]))
    return EditorModel(weights[1:].astype(np.float32), lessons.typical, calibration, *edges.weights())


def _spread(lessons: Lessons, indices: Sequence[int], weights: NDArray[np.float64]) -> float:
    """How far the merits of sentences spread in an episode, on average over some of them."""
    return float(np.mean([lessons.merits(index, weights).std() for index in indices[:: max(1, len(indices) // 60)]]))


def _passages(one: Prepared, merits: NDArray[np.float64]) -> tuple[Array, Array]:
    """For passages from each third sentence on: 1, merit and log of the length in half minutes; whether chosen."""
    choice = Choice(merits[:, None], np.zeros(3))
    runs = np.array(list(windows(one.said))).reshape(-1, 2)
    starts = np.array([float(sentence.span.start) for sentence in one.said])[runs[:, 0]]
    ends = np.array([float(sentence.span.end) for sentence in one.said])[runs[:, 1]]
    passages = np.array([(float(passage.start), float(passage.end)) for passage in one.episode.passages])
    held = np.minimum(ends[:, None], passages[:, 1]) - np.maximum(starts[:, None], passages[:, 0])
    hits = (held >= _HELD * (passages[:, 1] - passages[:, 0])).any(axis=1)
    merit = np.array([choice.merit(first, last) for first, last in runs.tolist()])
    return np.stack([np.ones(len(runs)), merit, np.log((ends - starts) / 30.0)], axis=1), hits


def windows(said: Sequence[Sentence], lengths: Sequence[float] = _LENGTHS) -> Iterator[tuple[int, int]]:
    """From each third sentence on, runs of sentences about as long as each length in seconds, first and last."""
    ends = np.array([float(sentence.span.end) for sentence in said])
    for first in range(0, len(said), 3):
        start = float(said[first].span.start)
        lasts = {max(first, int(np.searchsorted(ends, start + length, side="right")) - 1) for length in lengths}
        yield from ((first, last) for last in sorted(lasts) if ends[last] - start >= lengths[0] / 2)


def _with_constant(rows: Array) -> Array:
    return np.concatenate([np.ones((len(rows), 1), dtype=np.float32), rows], axis=1)


def logistic(rows: Array, hits: Array) -> NDArray[np.float64]:
    """Coefficients of a logistic regression, by Newton's method."""
    found = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        likely = 1 / (1 + np.exp(-rows @ found))
        curvature = (rows * (likely * (1 - likely))[:, None]).T @ rows + 1e-6 * np.eye(len(found))
        found += np.linalg.solve(curvature, rows.T @ (hits - likely))
    return found
