"""Selection of the audio tracks to transcribe and to use in clips, from a survey and the user's options."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from clipy.analysis.audio.side_repair import repair_track, speech_level, voice_side
from clipy.analysis.audio.speech import FRAME, RATE
from clipy.analysis.audio.track_survey import FLOOR, SPEAKS, Survey
from clipy.errors import ConfigError
from clipy.mixing import Mix, MixInput
from clipy.text.languages import short_code
from clipy.types import AudioStream, Video

_SECONDS = 1.0  # of speech that a track with a voice has at least
_HOLDS = 0.5  # correlation at which a track contains another's voice ...
_AS_LOUD = -6.0  # ... as loud as its own (dB), which makes it a mix of it; quieter, it is bleed
_MORE = 6.0  # dB by which a mix is louder than its parts between speech
_COVERED = 0.9  # share of a mix's speech at which its parts contain all of it
_STANDS_OUT = 8.0  # dB by which speech exceeds the rest of a microphone track; music has no such pauses
_AT_ONCE = 0.35  # share of simultaneous speech below which two tracks are a conversation
_UNDER = 15.0  # dB by which tracks without speech are mixed below speech
_MOST_BALANCE = 20.0  # dB of gain, at most, to make speakers equally loud
_FILLS, _FILLS_SHARE = 3.0, 0.1  # seconds, and share of a track's speech, that another adds while it is silent
_QUIETEST = -70.0  # dBFS (95th percentile) below which a track is empty
_UNKNOWN = ("", "und", "mis", "zxx")  # codes without a language


@dataclass(frozen=True, slots=True)
class TrackChoice:
    """The mix to transcribe, the mix of clips, and notes for the user."""

    speech_mix: Mix
    clip_mix: Mix
    notes: tuple[str, ...]


def choose(
    video: Video,
    found: Survey,
    *,
    track: str = "",
    clip_track: str = "",
    language: str = "",
    spoken: Callable[[int], str] | None = None,
) -> TrackChoice:
    """Choose the mixes of a video that has sound.

    Args:
        video: The video with its audio tracks.
        found: Survey of these tracks.
        track: Track to transcribe: a number (from 1, in file order), a language, a title, or "mix"; empty to choose
            automatically.
        clip_track: The same for the sound of clips; empty for the transcribed mix.
        language: ISO 639-1 code of the preferred language, if any.
        spoken: Detects the language spoken in a track (its index); called where the file does not declare it.

    Raises:
        ConfigError: where there is no such track.

    """
    selector = _TrackSelector(video, found)
    if track:
        speech_mix, clip_mix, notes = selector.named(track, "transcribe.track")
    else:
        speech_mix, clip_mix, notes = selector.automatic(language, spoken)
    if clip_track:
        _, clip_mix, more = selector.named(clip_track, "render.track")
        notes += tuple(note for note in more if note not in notes)
    return TrackChoice(speech_mix, clip_mix, notes)


class _TrackSelector:
    """The tracks of one video, each repaired by itself."""

    def __init__(self, video: Video, found: Survey) -> None:
        self.streams = video.audio
        self.numbers = {
            n: 1 + sorted(s.index for s in video.audio).index(one.index) for n, one in enumerate(video.audio)
        }
        self.tracks = [repair_track(track, number) for number, track in enumerate(found.tracks)]
        self.sides = [voice_side(track) for track in found.tracks]
        self.speech = [speech_level(side) for side in self.sides]
        self.loud = [float(np.percentile(side.level, 95)) if len(side.level) else FLOOR for side in self.sides]
        self.spoken = [side.speech >= SPEAKS for side in self.sides]
        self.similarity = {(one.of, one.within): one for one in found.similarities}

    def named(self, wanted: str, option: str) -> tuple[Mix, Mix, tuple[str, ...]]:
        """The mixes of the track that the user named."""
        if wanted.strip().lower() == "mix":
            mix = self._mixed(range(len(self.streams)))
            return mix, mix, self._repairs(range(len(self.streams)))
        number = _find_track(wanted, self.streams, self.numbers)
        if number is None:
            there = "; ".join(self._name(n) for n in sorted(self.numbers, key=lambda n: self.numbers[n]))
            raise ConfigError(
                f"there is no audio track {wanted!r} ({option})",
                do=f"Choose by number, language or title, or use mix: {there}",
            )
        mix = self.tracks[number].inputs
        return mix, mix, self._repairs([number])

    def automatic(self, language: str, spoken: Callable[[int], str] | None) -> tuple[Mix, Mix, tuple[str, ...]]:
        """The mixes of the track or tracks with speech."""
        count = len(self.streams)
        if count == 1:
            return self.tracks[0].inputs, self.tracks[0].inputs, self._repairs([0])
        there = [n for n in range(count) if self._speaks(n)]
        there = [n for n in there if not self.streams[n].aside] or there
        if not there:
            number = next((n for n in range(count) if self.loud[n] > _QUIETEST), 0)
            note = f"none of {count} audio tracks has speech; using {self._name(number)}"
            return self.tracks[number].inputs, self.tracks[number].inputs, (note,)
        there = self._without_copies(there)
        whole, parts = self._stems(there)
        chosen = self._speakers(parts)
        speech_mix = self._together(chosen) if chosen else ()
        if not chosen:
            chosen = self._with_others(self._preferred(parts, language, spoken), parts)
            speech_mix = self._together(chosen, named=False)
        clip_mix = speech_mix if whole is None else self.tracks[whole].inputs
        notes = self._describe(chosen, whole, named=all(one.speaker for one in speech_mix))
        return speech_mix, clip_mix, (*notes, *self._repairs(chosen if whole is None else [*chosen, whole]))

    def _speaks(self, number: int) -> bool:
        return float(self.spoken[number].sum()) * FRAME / RATE >= _SECONDS

    def _holds(self, within: int, of: int) -> bool:
        """Whether a track contains the speech of another, as loud as its own."""
        similarity = self.similarity.get((of, within))
        if similarity is None or similarity.share < _HOLDS:
            return False
        return similarity.level + self.speech[of] - self.speech[within] >= _AS_LOUD

    def _without_copies(self, there: Sequence[int]) -> list[int]:
        kept: list[int] = []
        for number in there:
            if not any(self._is_copy(number, other) for other in kept):
                kept.append(number)
        return kept

    def _is_copy(self, one: int, other: int) -> bool:
        """Whether two tracks have the same voices and an equal level between speech."""
        same = self._holds(one, other) and self._holds(other, one)
        return same and abs(self._beside(one) - self._beside(other)) <= _MORE

    def _beside(self, number: int) -> float:
        """Level of a track between speech, relative to its speech, in dB."""
        rest = self.sides[number].level[~self.spoken[number]]
        return float(rest.mean()) - self.speech[number] if len(rest) else -_UNDER

    def _is_mix_of(self, whole: int, part: int) -> bool:
        more = self._beside(whole) - self._beside(part) > _MORE
        return self._holds(whole, part) and (more or not self._holds(part, whole))

    def _stems(self, there: list[int]) -> tuple[int | None, list[int]]:
        """A mix and its parts, where these contain all its speech; else None and the tracks that are no such parts."""
        for whole in there:
            parts = [n for n in there if n != whole and self._is_mix_of(whole, n)]
            if not parts:
                continue
            spoken = np.any([self.spoken[n] for n in parts], axis=0)
            covered = float((spoken & self.spoken[whole]).sum()) / max(1, int(self.spoken[whole].sum()))
            if covered >= _COVERED:
                return whole, parts
            return None, [n for n in there if n not in parts]
        return None, there

    def _speakers(self, there: Sequence[int]) -> list[int]:
        """Tracks that are one person's microphone each; empty where any is something else."""
        microphones = [n for n in there if self._stands_out(n)]
        if self._languages(there) > 1 or len(microphones) < 2:
            return []
        return microphones if all(self._in_turn(a, b) for a, b in combinations(microphones, 2)) else []

    def _with_others(self, chosen: int, there: Sequence[int]) -> list[int]:
        """A track, and those with speech while it is silent, so that no speech is lost."""
        if self._languages(there) > 1:
            return [chosen]
        near = np.convolve(self.spoken[chosen], np.ones(2 * RATE // FRAME), mode="same") > 0
        seconds = FRAME / RATE
        enough = max(_FILLS, _FILLS_SHARE * float(self.spoken[chosen].sum()) * seconds)
        others = [
            n
            for n in there
            if n != chosen and float((self.spoken[n] & ~near).sum()) * seconds >= enough and self._in_turn(n, chosen)
        ]
        return [chosen, *others]

    def _languages(self, there: Sequence[int]) -> int:
        return len({code for n in there if (code := (self.streams[n].language or "")) not in _UNKNOWN})

    def _stands_out(self, number: int) -> bool:
        side, spoken = self.sides[number], self.spoken[number]
        return not (~spoken).any() or float(side.level[spoken].mean() - side.level[~spoken].mean()) >= _STANDS_OUT

    def _in_turn(self, one: int, other: int) -> bool:
        """Whether two tracks hardly ever have different voices at the same time."""
        similarity = self.similarity.get((one, other)) or self.similarity.get((other, one))
        return similarity is not None and similarity.at_once < _AT_ONCE

    def _preferred(self, there: Sequence[int], language: str, spoken: Callable[[int], str] | None) -> int:
        """The track in the preferred language, else the first with a clear voice."""
        fits = [n for n in there if language and short_code(self.streams[n].language or "") == short_code(language)]
        if not fits and language and spoken is not None and len(there) > 1 and not self._languages(there):
            fits = [n for n in there if spoken(n) == short_code(language)]
        clear = [n for n in there if self._stands_out(n)]
        return (fits or clear or list(there))[0]

    def _together(self, chosen: Sequence[int], *, named: bool = True) -> Mix:
        """Mix tracks equally loud; where each is a person's microphone (``named``), with its speaker."""
        if len(chosen) == 1:
            return self.tracks[chosen[0]].inputs
        order = sorted(chosen, key=lambda n: int(np.argmax(self.spoken[n])))
        titles = [self.streams[n].title for n in order]
        names = titles if all(titles) and len(set(titles)) == len(titles) else [str(n + 1) for n in range(len(order))]
        loudest = max(self.speech[n] + self.tracks[n].inputs[0].gain for n in order)
        return tuple(
            replace(one, speaker=name if named else None, gain=one.gain + self._balance(n, one, loudest), level=loudest)
            for n, name in zip(order, names, strict=True)
            for one in self.tracks[n].inputs
        )

    def _balance(self, number: int, one: MixInput, loudest: float) -> float:
        return min(_MOST_BALANCE, loudest - self.speech[number] - one.gain)

    def _mixed(self, numbers: Sequence[int]) -> Mix:
        """Mix all tracks, those without speech below those with speech."""
        voices = [n for n in numbers if self._speaks(n) and self._stands_out(n)] or [
            n for n in numbers if self._speaks(n)
        ]
        voices = self._without_copies(voices)
        if not voices:
            return tuple(one for n in numbers for one in self.tracks[n].inputs)
        speakers = self._speakers(voices)
        mix = list(self._together(speakers)) if speakers else [one for n in voices for one in self.tracks[n].inputs]
        level = max(self.speech[n] + self.tracks[n].inputs[0].gain for n in voices)
        for number in numbers:
            if number not in voices and self.loud[number] > _QUIETEST and not self._is_in(number, voices):
                lower = min(0.0, level - _UNDER - self.loud[number])
                mix += [replace(one, gain=one.gain + lower) for one in self.tracks[number].inputs]
        return tuple(mix)

    def _is_in(self, number: int, voices: Sequence[int]) -> bool:
        """Whether a track is another mix of voices that are already included."""
        return any(self._holds(number, voice) for voice in voices)

    def _describe(self, chosen: Sequence[int], whole: int | None, *, named: bool) -> tuple[str, ...]:
        names = " and ".join(self._name(n) for n in chosen)
        rest = [n for n in range(len(self.streams)) if n not in chosen and n != whole]
        silent = bool(rest) and not any(self._speaks(n) for n in rest)
        why = "; no other track has speech" if silent else ""
        if len(chosen) > 1:
            why = "; each is one person's microphone" if named else "; each has speech while the other is silent"
        clip_mix = "" if whole is None else f"; clips use {self._name(whole)}"
        return (f"of {len(self.streams)} audio tracks, transcribing {names}{why}{clip_mix}",)

    def _repairs(self, numbers: Sequence[int]) -> tuple[str, ...]:
        several = len(self.streams) > 1
        return tuple(
            f"{self._name(n)}: {note}" if several else note
            for n in dict.fromkeys(numbers)
            for note in self.tracks[n].notes
        )

    def _name(self, number: int) -> str:
        stream = self.streams[number]
        about = [part for part in (stream.title, stream.language or "") if part not in _UNKNOWN]
        return f"track {self.numbers[number]}" + (f" ({', '.join(about)})" if about else "")


def _find_track(wanted: str, streams: Sequence[AudioStream], numbers: dict[int, int]) -> int | None:
    """The index of the track that the user named."""
    text = wanted.strip().lower()
    if text.isdigit():
        return next((n for n, number in numbers.items() if number == int(text)), None)
    by_language = [n for n, one in enumerate(streams) if short_code(one.language or "") == short_code(text)]
    exact = [n for n, one in enumerate(streams) if one.title.lower() == text]
    part = [n for n, one in enumerate(streams) if text in one.title.lower()]
    return next(iter(exact or by_language or part), None)
