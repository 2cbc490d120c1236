"""The cues of a subtitle file, read by ``pysubs2``: SubRip, WebVTT, (Advanced) SubStation, MicroDVD, SAMI, TTML, MPL2.

Files in the wild break their formats' rules in many ways. Before the library reads SubRip, WebVTT and SubStation, what
it would refuse or take for something else is put right; what has no times or no text is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from pysubs2 import SSAEvent, SSAFile
from pysubs2.exceptions import Pysubs2Error

from clipy.analysis.subtitles.cue import MARKS, Shown, unmarked
from clipy.types import Seconds, Span

_CLOCK = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:[.,:](\d{1,9}))?"
_TIMES = re.compile(rf"^\s*{_CLOCK}\s*-{{1,2}}>\s*{_CLOCK}(?:\s.*)?$", re.ASCII)
_ASS_CLOCK = re.compile(rf"\s*{_CLOCK}\s*", re.ASCII)
_INSIDE = re.compile(rf"<{_CLOCK}>", re.ASCII)
_MOMENT = re.compile(r"<t(\d{1,12})>")  # the same in milliseconds: the library takes two clocks in a line for a cue's
_LONGEST = 100 * 3600  # seconds: the library's own limit
_FIELDS = ("layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text")
_OVERRIDE = re.compile(r"\{([^{}]*)\}")
_SYLLABLE = re.compile(r"\\[kK][fot]?(\d{1,6})")
_EMPHASIS = re.compile(r"\\(1?c&|[biu][1-9]|3c&|fsc?[xy]?\d)")
_BREAK = re.compile(r"\\[Nn]|\n")
_FX, _TEMPLATE = "fx", "karaoke"  # effects of the lines that a karaoke template makes, and of those it makes them from
_WRITTEN = re.compile(r"\b(signs?|staff|credits?|typeset(ting)?|ts|notes?|logo)\b", re.IGNORECASE)  # names of styles


def read(text: str, frame_rate: Fraction | None = None) -> list[Shown]:
    """The cues of a file in order of time. ``frame_rate`` is the video's: MicroDVD counts pictures."""
    plain = unmarked(text.replace("\0", "").replace("\x1a", ""))
    lines = plain.splitlines()
    if any(line.strip().lower() == "[events]" for line in lines):
        file = _substation(lines)
    elif any(_TIMES.match(line) for line in lines):
        file = _subrip(lines)
    else:
        file = _other(plain, frame_rate)
    return sorted((cue for event in file if (cue := _cue(event)) is not None), key=lambda cue: cue.span)


def from_dialogue(shown: Iterable[tuple[Span, str]]) -> list[Shown]:
    """The cues of subtitles in the markup of Advanced SubStation, as they come from inside a video."""
    return [_marked(span, unmarked(text)) for span, text in shown]


def _subrip(lines: Sequence[str]) -> SSAFile:
    """A .srt or .vtt file: lines of times, each with text up to the next; in WebVTT, up to an empty line."""
    is_vtt = lines[0].lstrip("\ufeff").startswith("WEBVTT")
    blocks: list[list[str]] = [[]]
    for line in lines:
        if is_vtt and not line:
            blocks.append([])
        else:
            blocks[-1].append(line)
    cues = (cue for block in blocks for cue in _canonical(block))
    return SSAFile.from_string("\n\n".join(cues), format_="srt", keep_html_tags=True)


def _canonical(block: Sequence[str]) -> Iterator[str]:
    """Each cue in some lines as the library expects it."""
    found = [(index, times) for index, line in enumerate(block) if (times := _TIMES.match(line))]
    ends = [*(index for index, _ in found), len(block)][1:]
    for (index, times), end in zip(found, ends, strict=True):
        text = list(block[index + 1 : end])
        if end < len(block) and text and text[-1].strip().isdigit():
            text.pop()  # the number of the next cue
        start, until = _seconds(times.groups()[:4]), _seconds(times.groups()[4:])
        if max(start, until) < _LONGEST:
            said = _INSIDE.sub(lambda clock: f"<t{round(_seconds(clock.groups()) * 1000)}>", "\n".join(text))
            yield f"{_clock(start)} --> {_clock(until)}\n{said}"


