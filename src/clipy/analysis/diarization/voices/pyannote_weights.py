"""Load pyannote's networks from a folder without running any code in its files.

pyannote.audio unpickles checkpoints without restrictions and imports any class that ``config.yaml`` names. Here,
checkpoints go through PyTorch's restricted unpickler, which allows tensors, plain values and the few classes that
describe a pyannote task; network classes must be pyannote's own; and only the numbers and folders of a speaker
diarization configuration are accepted. Everything else is refused.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
import yaml
from pyannote.audio import Model
from pyannote.audio.core.model import Introspection
from pyannote.audio.core.plda import PLDA
from pyannote.audio.core.task import Problem, Resolution, Specifications
from pyannote.audio.pipelines import SpeakerDiarization
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch.torch_version import TorchVersion

from clipy.errors import ModelError

CONFIGURATION = "config.yaml"
CHECKPOINT = "pytorch_model.bin"
PLDA_FILES = ("xvec_transform.npz", "plda.npz")

_KNOWN = (TorchVersion, Specifications, Problem, Resolution, Introspection)
_NETWORKS = "pyannote.audio.models."
_PIPELINE = "pyannote.audio.pipelines.SpeakerDiarization"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Parts(_Strict):
    """The folders of the parts, and their inference settings."""

    segmentation: str
    embedding: str
    plda: str
    clustering: str = Field(pattern="^(VBxClustering|AgglomerativeClustering)$")
    segmentation_step: float = Field(0.1, gt=0, le=1)
    segmentation_batch_size: int = Field(1, ge=1, le=256)
    embedding_batch_size: int = Field(1, ge=1, le=256)
    embedding_exclude_overlap: bool = False


class _Pipeline(_Strict):
    name: str = Field(pattern=f"^{_PIPELINE}$")
    params: _Parts


class _Configuration(_Strict):
    dependencies: dict[str, str] = {}
    pipeline: _Pipeline
    params: dict[str, dict[str, float | int | str]]


def diarization(folder: Path) -> SpeakerDiarization:
    """Load the pipeline in a folder. Raises ModelError where the folder holds anything else."""
    found = _configuration(folder / CONFIGURATION)
    parts = found.pipeline.params
    plda = _inside(folder, parts.plda)
    try:
        pipeline = SpeakerDiarization(
            segmentation=network(_inside(folder, parts.segmentation) / CHECKPOINT),
            embedding=network(_inside(folder, parts.embedding) / CHECKPOINT),
            plda=PLDA(*(plda / name for name in PLDA_FILES)),
            **parts.model_dump(exclude={"segmentation", "embedding", "plda"}),
        )
        pipeline.instantiate(found.params)
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise ModelError(f"not a diarization pipeline of pyannote ({error})", where=folder) from error
    return pipeline


def network(path: Path) -> Model:
    """Load a pyannote network with its weights. Raises ModelError where the checkpoint holds anything else."""
    try:
        with torch.serialization.safe_globals(list(_KNOWN)):
            checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ModelError(
            f"the checkpoint holds more than weights and is not loaded ({_first_line(error)})",
            where=path,
            do="Use the unmodified files of pyannote/speaker-diarization-community-1",
        ) from error
    try:
        about = checkpoint["pyannote.audio"]
        model = _kind(about["architecture"])(**_arguments(about["architecture"], checkpoint["hyper_parameters"]))
        model.on_load_checkpoint(checkpoint)  # adds the last layers, which depend on the task
        weights = {name: value for name, value in checkpoint["state_dict"].items() if not name.startswith("loss_func")}
        model.load_state_dict(weights)
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise ModelError(f"not a network of pyannote ({_first_line(error)})", where=path) from error
    return model.eval()


def _kind(architecture: Mapping[str, str]) -> type[Model]:
    """The class of a network; it must be one of pyannote's own."""
    module, name = architecture["module"], architecture["class"]
    if not module.startswith(_NETWORKS) or not all(part.isidentifier() for part in (*module.split("."), name)):
        raise ValueError(f"{module}.{name} is not a network of pyannote.audio")
    found = getattr(import_module(module), name)
    if not (isinstance(found, type) and issubclass(found, Model) and found.__module__.startswith(_NETWORKS)):
        raise ValueError(f"{module}.{name} is not a network of pyannote.audio")
    return found


def _arguments(architecture: Mapping[str, str], given: Mapping[str, Any]) -> dict[str, Any]:
    """The stored settings that the class accepts."""
    taken = inspect.signature(_kind(architecture)).parameters
    return {name: value for name, value in given.items() if name in taken}


def _configuration(path: Path) -> _Configuration:
    try:
        return _Configuration.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise ModelError(
            f"not a supported configuration of a speaker diarization ({_first_line(error)})",
            where=path,
            do="Use the unmodified folder of pyannote/speaker-diarization-community-1",
        ) from error


def _inside(folder: Path, named: str) -> Path:
    """Resolve a folder that the configuration names as ``$model/segmentation``."""
    head, _, rest = named.partition("/")
    found = (folder / rest).resolve()
    if head != "$model" or not rest or not found.is_relative_to(folder.resolve()):
        raise ModelError(
            f"the configuration names {named!r}, which is outside its folder",
            where=folder / CONFIGURATION,
            do="Put all parts in one folder, as $model/segmentation, $model/embedding, $model/plda",
        )
    return found


def _first_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text[:300] or type(error).__name__
