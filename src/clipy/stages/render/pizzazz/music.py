"""Music: background music that fits the clip's mood, on beats, under the voice, with its licence kept.

``plan`` measures the clip's mood and picks a track by the track's own measured mood; how loud it is when, and which
pieces of it are played, is data. ``audio`` decodes the track along with the clip and adds it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, TypeAdapter, model_validator

from clipy.analysis.audio.songs import MOODS, Mood, Song, SongFeatures, named_mood
from clipy.analysis.meaning.mood import mood_of
from clipy.context import Context
from clipy.errors import ConfigError, RenderError
from clipy.media.aac import SAMPLE_RATE
from clipy.media.frame import AudioBlock
from clipy.media.loudness import integrated_loudness
from clipy.media.read import sound
from clipy.stages.base import Pizzazz
from clipy.stages.render.pizzazz.music_mix.arrangement import Segment, SegmentPlayer, arrange
from clipy.stages.render.pizzazz.music_mix.credits import Credit, credit_files, credit_of
from clipy.stages.render.pizzazz.music_mix.ducking import GainPoint, fade_factors, gain_curve, gain_factors
from clipy.stages.render.pizzazz.music_mix.music_library import (
    listened_all,
    music_folder,
    package_licence,
    song_of,
    songs_in,
    turn,
)
from clipy.storage.store import file_digest
from clipy.types import Edit, Seconds, Span, Video, seconds

_NEAR = 0.08  # distance of moods within which two tracks fit a clip as well
_ALONE = -16.0  # LUFS of music in a clip without any other sound; the renderer brings it to the clip's loudness
_JOINED = 0.5  # seconds between words that are measured as one stretch of speech

MoodName = Literal[
    "auto", "angry", "calm", "dark", "dramatic", "energetic", "epic", "happy", "melancholic", "nostalgic", "playful",
    "romantic", "sad", "serious", "tender", "tense", "upbeat",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which track, which of its pieces, and its gain over clip time; ``credit`` and moods are for people."""

    fingerprint: str
    file: str
    credit: Credit
    tempo: float
    key: str
    mood: Mood
    clip_mood: Mood
    pieces: tuple[Segment, ...]
    gain: tuple[GainPoint, ...]
    kind: str = "music"


_PLAN = TypeAdapter(_Plan)


