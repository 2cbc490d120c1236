"""The transcriber that asks an endpoint, against a strict server in this process; and what endpoints answer."""

from __future__ import annotations

import json
import logging
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipy.analysis.transcription.openai_api import OpenAiApi
from clipy.analysis.transcription.whisper.api_responses import Answer
from clipy.context import Context
from clipy.errors import ConfigError, ServiceError
from clipy.media.probe import probe
from clipy.registry import create
from clipy.storage.store import Store
from clipy.types import Transcript
from fixtures.media import make_video
from fixtures.speech import Speech
from tests.speech_server import KEY, Fault, SpeechServer


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr("clipy.analysis.transcription.openai_api.time.sleep", lambda seconds: None)


def heard(server: SpeechServer, talk: Path, tmp_path: Path, **options: object) -> Transcript:
    backend = create("transcribe", "openai-api", {"base_url": server.url, "piece": 30, **options})
    assert isinstance(backend, OpenAiApi)
    return backend.transcribe(probe(talk), Context(Store(tmp_path), tmp_path))


@pytest.mark.parametrize("form", ["openai", "nested", "segments"])
def test_words_of_all_chunks_are_in_video_time(talk: Path, speech: Speech, tmp_path: Path, form: str) -> None:
    with SpeechServer(speech, form=form) as server:
        found = heard(server, talk, tmp_path, multilingual=False)
    assert len(server.requests) == 2
    assert server.seconds == pytest.approx(float(probe(talk).duration), abs=0.1)
    assert found.language == "en"
    assert server.requests[1]["language"] == [b"en"]
    assert [word.text.strip(".,") for word in found.words] == [text for text, _ in speech.words]
    assert found.words[7].text.endswith(",")
    off = [abs(float(word.start) - start) for word, (_, start) in zip(found.words, speech.words, strict=True)]
    assert np.median(off) < (0.06 if form != "segments" else 1.5)
    assert all(a.end <= b.start for a, b in pairwise(found.words))


def test_expected_names_are_sent_as_the_prompt(talk: Path, speech: Speech, tmp_path: Path) -> None:
    with SpeechServer(speech) as server:
        heard(server, talk, tmp_path, hotwords=["Clipy", "Ada Lovelace"])
        assert {tuple(request["prompt"]) for request in server.requests} == {(b"Clipy, Ada Lovelace",)}


@pytest.mark.parametrize(
    "fault",
    [Fault(429, headers={"Retry-After": "7"}), Fault(500), Fault(503, b"<html>busy</html>"), Fault(hang_up=True)],
)
def test_transient_failures_are_retried(
    talk: Path, speech: Speech, tmp_path: Path, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("clipy.analysis.transcription.openai_api.time.sleep", pauses.append)
    with SpeechServer(speech) as server:
        server.faults.extend([fault, fault])
        found = heard(server, talk, tmp_path)
    assert len(found.words) == len(speech.words)
    assert len(pauses) == 2
    assert not fault.headers or pauses[0] == 7


def test_persistent_failure_ends_the_run(talk: Path, speech: Speech, tmp_path: Path) -> None:
    with SpeechServer(speech) as server:
        server.faults.extend([Fault(500)] * 3)
        with pytest.raises(ServiceError, match="answers 500"):
            heard(server, talk, tmp_path, retries=2)
    assert not server.faults


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault(400, b'{"error": {"message": "bad"}}'), "answers 400 \\(bad\\).*base_url"),
        (Fault(413), "transcribe.piece"),
        (Fault(200, b"not json"), "not answer as a speech endpoint"),
        (Fault(200, b"[1]"), "not answer as a speech endpoint"),
        (Fault(200, b"[" * 100_000), "not answer as a speech endpoint"),
        (Fault(200, b'{"segments": [{"start": -1, "end": 0}]}'), "not answer as a speech endpoint"),
        (Fault(200, b'{"words": [{"word": "a", "start": NaN, "end": 0}]}'), "not answer as a speech endpoint"),
    ],
)
def test_permanent_failure_is_reported_at_once(
    talk: Path, speech: Speech, tmp_path: Path, fault: Fault, says: str
) -> None:
    with SpeechServer(speech) as server:
        server.faults.append(fault)
        with pytest.raises(ServiceError, match=says):
            heard(server, talk, tmp_path)
    assert not server.requests


def test_key_leaks_nowhere(
    talk: Path, speech: Speech, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-another-secret")
    with SpeechServer(speech) as server, pytest.raises(ServiceError, match=r"401.*\*\*\*.*OPENAI_API_KEY") as error:
        heard(server, talk, tmp_path)
    assert "another-secret" not in f"{error.value}{caplog.text}"


def test_model_without_word_times_is_reported(talk: Path, speech: Speech, tmp_path: Path) -> None:
    with SpeechServer(speech, form="text") as server, pytest.raises(ServiceError, match=r"no times.*whisper-1"):
        heard(server, talk, tmp_path)


def test_key_is_never_sent_unencrypted(talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(url: str) -> None:
        create_ = OpenAiApi(OpenAiApi.Options(base_url=url))
        create_.transcribe(probe(talk), Context(Store(tmp_path), tmp_path))

    with pytest.raises(ConfigError, match="only sent over https"):
        ask("http://speech.example/v1")
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(ConfigError, match="OPENAI_API_KEY holds no key"):
        ask("https://speech.example/v1")


@pytest.mark.parametrize("url", ["ftp://x", "speech", "https://key@x/v1", "https://x/v1?key=1"])
def test_an_address_with_secrets_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="base_url"):
        create("transcribe", "openai-api", {"base_url": url})


def test_silence_is_not_sent(speech: Speech, tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", seconds=5, size=(64, 64), play=lambda times: 0 * times)
    with SpeechServer(speech) as server:
        assert heard(server, path, tmp_path).words == ()
    assert not server.requests


values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 50) | st.floats() | st.text("ab .", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["text", "language", "segments", "words", "word", "start", "end"]), inner)
    ),
    max_leaves=15,
)
word = st.fixed_dictionaries({"word": st.text("ab .", max_size=4), "start": st.floats(0, 9), "end": st.floats(0, 9)})
segment = st.fixed_dictionaries(
    {"text": st.text("ab .", max_size=12), "start": st.floats(0, 9), "end": st.floats(0, 9)},
    optional={"words": st.lists(word, max_size=3)},
)
likely = st.fixed_dictionaries({}, optional={"segments": st.lists(segment, max_size=3), "words": st.lists(word)})


@given(values | likely)
def test_random_answer_does_not_crash_the_reader(value: object) -> None:
    try:
        answer = Answer.model_validate(json.loads(json.dumps(value)))
    except ValueError:
        return
    for said in answer.said():
        assert all(heard.text.strip() or heard.text == " " for heard in said.words)
