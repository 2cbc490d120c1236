"""Who says which word in the clips of a run, by voices and, where the reframer watches who speaks, by faces too.

All voices are diarized at once. Faces become known clip by clip, as clips are made: each time they are merged with
earlier ones, and what has been decided stays, so that a person has one name in all clips.
"""

from __future__ import annotations

import logging
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from clipy.analysis.base import Diarizer
from clipy.analysis.faces.tracking.identities import assign_identities, on_screen_together
from clipy.analysis.people.speaking import appearances
from clipy.analysis.people.turns import smooth_by_sentence, turns_of, without_rare_speakers, words_to_turns
from clipy.analysis.people.voice_face_map import VoiceFaceMap, map_voices_to_faces
from clipy.analysis.people.word_attribution import assign_speakers
from clipy.analysis.perception import transcript_of
from clipy.context import Context
from clipy.errors import MediaError, ModelError
from clipy.types import Highlight, Span, Track, Transcript, Turn, Video, Word

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SpeakerAttribution:
    """Every word of a video with its speaker, and all people in an order that stays.

    ``turns`` come from diarization, where there was any. ``seen`` are the spans in which
    faces counted too, ``faces`` the tracks of each, ``names`` the name of each track, one after the other, if it is
    that of somebody who speaks. ``voices`` are the names of those who may have each voice.
    """

    transcript: Transcript
    people: tuple[str, ...] = ()
    turns: tuple[Turn, ...] = ()
    seen: tuple[Span, ...] = ()
    faces: tuple[list[Track], ...] = ()
    names: tuple[str | None, ...] = ()
    voices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    conversation: tuple[Span, ...] = ()  # what was diarized together

    @classmethod
    def from_audio(cls, video: Video, highlights: Iterable[Highlight], ctx: Context) -> SpeakerAttribution:
        """Who says what in some highlights, by voice alone. Speakers that subtitles name are kept."""
        transcript = transcript_of(video, ctx)
        spans = [pick.span for pick in highlights]
        known = tuple(dict.fromkeys(word.speaker for word in transcript.words if word.speaker))
        if known or Diarizer not in ctx.analysers or not any(transcript.within(span) for span in spans):
            return cls(transcript, known, conversation=ctx.conversation)
        try:
            turns = turns_of(video, Span(min(spans).start, max(span.end for span in spans)), ctx)
        except ModelError as error:
            log.warning("diarization failed; words have no speakers: %s", error)
            return cls(transcript, conversation=ctx.conversation)
        spoken = smooth_by_sentence(words_to_turns(transcript, turns))
        spoken = _rename_rare(spoken, spans)
        heard = _heard(spoken, spans)
        people = tuple(dict.fromkeys(turn.speaker for turn in turns if turn.speaker in heard))
        return cls(spoken, people, tuple(turns), conversation=ctx.conversation)

    @property
    def speakers(self) -> tuple[str, ...]:
        """Everybody who speaks in the highlights; empty where all words have one voice."""
        return () if self.turns and len(self.people) < 2 else self.people

    def within(self, span: Span) -> tuple[Word, ...]:
        """The words of a span, with their speakers."""
        words = self.transcript.within(span)
        return tuple(words if self.speakers else (replace(word, speaker=None) for word in words))

    def names_in(self, span: Span) -> dict[int, str]:
        """The names of the faces in the span of a clip, by the ids of their tracks; only of those who speak."""
        named = iter(self.names)
        found = {}
        for seen, tracks in zip(self.seen, self.faces, strict=True):
            for track, name in zip(tracks, named, strict=False):
                if seen == span and name is not None:
                    found[track.id] = name
        return found

    def add_faces(self, video: Video, faces: Iterable[tuple[Span, list[Track]]], ctx: Context) -> SpeakerAttribution:
        """The same, joined with the faces in the spans of clips: tracks with the detector's own scores."""
        clips = list(faces)
        if not self.turns or not clips:
            return self
        try:
            return self._joined(video, [span for span, _ in clips], self._with_new(clips), ctx)
        except (MediaError, ModelError) as error:
            log.warning("words get their speakers by voice alone: %s", error)
            return self

    def _joined(
        self, video: Video, spans: Sequence[Span], faces: tuple[list[Track], ...], ctx: Context
    ) -> SpeakerAttribution:
        tracks = _identify(video, faces, ctx, voices=len({turn.speaker for turn in self.turns}))
        found = map_voices_to_faces(tracks, self.turns, self._decided(tracks))
        known = self.people if self.seen else ()
        transcript = _rename_rare(self._assigned(spans, tracks, found), (*self.seen, *spans), known)
        heard = _heard(transcript, (*self.seen, *spans))
        return replace(
            self,
            transcript=transcript,
            people=tuple(dict.fromkeys([*known, *(n for n in found.names if n in heard)])),
            seen=(*self.seen, *spans),
            faces=faces,
            names=tuple(None if track.identity is None else found.faces.get(track.identity) for track in tracks),
            voices=found.voices,
        )

    def _with_new(self, clips: Sequence[tuple[Span, list[Track]]]) -> tuple[list[Track], ...]:
        """The faces of each clip so far; where clips overlap, those of the earlier one."""
        seen, faces = list(self.seen), list(self.faces)
        for span, tracks in clips:
            faces.append([track for track in tracks if not any(track.shot.overlap(other) > 0 for other in seen)])
            seen.append(span)
        return tuple(faces)

    def _decided(self, tracks: Sequence[Track]) -> VoiceFaceMap:
        """What earlier clips show already, for identities that were counted again: their tracks come first."""
        faces: dict[int, str] = {}
        for name, track in zip(self.names, tracks, strict=False):
            if name is not None and track.identity is not None:
                faces.setdefault(track.identity, name)
        heard = {turn.speaker for turn in self.turns if any(turn.span.overlap(span) > 0 for span in self.seen)}
        return VoiceFaceMap(faces, {voice: names for voice, names in self.voices.items() if voice in heard})

    def _assigned(self, spans: Sequence[Span], tracks: Sequence[Track], found: VoiceFaceMap) -> Transcript:
        """The words with their speakers in some spans; words of earlier clips keep theirs."""
        words = list(self.transcript.words)
        middles = [(word.start + word.end) / 2 for word in words]
        done = list(self.seen)
        for span in spans:
            places = [n for n, at in enumerate(middles) if at in span and not any(at in other for other in done)]
            for place, word in zip(places, assign_speakers([words[n] for n in places], tracks, found), strict=True):
                words[place] = word
            done.append(span)
        return replace(self.transcript, words=tuple(words))


