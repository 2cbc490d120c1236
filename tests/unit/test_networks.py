"""Our networks against the published code, number by number; see ``tests/golden/networks.py`` for how it was asked."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clipy import models
from clipy.analysis.diarization.voices.speaker_embedding import SpeakerEmbedding
from clipy.analysis.diarization.voices.speaker_segmentation import SpeakerSegmentation
from clipy.analysis.faces.s3fd import S3fd
from clipy.analysis.speakers.light_asd import LightAsd
from clipy.analysis.speakers.lr_asd import LrAsd
from clipy.analysis.speakers.scoring.mfcc import mfcc
from clipy.analysis.speakers.scoring.network import SpeakerNetwork
from clipy.analysis.speakers.talknet import TalkNet
from clipy.context import Context
from clipy.errors import ModelError
from clipy.media.probe import probe
from clipy.models import inference
from clipy.types import Span, Track, Video
from fixtures.checkpoints import write_checkpoint
from fixtures.drawn_weights import GRAPHS, SPEAKERS, write_drawn_weights
from fixtures.media import make_video
from tests.golden import networks as golden

NUMBERS: Mapping[str, Any] = json.loads(golden.FILE.read_text(encoding="utf-8"))
# What the networks of voices said when they were written in NumPy, which agreed with the published code to 2e-5.
VOICE_NUMBERS: Mapping[str, Any] = json.loads(golden.FILE.with_name("voices.json").read_text(encoding="utf-8"))
PUBLISHED = {"light_asd": models.LIGHT_ASD, "lr_asd": models.LR_ASD}


def scores(name: str, path: Path) -> np.ndarray[Any, Any]:
    """What the last layer says of the faces and the sound that the published code was given."""
    network = SpeakerNetwork.load(name, path, "cpu", 1)
    video = network.video(faces=golden.faces().astype(np.uint8))
    found = network.scores(video_features=video, audio_features=network.audio(cepstra=golden.cepstra()))
    return np.asarray(found[0])


@pytest.mark.parametrize("name", SPEAKERS)
def test_random_weights_give_the_reference_output(name: str, tmp_path: Path) -> None:
    assert np.abs(scores(name, write_drawn_weights(name, tmp_path / "weights")) - NUMBERS[f"{name} made"]).max() < 1e-4


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_published_weights_give_the_reference_output(name: str) -> None:
    path = models.find(PUBLISHED[name])
    if path is None:
        pytest.skip(f"needs the weights of {name}: clipy models pull {PUBLISHED[name].name}")
    assert np.abs(scores(name, path) - NUMBERS[f"{name} published"]).max() < 1e-4


@pytest.mark.parametrize("name", SPEAKERS)
def test_batched_faces_score_as_single_ones(name: str, tmp_path: Path) -> None:
    network = SpeakerNetwork.load(name, write_drawn_weights(name, tmp_path / "weights"), "cpu", 1)
    random = np.random.default_rng(5)
    for count, times in ((1, 2), (3, 17), (4, 60)):
        faces = random.integers(0, 256, (count, times, 112, 112), dtype=np.uint8)
        cepstra = random.normal(0, 5, (count, 4 * times, 13)).astype(np.float32)

        def judged(some: slice, faces: Any = faces, cepstra: Any = cepstra) -> np.ndarray[Any, Any]:
            video, audio = network.video(faces=faces[some]), network.audio(cepstra=cepstra[some])
            return network.scores(video_features=video, audio_features=audio)

        together = judged(slice(count))
        assert together.shape == (count, times, 2)
        for number in range(count):
            assert np.abs(together[number] - judged(slice(number, number + 1))[0]).max() < 1e-4


def test_s3fd_matches_the_reference_implementation(tmp_path: Path) -> None:
    (network,) = inference.load(["s3fd"], write_drawn_weights("s3fd", tmp_path / "weights"), "cpu", "s3fd")
    picture = golden.picture().transpose(0, 2, 3, 1).astype(np.uint8)
    boxes, confidence = (values[0, ::7] for values in network.outputs(pictures=picture))
    assert np.abs(boxes.flatten() - NUMBERS["s3fd made"]["boxes"]).max() < 0.01
    assert np.abs(confidence - NUMBERS["s3fd made"]["confidence"]).max() < 1e-4


def noise() -> np.ndarray[Any, np.dtype[np.float32]]:
    """Twice ten seconds of noise at 16 kHz that grows."""
    random = np.random.default_rng(6).normal(0, 0.1, (2, 160_000)).astype(np.float32)
    return random * np.linspace(0, 1, 160_000, dtype=np.float32)


def test_speaker_segmentation_says_what_its_numpy_version_said(tmp_path: Path) -> None:
    path = write_drawn_weights("segmentation", tmp_path / "weights")
    (network,) = inference.load(["segmentation"], path, "cpu", "test")
    scores = network(sound=noise())
    assert scores.shape == (2, 589, 7)
    assert np.abs(scores[:, ::40] - VOICE_NUMBERS["segmentation"]).max() < 1e-4
    assert np.abs(network(sound=noise()[1:]) - scores[1:]).max() < 1e-5
    activity = SpeakerSegmentation(path).activity(noise())
    assert activity.shape == (2, 589, 3)
    assert set(np.unique(activity)) <= {0, 1}


def test_speaker_embedding_says_what_its_numpy_version_said(tmp_path: Path) -> None:
    voice = SpeakerEmbedding(write_drawn_weights("campplus", tmp_path / "weights"))
    assert np.abs(voice.of(noise()[0, -40_000:]) - VOICE_NUMBERS["campplus"]).max() < 1e-4
    for samples in (8_000, 16_240, 33_000):  # fewer frames than a segment has, and segments that are cut
        assert np.linalg.norm(voice.of(noise()[1, -samples:])) == pytest.approx(1, abs=1e-5)


@pytest.mark.filterwarnings("ignore")  # what PyTorch's exporter says of itself
def test_each_graph_matches_its_exported_definition(tmp_path: Path) -> None:
    """PyTorch is a development tool: where it is not installed, the graphs are not written anew."""
    pytest.importorskip("torch", reason="needs PyTorch to export the graphs anew: pip install torch onnx onnxscript")
    pytest.importorskip("onnxscript", reason="needs onnxscript to export the graphs anew: pip install onnx onnxscript")
    from tools.export_graphs.exporting import export
    from tools.export_graphs.graphs import graphs

    for graph, published in graphs():
        kept = (resources.files("clipy.models") / "graphs" / f"{graph.name}.onnx.gz").read_bytes()
        assert gzip.decompress(kept) == export(graph, published), graph.name


def test_mfcc_matches_the_training_package() -> None:
    cepstra = mfcc(golden.sound())
    assert cepstra.shape == (99, 13)
    assert np.abs(cepstra[::9] - NUMBERS["mfcc"]).max() < 1e-3


def test_s3fd_reports_boxes_in_source_pixels(tmp_path: Path, ctx: Context) -> None:
    detector = S3fd(S3fd.Options(path=write_drawn_weights("s3fd", tmp_path / "weights"), confidence=0.6))
    pictures = [golden.picture()[0].transpose(1, 2, 0).astype(np.uint8)] * 2
    first, second = detector.detect(pictures, ctx)
    assert first == second
    assert all(face.confidence >= 0.6 for face in first)
    assert detector.input_digests() == (models.digest(tmp_path / "weights"),)


@pytest.mark.parametrize("graph", GRAPHS)
def test_other_files_are_refused(graph: str, tmp_path: Path) -> None:
    path = tmp_path / "weights"
    for content in (b"", b"no weights", b"PK\x03\x04 broken"):
        path.write_bytes(content)
        with pytest.raises(ModelError, match="no weights of this network"):
            inference.load([graph], path, "cpu", "test")
    others: dict[str, Any] = {"model.other": np.zeros(3, dtype=np.float32)}
    with pytest.raises(ModelError, match=r"no weights of this network .* is missing"):
        inference.load([graph], write_checkpoint(path, others), "cpu", "test")
    misshapen = {name: np.zeros((2, *shape), dtype=np.float32) for name, shape in inference.weights_of(graph)}
    with pytest.raises(ModelError, match=r"no weights of this network .*dimensions"):
        inference.load([graph], write_checkpoint(path, misshapen), "cpu", "test")


@pytest.mark.parametrize("backend", [TalkNet(), S3fd()])
def test_unpublished_weights_need_a_path(backend: TalkNet | S3fd) -> None:
    with pytest.raises(ModelError, match=r"path=FILE"):
        backend.input_digests()


def still_track(video: Video, times: int, first: int = 0) -> Track:
    boxes = np.tile(np.array([100, 60, 200, 180], dtype=np.float32), (times, 1))
    return Track(0, video.span, (first + np.arange(times)) / 25, boxes, np.ones(times, dtype=np.float32))


@pytest.fixture
def random_lr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """LR-ASD with made weights: everything but its opinion."""
    path = write_drawn_weights("lr_asd", tmp_path / "made")
    monkeypatch.setattr(LrAsd, "load", lambda self, ctx: SpeakerNetwork.load("lr_asd", path, "cpu", self.options.batch))


@pytest.mark.usefixtures("random_lr")
def test_chunks_and_batches_do_not_change_scores(tmp_path: Path, ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
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
def test_any_frame_rate_and_sample_rate_work(tmp_path: Path, ctx: Context) -> None:
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
def test_published_networks_score_a_talker_high(
    media: Path, ctx: Context, kind: type[LrAsd], model: models.Model
) -> None:
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
