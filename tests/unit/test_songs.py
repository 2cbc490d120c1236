from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from clipy.analysis.audio.beats import RATE, beats, pulse, tempo
from clipy.analysis.audio.songs import MOODS, Song, measure_song, named_mood, song_features
from clipy.context import Context
from clipy.errors import MediaError
from clipy.media.audio_file import audio_file_tags, read_audio_file
from clipy.stages.render.pizzazz.music_mix.arrangement import CROSSFADE, SegmentPlayer, arrange
from tests.music import beat_times, make_song, music, write_song


def heard_beats(path: Path) -> tuple[float, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    strength = pulse(block[0] for block in read_audio_file(path, rate=RATE, channels=1)).strength
    found = tempo(strength)
    return found, beats(strength, found)


@pytest.mark.parametrize("per_minute", [70, 90, 104.5, 120, 140])
@pytest.mark.parametrize("suffix", [".wav", ".opus"])
def test_tempo_and_beats_are_found(tmp_path: Path, per_minute: float, suffix: str) -> None:
    path = make_song(tmp_path / f"a{suffix}", per_minute, 20)
    found, times = heard_beats(path)
    assert found == pytest.approx(per_minute, rel=0.005)
    true = beat_times(per_minute, 20)
    errors = np.array([np.abs(times - beat).min() for beat in true[1:-1]])
    assert np.median(errors) < 0.01
    assert errors.max() < 0.03
    assert abs(len(times) - len(true)) <= 1


def test_silence_has_no_beats() -> None:
    strength = pulse(iter([np.zeros(20 * RATE, np.float32)])).strength
    assert tempo(strength) == 0
    assert len(beats(strength, 0)) == 0


def test_songs_decode_identically_from_any_offset(tmp_path: Path) -> None:
    for suffix in (".wav", ".mp3", ".opus", ".m4a"):
        path = make_song(tmp_path / f"a{suffix}", seconds=6)
        whole = np.concatenate(list(read_audio_file(path, rate=48_000)), axis=1)
        part = np.concatenate(list(read_audio_file(path, rate=48_000, start=100_001)), axis=1)
        assert np.array_equal(whole[:, 100_001:], part)


def test_tags_are_read(tmp_path: Path) -> None:
    tags = {"title": "Rain", "artist": "Ada", "copyright": "CC BY 4.0"}
    for suffix in (".flac", ".mp3", ".opus"):
        found = audio_file_tags(make_song(tmp_path / f"a{suffix}", seconds=2, tags=tags))
        assert tags.items() <= found.items()


def test_drums_raise_energy_and_major_keys_valence(tmp_path: Path, ctx: Context) -> None:
    def mood(name: str, per_minute: float, mode: str, drums: float) -> tuple[float, float]:
        path = make_song(tmp_path / f"{name}.wav", per_minute, 12, mode=mode, drums=drums)
        heard = measure_song(Song(name, path))
        assert heard.key == f"A {mode}"
        return heard.mood.valence, heard.mood.energy

    calm_glad, wild_glad = mood("a", 70, "major", 0.03), mood("b", 140, "major", 0.8)
    calm_sad, wild_sad = mood("c", 70, "minor", 0.03), mood("d", 140, "minor", 0.8)
    assert min(wild_glad[1], wild_sad[1]) > max(calm_glad[1], calm_sad[1]) + 0.3
    assert calm_glad[0] > calm_sad[0] + 0.3
    assert wild_glad[0] > wild_sad[0] + 0.3


def test_loudness_covers_the_whole_song(tmp_path: Path, ctx: Context) -> None:
    loud = measure_song(Song("a", write_song(tmp_path / "a.wav", music(120, 10))))
    soft = measure_song(Song("b", write_song(tmp_path / "b.wav", 0.25 * music(120, 10))))
    assert loud.loudness - soft.loudness == pytest.approx(12, abs=0.2)


def test_song_is_analysed_once(tmp_path: Path, ctx: Context) -> None:
    path = make_song(tmp_path / "a.wav", seconds=6)
    first = song_features(Song("f", path), ctx)
    path.unlink()
    again = song_features(Song("f", tmp_path / "moved.wav"), ctx)
    assert (first.tempo, first.mood, first.beats.tolist()) == (again.tempo, again.mood, again.beats.tolist())


@pytest.mark.parametrize(("seconds", "says"), [(1, "lasts only"), (8, "silent")])
def test_file_without_music_is_reported(tmp_path: Path, ctx: Context, seconds: float, says: str) -> None:
    path = write_song(tmp_path / "a.wav", np.zeros(round(seconds * 44_100), np.float32))
    with pytest.raises(MediaError, match=says):
        measure_song(Song("x", path))


def test_moods_are_read_from_names() -> None:
    assert named_mood(Path("music/calm/track_7.mp3")) == MOODS["calm"]
    assert named_mood(Path("calm/Happy-days.mp3")) == MOODS["happy"]
    assert named_mood(Path("music/track_7.mp3")) is None


@pytest.mark.parametrize("length", [6.0, 30.0, 95.3])
def test_a_song_is_cut_and_looped_on_its_beats(tmp_path: Path, ctx: Context, length: float) -> None:
    path = make_song(tmp_path / "a.wav", 120, 16)
    heard = measure_song(Song("a", path))
    pieces = arrange(heard, length)
    assert sum(end - start for start, end in pieces) == pytest.approx(length)
    true = beat_times(120, 16)
    assert np.abs(true - pieces[0][0]).min() < 0.02
    for (_, end), (start, _) in pairwise(pieces):
        assert np.abs(true - end).min() < 0.02
        assert np.abs(true - start).min() < 0.02
        assert (end - start) / 0.5 % 4 == pytest.approx(0, abs=0.1) or (end - start) / 0.5 % 4 > 3.9
    player = SegmentPlayer(path, pieces, RATE)
    played = np.concatenate([player.read(7_777)[0] for _ in range(int(length * RATE) // 7_777)])
    # The beat goes on over every join: played music has the tempo of the song, and a beat each half second.
    strength = pulse(iter([played])).strength
    times = beats(strength, 120)
    grid = times - np.round(times / 0.5) * 0.5
    assert np.abs(grid - np.median(grid)).max() < 0.03


def test_loop_join_keeps_loudness_and_does_not_click(tmp_path: Path) -> None:
    path = write_song(tmp_path / "a.wav", music(120, 8, drums=0))
    player = SegmentPlayer(path, ((0.4, 4.4), (2.4, 6.4), (2.4, 3.0)), 48_000)
    played = player.read(round(8.6 * 48_000))[0]
    steps = np.abs(np.diff(played))
    for join in (4.0, 8.0):
        at = round(join * 48_000)
        assert steps[at - 4_800 : at + 4_800].max() < 1.6 * steps[48_000:96_000].max()
    window = np.sqrt(np.convolve(played**2, np.full(2_400, 1 / 2_400), mode="valid"))
    assert window[4_800:-4_800].min() > 0.3 * np.median(window)
    assert np.abs(player.read(10)).max() == 0


def test_a_song_without_beats_is_repeated_whole(tmp_path: Path, ctx: Context) -> None:
    path = write_song(tmp_path / "a.wav", music(120, 6, drums=0))
    heard = measure_song(Song("a", path))
    pieces = arrange(heard, 20)
    assert sum(end - start for start, end in pieces) == pytest.approx(20)
    assert all(end <= heard.duration + 1e-6 and start >= 0 for start, end in pieces)
    assert min(start for start, _ in pieces[1:]) >= CROSSFADE
