"""What all transcribers of the Whisper family share: which sound they are given, and what their answers are worth."""

from __future__ import annotations

import importlib.util
import logging
from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Self

from pydantic import Field

from clipy import models
from clipy.analysis.alignment.forced.pronunciation import Pronunciations
from clipy.analysis.alignment.forced.word_times import in_order, snap_to_speech, wordless_spans
from clipy.analysis.audio.speech import RATE, Window, probabilities, speech_regions, windows
from clipy.analysis.audio.speech_spans import speech_spans
from clipy.analysis.base import Transcriber
from clipy.analysis.transcription.whisper.decoding import AsrSegment, shown
from clipy.analysis.transcription.whisper.hotwords import corrected, prompt, read_glossary
from clipy.analysis.transcription.whisper.languages import Languages, Utterance, utterances
from clipy.context import Context
from clipy.errors import BackendUnavailable, MediaError
from clipy.media.audio_file import audio_file_tags
from clipy.media.read import sound, sound_array
from clipy.text.scripts import LANGUAGES_WITHOUT_SPACES
from clipy.types import Seconds, Span, Transcript, Video, Word

log = logging.getLogger(__name__)

_FIRST_SPEECH = Fraction(20)  # seconds from the first word on that tell a language
_DESCRIPTIVE_TAGS = ("title", "artist", "comment", "description")
_LONGEST_TAG = 200  # characters of a tag that are a hint: descriptions go on with links and credits
_SECOND_LOOK = Fraction(3, 2)  # seconds of speech without words that are transcribed again


class WhisperTranscriber(Transcriber):
    """Hears a video in windows cut in silences, so that hours of it need no more memory than minutes.

    A backend says what is heard in a window (``segments``) and how likely each language is in a few seconds of speech
    (``languages``). A voice activity detector finds the windows' borders, puts word times right, and shows what nobody
    said. Where the language changes, each stretch is heard in its own.
    """

    class Options(Transcriber.Options):
        language: str | None = Field(
            None, pattern="^[a-z]{2,3}$", description="What is spoken, as ISO 639-1; found out when not given."
        )
        multilingual: bool = Field(
            True, description="Whether several languages may be spoken, where language is not given."
        )
        hotwords: list[str] = Field(
            [], description="Names to expect (guests, products), as they are to be written; near misses are corrected."
        )
        glossary: Path | None = Field(None, description="Text file with more such names, one per line.")
        metadata_hints: bool = Field(
            False, description="Whether the file's title, artist, comment and description are hints for recognition."
        )

    options: Options
    retries_unheard: bool = True  # whether speech without words is transcribed a second time
    fast: bool = False  # ... all of it at once: several times as fast, and less reliable
    prompt: str = ""  # names to expect and other hints, as Whisper's prompt
    may_repeat: bool = True  # whether a phrase may be repeated: people do, and so does Whisper in a loop

    @abstractmethod
    def segments(self, window: Window, language: str | None, ctx: Context) -> Iterator[AsrSegment]:
        """Transcribe a window, in order; times are seconds from its beginning."""

    @abstractmethod
    def languages(self, window: Window, ctx: Context) -> Mapping[str, float]:
        """The probability of each language in at most 30 s of speech; empty when only listening tells."""

    def spoken_language(self, video: Video, ctx: Context) -> str:
        return ctx.cached_value("transcribe.language", 1, (self, video), str, lambda: self._first_language(video, ctx))

    def _first_language(self, video: Video, ctx: Context) -> str:
        speech = speech_spans(video, ctx)
        if not speech:
            return ""
        span = Span(speech[0].start, speech[0].start + _FIRST_SPEECH).clamp(video.span)
        samples = sound_array(video, span, rate=RATE)[0]
        likely = self.languages(Window(int(span.start * RATE), samples, probabilities(samples)), ctx)
        return max(likely, key=lambda code: (likely[code], code), default="")

    def longest_window(self) -> Seconds:
        """Longest window of sound, in seconds."""
        return Fraction(120)  # 15 minutes so peaked at 489 MB with faster-whisper; with 300 s, at 633 MB

    def identity(self) -> dict[str, object]:
        """Variants of one backend (``verification_transcriber``) never share stored results."""
        variant = {"fast": self.fast, "retries_unheard": self.retries_unheard, "may_repeat": self.may_repeat}
        return {**super().identity(), **variant}

    def input_digests(self) -> tuple[str, ...]:
        detector, glossary = tuple(models.digest(path) for path in _voice_detector()), self.options.glossary
        if not self._names():
            return detector
        listed = (models.digest(glossary.expanduser()),) if glossary else ()
        return (*detector, models.sha256(models.SPHINX), *listed)

    def _names(self) -> list[str]:
        """The names to expect, each once: those in the options first."""
        listed = read_glossary(self.options.glossary) if self.options.glossary else []
        return list(dict.fromkeys(name.strip() for name in (*self.options.hotwords, *listed) if name.strip()))

    def verification_transcriber(self, language: str) -> Self:
        """The same network, with nothing loaded a second time, that need not find out the language."""
        other = copy(self)
        other.options = self.options.model_copy(update={"language": language or self.options.language})
        return other

    def transcribe(self, video: Video, ctx: Context) -> Transcript:
        if not video.audio:
            raise MediaError("there is no sound to transcribe", where=video.path, do="Give a video with speech")
        names, prompted = self._names(), copy(self)
        tags = audio_file_tags(video.path) if self.options.metadata_hints else {}
        prompted.prompt = prompt(
            [*names, *(tags[tag].strip()[:_LONGEST_TAG] for tag in _DESCRIPTIVE_TAGS if tags.get(tag))]
        )
        return prompted.transcribe_prompted(video, names, ctx)

    def transcribe_prompted(self, video: Video, names: Sequence[str], ctx: Context) -> Transcript:
        """Transcribe with the prompt that is set; near misses of ``names`` are corrected."""
        ctx.report("Listening for speech", 0)
        known, words, dropped = Languages(several=self.options.multilingual), list[Word](), 0
        holds = self.options.language or ""
        common_words = cache(lambda language: _common_words(language, ctx))
        for window in windows(sound(video, video.span, rate=RATE), self.longest_window()):
            if not speech_regions(window.probabilities):
                ctx.report("Transcribing", _share(window, 1, video))
                continue
            for part, spoken in self._parts(window, holds, known, ctx):
                language, heard, left_out = self._words(part, spoken, video, ctx)
                if names and language not in LANGUAGES_WITHOUT_SPACES:
                    heard = corrected(heard, names, common_words(language))
                words += [replace(word, language=language) for word in heard]
                dropped += left_out
                holds = holds if self.options.multilingual else language
        if dropped:
            log.info("%d words that nobody said were left out of the transcript", dropped)
        ctx.report("", 1)
        return _marked_transcript(words, holds, video)

    def _parts(self, window: Window, holds: str, known: Languages, ctx: Context) -> list[tuple[Window, str]]:
        """The window, or its parts where the language changes; each with its language, empty where only hearing tells.

        ``holds`` is the one that holds throughout, if any.
        """
        if holds:
            return [(window, holds)]
        spans = utterances(speech_regions(window.probabilities, window.time))
        utterances_by_language = [Utterance(span, self.languages(window.part(span), ctx)) for span in spans]
        if not all(utterance.likely for utterance in utterances_by_language):
            return [(window, "")]
        found = known.stretches(window.span, utterances_by_language)
        if len(found) == 1:
            return [(window, found[0][1])]
        return [(window.part(span), language) for span, language in found]

    def _words(self, window: Window, language: str, video: Video, ctx: Context) -> tuple[str, list[Word], int]:
        """The language, the words of a window, and how many were left out because nobody said them.

        Whisper at times jumps over half a minute in which people speak, or says the same words till its end where they
        quarrel. What it did not hear at first it is given again, by itself, and may not repeat itself then.
        """
        speech = speech_regions(window.probabilities, window.time)
        first = list(_reported(self.segments(window, language or None, ctx), window, video, ctx))
        language = language or next((segment.language for segment in first if segment.language), "")
        spaced = language not in LANGUAGES_WITHOUT_SPACES
        said, made_up = shown(first, window.time, spaced=spaced)
        words, unvoiced = snap_to_speech(said, speech)
        patient = copy(self)
        patient.may_repeat = False
        for part, gaps in self._second_looks(window, words, speech):
            more, again = shown(patient.segments(part, language or None, ctx), part.time, spaced=spaced)
            found, off = snap_to_speech(more, [span.clamp(gap) for gap in gaps for span in speech if span.overlap(gap)])
            words += found
            made_up, unvoiced = made_up + again, unvoiced + off
        return language, sorted(words, key=lambda word: word.start), made_up + unvoiced

    def _second_looks(
        self, window: Window, words: Sequence[Word], speech: Sequence[Span]
    ) -> list[tuple[Window, Sequence[Span]]]:
        """What to listen to again, with the gaps between words that it fills; in haste all in one, the rest silent."""
        gaps = wordless_spans(words, speech, _SECOND_LOOK) if self.retries_unheard else ()
        if not gaps or not self.fast:
            return [(window.part(gap), (gap,)) for gap in gaps]
        return [(window.only(gaps), gaps)]


