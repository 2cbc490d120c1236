"""A long spoken video and an editor who is no model: what the tests of the language model highlighter share."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from clipy.analysis.base import Transcriber
from clipy.context import Context
from clipy.stages.highlight.llm import Llm
from clipy.storage.store import Store
from clipy.types import Highlight, Transcript, Video, Word, seconds
from tests.chat_server import Asked, ChatServer

_WORDS = (
    "amber birch cedar dune ember fjord grove heath inlet jetty knoll ledge marsh north oasis plain quarry reef".split()
)
MINUTES = 4


def dull(number: int) -> str:
    """Eight words that no other number has in this order."""
    picked = [_WORDS[(number * step + step * step) % len(_WORDS)] for step in (1, 3, 5, 7, 11, 13)]
    return f"{' '.join(picked)} item{number} again.".capitalize()


def told(planted: dict[int, str], count: int = 64) -> str:
    return " ".join(planted.get(number, dull(number)) for number in range(1, count + 1))


PLANTED = {
    12: "Why did the silver bridge fall on a calm day?",
    40: "The golden answer changed everything we believed.",
}


class Spoken(Transcriber):
    """Says a given text, 0.35 s a word and 0.6 s between sentences."""

    class Options(Transcriber.Options):
        text: str = ""
        language: str = "en"

    options: Options

    def transcribe(self, video: Video, ctx: Context) -> Transcript:
        words, time = [], Fraction(1)
        for token in self.options.text.split():
            words.append(Word(token, time, time + seconds("0.3")))
            time += seconds("0.95") if token[-1] in ".?!" else seconds("0.35")
        return Transcript(self.options.language, tuple(words))


def hearing(folder: Path, text: str, language: str = "en") -> Context:
    heard = Spoken(Spoken.Options(text=text, language=language))
    return Context(Store(folder / "store"), folder, {Transcriber: heard})


def editor(lines: list[dict[str, Any]], asked: Asked) -> object:
    """Names the planted sentences and two more after each; puts gold first."""
    if asked.ranks:
        return {"best_first": sorted((line["n"] for line in lines), key=lambda n: "golden" not in lines[n - 1]["text"])}
    numbers = [line["n"] for line in lines]
    return {"passages": [passage(n, n + 2) for n in PLANTED if n in numbers and n + 2 in numbers]}


def passage(
    first: int, last: int, mark: int = 80, title: str = "", reason: str = "It asks a question."
) -> dict[str, Any]:
    marks = dict.fromkeys(("hook", "standalone", "payoff", "interest"), mark)
    return {"first": first, "last": last, "reason": reason, "title": title or "silver bridge fall", **marks}


WINDOWED = {"context": 2100, "max_tokens": 512}  # three windows or more


def highlighter(server: ChatServer, **options: object) -> Llm:
    given = {"base_url": server.url, "model": "tiny", "min_duration": 5, "max_duration": 20, "snap": 0, **options}
    backend = Llm(Llm.Options.model_validate(given))
    backend.name = "llm"
    return backend


def spoken(ctx: Context, pick: Highlight) -> str:
    transcript = ctx.analyser(Transcriber).transcribe(None, ctx)  # type: ignore[arg-type]
    return " ".join(word.text for word in transcript.within(pick.span))
