"""Moments that are known already: every way to write them down, fitted to the bounds without cutting a sentence."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import av
import pytest
from click.testing import CliRunner

from clipy import probe
from clipy.analysis.base import ShotDetector, Transcriber
from clipy.analysis.shots.pyscenedetect import PySceneDetect
from clipy.cli import main
from clipy.context import Context
from clipy.errors import ConfigError, DocumentError, InputError, MediaError
from clipy.media.chapters import chapters, first_timecode
from clipy.registry import create
from clipy.stages.highlight.chapters import Chapters
from clipy.stages.highlight.lists.moments import clock, read_moments
from clipy.stages.highlight.lists.timecode import seconds_of
from clipy.storage.store import Store
from clipy.types import Highlight, Span, Transcript, Video, Word, seconds
from fixtures.media import make_video

MARKS = [(0, 6, "Intro"), (6, 40, "The long one"), (40, 55, "Just right"), (55, 58, "Short"), (58, 60, "Outro")]


class Counting(Transcriber):
    """Says "one two three four." every four seconds: sentences of 2 s with pauses of 2 s."""

    silent: bool = False

    def transcribe(self, video: Video, ctx: Context) -> Transcript:
        words = [
            Word(text, Fraction(start) + index * Fraction(1, 2), Fraction(start) + (index + 1) * Fraction(1, 2))
            for start in range(1, int(video.duration) - 3, 4)
            for index, text in enumerate(("Number", f"item{start}", "is", "here."))
        ]
        return Transcript("en", () if self.silent else tuple(words))


def with_marks(path: Path, source: Path, **metadata: str) -> Path:
    """The same file with chapter marks."""
    with av.open(str(source)) as old, av.open(str(path), "w") as new:
        streams = {stream.index: new.add_stream_from_template(stream) for stream in old.streams}
        new.metadata.update(metadata)
        new.set_chapters(
            [
                {"id": n, "start": a, "end": b, "time_base": Fraction(1), "metadata": {"title": title}}
                for n, (a, b, title) in enumerate(MARKS)
            ]
        )
        for packet in old.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                new.mux(packet)
    return path


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("chapters") / "plain.mkv"
    return make_video(path, seconds=60, size=(64, 64), rate=5, sample_rate=8000, channels=1)


@pytest.fixture(scope="module")
def marked(plain: Path) -> Video:
    return probe(with_marks(plain.with_name("marked.mkv"), plain))


@pytest.fixture
def heard(tmp_path: Path) -> Context:
    return Context(Store(tmp_path / "store"), tmp_path, {Transcriber: Counting(), ShotDetector: PySceneDetect()})


def highlighter(**options: object) -> Chapters:
    backend = create("highlight", "chapters", {"min_duration": 10, "max_duration": 20, **options})
    assert isinstance(backend, Chapters)
    return backend


def listed(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def span(start: float, end: float) -> Span:
    return Span(seconds(start), seconds(end))


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_chapter_marks_are_read_exactly(suffix: str, plain: Path, tmp_path: Path) -> None:
    source = plain if suffix == ".mkv" else make_video(tmp_path / "a.mp4", seconds=60, size=(64, 64), rate=5)
    video = probe(with_marks(tmp_path / f"marked{suffix}", source))
    assert chapters(video)[:3] == [(span(a, b), title) for a, b, title in MARKS[:3]]


def test_chapters_keep_their_edges_or_are_snapped_to_sentences(marked: Video, heard: Context) -> None:
    found = {pick.title: pick for pick in highlighter().highlight(marked, heard)}
    assert found["Just right"].span == span(40, 55)
    long = found["The long one"].span
    assert 10 <= long.duration <= 20
    assert long.start >= 5.5
    assert long.end <= 40.5
    assert set(found) == {"Just right", "The long one"}  # the short ones adjoin others and have no room
    assert found["The long one"].details["standalone"] > 0
    assert found["Just right"].reason == "moment 3 of 5 of the file"
    for word in heard.analyser(Transcriber).transcribe(marked, heard).words:
        assert word.span.overlap(long) in {0, word.span.duration}


def test_short_moment_is_extended_to_sentences(marked: Video, heard: Context, tmp_path: Path) -> None:
    path = listed(tmp_path, "m.csv", "21,23,Tiny\n50,52,Last\n")
    tiny, last = highlighter(path=path).highlight(marked, heard)
    assert (tiny.title, last.title) == ("Tiny", "Last")
    for pick, given in ((tiny, span(21, 23)), (last, span(50, 52))):
        assert 10 <= pick.span.duration < 14
        assert pick.span.overlap(given) == given.duration
        for word in heard.analyser(Transcriber).transcribe(marked, heard).words:
            assert word.span.overlap(pick.span) in {0, word.span.duration}


def test_without_speech_only_times_decide(marked: Video, heard: Context, tmp_path: Path) -> None:
    transcriber = heard.analyser(Transcriber)
    assert isinstance(transcriber, Counting)
    transcriber.silent = True
    path = listed(tmp_path, "m.csv", "0,2\n30,60,Long\n")
    first, long = highlighter(path=path).highlight(marked, heard)
    assert (first.span, first.title) == (span(0, 10), "Moment 1")
    assert long.span == span(30, 45)
    assert highlighter(path=path, target_duration=12).highlight(marked, heard)[1].span == span(30, 42)


def test_scores_order_the_list_and_overlaps_are_dropped(
    marked: Video, heard: Context, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = listed(tmp_path, "m.csv", "start,end,title,score\n0,12,A,0.2\n20,32,B,0.9\n30,42,C,0.8\n")
    found = highlighter(path=path).highlight(marked, heard)
    assert [(pick.title, pick.score) for pick in found] == [("B", 0.9), ("A", 0.2)]
    assert "'C', 30.00-42.00 s: overlaps one before it" in caplog.text


def test_missing_title_is_taken_from_the_speech(marked: Video, heard: Context, tmp_path: Path) -> None:
    (pick,) = highlighter(path=listed(tmp_path, "m.json", '[{"start": 4, "end": 15}]')).highlight(marked, heard)
    assert pick.title == "Number item5 is here"


def test_file_without_chapters_names_the_remedy(plain: Path, heard: Context) -> None:
    with pytest.raises(MediaError, match=r"no chapter marks.*highlight\.path=moments\.csv"):
        highlighter().highlight(probe(plain), heard)


@pytest.mark.parametrize(
    "text",
    [
        "12.5,40,A talk\n1:05,0:01:20.25,B\n",
        "\ufeff# made by hand\n12.5;40;A talk\n\n1:05;0:01:20,25;B\n",
        "12.5\t40\tA talk\n1:05\t1:20.250\tB\n",
        'Name,Out,In\n"A talk",40,12.5\nB,1:20.25,65\n',
    ],
)
def test_every_dialect_of_csv(text: str, tmp_path: Path) -> None:
    video = Video("f", Fraction(100), Fraction(25), 64, 64, 64, 64, 0, Fraction(0), path=tmp_path / "v.mp4")
    found = read_moments(listed(tmp_path, "m.csv", text), video)
    assert [(pick.span, pick.title) for pick in found] == [(span(12.5, 40), "A talk"), (span(65, 80.25), "B")]


def test_every_invalid_line_is_reported(tmp_path: Path) -> None:
    video = Video("f", Fraction(100), Fraction(25), 64, 64, 64, 64, 0, Fraction(0), path=tmp_path / "v.mp4")
    text = "start,end,title,score\n1,2,ok,\nx,2,,\n5,4,,\n1:75,90,,\n90,300,,\n1,2,,7\n1,2,,high\n3\n"
    with pytest.raises(DocumentError) as caught:
        read_moments(listed(tmp_path, "m.csv", text), video)
    for line in (3, 4, 5, 6, 7, 8, 9):
        assert f"line {line}: " in str(caught.value)
    assert "line 2" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("m.csv", "", "no moment"),
        ("m.txt", "1,2", "ends in .json, .csv"),
        ("m.edl", "TITLE: x\n001  AX  V  C  00:00:xx:00", "line 2: this event"),
        ("m.json", '[{"start": 1, "end": 2}, {"start": 900, "end": 901}]', r"highlights\.1: 900\.00"),
    ],
)
def test_invalid_list_is_refused(name: str, text: str, says: str, tmp_path: Path, marked: Video) -> None:
    with pytest.raises(DocumentError, match=says):
        read_moments(listed(tmp_path, name, text), marked)


def test_missing_or_binary_list_is_refused(tmp_path: Path, marked: Video) -> None:
    with pytest.raises(DocumentError, match="cannot read it"):
        read_moments(tmp_path / "none.csv", marked)
    with pytest.raises(DocumentError, match="cannot read it"):
        highlighter(path=tmp_path / "none.csv").identity()
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DocumentError, match="UTF-8"):
        read_moments(tmp_path / "b.csv", marked)


EDL = """TITLE: Moments
FCM: NON-DROP FRAME

