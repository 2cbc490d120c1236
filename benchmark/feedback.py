"""What ``local`` learns from a user: ``python benchmark/feedback.py EPISODES [--json]``.

The user is simulated by the editors of a show. Of half of its episodes he is shown five picks each, accepts what holds
at least half of a passage that the editors chose, and rejects the rest, as ``clipy feedback`` would record it. On the
other half picks are judged as ``benchmark/editors.py`` does: without feedback, after the verdicts on one episode (five,
with a chosen passage in place of the last where no pick held one), and after all of them.

Picks are the stretches of 30 or 45 s that score best by what is learnt from editors and from the user alone, which
takes a second an episode; with ``--local`` they are those of the whole highlighter, which takes ten.

EPISODES is a folder of shows, or of one show's episodes. Where there are several shows, ``local`` is learnt from the
others, so that it knows nothing of the user before he says it. Halves are drawn ``--rounds`` times.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

if __name__ == "__main__":
    sys.path[1:1] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "src")]

from clipy import feedback
from clipy.config import load as load_config
from clipy.context import Context
from clipy.errors import NothingToDeliver
from clipy.feedback import Verdict
from clipy.pipeline.pipeline import Pipeline
from clipy.pipeline.run import context
from clipy.stages.highlight.editor_choice.model import EditorModel
from clipy.stages.highlight.local import Local
from clipy.stages.highlight.selection.user_bias import UserBias, learn_bias
from clipy.types import Highlight, Span, Video
from highlighting.editor_learning import Lessons, Prepared, learn, prepare, windows
from highlighting.editor_scoring import Score, score_picks, sentence_area
from highlighting.episodes import load
from highlighting.known_words import hearing, silence

_PICKS = 5
_FEWEST = 8  # episodes of a show, so that there are two halves
_USUAL = 30.0  # seconds, at which a passage is neither more nor less likely for its length
_LENGTHS = (30.0, 45.0)  # seconds
_HELD = 0.5  # of a passage that a pick must hold to be accepted


class Trained(Local):
    """``local`` with another model than its own."""

    model: EditorModel

    def editor_model(self) -> EditorModel:
        return self.model


@dataclass(frozen=True)
class Known:
    """What a user has said, and the bias that was learnt from it."""

    verdicts: Sequence[Verdict] = ()
    bias: UserBias | None = None


@dataclass(frozen=True)
class Bench:
    """Where verdicts are kept. With a ``video`` in which nothing is seen or heard, the whole highlighter is asked."""

    ctx: Context
    video: Video | None = None

    def known(self, verdicts: Sequence[Verdict]) -> Known:
        """What is learnt from verdicts."""
        return Known(verdicts, learn_bias(verdicts, self.ctx))

    def picks(self, one: Prepared, model: EditorModel, known: Known) -> list[tuple[Span, float]]:
        """Five picks of an episode, and their scores."""
        if self.video is not None:
            return [(pick.span, pick.score) for pick in self._of_local(self.video, one, model, known)]
        vectors = one.vectors.astype(np.float32)
        choice = model.judge(one.said, vectors, one.episode.body)
        moved = np.zeros(len(one.said)) if known.bias is None else known.bias.of(vectors)
        pool = list[tuple[float, Span]]()
        for first, last in windows(one.said, _LENGTHS):
            span = Span(one.said[first].span.start, one.said[last].span.end)
            longer = choice.calibration[2] * np.log(float(span.duration) / _USUAL)
            added = choice.strength(first, last) + longer + float(moved[first : last + 1].mean())
            log_odds = float(choice.calibration[0] + added)
            pool.append((1 / (1 + np.exp(-log_odds)), span))
        found = list[tuple[Span, float]]()
        for score, span in sorted(pool, key=lambda item: -item[0]):
            if len(found) < _PICKS and not any(span.overlap(other) for other, _ in found):
                found.append((span, score))
        return found

    def _of_local(self, video: Video, one: Prepared, model: EditorModel, known: Known) -> list[Highlight]:
        """What ``local`` picks of an episode after the verdicts, as they are recorded."""
        heard = hearing(one.episode.transcript, self.ctx, self.ctx.work)  # one store for all: vectors are made once
        feedback.reset(heard.store)
        feedback.record(heard.store, known.verdicts)
        local = Trained(Local.Options(count=_PICKS))
        local.model = model
        length = max(one.episode.body.end, one.said[-1].span.end) + Fraction(1, 2)
        try:
            return local.highlight(replace(video, duration=length), heard)[:_PICKS]
        except NothingToDeliver:
            return []

    def score(self, one: Prepared, model: EditorModel, known: Known) -> Score:
        """How well an episode is judged after what is known of the user."""
        picks = self.picks(one, model, known)
        vectors = one.vectors.astype(np.float32)
        choice = model.judge(one.said, vectors, one.episode.body)
        merits = float(choice.calibration[1]) * choice.merits + (0 if known.bias is None else known.bias.of(vectors))
        return score_picks(one.episode, [Highlight(*pick) for pick in picks], sentence_area(one, merits))


def main() -> None:
    """Simulate and print."""
    arguments = _arguments()
    logging.basicConfig(level=logging.ERROR)
    with context(Pipeline.from_config(load_config())) as ctx:
        episodes = prepare(load(arguments.episodes), ctx, arguments.cache or ctx.work / "vectors")
        models = _models(episodes, own=arguments.as_it_comes)
        longest = max(float(one.episode.body.end) for one in episodes)
        bench = Bench(ctx, silence(ctx.work / "silence.mkv", longest + 1) if arguments.local else None)
        scores = {name: list[Score]() for name in ("without", "one_episode", "half")}
        given = list[int]()
        for show, model in models.items():
            own = [one for one in episodes if one.episode.show == show]
            for number in range(arguments.rounds):
                drawn = np.random.default_rng(number).permutation(len(own))[: arguments.most or len(own)]
                users, judged = np.array_split(drawn, 2)
                verdicts = [_verdicts(own[index], bench.picks(own[index], model, Known())) for index in users]
                every = [verdict for found in verdicts for verdict in found]
                given.append(len(every))
                first = _with_passage(own[users[0]], verdicts[0])
                learnt = {"without": Known(), "one_episode": bench.known(first), "half": bench.known(every)}
                for index in judged:
                    for name, known in learnt.items():
                        scores[name].append(bench.score(own[index], model, known))
                print(show, number, len(every), file=sys.stderr)
    told = {
        "shows": list(models),
        "judged": len(scores["without"]),
        "verdicts": round(float(np.mean(given))),
        "feedback": {name: Score.mean(found) for name, found in scores.items()},
    }
    if arguments.json:
        print(json.dumps(told))
        return
    print(f"{told['judged']} episodes of {', '.join(models)}, {told['verdicts']} verdicts each time")
    for name, found in scores.items():
        print(f"{name:12}", "  ".join(f"{key} {value}" for key, value in Score.mean(found).items()))


def _models(episodes: Sequence[Prepared], *, own: bool) -> dict[str, EditorModel]:
    """For each show with enough episodes what knows nothing of it; the package's own where there is no other show."""
    shows = sorted({one.episode.show for one in episodes})
    large = [show for show in shows if sum(one.episode.show == show for one in episodes) >= _FEWEST]
    if own or len(shows) < 2:
        return dict.fromkeys(large, EditorModel.load())
    lessons = Lessons.of(episodes)
    return {show: learn(episodes, lessons, lambda name, _, out=show: name != out) for show in large}  # type: ignore[misc]


