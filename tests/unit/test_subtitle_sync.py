"""Subtitles that are late, early, or drift against what is heard."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import pytest

from clipy.analysis.subtitles.cue import Cue, Line
from clipy.analysis.subtitles.sync import RecognizedSpeech, in_time
from clipy.analysis.subtitles.writer import srt
from clipy.analysis.transcription.subtitles import Subtitles
from clipy.context import Context
from clipy.errors import MediaError
from clipy.media.probe import probe
from clipy.storage.store import Store
from clipy.types import Span, Word, seconds
from fixtures.speech import Speech

PAL = Fraction(25025, 24000)  # film at 25 pictures a second
SPOKEN = (
    "the quick brown fox jumps over a lazy dog while seven wizards box with five quartz jars of liquid gold".split()
)


def conversation(minutes: int, seed: int) -> tuple[list[Span], list[Cue]]:
    """Where somebody speaks, and cues as people make them: a little early, a little long, some missing."""
    rnd, at = random.Random(seed), 5.0
    speech, cues = list[Span](), list[Cue]()
    while at < minutes * 60 - 20:
        begin = at
        for _ in range(rnd.randint(1, 3)):
            until = at + rnd.uniform(0.6, 3)
            speech.append(span(at, until))
            at = until + rnd.choice([0.25, 0.3, 0.5])
        if rnd.random() < 0.9:
            cues.append(
                Cue(span(begin - rnd.uniform(-0.2, 0.3), at + rnd.uniform(0, 0.6)), (Line(rnd.choice(SPOKEN)),))
            )
        at += rnd.choice([0.4, 0.6, 1.5, 3, 8])
    return speech, cues


def span(start: float, end: float) -> Span:
    return Span(Fraction(round(start * 1000), 1000), Fraction(round(end * 1000), 1000))


def nobody(spans: Sequence[Span]) -> RecognizedSpeech:
    raise AssertionError("pauses tell enough")


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    ("minutes", "scale", "offset"),
    [
        (3, Fraction(1), Fraction(0)), (3, Fraction(1), Fraction(3)), (3, Fraction(1), Fraction(-2)),
        (30, Fraction(1), Fraction(-7, 2)), (30, Fraction(1), Fraction(45)), (30, PAL, Fraction(0)),
        (30, 1 / PAL, Fraction(-3)), (60, Fraction(1001, 1000), Fraction(2)),
    ],
)  # fmt: skip
def test_cues_are_shifted_to_the_speech(minutes: int, scale: Fraction, offset: Fraction, seed: int) -> None:
    speech, cues = conversation(minutes, seed)
    given = [cue.moved(scale, offset) for cue in cues]
    found = in_time(given, speech, Fraction(minutes * 60), "en", nobody)
    off = [abs(cue.moved(*found).span.start - right.span.start) for cue, right in zip(given, cues, strict=True)]
    assert max(off) < 0.5
    if scale == 1 and offset == 0:
        assert found == (Fraction(1), Fraction(0))


def recognised(words: Sequence[Word]) -> RecognizedSpeech:
    return "en", list(words)


def monologue(offset: int = 0) -> tuple[list[Span], list[Cue], list[Word]]:
    """A minute without a pause: a word every half second."""
    rnd = random.Random(4)
    texts = [rnd.choice(SPOKEN) + rnd.choice(["", "s", "ed", "ing", "er", "ly"]) for _ in range(110)]
    words = [Word(text, Fraction(n, 2), Fraction(n + 1, 2)) for n, text in enumerate(texts)]
    cues = [
        Cue(Span(group[0].start, group[-1].end), (Line(" ".join(word.text for word in group)),)).moved(
            Fraction(1), Fraction(offset)
        )
        for group in (words[n : n + 6] for n in range(0, len(words), 6))
    ]
    return [Span(Fraction(0), Fraction(60))], cues, words


def test_words_sync_cues_in_speech_without_pauses() -> None:
    speech, cues, words = monologue(offset=6)
    scale, offset = in_time(cues, speech, Fraction(60), "en", lambda _: recognised(words[20:60]))
    assert scale == 1
    assert abs(offset + 6) < Fraction(1, 2)


def test_subtitles_of_another_video_are_refused() -> None:
    speech, cues, _ = monologue()
    others = [
        Word(text, Fraction(n, 2), Fraction(n + 1, 2)) for n, text in enumerate(["never", "said", "in", "it"] * 10)
    ]
    with pytest.raises(MediaError, match=r"belong to another video.*transcribe\.sync=false"):
        in_time(cues, speech, Fraction(60), "en", lambda _: recognised(others))


def test_subtitles_of_a_few_sentences_keep_their_times(caplog: pytest.LogCaptureFixture) -> None:
    speech, cues, _ = monologue()
    texts = ["never", "said", "in", "it"] * 10
    others = [Word(text, Fraction(n, 2), Fraction(n + 1, 2)) for n, text in enumerate(texts)]
    assert in_time(cues[:3], speech, Fraction(60), "en", lambda _: recognised(others)) == (Fraction(1), Fraction(0))
    assert "too few subtitles" in caplog.text


def test_a_translation_keeps_its_times(caplog: pytest.LogCaptureFixture) -> None:
    speech, cues, words = monologue(offset=6)
    assert in_time(cues, speech, Fraction(60), "de", lambda _: recognised(words)) == (Fraction(1), Fraction(0))
    assert "cannot check the timing" in caplog.text


def test_late_sidecar_file_is_resynchronized(talk: Path, speech: Speech, tmp_path: Path) -> None:
    path = tmp_path / "talk.mp4"
    path.write_bytes(talk.read_bytes())
    video, late = probe(path), Fraction(7, 2)
    words = [
        Word(text, seconds(start) + late, seconds(end) + late)
        for (text, start), end in zip(speech.words, speech.ends, strict=True)
    ]
    path.with_suffix(".srt").write_text(srt(words))
    found = Subtitles().transcribe(video, Context(Store(tmp_path / "store"), tmp_path))
    off = sorted(abs(float(word.start) - start) for word, (_, start) in zip(found.words, speech.words, strict=True))
    assert off[len(off) // 2] < 0.4