def _heard(transcript: Transcript, spans: Iterable[Span]) -> set[str | None]:
    """Who says a word in some spans."""
    return {word.speaker for span in spans for word in transcript.within(span)}


def _rename_rare(transcript: Transcript, spans: Sequence[Span], known: Container[str] = ()) -> Transcript:
    """The transcript with ``without_rare_speakers`` applied to the words of some spans."""
    places = [n for n, word in enumerate(transcript.words) if any((word.start + word.end) / 2 in s for s in spans)]
    words = list(transcript.words)
    for place, word in zip(places, without_rare_speakers([words[n] for n in places], known), strict=True):
        words[place] = word
    return replace(transcript, words=tuple(words))


def _identify(video: Video, faces: Sequence[list[Track]], ctx: Context, voices: int) -> list[Track]:
    """The tracks of all clips with their identities, by looks.

    Nobody looks where there is one voice and never two faces on screen at once: then nothing tells two people apart,
    and each track is a person.
    """
    tracks = [track for some in faces for track in some]
    if not tracks or (voices < 2 and int(on_screen_together(tracks).sum()) == len(tracks)):
        return [replace(track, identity=number) for number, track in enumerate(tracks)]
    looks = [appearances(video, some, ctx) for some in faces if some]
    return assign_identities(tracks, np.concatenate(looks))
