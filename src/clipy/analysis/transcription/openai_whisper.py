"""Speech -> words with times, by OpenAI's own Whisper on PyTorch (the extra ``openai-whisper``)."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from clipy import models
from clipy.analysis.audio.speech import Window
from clipy.analysis.transcription.whisper.decoding import AsrSegment, AsrWord
from clipy.analysis.transcription.whisper.transcriber import WhisperTranscriber
from clipy.context import Context
from clipy.device import for_torch
from clipy.errors import ModelError

log = logging.getLogger(__name__)


class OpenAiWhisper(WhisperTranscriber):
    """OpenAI's reference implementation of Whisper. Slower than ``faster-whisper``, and the same networks.

    It fetches its weights itself, from OpenAI, and checks their sha256; PyTorch reads them as plain tensors.
    """

    version: ClassVar[int] = 7

    class Options(WhisperTranscriber.Options):
        model: str = Field(
            "base",
            min_length=1,
            json_schema_extra={"format": "path"},
            description="Whisper's size (tiny, base, small, medium, turbo, large), or a .pt file.",
        )
        beam_size: int = Field(5, ge=1, le=20, description="Hypotheses weighed at once.")

    options: Options

    def __init__(self, options: Options | None = None) -> None:
        super().__init__(options)
        self._loaded: dict[str, Any] = {}  # device -> whisper.Whisper

    def release(self) -> None:
        self._loaded.clear()

    def input_digests(self) -> tuple[str, ...]:
        """The user's own file by its sha256; a size by the package's version, which pins the sha256 of each."""
        own = Path(self.options.model).expanduser()
        try:
            whisper = models.digest(own) if own.is_file() else f"{self.options.model} {version('openai-whisper')}"
        except PackageNotFoundError:
            whisper = self.options.model
        return (whisper, *super().input_digests())

    def languages(self, window: Window, ctx: Context) -> Mapping[str, float]:
        import whisper

        model = self._whisper(ctx)
        if not model.is_multilingual:
            return {"en": 1.0}
        sound = whisper.pad_or_trim(window.samples)
        mel = whisper.log_mel_spectrogram(sound, n_mels=model.dims.n_mels).to(model.device)
        _, likely = whisper.detect_language(model, mel)
        return {language: float(value) for language, value in likely.items()}

    def segments(self, window: Window, language: str | None, ctx: Context) -> Iterator[AsrSegment]:
        found = self._whisper(ctx).transcribe(
            window.samples,
            language=language,
            beam_size=self.options.beam_size,
            temperature=0.0,
            word_timestamps=True,
            condition_on_previous_text=False,
            initial_prompt=self.prompt or None,
            carry_initial_prompt=bool(self.prompt),
            fp16=for_torch(ctx.device) == "cuda",
            verbose=None,
        )
        for segment in found["segments"]:
            words = tuple(
                AsrWord(word["word"], float(word["start"]), float(word["end"]), float(word["probability"]))
                for word in segment.get("words", ())
            )
            yield AsrSegment(words, segment["no_speech_prob"], segment["avg_logprob"], segment["compression_ratio"])

    def _whisper(self, ctx: Context) -> Any:
        """The network, loaded at the first use on a device."""
        if ctx.device not in self._loaded:
            import whisper

            own = Path(self.options.model).expanduser()
            known = whisper.available_models()
            if not own.is_file() and self.options.model not in known:
                raise ModelError(
                    f"Whisper has no size {self.options.model!r}", do=f"Choose {', '.join(known)}, or name a .pt file"
                )
            _demand_network_or_file(self.options.model, own)
            ctx.report("Loading Whisper")
            try:
                self._loaded[ctx.device] = whisper.load_model(
                    str(own) if own.is_file() else self.options.model, for_torch(ctx.device)
                )
            except (OSError, RuntimeError) as error:
                raise ModelError(
                    f"Whisper {self.options.model} cannot be loaded on {ctx.device} ({error})",
                    do="Check the network, or name a .pt file",
                ) from error
        return self._loaded[ctx.device]


def _demand_network_or_file(model: str, own: Path) -> None:
    """Raise ModelError when the weights would have to be fetched, and that is forbidden."""
    forbidden = os.environ.get("CLIPY_OFFLINE", "").lower() not in ("", "0", "false", "no")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "whisper"
    if forbidden and not own.is_file() and not any(cache.glob(f"{model}*.pt")):
        raise ModelError(
            f"the weights of Whisper {model} are not on this machine, and CLIPY_OFFLINE forbids fetching them",
            where=cache,
            do="Run once where there is a network, or name a .pt file",
        )
