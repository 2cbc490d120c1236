"""The contracts of perception as suites of tests."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from clipy.analysis.base import Aligner, Diarizer, Embedder, ShotDetector, SpeakerDetector, Transcriber
from clipy.analysis.faces.base import FaceDetector
from clipy.context import Context
from clipy.contract import call
from clipy.testing.known import KNOWN_TRANSCRIPT
from clipy.testing.suite import BackendContract
from clipy.types import Shot, Span, Track, Transcript, Video

SPAN = Span(Fraction(1), Fraction(4))


class TranscriberContract(BackendContract):
    """Words inside the video, in order, the same again."""

    core = Transcriber

    def test_words_keep_the_contract_and_are_reproducible(self, backend: Any, video: Video, ctx: Context) -> None:
        found = ctx.cached(backend.transcribe, video)
        assert call(backend.transcribe, (video,), ctx) == found

    def test_verification_transcriber_is_available(self, backend: Any) -> None:
        assert isinstance(backend.verification_transcriber("en"), Transcriber)


class AlignerContract(BackendContract):
    """The same words in the same order, in order of time."""

    core = Aligner

    def test_alignment_is_reproducible(self, backend: Any, video: Video, ctx: Context) -> None:
        found = ctx.cached(backend.align, video, KNOWN_TRANSCRIPT)
        assert call(backend.align, (video, KNOWN_TRANSCRIPT), ctx) == found

    def test_no_words_are_accepted(self, backend: Any, video: Video, ctx: Context) -> None:
        assert call(backend.align, (video, Transcript("en", ())), ctx).words == ()


class ShotDetectorContract(BackendContract):
    """Shots that fill any span."""

    core = ShotDetector

    def test_shots_fill_the_span_and_are_reproducible(self, backend: Any, video: Video, ctx: Context) -> None:
        for span in (video.span, SPAN, Span(Fraction(2), Fraction(21, 10))):
            found = ctx.cached(backend.detect, video, span)
            assert call(backend.detect, (video, span), ctx) == found


class FaceDetectorContract(BackendContract):
    """A list of faces for each picture, whatever its size; a video searched from start to end."""

    core = FaceDetector

    def test_detection_returns_one_list_per_frame(self, backend: Any, ctx: Context) -> None:
        chance = np.random.default_rng(1)
        pictures = [chance.integers(0, 255, (120, 160, 3)).astype(np.uint8) for _ in range(3)]
        assert len(call(backend.detect, (pictures,), ctx)) == 3
        assert len(call(backend.detect, ([np.zeros((64, 48, 3), np.uint8)],), ctx)) == 1

    def test_detection_runs_on_a_video(self, backend: Any, video: Video, ctx: Context) -> None:
        found = ctx.cached(backend.detect_in_video, video, [Shot(SPAN)])
        assert found

    def test_every_track_has_an_appearance(self, backend: Any, video: Video, ctx: Context) -> None:
        tracks = _tracks()
        assert len(ctx.cached(backend.appearance, video, tracks)) == len(tracks)


class SpeakerDetectorContract(BackendContract):
    """A probability for each sampled time of each track."""

    core = SpeakerDetector

    def test_scores_are_reproducible(self, backend: Any, video: Video, ctx: Context) -> None:
        tracks = _tracks()
        found = ctx.cached(backend.score, video, tracks)
        again = call(backend.score, (video, tracks), ctx)
        assert all(np.array_equal(a.speaking, b.speaking) for a, b in zip(found, again, strict=True))

    def test_no_tracks_are_accepted(self, backend: Any, video: Video, ctx: Context) -> None:
        assert call(backend.score, (video, []), ctx) == []

    def test_lookahead_and_diarization_benefit_are_valid(self, backend: Any) -> None:
        assert backend.lookahead_seconds() >= 0
        assert backend.benefits_from_diarization() in {True, False}


class DiarizerContract(BackendContract):
    """Turns in order, inside the spans that were asked for."""

    core = Diarizer

    def test_turns_keep_the_contract_and_are_reproducible(self, backend: Any, video: Video, ctx: Context) -> None:
        spans = (SPAN, Span(Fraction(6), Fraction(9)))
        found = ctx.cached(backend.diarize, video, spans)
        assert call(backend.diarize, (video, spans), ctx) == found


class EmbedderContract(BackendContract):
    """A unit vector for each text; the same text, the same vector."""

    core = Embedder

    def test_every_text_has_a_vector(self, backend: Any, ctx: Context) -> None:
        texts = ("A dog sleeps.", "A cat sleeps.", "A dog sleeps.")
        found = ctx.cached(backend.embed, texts)
        assert len(found) == 3
        assert np.allclose(found[0], found[2], atol=1e-5)

    def test_no_texts_are_accepted(self, backend: Any, ctx: Context) -> None:
        assert len(call(backend.embed, ((),), ctx)) == 0


def _tracks() -> list[Track]:
    """Two faces at fixed places, side by side, for three seconds."""
    times = np.arange(25, 100) / 25.0
    places = ((40, 40, 80, 90), (220, 40, 260, 90))
    boxes = [np.tile(np.array(place, np.float32), (len(times), 1)) for place in places]
    sure = np.ones(len(times), np.float32)
    return [Track(number, SPAN, times, box, sure) for number, box in enumerate(boxes)]
