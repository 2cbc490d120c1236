"""Who says what in the clips of a run: people who share a voice, known by their clothes from clip to clip."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

from clipy.analysis.base import Diarizer, ShotDetector, SpeakerDetector, Transcriber
from clipy.analysis.faces.base import FaceDetector
from clipy.analysis.faces.tracking.detections import Detection
from clipy.analysis.people.speaker_attribution import SpeakerAttribution
from clipy.backend import Backend
from clipy.config import load
from clipy.context import Context
from clipy.errors import ModelError
from clipy.media.probe import probe
from clipy.pipeline.pipeline import Pipeline
from clipy.pipeline.run import context
from clipy.stages.base import Highlighter
from clipy.types import Box, Highlight, Shot, Span, Track, Transcript, Turn, Video, Word
from fixtures.media import Picture, make_video

SIZE = (320, 180)
FIRST, SECOND = Span(Fraction(0), Fraction(12)), Span(Fraction(13), Fraction(19))
LEFT, RIGHT, CLOSE = Box(50, 50, 90, 100), Box(230, 50, 270, 100), Box(130, 30, 190, 110)
RED, BLUE = (200, 40, 40), (40, 60, 200)


def draw(time: float, size: tuple[int, int]) -> Picture:
    """Somebody in red sits left of somebody in blue; in the second clip whoever wears blue is seen alone."""
    picture = np.empty((size[1], size[0], 3), dtype=np.uint8)
    picture[:, :160], picture[:, 160:] = (RED, BLUE) if time in FIRST else (BLUE, BLUE)
    return picture


class Faces(FaceDetector):
    """Two faces before red, one before blue alone."""

    looked: ClassVar[int] = 0

    def detect(self, pictures: Sequence[NDArray[np.uint8]], ctx: Context) -> list[list[Detection]]:
        type(self).looked += 1
        scale = pictures[0].shape[0] / SIZE[1]
        return [
            [
                Detection(Box(b.x1 * scale, b.y1 * scale, b.x2 * scale, b.y2 * scale), 0.9)
                for b in ((LEFT, RIGHT) if picture[0, 0, 0] > 120 else (CLOSE,))
                if b.center[0] * scale < picture.shape[1]
            ]
            for picture in pictures
        ]


class Lips(SpeakerDetector):
    """Red speaks for six seconds, then blue until the end."""

    def score(self, video: Video, tracks: list[Track], ctx: Context) -> list[Track]:
        return [replace(track, speaking=self._speaking(track).astype(np.float32)) for track in tracks]

    def _speaking(self, track: Track) -> NDArray[np.float64]:
        is_red = track.boxes[0, 0] < 100
        return np.where((track.times < 6) == is_red, 0.95, 0.05)


class OneShot(ShotDetector):
    def detect(self, video: Video, span: Span, ctx: Context) -> list[Shot]:
        return [Shot(span)]


class OneVoice(Diarizer):
    """Takes both for one person."""

    def diarize(self, video: Video, spans: tuple[Span, ...], ctx: Context) -> list[Turn]:
        return [Turn(span, "1") for span in spans]


class Words(Transcriber):
    """A word each half second."""

    def transcribe(self, video: Video, ctx: Context) -> Transcript:
        starts = [Fraction(n, 2) for n in range(2 * int(video.duration))]
        return Transcript("en", tuple(Word("word", at, at + Fraction(2, 5)) for at in starts))


class Both(Highlighter):
    def highlight(self, video: Video, ctx: Context) -> list[Highlight]:
        return [Highlight(FIRST, 0.9, "Both", given=True), Highlight(SECOND, 0.5, "One", given=True)]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Video:
    return probe(make_video(tmp_path_factory.mktemp("talk") / "talk.mp4", seconds=20, size=SIZE, draw=draw))


def pipeline_of(*sets: str) -> Pipeline:
    settings = ("reframe.width=180", "reframe.height=320", "render.quality=draft", *sets)
    analysers: dict[type[Backend], Backend] = {
        Transcriber: Words(),
        ShotDetector: OneShot(),
        FaceDetector: Faces(),
        SpeakerDetector: Lips(),
        Diarizer: OneVoice(),
    }
    return replace(
        Pipeline.from_config(load(sets=settings)),
        analysers=analysers,
        highlighter=Both(Both.Options(count=2)),
        reviewers=(),
        uploaders=(),
    )


def names(said: SpeakerAttribution, span: Span) -> str:
    return "".join(word.speaker or "-" for word in said.within(span))


def test_speaker_labels_agree_across_clips(video: Video) -> None:
    """Red and blue have one voice, mostly blue's; blue, alone in the second clip, is who blue is in the first."""
    pipeline = pipeline_of()
    with context(pipeline) as ctx:
        said = SpeakerAttribution.from_audio(video, pipeline.highlight(video, ctx), ctx)
        assert (names(said, FIRST), said.speakers) == ("-" * 24, ())  # one voice, as far as can be heard
        outlines = [pipeline.outline(video, pick, ctx) for pick in pipeline.highlight(video, ctx)]
        said = pipeline.add_faces(video, said, [outline.highlight for outline in outlines], ctx)
        edits = [pipeline.decorate(video, said, outline, ctx) for outline in outlines]
    assert (sorted(said.names_in(FIRST).values()), sorted(said.names_in(SECOND).values())) == (["1", "2"], ["1"])
    first, second = ("".join(word.speaker or "-" for word in edit.words) for edit in edits)
    assert first == "2" * 12 + "1" * 12
    assert second == "1" * 12
    for edit, spoken in zip(edits, (first, second), strict=True):
        assert edit.speakers == ("1", "2")
        drawn = [word["speaker"] for card in edit.plans["captions"]["cards"] for line in card["lines"] for word in line]
        assert "".join(drawn) == spoken
    assert edits[0].plans["captions"]["style"]["speakers"] == edits[1].plans["captions"]["style"]["speakers"]
    spans = [card["span"] for card in edits[0].plans["captions"]["cards"]]
    assert any(Fraction(span["start"]) == 6 for span in spans)  # a card begins where the speaker changes


