"""What is said and not written is told: speech without words, and letters that no font has."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from clipy.analysis.perception import speech_without_words
from clipy.context import Context
from clipy.errors import ConfigError
from clipy.media.probe import probe
from clipy.pipeline.decision_log import log_lost_speech
from clipy.stages.render.pizzazz.captions import Captions
from clipy.stages.render.pizzazz.title import Title
from clipy.storage.store import Store
from clipy.types import Transcript, Word, seconds
from clipy.typography.fonts import require_glyphs
from fixtures.speech import Speech


def test_speech_without_words_is_reported(
    talk: Path, speech: Speech, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    video, ctx = probe(talk), Context(Store(tmp_path / "store"), tmp_path)
    words = tuple(
        Word(text, seconds(start), seconds(end)) for (text, start), end in zip(speech.words, speech.ends, strict=True)
    )
    assert speech_without_words(video, Transcript("en", words), ctx) == []
    kept = tuple(word for word in words if not 8 < word.start < 14)
    (lost,) = speech_without_words(video, Transcript("en", kept), ctx)
    assert abs(float(lost.start) - 8) < 1.5
    assert abs(float(lost.end) - 14) < 1.5
    with caplog.at_level(logging.INFO):
        log_lost_speech(video, [lost])
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert f"{float(lost.start):.2f}-{float(lost.end):.2f} s" in caplog.records[1].getMessage()


RARE = "\N{CJK UNIFIED IDEOGRAPH-30EDD}"  # "biang": no font that comes with clipy has it


@pytest.mark.parametrize("kind", [Captions, Title])
def test_missing_glyphs_are_reported_before_any_work(kind: type[Captions | Title]) -> None:
    spoken = Transcript("zh", (Word(RARE * 3, seconds(0), seconds(1)), Word("abc", seconds(1), seconds(2))))
    with pytest.raises(ConfigError, match=r'CJK letters.*pip install "clipy\[cjk\]"'):
        kind().check(spoken)


def test_one_rare_missing_glyph_does_not_stop_the_run() -> None:
    require_glyphs("an ordinary sentence " * 10 + RARE)
    require_glyphs("Größe, שלום, Привет, ١٢٣, हिन्दी, สวัสดี, ok!")
    require_glyphs("")
