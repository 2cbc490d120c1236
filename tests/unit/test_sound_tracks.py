"""Which sound is heard: of several tracks the one with the voice, mended where a microphone was at fault."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from clipy.analysis.audio.microphones import with_speakers
from clipy.analysis.audio.track_choice import choose
from clipy.analysis.audio.track_survey import survey
from clipy.analysis.audio.tracks import choose_mixes
from clipy.cli import main
from clipy.config import load
from clipy.context import Context
from clipy.errors import ConfigError
from clipy.media.probe import probe
from clipy.media.read import sound_array
from clipy.mixing import MixInput
from clipy.pipeline.pipeline import Pipeline
from clipy.pipeline.run import context
from clipy.storage.store import Store
from clipy.types import Span, Transcript, Video, Word, seconds
from fixtures.sound_tracks import (
    RATE,
    Recording,
    Samples,
    SoundTrack,
    at_level,
    game_music,
    hum,
    make_tracks,
    recordings,
)
from fixtures.sound_tracks import placed as placed_in
from fixtures.sound_tracks import spoken as voice

LENGTH = 16  # seconds


def placed(*parts: tuple[float, Samples]) -> Samples:
    return placed_in(LENGTH, *parts)


ANN = "Why do most people never finish what they start? The answer surprised everyone here."
BEN = "Half of them stopped within nine days. The others went on for a year, and then some more."


@pytest.fixture(scope="module")
def ann() -> Samples:
    return voice(ANN)


@pytest.fixture(scope="module")
def ben() -> Samples:
    return voice(BEN, "en-gb", -26)


def chosen(
    path: Path, tracks: Sequence[SoundTrack], *, name: str = "many.mkv", **asked: Any
) -> tuple[Video, tuple[MixInput, ...], str]:
    video = probe(make_tracks(path / name, tracks))
    choice = choose(video, survey(video), **asked)
    return video, choice.speech_mix, " | ".join(choice.notes)


def numbers(video: Video, mix: Sequence[MixInput]) -> list[int]:
    """Which tracks of the file, in its order."""
    order = sorted(one.index for one in video.audio)
    return [order.index(video.audio[one.track].index) for one in mix]


@pytest.mark.parametrize("recording", list(recordings()), ids=lambda recording: recording.name)
def test_speech_track_is_preferred(tmp_path: Path, recording: Recording) -> None:
    video, mix, _ = chosen(tmp_path, recording.tracks)
    assert set(numbers(video, mix)) == recording.right


@pytest.mark.parametrize("default", [0, 1])
@pytest.mark.parametrize("first", ["music", "silence"])
def test_track_with_the_voice_is_found(tmp_path: Path, ann: Samples, first: str, default: int) -> None:
    other = game_music(LENGTH) if first == "music" else np.zeros(LENGTH * RATE, np.float32)
    tracks = [
        SoundTrack(other, "Desktop", default=default == 0),
        SoundTrack(placed((1, ann)), "Mic", default=default == 1),
    ]
    video, mix, notes = chosen(tmp_path, tracks)
    assert numbers(video, mix) == [1]
    assert "track 2 (Mic)" in notes


def test_mix_containing_the_microphone_is_used_for_clips(tmp_path: Path, ann: Samples) -> None:
    mic = placed((1, ann))
    tracks = [
        SoundTrack(game_music(LENGTH) * 0.5 + mic, "All"),
        SoundTrack(mic, "Mic"),
        SoundTrack(game_music(LENGTH), "Game"),
    ]
    video = probe(make_tracks(tmp_path / "obs.mkv", tracks))
    choice = choose(video, survey(video))
    assert (numbers(video, choice.speech_mix), numbers(video, choice.clip_mix)) == ([1], [0])


def test_duplicate_tracks_count_once(tmp_path: Path, ann: Samples) -> None:
    mic = placed((1, ann))
    video, mix, _ = chosen(tmp_path, [SoundTrack(mic), SoundTrack(mic * 0.3)])
    assert numbers(video, mix) == [0]


@pytest.mark.parametrize(("wanted", "track"), [("", 0), ("de", 1), ("en", 0)])
def test_track_in_the_wanted_language_is_transcribed(tmp_path: Path, ann: Samples, wanted: str, track: int) -> None:
    german = voice("Die Antwort hat alle hier im Labor überrascht, und niemand hat sie vorher gekannt.", "de")
    tracks = [SoundTrack(placed((1, ann)), language="eng"), SoundTrack(placed((1, german)), language="deu")]
    video, mix, _ = chosen(tmp_path, tracks, language=wanted)
    assert numbers(video, mix) == [track]


def test_commentary_track_is_not_chosen(tmp_path: Path, ann: Samples, ben: Samples) -> None:
    tracks = [SoundTrack(placed((1, ben)), "Commentary", comment=True), SoundTrack(placed((2, ann)))]
    video, mix, _ = chosen(tmp_path, tracks)
    assert numbers(video, mix) == [1]


@pytest.mark.parametrize("bleed", [0.0, 0.08])
def test_separate_microphone_tracks_assign_speakers(tmp_path: Path, ann: Samples, ben: Samples, bleed: float) -> None:
    one, other = placed((0.5, ann)), placed((8, ben))
    late = np.roll(one, 400)  # across the room
    tracks = [SoundTrack(other + bleed * late, "Ben"), SoundTrack(one + bleed * np.roll(other, 400), "Ann")]
    video = probe(make_tracks(tmp_path / "two.mkv", tracks))
    ctx = Context(Store(tmp_path / "store"), tmp_path)
    heard = choose_mixes(video, ctx)
    assert {part.speaker for part in heard.speech_mix} == {"Ann", "Ben"}
    words = tuple(Word("x", seconds(start), seconds(start + 0.4)) for start in (1.0, 3.0, 4.5, 8.5, 10.0, 12.0))
    found = with_speakers(Transcript("en", words), heard, ctx)
    assert [word.speaker for word in found.words] == ["Ann"] * 3 + ["Ben"] * 3
    both = sound_array(heard, heard.span, rate=16_000)[0]
    levels = [20 * np.log10(np.sqrt(np.mean(both[a * 16_000 : b * 16_000] ** 2))) for a, b in ((1, 5), (9, 13))]
    assert abs(levels[0] - levels[1]) < 3  # they were 4 dB apart


def test_separate_microphone_channels_assign_speakers(tmp_path: Path, ann: Samples, ben: Samples) -> None:
    tracks = [SoundTrack(np.stack([placed((8, ben)), placed((0.5, ann))]))]
    _, mix, notes = chosen(tmp_path, tracks)
    assert [(one.left, one.speaker) for one in mix] == [((0, 1), "1"), ((1, 0), "2")]
    assert "each channel is one person's microphone" in notes


@pytest.mark.parametrize(
    ("asked", "tracks"),
    [("1", [0]), ("2", [1]), ("mic", [1]), ("Desktop", [0]), ("deu", [1]), ("de", [1]), ("mix", [1, 0])],
)
def test_a_track_is_chosen_by_number_language_or_title(
    tmp_path: Path, ann: Samples, asked: str, tracks: list[int]
) -> None:
    given = [SoundTrack(game_music(LENGTH), "Desktop"), SoundTrack(placed((1, ann)), "My mic", "deu")]
    video, mix, _ = chosen(tmp_path, given, track=asked)
    assert numbers(video, mix) == tracks
    if asked == "mix":
        assert mix[1].gain < -5  # the music lies under the voice


def test_missing_track_is_refused_with_a_list_of_tracks(tmp_path: Path, ann: Samples) -> None:
    with pytest.raises(ConfigError, match=r"'french' \(transcribe\.track\).*track 1 \(Mic, eng\)"):
        chosen(tmp_path, [SoundTrack(placed((1, ann)), "Mic", "eng")], track="french")
    with pytest.raises(ConfigError, match=r"'7' \(render\.track\)"):
        chosen(tmp_path, [SoundTrack(placed((1, ann)), "Mic", "eng")], clip_track="7")


@pytest.mark.parametrize("kind", ["left", "right", "noisy", "inverted", "panned", "later left", "later inverted"])
@pytest.mark.parametrize("start", [0, 3])
def test_faulty_microphone_channel_is_repaired(tmp_path: Path, ann: Samples, kind: str, start: int) -> None:
    said, nothing = placed((1, ann)), np.zeros(LENGTH * RATE, np.float32)
    noise = at_level(np.random.default_rng(1).normal(size=LENGTH * RATE).astype(np.float32), -52)
    later = np.where(np.arange(len(said)) < 4 * RATE, said, 0).astype(np.float32)  # of 6 s of speech
    sides = {
        "left": (said, nothing),
        "right": (nothing, said),
        "noisy": (said, noise),
        "inverted": (said, -said),
        "panned": (said, said * 0.3),
        "later left": (said, later),
        "later inverted": (said, 2 * later - said),
    }[kind]
    video, mix, notes = chosen(tmp_path, [SoundTrack(np.stack(sides))], name="exact.mov")
    assert notes
    span = Span(Fraction(start), Fraction(start + 4))
    left, right = sound_array(video, span, rate=RATE, channels=2, mix=mix)
    right_sound = said[start * RATE : (start + 4) * RATE]
    for side in (left, right):
        assert np.corrcoef(side, right_sound)[0, 1] > 0.99
    assert np.sqrt(np.mean((left - right) ** 2)) < 0.01 * np.sqrt(np.mean(left**2))


def test_good_sound_is_unchanged(tmp_path: Path, ann: Samples) -> None:
    said, music = placed((1, ann)), game_music(LENGTH) * 0.2
    for sides in ((said, said), (said + music, said + np.roll(music, 900)), (said, said * 0.8)):
        _, mix, notes = chosen(tmp_path, [SoundTrack(np.stack(sides))])
        assert (mix, notes) == ((MixInput(0),), "")
    _, mix, notes = chosen(tmp_path, [SoundTrack(said)])
    assert (mix, notes) == ((MixInput(0),), "")


@pytest.mark.parametrize("mains", [50, 60])
def test_hum_is_filtered_out(tmp_path: Path, ann: Samples, mains: int) -> None:
    said = placed((1, ann))
    video, mix, notes = chosen(tmp_path, [SoundTrack(said + hum(LENGTH, mains, -36))], name="exact.mov")
    assert f"hum of {mains} Hz" in notes
    end = Span(Fraction(LENGTH - 3), Fraction(LENGTH))  # where nobody speaks
    before, after = (sound_array(video, end, rate=RATE, mix=one)[0] for one in ((MixInput(0),), mix))
    quieter = 20 * np.log10(np.sqrt(np.mean(after**2)) / np.sqrt(np.mean(before**2)))
    assert quieter < -20
    spoken = Span(Fraction(1), Fraction(5))
    assert np.corrcoef(sound_array(video, spoken, rate=RATE, mix=mix)[0], said[RATE : 5 * RATE])[0, 1] > 0.95


@pytest.mark.parametrize("level", [-50, -64])
def test_very_quiet_voice_is_amplified(tmp_path: Path, ann: Samples, level: float) -> None:
    video, mix, notes = chosen(tmp_path, [SoundTrack(placed((1, at_level(ann, level))))])
    assert "very quiet" in notes
    heard = sound_array(video, Span(Fraction(1), Fraction(5)), rate=RATE, mix=mix)[0]
    assert -30 < 20 * np.log10(np.sqrt(np.mean(heard**2))) < -18


def test_a_mix_is_exact_in_time_and_length(tmp_path: Path, ann: Samples) -> None:
    tracks = [SoundTrack(placed((1, ann))), SoundTrack(game_music(LENGTH))]
    video, _, _ = chosen(tmp_path, tracks, name="exact.mov")
    mix = (MixInput(0, gain=-6.0), MixInput(1, hum=(50.0,)))
    whole = sound_array(video, video.span, rate=RATE, channels=2, mix=mix)
    for start, end in ((Fraction(0), Fraction(1)), (Fraction(7, 3), Fraction(5)), (Fraction(1, 7), Fraction(15))):
        part = sound_array(video, Span(start, end), rate=RATE, channels=2, mix=mix)
        assert part.shape[1] == round((end - start) * RATE)
        begin = round(start * RATE)
        assert np.abs(part[:, 50:-50] - whole[:, begin + 50 : begin + part.shape[1] - 50]).max() < 0.01


def test_the_command_line_and_python_hear_the_same_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here the first track is silent: whoever asks, the one with speech is transcribed."""
    said = voice("Why do most people never finish what they start? The answer surprised everyone.")
    tracks = (SoundTrack(np.zeros_like(said), default=True), SoundTrack(said))
    path = make_tracks(tmp_path / "a.mkv", tracks)
    done = CliRunner().invoke(main, ["transcribe", str(path), "--json", "--no-cache"])
    assert done.exit_code == 0, done.output
    printed = [(word["text"], word["start"]) for word in json.loads(done.stdout)["words"]]
    monkeypatch.setenv("CLIPY_STORE", str(tmp_path / "other"))  # nothing is loaded from the first
    pipeline = Pipeline.from_config(load())
    with context(pipeline) as ctx:
        found = pipeline.transcribe(probe(path), ctx)
    assert len(found.words) >= 12
    assert [word for word, _ in printed] == [word.text for word in found.words]
    assert [start for _, start in printed] == pytest.approx([float(word.start) for word in found.words], abs=0.002)
