"""Who speaks when, by pyannote.audio (the extra ``pyannote``)."""

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
_TELEMETRY = "PYANNOTE_METRICS_ENABLED"  # unless told not to, it reports every file's length to its makers


class Pyannote(Diarizer):
    """pyannote.audio's pipeline, with the networks that you have been granted on the Hugging Face Hub.

    Their makers ask for your consent, so clipy can bring none along: take them with your token (``HF_TOKEN``) at the
    commit that ``revision`` names, or from a folder. Nothing of them is unpickled freely (``pyannote_weights``), and
    nothing is reported to anybody.
    """

    class Options(Diarizer.Options):
        model: str = Field(
            "pyannote/speaker-diarization-community-1",
            min_length=1,
            json_schema_extra={"format": "path"},
            description="Repository of the Hugging Face Hub, or a folder with the same files.",
        )
        revision: str | None = Field(
            None, pattern="^[0-9a-f]{40}$", description="The repository's commit to take; none for a folder."
        )

        @model_validator(mode="after")
        def _repositories_are_pinned(self) -> Self:
            if not Path(self.model).expanduser().is_dir():
                if not _REPOSITORY.fullmatch(self.model):
                    raise ValueError(f"model {self.model!r} is neither a folder nor a repository (owner/name)")
                if self.revision is None:
                    raise ValueError(
                        f"revision must name the commit of {self.model} to take, 40 digits, as its page lists them"
                    )
            return self

    options: Options

    def __init__(self, options: Options | None = None) -> None:
        super().__init__(options)
        self._loaded: dict[str, Any] = {}  # device -> pyannote.audio.pipelines.SpeakerDiarization

    def input_digests(self) -> tuple[str, ...]:
        """Every file of a folder by its sha256; a repository by its commit, which pins them."""
        folder = Path(self.options.model).expanduser()
        if not folder.is_dir():
            return (f"{self.options.model}@{self.options.revision}",)
        return tuple(models.digest(path) for pattern in _FILES for path in sorted(folder.glob(pattern)))

    def diarize(self, video: Video, spans: tuple[Span, ...], ctx: Context) -> list[Turn]:
        if not video.audio:
            return []
        import torch

        pipeline = self._pipeline(ctx)

        def told(step: str, _made: object, total: int | None = None, completed: int = 0, **_more: object) -> None:
            if total:
                done = completed / total
                ctx.report("Telling voices apart", 0.5 * done if step == "segmentation" else 0.5 + 0.5 * done)

        with tempfile.NamedTemporaryFile(dir=ctx.work, suffix=".f32") as held:
            samples = _on_disk(video, spans, Path(held.name))
            file = {"waveform": torch.from_numpy(samples)[None], "sample_rate": _RATE, "uri": "sound"}
            found = pipeline(file, num_speakers=self.options.speakers, hook=told)
            del file, samples
        turns = [
            Turn(span, str(speaker))
            for part, _, speaker in found.speaker_diarization.itertracks(yield_label=True)
            for span in _in_video(Span(seconds(max(0.0, part.start)), seconds(max(0.0, part.end))), spans)
        ]
        return number_speakers(sorted(turns, key=lambda turn: (turn.span, turn.speaker)))

    def _pipeline(self, ctx: Context) -> Any:
        """The pipeline, loaded at the first use on a device."""
        if ctx.device not in self._loaded:
            os.environ[_TELEMETRY] = "false"
            try:
                import torch

                warnings.filterwarnings("ignore", module="pyannote.audio.core.io")  # its decoder of files is not used
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
        """Where the pipeline's files are, fetched when they are not there yet."""
        folder = Path(self.options.model).expanduser()
        if folder.is_dir():
            return folder
        return fetch_hub_folder(self.options.model, self.options.revision or "", _FILES)


def _in_video(heard: Span, spans: tuple[Span, ...]) -> Iterator[Span]:
    """Where a stretch lies in the video, when only some spans of it are heard, one after the other."""
    passed = Fraction(0)
    for span in spans:
        part = heard.clamp(Span(passed, passed + span.duration))
        if part.duration:
            yield Span(span.start + part.start - passed, span.start + part.end - passed)
        passed += span.duration


def _on_disk(video: Video, spans: tuple[Span, ...], path: Path) -> np.memmap[Any, np.dtype[np.float32]]:
    """The sound of some spans, one after the other, in a file that stands for memory: hours of it take none."""
    count = 0
    with path.open("wb") as out:
        for span in spans:
            for block in sound(video, span, rate=_RATE):
                out.write(np.ascontiguousarray(block[0], dtype="<f4").tobytes())
                count += block.shape[1]
    return np.memmap(path, dtype=np.float32, mode="r+", shape=(count,))
