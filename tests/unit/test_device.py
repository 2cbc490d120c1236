from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import threadpoolctl

from clipy import config, device
from clipy.analysis.faces.s3fd import S3fd
from clipy.analysis.speakers.lr_asd import LrAsd
from clipy.analysis.transcription.faster_whisper import FasterWhisper
from clipy.cli import doctor
from clipy.context import Context
from clipy.errors import BackendUnavailable, ConfigError
from clipy.media.probe import probe
from clipy.pipeline.pipeline import Pipeline
from clipy.pipeline.run import context
from clipy.types import Track
from fixtures.media import make_video


def machine(monkeypatch: pytest.MonkeyPatch, *, torch: tuple[str, ...] = (), cards: int = 0) -> None:
    """A machine on which PyTorch can use some devices, and CTranslate2 sees some cards."""
    spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec("json") if name == "torch" else spec(name))
    monkeypatch.setattr("clipy.device._torch_cards", lambda: list(torch))
    monkeypatch.setattr("clipy.device._cuda_cards", lambda: cards)


def test_auto_is_the_best_that_each_library_can_use(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, torch=("mps",))
    assert (device.for_torch("auto"), device.for_ctranslate2("auto", "x")) == ("mps", "cpu")
    machine(monkeypatch, torch=("cuda",), cards=2)
    assert (device.for_torch("auto"), device.for_ctranslate2("auto", "x")) == ("cuda", "cuda")
    machine(monkeypatch)
    assert (device.for_torch("auto"), device.for_ctranslate2("auto", "x")) == ("cpu", "cpu")


def test_the_processor_is_used_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, torch=("cuda",), cards=1)
    assert (device.for_torch("cpu"), device.for_ctranslate2("cpu", "x")) == ("cpu", "cpu")


def test_a_device_that_is_not_there_is_an_error_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, torch=("mps",))
    with pytest.raises(ConfigError, match="--device mps"):
        device.for_torch("cuda")
    with pytest.raises(ConfigError, match="finds no CUDA"):
        device.for_ctranslate2("cuda", "faster-whisper")
    with pytest.raises(ConfigError, match="no cuda device here"):
        Pipeline.from_config(replace(config.load(), device="cuda"))
    device.demand("mps")


def test_without_pytorch_only_the_processor_needs_no_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # as if it were not installed
    assert device.for_torch("cpu") == "cpu"
    with pytest.raises(BackendUnavailable, match=r"PyTorch is not installed.*openai-whisper"):
        device.for_torch("auto")


def test_who_cannot_use_a_device_says_so(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    machine(monkeypatch, torch=("mps",))
    assert device.for_ctranslate2("mps", "faster-whisper") == "cpu"
    assert "faster-whisper cannot use mps" in caplog.text


def test_the_flag_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "clipy.toml"
    file.write_text('device = "cpu"\n')
    assert config.load(file, environment={}).device == "cpu"
    assert config.load(file, environment={"CLIPY_DEVICE": "mps"}).device == "mps"
    assert config.load(file, device="cuda", environment={"CLIPY_DEVICE": "mps"}).device == "cuda"
    assert config.load(environment={}).device == "auto"


@pytest.mark.parametrize("where", ["file", "environment"])
def test_an_unknown_device_is_refused(tmp_path: Path, where: str) -> None:
    file = tmp_path / "clipy.toml"
    file.write_text('device = "tpu"\n' if where == "file" else "")
    with pytest.raises(ConfigError, match="no device 'tpu'"):
        config.load(file, environment={} if where == "file" else {"CLIPY_DEVICE": "tpu"})


def test_the_device_reaches_the_backends_and_no_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine(monkeypatch, torch=("cuda",), cards=1)
    monkeypatch.setenv("CLIPY_STORE", str(tmp_path))
    video = probe(make_video(tmp_path / "a.mp4", seconds=0.4))
    on_card, on_processor = (Pipeline.from_config(config.load(device=name)) for name in ("cuda", "cpu"))
    assert on_card.identity(video) == on_processor.identity(video)
    with context(on_card) as ctx:
        assert ctx.device == "cuda"


def test_doctor_says_what_there_is_and_who_uses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, torch=("cuda",), cards=2)
    (check,) = [check for check in doctor.examine() if check.name.startswith("device")]
    assert (check.name, check.state) == ("device cuda", "ok")
    assert "faster-whisper (2 cards), PyTorch" in check.detail
    machine(monkeypatch)
    (check,) = [check for check in doctor.examine() if check.name.startswith("device")]
    assert check.state == "optional"


