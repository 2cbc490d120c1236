"""Subtitles that somebody has made, used instead of transcribing."""

from __future__ import annotations

import bisect
import codecs
import logging
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from pydantic import Field, field_validator

from clipy import models
from clipy.analysis.alignment.forced.word_times import in_order
from clipy.analysis.audio.speech import RATE, Window, probabilities
from clipy.analysis.audio.speech_spans import speech_spans
from clipy.analysis.base import Transcriber
from clipy.analysis.subtitles.credits import without_credits
from clipy.analysis.subtitles.cue import Cue, Shown
from clipy.analysis.subtitles.cue_timing import language_of, words_of
from clipy.analysis.subtitles.encoding import decode
from clipy.analysis.subtitles.reader import from_dialogue, read
from clipy.analysis.subtitles.spoken_text import spoken_text
from clipy.analysis.subtitles.sync import RecognizedSpeech, in_time
from clipy.analysis.transcription.faster_whisper import FasterWhisper
from clipy.analysis.transcription.whisper.decoding import shown
from clipy.context import Context
from clipy.errors import MediaError, ModelError
from clipy.media.read import sound_array
from clipy.media.subtitle_streams import SubtitleStream, subtitle_events, subtitle_streams
from clipy.text.languages import short_code
from clipy.types import Span, Transcript, Video, Word

log = logging.getLogger(__name__)

_SUFFIXES = (".srt", ".vtt", ".ass", ".ssa")  # of files that are looked for; one that is named may have another
_CODE = re.compile(r"[A-Za-z]{2,3}")
_LARGEST = 50_000_000  # bytes of a subtitle file; ten hours of speech have about one million


class Subtitles(Transcriber):
    """The words of a subtitle file (.srt, .vtt, .ass and others) or of a subtitle stream inside the video.

    Sources in order: the file in ``path``; one next to the video with the same name, with or without a language code
    (``talk.srt``, ``talk.en.vtt``); a text stream in the video. Sound descriptions, music and credits are dropped;
    names become speakers. Subtitles that are early, late or drift
    are corrected by the speech; those of another video are refused. The words of each cue are distributed over the
    speech during it, and then aligned.
    """

    version = 3
    listens = False

    class Options(Transcriber.Options):
        path: Path | None = Field(
            None, description="The subtitle file; found beside or inside the video when not given."
        )
        language: str | None = Field(
            None, pattern="^[a-z]{2,3}$", description="Which subtitles, as ISO 639-1; the first when not given."
        )
        encoding: str | None = Field(
            None, description="Encoding of the file, such as cp1251 or gb18030; found out when not given."
        )
        sync: bool = Field(True, description="Move subtitles that are early, late or drift to where they are said.")

        @field_validator("encoding")
        @classmethod
        def _encoding_is_known(cls, name: str | None) -> str | None:
            try:
                return None if name is None else codecs.lookup(name).name
            except LookupError as error:
                raise ValueError(f"there is no encoding {name!r}; name one such as utf-8, cp1251 or gb18030") from error

    options: Options

    def sidecar_digests(self, path: Path) -> tuple[str, ...]:
        found = self._file(path)
        return () if found is None or not found.is_file() else (found.suffix.lower(), models.digest(found))

    def transcribe(self, video: Video, ctx: Context) -> Transcript:
        written, tagged, where = self._read(video, ctx)
        cues = spoken_text(written)
        if not cues:
            raise MediaError("there are no subtitles in this file", where=where, do=_INSTEAD)
        language = self.options.language or tagged or language_of(cue.text for cue in cues)
        if not language:
            log.warning("the subtitles' language is not known; set the option language")
        speech = speech_spans(video, ctx)
        if self.options.sync:
            cues = _moved(cues, speech, video, language, where, ctx)
        inside = [cue for cue in cues if cue.span.start < video.duration and cue.span.end > 0]
        if len(inside) < len(cues):
            log.warning(
                "%d of %d subtitles lie outside of the video and are left out", len(cues) - len(inside), len(cues)
            )
        said, credited = without_credits(inside, speech)
        if credited:
            log.info("%d subtitles are credits or advertisements and are left out: %s", len(credited), credited[0].text)
        if not said:
            raise MediaError("the subtitles have no words within the video", where=video.path, do=_INSTEAD)
        return Transcript(language, in_order(_words(said, speech), video.span))

    def _read(self, video: Video, ctx: Context) -> tuple[list[Shown], str, Path]:
        """What is shown when, the language that the file or the stream is marked with, and which file that is."""
        path = self._file(video.path)
        if path is not None:
            tagged = _code_in(path, video.path)
            return read(self._text(path, tagged, video, ctx), video.frame_rate), tagged, path
        stream = self._stream(subtitle_streams(video))
        if stream is None:
            raise MediaError("there are no subtitles next to or inside the video", where=video.path, do=_INSTEAD)
        log.info("the subtitles are those of stream %d", stream.index)
        return from_dialogue(subtitle_events(video, stream.index)), short_code(stream.language), video.path

    def _text(self, path: Path, tagged: str, video: Video, ctx: Context) -> str:
        """The text of a file in the right letters."""
        try:
            if path.stat().st_size > _LARGEST:
                raise MediaError("this is too large for a subtitle file", where=path, do=_INSTEAD)
            data = path.read_bytes()
        except OSError as error:
            raise MediaError(f"the subtitles cannot be read ({error.strerror})", where=path, do=_INSTEAD) from error
        language = self.options.language or tagged
        try:
            found = decode(
                data, encoding=self.options.encoding, language=language, heard=partial(_language_of, video, ctx)
            )
        except MediaError as error:
            raise MediaError(error.what, where=path, do=error.do) from error
        if found.guessed:
            log.info(
                "%s is read as %s; another encoding can be named with transcribe.encoding", path.name, found.encoding
            )
        return found.text

    def _file(self, video: Path) -> Path | None:
        """The file that was named, or the best one beside the video."""
        if self.options.path is not None:
            return self.options.path.expanduser()
        if not video.parent.is_dir():
            return None
        wanted, stem, found = self.options.language, video.stem.lower(), []
        for file in sorted(video.parent.iterdir()):
            name, suffix = file.stem.lower(), file.suffix.lower()
            code = short_code(name.removeprefix(stem).removeprefix("."))
            if suffix not in _SUFFIXES or (
                name != stem and not (name.startswith(f"{stem}.") and _CODE.fullmatch(code))
            ):
                continue
            if wanted is None or code in ("", wanted):
                found.append((code != (wanted or ""), code, _SUFFIXES.index(suffix), file))
        return min(found)[-1] if found else None

    def _stream(self, streams: list[SubtitleStream]) -> SubtitleStream | None:
        wanted = self.options.language
        fitting = [stream for stream in streams if wanted is None or short_code(stream.language or wanted) == wanted]
        return fitting[0] if fitting else None


