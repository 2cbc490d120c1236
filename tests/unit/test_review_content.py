"""Edges inside words, silence there, openings that lean on something, another language, and clips made before."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from clipy.analysis.audio.edges import measure_edges
from clipy.analysis.audio.speech import RATE, windows
from clipy.context import Context
from clipy.media.probe import probe
from clipy.media.read import sound
from clipy.pipeline.quality_control import QualityControl, clip_of
from clipy.stages.base import Reviewer
from clipy.stages.review.content import Content, first_trim, last_trim
from clipy.stages.upload.publishing.journal import UploadIdentity, UploadState, open_journal
from clipy.text.sentences import sentences
from clipy.types import Clip, CropPath, Edit, Finding, Highlight, Span, Transcript, Word
from fixtures.media import make_video, moving, silence
from fixtures.speech import Speech
from tests.spoken_clips import hearing, said, spoken_words

SIZE = (180, 320)
LEAD = 0.4


@pytest.fixture(scope="module")
def speech() -> Speech:
    return said()


def _clip(folder: Path, name: str, speech: Speech, start: float, end: float, *, shift: float = 0.0) -> Clip:
    """The part of a speech from ``start`` to ``end``, where 0 is ``LEAD`` before its first word."""
    at = np.arange(len(speech.samples)) / speech.rate + LEAD

    def play(times: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.interp(times + start, at, speech.samples, left=0.0, right=0.0)

    def draw(time: float, size: tuple[int, int]) -> NDArray[np.uint8]:
        return moving(time + start + shift, size)

    return clip_of(make_video(folder / f"{name}.mp4", seconds=end - start, size=SIZE, draw=draw, play=play))


def _hearing(folder: Path, speech: Speech, start: float, end: float, language: str = "en") -> Context:
    moved = Fraction(start).limit_denominator(1000)
    words = (replace(word, start=word.start - moved, end=word.end - moved) for word in spoken_words(speech))
    inside = tuple(word for word in words if word.start >= 0 and word.end <= end - start + 0.01)
    return hearing(folder, inside, language)


def quality(reviewer: Reviewer) -> QualityControl:
    return QualityControl({}, (reviewer,))


def _errors(clip: Clip, ctx: Context, **options: object) -> dict[str, Finding]:
    found = Content(Content.Options.model_validate(options)).review(clip, ctx).findings
    return {finding.check: finding for finding in found}


def test_whole_sentences_have_no_findings(tmp_path: Path, speech: Speech) -> None:
    end = float(spoken_words(speech)[-1].end) + 0.3
    clip = _clip(tmp_path, "whole", speech, 0, end)
    assert _errors(clip, _hearing(tmp_path, speech, 0, end)) == {}


def test_cut_words_are_reported_and_trimmed(tmp_path: Path, speech: Speech) -> None:
    words = spoken_words(speech)
    second = next(index for index, word in enumerate(words) if word.text.endswith("most.")) + 1
    late = next(word for word in words if word.text.startswith("changed"))
    whole = float(words[-1].end) + 0.3

    first = float(words[1].start + words[1].end) / 2
    clip = _clip(tmp_path, "begins", speech, first, whole)
    found = _errors(clip, _hearing(tmp_path, speech, first, whole))
    assert found["cut-word"].message == "it starts inside a word"
    assert _errors(clip, _hearing(tmp_path, speech, first, whole), cut_words="ignore") == {}

    last = float(late.start + late.end) / 2
    clip = _clip(tmp_path, "ends", speech, 0, last)
    found = _errors(clip, _hearing(tmp_path, speech, 0, last))
    assert found["cut-word"].message == "it ends inside a word"
    repair = found["cut-word"].repair
    if repair is not None:
        assert repair.span is not None
        assert float(repair.span.end) == pytest.approx(float(words[second - 1].end) + 0.15, abs=0.1)


def test_loud_edge_at_a_known_word_boundary_is_not_a_cut(tmp_path: Path, speech: Speech) -> None:
    """Somebody else may speak on at once; a word that goes on past the edge is cut, whatever else is known."""
    words = spoken_words(speech)
    late = next(index for index, word in enumerate(words) if word.text.startswith("changed"))
    cut = words[late]
    middle = (cut.start + cut.end) / 2
    clip = _clip(tmp_path, "ends", speech, 0, float(middle))

    def found(*known: Word) -> Finding:
        edit = Edit(
            Highlight(Span(Fraction(0), middle)), CropPath(*SIZE, ()), (Span(Fraction(0), middle),), "en", known
        )
        return _errors(replace(clip, edit=edit), _hearing(tmp_path, speech, 0, float(middle)))["cut-word"]

    assert found(*words[: late + 1]).severity == "error"
    assert found(*words[: late - 4]).severity == "error"
    ended = replace(cut, end=middle - Fraction(1, 20))
    beside = found(*words[:late], ended)
    assert beside.severity == "warning"
    assert "between words" in beside.message


def test_trim_snaps_to_a_pause_when_word_times_are_off() -> None:
    texts = "One two. Three four. Five six.".split()
    told = sentences(Transcript("en", tuple(Word(text, Fraction(n), Fraction(n + 1)) for n, text in enumerate(texts))))
    pauses = (Span(Fraction(17, 10), Fraction(18, 10)), Span(Fraction(43, 10), Fraction(5)))
    first = first_trim(Span(Fraction(0), Fraction(12)), told, pauses)
    assert first is not None
    assert first.span == Span(Fraction(172, 100), Fraction(12))
    last = last_trim(Span(Fraction(0), Fraction(5)), told, pauses)
    assert last is not None
    assert last.span == Span(Fraction(0), Fraction(445, 100))
    assert first_trim(Span(Fraction(0), Fraction(12)), told, ()) is None


def test_silence_at_the_edges_can_be_trimmed(tmp_path: Path, speech: Speech) -> None:
    end = float(spoken_words(speech)[-1].end) + 2.0
    clip = _clip(tmp_path, "slow", speech, 0, end)
    found = _errors(clip, _hearing(tmp_path, speech, 0, end))
    assert set(found) == {"edge-silence"}
    assert found["edge-silence"].value == pytest.approx(2.0, abs=0.4)
    assert found["edge-silence"].repair is not None
    assert _errors(clip, _hearing(tmp_path, speech, 0, end), max_silence=3) == {}


def test_silent_clip_has_no_silent_edges(tmp_path: Path) -> None:
    video = probe(make_video(tmp_path / "a.mp4", seconds=4, size=SIZE, play=silence))
    edges = measure_edges(next(windows(sound(video, video.span, rate=RATE), Fraction(60))))
    assert edges.is_silent(video.duration + Fraction(1, 48_000))
    assert not replace(edges, silent_end=Fraction(0)).is_silent(video.duration + Fraction(1, 48_000))


def test_incomplete_opening_and_closing_give_warnings(tmp_path: Path, speech: Speech) -> None:
    clip = _clip(tmp_path, "a", speech, 0, 8)
    texts = "And then it broke. We saw it. We fixed it. But it".split()
    words = tuple(Word(text, Fraction(n, 2), Fraction(n + 1, 2)) for n, text in enumerate(texts))
    found = _errors(clip, hearing(tmp_path, words), cut_words="ignore")
    assert set(found) == {"opening", "closing"}
    assert all(finding.severity == "warning" for finding in found.values())


def test_other_language_than_required_is_refused(tmp_path: Path, speech: Speech) -> None:
    end = float(spoken_words(speech)[-1].end) + 0.3
    clip = _clip(tmp_path, "a", speech, 0, end)
    found = _errors(clip, _hearing(tmp_path, speech, 0, end), language="de")
    assert found["language"].severity == "error"


@pytest.mark.parametrize(("heard", "warned"), [("pt", False), ("en", False), ("es", True)])
def test_clip_may_be_in_any_language_of_its_words(tmp_path: Path, speech: Speech, heard: str, *, warned: bool) -> None:
    end = float(spoken_words(speech)[-1].end) + 0.3
    words = tuple(replace(word, language="pt" if n > 4 else None) for n, word in enumerate(spoken_words(speech)))
    span = Span(Fraction(0), Fraction(end).limit_denominator(1000))
    edit = Edit(Highlight(span), CropPath(*SIZE, ()), (span,), "en", words)
    clip = replace(_clip(tmp_path, "a", speech, 0, end), edit=edit)
    found = _errors(clip, _hearing(tmp_path, speech, 0, end, heard), cut_words="ignore")
    assert ("language" in found) == warned


def test_duplicate_is_found_despite_processing(tmp_path: Path, speech: Speech) -> None:
    whole = float(spoken_words(speech)[-1].end) + 0.3
    first = _clip(tmp_path, "first", speech, 0, whole)
    again = _clip(tmp_path, "again", speech, 0.5, whole)
    other = _clip(tmp_path, "other", said("Rivers carve valleys over a million years and carry sand to sea."), 0, 4)
    silent = hearing(tmp_path, ())  # nothing is understood: the sound itself tells
    reviewer = Content()
    for clip in (first, again, other):
        assert "duplicate" not in {f.check for f in quality(reviewer).judge(clip, silent, ()).findings}
    assert "sounds the same" in quality(reviewer).judge(again, silent, (other, first)).findings[-1].message
    assert not [f for f in quality(reviewer).judge(other, silent, (first, again)).findings if f.check == "duplicate"]
    relaxed = Content(Content.Options(duplicates="ignore"))
    assert not [f for f in quality(relaxed).judge(again, silent, (first,)).findings if f.check == "duplicate"]


def test_clips_of_the_same_span_are_duplicates(tmp_path: Path, speech: Speech) -> None:
    def of(clip: Clip, start: int, end: int) -> Clip:
        span = Span(Fraction(start), Fraction(end))
        return replace(clip, edit=Edit(Highlight(span), CropPath(*SIZE, ()), (span,)))

    clip = _clip(tmp_path, "a", speech, 0, 4)
    other = _clip(tmp_path, "b", said("Rivers carve valleys over a million years."), 0, 3)
    ctx = hearing(tmp_path, ())
    assert Content().compare(of(clip, 10, 14), (of(other, 12, 15),), ctx).findings[0].check == "duplicate"
    assert Content().compare(of(clip, 10, 14), (of(other, 14, 17),), ctx).findings == ()


def test_published_moment_is_a_duplicate(tmp_path: Path, speech: Speech, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIPY_JOURNAL", str(tmp_path / "journal.sqlite"))
    whole = float(spoken_words(speech)[-1].end) + 0.3
    ctx = _hearing(tmp_path, speech, 0, whole)
    posted, again = _clip(tmp_path, "posted", speech, 0, whole), _clip(tmp_path, "again", speech, 0, whole, shift=9)
    reviewer = Content()
    quality(reviewer).judge(posted, ctx, ())
    open_journal(ctx.store.root).record(
        UploadIdentity(posted.fingerprint, "youtube", "me", name="posted"), "posted", UploadState("done")
    )
    posted.path.unlink()
    known = quality(reviewer).published(ctx)
    assert [clip.name for clip in known] == ["posted on youtube"]
    assert "posted on youtube" in quality(reviewer).judge(again, ctx, known).findings[-1].message
