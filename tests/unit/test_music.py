from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from clipy import documents
from clipy.analysis.audio.songs import MOODS
from clipy.analysis.meaning.mood import mood_of
from clipy.analysis.meaning.sentiment import sentiment
from clipy.context import Context
from clipy.errors import ConfigError, RenderError
from clipy.media.frame import AudioBlock
from clipy.media.loudness import measure_loudness
from clipy.media.probe import probe
from clipy.media.read import sound, sound_array
from clipy.stages.render.pizzazz.music import Music
from clipy.stages.render.pizzazz.music_mix.credits import credit_of
from clipy.stages.render.pizzazz.music_mix.ducking import gain_curve, gain_factors
from clipy.stages.render.pizzazz.music_mix.music_library import music_folder
from clipy.stages.render.x264 import X264
from clipy.types import Clip, Edit, Span, Video, Word
from fixtures.media import make_video, silence
from fixtures.speech import Speech, played, speak
from tests.music import make_song
from tests.unit.edits import edit_of

RATE = 48_000
END = 16
PAUSE = (6.0, 12.0)  # seconds in which nobody speaks


@pytest.fixture(scope="module")
def voice() -> Speech:
    return speak("We gave forty students one small task each morning, and we measured how long they kept going.")


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory, voice: Speech) -> Video:
    """Five seconds of speech, a pause, and the beginning of it again."""

    def play(times: NDArray[np.float64]) -> NDArray[np.float64]:
        once = played(voice)
        return np.where(times < PAUSE[0], once(times), once(times - PAUSE[1]))

    folder = tmp_path_factory.mktemp("talk")
    return probe(make_video(folder / "talk.mp4", seconds=END, size=(320, 180), play=play))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A calm and a wild song, with the licence of one beside it and that of the other in its tags."""
    root = tmp_path_factory.mktemp("music")
    make_song(root / "slow.wav", 68, 20, mode="major", drums=0.03)
    (root / "slow.json").write_text(
        json.dumps({"title": "Slow", "artist": "Ada", "license": "CC0-1.0", "url": "https://a"})
    )
    make_song(root / "fast.flac", 140, 20, drums=0.8, tags={"title": "Fast", "copyright": "CC BY 4.0"})
    return root


@pytest.fixture
def edit(video: Video, voice: Speech) -> Edit:
    ends = [*(start for _, start in voice.words[1:]), len(voice.samples) / voice.rate]
    words = [
        Word(text, Fraction(start + late).limit_denominator(1000), Fraction(end + late).limit_denominator(1000))
        for late in (0, PAUSE[1])
        for (text, start), end in zip(voice.words, ends, strict=True)
        if end + late < END and not (late == 0 and end > PAUSE[0])
    ]
    return replace(edit_of(video), words=tuple(words), language="en")


def made(**options: object) -> Music:
    music = Music(Music.Options.model_validate(options))
    music.name = "music"
    return music


def blocks(video: Video, span: Span | None = None, size: int = 4_801) -> Iterator[AudioBlock]:
    samples = sound_array(video, span or video.span, rate=RATE, channels=2)
    for begin in range(0, samples.shape[1], size):
        yield AudioBlock(Fraction(begin, RATE), samples[:, begin : begin + size], RATE)


def added(music: Music, video: Video, edit: Edit, ctx: Context) -> NDArray[np.float32]:
    """The music alone: what comes out less what went in."""
    heard = np.concatenate([block.samples for block in music.audio(blocks(video), edit, ctx)], axis=1)
    return np.asarray(heard - sound_array(video, video.span, rate=RATE, channels=2), dtype=np.float32)


def loudness(samples: NDArray[np.float32], start: float, end: float) -> float:
    return measure_loudness(
        iter([np.ascontiguousarray(samples[:, round(start * RATE) : round(end * RATE)])]), RATE
    ).integrated


def test_music_is_ducked_under_speech_and_rises_in_pauses(video: Video, edit: Edit, folder: Path, ctx: Context) -> None:
    music = made(folder=folder, mood="calm")
    planned = ctx.cached(music.plan, video, edit)
    alone = added(music, video, planned, ctx)
    voice = measure_loudness(sound(video, Span(Fraction(0), Fraction(5)), rate=RATE, channels=2), RATE).integrated
    speaking, pausing = loudness(alone, 1, 5), loudness(alone, 7, 11)
    assert voice - speaking >= 12
    assert voice - speaking == pytest.approx(18, abs=1.5)
    assert voice - pausing == pytest.approx(10, abs=1.5)
    assert pausing - speaking == pytest.approx(8, abs=0.8)


def test_music_ducks_before_the_first_word_and_fades_at_both_ends(
    video: Video, edit: Edit, folder: Path, ctx: Context
) -> None:
    music = made(folder=folder, mood="calm", fade_in=0.5, fade_out=2)
    planned = music.plan(video, edit, ctx)
    gain = dict(planned.plans["music"]["gain"])
    down, up = min(gain.values()), max(gain.values())
    second = min(word.start for word in edit.words if word.start > PAUSE[0])
    levels = 20 * np.log10(gain_factors(planned.plans["music"]["gain"], 0, END * RATE, RATE))
    assert levels[round((second - Fraction(1, 25)) * RATE)] == pytest.approx(down, abs=0.01)
    assert levels[9 * RATE] == pytest.approx(up, abs=0.01)
    alone = added(music, video, planned, ctx)
    assert np.abs(alone[:, :200]).max() < 0.02 * np.abs(alone).max()
    assert np.abs(alone[:, -200:]).max() < 0.02 * np.abs(alone).max()


def test_short_pauses_do_not_raise_the_music() -> None:
    points = gain_curve([(1, 1.5), (2.5, 3), (9, 9.5)], -18, -10)
    assert [level for _, level in points] == [-10, -18, -18, -10] * 2
    times = [time for time, _ in points]
    assert times == sorted(times)


@pytest.mark.parametrize(("mood", "expected"), [("calm", "slow.wav"), ("energetic", "fast.flac")])
def test_track_with_the_nearest_mood_is_picked(
    video: Video, edit: Edit, folder: Path, ctx: Context, mood: str, expected: str
) -> None:
    plan = made(folder=folder, mood=mood).plan(video, edit, ctx).plans["music"]
    assert plan["file"] == expected
    assert plan["clip_mood"] == {"valence": MOODS[mood].valence, "energy": MOODS[mood].energy}


def test_mood_of_the_clip_is_used(video: Video, edit: Edit) -> None:
    glad = [replace(word, text="wonderful") for word in edit.words]
    sad = [replace(word, text="terrible") for word in edit.words]
    moods = [mood_of(video, replace(edit, words=tuple(words))) for words in (glad, edit.words, sad)]
    assert moods[0].valence > 0.8 > 0.55 > moods[1].valence > 0.2 > moods[2].valence
    assert mood_of(video, replace(edit, language="xx")).valence == 0.5
    rushed = tuple(replace(word, start=word.start / 2, end=word.end / 2) for word in edit.words)
    assert mood_of(video, replace(edit, words=rushed)).energy > moods[1].energy


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("I am so happy, I love this wonderful day!", 0.7, 1),
        ("It was a terrible tragedy.", -1, -0.6),
        ("This is not good.", -0.5, -0.1),
        ("The box is on the table.", 0, 0),
    ],
)
def test_sentiment_is_computed_from_words(text: str, low: float, high: float) -> None:
    found = sentiment(text.split(), "en")
    assert found is not None
    assert low <= found <= high
    assert sentiment(text.split(), "de") is None


def test_equally_good_tracks_rotate_deterministically_per_clip(
    tmp_path: Path, video: Video, edit: Edit, ctx: Context
) -> None:
    for number in range(4):
        make_song(tmp_path / f"song{number}.wav", 100, 18 + number, tags={})
    music = made(folder=tmp_path, mood="happy")

    def picked(fingerprint: str) -> str:
        return str(music.plan(replace(video, fingerprint=fingerprint), edit, ctx).plans["music"]["file"])

    names = [picked(f"clip {number}") for number in range(12)]
    assert len(set(names)) >= 3
    assert names[:3] == [picked(f"clip {number}") for number in range(3)]


def test_the_licence_is_kept_in_the_plan_and_in_clips_json(
    video: Video, edit: Edit, folder: Path, ctx: Context
) -> None:
    planned = made(folder=folder, mood="calm").plan(video, edit, ctx)
    clip = Clip("f", video.duration, 90, 160, planned, Path("a.mp4"), "a")
    block = documents.clip_json(clip, None, ())["music"]
    assert block["file"] == "slow.wav"
    assert (block["title"], block["artist"], block["license"], block["source"]) == (
        "Slow",
        "Ada",
        "CC0-1.0",
        "https://a",
    )
    assert documents.clip_json(replace(clip, edit=edit), None, ())["music"] is None


@pytest.mark.parametrize(
    ("files", "tags", "licence", "found"),
    [
        ({"song.json": '{"License": "CC0"}', "LICENSE": "MIT"}, {"copyright": "mine"}, "CC0", "song.json"),
        ({"song.txt": "CC BY 4.0 by Ada"}, {"copyright": "mine"}, "CC BY 4.0 by Ada", "song.txt"),
        ({"LICENSE.md": "MIT"}, {"copyright": "mine"}, "mine", "tags"),
        ({"../LICENCE": "All free"}, {}, "All free", "LICENCE"),
        ({"other.txt": "Not this one"}, {}, "", ""),
        ({"song.json": "{broken"}, {}, "", ""),
    ],
)
def test_licenses_are_found_in_tags_and_files(
    tmp_path: Path,
    files: dict[str, str],
    tags: dict[str, str],
    licence: str,
    found: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    track = make_song(tmp_path / "set" / "song.flac", seconds=2, tags=tags)
    for name, text in files.items():
        (track.parent / name).write_text(text)
    credit = credit_of(track, tmp_path)
    assert (credit.license, credit.found) == (licence, found)
    assert credit.title == "song"
    assert ("No license found" in caplog.text) == (not licence)


def test_other_tracks_change_the_key(tmp_path: Path) -> None:
    make_song(tmp_path / "a.wav", seconds=6)
    music = made(folder=tmp_path)
    before = music.identity()
    assert music.identity() == before
    (tmp_path / "a.txt").write_text("CC0")
    licensed = music.identity()
    make_song(tmp_path / "b.wav", seconds=7)
    assert len({str(identity) for identity in (before, licensed, music.identity())}) == 3


def test_missing_music_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clipy.stages.render.pizzazz.music_mix.music_library.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"no folder is set.*clipy\[music\]"):
        made().identity()
    with pytest.raises(ConfigError, match="music folder not found"):
        music_folder(tmp_path / "none")
    with pytest.raises(ConfigError, match="no music"):
        made(folder=tmp_path).identity()
    with pytest.raises(ConfigError, match="cannot read the music"):
        made(track=tmp_path / "none.mp3").identity()
    with pytest.raises(ValidationError, match="more than below_speech"):
        Music.Options.model_validate({"below_speech": 12, "below_pause": 14})


def test_a_broken_track_is_skipped(
    tmp_path: Path, video: Video, edit: Edit, ctx: Context, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "broken.mp3").write_bytes(b"no music at all" * 100)
    with pytest.raises(ConfigError, match="no music could be read"):
        made(folder=tmp_path).plan(video, edit, ctx)
    make_song(tmp_path / "good.wav", seconds=6)
    assert made(folder=tmp_path).plan(video, edit, ctx).plans["music"]["file"] == "good.wav"
    assert "Skipping music" in caplog.text


def test_a_missing_track_is_an_error(tmp_path: Path, video: Video, edit: Edit, ctx: Context) -> None:
    make_song(tmp_path / "a.wav", seconds=6)
    make_song(tmp_path / "b.wav", 90, seconds=6)
    music = made(folder=tmp_path)
    planned = music.plan(video, edit, ctx)
    (tmp_path / planned.plans["music"]["file"]).unlink()
    with pytest.raises(RenderError, match="music file is missing"):
        next(music.audio(blocks(video), planned, ctx))


def test_one_track_can_be_set(video: Video, edit: Edit, folder: Path, ctx: Context) -> None:
    planned = made(track=folder / "fast.flac", mood="calm").plan(video, edit, ctx)
    assert planned.plans["music"]["file"] == "fast.flac"
    assert planned.plans["music"]["credit"]["license"] == "CC BY 4.0"


@pytest.mark.parametrize("play", [silence, None])
def test_a_silent_clip_gets_music_too(tmp_path: Path, folder: Path, ctx: Context, play: object) -> None:
    video = probe(make_video(tmp_path / "b.mp4", seconds=6, size=(320, 180), play=play))  # type: ignore[arg-type]
    edit = edit_of(video)
    music = made(folder=folder)
    path = tmp_path / "clip.mp4"
    render = X264(X264.Options.model_validate({"quality": "draft"}))
    render.render(video, music.plan(video, edit, ctx), (music,), path, ctx)
    clip = probe(path)
    assert measure_loudness(sound(clip, clip.span, rate=RATE, channels=2), RATE).integrated == pytest.approx(-14, abs=1)


def test_the_rendered_clip_has_both(video: Video, edit: Edit, folder: Path, ctx: Context) -> None:
    music = made(folder=folder)
    keep = (Span(Fraction(0), Fraction(5)), Span(Fraction(7), Fraction(END)))
    planned = music.plan(video, replace(edit, keep=keep), ctx)
    path = video.path.with_name("clip.mp4")
    X264(X264.Options.model_validate({"quality": "draft"})).render(video, planned, (music,), path, ctx)
    clip = probe(path)
    assert float(clip.duration) == pytest.approx(14, abs=0.05)
    heard = sound_array(clip, clip.span, rate=RATE, channels=2)
    assert loudness(heard, 1, 4.5) - loudness(heard, 6, 9) > 6
    assert loudness(heard, 6, 9) > -40


def test_memory_does_not_grow_with_the_clip(folder: Path, video: Video, edit: Edit, ctx: Context) -> None:
    """Ten minutes of a looped track hold what ten seconds hold."""

    def peak(minutes: float) -> int:
        long = replace(edit, keep=(Span(Fraction(0), Fraction(round(60 * minutes))),))
        music = made(track=folder / "slow.wav")
        planned = music.plan(video, edit, ctx)
        plan = {**planned.plans["music"], "segments": [[0.4, 18.0]] * round(minutes * 60 / 17.6)}
        silent = (
            AudioBlock(Fraction(n, 10), np.zeros((2, RATE // 10), np.float32), RATE)
            for n in range(round(600 * minutes))
        )
        tracemalloc.start()
        for _ in music.audio(silent, replace(long, plans={"music": plan}), ctx):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(3) < 1.2 * peak(0.6) + 1_000_000
