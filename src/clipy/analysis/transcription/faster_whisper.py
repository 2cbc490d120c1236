"""Speech -> words with times, by faster-whisper."""

from __future__ import annotations

import logging
import math
import re
import time
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, TypeVar

import numpy as np
from pydantic import Field

from clipy import models
from clipy.analysis.audio.speech import RATE, Window, probabilities
from clipy.analysis.audio.speech_spans import speech_spans
from clipy.analysis.transcription.whisper.decoding import AsrSegment, AsrWord
from clipy.analysis.transcription.whisper.model_choice import AUTO, SMALLEST, choose_size
from clipy.analysis.transcription.whisper.packing import LONGEST, PackedSpeech, pack
from clipy.analysis.transcription.whisper.transcriber import WhisperTranscriber
from clipy.context import Context
from clipy.device import for_ctranslate2, processors
from clipy.errors import ConfigError, ModelError
from clipy.media.read import sound_array
from clipy.types import Span, Transcript, Video

log = logging.getLogger(__name__)
T = TypeVar("T")

_LOOK = 4  # seconds at most that the network is asked the language of
_BRIEF = 10  # seconds of speech at most that are transcribed a second time without being padded to 30 s
_MEASURED = 30  # seconds of speech in which auto measures a model
_FRAMES = 3000  # of 30 s, which is all that the network takes
_PHRASE = 6  # tokens that are not said twice in half a minute, where that is forbidden; with 10 loops went on
_NEEDED = ("model.bin", "config.json", "tokenizer.json")  # without the last, faster-whisper would ask the network
_ALSO_KNOWN_AS = {"turbo": "large-v3-turbo", "large": "large-v3"}


