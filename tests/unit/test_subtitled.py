"""Subtitles used instead of transcribing: files as they are found in the wild, streams inside videos, and fuzz."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clipy.analysis.alignment.sphinx import Sphinx
from clipy.analysis.base import Transcriber
from clipy.analysis.perception import transcript_of
from clipy.analysis.subtitles import writer as subtitles
from clipy.analysis.subtitles.cue import Cue, Line, unmarked
from clipy.analysis.subtitles.cue_timing import language_of, words_of
from clipy.analysis.subtitles.reader import read as read_file
from clipy.analysis.subtitles.spoken_text import spoken_text
from clipy.analysis.transcription.subtitles import Subtitles
from clipy.config import load
from clipy.context import Context
from clipy.errors import ClipyError, MediaError
from clipy.media.probe import probe
from clipy.pipeline.pipeline import Pipeline
from clipy.storage.store import Store
from clipy.types import Span, Transcript, Word, seconds
from fixtures.media import make_video
from fixtures.speech import Speech

SRT = (
    "1\n00:00:01,000 --> 00:00:03,500\nHello there,\nGeneral <i>Kenobi</i>!\n\n2\n00:00:04,000 --> 00:00:05,000\nHi.\n"
)


@pytest.fixture
def quiet(tmp_path: Path) -> Context:
    return Context(Store(tmp_path / "store"), tmp_path)


@pytest.fixture
def spoken(talk: Path, tmp_path: Path) -> Path:
    """The talk in a folder of its own."""
    path = tmp_path / "talk.mp4"
    path.write_bytes(talk.read_bytes())
    return path


def said(speech: Speech) -> str:
    """A .srt file of the talk with true times, as a person might make it: two lines a cue, times to a tenth."""
    words = [
        Word(text + ("." if index % 9 == 8 else ""), seconds(start), seconds(end))
        for index, ((text, start), end) in enumerate(zip(speech.words, speech.ends, strict=True))
    ]
    return subtitles.srt(words)


def subtitled(**options: object) -> Subtitles:
    return Subtitles(Subtitles.Options.model_validate(options))


def read(text: str) -> list[Cue]:
    return spoken_text(read_file(text))


def lines(cue: Cue) -> tuple[str, ...]:
    return tuple(unmarked(line.text) for line in cue.lines)


def texts(cues: list[Cue]) -> list[tuple[float, float, str]]:
    return [(float(cue.span.start), float(cue.span.end), " | ".join(lines(cue))) for cue in cues]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SRT, [(1, 3.5, "Hello there, | General Kenobi!"), (4, 5, "Hi.")]),
        (SRT.replace("\n", "\r\n"), [(1, 3.5, "Hello there, | General Kenobi!"), (4, 5, "Hi.")]),
        (
            "1\n0:00:01.5 --> 0:00:02\nA &amp; &lt;b&gt;\n2\n00:00:03,0 -> 00:00:04,0\n{\\an8}B",
            [(1.5, 2, "A & <b>"), (3, 4, "B")],
        ),
        (
            "WEBVTT - title\n\nSTYLE\n::cue { color: red }\n\nNOTE no\n\nid\n00:01.000 --> 00:02.000 align:start\n"
            "<c.yellow>One</c> <00:01.500>two&nbsp;three\n",
            [(1, 2, "One two three")],
        ),
        (
            "[Script Info]\nTitle: x\n\n[V4+ Styles]\nStyle: Default\n\n[Events]\n"
            "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
            "Comment: 0,0:00:00.00,0:00:09.00,Default,,0,0,0,,not this\n"
            "Dialogue: 0,0:00:01.50,0:00:02.25,Default,Ann,0,0,0,,{\\an5\\k20}Well, {\\k30}yes\\Nno\\hmore\n"
            "Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\\p1}m 0 0 l 9 9{\\p0}\n",
            [(1.5, 2.25, "Well, yes | no more")],
        ),
        (
            "1\n00:00:01,000 --> 00:00:02,000\n[door slams]\n\n2\n00:00:03,000 --> 00:00:04,000\n♪ - (sighs) Well. ♪\n",
            [(3, 4, "Well.")],
        ),
        ("1\n00:00:09,000 --> 00:00:02,000\nbackwards\n\n00:00:03,000 --> 00:00:03,000\nempty\n", []),
        ("nothing here\n", []),
        ("", []),
    ],
)
def test_subtitle_files_are_parsed(text: str, expected: list[tuple[float, float, str]]) -> None:
    assert texts(read(text)) == expected


def test_roll_up_captions_give_each_word_once() -> None:
    text = (
        "WEBVTT\n\n00:01.000 --> 00:02.990\n \nfirst line\n\n00:02.990 --> 00:03.000\nfirst line\n \n\n"
        "00:03.000 --> 00:04.990\nfirst line\n<00:03.100><c>second</c><c> line</c>\n\n"
        "00:04.990 --> 00:05.000\nsecond line\n"
    )
    assert texts(read(text)) == [(1, 2.99, "first line"), (3, 4.99, "second line")]


def test_equal_consecutive_cues_are_kept() -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\nNo.\n\n2\n00:00:02,000 --> 00:00:03,000\nNo.\n"
    assert [lines(cue) for cue in read(text)] == [("No.",), ("No.",)]


def test_overlapping_cues_divide_their_time_in_order() -> None:
    text = "1\n00:00:01,000 --> 00:00:05,000\nshort\n\n2\n00:00:02,000 --> 00:00:04,000\na good deal longer\n"
    first, second = read(text)
    assert first.span.start == 1
    assert first.span.end == second.span.start >= 2
    assert second.span.end == 5


@pytest.mark.parametrize("line", ["<v Ann Lee>Yes, I do.", "ANN LEE: Yes, I do.", "- ANN LEE: Yes, I do."])
def test_speaker_labels_are_read(line: str) -> None:
    (cue,) = read(f"WEBVTT\n\n00:01.000 --> 00:02.000\n{line}\n")
    assert [(line.speaker, line.text) for line in cue.lines] == [("Ann Lee", "Yes, I do.")]


def test_words_are_distributed_over_the_speech_in_their_cue() -> None:
    cue = Cue(Span(Fraction(10), Fraction(16)), (Line("aaaa bbbb", "Ann"), Line("cccc dddd", "Ann")))
    words = words_of(cue, [Span(Fraction(49, 5), Fraction(12)), Span(Fraction(14), Fraction(81, 5))])
    assert [word.text for word in words] == ["aaaa", "bbbb", "cccc", "dddd"]
    assert words[0].start == Fraction(49, 5)
    assert words[1].end == 12
    assert words[2].start == 14
    assert words[-1].end == Fraction(81, 5)
    assert {word.speaker for word in words} == {"Ann"}
    assert words_of(cue, [])[0].start == 10


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("It is what you and they have.", "en"),
        ("Ich weiß nicht, wie das auf sie wirkt.", "de"),
        ("Je ne sais pas, mais vous êtes sur la route.", "fr"),
        ("Я не знаю", "ru"),
        ("これは漢字です", "ja"),
        ("你好世界", "zh"),
        ("Hmm!", ""),
    ],
)
def test_the_language_is_found(line: str, expected: str) -> None:
    assert language_of([line]) == expected


def test_unspaced_scripts_are_split_by_character() -> None:
    words = words_of(Cue(Span(Fraction(0), Fraction(4)), (Line("你好，世界！"), Line("Hello world !"))), [])
    assert [word.text for word in words] == ["你", "好，", "世", "界！", "Hello", "world!"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Wi-Fiとcaféで", ["Wi-Fi", "と", "café", "で"]),
        ("增长了3.5%，用iPhone15", ["增", "长", "了", "3.5%，", "用", "iPhone15"]),
        ("１００円", ["１００", "円"]),
        ("ใช้Google", ["ใ", "ช้", "Google"]),
    ],
)
def test_latin_words_and_numbers_stay_whole_in_unspaced_subtitles(line: str, expected: list[str]) -> None:
    assert [word.text for word in words_of(Cue(Span(Fraction(0), Fraction(4)), (Line(line),)), [])] == expected


def test_sidecar_file_gets_exact_word_times(spoken: Path, speech: Speech, quiet: Context) -> None:
    spoken.with_suffix(".srt").write_text(said(speech))
    video = probe(spoken)
    rough = subtitled().transcribe(video, quiet)
    assert [word.text.strip(".") for word in rough.words] == [text for text, _ in speech.words]
    assert rough.language == "en"
    assert all(a.end <= b.start for a, b in pairwise(rough.words))
    found = Sphinx().align(video, rough, quiet)

    def off(transcript: Transcript) -> float:
        pairs = zip(transcript.words, speech.words, strict=True)
        return float(np.median([abs(float(word.start) - start) for word, (_, start) in pairs]))

    assert off(found) < 0.03 < off(rough) < 0.3


def test_best_matching_file_is_used(spoken: Path) -> None:
    def chosen(**options: object) -> str:
        found = subtitled(**options)._file(spoken)
        return found.name if found else ""

    assert chosen() == ""
    for name in ("talk.de.srt", "talk.eng.vtt", "talkshow.srt", "other.srt", "talk.notes.srt", "talk.txt"):
        (spoken.parent / name).write_text(SRT)
    assert chosen() == "talk.de.srt"
    assert chosen(language="en") == "talk.eng.vtt"
    assert chosen(language="fr") == ""
    spoken.with_suffix(".ASS").write_text(SRT)
    assert chosen() == "talk.ASS"
    assert chosen(path="elsewhere.srt") == "elsewhere.srt"


def test_a_changed_file_is_read_again(spoken: Path, tmp_path: Path) -> None:
    ctx = Context(Store(tmp_path / "store"), tmp_path, {Transcriber: subtitled()})
    video = probe(spoken)
    for text in ("Hello there", "Good bye"):
        spoken.with_suffix(".srt").write_text(f"1\n00:00:01,000 --> 00:00:03,000\n{text}\n")
        assert " ".join(word.text for word in transcript_of(video, ctx).words) == text


def test_changed_file_changes_the_key(spoken: Path, tmp_path: Path) -> None:
    pipeline = Pipeline.from_config(load(sets=["transcribe.backend=subtitles"]))
    video = probe(spoken)
    store = Store(tmp_path)
    identities = {pipeline.identity(video, store)}
    for text in ("Hello there", "Good bye"):
        spoken.with_suffix(".srt").write_text(f"1\n00:00:01,000 --> 00:00:03,000\n{text}\n")
        identities.add(pipeline.identity(video, store))
    assert len(identities) == 3


def with_stream(path: Path, video: Path, text: str, suffix: str) -> Path:
    """The video with a text as its subtitle stream."""
    source = path.with_suffix(suffix)
    source.write_text(text)
    with av.open(str(path), "w") as out, av.open(str(video)) as pictures, av.open(str(source)) as lines:
        streams = {
            (container, stream.index): out.add_stream_from_template(stream)
            for container in (pictures, lines)
            for stream in container.streams
        }
        for container in (pictures, lines):
            for packet in container.demux():
                if packet.dts is not None:
                    packet.stream = streams[container, packet.stream.index]
                    out.mux(packet)
    source.unlink()
    return path


@pytest.mark.parametrize("suffix", [".srt", ".vtt", ".ass"])
def test_embedded_subtitles_are_used(tmp_path: Path, quiet: Context, suffix: str) -> None:
    cue = Word("Hello", Fraction(1), Fraction(2)), Word("there, friend.", Fraction(2), Fraction(3))
    write = {".srt": subtitles.srt, ".vtt": subtitles.vtt, ".ass": subtitles.ass}[suffix]
    plain = make_video(tmp_path / "plain.mp4", size=(64, 64))
    video = probe(with_stream(tmp_path / "talk.mkv", plain, write(cue), suffix))
    found = subtitled().transcribe(video, quiet)
    assert " ".join(word.text for word in found.words) == "Hello there, friend."
    assert abs(found.words[0].start - 1) < Fraction(1, 20)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "no subtitles next to or inside"),
        ("hello", "no subtitles in this file"),
        ("1\n01:00:00,0 --> 01:00:01,0\nHi", "no words within the video"),
    ],
)
def test_missing_subtitles_are_an_error_with_a_remedy(
    spoken: Path, quiet: Context, content: str | None, says: str
) -> None:
    if content is not None:
        spoken.with_suffix(".srt").write_text(content)
    with pytest.raises(MediaError, match=f"{says}.*faster-whisper"):
        subtitled().transcribe(probe(spoken), quiet)


def test_missing_file_is_reported(spoken: Path, quiet: Context) -> None:
    with pytest.raises(MediaError, match="No such file"):
        subtitled(path=str(spoken.parent / "none.srt")).transcribe(probe(spoken), quiet)


pieces = st.sampled_from(
    ["1\n", "\n", "00:00:01,000", " --> ", "00:00:02,5", "99:99:99.9", "WEBVTT\n", "[Events]\n", "Dialogue: ",
     "Format: Text,", "0,0:00:01.00,0:00:02.00,D,,0,0,0,,", "{\\an8}", "<v A>", "&#x110000;", "\\N", "[", ")", "♪",
     "-->", ":", "::", "\ufeff", "\0"]
)  # fmt: skip
wild = st.lists(pieces | st.text(max_size=6), max_size=30).map("".join)


@settings(deadline=None, max_examples=300)
@given(wild | st.binary(max_size=200).map(lambda data: data.decode("cp1252", errors="replace")))
def test_random_text_does_not_crash_the_reader(text: str) -> None:
    cues = read(text)
    assert all(a.span.end <= b.span.start for a, b in pairwise(cues))
    for cue in cues:
        assert cue.lines
        assert cue.span.duration >= 0
        words = words_of(cue, [])
        assert all(a.end <= b.start and a.start <= a.end for a, b in pairwise(words))
        assert all(word.text == word.text.strip() != "" for word in words)
    language_of(cue.text for cue in cues)


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wild)
def test_random_file_does_not_crash_the_transcriber(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.mp4"
    if not path.exists():
        make_video(path, seconds=3, size=(64, 64))
    path.with_suffix(".srt").write_bytes(text.encode("utf-8", errors="surrogatepass"))
    video = probe(path)
    try:
        found = subtitled().transcribe(video, Context(Store(tmp_path / "store"), tmp_path))
    except ClipyError:
        return
    assert all(0 <= word.start <= word.end <= video.duration for word in found.words)
