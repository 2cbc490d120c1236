"""What the backends are told that need more than a video: an endpoint, a list of moments."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from tests.chat_server import Asked, ChatServer
from tests.contracts.backends import NEEDS

_MOMENTS = [{"start": 2, "end": 9.5}, {"start": 12, "end": 30, "title": "Too long"}, {"start": 31, "end": 33}]


def _editor(lines: list[dict[str, Any]], asked: Asked) -> object:
    """Names every third sentence and the one after it; the order is that of the video."""
    if asked.pictures:
        marks = dict.fromkeys(("framing", "legibility", "opening", "understandable", "safe"), 80)
        return {**marks, "problems": [{"picture": 1, "kind": "picture", "what": "It is a test pattern."}]}
    if asked.ranks:
        return {"best_first": [line["n"] for line in lines]}
    marks = {"hook": 70, "standalone": 60, "payoff": 50, "interest": 40}
    named = [{"first": a["n"], "last": b["n"], "reason": "", "title": "", **marks} for a, b in pairwise(lines)]
    return {"passages": named[::3]}


@pytest.fixture(scope="session", autouse=True)
def _needs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    moments = tmp_path_factory.mktemp("moments") / "moments.json"
    moments.write_text(json.dumps(_MOMENTS), encoding="utf-8")
    with ChatServer(_editor) as server:
        NEEDS["highlight", "llm"] = {"base_url": server.url, "model": "tiny"}
        NEEDS["review", "llm"] = {"base_url": server.url, "model": "tiny"}
        NEEDS["highlight", "chapters"] = {"path": moments}
        yield


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key of whoever runs the tests stays where it is."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