def _substation(lines: Sequence[str]) -> SSAFile:
    """The events of an .ass or .ssa file that are spoken, with their fields in the order that the library expects."""
    fields: Sequence[str] = _FIELDS
    kept, inside = list[str](), False
    for line in lines:
        key, _, value = line.partition(":")
        kind = key.strip().title()
        if line.startswith("["):
            inside = line.strip().lower() == "[events]"
        elif inside and kind == "Format" and "text" in value.lower():
            fields = tuple(field.strip().lower() for field in value.split(","))
        elif inside and kind in ("Dialogue", "Comment"):
            values = dict(zip(fields, value.split(",", len(fields) - 1), strict=False))
            clocks = [_ASS_CLOCK.fullmatch(values.get(name, "")) for name in ("start", "end")]
            times = [_seconds(clock.groups()) for clock in clocks if clock is not None]
            if len(times) == 2 and max(times) < _LONGEST:
                start, end = (_clock(time).replace(",", ".") for time in times)
                style, name, effect = (values.get(field, "").strip() for field in ("style", "name", "effect"))
                kept.append(f"{kind}: 0,{start},{end},{style},{name},0,0,0,{effect},{values.get('text', '')}")
    file = SSAFile.from_string("\n".join(["[Script Info]", "[Events]", *kept]), format_="ass")
    file.events = [event for event in file if _is_spoken(event, file)]
    return file


def _is_spoken(event: SSAEvent, file: SSAFile) -> bool:
    """Whether an event is more than a drawing, a comment or a sign; of karaoke, the lines that it was made from."""
    effect = event.effect.lower()
    if event.is_comment:
        return effect.startswith(_TEMPLATE)
    templates = (other for other in file if other.is_comment and other.effect.lower().startswith(_TEMPLATE))
    made_of_others = effect == _FX and any(templates)
    return not (event.is_drawing or made_of_others or _WRITTEN.search(event.style))


def _other(text: str, frame_rate: Fraction | None) -> SSAFile:
    """A file in another format that the library knows; nothing where it knows none."""
    try:
        return SSAFile.from_string(text, fps=None if frame_rate is None else float(frame_rate))
    except (Pysubs2Error, ValueError, SyntaxError):  # the last is what XML that is broken raises
        return SSAFile()


def _cue(event: SSAEvent) -> Shown | None:
    start, end = Fraction(event.start, 1000), Fraction(event.end, 1000)
    return _marked(Span(start, end), event.text, event.name.strip() or None) if start < end else None


def _marked(span: Span, text: str, speaker: str | None = None) -> Shown:
    """The lines of an event; where it says when a word or a syllable begins, a mark stands for that."""
    times: list[Seconds] = []
    sung = span.start

    def mark(time: Seconds) -> str:
        if len(times) == len(MARKS):
            return ""
        times.append(time)
        return chr(MARKS[len(times) - 1])

    def override(found: re.Match[str]) -> str:
        nonlocal sung
        tags, marks = found[1], ""
        for syllable in _SYLLABLE.finditer(tags):
            marks = mark(sung)
            sung += Fraction(int(syllable[1]), 100)
        return marks + ("<b>" if _EMPHASIS.search(tags) else "")

    plain = _OVERRIDE.sub(override, text.replace(r"\h", " "))
    plain = _MOMENT.sub(lambda found: mark(Fraction(int(found[1]), 1000)), plain)
    return Shown(span, tuple(_BREAK.split(plain)), speaker, tuple(times))


def _seconds(clock: Sequence[str | None]) -> Fraction:
    hours, minutes, whole, part = clock
    fraction = Fraction(int(part), 10 ** len(part)) if part else Fraction(0)
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(whole or 0) + fraction


def _clock(time: Seconds) -> str:
    """``HH:MM:SS,mmm``."""
    rest, milliseconds = divmod(round(time * 1000), 1000)
    rest, second = divmod(rest, 60)
    hour, minute = divmod(rest, 60)
    return f"{hour:02}:{minute:02}:{second:02},{milliseconds:03}"
