"""Our networks against the published code, number by number; see ``tests/golden/networks.py`` for how it was asked."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clipy import device, models
from clipy.analysis.faces.s3fd import S3fd
from clipy.analysis.speakers.light_asd import LightAsd
from clipy.analysis.speakers.lr_asd import LrAsd
from clipy.analysis.speakers.scoring.mfcc import mfcc
from clipy.analysis.speakers.talknet import TalkNet
from clipy.context import Context
from clipy.errors import ModelError
from clipy.media.probe import probe
from clipy.types import Span, Track, Video
from fixtures.drawn_weights import write_drawn_weights
from fixtures.media import make_video
from tests.golden import networks as golden

NUMBERS: Mapping[str, Any] = json.loads(golden.FILE.read_text(encoding="utf-8"))
PUBLISHED = {"light_asd": models.LIGHT_ASD, "lr_asd": models.LR_ASD}
ON_A_CARD = 1e-3  # sums are taken in another order there
SPEAKERS = ["light_asd", "lr_asd", "talknet"]


def made(name: str, path: Path) -> Path:
    """A file of weights that are drawn from their published names."""
    pytest.importorskip("torch", reason="needs the extra light-asd (PyTorch)")
    return write_drawn_weights(name, path)


def outputs(network: Any, place: str = "cpu") -> np.ndarray[Any, Any]:
    import torch

    from clipy.analysis.networks.parts import exactly

    inputs = (torch.from_numpy(values).to(place) for values in (golden.faces(), golden.cepstra()))
    with exactly():
        judged = network.to(place)(*inputs)
    return np.asarray(judged[0].cpu())


@pytest.mark.parametrize("name", SPEAKERS)
def test_a_network_with_made_weights_says_what_the_published_code_says(name: str, tmp_path: Path) -> None:
    path = made(name, tmp_path / "weights")
    network = importlib.import_module(f"clipy.analysis.networks.{name}").load(path)
    assert np.abs(outputs(network) - NUMBERS[f"{name} made"]).max() < 1e-4


@pytest.fixture
def card() -> str:
    """The best device of PyTorch here beside the processor."""
    pytest.importorskip("torch", reason="needs the extra light-asd (PyTorch)")
    best = device.for_torch("auto")
    if best == "cpu":
        pytest.skip("needs a graphics card that PyTorch can use")
    return best


@pytest.mark.parametrize("name", SPEAKERS)
def test_a_network_on_a_card_says_what_the_published_code_says(name: str, card: str, tmp_path: Path) -> None:
    network = importlib.import_module(f"clipy.analysis.networks.{name}").load(made(name, tmp_path / "weights"))
    assert np.abs(outputs(network, card) - NUMBERS[f"{name} made"]).max() < ON_A_CARD


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_a_network_with_published_weights_says_what_the_published_code_says(name: str) -> None:
    pytest.importorskip("torch", reason="needs the extra light-asd (PyTorch)")
    path = models.find(PUBLISHED[name])
    if path is None:
        pytest.skip(f"needs the weights of {name}: clipy models pull {PUBLISHED[name].name}")
    network = importlib.import_module(f"clipy.analysis.networks.{name}").load(path)
    assert np.abs(outputs(network) - NUMBERS[f"{name} published"]).max() < 1e-4


def far_from_published_s3fd(path: Path, place: str = "cpu") -> tuple[float, float]:
    """By how many pixels, and by how much confidence at most."""
    import torch

    from clipy.analysis.networks import s3fd
    from clipy.analysis.networks.parts import exactly

    with exactly():
        found = s3fd.load(path).to(place)(torch.from_numpy(golden.picture()).to(place))
    boxes, sure = (values[0, ::7].cpu().numpy() for values in found)
    expected = NUMBERS["s3fd made"]
    pixels, confidence = boxes.flatten() - expected["boxes"], sure - expected["confidence"]
    return float(np.abs(pixels).max()), float(np.abs(confidence).max())


def test_s3fd_finds_what_the_published_code_finds(tmp_path: Path) -> None:
    pixels, confidence = far_from_published_s3fd(made("s3fd", tmp_path / "weights"))
    assert pixels < 0.01
    assert confidence < 1e-4


def test_s3fd_on_a_card_finds_what_the_published_code_finds(card: str, tmp_path: Path) -> None:
    pixels, confidence = far_from_published_s3fd(made("s3fd", tmp_path / "weights"), card)
    assert pixels < 0.01
    assert confidence < ON_A_CARD


def test_cepstra_are_those_of_the_package_that_the_networks_were_trained_with() -> None:
    cepstra = mfcc(golden.sound())
    assert cepstra.shape == (99, 13)
    assert np.abs(cepstra[::9] - NUMBERS["mfcc"]).max() < 1e-3


def test_s3fd_reports_boxes_in_the_pictures_own_pixels(tmp_path: Path, ctx: Context) -> None:
    detector = S3fd(S3fd.Options(path=made("s3fd", tmp_path / "weights"), confidence=0.6))
    pictures = [golden.picture()[0].transpose(1, 2, 0).astype(np.uint8)] * 2
    first, second = detector.detect(pictures, ctx)
    assert first == second
    assert all(face.confidence >= 0.6 for face in first)
    assert detector.input_digests() == (models.digest(tmp_path / "weights"),)


@pytest.mark.parametrize("name", [*SPEAKERS, "s3fd"])
def test_other_files_are_refused(name: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="needs the extra light-asd (PyTorch)")
    module = importlib.import_module(f"clipy.analysis.networks.{name}")
    path = tmp_path / "weights"
    for content in (b"", b"no weights", b"PK\x03\x04 broken"):
        path.write_bytes(content)
        with pytest.raises(ModelError, match="no weights of this network"):
            module.load(path)
    torch.save({"model.other": torch.zeros(3)}, path)
    with pytest.raises(ModelError, match="no weights of this network"):
        module.load(path)


class Dangerous:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("run"),))


def test_code_in_a_weights_file_is_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch", reason="needs the extra light-asd (PyTorch)")
    from clipy.analysis.networks import lr_asd

    monkeypatch.chdir(tmp_path)
    torch.save({"model.other": Dangerous()}, "weights")
    with pytest.raises(ModelError):
        lr_asd.load(Path("weights"))
    assert not Path("run").exists()


@pytest.mark.parametrize("backend", [TalkNet(), S3fd()])
def test_weights_that_cannot_be_fetched_must_be_named(backend: TalkNet | S3fd) -> None:
    with pytest.raises(ModelError, match=r"path=FILE"):
        backend.input_digests()


def still_track(video: Video, times: int, first: int = 0) -> Track:
    boxes = np.tile(np.array([100, 60, 200, 180], dtype=np.float32), (times, 1))
    return Track(0, video.span, (first + np.arange(times)) / 25, boxes, np.ones(times, dtype=np.float32))


@pytest.fixture
def random_lr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """LR-ASD with made weights: everything but its opinion."""
    path = made("lr_asd", tmp_path / "made")
    monkeypatch.setattr(
        LrAsd, "load", lambda self, ctx: importlib.import_module("clipy.analysis.networks.lr_asd").load(path)
    )


@pytest.mark.usefixtures("random_lr")
def test_pieces_and_batches_change_no_number(tmp_path: Path, ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    video = probe(make_video(tmp_path / "a.mp4", seconds=5))
    tracks = [still_track(video, 102), replace(still_track(video, 30, first=40), id=1)]
    options = LrAsd.Options(window=60, batch=1)
    in_pieces = [track.speaking for track in LrAsd(options).score(video, tracks, ctx)]
    assert [len(values) for values in in_pieces] == [102, 30]
    batched = LrAsd(LrAsd.Options(window=60, batch=5)).score(video, tracks, ctx)
    monkeypatch.setattr("clipy.analysis.speakers.scoring.networked._PIECE", 200)
    whole = LrAsd(options).score(video, tracks, ctx)
    for mine, batch, once in zip(in_pieces, batched, whole, strict=True):
        assert np.abs(mine - batch.speaking).max() < 1e-4
        assert np.abs(mine - once.speaking).max() < 1e-4


@pytest.mark.usefixtures("random_lr")
def test_any_frame_rate_and_sample_rate_will_do(tmp_path: Path, ctx: Context) -> None:
    for rate, samples in ((Fraction(30000, 1001), 44_100), (Fraction(12), 8_000)):
        video = probe(make_video(tmp_path / f"{samples}.mp4", seconds=3, rate=rate, sample_rate=samples))
        (track,) = LrAsd().score(video, [still_track(video, 60)], ctx)
        assert track.speaking.shape == (60,)
        assert 0 < track.speaking.min() <= track.speaking.max() < 1
    silent = probe(make_video(tmp_path / "silent.mp4", seconds=3, play=None))
    assert len(LrAsd().score(silent, [still_track(silent, 50)], ctx)[0].speaking) == 50


def test_no_faces_need_no_weights(tmp_path: Path, ctx: Context) -> None:
    assert LrAsd().score(probe(make_video(tmp_path / "a.mp4")), [], ctx) == []


@pytest.mark.parametrize(("kind", "model"), [(LrAsd, models.LR_ASD), (LightAsd, models.LIGHT_ASD)])
def test_published_networks_know_a_talker(media: Path, ctx: Context, kind: type[LrAsd], model: models.Model) -> None:
    pytest.importorskip("torch", reason="needs the extra light-asd (PyTorch)")
    if models.find(model) is None:
        pytest.skip(f"needs the weights of {model.name}: clipy models pull {model.name}")
    from clipy.analysis.faces.centerface import CenterFace
    from clipy.analysis.faces.tracking.tracks import link
    from clipy.types import Shot

    means = {}
    for name in ("closeup_512_a.mp4", "expressions_nospeech.mp4"):
        video = probe(media / "video" / name)
        shots = [Shot(Span(Fraction(0), Fraction(3)))]
        (track,) = kind().score(video, link(shots, CenterFace().detect_in_video(video, shots, ctx))[:1], ctx)
        means[name] = float(track.speaking.mean())
    assert means["closeup_512_a.mp4"] > 0.6 > 0.4 > means["expressions_nospeech.mp4"]