001  AX       V     C        01:00:05:00 01:00:20:00 00:00:00:00 00:00:15:00
* FROM CLIP NAME: first
002  AX       A     C        01:00:05:00 01:00:20:00 00:00:00:00 00:00:15:00
003  BL       V     C        00:00:00:00 00:00:01:00 00:00:15:00 00:00:16:00
004  001      V     D    025 01:00:30:02 01:00:45:03 00:00:16:00 00:00:31:01
* COMMENT: second
005  001      V     C        01:00:50:00 01:00:50:01 01:00:50:00 01:00:50:01
 |C:ResolveColorBlue |M:marked |D:20
"""


def test_edit_list_starts_at_the_first_frames_timecode(marked: Video, tmp_path: Path) -> None:
    path = listed(tmp_path, "m.edl", EDL)
    found = read_moments(path, marked, "01:00:00:00")  # five pictures a second
    assert [(pick.span, pick.title) for pick in found] == [
        (span(5, 20), "first"),
        (Span(Fraction(152, 5), Fraction(228, 5)), "second"),
        (span(50, 54), "marked"),
    ]
    with pytest.raises(DocumentError, match=r"line 4: 3605\.00-3620\.00 s lies outside"):
        read_moments(path, marked)


@pytest.mark.parametrize("suffix", [".mkv", ".mov"])
def test_embedded_timecode_is_used(suffix: str, plain: Path, tmp_path: Path) -> None:
    video = probe(with_marks(tmp_path / f"tc{suffix}", plain, timecode="01:00:00:00"))
    assert first_timecode(video.path).startswith("01:00:00:0")
    assert read_moments(listed(tmp_path, "m.edl", EDL), video)[0].span == span(5, 20)


NTSC = Fraction(30_000, 1001)


@pytest.mark.parametrize(
    ("timecode", "rate", "expected"),
    [
        ("00:00:01:12", Fraction(24), Fraction(3, 2)),
        ("00:01:00:00", NTSC, 1800 / NTSC),  # counted as 30 a second: slower than the clock
        ("00:01:00;02", NTSC, 1800 / NTSC),  # 00 and 01 are left out
        ("00:10:00;00", NTSC, 17_982 / NTSC),  # ten minutes, to 0.6 of a picture
        ("01:00:00;00", NTSC * 2, 215_784 / (NTSC * 2)),
    ],
)
def test_timecodes_are_exact(timecode: str, rate: Fraction, expected: Fraction) -> None:
    assert seconds_of(timecode, rate) == expected


def test_drop_frame_timecode_follows_real_time() -> None:
    assert abs(seconds_of("10:00:00;00", NTSC) - 36_000) < Fraction(1, 20)
    assert seconds_of("00:01:00:02", NTSC, drop=True) == seconds_of("00:01:00;02", NTSC)
    for wrong in ("00:61:00:00", "00:00:00:24", "1:2", "00:00:00"):
        with pytest.raises(ValueError, match="is not a timecode"):
            seconds_of(wrong, Fraction(24))


@pytest.mark.parametrize(("text", "expected"), [("90", 90), ("1:30", 90), ("0:01:30.5", 90.5), ("100:00", 6000)])
def test_clock_times_are_parsed(text: str, expected: float) -> None:
    assert clock(text) == seconds(expected)


@pytest.mark.parametrize("text", ["", "x", "1:60", "1:60:00", "-1", "1::2", "1e3", "nan"])
def test_invalid_clock_times_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no time"):
        clock(text)


def test_identity_depends_on_the_lists_content_not_its_path(tmp_path: Path) -> None:
    text = json.dumps([{"start": 1, "end": 12}])
    first, moved = listed(tmp_path, "a.json", text), listed(tmp_path, "b.json", text)
    assert highlighter(path=first).identity() == highlighter(path=moved).identity()
    before = highlighter(path=first).identity()
    listed(tmp_path, "a.json", text.replace("12", "13"))
    assert highlighter(path=first).identity() != before


def test_options_are_strict(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Did you mean 'path'"):
        highlighter(pat=tmp_path)
    with pytest.raises(ConfigError, match="timecode: "):
        highlighter(timecode="noon")
    assert issubclass(DocumentError, InputError)
    assert Highlight(span(0, 1)).details == {}


def test_command_line_options_steer_and_explain(marked: Video, tmp_path: Path) -> None:
    path = listed(tmp_path, "m.csv", "1,20,Opening,0.7\n")
    chosen = ["--set", "highlight.backend=chapters", "--set", f"highlight.path={path}", "--about", "3.0", "--explain"]
    result = CliRunner().invoke(main, ["highlight", str(marked.path), "--json", *chosen])
    assert result.exit_code == 0, result.stderr
    (entry,) = json.loads(result.stdout)["highlights"]
    assert (entry["start"], entry["end"], entry["title"]) == (1, 20, "Opening")
    assert entry["details"] == {}
    assert "1. 0:01-0:20  score 0.700  Opening" in result.stderr
    assert "moment 1 of 1 of m.csv" in result.stderr
