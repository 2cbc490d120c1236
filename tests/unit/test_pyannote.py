"""pyannote's pipeline from a folder with small networks, made here; and what it refuses to read.

The package brings 200 MB along beside PyTorch, so most tests run only where the extra is installed. Its published
weights need their makers' consent and are nowhere in these tests: who speaks is random, that it runs is not.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from clipy import registry
from clipy.context import Context
from clipy.errors import BackendUnavailable, ConfigError, ModelError
from clipy.media.probe import probe
from clipy.models.hub import fetch_hub_folder
from clipy.storage.store import Store
from fixtures.media import make_video
from fixtures.speech import Speech, played

COMMIT = "0123456789abcdef" * 2 + "01234567"
CONFIGURATION = """
dependencies:
  pyannote.audio: 4.0.0
pipeline:
  name: pyannote.audio.pipelines.SpeakerDiarization
  params:
    clustering: VBxClustering
    segmentation: $model/segmentation
    segmentation_step: 0.5
    segmentation_batch_size: 8
    embedding: $model/embedding
    embedding_batch_size: 8
    embedding_exclude_overlap: true
    plda: $model/plda
params:
  clustering: {threshold: 0.6, Fa: 0.07, Fb: 0.8}
  segmentation: {min_duration_off: 0.0}
"""


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Makes the backend, whether or not its extra is installed."""
    from clipy.analysis.diarization.pyannote import Pyannote

    def make(**options: object) -> Pyannote:
        return Pyannote(Pyannote.Options.model_validate(options))

    return make


def test_repository_is_pinned_and_loaded_lazily(backend: Callable[..., Any]) -> None:
    with pytest.raises(
        ValueError, match="revision must be set to a commit of pyannote/speaker-diarization-community-1"
    ):
        backend()
    with pytest.raises(ValueError, match="neither a folder nor a repository"):
        backend(model="/nowhere/at/all", revision=COMMIT)
    assert backend(revision=COMMIT).input_digests() == (f"pyannote/speaker-diarization-community-1@{COMMIT}",)


def test_every_file_of_a_folder_is_part_of_the_identity(backend: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "plda").mkdir()
    (tmp_path / "config.yaml").write_text("a")
    (tmp_path / "plda" / "plda.npz").write_bytes(b"a")
    before = backend(model=str(tmp_path)).input_digests()
    (tmp_path / "plda" / "plda.npz").write_bytes(b"b")
    assert len(before) == 2
    assert backend(model=str(tmp_path)).input_digests() != before


def test_hub_error_is_reported_with_a_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: dict[str, Any] = {}

    def refuses(repository: str, **arguments: Any) -> str:
        asked.update(arguments)
        raise OSError("401: access to this model is restricted")

    monkeypatch.setattr("huggingface_hub.snapshot_download", refuses)
    monkeypatch.setenv("CLIPY_OFFLINE", "1")
    with pytest.raises(ModelError, match="access to this model is restricted") as failed:
        fetch_hub_folder("a/b", COMMIT, ("*.bin",))
    assert "HF_TOKEN" in str(failed.value)
    assert asked == {"revision": COMMIT, "allow_patterns": ["*.bin"], "local_files_only": True}


def test_missing_package_names_what_to_install() -> None:
    if not next(listing for listing in registry.listings("diarize") if listing.name == "pyannote").missing:
        pytest.skip("the extra pyannote is installed")
    with pytest.raises(BackendUnavailable, match="pyannote") as failed:
        registry.create("diarize", "pyannote", {"revision": COMMIT})
    assert 'pip install "clipy[pyannote]"' in str(failed.value)