class FasterWhisper(WhisperTranscriber):
    """OpenAI's Whisper on CTranslate2, with a voice activity detector to put its word times right.

    The sound is read by our own media layer, in windows cut in silences, so that hours of it need no more memory than
    minutes. Speech is packed into pieces of up to 30 s, and several of them are heard at once, without Whisper's time
    stamps, which faster-whisper calls batched. Measured with ``base``, int8, 2 threads, on 86 s of an audiobook whose
    words another recogniser had timed (90th and 99th percentile of the error of word starts, as Whisper gives them and
    after ``clipy.analysis.alignment.forced.word_times``):

        plain, beam 5     0.09 CPU s for a second   424 MB   170 ms, 500 ms -> 109 ms, 231 ms
        plain, beam 1     0.06                      414 MB   188 ms, 527 ms -> 110 ms, 320 ms
        batched, beam 5   0.06                      564 MB   230 ms, 662 ms -> 110 ms, 412 ms
        batched, beam 1   0.05                      580 MB   226 ms, 681 ms -> 110 ms, 404 ms

    Forced alignment evens out what is left of these. The plain decoder, which follows its own time stamps through the
    sound, left out the last nine words there, ended in a loop, and put no full stops into the first half minute; the
    batched one heard them all. Whole sentences go missing with it when it is given the wrong language, which is what
    ``whisper.languages`` is for, and what is not heard at first is given to it again, by itself.
    """

    version: ClassVar[int] = 10

    class Options(WhisperTranscriber.Options):
        model: str = Field(
            "base",
            min_length=1,
            json_schema_extra={"format": "path"},
            description="Whisper's size (tiny.en, tiny, base, small, medium, large-v3-turbo, large-v3); auto for the "
            "best that runs at the given speed here; or the folder of a model in CTranslate2's format.",
        )
        speed: float = Field(
            2.0, gt=0, le=1000, description="Lowest speed at which auto accepts a model, in times real time."
        )
        beam_size: int = Field(5, ge=1, le=20, description="Hypotheses weighed at once; 1 is a fifth cheaper.")
        batch: int = Field(4, ge=1, le=64, description="Chunks of up to 30 s per batch: trades memory for speed.")
        threads: int = Field(0, ge=0, le=256, description="Processor threads; 0 takes all.")

    options: Options

    def __init__(self, options: Options | None = None) -> None:
        super().__init__(options)
        self._loaded: dict[tuple[str, str, int], Any] = {}  # model, device, threads -> faster_whisper.WhisperModel
        self._without_cuda: set[str] = set()  # devices on which CUDA turned out not to work

    def release(self) -> None:
        self._loaded.clear()  # also that of the variants that verify

    def input_digests(self) -> tuple[str, ...]:
        folder = self._users_folder()
        whisper = models.sha256(self._model_name()) if folder is None else models.digest_of_folder(folder)
        return (whisper, *super().input_digests())

    def verification_transcriber(self, language: str) -> Self:
        """With beam 1, on brief sound, once where the language is known: enough to tell if what is written is said."""
        other = super().verification_transcriber(language)
        other.retries_unheard, other.fast = not language, True
        model = SMALLEST if self.options.model == AUTO else self.options.model
        other.options = other.options.model_copy(update={"beam_size": 1, "model": model})
        return other

    def transcribe(self, video: Video, ctx: Context) -> Transcript:
        if self.options.model != AUTO:
            return super().transcribe(video, ctx)
        size = ctx.cached_value("transcribe.model", 1, (self, video), str, lambda: self._best_size(video, ctx))
        return self._of_size(size).transcribe(video, ctx)

    def _of_size(self, size: str) -> Self:
        other = copy(self)
        other.options = self.options.model_copy(update={"model": size})
        return other

    def _best_size(self, video: Video, ctx: Context) -> str:
        """The best size that is fast enough in the first half minute of speech; the smallest where nobody speaks."""
        speech = speech_spans(video, ctx)
        if not speech:
            return SMALLEST
        span = Span(speech[0].start, speech[0].start + Fraction(_MEASURED)).clamp(video.span)
        samples = sound_array(video, span, rate=RATE)[0]
        window = Window(0, samples, probabilities(samples))
        likely = self.languages(window, ctx)
        language = self.options.language or max(likely, key=lambda code: (likely[code], code))

        def measured(size: str) -> float:
            other = self._of_size(size)
            other.languages(window, ctx)  # loads it
            began = time.perf_counter()
            for _ in other.segments(window, language, ctx):
                ctx.report(f"Measuring Whisper {size}")
            return len(samples) / RATE / max(time.perf_counter() - began, 1e-6)

        on_card = for_ctranslate2(ctx.device, "faster-whisper") == "cuda" and ctx.device not in self._without_cuda
        size = choose_size(measured, self.options.speed, on_graphics_card=on_card)
        for key in [key for key in self._loaded if key[0] not in (size, AUTO)]:
            del self._loaded[key]  # the memory of those that were only measured
        return size

    def languages(self, window: Window, ctx: Context) -> Mapping[str, float]:
        return self._computed(lambda whisper: self._languages(whisper, window), ctx)

    def _languages(self, whisper: Any, window: Window) -> Mapping[str, float]:
        if not whisper.model.is_multilingual:
            return {"en": 1.0}
        # Not padded to 30 s, which would take as long as 30 s do. Of 49 utterances of 1 to 4 s in eight languages, 31
        # were identified with a second of silence after them, 32 with 30 s, 22 without any.
        features = whisper.feature_extractor(window.samples[: _LOOK * RATE])
        frames = min(_FRAMES, features.shape[-1] + _FRAMES // 30) // 2 * 2
        padded = np.pad(features, ((0, 0), (0, max(0, frames - features.shape[-1]))))[:, :frames]
        found = whisper.model.detect_language(whisper.encode(padded))
        return {token[2:-2]: float(likely) for token, likely in found[0]}

    def segments(self, window: Window, language: str | None, ctx: Context) -> Iterator[AsrSegment]:
        speech = pack(window)
        if not speech.pieces:
            return
        found = self._computed(lambda whisper: self._begun(whisper, speech, language), ctx)
        for segment in found:
            words = tuple(
                AsrWord(word.word, *speech.in_window(word.start, word.end), word.probability)
                for word in segment.words or ()
            )
            yield AsrSegment(words, segment.no_speech_prob, segment.avg_logprob, segment.compression_ratio)

    def _begun(self, whisper: Any, speech: PackedSpeech, language: str | None) -> Iterator[Any]:
        """faster-whisper's segments. The first is computed already: what a device lacks shows there."""
        # Second tries at rising temperatures are random, so that two runs would differ: there are none.
        again = not self.may_repeat and len(speech.samples) <= _BRIEF * RATE
        found, _ = _pipeline(whisper, brief=self.fast or again).transcribe(
            speech.samples,
            language=language,
            beam_size=self.options.beam_size,
            batch_size=self.options.batch,
            temperature=0.0,
            word_timestamps=True,
            clip_timestamps=[{"start": first / RATE, "end": last / RATE} for first, last in speech.pieces],
            hotwords=self.prompt or None,
            no_repeat_ngram_size=0 if self.may_repeat else _PHRASE,
        )
        segments = iter(found)
        first = list(islice(segments, 1))
        return chain(first, segments)

    def confidence(self, window: Window, language: str, ctx: Context) -> float:
        def compute(whisper: Any) -> float:
            found, _ = _pipeline(whisper, brief=True).transcribe(
                window.samples,
                language=language,
                beam_size=1,
                temperature=0.0,
                clip_timestamps=[{"start": 0.0, "end": min(len(window.samples), LONGEST) / RATE}],
                no_repeat_ngram_size=_PHRASE,
            )
            return max((segment.avg_logprob for segment in found if segment.text.strip()), default=-math.inf)

        return self._computed(compute, ctx)

    def _computed(self, compute: Callable[[Any], T], ctx: Context) -> T:
        """What a network computes: on the processor where CUDA's libraries are missing, which shows only here."""
        try:
            return compute(self._whisper(ctx))
        except RuntimeError as error:
            if not self._leaves_cuda(error, ctx):
                raise
        return compute(self._whisper(ctx))

    def _leaves_cuda(self, error: Exception, ctx: Context) -> bool:
        """Whether CUDA is at fault; it is not used any more then, which is logged once."""
        at_fault = re.search(r"cu(da|blas|dnn)", str(error), re.IGNORECASE) is not None
        if not at_fault or ctx.device in self._without_cuda or self._device(ctx) != "cuda":
            return False
        log.warning("faster-whisper runs on the processor: CUDA does not work here (%s)", str(error).splitlines()[0])
        self._without_cuda.add(ctx.device)
        for key in [key for key in self._loaded if key[1] == ctx.device]:
            del self._loaded[key]
        return True

    def _device(self, ctx: Context) -> Literal["cpu", "cuda"]:
        return "cpu" if ctx.device in self._without_cuda else for_ctranslate2(ctx.device, "faster-whisper")

    def _whisper(self, ctx: Context) -> Any:
        """The network, loaded at the first use on a device.

        What hears in haste does so beside others who look at the same clip, and takes half of the cores, unless a
        network is loaded already.
        """
        threads = self.options.threads or processors()
        if self.fast and (self.options.model, ctx.device, threads) not in self._loaded:
            threads = max(1, threads // 2)
        key = (self.options.model, ctx.device, threads)
        if key not in self._loaded:
            self._loaded[key] = self._load(threads, ctx)
        return self._loaded[key]

    def _load(self, threads: int, ctx: Context) -> Any:
        from faster_whisper import WhisperModel

        folder = self._users_folder() or models.fetch(self._model_name(), report=ctx.report)
        device = self._device(ctx)
        try:
            return WhisperModel(
                str(folder),
                device=device,
                compute_type="float16" if device == "cuda" else "int8",
                cpu_threads=threads,
            )
        except (RuntimeError, ValueError) as error:
            if self._leaves_cuda(error, ctx):
                return self._load(threads, ctx)
            raise ModelError(
                f"this Whisper model cannot be loaded on {ctx.device} ({error})",
                where=folder,
                do="Check that it is a CTranslate2 conversion, or choose another device",
            ) from error

    def _users_folder(self) -> Path | None:
        """The model's folder when the option names one, not a size. A size is one also where a folder is called so."""
        path = Path(self.options.model).expanduser()
        if self.options.model in (AUTO, *_sizes()):
            return None
        if not path.is_dir():
            if len(path.parts) > 1:
                raise ModelError(
                    "there is no such folder with a Whisper model", where=path, do="Check the option model"
                )
            return None
        missing = [name for name in _NEEDED if not (path / name).is_file()]
        if missing:
            raise ModelError(
                f"this folder holds no Whisper model for CTranslate2: {', '.join(missing)} is missing",
                where=path,
                do="Convert one with ct2-transformers-converter, and copy tokenizer.json beside it",
            )
        return path

    def _model_name(self) -> str:
        """The registry's name for the size that was asked for."""
        size, language = _ALSO_KNOWN_AS.get(self.options.model, self.options.model), self.options.language
        if size == AUTO:
            size = SMALLEST  # tells the language, and what the machine can do
        if size == "tiny" and language in (None, "en"):
            log.warning("Whisper tiny for English is used; for another language set the option language, or model base")
            size = "tiny.en"
        if size.endswith(".en") and language not in (None, "en"):
            raise ConfigError(
                f"Whisper {size} knows English only, not {language!r}", do=f"Set model to {size.removesuffix('.en')}"
            )
        name = f"whisper-{size}"
        known = _sizes()
        if size not in known:
            raise ModelError(
                f"clipy has no checksums for Whisper {size!r}",
                do=f"Choose {', '.join(known)}; or download it yourself as a folder in CTranslate2's format (such as: "
                f"hf download Systran/faster-whisper-{size} --local-dir {size}) and set model to that folder",
            )
        return name


def _pipeline(whisper: Any, *, brief: bool) -> Any:
    """faster-whisper's batched pipeline; ``brief`` does not pad short speech to 30 s."""
    if brief:
        from clipy.analysis.transcription.whisper.short_windows import BriefPipeline

        return BriefPipeline(whisper)
    from faster_whisper import BatchedInferencePipeline

    return BatchedInferencePipeline(whisper)


def _sizes() -> list[str]:
    """The sizes of Whisper that can be fetched."""
    return [model.name.removeprefix("whisper-") for model in models.known() if model.name.startswith("whisper-")]
