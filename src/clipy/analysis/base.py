"""The core classes of perception: what several stages want to know about a video. None of them knows a stage.

An analyser is handed all that its result depends on (the video, a span, tracks, ...), so that its results can be stored
under its inputs alone; it never asks the context for another analyser.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from pydantic import Field

from clipy.analysis import contracts
from clipy.backend import Backend
from clipy.context import Context
from clipy.contract import keeps
from clipy.types import Array, Shot, Span, Track, Transcript, Turn, Video


class Analyser(Backend):
    """A part of perception that the user picks by name."""


class Transcriber(Analyser):
    """Speech -> words with times."""

    group: ClassVar[str] = "transcribe"

    class Options(Analyser.Options):
        track: str = Field(
            "",
            max_length=200,
            coerce_numbers_to_str=True,
            description="Sound track to listen to: a number (from 1), a language, a title, or mix; the one in which"
            " people speak when not given.",
        )

    options: Options
    listens: ClassVar[bool] = True
    """Whether the words come from the video's own sound; otherwise finished clips cannot be transcribed again."""

    @abstractmethod
    @keeps(contracts.transcribed)
    def transcribe(self, video: Video, ctx: Context) -> Transcript:
        """Return every word spoken in the video; an empty transcript when nobody speaks. The video has sound."""

    def spoken_language(self, video: Video, ctx: Context) -> str:
        """The ISO 639-1 code of what is spoken first in a video, found quickly; empty if it is unknown."""
        return ""

    def verification_transcriber(self, language: str) -> Transcriber:
        """What transcribes a finished clip to check it, faster where possible; itself unless overridden.

        ``language`` is what the clip is spoken in, or empty to detect it. A variant whose results differ must have
        an ``identity`` of its own.
        """
        return self


class Aligner(Analyser):
    """Puts the times of known words right."""

    group: ClassVar[str] = "align"

    @abstractmethod
    @keeps(contracts.aligned)
    def align(self, video: Video, transcript: Transcript, ctx: Context) -> Transcript:
        """Return the same words in the same order with better times. The video has sound."""


class ShotDetector(Analyser):
    """Finds the cuts."""

    group: ClassVar[str] = "shots"

    @abstractmethod
    @keeps(contracts.cut)
    def detect(self, video: Video, span: Span, ctx: Context) -> list[Shot]:
        """Return the shots of a span in order, without gaps: the first starts and the last ends with it."""


class SpeakerDetector(Analyser):
    """Finds the face on screen that speaks."""

    group: ClassVar[str] = "speakers"

    @abstractmethod
    @keeps(contracts.scored)
    def score(self, video: Video, tracks: list[Track], ctx: Context) -> list[Track]:
        """Return the same tracks, in order, with ``speaking`` filled in: one value in 0..1 for each sampled time."""

    def available(self) -> SpeakerDetector:
        """The detector that this machine can run: itself, unless overridden. Asked once there are faces to score, so
        that weights are fetched only then.
        """
        return self

    def lookahead_seconds(self) -> float:
        """Seconds by which its probabilities rise before somebody's first word, as it looks around each moment."""
        return 0.0

    def benefits_from_diarization(self) -> bool:
        """Whether it was measured to be right more often once each voice is given to a face over the whole video."""
        return False


class Diarizer(Analyser):
    """Tells who speaks when, from the sound alone."""

    group: ClassVar[str] = "diarize"

    class Options(Analyser.Options):
        speakers: int | None = Field(None, ge=1, le=100, description="How many people speak; found out when not given.")

    options: Options

    @abstractmethod
    @keeps(contracts.diarized)
    def diarize(self, video: Video, spans: tuple[Span, ...], ctx: Context) -> list[Turn]:
        """Return the turns in some spans (in order, apart), in order of their beginning; none when nobody speaks.

        People who talk at once overlap. A speaker has the same label in all spans.
        """


class Embedder(Analyser):
    """Text -> meaning: sentences that mean alike get vectors that point alike."""

    group: ClassVar[str] = "embed"

    @abstractmethod
    @keeps(contracts.embedded)
    def embed(self, texts: tuple[str, ...], ctx: Context) -> Array:
        """Return a unit vector for each text, float32 (n, d); their dot products are similarities."""
