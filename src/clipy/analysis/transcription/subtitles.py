"""Subtitles that somebody has made, used instead of transcribing."""

from __future__ import annotations

import bisect
import logging
import re
from fractions import Fraction
from pathlib import Path

from pydantic import Field

from clipy import models
from clipy.analysis.alignment.forced.word_times import in_order
from clipy.analysis.audio.speech import RATE, regions, windows
from clipy.analysis.base import Transcriber
from clipy.analysis.subtitles.cue_timing import language_of, words_of
from clipy.analysis.subtitles.parser import Cue, decoded, from_dialogue, read
from clipy.context import Context
from clipy.errors import MediaError
from clipy.media.embedded import SubtitleStream, dialogue, subtitle_streams
from clipy.media.read import sound
from clipy.types import Span, Transcript, Video, Word

log = logging.getLogger(__name__)

_SUFFIXES = (".srt", ".vtt", ".ass", ".ssa")
_WINDOW = Fraction(120)  # seconds of sound at once
_CODE = re.compile(r"[A-Za-z]{2,3}")
_LARGEST = 50_000_000  # bytes of a subtitle file; ten hours of speech have about one million
_SHORT = {"eng": "en", "deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "spa": "es", "ita": "it", "por": "pt",
          "nld": "nl", "dut": "nl", "rus": "ru", "jpn": "ja", "zho": "zh", "chi": "zh", "kor": "ko", "ara": "ar",
          "heb": "he", "ell": "el", "gre": "el", "tha": "th", "hin": "hi", "pol": "pl", "tur": "tr"}  # fmt: skip


class Subtitles(Transcriber):
    """The words of a subtitle file (.srt, .vtt, .ass) or of a subtitle stream inside the video; nothing is transcribed.

    Looked for in this order: the file that ``path`` names; one beside the video with the same name, with or without a
    language code (``talk.srt``, ``talk.en.vtt``); a text stream in the video. Each cue's words are spread over the
    speech that is heard while it is shown; the aligner then puts them right.
    """

    version = 1
    listens = False

    class Options(Transcriber.Options):
        path: str | None = Field(
            None, description="The subtitle file; found beside or inside the video when not given."
        )
        language: str | None = Field(
            None, pattern="^[a-z]{2,3}$", description="Which subtitles, as ISO 639-1; the first when not given."
        )

    options: Options

    def sidecar_digests(self, path: Path) -> tuple[str, ...]:
        found = self._file(path)
        return () if found is None or not found.is_file() else (found.suffix.lower(), models.digest(found))

    def transcribe(self, video: Video, ctx: Context) -> Transcript:
        cues, tagged = self._cues(video)
        inside = [cue for cue in cues if cue.span.start < video.duration]
        if len(inside) < len(cues):
            log.warning(
                "%d of %d subtitles lie after the video's end and are left out", len(cues) - len(inside), len(cues)
            )
        if not inside:
            raise MediaError("the subtitles hold nothing that is said in the video", where=video.path, do=_INSTEAD)
        language = self.options.language or tagged or language_of(inside)
        if not language:
            log.warning("the subtitles' language is not known; set the option language")
        speech = _speech(video, ctx)
        starts = [span.start for span in speech]
        words: list[Word] = []
        for cue in inside:
            first = max(0, bisect.bisect_right(starts, cue.span.start) - 1)
            words += words_of(cue, speech[first : bisect.bisect_left(starts, cue.span.end)])
        return Transcript(language, in_order(words, video.span))

    def _cues(self, video: Video) -> tuple[list[Cue], str]:
        """The cues and the language that the file or the stream is marked with."""
        path = self._file(video.path)
        if path is not None:
            cues = _read_file(path)
            if not cues:
                raise MediaError("there are no subtitles in this file", where=path, do=_INSTEAD)
            return cues, _code_in(path, video.path)
        stream = self._stream(subtitle_streams(video))
        if stream is None:
            raise MediaError("there are no subtitles beside or inside the video", where=video.path, do=_INSTEAD)
        log.info("the subtitles are those of stream %d", stream.index)
        return from_dialogue(dialogue(video, stream.index)), _short(stream.language)

    def _file(self, video: Path) -> Path | None:
        """The file that was named, or the best one beside the video."""
        if self.options.path is not None:
            return Path(self.options.path).expanduser()
        if not video.parent.is_dir():
            return None
        wanted, stem, found = self.options.language, video.stem.lower(), []
        for file in sorted(video.parent.iterdir()):
            name, suffix = file.stem.lower(), file.suffix.lower()
            code = _short(name.removeprefix(stem).removeprefix("."))
            if suffix not in _SUFFIXES or (
                name != stem and not (name.startswith(f"{stem}.") and _CODE.fullmatch(code))
            ):
                continue
            if wanted is None or code in ("", wanted):
                found.append((code != (wanted or ""), code, _SUFFIXES.index(suffix), file))
        return min(found)[-1] if found else None

    def _stream(self, streams: list[SubtitleStream]) -> SubtitleStream | None:
        wanted = self.options.language
        fitting = [stream for stream in streams if wanted is None or _short(stream.language or wanted) == wanted]
        return fitting[0] if fitting else None


_INSTEAD = "Name a file with transcribe.path, or transcribe: --set transcribe.backend=faster-whisper"


def _speech(video: Video, ctx: Context) -> list[Span]:
    """Where somebody speaks, in order and apart."""
    found: list[Span] = []
    for window in windows(sound(video, video.span, rate=RATE), _WINDOW):
        ctx.report("Listening for speech", float(window.time / max(video.duration, Fraction(1))))
        found += regions(window.probabilities, window.time)
    return found


def _read_file(path: Path) -> list[Cue]:
    try:
        if path.stat().st_size > _LARGEST:
            raise MediaError("this is too large for a subtitle file", where=path, do=_INSTEAD)
        text, guessed = decoded(path.read_bytes())
    except OSError as error:
        raise MediaError(f"the subtitles cannot be read ({error.strerror})", where=path, do=_INSTEAD) from error
    if guessed:
        log.warning("%s is not UTF-8 and is read as Windows-1252; save it as UTF-8 if letters are wrong", path.name)
    return read(text)


def _code_in(path: Path, video: Path) -> str:
    code = path.stem.rpartition(".")[2]
    return _short(code) if code.lower() != video.stem.lower() and _CODE.fullmatch(code) else ""


def _short(code: str) -> str:
    """A two-letter code, where there is one for a three-letter one."""
    return _SHORT.get(code.lower(), code.lower())
