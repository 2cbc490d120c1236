"""What all transcribers of the Whisper family share: which sound they are given, and what their answers are worth."""

from __future__ import annotations

import importlib.util
import logging
import math
from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import groupby
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
from clipy.analysis.transcription.whisper.languages import Languages, Utterance, most_plausible, stretches, utterances
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
_SILENCE_AROUND = Fraction(2, 5)  # seconds around an utterance whose language is checked
_CHECKED = 12  # utterances of a window at most whose language is decided by transcribing them in each likely one


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
        return ctx.cached_value("transcribe.language", 2, (self, video), str, lambda: self._first_language(video, ctx))

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
            heard, left_out = self._window(window, holds, known, video, ctx)
            for language, run in groupby(heard, key=lambda word: word.language or ""):
                said = list(run)
                spaced = names and language not in LANGUAGES_WITHOUT_SPACES
                words += corrected(said, names, common_words(language)) if spaced else said
            dropped += left_out
            if not self.options.multilingual and heard:
                holds = holds or heard[0].language or ""
        if dropped:
            log.info("%d words that nobody said were left out of the transcript", dropped)
        ctx.report("", 1)
        return _marked_transcript(words, holds, video)

    def _window(
        self, window: Window, holds: str, known: Languages, video: Video, ctx: Context
    ) -> tuple[list[Word], int]:
        """The words of a window, each with its language, and how many were left out because nobody said them.

        ``holds`` is the language that holds throughout, if any. All stretches in one language are transcribed at
        once, with the others muted: Whisper takes as long for each piece as for 30 s.
        """
        stretches = [(window.span, holds)] if holds else self._stretches(window, known, ctx)
        words, dropped = list[Word](), 0
        for language in dict.fromkeys(code for _, code in stretches):
            spans = [span for span, code in stretches if code == language]
            part = window if len(spans) == len(stretches) else window.only(spans)
            found, left_out = self._words(part, language, known, video, ctx)
            words += found
            dropped += left_out
        return sorted(words, key=lambda word: word.start), dropped

    def _stretches(self, window: Window, known: Languages, ctx: Context) -> list[tuple[Span, str]]:
        """The window, cut where its language changes; the language is empty where only listening tells."""
        spans = utterances(speech_regions(window.probabilities, window.time))
        heard = [Utterance(span, self.languages(window.part(span), ctx)) for span in spans]
        if not all(utterance.likely for utterance in heard):
            return [(window.span, "")]
        path = known.path(heard)
        doubtful = [number for number in range(len(heard)) if known.rivals(heard[number], path[number])]
        for number in sorted(doubtful, key=lambda number: heard[number].chance(path[number]))[:_CHECKED]:
            part = window.part(_with_margin(spans, number, window.span))
            path[number] = self._most_plausible(part, heard[number], path[number], known, ctx)
        return stretches(window.span, heard, path)

    def _most_plausible(self, part: Window, utterance: Utterance, language: str, known: Languages, ctx: Context) -> str:
        """The language of an utterance that does not fit the path: it is transcribed in each likely one.

        ``part`` is the utterance with some of the silence around it: a second opinion on what is likely.
        """
        again = self.languages(part, ctx)
        likely = {
            code: (utterance.likely.get(code, 0.0) + again.get(code, 0.0)) / 2 for code in {*utterance.likely, *again}
        }
        utterance = replace(utterance, likely=likely)
        rivals = known.rivals(utterance, language)
        if not rivals:
            return language
        sure = {code: self.confidence(part, code, ctx) for code in (language, *rivals)}
        found = most_plausible(utterance, language, sure, known.known)
        if found != language:
            known.add(found)
            log.info("%s at %.1f s, for %.1f s", found, float(utterance.span.start), float(utterance.span.duration))
        return found

    def confidence(self, window: Window, language: str, ctx: Context) -> float:
        """The mean log probability of a token of what is recognized in a few seconds in a language; -inf for none."""
        found = [(len(one.words), one.confidence) for one in self.segments(window, language, ctx) if one.words]
        return sum(count * sure for count, sure in found) / sum(count for count, _ in found) if found else -math.inf

    def _words(
        self, window: Window, language: str, known: Languages, video: Video, ctx: Context
    ) -> tuple[list[Word], int]:
        """The words of the speech in a window that is in one language, and how many were left out.

        Whisper at times jumps over half a minute in which people speak, or says the same words till its end where they
        quarrel. What it did not hear at first it is given again, by itself, and may not repeat itself then.
        """
        speech = speech_regions(window.probabilities, window.time)
        first = list(_reported(self.segments(window, language or None, ctx), window, video, ctx))
        language = language or next((segment.language for segment in first if segment.language), "")
        spaced = language not in LANGUAGES_WITHOUT_SPACES
        said, made_up = shown(first, window.time, spaced=spaced)
        words, unvoiced = snap_to_speech(said, speech)
        words = [replace(word, language=language) for word in words]
        patient = copy(self)
        patient.may_repeat = False
        for part, gaps in self._second_looks(window, words, speech):
            other = patient._language_of(part, language, known, ctx)  # noqa: SLF001
            spaced = other not in LANGUAGES_WITHOUT_SPACES
            more, again = shown(patient.segments(part, other or None, ctx), part.time, spaced=spaced)
            found, off = snap_to_speech(more, [span.clamp(gap) for gap in gaps for span in speech if span.overlap(gap)])
            words += [replace(word, language=other) for word in found]
            made_up, unvoiced = made_up + again, unvoiced + off
        return words, made_up + unvoiced

    def _language_of(self, part: Window, language: str, known: Languages, ctx: Context) -> str:
        """The language of speech that gave no words in the one of its stretch."""
        if self.fast or not language or self.options.language or not self.options.multilingual:
            return language
        alone = Utterance(part.span, self.languages(part, ctx))
        return self._most_plausible(part, alone, language, known, ctx)

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
    return cache(lambda word: word in dictionary)


def _with_margin(spans: Sequence[Span], number: int, window: Span) -> Span:
    """One of several spans with some of the silence around it, up to halfway to its neighbors."""
    span = spans[number]
    before = (spans[number - 1].end + span.start) / 2 if number else window.start
    after = (spans[number + 1].start + span.end) / 2 if number + 1 < len(spans) else window.end
    return Span(max(before, span.start - _SILENCE_AROUND), min(after, span.end + _SILENCE_AROUND))


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
