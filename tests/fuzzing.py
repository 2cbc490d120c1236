"""Every parser of clipy's own, and texts that are almost what it expects: it may refuse them, in its own words only."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clipy import config, documents
from clipy.analysis.subtitles import cue_timing as written
from clipy.analysis.subtitles import parser as cues
from clipy.analysis.subtitles import writer as subtitles
from clipy.chat.answers import parsed
from clipy.errors import ClipyError
from clipy.stages.highlight.lists.moments import read_moments
from clipy.stages.highlight.llm_ranking.answers import Passages
from clipy.storage.artifact import Damaged, Outdated, decoded, encoded
from clipy.text.slugs import slug
from clipy.types import Transcript, Video, Word, seconds
from clipy.typography.brand import load_brand

VIDEO = Video("f", Fraction(60), Fraction(25), 640, 360, 640, 360, 0, Fraction(0), path=Path("talk.mp4"))

_SRT = "1\n00:00:01,000 --> 00:00:02,500\nHello <i>there</i>\n\n2\n00:00:03,000 --> 00:00:04,000\nGeneral {\\an8}\n"
_VTT = "WEBVTT\n\nNOTE x\n\n00:01.000 --> 00:02.000 align:start\n<v Ann>Hello <00:01.500><c>there</c></v>\n"
_ASS = (
    "[Script Info]\nScriptType: v4.00+\n[Events]\nFormat: Layer, Start, End, Style, Name, Text\n"
    "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,Hi{\\k10}\\Nthere\n"
)
_PANEL = {"keyframes": [{"time": 1, "x1": 0, "y1": 0, "x2": 9, "y2": 16}], "into": [0, 0, 1080, 1920]}
_CROPS = json.dumps([{"start": 1, "end": 4, "crop": [{"start": 1, "end": 4, "layout": "single", "panels": [_PANEL]}]}])
_HIGHLIGHTS = json.dumps({"highlights": [{"start": 1, "end": 4.5, "title": "A", "score": 0.5, "details": {"x": 1}}]})
_TOML = '[highlight]\nbackend = "even"\ncount = 3\n\n[[pizzazz]]\nbackend = "captions"\nmax_words = 3\n'
_CSV = "start,end,title,score\n1:05,0:01:10.5,One,0.5\n# no\n12.5;20;Two\n"
_EDL = (
    "TITLE: x\nFCM: NON-DROP FRAME\n\n001  AX       V     C        00:00:01:00 00:00:03:00 00:00:00:00 00:00:02:00\n"
    "* FROM CLIP NAME: a.mov\n |C:Red |M:Marker |D:25\n"
)
_BRAND = 'logo = "logo.png"\ntext_color = "#ffffff"\n'
_KIT = json.dumps({"text_color": "#ffffff", "font": "a.ttf"})
_ANSWER = json.dumps(
    {"passages": [dict.fromkeys(("hook", "standalone", "payoff", "interest"), 50) | {"first": 0, "last": 2}]}
)
_STORED = encoded(Transcript, Transcript("en", (Word("Hi", seconds(1), seconds(2)),))).decode()

# What breaks parsers: deep nesting, huge and odd numbers, other line ends, controls, marks of each format.
_TOKENS = (
    *("[" * 3000, "{" * 3000, "a.b." * 1500, "9" * 5000, "1e999", "1e-999", "-1", "NaN", "Infinity", "0/0", "null"),
    *(
        "\x00",
        "\ufeff",
        "\r",
        "\u2028",
        "\x85",
        "\x1b[31m",
        "\u202e",
        "-->",
        "{\\",
        "<",
        "&",
        '"',
        "'''",
        "\\N",
        ",",
        ";",
    ),
    *(
        "Dialogue:",
        "Format:",
        "WEBVTT",
        "99:99:99,999",
        "00:00:00:99",
        "- 0x1F",
        "start",
        "end",
        "[[",
        "]]",
        "=",
        "#",
    ),
)


@dataclass(frozen=True)
class Parser:
    """A reader of files of one kind. ``refusals`` are what it may raise."""

    name: str
    suffix: str
    seeds: tuple[str, ...]
    read: Callable[[Path], object]
    refusals: tuple[type[Exception], ...] = (ClipyError,)


def _subtitles(path: Path) -> object:
    found = cues.read(cues.decoded(path.read_bytes())[0])
    words = [word for cue in found for word in written.words_of(cue, [])]
    written.language_of(found)
    for write in (subtitles.srt, subtitles.vtt, subtitles.ass):
        cues.read(write(words))
    return found


def _settings(path: Path) -> object:
    text = path.read_bytes().decode("utf-8", errors="ignore")
    with contextlib.suppress(ClipyError):
        config.load(path, environment={})
    return config.load(sets=[text, f"highlight.about={text}"], environment={})


def _name(path: Path) -> object:
    name = slug(path.read_bytes().decode("utf-8", errors="replace"))
    assert name
    assert not set(name) - set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert Path(name).name == name
    return name


PARSERS = (
    Parser("subtitles", ".srt", (_SRT, _VTT, _ASS), _subtitles),
    Parser("highlights", ".json", (_HIGHLIGHTS,), lambda path: documents.read_highlights(path, VIDEO)),
    Parser("crops", ".json", (_CROPS,), lambda path: documents.read_crops(path, VIDEO)),
    Parser("settings", ".toml", (_TOML, "reframe.layout=single", "pizzazz.captions.max_words=3"), _settings),
    Parser("moments csv", ".csv", (_CSV,), lambda path: read_moments(path, VIDEO)),
    Parser("moments edl", ".edl", (_EDL,), lambda path: read_moments(path, VIDEO, "01:00:00:00")),
    Parser("moments json", ".json", (_HIGHLIGHTS,), lambda path: read_moments(path, VIDEO)),
    Parser("brand kit", ".toml", (_BRAND,), load_brand),
    Parser("brand kit json", ".json", (_KIT,), load_brand),
    Parser(
        "artifact",
        ".json",
        (_STORED,),
        lambda path: decoded(path.read_bytes(), Transcript),
        (Damaged, Outdated),
    ),
    Parser(
        "answer of a language model",
        ".txt",
        (_ANSWER, f"Sure:\n```json\n{_ANSWER}\n```"),
        lambda path: parsed(path.read_bytes().decode("utf-8", "replace"), Passages, range(9)),
        (ValueError,),
    ),
    Parser("name", ".txt", ("A talk", "../../etc/passwd", "CON", "-rf *"), _name),
)


def fuzz(parser: Parser, folder: Path, examples: int) -> int:
    """Read that many changed texts; how many it were. Raises whatever a parser raises that is not its own refusal."""
    path, count = folder / f"case{parser.suffix}", 0
    edits = st.lists(
        st.tuples(
            st.integers(0, 10_000),
            st.integers(0, 30),
            st.one_of(st.sampled_from(_TOKENS), st.text(max_size=8), st.none()),
        ),
        max_size=6,
    )

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(st.sampled_from(parser.seeds), edits, st.one_of(st.just(b""), st.binary(max_size=12)))
    def read(seed: str, changes: list[tuple[int, int, str | None]], noise: bytes) -> None:
        nonlocal count
        count += 1
        path.write_bytes(_changed(seed, changes).encode("utf-8", errors="replace") + noise)
        with contextlib.suppress(*parser.refusals):
            parser.read(path)

    read()
    return count


def _changed(text: str, changes: list[tuple[int, int, str | None]]) -> str:
    """Each change takes some characters out and puts others in; None repeats what was taken out."""
    for place, length, new in changes:
        at = place % (len(text) + 1)
        taken = text[at : at + length]
        text = text[:at] + (taken * 3 if new is None else new) + text[at + length :]
    return text
