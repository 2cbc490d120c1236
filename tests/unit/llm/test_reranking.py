"""A language model that only puts local's best candidates in order: one question, local's spans, the model's places."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openai", reason='needs the extra: pip install "clipy[llm]"')

from clipy import feedback, probe
from clipy.context import Context
from clipy.errors import ConfigError
from clipy.feedback import Verdict
from clipy.stages.highlight.llm import Llm
from clipy.stages.highlight.local import Local
from clipy.types import Video
from fixtures.media import make_video
from tests.chat_server import Asked, ChatServer, Fault
from tests.unit.test_local import AGAIN, hearing
from tests.unit.test_picking import DULL, TOLD

EDITORS = Path(__file__).parents[3] / "benchmark" / "editors.py"
LENGTHS: dict[str, Any] = {"min_duration": 8, "max_duration": 16}


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Video:
    return probe(make_video(tmp_path_factory.mktemp("rerank") / "talk.mp4", seconds=130, size=(64, 64), rate=2))


@pytest.fixture
def heard(ctx: Context) -> Context:
    return hearing(ctx, *DULL, *TOLD, *DULL[::-1], *AGAIN, *DULL)


def last_first(lines: list[dict[str, Any]], asked: Asked) -> object:
    """The candidates in the opposite order."""
    assert asked.ranks
    return {"best_first": [line["n"] for line in reversed(lines)]}


@pytest.fixture
def contrary() -> Iterator[ChatServer]:
    with ChatServer(last_first) as running:
        yield running


def reranking(server: ChatServer, **options: Any) -> Llm:
    given = {"base_url": server.url, "count": 2, "candidates": 5, "mode": "rerank", **LENGTHS, **options}
    return Llm(Llm.Options(**given))


def test_one_question_orders_the_candidates_of_local(contrary: ChatServer, talk: Video, heard: Context) -> None:
    llm = reranking(contrary)
    found = llm.highlight(talk, heard)
    (asked,) = contrary.requests
    local = Local(Local.Options(**LENGTHS, count=8)).highlight(talk, heard)[: len(found)]
    assert len(found) == len(asked.lines) == len(local) >= 3
    assert sorted(pick.span for pick in found) == sorted(pick.span for pick in local)
    before = {pick.span: pick for pick in local}
    for pick in found:
        given = pick.details["model"]
        assert pick.score == pytest.approx((before[pick.span].score + given) / 2, abs=1e-3)
        assert pick.title == before[pick.span].title
        assert before[pick.span].reason in pick.reason
    assert [pick.score for pick in found] == sorted((pick.score for pick in found), reverse=True)
    (first,) = [pick for pick in found if pick.details["model"] == 1.0]
    assert first.span == local[-1].span, "the model put the last one first"
    assert f"the model's number 1 of {len(found)}" in first.reason
    assert llm.usage.requests == 1
    assert llm.usage.read == asked.tokens
    assert llm.highlight(talk, heard) == found
    assert len(contrary.requests) == 1, "the answer was stored"


def test_what_would_be_sent_is_shown_and_not_sent(contrary: ChatServer, talk: Video, heard: Context) -> None:
    llm = reranking(contrary)
    shown = llm.preview(talk, heard)
    assert not contrary.requests
    llm.highlight(talk, heard)
    (asked,) = contrary.requests
    assert asked.user in shown
    assert asked.system in shown
    assert "Questions: 1." in shown


def test_without_an_order_locals_scores_decide(
    contrary: ChatServer, talk: Video, heard: Context, caplog: pytest.LogCaptureFixture
) -> None:
    contrary.faults.extend([Fault(refusal="No."), Fault(refusal="No.")])
    found = reranking(contrary).highlight(talk, heard)
    assert found == Local(Local.Options(**LENGTHS, count=8)).highlight(talk, heard)[:5]
    assert "so their scores decide" in caplog.text


def test_what_decides_for_local_decides_here_too(
    contrary: ChatServer, talk: Video, heard: Context, tmp_path: Path
) -> None:
    llm, reading = reranking(contrary), reranking(contrary, mode="read")
    assert str(Local.version) in str(llm.identity()["local"])
    assert "local" not in reading.identity()
    video = tmp_path / "talk.mp4"
    (tmp_path / "talk.info.json").write_text("{}")
    assert llm.sidecar_digests(video) == Local().sidecar_digests(video) != ()
    assert reading.sidecar_digests(video) == ()
    given = Verdict(verdict="accepted", source="x", start=0, end=1, said=("So.",))
    feedback.record(heard.store, [given])
    assert llm.store_digests(heard.store.root) == (feedback.digest(heard.store),)
    assert reading.store_digests(heard.store.root) == ()


def test_a_context_that_is_too_small_is_refused(contrary: ChatServer, talk: Video, heard: Context) -> None:
    with pytest.raises(ConfigError, match="leaves no room"):
        reranking(contrary, context=1024, max_tokens=900).highlight(talk, heard)


def test_the_benchmark_says_what_a_model_finds_and_costs(contrary: ChatServer, tmp_path: Path) -> None:
    texts = (*DULL, *TOLD, *DULL[::-1], *AGAIN, *DULL)
    turns = [{"speaker": "AB"[n % 2], "start": 6.0 * n, "text": text} for n, text in enumerate(texts)]
    length = 6.0 * len(texts)
    told_at = 6.0 * len(DULL)
    labels = {"turns": turns, "body_start": 0, "duration": length}
    chosen = [{"start": told_at, "end": told_at + 20}]
    (tmp_path / "show").mkdir()
    (tmp_path / "show" / "one.json").write_text(json.dumps({**labels, "highlights": chosen}))
    sets = [f"llm.base_url={contrary.url}", "llm.mode=rerank", "llm.price_read=2", "llm.price_written=8"]
    sets += [f"highlight.{name}={value}" for name, value in LENGTHS.items()]
    flags = [part for text in sets for part in ("--set", text)]
    done = subprocess.run(
        [sys.executable, EDITORS, tmp_path / "show", "--highlighters", "even,llm", "--json", *flags],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)["highlighters"]
    assert set(found) == {"even", "llm"}
    (asked,) = contrary.requests
    assert (found["llm"]["requests"], found["llm"]["tokens_read"]) == (1, asked.tokens)
    assert found["llm"]["cost"] == pytest.approx((2 * asked.tokens + 8 * found["llm"]["tokens_written"]) / 1e6)
    assert found["llm"]["any_of_5"] == 1.0
    assert "requests" not in found["even"]
