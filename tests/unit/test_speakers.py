from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from clipy import models
from clipy.analysis.audio.voice_activity import Voice, voice
from clipy.analysis.faces.centerface import CenterFace
from clipy.analysis.faces.tracking.tracks import link
from clipy.analysis.speakers.lip_sync import LipSync, averaged, correlation, speaking
from clipy.analysis.speakers.scoring.lips import FaceMesh, Mouth, mouths
from clipy.context import Context
from clipy.media.probe import probe
from clipy.types import Shot, Span, Track
from fixtures.media import make_video, silence, tone

COUNT = 250


def syllables(seed: int) -> NDArray[np.float64]:
    """About four a second, of uneven length and strength, 0..1."""
    random = np.random.default_rng(seed)
    values = np.zeros(COUNT)
    at = 0.0
    while at < COUNT:
        width = random.uniform(4, 9)
        x = np.arange(COUNT) - at
        values = np.maximum(values, random.uniform(0.4, 1) * np.exp(-((x / (width / 3)) ** 2)))
        at += width
    return values


def mouth(opening: NDArray[np.float64], seed: int = 9) -> Mouth:
    noise = np.random.default_rng(seed).normal(0, 0.0005, COUNT)
    seen = opening + noise
    speed = np.abs(np.diff(seen, prepend=seen[:1]))
    motion = 4 + 60 * np.abs(np.gradient(opening)) / 0.05
    return Mouth(*(values.astype(np.float32) for values in (seen, speed, motion, np.zeros(COUNT))))


def heard(loudness: NDArray[np.float64], speech: float = 1.0) -> Voice:
    return Voice(0, np.full(COUNT, speech, dtype=np.float32), (8 * loudness - 10).astype(np.float32))


def test_moving_lips_speak_and_still_lips_do_not() -> None:
    sound = syllables(1)
    assert speaking(mouth(0.06 * sound), heard(sound)).mean() > 0.9
    assert speaking(mouth(np.full(COUNT, 0.01)), heard(sound)).max() < 0.3


def test_no_speaker_without_speech() -> None:
    sound = syllables(1)
    assert speaking(mouth(0.06 * sound), heard(sound, speech=0)).max() == 0


def test_mouth_in_sync_with_the_sound_speaks() -> None:
    sound = syllables(1)
    talker = speaking(mouth(0.06 * sound), heard(sound))
    other = speaking(mouth(0.06 * syllables(2)), heard(sound))
    assert np.mean(talker > other) > 0.9


