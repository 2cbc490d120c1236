"""Weights of face and active-speaker networks that their authors keep in Git repositories, at pinned commits."""

from __future__ import annotations

from clipy.models.model import Model, WeightsFile
from clipy.models.web import raw_file

_LIGHT = ("Junhua-Liao/Light-ASD", "ed38c232de5efe0261dbd68627c0ade7cdfe14eb")
_LR = ("Junhua-Liao/LR-ASD", "1b6dcd2d8fc2895683de6508ec6294ec47d388ca")
_YUNET = ("ShiqiYu/libfacedetection.train", "0047ac24afb1a50a0c6105001c89d1b5b805dbf1")


def _model(
    name: str, purpose: str, repository: tuple[str, str], path: str, file: str, sha256: str, size: int, licence: str
) -> Model:
    address = raw_file(*repository, path)
    source = f"https://github.com/{repository[0]}"
    return Model(name, purpose, (WeightsFile(file, sha256, size, licence, source, web=address),))


LIGHT_ASD = _model(
    "light-asd",
    "whether a face speaks (Light-ASD, tuned on TalkSet: videos of many kinds)",
    _LIGHT,
    "weight/finetuning_TalkSet.model",
    "light_asd_finetuning_TalkSet.model",
    "efc375833887eefa9d209dc92810e18519b04c3c73ea35a549f2a7f40b7d94d5",
    4_175_289,
    "MIT",
)
LIGHT_ASD_AVA = _model(
    "light-asd-ava",
    "whether a face speaks (Light-ASD, trained on AVA: films)",
    _LIGHT,
    "weight/pretrain_AVA_CVPR.model",
    "light_asd_pretrain_AVA_CVPR.model",
    "d44bc3ea7baa8e0946fa3921311714a630ed8b90a1928fab0dbe30d918909317",
    4_175_289,
    "MIT",
)
LR_ASD = _model(
    "lr-asd",
    "whether a face speaks (LR-ASD, tuned on TalkSet: videos of many kinds)",
    _LR,
    "weight/finetuning_TalkSet.model",
    "lr_asd_finetuning_TalkSet.model",
    "6b4ef53694e874e96cf630198dc479c78aebb3993bbf166aee3d926dfe7d9342",
    3_426_337,
    "MIT",
)
LR_ASD_AVA = _model(
    "lr-asd-ava",
    "whether a face speaks (LR-ASD, trained on AVA: films)",
    _LR,
    "weight/pretrain_AVA.model",
    "lr_asd_pretrain_AVA.model",
    "85e6c77fc981595234790d1e128ebb60352d37726b2445e0ef8891e2512fe9e3",
    3_426_337,
    "MIT",
)
YUNET = _model(
    "yunet",
    "faces in a picture, with five landmarks (YuNet, small)",
    _YUNET,
    "onnx/yunet_s_640_640.onnx",
    "yunet_s_640_640.onnx",
    "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
    232_589,
    "Apache-2.0",
)
