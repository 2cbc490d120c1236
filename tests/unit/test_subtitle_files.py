"""Subtitle files as people have them: encodings of all countries, every format, and what is no speech in them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from clipy.analysis.subtitles import writer
from clipy.analysis.subtitles.credits import without_credits
from clipy.analysis.subtitles.cue import Cue, Line, unmarked
from clipy.analysis.subtitles.cue_timing import words_of
from clipy.analysis.subtitles.encoding import decode
from clipy.analysis.subtitles.reader import read
from clipy.analysis.subtitles.spoken_text import spoken_text
from clipy.errors import MediaError
from clipy.types import Span, Word
from fixtures.subtitle_texts import LANGUAGES, subtitle_files
from fixtures.subtitle_texts import subtitle_text as written


def cues_of(text: str) -> list[Cue]:
    return spoken_text(read(text))


def said(text: str) -> list[str]:
    return [cue.text for cue in cues_of(text)]


def by_speaker(text: str) -> list[tuple[str | None, str]]:
    return [(line.speaker, unmarked(line.text)) for cue in cues_of(text) for line in cue.lines]


def srt(*cues: tuple[float, float, str]) -> str:
    return "\n".join(f"{n}\n{clock(start)} --> {clock(end)}\n{text}\n" for n, (start, end, text) in enumerate(cues, 1))


def clock(seconds: float) -> str:
    whole, rest = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02},{rest:03}"


@pytest.mark.parametrize(("language", "encoding", "kind"), list(subtitle_files()))
def test_text_and_times_are_right_in_every_encoding_and_format(language: str, encoding: str, kind: str) -> None:
    sentences = LANGUAGES[language][1]
    data = written(sentences, kind).encode(encoding)
    cues = cues_of(decode(data).text)
    assert [cue.text for cue in cues] == list(sentences)
    assert [cue.span for cue in cues] == [Span(Fraction(3 * n), Fraction(30 * n + 29, 10)) for n in range(len(cues))]


@pytest.mark.parametrize("misread", ["cp1252", "latin-1", "cp1251"])
@pytest.mark.parametrize("language", ["ru", "fr", "zh", "pl"])
def test_doubly_encoded_text_is_decoded_twice(language: str, misread: str) -> None:
    text = written(LANGUAGES[language][1], "srt")
    try:
        twice = text.encode().decode(misread).encode()
    except UnicodeDecodeError:
        pytest.skip(f"{misread} has no letter for some byte")
    assert decode(twice).text == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("“Don’t you dare…” he said – and left the café.", "cp1252"),
        ("„Das ist größer“, sagte er – und ging…", "cp1252"),
        ("L’été, c’est l’œuvre d’un cœur…", "cp1252"),
        ("«Привет», — сказал он… и ушёл.", "cp1251"),
    ],
)
def test_windows_quotes_and_dashes_identify_the_encoding(text: str, encoding: str) -> None:
    assert decode(written((text,), "srt").encode(encoding)).text == written((text,), "srt")


def test_utf8_with_a_few_damaged_bytes_stays_utf8() -> None:
    text = written(LANGUAGES["ru"][1] * 20, "srt")
    data = bytearray(text.encode())
    data[200] = 0xFF
    assert decode(bytes(data)).text.count("\N{REPLACEMENT CHARACTER}") <= 2


def test_given_encoding_is_used_or_refused() -> None:
    data = written(LANGUAGES["ru"][1], "srt").encode("koi8-r")
    assert decode(data, encoding="koi8-r").text == written(LANGUAGES["ru"][1], "srt")
    with pytest.raises(MediaError, match="not in utf-8"):
        decode(data, encoding="utf-8")
    for wrong in ("cp1252", "cp1251", "gb18030"):
        with pytest.raises(MediaError, match=r"makes no sense; it reads as koi8-r|not in gb18030|not readable"):
            decode(data, encoding=wrong)


def test_short_text_needs_the_spoken_language_to_detect_its_encoding() -> None:
    data = srt((0, 3, "Olá, hoje vou contar-lhes história")).encode("cp1252")
    with pytest.raises(MediaError, match=r"may be in .* or .*transcribe\.encoding"):
        decode(data)
    assert "Olá, hoje vou contar-lhes história" in decode(data, heard=lambda: "pt").text
    assert "Olá, hoje vou contar-lhes história" in decode(data, language="pt").text


def test_language_is_not_detected_from_sound_when_the_text_suffices() -> None:
    def heard() -> str:
        raise AssertionError

    for language, encoding in (("ru", "cp1251"), ("zh", "gbk"), ("pl", "cp1250"), ("fr", "cp1252")):
        text = written(LANGUAGES[language][1], "srt")
        assert decode(text.encode(encoding), heard=heard).text == text


@pytest.mark.parametrize(
    "data", [bytes(range(1, 32)) * 40, b"\x00\x01\x02\x03" * 100, b"\x1a\x45\xdf\xa3" + bytes(range(256)) * 4]
)
def test_invalid_subtitle_data_is_refused(data: bytes) -> None:
    with pytest.raises(MediaError, match=r"transcribe\.encoding"):
        decode(b"1\n00:00:01,000 --> 00:00:02,000\n" + data)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("JOHN: And so it is.", [("John", "And so it is.")]),
        ("[MUSIC] >> MARY ANN: ask not", [("Mary Ann", "ask not")]),
        (
            "Dr. Smith: what your country\n(applause) can do",
            [("Dr. Smith", "what your country"), ("Dr. Smith", "can do")],
        ),
        (
            "- ask what you can do\n- Narrator: for your country.",
            [(None, "ask what you can do"), ("Narrator", "for your country.")],
        ),
        (">> JOHN: Hi.\n>> Fine.", [("John", "Hi."), (None, "Fine.")]),
        ("MAN #2 (on phone): no", [("Man #2", "no")]),
        ("[Bob]: Yo.", [("Bob", "Yo.")]),
        ("旁白：你好", [("旁白", "你好")]),
        ("ИВАН: Привет.", [("Иван", "Привет.")]),
        ("I told him: Dr. Smith is here", [(None, "I told him: Dr. Smith is here")]),
        ("Remember: never say so.", [(None, "Remember: never say so.")]),
        ("The time is 10:30", [(None, "The time is 10:30")]),
        ("Dr. Smith is late", [(None, "Dr. Smith is late")]),
        ("*laughs*", []),
        ("♪", []),
        ("♪ Happy birthday ♪", [(None, "Happy birthday")]),
        ("[speaking\nFrench] Oui", [(None, "Oui")]),
        ("(sighs) I *really* mean it", [(None, "I really mean it")]),
        ("LAUGHTER AND APPLAUSE", []),
        ("【音乐】大家好", [(None, "大家好")]),
        ("We're number #1", [(None, "We're number #1")]),
        ("I write C# and F# code", [(None, "I write C# and F# code")]),
        ("# Happy birthday to you #", [(None, "Happy birthday to you")]),
        ("#Happy birthday to you#", [(None, "Happy birthday to you")]),
        ("#1 is what we are", [(None, "#1 is what we are")]),
    ],
)
def test_names_become_speakers_and_sound_descriptions_are_dropped(
    line: str, expected: list[tuple[str | None, str]]
) -> None:
    assert by_speaker(srt((1, 3, line), (4, 6, "Something else is said here."))) == [
        *expected,
        (None, "Something else is said here."),
    ]


def test_repeated_prefix_is_a_speaker_name() -> None:
    assert by_speaker(
        srt((1, 2, "Anna: One."), (3, 4, "Question: what?"), (5, 6, "Anna: Two."), (7, 8, "Once: no."))
    ) == [
        ("Anna", "One."),
        (None, "Question: what?"),
        ("Anna", "Two."),
        (None, "Once: no."),
    ]


def test_in_a_file_with_labels_a_new_one_is_a_name() -> None:
    text = srt((1, 2, "JOHN: One."), (3, 4, "Narrator: Two."), (5, 6, "Anna: Three."), (7, 8, "Remember: four."))
    assert [speaker for speaker, _ in by_speaker(text)] == ["John", "Narrator", "Anna", None]


def test_in_live_captions_a_name_follows_the_sign_of_a_new_speaker() -> None:
    text = srt((1, 2, ">> MARY ANN: ASK NOT WHAT THEY DO"), (3, 4, ">> WELL, I SAY IT AGAIN: NO MORE OF THIS"))
    assert by_speaker(text) == [("Mary Ann", "ASK NOT WHAT THEY DO"), (None, "WELL, I SAY IT AGAIN: NO MORE OF THIS")]


def test_capitals_are_not_names_in_an_all_caps_file() -> None:
    assert by_speaker(srt((1, 2, "THE CROWD IS CHEERING"), (3, 4, "WHAT I SAW: NOTHING AT ALL"))) == [
        (None, "THE CROWD IS CHEERING"),
        (None, "WHAT I SAW: NOTHING AT ALL"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "Subtitles by www.OpenSubtitles.org", "Sync by a friend / Your advert here: https://example.org",
        "Synced and corrected by honeybunny", "Support us and become VIP member to remove all ads from www.site.org",
        "Untertitel im Auftrag des ZDF für funk, 2017", "Sous-titres réalisés par la communauté d'Amara.org",
        "Subtitulado por Juan", "Субтитры сделал DimaTorzok", "字幕：某某字幕组", "Addic7ed.com",
        "== sync, corrected by elderman ==",
        "Advertise your product or brand here", "Translated by: Maria  http://x.example", "Legendas: João",
    ],
)  # fmt: skip
@pytest.mark.parametrize("at_end", [False, True])
def test_credits_and_adverts_are_dropped(line: str, at_end: bool) -> None:
    spoken = [(2.0, 4.0, "We begin."), (5.0, 7.0, "We end.")]
    cues = cues_of(srt(*([*spoken, (8.0, 9.0, line)] if at_end else [(0.0, 1.5, line), *spoken])))
    speech = [Span(Fraction(2), Fraction(4)), Span(Fraction(5), Fraction(7))]
    kept, gone = without_credits(cues, speech)
    assert ([cue.text for cue in kept], len(gone)) == (["We begin.", "We end."], 1)


@pytest.mark.parametrize(
    "line",
    ["It was translated by my mother.", "Go to example.com for more.", "The captions are wrong.",
     "I made subtitles for years.",
     "We sync by radio.", "Support us, please."],
)  # fmt: skip
def test_speech_about_subtitles_is_kept(line: str) -> None:
    cues = [
        Cue(Span(Fraction(3 * n), Fraction(3 * n + 2)), (Line(text),)) for n, text in enumerate(("One.", line, "Two."))
    ]
    assert without_credits(cues, [cue.span for cue in cues]) == (cues, [])


def test_growing_karaoke_captions_give_each_word_once() -> None:
    grown = srt((1, 2, "Hello"), (2, 3, "Hello big"), (3, 4, "Hello big world"))
    assert said(grown) == ["Hello", "big", "world"]
    lit = srt(
        (1, 1.5, "<u>Hello</u> big world"), (1.5, 2, "Hello <u>big</u> world"), (2.1, 3, "Hello big <u>world</u>")
    )
    (cue,) = cues_of(lit)
    words = words_of(cue, ())
    assert [(word.text, float(word.start)) for word in words] == [("Hello", 1.0), ("big", 1.5), ("world", 2.1)]


def test_word_times_in_the_file_are_kept() -> None:
    (cue,) = cues_of("WEBVTT\n\n00:01.000 --> 00:03.000\nOne<00:01.500><c> two</c><00:02.000><c> three</c>\n")
    assert [float(word.start) for word in words_of(cue, ())] == [1.0, 1.5, 2.0]
    words = [
        Word("one", Fraction(1), Fraction("1.4")),
        Word("two", Fraction("1.5"), Fraction(2)),
        Word("3", Fraction(2), Fraction(3)),
    ]
    (karaoke,) = cues_of(writer.ass(words))
    assert [float(word.start) for word in words_of(karaoke, ())] == [1.0, 1.5, 2.0]


def test_two_words_with_the_same_time_in_the_file_are_both_kept() -> None:
    (cue,) = cues_of("WEBVTT\n\n00:01.000 --> 00:03.000\nOne<00:01.500><c> two</c><00:01.500><c> three</c>\n")
    words = words_of(cue, ())
    assert [word.text for word in words] == ["One", "two", "three"]
    assert [float(word.start) for word in words] == [1.0, 1.5, 1.5]


def test_rolling_two_line_captions_give_each_word_once() -> None:
    lines = [f"line number {n}" for n in range(12)]
    rolled = srt(
        *(
            (2 * n, 2 * n + 2, f"{before}\n{line}")
            for n, (before, line) in enumerate(zip(["", *lines], lines, strict=False))
        )
    )
    assert said(rolled) == lines


def test_ass_templates_drawings_and_copies_give_each_word_once() -> None:
    events = [
        r"Comment: 0,0:00:01.00,0:00:03.00,Song,,0,0,0,karaoke,{\k50}la {\k50}lu",
        r"Dialogue: 0,0:00:01.00,0:00:01.50,Song,,0,0,0,fx,{\pos(1,2)}la",
        r"Dialogue: 0,0:00:01.50,0:00:03.00,Song,,0,0,0,fx,{\pos(9,2)}lu",
        r"Dialogue: 0,0:00:04.00,0:00:05.00,Default,,0,0,0,,{\bord3}Said",
        r"Dialogue: 1,0:00:04.00,0:00:05.00,Default,,0,0,0,,{\bord0}Said",
        r"Dialogue: 0,0:00:06.00,0:00:07.00,Signs,,0,0,0,,{\an8}CLOSED",
        r"Dialogue: 0,0:00:06.00,0:00:07.00,Default,,0,0,0,,{\p1}m 0 0 l 9 9{\p0}",
    ]
    assert said("[Script Info]\n\n[Events]\n" + "\n".join(events)) == ["la lu", "Said"]


@pytest.mark.parametrize(
    "text",
    [
        "{25}{75}Hello|there\n{100}{125}Bye\n",
        "<SAMI><BODY><SYNC Start=1000><P>Hello<br>there<SYNC Start=3000><P>&nbsp;<SYNC Start=4000><P>Bye"
        "<SYNC Start=5000><P>&nbsp;</BODY></SAMI>",
        '<tt xmlns="http://www.w3.org/ns/ttml"><body><div><p begin="00:00:01.000" end="00:00:03.000">Hello<br/>there'
        "</p>"
        '<p begin="00:00:04.000" end="00:00:05.000">Bye</p></div></body></tt>',
    ],
)
def test_formats_supported_by_pysubs2_are_read(text: str) -> None:
    cues = spoken_text(read(text, Fraction(25)))
    assert [(float(cue.span.start), cue.text) for cue in cues] == [(1, "Hello there"), (4, "Bye")]
