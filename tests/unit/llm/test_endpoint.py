"""Endpoints that refuse, fail, cut off and overcharge: what is done, what is said, and that no key gets anywhere."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

pytest.importorskip("openai", reason='needs the extra: pip install "clipy[llm]"')

from clipy.context import Context, Event
from clipy.errors import ConfigError, ServiceError
from clipy.stages.highlight.llm import Llm
from clipy.storage.store import Store
from clipy.types import Video
from tests.chat_server import KEY, ChatServer, Fault
from tests.unit.llm.world import WINDOWED, editor, highlighter, passage, spoken


@pytest.mark.parametrize("forms", [("json_object", "text"), ("text",)])
def test_endpoint_without_schema_support_falls_back_and_is_remembered(
    forms: tuple[str, ...], video: Video, place: Context
) -> None:
    with ChatServer(editor, forms=forms) as server:
        found = highlighter(server).highlight(video, place)
    assert len(found) == 2
    assert [asked.form for asked in server.requests][-2:] == [forms[0], forms[0]]
    assert len(server.requests) == 2 + (3 - len(forms))


def test_refused_parameters_are_dropped_and_reported(
    video: Video, place: Context, caplog: pytest.LogCaptureFixture
) -> None:
    with ChatServer(editor, refuses=("temperature", "seed", "max_tokens")) as server:
        found = highlighter(server).highlight(video, place)
    assert len(found) == 2
    assert "max_completion_tokens" in server.requests[-1].body
    assert "does not support temperature" in caplog.text
    assert "does not support seed" in caplog.text


@pytest.mark.parametrize(
    "content",
    [
        '{"passages": [{"first": 12, "la',
        '{"passages": [{"first": 12, "last": 999, "reason": "r", "title": "t", "hook": 1, "standalone": 1, "payoff": 1,'
        ' "interest": 1}]}',
        json.dumps({"passages": [passage(14, 12)]}),
        json.dumps({"passages": [passage(12, 14, mark=101)]}),
        "[" * 100_000,
        '{"clips": []}',
        "I am sorry.",
    ],
)
def test_a_wrong_answer_is_repaired_once(content: str, server: ChatServer, video: Video, place: Context) -> None:
    server.faults.append(Fault(content=content))
    assert len(highlighter(server).highlight(video, place)) == 2
    repair = server.requests[1].body["messages"]
    assert [message["role"] for message in repair] == ["system", "user", "assistant", "user"]
    assert "not what was asked" in repair[3]["content"]
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "around",
    ["```json\n{}\n```", "Here you are: {} Good luck!", '<think>{{"passages": maybe}}</think>{}', "{} and {{}}"],
)
def test_answer_surrounded_by_text_is_parsed(around: str, server: ChatServer, video: Video, place: Context) -> None:
    answer = json.dumps({"passages": [passage(12, 14), passage(40, 42)]})
    server.faults.append(Fault(content=around.replace("{}", answer, 1).replace("{{", "{").replace("}}", "}")))
    assert len(highlighter(server).highlight(video, place)) == 2
    assert len(server.requests) == 2


def test_transient_failures_are_retried_after_the_requested_delay(
    server: ChatServer, video: Video, place: Context, caplog: pytest.LogCaptureFixture
) -> None:
    server.faults += [
        Fault(status=429, message="slow down", headers={"Retry-After": "1"}),
        Fault(status=503, message="overloaded", headers={"Retry-After": "0.1"}),
        Fault(hang_up=True),
    ]
    assert len(highlighter(server).highlight(video, place)) == 2
    assert server.times[1] - server.times[0] >= 1
    assert "429, retry after 1 s" in caplog.text


def test_slow_stream_times_out_and_is_retried(server: ChatServer, video: Video, place: Context) -> None:
    server.faults.append(Fault(drip=0.05))
    assert len(highlighter(server, timeout=1).highlight(video, place)) == 2
    assert 0.9 < server.times[1] - server.times[0] < 4


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault(refusal="I cannot help with that."), "refuses to answer .I cannot help"),
        (Fault(finish="content_filter"), "content filter"),
        (Fault(status=500, message="boom"), "answers 500 .boom"),
        (Fault(body=b"<html>hello</html>"), "not in the OpenAI chat format"),
        (Fault(body=b'{"error": {"message": "no credit"}}'), "no credit"),
        (Fault(drip=0.2), "no complete answer within 0.5 s"),
        (Fault(hang_up=True), "cannot be reached"),
        (Fault(status=400, message="bad mood"), "bad mood"),
    ],
)
def test_too_few_judged_windows_end_the_run_with_the_reason(
    fault: Fault, says: str, server: ChatServer, video: Video, place: Context
) -> None:
    server.faults += [fault] * 4
    with pytest.raises(ServiceError, match=f"0% of what is said can be judged.*{says}"):
        highlighter(server, retries=0, timeout=0.5).highlight(video, place)


def test_lost_window_is_reported_and_the_rest_continues(
    server: ChatServer, video: Video, place: Context, caplog: pytest.LogCaptureFixture
) -> None:
    server.faults += [Fault(), Fault(refusal="no")]
    found = highlighter(server, **WINDOWED, least_judged=0.5).highlight(video, place)
    assert found
    assert "s are not judged: the model refuses" in caplog.text
    lost = [line["n"] for line in server.requests[1].lines]
    assert 0 < len(lost) < 64
    server.faults += [Fault(), Fault(refusal="no")]
    strict = highlighter(server, **WINDOWED, least_judged=0.99)
    with pytest.raises(ServiceError, match="least_judged"):
        strict.highlight(video, Context(Store(place.work / "other"), place.work, place.analysers))


@pytest.mark.parametrize("truncates", [True, False])
def test_windows_are_halved_when_the_context_is_too_short(
    truncates: bool, video: Video, place: Context, caplog: pytest.LogCaptureFixture
) -> None:
    with ChatServer(editor, context=1500, truncates=truncates) as server:
        found = highlighter(server).highlight(video, place)
    assert {spoken(place, pick).split()[1] for pick in found} == {"did", "golden"}
    assert "windows are halved" in caplog.text
    assert ("the endpoint has read 1500 of about" in caplog.text) == truncates


def test_truncated_answer_is_retried_with_a_smaller_request(server: ChatServer, video: Video, place: Context) -> None:
    server.faults.append(Fault(content='{"passages": [{"first": 1', finish="length"))
    assert len(highlighter(server).highlight(video, place)) == 2
    assert len(server.requests[1].lines) < len(server.requests[0].lines)


def test_key_is_only_sent_to_the_endpoint(
    server: ChatServer, video: Video, place: Context, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    server.faults.append(Fault(status=400, message=f"response_format is odd, {KEY}"))
    highlighter(server).highlight(video, place)
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in caplog.text
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert written
    assert not any(KEY.encode() in path.read_bytes() for path in written)
    assert KEY not in str(highlighter(server).identity())


def test_wrong_key_gives_one_clear_error(
    server: ChatServer, video: Video, place: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", "sk-wrong-1234")
    with pytest.raises(ServiceError, match=r"rejects the API key \(401\).*MY_KEY") as caught:
        highlighter(server, api_key_env="MY_KEY").highlight(video, place)
    assert "sk-wrong" not in str(caught.value)


def test_missing_key_is_an_error_only_where_required(
    server: ChatServer, video: Video, place: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    assert highlighter(server).highlight(video, place)
    with pytest.raises(ConfigError, match=r"no API key for api\.openai\.com"):
        Llm().highlight(video, place)


@pytest.mark.parametrize(
    "url", ["api.openai.com/v1", "ftp://host/v1", "https://me:secret@host/v1", "https://h/v1?key=x"]
)
def test_an_address_with_secrets_or_without_a_scheme_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="the URL"):
        Llm.Options.model_validate({"base_url": url})


def test_wrong_address_gives_one_clear_error(server: ChatServer, video: Video, place: Context) -> None:
    with pytest.raises(ServiceError, match=r"no model 'tiny'.*base_url"):
        highlighter(server, base_url=server.url.removesuffix("/v1")).highlight(video, place)


def test_tokens_and_cost_are_reported(server: ChatServer, video: Video, place: Context) -> None:
    events: list[Event] = []
    ctx = Context(place.store, place.work, place.analysers, listener=events.append)
    highlighter(server, price_read=10, price_written=20).highlight(video, ctx)
    assert "requests: 2, tokens read: " in events[-1].message
    assert "cost: 0.0" in events[-1].message
    assert events[-1].fraction == 1
    assert all(event.fraction is None or 0 <= event.fraction <= 1 for event in events)