_INSTEAD = "Name a file with transcribe.path, or transcribe: --set transcribe.backend=faster-whisper"


def _words(cues: Sequence[Cue], speech: Sequence[Span]) -> list[Word]:
    starts = [span.start for span in speech]
    words: list[Word] = []
    for cue in cues:
        first = max(0, bisect.bisect_right(starts, cue.span.start) - 1)
        words += words_of(cue, speech[first : bisect.bisect_left(starts, cue.span.end)])
    return words


def _moved(
    cues: list[Cue], speech: Sequence[Span], video: Video, language: str, where: Path, ctx: Context
) -> list[Cue]:
    """The cues when they are said. Raises MediaError where they are another video's."""
    try:
        scale, offset = in_time(cues, speech, video.duration, language, partial(_recognised, video, ctx))
    except MediaError as error:
        raise MediaError(error.what, where=where, do=error.do) from error
    if scale == 1 and offset == 0:
        return cues
    late = float(-offset)
    log.warning(
        "%s: the subtitles are %s%s and are moved to where they are said",
        where.name,
        f"{abs(late):.2f} s {'late' if late > 0 else 'early'}" if abs(late) >= 0.005 else "in another time base",
        "" if scale == 1 else f", drifting by {float(scale - 1):+.2%}",
    )
    return [cue.moved(scale, offset) for cue in cues]


def _recognised(video: Video, ctx: Context, spans: Sequence[Span]) -> RecognizedSpeech:
    """The words of some stretches, heard quickly, and their language; none where the network cannot be had."""
    listener, found, spoken = FasterWhisper().verification_transcriber(""), list[Word](), ""
    try:
        for span in spans:
            samples = sound_array(video, span.clamp(video.span), rate=RATE)[0]
            window = Window(int(span.start * RATE), samples, probabilities(samples))
            likely = listener.languages(window, ctx)
            spoken = spoken or max(likely, key=lambda code: likely[code], default="")
            words, _ = shown(listener.segments(window, spoken or None, ctx), window.time, spaced=True)
            found += words
    except ModelError as error:
        log.warning("cannot compare the subtitles with the speech: %s", error)
    return spoken, found


def _language_of(video: Video, ctx: Context) -> str:
    """The language that is spoken; empty where the network cannot be had, or nobody speaks."""
    try:
        return FasterWhisper().spoken_language(video, ctx)
    except ModelError as error:
        log.warning("what is spoken cannot be heard: %s", error)
        return ""


def _code_in(path: Path, video: Path) -> str:
    code = path.stem.rpartition(".")[2]
    return short_code(code) if code.lower() != video.stem.lower() and _CODE.fullmatch(code) else ""
