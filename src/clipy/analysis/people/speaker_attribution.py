"""Who says which word in the clips of a run: told by voices and, where the reframer watches who speaks, by faces too.

Voices are told apart in all candidates at once. Faces are known clip by clip, as clips are made: each time they are
joined with those before, and whatever has been decided stays, so that a person has one name in all clips.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from clipy.analysis.faces.base import FaceDetector
from clipy.analysis.faces.tracking.identities import at_once, identified
from clipy.analysis.people.turns import conversation, smooth_by_sentence, speakers, words_to_turns
from clipy.analysis.people.voice_face_map import VoiceFaceMap
from clipy.analysis.people.voice_face_map import cast as cast_of
from clipy.analysis.people.word_attribution import assign_speakers
from clipy.analysis.perception import tracks_of, transcript_of
from clipy.context import Context
from clipy.errors import MediaError, ModelError
from clipy.types import Highlight, Span, Track, Transcript, Turn, Video, Word

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SpeakerAttribution:
    """Every word of a video with who says it, and everybody in an order that stays.

    ``turns`` are of the voices by which words were told apart, if they were. ``seen`` are the stretches in which faces
    counted too, ``faces`` those of each, ``names`` who each of them is, one after the other, if somebody who speaks.
    """

    transcript: Transcript
    people: tuple[str, ...] = ()
    turns: tuple[Turn, ...] = ()
    seen: tuple[Span, ...] = ()
    faces: tuple[list[Track], ...] = ()
    names: tuple[str | None, ...] = ()
    voices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def from_audio(cls, video: Video, highlights: Iterable[Highlight], ctx: Context) -> SpeakerAttribution:
        """Who says what in some highlights, by voice alone."""
        spoken = transcript_of(video, ctx)
        turns = conversation(video, spoken, [pick.span for pick in highlights], ctx)
        return cls(
            smooth_by_sentence(words_to_turns(spoken, turns)) if turns else spoken,
            speakers(spoken, turns),
            tuple(turns),
        )

    @property
    def speakers(self) -> tuple[str, ...]:
        """Everybody who speaks; nobody by name where one voice is all that is heard."""
        return () if self.turns and len(self.people) < 2 else self.people

    def within(self, span: Span) -> tuple[Word, ...]:
        """The words of a stretch, with their speakers."""
        words = self.transcript.within(span)
        return tuple(words if self.speakers else (replace(word, speaker=None) for word in words))

    def add_faces(self, video: Video, clips: Iterable[Highlight], ctx: Context) -> SpeakerAttribution:
        """The same, with the faces of clips that were just framed by a reframer that watches who speaks."""
        spans = tuple(clip.span for clip in clips)
        if not self.turns or not spans:
            return self
        try:
            faces = self._faces(video, spans, ctx)
            tracks = _known(video, faces, ctx, voices=len({turn.speaker for turn in self.turns}))
        except (MediaError, ModelError) as error:
            log.warning("who speaks is told by voice alone: %s", error)
            return self
        cast = cast_of(tracks, self.turns, self._decided(tracks))
        return replace(
            self,
            transcript=self._told(spans, tracks, cast),
            people=tuple(dict.fromkeys([*(self.people if self.seen else ()), *cast.names])),
            seen=(*self.seen, *spans),
            faces=faces,
            names=tuple(None if track.identity is None else cast.faces.get(track.identity) for track in tracks),
            voices=cast.voices,
        )

    def _faces(self, video: Video, spans: Sequence[Span], ctx: Context) -> tuple[list[Track], ...]:
        """The faces of each clip so far, as its reframer has them; of those that overlap, the later one's rest."""
        seen, faces = list(self.seen), list(self.faces)
        for span in spans:
            found = tracks_of(video, span, ctx)
            faces.append([track for track in found if not any(track.shot.overlap(other) > 0 for other in seen)])
            seen.append(span)
        return tuple(faces)

    def _decided(self, tracks: Sequence[Track]) -> VoiceFaceMap:
        """What earlier clips show already, for identities that were counted anew: their tracks come first."""
        faces: dict[int, str] = {}
        for name, track in zip(self.names, tracks, strict=False):
            if name is not None and track.identity is not None:
                faces.setdefault(track.identity, name)
        heard = {turn.speaker for turn in self.turns if any(turn.span.overlap(span) > 0 for span in self.seen)}
        return VoiceFaceMap(faces, {voice: names for voice, names in self.voices.items() if voice in heard})

    def _told(self, spans: Sequence[Span], tracks: Sequence[Track], cast: VoiceFaceMap) -> Transcript:
        """The words with the people who say them, in some spans; those of earlier clips stay as they are."""
        words = list(self.transcript.words)
        middles = [(word.start + word.end) / 2 for word in words]
        done = list(self.seen)
        for span in spans:
            places = [n for n, at in enumerate(middles) if at in span and not any(at in other for other in done)]
            for place, word in zip(places, assign_speakers([words[n] for n in places], tracks, cast), strict=True):
                words[place] = word
            done.append(span)
        return replace(self.transcript, words=tuple(words))


def _known(video: Video, faces: Sequence[list[Track]], ctx: Context, voices: int) -> list[Track]:
    """The faces of all clips with who is whom, by looks.

    Nobody looks where a single voice is heard and two faces are never on screen at once: then nothing tells two people
    apart, and each face is by itself.
    """
    tracks = [track for some in faces for track in some]
    if not tracks or (voices < 2 and int(at_once(tracks).sum()) == len(tracks)):
        return [replace(track, identity=number) for number, track in enumerate(tracks)]
    appearance = ctx.analyser(FaceDetector).appearance
    looks = [ctx.cached(appearance, video, some) for some in faces if some]
    return identified(tracks, np.concatenate(looks))