def _verdicts(one: Prepared, picks: Sequence[tuple[Span, float]]) -> list[Verdict]:
    """What the user says of picks."""
    found = list[Verdict]()
    for span, score in picks:
        held = any(span.overlap(p) >= _HELD * float(p.duration) for p in one.episode.passages)
        found.append(_verdict(one, span, score, accepted=held))
    return found


def _with_passage(one: Prepared, verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Five verdicts of which one at least is good: where no pick was, the last gives way to what the editors chose."""
    if any(verdict.wanted for verdict in verdicts) or not verdicts:
        return list(verdicts)
    longest = max(one.episode.passages, key=lambda passage: passage.duration)
    return [*verdicts[:-1], _verdict(one, longest, None, accepted=True)]


def _verdict(one: Prepared, span: Span, score: float | None, *, accepted: bool) -> Verdict:
    said = tuple(
        sentence.text for sentence in one.said if span.overlap(sentence.span) >= _HELD * sentence.span.duration
    )
    return Verdict(
        verdict="accepted" if accepted else "rejected",
        source=one.episode.name,
        start=float(span.start),
        end=float(span.end),
        said=said,
        score=score,
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("episodes", type=Path, help="a folder of shows, or of the episodes of one")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--local", action="store_true", help="judge the whole highlighter")
    parser.add_argument("--as-it-comes", action="store_true", help="learn nothing: judge local's own model")
    parser.add_argument("--most", type=int, help="use at most so many episodes of each show; learn from all")
    parser.add_argument("--rounds", type=int, default=1, help="how often halves are drawn")
    parser.add_argument("--cache", type=Path, help="where sentence vectors are kept")
    return parser.parse_args()


if __name__ == "__main__":
    main()