class Music(Pizzazz):
    """Background music by mood, cut or looped on beats, ducked under speech; its licence goes into clips.json."""

    class Options(Pizzazz.Options):
        folder: Path | None = Field(
            None, description="Folder of your tracks, with licences beside them; else the music of clipy[music]."
        )
        track: Path | None = Field(None, description="This very track, whatever its mood.")
        mood: MoodName = Field("auto", description="The mood to look for; auto: the clip's own.")
        below_speech: float = Field(
            18, ge=6, le=60, description="How much softer than the speech the music is while somebody speaks, in LU."
        )
        below_pause: float = Field(
            10, ge=0, le=60, description="How much softer than the speech it is while nobody speaks, in LU."
        )
        fade_in: float = Field(0.5, ge=0, le=30, description="Seconds in which it comes.")
        fade_out: float = Field(1.5, ge=0, le=30, description="Seconds in which it goes.")

        @model_validator(mode="after")
        def _softer_under_speech(self) -> Self:
            if self.below_pause > self.below_speech:
                raise ValueError(f"below_pause {self.below_pause} is more than below_speech {self.below_speech}")
            return self

    options: Options

    def plan(self, video: Video, edit: Edit, ctx: Context) -> Edit:
        """Pick the track and lay it out: ``plans[name]`` also says whose it is and under which licence."""
        wanted = mood_of(video, edit) if self.options.mood == "auto" else MOODS[self.options.mood]
        song, heard, mood = self._picked(wanted, video, edit, ctx)
        plan = _Plan(
            fingerprint=song.fingerprint,
            file=song.path.name,
            credit=self._credit(song),
            tempo=round(heard.tempo, 2),
            key=heard.key,
            mood=mood,
            clip_mood=wanted,
            pieces=tuple((round(a, 6), round(b, 6)) for a, b in arrange(heard, float(edit.duration))),
            gain=self._gain(video, edit, heard.loudness),
        )
        return replace(edit, plans={**edit.plans, self.name: _PLAN.dump_python(plan, mode="json")})

    def audio(self, audio: Iterator[AudioBlock], edit: Edit, ctx: Context) -> Iterator[AudioBlock]:
        if self.name not in edit.plans:
            raise RenderError("the music of this clip was never planned", do="Call plan() before audio()")
        plan = _PLAN.validate_python(edit.plans[self.name])
        song = next((song for song in self._songs() if song.fingerprint == plan.fingerprint), None)
        if song is None:
            raise RenderError("the music is no longer there", where=plan.file, do="Put it back, or run again")
        return self._mixed(audio, plan, song, edit.duration)

    def input_digests(self) -> tuple[str, ...]:
        """The tracks, and what tells their licences: another choice of them is another result."""
        told = () if self.options.track is not None else credit_files(self._root())
        return (*sorted(song.fingerprint for song in self._songs()), *(file_digest(path) for path in told))

    def _root(self) -> Path:
        track = self.options.track
        return music_folder(self.options.folder) if track is None else track.expanduser().parent

    def _songs(self) -> list[Song]:
        track = self.options.track
        return songs_in(self._root()) if track is None else [song_of(track.expanduser())]

    def _picked(self, wanted: Mood, video: Video, edit: Edit, ctx: Context) -> tuple[Song, SongFeatures, Mood]:
        """The track whose mood is nearest; among those that are as near, one by the clip's fingerprint."""
        found = [(song, heard, _mood(song, heard)) for song, heard in listened_all(self._songs(), ctx)]
        if not found:
            raise ConfigError("no music could be read", where=self._root(), do="See the warnings above")
        nearest = min(mood.distance(wanted) for _, _, mood in found)
        near = [item for item in found if item[2].distance(wanted) <= nearest + _NEAR]
        near.sort(key=lambda item: item[0].fingerprint)
        return near[turn(len(near), video.fingerprint, edit.highlight.span)]

    def _credit(self, song: Song) -> Credit:
        licence, package = package_licence(song.path)
        if package:
            return Credit(title=song.path.stem, license=licence, source=package, found=package)
        return credit_of(song.path, self._root())

    def _gain(self, video: Video, edit: Edit, loudness: float) -> tuple[GainPoint, ...]:
        """The gain that puts music of a loudness so far below the speech; the whole sound where nobody speaks."""
        level = _level(video, edit)
        if level == -math.inf:
            return ((0.0, round(_ALONE - loudness, 2)),)
        down, up = (
            round(level - below - loudness, 2) for below in (self.options.below_speech, self.options.below_pause)
        )
        words = edit.clip_words()
        return gain_curve([(float(word.start), float(word.end)) for word in words if word.end > word.start], down, up)

    def _mixed(self, audio: Iterator[AudioBlock], plan: _Plan, song: Song, duration: Seconds) -> Iterator[AudioBlock]:
        player: SegmentPlayer | None = None
        for block in audio:
            rate, count = block.rate, block.samples.shape[1]
            player = player or SegmentPlayer(song.path, plan.pieces, rate)
            first, total = round(block.time * rate), round(duration * rate)
            ramps = (round(length * rate) for length in (self.options.fade_in, self.options.fade_out))
            gain = gain_factors(plan.gain, first, count, rate) * fade_factors(first, count, total, *ramps)
            yield AudioBlock(block.time, block.samples + player.read(count) * gain, rate)


def _mood(song: Song, heard: SongFeatures) -> Mood:
    """What is measured, and where the file or its folder is named after a mood, halfway to that."""
    named = named_mood(song.path)
    if named is None:
        return heard.mood
    valence, energy = (heard.mood.valence + named.valence) / 2, (heard.mood.energy + named.energy) / 2
    return Mood(round(valence, 4), round(energy, 4))


def _level(video: Video, edit: Edit) -> float:
    """The loudness in LUFS of the speech that is kept; of all sound where nobody speaks; -inf for silence."""
    if not video.audio:
        return -math.inf
    stretches = _speech(edit) or list(edit.keep)
    blocks = chain.from_iterable(
        sound(video, span, rate=SAMPLE_RATE, channels=2, mix=video.clip_mix) for span in stretches
    )
    return integrated_loudness(blocks, SAMPLE_RATE)


def _speech(edit: Edit) -> list[Span]:
    """When words are said, in source time, as far as it is kept."""
    joined: list[Span] = []
    for word in sorted(edit.words, key=lambda word: word.start):
        if joined and word.start - joined[-1].end < seconds(_JOINED):
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, word.end))
        else:
            joined.append(word.span)
    parts = (stretch.clamp(span) for stretch in joined for span in edit.keep)
    return [part for part in parts if part.duration > 0]