def test_speaker_labels_of_earlier_clips_are_kept(video: Video) -> None:
    """A clip that is made later, in place of one that was rejected, changes nobody's name."""
    pipeline = pipeline_of()
    first, second = Highlight(FIRST), Highlight(SECOND)
    with context(pipeline) as ctx:
        voices = SpeakerAttribution.from_audio(video, [first, second], ctx)
        one = pipeline.add_faces(video, voices, [second], ctx)
        assert (names(one, SECOND), one.speakers) == ("-" * 12, ())
        both = pipeline.add_faces(video, one, [first], ctx)
        assert (names(both, FIRST), both.speakers) == ("2" * 12 + "1" * 12, ("1", "2"))
        again = pipeline.add_faces(video, voices, [first], ctx)
        assert names(again, FIRST) == "1" * 12 + "2" * 12
        again = pipeline.add_faces(video, again, [second], ctx)
        assert names(again, FIRST) + names(again, SECOND) == "1" * 12 + "2" * 24


@pytest.mark.parametrize("sets", ["reframe.backend=center", "reframe.backend=saliency", "reframe.layout=fit"])
def test_faces_are_not_detected_when_the_reframer_needs_none(video: Video, sets: str) -> None:
    pipeline = pipeline_of(sets)
    with context(pipeline) as ctx:
        voices = SpeakerAttribution.from_audio(video, [Highlight(FIRST)], ctx)
        before = Faces.looked
        assert pipeline.add_faces(video, voices, [Highlight(FIRST)], ctx) == voices
        assert Faces.looked == before


def test_voices_decide_where_faces_are_unavailable(video: Video, caplog: pytest.LogCaptureFixture) -> None:
    class Missing(Lips):
        def score(self, video: Video, tracks: list[Track], ctx: Context) -> list[Track]:
            raise ModelError("there are no weights of lips")

    whole = pipeline_of()
    pipeline = replace(whole, analysers={**whole.analysers, SpeakerDetector: Missing()})
    with context(pipeline) as ctx:
        voices = SpeakerAttribution.from_audio(video, [Highlight(FIRST)], ctx)
        assert pipeline.add_faces(video, voices, [Highlight(FIRST)], ctx) == voices
    assert "by voice alone: there are no weights of lips" in caplog.text


def test_documents_of_a_run_name_the_speakers(video: Video, tmp_path: Path) -> None:
    pipeline = pipeline_of("pizzazz=")
    with context(pipeline) as ctx:
        pipeline.run(video, tmp_path, ctx)
    document = json.loads((tmp_path / "clips.json").read_text())
    told = ["".join(word["speaker"] or "-" for word in clip["words"]) for clip in document["clips"]]
    assert told == ["2" * 12 + "1" * 12, "1" * 12]
