"""Who says which word, by what is heard and seen: made-up faces and voices, of which the truth is known."""

from __future__ import annotations

from clipy.analysis.people.voice_face_map import VoiceFaceMap, map_voices_to_faces
from clipy.analysis.people.word_attribution import assign_speakers
from clipy.types import Track, Turn, Word
from tests.unit.talk import track, turn, words

SPEAKS, SILENT = 0.95, 0.05


def told(spoken: list[Word], tracks: list[Track], turns: list[Turn]) -> str:
    """The speakers of some words, a letter for each."""
    return "".join(word.speaker or "-" for word in assign_speakers(spoken, tracks, map_voices_to_faces(tracks, turns)))


def test_people_with_one_voice_are_separated_by_faces() -> None:
    left = track(0, 0, [SPEAKS] * 8 + [SILENT] * 8, 0)
    right = track(1, 0, [SILENT] * 8 + [SPEAKS] * 8, 1)
    later = track(2, 20, [SPEAKS] * 3, 0)  # known by looks, alone in another shot
    heard = [turn(0, 16, "1"), turn(20, 23, "1")]
    spoken = [*words(0, "1" * 32), *words(20, "1" * 6)]
    assert told(spoken, [left, right, later], heard) == "1" * 16 + "2" * 16 + "1" * 6


def test_brief_speaker_gets_a_label_and_listener_none() -> None:
    """Both are on screen with one who talks, and whose voice it seems to be, for minutes."""
    talk = [SPEAKS] * 200 + [SILENT] * 30
    turns = [turn(0, 230, "1")]
    host = track(1, 0, [SILENT] * 200 + [SPEAKS] * 30, 1)
    assert map_voices_to_faces([track(0, 0, talk, 0), host], turns).names == ("1", "2")
    listener = track(1, 0, [SILENT] * 200 + [0.5] * 30, 1)
    assert map_voices_to_faces([track(0, 0, talk, 0), listener], turns).names == ("1",)


def test_person_with_two_voice_clusters_is_one_speaker() -> None:
    face = track(0, 0, [SPEAKS] * 20, 0)
    assert told(words(0, "1" * 20 + "2" * 20), [face], [turn(0, 10, "1"), turn(10, 20, "2")]) == "1" * 40


def test_simultaneous_voices_are_two_people() -> None:
    face = track(0, 0, [SPEAKS] * 20, 0)
    people = map_voices_to_faces([face], [turn(0, 12, "1"), turn(10, 20, "2")])
    assert people.names == ("1", "2")
    assert people.faces == {0: "1"}


def test_appearance_change_adds_no_person_unless_both_are_visible() -> None:
    heard = [turn(0, 20, "1")]
    apart = [track(0, 0, [SPEAKS] * 10, 0), track(1, 10, [SPEAKS] * 10, 1)]
    assert map_voices_to_faces(apart, heard).names == ("1",)
    at_once = [*apart, track(2, 4, [SILENT], 1)]
    assert map_voices_to_faces(at_once, heard).names == ("1", "2")


def test_narrator_keeps_speaking_while_a_listener_is_shown() -> None:
    listener = track(0, 0, [SPEAKS] * 8 + [0.1] * 8, 0)
    heard = [turn(0, 8, "1"), turn(8, 16, "2")]
    assert told(words(0, "1" * 16 + "2" * 16), [listener], heard) == "1" * 16 + "2" * 16


def test_voices_decide_without_faces() -> None:
    heard = [turn(0, 4, "1"), turn(4, 8, "2")]
    assert told(words(0, "1" * 8 + "2" * 8), [], heard) == "1" * 8 + "2" * 8
    unknown = words(0, "12")
    assert assign_speakers(unknown, [], VoiceFaceMap()) == unknown
    assert assign_speakers([], [], map_voices_to_faces([], heard)) == []


def test_clearly_visible_speaker_overrides_the_voice() -> None:
    """A whole turn whose voice was taken for the other's; both faces are known from before."""
    left = track(0, 0, [SPEAKS] * 8 + [SILENT] * 8 + [SPEAKS] * 4, 0)
    right = track(1, 0, [SILENT] * 8 + [SPEAKS] * 8 + [SILENT] * 4, 1)
    heard = [turn(0, 8, "1"), turn(8, 20, "2")]
    assert told(words(0, "1" * 16 + "2" * 24), [left, right], heard) == "1" * 16 + "2" * 16 + "1" * 8


def test_voice_decides_between_several_active_faces() -> None:
    left = track(0, 0, [SPEAKS] * 8 + [SILENT] * 8 + [0.9999] * 4, 0)
    right = track(1, 0, [SILENT] * 8 + [SPEAKS] * 8 + [0.97] * 4, 1)
    heard = [turn(0, 8, "1"), turn(8, 20, "2")]
    assert told(words(16, "2" * 8), [left, right], heard) == "2" * 8


def test_single_word_within_a_turn_keeps_the_speaker() -> None:
    heard = [turn(0, 8, "1"), turn(8, 16, "2")]
    assert told(words(0, "1112111"), [], heard) == "1" * 7
    assert told(words(0, "1112222"), [], heard) == "1112222"
    flashes = [SPEAKS] * 6 + [SILENT] * 7
    left, right = track(0, 0, flashes, 0), track(1, 0, [SILENT] * 6 + [SPEAKS] * 7, 1)
    left.speaking[200:208] = right.speaking[200:208][::-1]  # for a third of a second, the other face
    right.speaking[200:208] = SILENT
    assert told(words(7, "2" * 10), [left, right], heard) == "2" * 10


def test_evidence_of_earlier_clips_is_kept() -> None:
    """Another face voice_face_affinity the voice more, and a voice that was somebody's own stays so."""
    before = VoiceFaceMap({0: "1"}, {"1": ("1",), "2": ("2",)})
    tracks = [track(0, 0, [0.6] * 8, 0), track(1, 0, [SILENT] * 8, 1), track(2, 10, [SPEAKS] * 20, 1)]
    assert map_voices_to_faces(tracks, [turn(0, 30, "1")], before).faces == {0: "1", 1: "2"}
    assert map_voices_to_faces(tracks, [turn(0, 30, "1")]).faces == {1: "1"}
    alone = map_voices_to_faces([track(0, 0, [SPEAKS] * 20, 0)], [turn(0, 10, "1"), turn(10, 20, "2")], before)
    assert alone.voices == before.voices
