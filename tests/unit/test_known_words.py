"""In the run that made it, a clip is transcribed again only where that can find something."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from clipy.analysis.base import Transcriber
from clipy.analysis.clip_qc.known_words import sounds_alike
from clipy.analysis.clip_qc.retranscribe import retranscribe
from clipy.context import Context
from clipy.media.read import sound_array
from clipy.types import Clip, Transcript, Video, Word
from tests.spoken_clips import Heard, captioned, hearing, said, source, spoken_words

RATE = 16_000


class Listening(Heard):
    """Remembers how loud what it was given is, second by second."""

    given: list[list[float]]

    def transcribe(self, video: Video, ctx: Context) -> Transcript:
        samples = sound_array(video, video.span, rate=RATE)[0]
        seconds = range(0, len(samples) - RATE, RATE)
        self.given.append([float(np.abs(samples[at : at + RATE]).mean()) for at in seconds])
        return super().transcribe(video, ctx)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Clip, Video, tuple[Word, ...], Path]:
    folder = tmp_path_factory.mktemp("known")
    speech = said()
    words = spoken_words(speech)
    video = source(folder / "source.mp4", speech)
    return captioned(folder, "clip", video, words, hearing(folder, words)), video, words, folder


@pytest.fixture
def run(world: tuple[Clip, Video, tuple[Word, ...], Path], tmp_path: Path) -> tuple[Context, Listening]:
    listening = Listening()
    listening.words, listening.given = world[2], []
    ctx = hearing(tmp_path, world[2])
    return replace(
        ctx, video=world[1], transcribed=True, analysers={**ctx.analysers, Transcriber: listening}
    ), listening


def test_a_clip_that_sounds_like_its_source_is_not_heard_again(
    world: tuple[Clip, Video, tuple[Word, ...], Path], run: tuple[Context, Listening]
) -> None:
    clip, _, words, _ = world
    assert retranscribe(clip, run[0]).words == words
    assert run[1].given == []


def test_without_its_run_all_of_a_clip_is_heard(
    world: tuple[Clip, Video, tuple[Word, ...], Path], run: tuple[Context, Listening]
) -> None:
    retranscribe(world[0], replace(run[0], transcribed=False))
    assert len(run[1].given) == 1


def test_a_clip_that_is_out_of_step_with_its_source_is_heard_again(
    world: tuple[Clip, Video, tuple[Word, ...], Path], run: tuple[Context, Listening]
) -> None:
    clip, video, _, _ = world
    assert clip.edit is not None
    late = replace(clip.edit, keep=(replace(video.span, start=Fraction(1, 5)),))
    retranscribe(replace(clip, edit=late), run[0])
    assert len(run[1].given) == 1


def test_only_speech_without_words_is_heard_again(
    world: tuple[Clip, Video, tuple[Word, ...], Path], run: tuple[Context, Listening]
) -> None:
    clip, _, words, _ = world
    assert clip.edit is not None
    half = len(words) // 2
    found = retranscribe(replace(clip, edit=replace(clip.edit, words=words[:half])), run[0])
    assert [word.text for word in found.words] == [word.text for word in words]
    ((*first, last),) = run[1].given
    assert first[0] == 0, "what has words is silent"
    assert last > 0


def test_words_that_the_transcriber_was_unsure_of_are_heard_again(
    world: tuple[Clip, Video, tuple[Word, ...], Path], run: tuple[Context, Listening]
) -> None:
    clip, _, words, _ = world
    assert clip.edit is not None
    guessed = tuple(replace(word, probability=0.2) if n < 4 else word for n, word in enumerate(words))
    found = retranscribe(replace(clip, edit=replace(clip.edit, words=guessed)), run[0])
    assert len(run[1].given) == 1
    assert found.words[0].probability == 1


def test_words_in_silence_were_not_said(
    world: tuple[Clip, Video, tuple[Word, ...], Path], run: tuple[Context, Listening]
) -> None:
    clip, video, words, _ = world
    assert clip.edit is not None
    end = video.duration
    invented = Word("thanks", end - Fraction(1, 10), end)
    found = retranscribe(replace(clip, edit=replace(clip.edit, words=(*words, invented))), run[0])
    assert invented not in found.words


@pytest.mark.parametrize(("change", "alike"), [("level", True), ("shift", False), ("music", False), ("other", False)])
def test_sounds_are_alike_whatever_their_level(change: str, alike: bool) -> None:
    chance = np.random.default_rng(1)
    loudness = np.repeat(chance.uniform(0, 0.5, 80), RATE // 8)
    voice = (loudness * chance.standard_normal(len(loudness))).astype(np.float32)
    times = np.arange(len(voice)) / RATE
    changed = {
        "level": 0.3 * voice,
        "shift": np.roll(voice, RATE // 5),
        "music": voice + (0.6 * np.sin(2 * np.pi * 220 * times) * (1 + np.sin(9 * times))).astype(np.float32),
        "other": voice[::-1],
    }[change]
    assert sounds_alike(changed, voice) == alike