def test_no_speech_after_lips_close() -> None:
    sound = syllables(1)
    first = np.arange(COUNT) < COUNT // 2
    spoke, speaks = (speaking(mouth(np.where(own, 0.06 * sound, 0.01)), heard(sound)) for own in (first, ~first))
    assert np.mean(spoke[:100] > speaks[:100]) == 1
    after = slice(COUNT // 2 + 13, COUNT // 2 + 50)  # correlations still see the words before
    assert spoke[after].max() < 0.4
    assert np.all(speaks[after] > spoke[after])


def test_short_track_is_not_scored() -> None:
    tiny = Mouth(*(np.ones(2, dtype=np.float32) for _ in range(4)))
    assert speaking(tiny, heard(syllables(1))).max() == 0


def test_moving_average_is_truncated_at_the_ends() -> None:
    assert averaged(np.array([1.0, 2.0, 3.0, 4.0]), 3) == pytest.approx([1.5, 2, 3, 3.5])


def test_correlation_finds_a_small_shift() -> None:
    sound = syllables(3)
    assert correlation(np.roll(sound, 2), sound, 75)[40:-40].min() > 0.99
    assert np.abs(correlation(np.ones(COUNT), sound, 75)).max() < 1e-6


def test_voice_activity_separates_speech_from_tone_and_silence(talk: Path, tmp_path: Path) -> None:
    spoken = voice(probe(talk), Span(Fraction(1), Fraction(5)))
    assert spoken.speech.mean() > 0.6
    for sound in (tone, silence):
        other = probe(make_video(tmp_path / f"{sound.__name__}.mp4", play=sound))
        assert voice(other, other.span).speech.mean() < 0.2


def test_no_sound_track_means_no_voice(tmp_path: Path) -> None:
    video = probe(make_video(tmp_path / "a.mp4", play=None))
    assert voice(video, video.span).speech.max() == 0


def test_voice_is_sampled_at_the_track_times(talk: Path) -> None:
    video = probe(talk)
    whole = voice(video, Span(Fraction(0), Fraction(6)))
    later = voice(video, Span(Fraction(2), Fraction(6)))
    times = np.arange(75, 125) / 25
    assert whole.at(times).level == pytest.approx(later.at(times).level, abs=0.5)


def test_no_faces_need_no_weights(tmp_path: Path, ctx: Context) -> None:
    assert LipSync().score(probe(make_video(tmp_path / "a.mp4")), [], ctx) == []


class Looks:
    """A face mesh that is always the same, but for the lips where they ``talk``. It counts how often it is asked."""

    def __init__(self, talk: bool = False) -> None:
        self.mesh = FaceMesh(str(models.fetch(models.FACE_LANDMARK))).points(np.zeros((192, 192, 3), dtype=np.uint8))
        self.talk = talk
        self.count = 0

    def points(self, face: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.count += 1
        points = self.mesh.copy()
        points[[178, 14, 402], 1] += 10 * (self.count % 3) if self.talk else 0  # the lower lip
        return points


def still(number: int, first: int, count: int, span: Span) -> Track:
    boxes = np.tile(np.array([100, 60, 180, 160], dtype=np.float32), (count, 1))
    return Track(number, span, (first + np.arange(count)) / 25, boxes, np.ones(count, dtype=np.float32))


def test_still_mouth_is_sampled_less_often_with_the_same_result(tmp_path: Path, ctx: Context) -> None:
    video = probe(make_video(tmp_path / "a.mp4", seconds=4))
    looks = Looks()
    (alone,) = mouths(video, [still(0, 0, 100, video.span)], looks, ctx)
    assert looks.count == 6 + 16  # three pairs, then each second one
    together = mouths(video, [still(0, 0, 100, video.span), still(1, 0, 50, video.span)], looks, ctx)
    assert looks.count == 22 + 22 + 12  # nobody's lips move: no choice either
    assert [len(found.speed) for found in together] == [100, 50]
    assert together[0].motion[:50].mean() == pytest.approx(alone.motion[:50].mean(), rel=0.25)


def test_several_moving_mouths_are_measured_at_every_time(tmp_path: Path, ctx: Context) -> None:
    video = probe(make_video(tmp_path / "a.mp4", seconds=4))
    looks = Looks(talk=True)
    mouths(video, [still(0, 0, 100, video.span), still(1, 0, 50, video.span)], looks, ctx)
    assert looks.count == 2 * 50 + 20  # both all the time, then the one who is alone in pairs


def test_a_face_mesh_follows_a_track_of_anything(tmp_path: Path, ctx: Context) -> None:
    video = probe(make_video(tmp_path / "a.mp4", seconds=2))
    times = np.arange(50) / 25
    boxes = np.tile(np.array([-20, 100, 80, 220], dtype=np.float32), (50, 1))  # partly outside the picture
    track = Track(0, video.span, times, boxes, np.ones(50, dtype=np.float32))
    (scored,) = LipSync().score(video, [track], ctx)
    assert scored.speaking.shape == (50,)
    assert scored.speaking.max() < 0.5  # a tone is no speech


@pytest.mark.parametrize("name", ["closeup_512_a.mp4", "portrait_woman_1080x1920.mp4"])
def test_real_talkers_speak_and_silent_film_does_not(media: Path, ctx: Context, name: str) -> None:
    def score(file: str) -> float:
        video = probe(media / "video" / file)
        shots = [Shot(Span(Fraction(0), Fraction(6)))]
        tracks = LipSync().score(video, link(shots, CenterFace().detect_in_video(video, shots, ctx)), ctx)
        return float(max(track.speaking.mean() for track in tracks))

    assert score(name) > 0.4
    assert score("expressions_nospeech.mp4") < 0.1
