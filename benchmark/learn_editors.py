"""Learn what editors choose: ``python benchmark/learn_editors.py SHOWS [--cache FOLDER] [--output FILE]``.

SHOWS is a folder of shows, each a folder of transcripts (``highlighting/public_transcripts.py`` says in which forms),
of which cold opens are taken for what the editors chose. Writes the numbers of ``local``'s model; no text. Sentence
vectors are kept in the cache; the first time takes some 15 minutes for 400 hours of talk.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections import Counter
from importlib.resources import files
from pathlib import Path

if __name__ == "__main__":
    sys.path[1:1] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "src")]

from clipy.config import load as load_config
from clipy.pipeline.pipeline import Pipeline
from clipy.pipeline.run import context
from highlighting.editor_learning import Lessons, learn, prepare
from highlighting.editor_scoring import ablations
from highlighting.episodes import load


def main() -> None:
    """Learn, write, and say from what."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shows", type=Path, help="a folder of shows")
    parser.add_argument("--cache", type=Path, default=Path("editors-cache"), help="where sentence vectors are kept")
    parser.add_argument("--output", type=Path, help="the file to write; by default the package's own")
    parser.add_argument("--ablations", action="store_true", help="also print what each part is worth")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with context(Pipeline.from_config(load_config())) as ctx:
        episodes = prepare(load(arguments.shows), ctx, arguments.cache)
    lessons = Lessons.of(episodes)
    model = learn(episodes, lessons, lambda _show, _fold: True)
    own = Path(str(files("clipy.stages.highlight.editor_choice"))) / "editors.npz"
    model.save(arguments.output or own)
    told = {
        "episodes": dict(Counter(one.episode.show for one in episodes)),
        "passages": sum(len(one.episode.passages) for one in episodes),
        "hours": round(sum(float(one.episode.body.duration) for one in episodes) / 3600),
        "sentences": sum(len(one.said) for one in episodes),
        "calibration": model.calibration.tolist(),
    }
    if arguments.ablations:
        told["ablations"] = ablations(episodes, lessons)
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
