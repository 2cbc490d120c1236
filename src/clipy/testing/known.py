"""A context whose analysers know what is in a video beforehand: tests of stages need no weights and no time."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.base import Aligner, Diarizer, Embedder, ShotDetector, SpeakerDetector, Transcriber
from clipy.analysis.faces.base import FaceDetector
from clipy.analysis.faces.tracking.detections import Detection
from clipy.analysis.perceived import Perceived
from clipy.backend import Backend
from clipy.context import Context
from clipy.storage.store import Store
from clipy.types import Array, Box, Shot, Span, Track, Transcript, Turn, Video, Word

_TEXT = (
    "Why does nobody finish what they begin? We asked forty people. Half of them stopped in nine days. Then it changed."
)
_PACE = Fraction(2, 5)  # seconds a word

KNOWN_TRANSCRIPT = Transcript(
    "en", tuple(Word(text, _PACE * n, _PACE * n + Fraction(3, 10), speaker="A") for n, text in enumerate(_TEXT.split()))
)
"""Four sentences in the first nine seconds, a word each 0.4 s."""


class KnownWords(Transcriber):
    """Hears as much of ``KNOWN_TRANSCRIPT`` as the video is long."""

    def transcribe(self, video: Video, ctx: Context) -> Transcript:
        return replace(
            KNOWN_TRANSCRIPT, words=tuple(word for word in KNOWN_TRANSCRIPT.words if word.end <= video.duration)
        )


class KnownTimes(Aligner):
    """Leaves the times of words as they are."""

    def align(self, video: Video, transcript: Transcript, ctx: Context) -> Transcript:
        return transcript


class OneShot(ShotDetector):
    """Takes a span for one shot."""

    def detect(self, video: Video, span: Span, ctx: Context) -> list[Shot]:
        return [Shot(span)]


class OneFace(FaceDetector):
    """Sees a face a little left of the middle of every picture that is searched whole."""

    def detect(self, pictures: Sequence[NDArray[np.uint8]], ctx: Context) -> list[list[Detection]]:
        return [[self._face(picture.shape[1], picture.shape[0])] for picture in pictures]

    def _face(self, width: int, height: int) -> Detection:
        return Detection(Box(width * 0.35, height * 0.3, width * 0.5, height * 0.6), 0.9)


class EverybodySpeaks(SpeakerDetector):
    """Takes every face for one that speaks."""

    def score(self, video: Video, tracks: list[Track], ctx: Context) -> list[Track]:
        return [replace(track, speaking=np.ones(len(track.times), np.float32)) for track in tracks]


class OneVoice(Diarizer):
    """Assigns all sound to one speaker."""

    def diarize(self, video: Video, spans: tuple[Span, ...], ctx: Context) -> list[Turn]:
        return [Turn(span, "A") for span in spans]


class HashedTexts(Embedder):
    """A vector for each text that depends on its letters alone; it means nothing."""

    def embed(self, texts: tuple[str, ...], ctx: Context) -> Array:
        seeds = (int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") for text in texts)
        vectors = np.array([np.random.default_rng(seed).standard_normal(16) for seed in seeds]).reshape(-1, 16)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def known_analysers() -> Mapping[type[Backend], Backend]:
    """One that knows its answer beforehand for each kind of analyser."""
    return {
        Transcriber: KnownWords(),
        Aligner: KnownTimes(),
        ShotDetector: OneShot(),
        FaceDetector: OneFace(),
        SpeakerDetector: EverybodySpeaks(),
        Diarizer: OneVoice(),
        Embedder: HashedTexts(),
    }


@contextmanager
def context(analysers: Mapping[type[Backend], Backend] | None = None) -> Iterator[Context]:
    """A context with an empty store that is gone afterwards. ``analysers`` replace the known ones of their kind."""
    with tempfile.TemporaryDirectory(prefix="clipy-") as folder:
        store, work = Path(folder, "store"), Path(folder, "work")
        work.mkdir()
        yield Context(Store(store), work, {**known_analysers(), **(analysers or {})}, perception=Perceived())
