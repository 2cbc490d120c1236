"""Which sound tracks of a video are heard, by what a survey of them found and by what a person asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from clipy.analysis.audio.side_repair import repaired, speech_level, voice_of
from clipy.analysis.audio.speech import FRAME, RATE
from clipy.analysis.audio.track_survey import FLOOR, SPEAKS, Survey
from clipy.errors import ConfigError
from clipy.mixing import Mix, MixInput
from clipy.text.languages import short_code
from clipy.types import AudioStream, Video

_SECONDS = 1.0  # of speech from which somebody speaks in a track
_HOLDS = 0.5  # correlation from which a track holds another's voice ...
_AS_LOUD = -6.0  # ... as loud as its own (dB): it is a mix of it; quieter, it is heard across the room
_MORE = 6.0  # dB by which it is louder than its parts while nobody speaks in them
_COVERED = 0.9  # share of a mix's speech that its parts hold, from which they hold all of it
_STANDS_OUT = 8.0  # dB by which speech is louder than the rest of a microphone's track; music has no such pauses
_AT_ONCE = 0.35  # share of the speech that is at the same time, below which two tracks are a conversation
_UNDER = 15.0  # dB by which tracks without speech lie below it in a mix
_MOST_BALANCE = 20.0  # dB by which speakers are made equally loud
_FILLS, _FILLS_SHARE = 3.0, 0.1  # seconds, and share, of a track's speech that another adds while it is silent
_QUIETEST = -70.0  # dBFS (95th percentile) of a track that holds something
_UNKNOWN = ("", "und", "mis", "zxx")  # languages that say nothing


@dataclass(frozen=True, slots=True)
class Choice:
    """What is listened to, what clips sound like, and what people should know about it."""

    speech_mix: Mix
    clip_mix: Mix
    notes: tuple[str, ...]


def choose(video: Video, found: Survey, *, track: str = "", clip_track: str = "", language: str = "") -> Choice:
    """Decide what is heard of a video with sound.

    Args:
        video: Its ``audio`` are the tracks that there are.
        found: What was measured in them.
        track: What a person asked to be transcribed: a number (from 1, in the order of the file), a language, a title,
            or "mix"; empty if it is to be found out.
        clip_track: The same for the sound of clips; empty for what is transcribed.
        language: ISO 639-1 code of the language that is wanted, if any.

    Raises:
        ConfigError: when there is no such track.

    """
    desk = _Desk(video, found)
    heard, sounded, notes = desk.asked(track, "transcribe.track") if track else desk.found_out(language)
    if clip_track:
        _, sounded, more = desk.asked(clip_track, "render.track")
        notes += tuple(note for note in more if note not in notes)
    return Choice(heard, sounded, notes)


class _Desk:
    """The tracks of one video, repaired each by itself."""

    def __init__(self, video: Video, found: Survey) -> None:
        self.streams = video.audio
        self.numbers = {
            n: 1 + sorted(s.index for s in video.audio).index(one.index) for n, one in enumerate(video.audio)
        }
        self.tracks = [repaired(track, number) for number, track in enumerate(found.tracks)]
        self.sides = [voice_of(track) for track in found.tracks]
        self.speech = [speech_level(side) for side in self.sides]
        self.loud = [float(np.percentile(side.level, 95)) if len(side.level) else FLOOR for side in self.sides]
        self.spoken = [side.speech >= SPEAKS for side in self.sides]
        self.likeness = {(one.of, one.within): one for one in found.likenesses}

    def asked(self, wanted: str, option: str) -> tuple[Mix, Mix, tuple[str, ...]]:
        """What a person asked for."""
        if wanted.strip().lower() == "mix":
            mix = self._mixed(range(len(self.streams)))
            return mix, mix, self._repairs(range(len(self.streams)))
        number = _named(wanted, self.streams, self.numbers)
        if number is None:
            there = "; ".join(self._name(n) for n in sorted(self.numbers, key=lambda n: self.numbers[n]))
            raise ConfigError(
                f"there is no sound track {wanted!r} ({option})",
                do=f"Choose by number, language or title, or mix: {there}",
            )
        mix = self.tracks[number].inputs
        return mix, mix, self._repairs([number])

    def found_out(self, language: str) -> tuple[Mix, Mix, tuple[str, ...]]:
        """What is best listened to: the track, or the tracks, in which people speak."""
        count = len(self.streams)
        if count == 1:
            return self.tracks[0].inputs, self.tracks[0].inputs, self._repairs([0])
        there = [n for n in range(count) if self._speaks(n)]
        there = [n for n in there if not self.streams[n].aside] or there
        if not there:
            number = next((n for n in range(count) if self.loud[n] > _QUIETEST), 0)
            note = f"nobody is heard in any of {count} sound tracks; {self._name(number)} is used"
            return self.tracks[number].inputs, self.tracks[number].inputs, (note,)
        there = self._without_copies(there)
        whole, parts = self._stems(there)
        chosen = self._speakers(parts)
        heard = self._together(chosen) if chosen else ()
        if not chosen:
            chosen = self._with_others(self._preferred(parts, language), parts)
            heard = self._together(chosen, named=False)
        sounded = heard if whole is None else self.tracks[whole].inputs
        notes = self._told(chosen, whole, named=all(one.speaker for one in heard))
        return heard, sounded, (*notes, *self._repairs(chosen if whole is None else [*chosen, whole]))

    def _speaks(self, number: int) -> bool:
        return float(self.spoken[number].sum()) * FRAME / RATE >= _SECONDS

    def _holds(self, within: int, of: int) -> bool:
        """Whether a track holds all that is said in another, as loud as its own."""
        likeness = self.likeness.get((of, within))
        if likeness is None or likeness.share < _HOLDS:
            return False
        return likeness.level + self.speech[of] - self.speech[within] >= _AS_LOUD

    def _without_copies(self, there: Sequence[int]) -> list[int]:
        kept: list[int] = []
        for number in there:
            if not any(self._alike(number, other) for other in kept):
                kept.append(number)
        return kept

    def _alike(self, one: int, other: int) -> bool:
        """Whether two tracks hold the same voices, and as much beside them."""
        same = self._holds(one, other) and self._holds(other, one)
        return same and abs(self._beside(one) - self._beside(other)) <= _MORE

    def _beside(self, number: int) -> float:
        """How loud a track is while nobody speaks, against its speech, in dB."""
        rest = self.sides[number].level[~self.spoken[number]]
        return float(rest.mean()) - self.speech[number] if len(rest) else -_UNDER

    def _is_mix_of(self, whole: int, part: int) -> bool:
        more = self._beside(whole) - self._beside(part) > _MORE
        return self._holds(whole, part) and (more or not self._holds(part, whole))

    def _stems(self, there: list[int]) -> tuple[int | None, list[int]]:
        """A track that is a mix of others, if those hold all its speech, and those; or all that is no part of a mix."""
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
        """Tracks that are one person's microphone each; none where they are something else."""
        microphones = [n for n in there if self._stands_out(n)]
        if self._languages(there) > 1 or len(microphones) < 2:
            return []
        return microphones if all(self._in_turn(a, b) for a, b in combinations(microphones, 2)) else []

    def _with_others(self, chosen: int, there: Sequence[int]) -> list[int]:
        """A track, and those in which somebody speaks while it is silent: what they say is not to be lost."""
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
        """Whether two tracks hardly ever have voices of their own at the same time."""
        likeness = self.likeness.get((one, other)) or self.likeness.get((other, one))
        return likeness is not None and likeness.at_once < _AT_ONCE

    def _preferred(self, there: Sequence[int], language: str) -> int:
        """Of tracks that say the same, or different things, the one in the wanted language, else the first voice."""
        fits = [n for n in there if language and short_code(self.streams[n].language or "") == short_code(language)]
        clear = [n for n in there if self._stands_out(n)]
        return (fits or clear or list(there))[0]

    def _together(self, chosen: Sequence[int], *, named: bool = True) -> Mix:
        """One track, or several, equally loud; where each is a person's microphone (``named``), with its speaker."""
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
        """All tracks; those in which nobody speaks below those in which somebody does."""
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
        """Whether a track is heard already: another mix of the same voices."""
        return any(self._holds(number, voice) for voice in voices)

    def _told(self, chosen: Sequence[int], whole: int | None, *, named: bool) -> tuple[str, ...]:
        names = " and ".join(self._name(n) for n in chosen)
        rest = [n for n in range(len(self.streams)) if n not in chosen and n != whole]
        silent = bool(rest) and not any(self._speaks(n) for n in rest)
        verb = "are" if len(chosen) > 1 else "is"
        why = "; somebody speaks there, and in no other" if silent else ""
        if len(chosen) > 1:
            why = (
                "; each is one person's microphone" if named else "; somebody speaks in each while the other is silent"
            )
        sounded = "" if whole is None else f", and clips sound like {self._name(whole)}"
        return (f"of {len(self.streams)} sound tracks, {names} {verb} listened to{why}{sounded}",)

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


def _named(wanted: str, streams: Sequence[AudioStream], numbers: dict[int, int]) -> int | None:
    """The track that a person means."""
    text = wanted.strip().lower()
    if text.isdigit():
        return next((n for n, number in numbers.items() if number == int(text)), None)
    by_language = [n for n, one in enumerate(streams) if short_code(one.language or "") == short_code(text)]
    exact = [n for n, one in enumerate(streams) if one.title.lower() == text]
    part = [n for n, one in enumerate(streams) if text in one.title.lower()]
    return next(iter(exact or by_language or part), None)