@pytest.fixture(scope="module")
def pyannote() -> SimpleNamespace:
    """The package, and what of it the tests use."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("pyannote.audio", reason='needs the extra: pip install "clipy[pyannote]"')
        from pyannote.audio.core import task
        from pyannote.audio.models import embedding, segmentation
    return SimpleNamespace(
        Problem=task.Problem,
        Resolution=task.Resolution,
        Specifications=task.Specifications,
        WeSpeakerResNet34=embedding.WeSpeakerResNet34,
        PyanNet=segmentation.PyanNet,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, pyannote: SimpleNamespace) -> Path:
    """A pipeline with networks that have learnt nothing, saved as their makers save theirs."""
    import torch

    torch.manual_seed(1)
    root = tmp_path_factory.mktemp("pipeline")
    (root / "config.yaml").write_text(CONFIGURATION)
    kind = pyannote.Specifications
    speaks = kind(
        problem=pyannote.Problem.MONO_LABEL_CLASSIFICATION,
        resolution=pyannote.Resolution.FRAME,
        duration=10.0,
        classes=["a", "b", "c"],
        powerset_max_classes=2,
        permutation_invariant=True,
    )
    small = {"hidden_size": 8, "num_layers": 1, "bidirectional": True, "monolithic": True, "dropout": 0.0}
    sounds = kind(problem=pyannote.Problem.REPRESENTATION, resolution=pyannote.Resolution.CHUNK, duration=3.0)
    _save(pyannote.PyanNet(lstm=small, linear={"hidden_size": 8, "num_layers": 1}), speaks, root / "segmentation")
    _save(pyannote.WeSpeakerResNet34(), sounds, root / "embedding")
    (root / "plda").mkdir()
    draw = np.random.default_rng(1)
    wide, narrow = 256, 128
    np.savez(
        root / "plda" / "xvec_transform.npz",
        mean1=np.zeros(wide),
        mean2=np.zeros(narrow),
        lda=draw.standard_normal((wide, narrow)),
    )
    np.savez(root / "plda" / "plda.npz", mu=np.zeros(narrow), tr=np.eye(narrow), psi=np.linspace(2, 0.1, narrow))
    return root


def _save(model: Any, specifications: Any, place: Path) -> None:
    import torch

    model.specifications = specifications
    model.setup()
    checkpoint = {"state_dict": model.state_dict(), "hyper_parameters": dict(model.hparams)}
    model.on_save_checkpoint(checkpoint)
    place.mkdir()
    torch.save(checkpoint, place / "pytorch_model.bin")


@pytest.mark.filterwarnings("ignore")
def test_local_folder_separates_voices(
    folder: Path, backend: Callable[..., Any], speech: Speech, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYANNOTE_METRICS_ENABLED", "true")
    video = probe(make_video(tmp_path / "talk.mp4", seconds=11, size=(64, 64), play=played(speech)))
    ctx = Context(Store(tmp_path / "store"), tmp_path)
    turns = backend(model=str(folder), speakers=2).diarize(video, (video.span,), ctx)
    assert turns
    assert turns[0].speaker == "1"
    assert all(0 <= turn.span.start < turn.span.end <= video.duration for turn in turns)
    assert all(before.span.start <= after.span.start for before, after in pairwise(turns))
    assert turns == backend(model=str(folder), speakers=2).diarize(video, (video.span,), ctx)
    assert os.environ["PYANNOTE_METRICS_ENABLED"] == "false"
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".f32"] == []


@pytest.mark.filterwarnings("ignore")
def test_published_segmentation_network_is_supported(pyannote: SimpleNamespace, tmp_path: Path) -> None:
    """Its own weights are among those that clipy has pins for; saved as a checkpoint of pyannote they give the same."""
    import torch

    from clipy import models
    from clipy.analysis.diarization.voices.pyannote_weights import network
    from clipy.analysis.diarization.voices.speaker_segmentation import LENGTH, SpeakerSegmentation
    from clipy.models.tensors import read_tensors

    path = models.fetch(models.TURN_TAKING)
    weights = {name.removeprefix("state_dict."): torch.from_numpy(v) for name, v in read_tensors(path).items()}
    lstm = {"hidden_size": 128, "num_layers": 4, "bidirectional": True, "monolithic": True}
    model = pyannote.PyanNet(lstm=lstm, linear={"hidden_size": 128, "num_layers": 2})
    specifications = pyannote.Specifications(
        problem=pyannote.Problem.MONO_LABEL_CLASSIFICATION,
        resolution=pyannote.Resolution.FRAME,
        duration=10.0,
        classes=["a", "b", "c"],
        powerset_max_classes=2,
    )
    _save(model, specifications, tmp_path / "net")
    checkpoint = torch.load(tmp_path / "net" / "pytorch_model.bin", weights_only=False)
    model.load_state_dict({name: weights.get(name, value) for name, value in model.state_dict().items()})
    torch.save(checkpoint | {"state_dict": model.state_dict()}, tmp_path / "net" / "pytorch_model.bin")
    sound = 0.1 * np.random.default_rng(2).standard_normal((1, LENGTH)).astype(np.float32)
    with torch.inference_mode():
        theirs = network(tmp_path / "net" / "pytorch_model.bin")(torch.from_numpy(sound)[:, None]).argmax(dim=2)
    ours = SpeakerSegmentation(path).activity(sound)
    assert (ours.sum(axis=2) > 0).mean() == pytest.approx((theirs > 0).float().mean().item(), abs=0.01)


class _Harmful:
    """Leaves a mark when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return os.mkdir, (str(self.mark),)


@pytest.mark.filterwarnings("ignore")
def test_checkpoint_with_code_is_refused(folder: Path, pyannote: SimpleNamespace, tmp_path: Path) -> None:
    import torch

    from clipy.analysis.diarization.voices.pyannote_weights import network

    mark = tmp_path / "mark"
    torch.save({"state_dict": {}, "extra": _Harmful(mark)}, tmp_path / "bad.bin")
    with pytest.raises(ModelError, match="holds more than weights"):
        network(tmp_path / "bad.bin")
    assert not mark.exists()
    checkpoint = torch.load(folder / "embedding" / "pytorch_model.bin", weights_only=False)
    checkpoint["pyannote.audio"]["architecture"] = {"module": "subprocess", "class": "Popen"}
    torch.save(checkpoint, tmp_path / "odd.bin")
    with pytest.raises(ModelError, match=r"subprocess\.Popen is not a network of pyannote"):
        network(tmp_path / "odd.bin")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("pyannote.audio.pipelines.SpeakerDiarization", "os.system", "not a supported configuration"),
        ("$model/embedding", "$model/../elsewhere", "outside its folder"),
        ("$model/embedding", "speechbrain/spkrec-ecapa-voxceleb", "outside its folder"),
        (
            "params:\n  clustering",
            "preprocessors: {audio: {name: os.system}}\nparams:\n  clustering",
            "not a supported configuration",
        ),
    ],
)
def test_configuration_with_foreign_code_or_paths_is_refused(
    folder: Path, pyannote: SimpleNamespace, tmp_path: Path, old: str, new: str, says: str
) -> None:
    from clipy.analysis.diarization.voices.pyannote_weights import diarization

    assert old in CONFIGURATION
    (tmp_path / "config.yaml").write_text(CONFIGURATION.replace(old, new))
    for name in ("segmentation", "plda"):
        (tmp_path / name).symlink_to(folder / name)
    with pytest.raises(ModelError, match=says):
        diarization(tmp_path)


def test_options_are_refused_in_one_line() -> None:
    with pytest.raises((ConfigError, BackendUnavailable)):
        registry.create("diarize", "pyannote", {"revision": "main"})
