"""Every graph that clipy runs: which method of which network, with which shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.export import Dim

from tools.export_graphs.campplus import CamPlusPlusNetwork
from tools.export_graphs.exporting import Graph
from tools.export_graphs.light_asd import LightAsdNetwork
from tools.export_graphs.lr_asd import LrAsdNetwork
from tools.export_graphs.s3fd import S3fdNetwork
from tools.export_graphs.segmentation import SegmentationNetwork
from tools.export_graphs.speaker_network import SpeakerNetwork
from tools.export_graphs.talknet import TalkNetNetwork
from tools.export_graphs.transnetv2 import TransNetV2Network

SPEAKERS: dict[str, type[SpeakerNetwork]] = {
    "lr_asd": LrAsdNetwork,
    "light_asd": LightAsdNetwork,
    "talknet": TalkNetNetwork,
}
_ANY = Dim.DYNAMIC


def published_speakers(name: str) -> str:
    """How the authors of the active-speaker networks call a tensor: the last layer belongs to their loss."""
    return f"lossAV.{name}" if name.startswith("FC.") else f"model.{name}"


def graphs() -> Iterator[tuple[Graph, Callable[[str], str]]]:
    """Each graph, and how its tensors are called in the published file."""
    for name, kind in SPEAKERS.items():
        for graph in _speaker_graphs(name, kind()):
            yield graph, published_speakers
    pictures = {"pictures": torch.zeros(2, 160, 224, 3, dtype=torch.uint8)}
    anywhere: list[dict[int, Any]] = [{0: _ANY, 1: _ANY, 2: _ANY}]
    yield Graph("s3fd", S3fdNetwork(), "detect", pictures, anywhere, ("boxes", "confidence")), _same
    sound = {"sound": torch.zeros(2, 160_000)}
    yield Graph("segmentation", SegmentationNetwork(), "segment", sound, [{0: _ANY}], ("scores",)), _checkpoint
    bands = {"bands": torch.zeros(1, 330, 80)}
    yield Graph("campplus", CamPlusPlusNetwork(), "embed", bands, [{1: _ANY}], ("voice",)), _same
    shots = {"pictures": torch.zeros(1, 100, 27, 48, 3, dtype=torch.uint8), "histograms": torch.zeros(1, 100, 512)}
    times = [{1: _ANY}, {1: _ANY}]
    yield Graph("transnetv2", TransNetV2Network(), "detect", shots, times, ("probabilities",)), _same


def _speaker_graphs(name: str, network: SpeakerNetwork) -> Iterator[Graph]:
    channels = network.channels
    faces = torch.zeros(2, 30, 112, 112, dtype=torch.uint8)
    cepstra, video, audio = torch.zeros(2, 120, 13), torch.zeros(2, 30, channels), torch.zeros(2, 30, channels)
    both = {0: _ANY, 1: _ANY}
    yield Graph(f"{name}_video", network, "encode_video", {"faces": faces}, [both], ("video",))
    yield Graph(f"{name}_audio", network, "encode_audio", {"cepstra": cepstra}, [both], ("audio",))
    inputs = {"video_features": video, "audio_features": audio}
    yield Graph(f"{name}_classify", network, "classify", inputs, [both, both], ("scores",))


def _checkpoint(name: str) -> str:
    return f"state_dict.{name}"


def _same(name: str) -> str:
    return name
