"""Speaker diarization with pyannote.audio (extra ``pyannote``)."""

from __future__ import annotations

import logging
import os
import re
import tempfile
import warnings
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

import numpy as np
from pydantic import Field, model_validator

from clipy import models
from clipy.analysis.base import Diarizer
from clipy.analysis.diarization.voices.numbering import number_speakers
from clipy.context import Context
from clipy.errors import BackendUnavailable, ModelError
from clipy.media.read import sound
from clipy.models.hub import fetch_hub_folder
from clipy.types import Span, Turn, Video, seconds

log = logging.getLogger(__name__)

_RATE = 16_000
_FILES = ("config.yaml", "*/pytorch_model.bin", "*/*.npz")
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
_TELEMETRY = "PYANNOTE_METRICS_ENABLED"  # by default, pyannote reports the length of every file to its authors


class Pyannote(Diarizer):
    """The pipeline of pyannote.audio, with models that you were granted access to on the Hugging Face Hub.

    The models are gated, so clipy cannot ship them: they are fetched with your token (``HF_TOKEN``) at the commit in
    ``revision``, or read from a folder. Checkpoints are unpickled in restricted mode only (``pyannote_weights``), and
    telemetry is off.
    """

    class Options(Diarizer.Options):
        model: str = Field(
            "pyannote/speaker-diarization-community-1",
            min_length=1,
            json_schema_extra={"format": "path"},
            description="Hugging Face Hub repository, or a folder with the same files.",
        )
        revision: str | None = Field(
            None, pattern="^[0-9a-f]{40}$", description="Commit of the repository to use; not needed for a folder."
        )

        @model_validator(mode="after")
        def _repositories_are_pinned(self) -> Self:
            if not Path(self.model).expanduser().is_dir():
                if not _REPOSITORY.fullmatch(self.model):
                    raise ValueError(f"model {self.model!r} is neither a folder nor a repository (owner/name)")
                if self.revision is None:
                    raise ValueError(
                        f"revision must be set to a commit of {self.model}: 40 hexadecimal digits, listed on its page"
                    )
            return self

    options: Options

    def __init__(self, options: Options | None = None) -> None:
        super().__init__(options)
        self._loaded: dict[str, Any] = {}  # device -> pyannote.audio.pipelines.SpeakerDiarization

    def release(self) -> None:
        self._loaded.clear()

    def input_digests(self) -> tuple[str, ...]:
        """The sha256 of every file in a folder, or the commit of a repository, which pins them."""
        folder = Path(self.options.model).expanduser()
        if not folder.is_dir():
            return (f"{self.options.model}@{self.options.revision}",)
        return tuple(models.digest(path) for pattern in _FILES for path in sorted(folder.glob(pattern)))

    def diarize(self, video: Video, spans: tuple[Span, ...], ctx: Context) -> list[Turn]:
        if not video.audio:
            return []
        import torch

        pipeline = self._pipeline(ctx)

        def report(step: str, _made: object, total: int | None = None, completed: int = 0, **_more: object) -> None:
            if total:
                done = completed / total
                ctx.report("Diarizing", 0.5 * done if step == "segmentation" else 0.5 + 0.5 * done)

        with tempfile.NamedTemporaryFile(dir=ctx.work, suffix=".f32") as buffer:
            samples = _on_disk(video, spans, Path(buffer.name))
            file = {"waveform": torch.from_numpy(samples)[None], "sample_rate": _RATE, "uri": "sound"}
            found = pipeline(file, num_speakers=self.options.speakers, hook=report)
            del file, samples
        turns = [
            Turn(span, str(speaker))
            for part, _, speaker in found.speaker_diarization.itertracks(yield_label=True)
            for span in _in_video(Span(seconds(max(0.0, part.start)), seconds(max(0.0, part.end))), spans)
        ]
        return number_speakers(sorted(turns, key=lambda turn: (turn.span, turn.speaker)))

    def _pipeline(self, ctx: Context) -> Any:
        """The pipeline, loaded on first use per device."""
        if ctx.device not in self._loaded:
            os.environ[_TELEMETRY] = "false"
            try:
                import torch

                warnings.filterwarnings(
                    "ignore", module="pyannote.audio.core.io"
                )  # about its file decoder, which is not used
                from clipy.analysis.diarization.voices.pyannote_weights import diarization
            except (ImportError, OSError) as error:
                raise BackendUnavailable(
                    f"pyannote.audio cannot be loaded ({error})", do='pip install "clipy[pyannote]"'
                ) from error
            ctx.report("Loading pyannote")
            pipeline = diarization(self._folder())
            try:
                self._loaded[ctx.device] = pipeline.to(torch.device(ctx.device))
            except RuntimeError as error:
                raise ModelError(
                    f"pyannote cannot run on {ctx.device} ({error})", do="Choose another device"
                ) from error
        return self._loaded[ctx.device]

    def _folder(self) -> Path:
        """The folder with the pipeline's files, fetched if missing."""
        folder = Path(self.options.model).expanduser()
        if folder.is_dir():
            return folder
        return fetch_hub_folder(self.options.model, self.options.revision or "", _FILES)


def _in_video(turn: Span, spans: tuple[Span, ...]) -> Iterator[Span]:
    """Map a span of the concatenated ``spans`` to video time."""
    passed = Fraction(0)
    for span in spans:
        part = turn.clamp(Span(passed, passed + span.duration))
        if part.duration:
            yield Span(span.start + part.start - passed, span.start + part.end - passed)
        passed += span.duration


def _on_disk(video: Video, spans: tuple[Span, ...], path: Path) -> np.memmap[Any, np.dtype[np.float32]]:
    """The concatenated sound of some spans, memory-mapped, so that hours of it need no memory."""
    count = 0
    with path.open("wb") as out:
        for span in spans:
            for block in sound(video, span, rate=_RATE):
                out.write(np.ascontiguousarray(block[0], dtype="<f4").tobytes())
                count += block.shape[1]
    return np.memmap(path, dtype=np.float32, mode="r+", shape=(count,))