def _common_words(language: str, ctx: Context) -> Callable[[str], bool]:
    """Tells whether a word is common: in English, in the pronouncing dictionary; elsewhere every word may be."""
    if language != "en":
        return lambda _: True
    dictionary = Pronunciations(models.fetch(models.SPHINX, report=ctx.report) / "cmudict-en-us.dict")
    return cache(lambda word: bool(dictionary.of(word)))


def _marked_transcript(words: Sequence[Word], holds: str, video: Video) -> Transcript:
    """The transcript; only what is not in the language of most words is marked with its own."""
    counts = Counter(word.language or "" for word in words)
    language = max(counts, key=lambda code: (counts[code], code), default=holds)
    if len(counts) > 1:
        log.info("languages, by words: %s", ", ".join(f"{code or '?'} {n}" for code, n in counts.most_common()))
    marked = [replace(word, language=None if word.language == language else word.language) for word in words]
    return Transcript(language, in_order(marked, video.span))


def _reported(segments: Iterator[AsrSegment], window: Window, video: Video, ctx: Context) -> Iterator[AsrSegment]:
    """Pass segments on, telling how much of the video they reach to."""
    for segment in segments:
        if segment.words:
            ctx.report("Transcribing", _share(window, segment.words[-1].end * RATE / len(window.samples), video))
        yield segment


def _share(window: Window, done: float, video: Video) -> float:
    """How much of the video has been heard, when ``done`` (0..1) of a window has."""
    return min(1.0, (window.start + done * len(window.samples)) / RATE / max(float(video.duration), 1e-9))


def _voice_detector() -> list[Path]:
    """The files of the Silero network inside faster-whisper, found without importing it."""
    found = importlib.util.find_spec("faster_whisper")
    if found is None or not found.submodule_search_locations:
        raise BackendUnavailable("faster-whisper is not installed", do="pip install faster-whisper")
    return sorted(Path(found.submodule_search_locations[0]).glob("assets/silero*.onnx"))