def test_whisper_is_loaded_on_the_card(monkeypatch: pytest.MonkeyPatch, ctx: Context) -> None:
    machine(monkeypatch, cards=1)
    asked: dict[str, Any] = {}
    monkeypatch.setattr("faster_whisper.WhisperModel", lambda folder, **options: asked.update(options))
    monkeypatch.setattr("clipy.models.fetch", lambda *given, **named: Path("model"))
    FasterWhisper()._whisper(replace(ctx, device="auto"))
    assert (asked["device"], asked["compute_type"]) == ("cuda", "float16")


def test_faces_and_sound_are_moved_to_the_device(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ctx: Context) -> None:
    """PyTorch's ``meta`` device stands for a card: tensors there have no numbers, but know where they are."""
    torch = pytest.importorskip("torch", reason="needs the extra lr-asd (PyTorch)")
    machine(monkeypatch, torch=("meta",))
    from clipy.analysis.networks.parts import SpeakerNetwork

    places: list[str] = []

    class Spy(SpeakerNetwork):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1))

        def see(self, faces: Any) -> Any:
            places.extend([faces.device.type, self.weight.device.type])
            return torch.zeros(*faces.shape[:2], 4)

        def hear(self, cepstra: Any) -> Any:
            places.append(cepstra.device.type)
            return torch.zeros(len(cepstra), cepstra.shape[1] // 4, 4)

        def judge(self, seen: Any, heard: Any) -> Any:
            places.extend([seen.device.type, heard.device.type])
            return torch.zeros(*seen.shape[:2], 2)

    monkeypatch.setattr(LrAsd, "load", lambda self, ctx: Spy())
    video = probe(make_video(tmp_path / "a.mp4", seconds=1))
    box = np.tile(np.array([10, 10, 90, 90], dtype=np.float32), (20, 1))
    track = Track(0, video.span, np.arange(20) / 25, box, np.ones(20, dtype=np.float32))
    (scored,) = LrAsd().score(video, [track], replace(ctx, device="auto"))
    assert set(places) == {"meta"}
    assert len(places) == 5
    assert len(scored.speaking) == 20


def test_pictures_are_moved_to_the_device(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ctx: Context) -> None:
    torch = pytest.importorskip("torch", reason="needs the extra s3fd (PyTorch)")
    machine(monkeypatch, torch=("meta",))
    places: list[str] = []

    class Spy(torch.nn.Module):  # type: ignore[misc,name-defined]
        def forward(self, pictures: Any) -> Any:
            places.append(pictures.device.type)
            return torch.zeros(len(pictures), 1, 4), torch.zeros(len(pictures), 1)

    (tmp_path / "weights").write_bytes(b"")
    monkeypatch.setattr("clipy.analysis.networks.s3fd.load", lambda path: Spy())
    detector = S3fd(S3fd.Options(path=tmp_path / "weights"))
    picture = np.zeros((64, 64, 3), dtype=np.uint8)
    assert detector.detect([picture, picture], replace(ctx, device="auto")) == [[], []]
    assert places == ["meta"]


def test_numpys_matrix_products_stay_on_one_thread_during_a_run() -> None:
    def threads() -> set[int]:
        return {pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"}

    with threadpoolctl.threadpool_limits(3, "blas"):
        before = threads()
        with context():
            assert threads() <= {1}
        assert threads() == before
