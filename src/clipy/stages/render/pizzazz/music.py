"""``pizzazz = "music"``: background music that fits the clip's mood, cut on beats and ducked under the voice.

``plan`` measures the clip's mood and picks a track by the track's own measured mood. Its segments and its gain over
time are data; ``audio`` decodes the track along with the clip and mixes it in.
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
    analyze_songs,
    clip_choice,
    music_folder,
    package_license,
    song_of,
    songs_in,
)
from clipy.storage.store import file_digest
from clipy.types import Edit, Seconds, Span, Video, seconds

_MOOD_TOLERANCE = 0.08  # distance of moods within which tracks fit a clip equally well
_SOLO_LOUDNESS = -16.0  # LUFS of music in an otherwise silent clip; the renderer normalizes it
_MAX_WORD_GAP = 0.5  # seconds between words that are measured as one stretch of speech

MoodName = Literal[
    "auto", "angry", "calm", "dark", "dramatic", "energetic", "epic", "happy", "melancholic", "nostalgic", "playful",
    "romantic", "sad", "serious", "tender", "tense", "upbeat",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Plan:
    """The track, its segments and its gain over clip time; ``credit`` and moods are for people."""

    fingerprint: str
    file: str
    credit: Credit
    tempo: float
    key: str
    mood: Mood
    clip_mood: Mood
    segments: tuple[Segment, ...]
    gain: tuple[GainPoint, ...]
    kind: str = "music"


_PLAN = TypeAdapter(_Plan)


class Music(Pizzazz):
    """Background music by mood, cut or looped on beats, ducked under speech; its license goes into clips.json."""

    version = 2

    class Options(Pizzazz.Options):
        folder: Path | None = Field(
            None, description="Folder of your own tracks and their licenses. Default: the music of clipy[music]."
        )
        track: Path | None = Field(None, description="Track to use, whatever its mood.")
        mood: MoodName = Field("auto", description="Mood of the music; auto: the mood of the clip.")
        below_speech: float = Field(
            18, ge=6, le=60, description="Level of the music below the speech while somebody speaks, in LU."
        )
        below_pause: float = Field(10, ge=0, le=60, description="Level of the music below the speech in pauses, in LU.")
        fade_in: float = Field(0.5, ge=0, le=30, description="Duration of the fade-in, in seconds.")
        fade_out: float = Field(1.5, ge=0, le=30, description="Duration of the fade-out, in seconds.")

        @model_validator(mode="after")
        def _quieter_under_speech(self) -> Self:
            if self.below_pause > self.below_speech:
                raise ValueError(f"below_pause {self.below_pause} is more than below_speech {self.below_speech}")
            return self

    options: Options

    def plan(self, video: Video, edit: Edit, ctx: Context) -> Edit:
        """Choose and arrange the track; ``plans[name]`` also holds its credits and license."""
        clip_mood = mood_of(video, edit) if self.options.mood == "auto" else MOODS[self.options.mood]
        song, features, mood = self._choose(clip_mood, video, edit, ctx)
        plan = _Plan(
            fingerprint=song.fingerprint,
            file=song.path.name,
            credit=self._credit(song),
            tempo=round(features.tempo, 2),
            key=features.key,
            mood=mood,
            clip_mood=clip_mood,
            segments=tuple((round(a, 6), round(b, 6)) for a, b in arrange(features, float(edit.duration))),
            gain=self._gain(video, edit, features.loudness),
        )
        return replace(edit, plans={**edit.plans, self.name: _PLAN.dump_python(plan, mode="json")})

    def audio(self, audio: Iterator[AudioBlock], edit: Edit, ctx: Context) -> Iterator[AudioBlock]:
        if self.name not in edit.plans:
            raise RenderError("the music of this clip has not been planned", do="Call plan() before audio()")
        plan = _PLAN.validate_python(edit.plans[self.name])
        song = next((song for song in self._songs() if song.fingerprint == plan.fingerprint), None)
        if song is None:
            raise RenderError("the music file is missing", where=plan.file, do="Restore it, or run again")
        return self._mix(audio, plan, song, edit.duration)

    def input_digests(self) -> tuple[str, ...]:
        """The tracks and the files with their credits."""
        files = () if self.options.track is not None else credit_files(self._root())
        return (*sorted(song.fingerprint for song in self._songs()), *(file_digest(path) for path in files))

    def _root(self) -> Path:
        track = self.options.track
        return music_folder(self.options.folder) if track is None else track.expanduser().parent

    def _songs(self) -> list[Song]:
        track = self.options.track
        return songs_in(self._root()) if track is None else [song_of(track.expanduser())]

    def _choose(self, clip_mood: Mood, video: Video, edit: Edit, ctx: Context) -> tuple[Song, SongFeatures, Mood]:
        """The track with the closest mood; among equally close ones, a different one for each clip."""
        songs = [(song, features, _mood(song, features)) for song, features in analyze_songs(self._songs(), ctx)]
        if not songs:
            raise ConfigError("no music could be read", where=self._root(), do="See the warnings above")
        closest = min(mood.distance(clip_mood) for _, _, mood in songs)
        candidates = [item for item in songs if item[2].distance(clip_mood) <= closest + _MOOD_TOLERANCE]
        candidates.sort(key=lambda item: item[0].fingerprint)
        return candidates[clip_choice(len(candidates), video.fingerprint, edit.highlight.span)]

    def _credit(self, song: Song) -> Credit:
        license_, package = package_license(song.path)
        if package:
            return Credit(title=song.path.stem, license=license_, source=package, found=package)
        return credit_of(song.path, self._root())

    def _gain(self, video: Video, edit: Edit, loudness: float) -> tuple[GainPoint, ...]:
        """The gain that puts music of a loudness (LUFS) below the speech, or below all sound without speech."""
        level = _speech_loudness(video, edit)
        if level == -math.inf:
            return ((0.0, round(_SOLO_LOUDNESS - loudness, 2)),)
        speech_gain, pause_gain = (
            round(level - below - loudness, 2) for below in (self.options.below_speech, self.options.below_pause)
        )
        words = edit.clip_words()
        times = [(float(word.start), float(word.end)) for word in words if word.end > word.start]
        return gain_curve(times, speech_gain, pause_gain)

    def _mix(self, audio: Iterator[AudioBlock], plan: _Plan, song: Song, duration: Seconds) -> Iterator[AudioBlock]:
        player: SegmentPlayer | None = None
        for block in audio:
            rate, count = block.rate, block.samples.shape[1]
            player = player or SegmentPlayer(song.path, plan.segments, rate)
            first, total = round(block.time * rate), round(duration * rate)
            ramps = (round(length * rate) for length in (self.options.fade_in, self.options.fade_out))
            gain = gain_factors(plan.gain, first, count, rate) * fade_factors(first, count, total, *ramps)
            yield AudioBlock(block.time, block.samples + player.read(count) * gain, rate)


def _mood(song: Song, features: SongFeatures) -> Mood:
    """The measured mood, averaged with the mood that the file or its folder is named after, if any."""
    named = named_mood(song.path)
    if named is None:
        return features.mood
    valence, energy = (features.mood.valence + named.valence) / 2, (features.mood.energy + named.energy) / 2
    return Mood(round(valence, 4), round(energy, 4))


def _speech_loudness(video: Video, edit: Edit) -> float:
    """The loudness in LUFS of the kept speech, or of all kept sound without speech; -inf for silence."""
    if not video.audio:
        return -math.inf
    spans = _speech_spans(edit) or list(edit.keep)
    blocks = chain.from_iterable(sound(video, span, rate=SAMPLE_RATE, channels=2, mix=video.clip_mix) for span in spans)
    return integrated_loudness(blocks, SAMPLE_RATE)


def _speech_spans(edit: Edit) -> list[Span]:
    """The spans of speech in source time, within what is kept."""
    joined: list[Span] = []
    for word in sorted(edit.words, key=lambda word: word.start):
        if joined and word.start - joined[-1].end < seconds(_MAX_WORD_GAP):
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, word.end))
        else:
            joined.append(word.span)
    parts = (speech.clamp(span) for speech in joined for span in edit.keep)
    return [part for part in parts if part.duration > 0]
