"""What editors chose, and what highlighters pick: ``python benchmark/editors.py EPISODES [--json]``.

EPISODES is a folder of shows, or of one show's episodes, in a form that ``highlighting/episodes.py`` names: transcripts
that open with a teaser, or labels of what one repeats. Each highlighter picks five stretches of each episode.

- ``auc``: how often a sentence that an editor chose scores above one that he did not, on average over episodes. For
  highlighters that give no score to sentences, a sentence has that of the best of 40 picks that holds it.
- ``pick_hit``, ``any_of_5``: the share of picks that hold at least half of a chosen passage, and of episodes in which
  one of five does; ``pick_chance`` and ``any_chance`` are those of stretches as long, anywhere.
- ``start_error_s``, ``end_error_s``: of picks that hit, how far an edge is from the passage's, in seconds (median).
- ``calibration_level``, ``calibration_slope``: of hits on the log-odds that scores mean; 0 and 1 where the scores are
  probabilities. Spare picks count, too.

With ``llm`` (``--highlighters local,llm --set llm.base_url=...``; ``--set llm.mode=rerank``: one question an episode)
also ``requests``, ``tokens_read`` and ``tokens_written``, over all episodes, and ``cost`` where prices are set. Its
sentences have the scores of its picks, spare ones included, so that nothing is asked for the area alone.

``local`` is judged three times: as it comes (``local``; on the shows that it was learnt from, that flatters), learnt
from these episodes with each time a quarter of them left out (``local-episodes-out``), and, where there are several
shows, with the whole show left out (``local-shows-out``); each also without the use of the place in the talk.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

import numpy as np

if __name__ == "__main__":
    sys.path[1:1] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "src")]

from clipy.config import load as load_config
from clipy.context import Context
from clipy.errors import NothingToDeliver
from clipy.pipeline.pipeline import Pipeline
from clipy.pipeline.run import context
from clipy.stages.base import Highlighter
from clipy.stages.highlight.editor_choice.design import PARTS
from clipy.stages.highlight.editor_choice.model import EditorModel
from clipy.stages.highlight.llm import Llm
from clipy.stages.highlight.local import Local
from clipy.types import Highlight, Video
from highlighting.editor_learning import FOLDS, Lessons, Prepared, learn, prepare
from highlighting.editor_scoring import Score, ablations, score_picks, sentence_area
from highlighting.episodes import load
from highlighting.known_words import hearing, silence

T = TypeVar("T")
Models = Callable[[Prepared], EditorModel]

_PICKS, _MANY = 5, 40


class Trained(Local):
    """``local`` with another model than its own."""

    model: EditorModel

    def editor_model(self) -> EditorModel:
        return self.model


@dataclass(frozen=True)
class Judged:
    """A highlighter under a name: made for an episode, and whether its model scores sentences."""

    name: str
    make: Callable[[Prepared], Highlighter]
    models: Models | None = None


def main() -> None:
    """Judge and print."""
    arguments = _arguments()
    logging.basicConfig(level=logging.ERROR)
    with context(Pipeline.from_config(load_config())) as ctx, tempfile.TemporaryDirectory() as folder:
        episodes = prepare(load(arguments.episodes), ctx, arguments.cache or Path(folder) / "vectors")
        judged = _judged(episodes, arguments)
        parts = ablations(episodes, Lessons.of(episodes)) if arguments.ablations else {}
        if arguments.most:
            episodes = _spread_out(episodes, arguments.most)
        longest = max(float(one.episode.body.end) for one in episodes)
        video = silence(Path(folder) / "silence.mkv", longest + 1)
        table = {one.name: _table(one, episodes, video, ctx) for one in judged}
    told: dict[str, object] = {
        "episodes": len(episodes),
        "shows": sorted({one.episode.show for one in episodes}),
        "highlighters": table,
    }
    if arguments.ablations:
        told["ablations"] = parts
    if arguments.json:
        print(json.dumps(told))
        return
    rows: dict[str, Mapping[str, float | None]] = {**table, **parts}
    for name, row in rows.items():
        print(name, "  ".join(f"{key} {value}" for key, value in row.items()))


def _judged(episodes: Sequence[Prepared], arguments: argparse.Namespace) -> list[Judged]:
    """The highlighters that were asked for; of ``local`` all kinds."""
    found = list[Judged]()
    names = [name for names in arguments.highlighters or ["local,even"] for name in names.split(",")]
    for name in names:
        sets = [f"highlight.backend={name}", f"highlight.count={_PICKS}", *_sets_of(name, names, arguments.set)]
        highlighter = Pipeline.from_config(load_config(sets=sets)).highlighter
        models = _always(EditorModel.load()) if isinstance(highlighter, Local) else None
        found.append(Judged(name, _always(highlighter), models))
        if isinstance(highlighter, Local) and not arguments.as_it_comes:
            found += _learnt(episodes, highlighter)
    return found


def _sets_of(name: str, names: Sequence[str], sets: Sequence[str]) -> list[str]:
    """The options for one highlighter: those for all of them, and its own without its name in front."""
    own = [f"highlight.{text.partition('.')[2]}" for text in sets if text.startswith(f"{name}.")]
    return [*(text for text in sets if text.partition(".")[0] not in names), *own]


def _learnt(episodes: Sequence[Prepared], local: Local) -> list[Judged]:
    """``local`` with models that did not see the episode, or nothing of its show."""
    lessons, found = Lessons.of(episodes), list[Judged]()
    shows = sorted({one.episode.show for one in episodes})
    without = tuple(part for part in PARTS if part != "place")
    for parts, suffix in ((PARTS, ""), (without, "-no-place")):
        folds = {out: _model(episodes, lessons, parts, fold=out) for out in range(FOLDS)}
        found.append(_trained(f"local-episodes-out{suffix}", local, _by_fold(folds)))
        if len(shows) > 1:
            rest = {out: _model(episodes, lessons, parts, show=out) for out in shows}
            found.append(_trained(f"local-shows-out{suffix}", local, _by_show(rest)))
    return found


def _always(thing: T) -> Callable[[Prepared], T]:
    return lambda _: thing


def _by_fold(models: Mapping[int, EditorModel]) -> Models:
    return lambda one: models[one.fold]


def _by_show(models: Mapping[str, EditorModel]) -> Models:
    return lambda one: models[one.episode.show]


def _model(
    episodes: Sequence[Prepared], lessons: Lessons, parts: Sequence[str], *, fold: int = -1, show: str = ""
) -> EditorModel:
    return learn(episodes, lessons, lambda name, number: name != show and number != fold, parts)


def _trained(name: str, local: Local, models: Models) -> Judged:
    def make(one: Prepared) -> Highlighter:
        trained = Trained(local.options)
        trained.model = models(one)
        return trained

    return Judged(name, make, models)


def _table(judged: Judged, episodes: Sequence[Prepared], video: Video, ctx: Context) -> dict[str, float | None]:
    """What one highlighter reaches over all episodes."""
    scores = list[Score]()
    for one in episodes:
        with tempfile.TemporaryDirectory() as name:
            length = max(one.episode.body.end, one.said[-1].span.end) + Fraction(1, 2)
            recording, heard = replace(video, duration=length), hearing(one.episode.transcript, ctx, Path(name))
            highlighter = judged.make(one)
            picks = _picks(highlighter, recording, heard)
            if judged.models is not None:
                choice = judged.models(one).judge(one.said, one.vectors.astype(np.float32), one.episode.body)
                area = sentence_area(one, choice.merits)
            elif isinstance(highlighter, Llm):
                area = sentence_area(one, _held(one, picks))
            else:
                many = type(highlighter)(highlighter.options.model_copy(update={"count": _MANY}))
                area = sentence_area(one, _held(one, _picks(many, recording, heard)))
            scores.append(score_picks(one.episode, picks, area, _PICKS))
    return {**Score.mean(scores), **Score.calibration(scores), **_cost(judged.make(episodes[0]))}


def _cost(highlighter: Highlighter) -> dict[str, float | None]:
    """What a language model was asked in all, and what that costs where its prices are set."""
    if not isinstance(highlighter, Llm):
        return {}
    usage, options = highlighter.usage, highlighter.options
    counted = {"requests": usage.requests, "tokens_read": usage.read, "tokens_written": usage.written}
    if options.price_read is None or options.price_written is None:
        return {**counted}
    return {**counted, "cost": (usage.read * options.price_read + usage.written * options.price_written) / 1e6}


def _picks(highlighter: Highlighter, video: Video, ctx: Context) -> list[Highlight]:
    try:
        return highlighter.highlight(video, ctx)
    except NothingToDeliver:
        return []


def _held(one: Prepared, picks: Sequence[Highlight]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """For each sentence the score of the best pick that holds its middle."""
    found = np.zeros(len(one.said))
    for pick in picks:
        for index, sentence in enumerate(one.said):
            if pick.span.start <= (sentence.span.start + sentence.span.end) / 2 < pick.span.end:
                found[index] = max(found[index], pick.score)
    return found


def _spread_out(episodes: Sequence[Prepared], most: int) -> list[Prepared]:
    """At most so many episodes of each show, evenly over its list."""
    found = list[Prepared]()
    for show in sorted({one.episode.show for one in episodes}):
        own = [one for one in episodes if one.episode.show == show]
        found += [own[round(index)] for index in np.linspace(0, len(own) - 1, min(most, len(own)))]
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("episodes", type=Path, help="a folder of shows, or of the episodes of one")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--highlighters",
        "--highlighter",
        action="append",
        metavar="NAME,...",
        help="which to judge; by default local and even",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="an option, as clipy takes it; NAME.OPTION=VALUE is for the highlighter of that name alone",
    )
    parser.add_argument("--as-it-comes", action="store_true", help="learn nothing: judge local's own model alone")
    parser.add_argument("--ablations", action="store_true", help="also print the area without each part of the model")
    parser.add_argument("--most", type=int, help="judge at most so many episodes of each show; learn from all")
    parser.add_argument("--cache", type=Path, help="where sentence vectors are kept")
    return parser.parse_args()


if __name__ == "__main__":
    main()
