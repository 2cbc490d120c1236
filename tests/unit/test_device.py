from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import threadpoolctl

from clipy import config, device, models
from clipy.analysis.speakers.lr_asd import LrAsd
from clipy.analysis.transcription.faster_whisper import FasterWhisper
from clipy.cli import doctor
from clipy.context import Context
from clipy.errors import BackendUnavailable, ConfigError
from clipy.media.probe import probe
from clipy.models import inference
from clipy.pipeline.pipeline import Pipeline
from clipy.pipeline.run import context
from clipy.storage.store import Store
from fixtures.drawn_weights import write_drawn_weights
from fixtures.media import make_video


def machine(
    monkeypatch: pytest.MonkeyPatch,
    *,
    torch: tuple[str, ...] = (),
    cards: int = 0,
    onnxruntime: tuple[str, ...] = (),
) -> None:
    """A machine on which PyTorch can use some devices, CTranslate2 sees some cards, ONNX Runtime is built for some."""
    built = [f"{name}ExecutionProvider" for name in (*onnxruntime, "CPU")]
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: built)
    spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec("json") if name == "torch" else spec(name))
    monkeypatch.setattr("clipy.device._torch_cards", lambda: list(torch))
    monkeypatch.setattr("clipy.device._cuda_cards", lambda: cards)


def test_auto_picks_the_best_device_of_each_library(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, torch=("mps",))
    assert (device.for_torch("auto"), device.for_ctranslate2("auto", "x")) == ("mps", "cpu")
    machine(monkeypatch, torch=("cuda",), cards=2)
    assert (device.for_torch("auto"), device.for_ctranslate2("auto", "x")) == ("cuda", "cuda")
    machine(monkeypatch)
    assert (device.for_torch("auto"), device.for_ctranslate2("auto", "x")) == ("cpu", "cpu")


def test_cpu_is_used_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, torch=("cuda",), cards=1)
    assert (device.for_torch("cpu"), device.for_ctranslate2("cpu", "x")) == ("cpu", "cpu")


def test_missing_device_is_an_error_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, torch=("mps",))
    with pytest.raises(ConfigError, match="--device mps"):
        device.for_torch("cuda")
    with pytest.raises(ConfigError, match="finds no CUDA"):
        device.for_ctranslate2("cuda", "faster-whisper")
    with pytest.raises(ConfigError, match="no cuda device here"):
        Pipeline.from_config(replace(config.load(), device="cuda"))
    device.demand("mps")


def test_without_pytorch_only_the_cpu_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # as if it were not installed
    assert device.for_torch("cpu") == "cpu"
    with pytest.raises(BackendUnavailable, match=r"PyTorch is not installed.*openai-whisper"):
        device.for_torch("auto")


def test_unsupported_device_is_reported(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    machine(monkeypatch, torch=("mps",))
    assert device.for_ctranslate2("mps", "faster-whisper") == "cpu"
    assert "faster-whisper cannot use mps" in caplog.text


def test_device_precedence_is_flag_environment_file(tmp_path: Path) -> None:
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
    with pytest.raises(ConfigError, match="unknown device 'tpu'"):
        config.load(file, environment={} if where == "file" else {"CLIPY_DEVICE": "tpu"})


def test_device_reaches_backends_but_no_cache_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine(monkeypatch, torch=("cuda",), cards=1)
    monkeypatch.setenv("CLIPY_STORE", str(tmp_path))
    video = probe(make_video(tmp_path / "a.mp4", seconds=0.4))
    on_card, on_processor = (Pipeline.from_config(config.load(device=name)) for name in ("cuda", "cpu"))
    store = Store(tmp_path)
    assert on_card.identity(video, store) == on_processor.identity(video, store)
    with context(on_card) as ctx:
        assert ctx.device == "cuda"


def test_doctor_lists_devices_and_their_users(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, torch=("cuda",), cards=2)
    (check,) = [check for check in doctor.examine() if check.name.startswith("device")]
    assert (check.name, check.state) == ("device cuda", "ok")
    assert "faster-whisper (2 cards), PyTorch" in check.detail
    machine(monkeypatch)
    (check,) = [check for check in doctor.examine() if check.name.startswith("device")]
    assert check.state == "optional"


def test_whisper_is_loaded_on_the_gpu(monkeypatch: pytest.MonkeyPatch, ctx: Context) -> None:
    machine(monkeypatch, cards=1)
    asked: dict[str, Any] = {}
    monkeypatch.setattr("faster_whisper.WhisperModel", lambda folder, **options: asked.update(options))
    monkeypatch.setattr("clipy.models.fetch", lambda *given, **named: Path("model"))
    FasterWhisper()._whisper(replace(ctx, device="auto"))
    assert (asked["device"], asked["compute_type"]) == ("cuda", "float16")


@pytest.mark.parametrize(
    ("device_name", "built", "provider"),
    [
        ("cpu", "CUDA", "CPU"),
        ("cuda", "CUDA", "CUDA"),
        ("auto", "CUDA", "CUDA"),
        ("auto", "Dml", "Dml"),
        ("directml", "Dml", "Dml"),
        ("coreml", "CoreML", "CoreML"),
        ("mps", "CoreML", "CoreML"),
        ("auto", "CoreML", "CPU"),
    ],
)
def test_networks_use_the_available_onnx_runtime_provider(
    device_name: str, built: str, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(monkeypatch, cards=1, onnxruntime=(built,))
    first, *others = device.for_onnxruntime(device_name, "lr-asd")
    assert first[0] == f"{provider}ExecutionProvider"
    assert all(name == "CPUExecutionProvider" for name, _ in others)


def test_unsupported_network_is_reported_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    machine(monkeypatch, cards=1)
    for _ in range(3):
        assert device.for_onnxruntime("cuda", "a network") == [("CPUExecutionProvider", {})]
    (line,) = caplog.messages
    assert line == (
        "a network runs on the processor: this ONNX Runtime cannot use cuda here"
        " (pip install onnxruntime-gpu instead of onnxruntime)"
    )


def test_a_provider_that_does_not_start_is_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    providers: list[device.Provider] = [("NoSuchExecutionProvider", {}), ("CPUExecutionProvider", {})]
    monkeypatch.setattr("clipy.models.inference.for_onnxruntime", lambda name, who: providers)
    path = write_drawn_weights("lr_asd", tmp_path / "weights")
    with pytest.warns(UserWarning, match="NoSuchExecutionProvider"):
        inference.load(["lr_asd_classify"], path, "auto", "a network")
    (line,) = caplog.messages
    assert line == "a network runs on the processor: ONNX Runtime could not start its NoSuchExecutionProvider"


def test_sessions_are_made_for_the_device_of_the_run(monkeypatch: pytest.MonkeyPatch, ctx: Context) -> None:
    asked: list[str] = []

    def noted(name: str, who: str) -> list[device.Provider]:
        asked.append(name)
        return [("CPUExecutionProvider", {})]

    monkeypatch.setattr("clipy.models.inference.for_onnxruntime", noted)
    path = models.find(models.LR_ASD)
    if path is None:
        pytest.skip("needs the weights of LR-ASD: clipy models pull lr-asd")
    LrAsd().load(replace(ctx, device="directml"))
    assert asked == ["directml"] * 3


def test_numpy_blas_is_single_threaded_during_a_run() -> None:
    def threads() -> set[int]:
        return {pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"}

    with threadpoolctl.threadpool_limits(3, "blas"):
        before = threads()
        with context():
            assert threads() <= {1}
        assert threads() == before
