"""Backends give back what they loaded, and load it again when they are used again."""

from __future__ import annotations

from clipy.analysis.alignment.sphinx import Sphinx
from clipy.analysis.base import Aligner, Diarizer, Transcriber
from clipy.analysis.transcription.faster_whisper import FasterWhisper
from clipy.pipeline.memory import release


def test_memory_is_given_back_by_all_variants_of_a_transcriber() -> None:
    transcriber = FasterWhisper()
    variant = transcriber.verification_transcriber("en")
    transcriber._loaded["base", "cpu", 1] = object()
    assert variant._loaded
    release({Transcriber: transcriber, Aligner: Sphinx()}, Transcriber, Aligner, Diarizer)
    assert not variant._loaded
