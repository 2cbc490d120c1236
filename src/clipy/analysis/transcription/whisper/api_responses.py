"""What a speech endpoint answers (``verbose_json``), as segments of words with their times.

Endpoints differ: OpenAI lists words beside the segments and without punctuation, whisper.cpp and others inside them,
and some give none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from clipy.analysis.transcription.whisper.decoding import AsrSegment, AsrWord

_NAMES = {
    "afrikaans": "af", "arabic": "ar", "bulgarian": "bg", "catalan": "ca", "chinese": "zh", "croatian": "hr",
    "czech": "cs", "danish": "da", "dutch": "nl", "english": "en", "estonian": "et", "finnish": "fi", "french": "fr",
    "german": "de", "greek": "el", "hebrew": "he", "hindi": "hi", "hungarian": "hu", "icelandic": "is",
    "indonesian": "id", "italian": "it", "japanese": "ja", "korean": "ko", "latvian": "lv", "lithuanian": "lt",
    "malay": "ms", "norwegian": "no", "persian": "fa", "polish": "pl", "portuguese": "pt", "romanian": "ro",
    "russian": "ru", "serbian": "sr", "slovak": "sk", "slovenian": "sl", "spanish": "es", "swedish": "sv",
    "tamil": "ta", "thai": "th", "turkish": "tr", "ukrainian": "uk", "urdu": "ur", "vietnamese": "vi", "welsh": "cy",
}  # fmt: skip


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Word(_Lenient):
    word: str
    start: FiniteFloat = Field(ge=0)
    end: FiniteFloat = Field(ge=0)
    probability: FiniteFloat = 1.0


class _Segment(_Lenient):
    start: FiniteFloat = Field(ge=0)
    end: FiniteFloat = Field(ge=0)
    text: str = ""
    no_speech_prob: FiniteFloat = 0.0
    avg_logprob: FiniteFloat = 0.0
    compression_ratio: FiniteFloat = 1.0
    words: list[_Word] | None = None


class Answer(_Lenient):
    """The part of an answer that clipy reads; times are seconds from the beginning of the sound that was sent."""

    text: str = ""
    language: str | None = None
    segments: list[_Segment] | None = None
    words: list[_Word] | None = None

    def said(self) -> Iterator[AsrSegment]:
        """The segments, each with its words as they are written."""
        language = (self.language or "").lower()
        code = _NAMES.get(language, language if len(language) in (2, 3) else "")
        left = list(self.words or ())
        segments = self.segments or ([self._whole()] if self.words else [])
        for number, segment in enumerate(segments):
            timed, until = segment.words, segments[number + 1].start if number + 1 < len(segments) else float("inf")
            if timed is None:
                count = next((n for n, word in enumerate(left) if (word.start + word.end) / 2 >= until), len(left))
                timed, left = left[:count], left[count:]
            yield AsrSegment(
                tuple(_written(segment, timed)),
                segment.no_speech_prob,
                segment.avg_logprob,
                segment.compression_ratio,
                code,
            )

    def _whole(self) -> _Segment:
        """All words as one segment."""
        words = self.words or []
        return _Segment(start=words[0].start, end=max(word.end for word in words), text=self.text)


def _written(segment: _Segment, timed: Sequence[_Word]) -> list[AsrWord]:
    """The words of a segment's text, which has the punctuation, at the times of those that the endpoint lists."""
    texts = segment.text.split()
    if not texts:
        return [AsrWord(f" {word.word.strip()}", word.start, word.end, word.probability) for word in timed]
    if not timed:
        return _spread(texts, segment.start, segment.end, 1.0)
    plain, heard = [_plain(text) for text in texts], [_plain(word.word) for word in timed]
    found: list[AsrWord] = []
    for kind, a, b, c, d in SequenceMatcher(None, plain, heard, autojunk=False).get_opcodes():
        if kind == "equal":
            pairs = zip(texts[a:b], timed[c:d], strict=True)
            found += [AsrWord(f" {text}", word.start, word.end, word.probability) for text, word in pairs]
        elif a < b:
            start = timed[c].start if c < d else found[-1].end if found else segment.start
            end = timed[d - 1].end if c < d else timed[c].start if c < len(timed) else segment.end
            found += _spread(texts[a:b], start, end, min((word.probability for word in timed[c:d]), default=1.0))
    return found


def _spread(texts: Sequence[str], start: float, end: float, probability: float) -> list[AsrWord]:
    """Words one after the other between two times, each as long as its letters are many."""
    step = max(0.0, end - start) / sum(len(text) + 1 for text in texts)
    found, done = [], start
    for text in texts:
        length = step * (len(text) + 1)
        found.append(AsrWord(f" {text}", done, done + length, probability))
        done += length
    return found


def _plain(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())
