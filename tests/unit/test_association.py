"""Voices and faces over a whole video: made-up tracks and turns, of which the truth is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clipy.analysis.faces.base import FaceDetector
from clipy.analysis.faces.tracking.identities import assign_identities, cluster_identities, color_histogram
from clipy.analysis.people.voice_face_affinity import reweigh_by_voices
from clipy.context import Context
from clipy.media.probe import probe
from fixtures.media import make_video
from tests.unit.talk import track, turn


def test_ambiguous_turn_is_decided_by_voice() -> None:
    left = track(0, 0, [0.8] * 6 + [0.1] * 6 + [0.45], 0)
    right = track(1, 0, [0.1] * 6 + [0.8] * 6 + [0.5], 1)
    heard = [turn(0, 6, "1"), turn(6, 12, "2"), turn(12, 13, "1")]
    again = reweigh_by_voices([left, right], heard)
    assert again[0].speaking[-5] > 0.8 > 0.2 > again[1].speaking[-5]


def test_voice_learnt_in_one_shot_applies_to_others() -> None:
    first = [track(0, 0, [0.9] * 6, 0), track(1, 0, [0.05] * 6, 1)]
    second = [track(2, 6, [0.4] * 3, 0), track(3, 6, [0.6] * 3, 1)]
    again = reweigh_by_voices(first + second, [turn(0, 9, "1")])
    assert again[2].speaking.mean() > 0.6 > again[3].speaking.mean()
    strangers = [track(2, 6, [0.4] * 3, None), track(3, 6, [0.6] * 3, None)]
    unknown = reweigh_by_voices(first + strangers, [turn(0, 9, "1")])
    assert unknown[3].speaking.mean() > unknown[2].speaking.mean()


def test_voice_counts_less_where_its_turn_begins() -> None:
    """The turn begins a second too early: where it does, the picture decides, and later the voice."""
    left = track(0, 0, [0.8] * 5 + [0.55] + [0.1] * 6, 0)
    right = track(1, 0, [0.1] * 5 + [0.35] + [0.8] * 6, 1)
    again = reweigh_by_voices([left, right], [turn(0, 5, "1"), turn(5, 12, "2")])
    assert again[0].speaking[126] > again[1].speaking[126]
    assert again[0].speaking[146] < again[1].speaking[146]


def test_off_screen_voice_makes_nobody_speak() -> None:
    listener = track(0, 0, [0.2] * 8 + [0.4], 0)
    (again,) = reweigh_by_voices([listener], [turn(0, 9, "narrator")])
    assert again.speaking.max() < 0.2


def test_people_merged_into_one_voice_are_separated_by_lips() -> None:
    left = track(0, 0, [0.9] * 6 + [0.2] * 6 + [0.9] * 3 + [0.2] * 2, 0)
    right = track(1, 0, [0.2] * 6 + [0.9] * 6 + [0.2] * 3 + [0.9] * 2, 1)
    again = reweigh_by_voices([left, right], [turn(0, 17, "1")])
    for before, after in zip([left, right], again, strict=True):
        assert after.speaking == pytest.approx(before.speaking, abs=1e-3)


def test_similar_faces_are_not_two_people_with_one_voice() -> None:
    """Both move their lips all the time; the one who speaks is a little likelier for most of it."""
    left = track(0, 0, [0.6, 0.6, 0.4] * 5, 0)
    right = track(1, 0, [0.5, 0.5, 0.6] * 5, 1)
    again = reweigh_by_voices([left, right], [turn(0, 15, "1")])
    assert np.all(again[0].speaking[25:-25] > again[1].speaking[25:-25])


def test_silence_and_overlapping_speech_change_nothing() -> None:
    tracks = [track(0, 0, [0.7, 0.7, 0.7], 0), track(1, 0, [0.2, 0.2, 0.2], 1)]
    again = reweigh_by_voices(tracks, [turn(1, 2, "1"), turn(1, 2, "2")])
    for before, after in zip(tracks, again, strict=True):
        assert after.speaking == pytest.approx(before.speaking, abs=2e-3)
    assert reweigh_by_voices(tracks, []) == tracks
    assert reweigh_by_voices([], [turn(0, 1, "1")]) == []


def test_people_are_separated_by_appearance_and_never_merged_while_both_visible() -> None:
    red, blue = np.eye(2, dtype=np.float32)
    tracks = [track(0, 0, [0.5], None), track(1, 0, [0.5], None), track(2, 5, [0.5], None), track(3, 9, [0.5], None)]
    assert cluster_identities(np.stack([red, blue, blue, red]), tracks).tolist() == [0, 1, 1, 0]
    assert cluster_identities(np.stack([red, red, blue, blue]), tracks).tolist() == [0, 1, 2, 2]
    assert cluster_identities(red[None], tracks[:1]).tolist() == [0]


def test_color_histogram_covers_face_and_clothes() -> None:
    picture = np.zeros((64, 64, 3), dtype=np.uint8)
    picture[:32], picture[32:] = (200, 40, 40), (40, 40, 200)
    assert float(color_histogram(picture) @ color_histogram(picture)) == pytest.approx(1)
    assert float(color_histogram(picture) @ color_histogram(picture[::-1].copy())) < 0.1


def test_a_head_is_recognized_before_another_background(tmp_path: Path, ctx: Context) -> None:
    heads = [((30, 20, 15), (220, 170, 140)), ((200, 170, 90), (150, 100, 70))]  # hair and skin
    scenes = [(0, (40, 60, 160)), (0, (150, 40, 40)), (1, (40, 60, 160))]  # who, before which background

    def drawn(time: float, size: tuple[int, int]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        who, around = scenes[min(int(time), 2)]
        picture = np.full((size[1], size[0], 3), around, dtype=np.uint8)
        picture[90:140, 255:385], picture[140:235, 260:380] = heads[who]
        return picture

    video = probe(make_video(tmp_path / "a.mp4", seconds=3, draw=drawn, play=None))
    box = np.tile(np.array([270, 110, 370, 220], dtype=np.float32), (25, 1))
    tracks = [replace(track(number, number, [0.5], None), boxes=box) for number in range(3)]
    looks = ctx.cached(ctx.analyser(FaceDetector).appearance, video, tracks)
    one, again, other = (found.identity for found in assign_identities(tracks, looks))
    assert one == again != other


def test_identities_are_computed_from_a_video(tmp_path: Path, ctx: Context) -> None:
    video = probe(make_video(tmp_path / "a.mp4", seconds=3))
    tracks = [track(0, 0, [0.5], None), track(1, 2, [0.5], None)]
    looks = ctx.cached(ctx.analyser(FaceDetector).appearance, video, tracks)
    assert np.linalg.norm(looks, axis=1) == pytest.approx(1)
    assert {found.identity for found in assign_identities(tracks, looks)} <= {0, 1}
    assert assign_identities([], looks[:0]) == []
