"""The store: what is saved is what is loaded, and what is damaged is never used."""

from __future__ import annotations

import multiprocessing
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from clipy.errors import StoreError
from clipy.store import Store, key_of, write_atomically
from clipy.types import Box, Span, Track, Transcript, Video, Word, seconds


def video(path: str, fingerprint: str = "a") -> Video:
    return Video(fingerprint, Fraction(10), Fraction(25), 4, 2, 4, 2, 0, Fraction(0), path=Path(path))


def test_first_and_second_run_see_the_same_value(tmp_path: Path) -> None:
    store = Store(tmp_path)
    made = Transcript("en", (Word("Hi", Fraction(1, 3), Fraction(2, 3), 0.1),))
    calls = []

    def make() -> Transcript:
        calls.append(1)
        return made

    first = store.value("step", "k1", Transcript, make)
    second = store.value("step", "k1", Transcript, make)
    assert first == second == made
    assert len(calls) == 1


def test_arrays_come_back_exactly_and_read_only(tmp_path: Path) -> None:
    track = Track(
        3,
        Span(Fraction(0), Fraction(1)),
        np.arange(5, dtype=np.float64) / 25,
        np.random.default_rng(1).random((5, 4), dtype=np.float32),
        np.ones(5, dtype=np.float32),
    )
    found = Store(tmp_path).value("step", "k", list[Track], lambda: [track])[0]
    assert np.array_equal(found.boxes, track.boxes)
    assert found.boxes.dtype == np.float32
    assert not found.boxes.flags.writeable


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "other"])
def test_a_damaged_artifact_is_made_again(tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture) -> None:
    store = Store(tmp_path)
    box = Box(1, 2, 3, 4)
    store.value("step", "key", Box, lambda: box)
    (path,) = tmp_path.rglob("*.json")
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    broken = {"flip": bytes(data), "cut": path.read_bytes()[:-4], "empty": b"", "other": b'{"schema": "x"}\n{}'}
    path.write_bytes(broken[damage])
    assert store.value("step", "key", Box, lambda: box) == box
    assert "damaged" in caplog.text
    assert store.value("step", "key", Box, lambda: Box(0, 0, 0, 0)) == box


def test_a_pickle_is_never_loaded(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.value("step", "key", Box, lambda: Box(1, 2, 3, 4))
    (path,) = tmp_path.rglob("*.json")
    path.write_bytes(b"\x80\x04\x95cposix\nsystem\n(S'touch pwned'\ntR.")
    assert store.value("step", "key", Box, lambda: Box(5, 6, 7, 8)) == Box(5, 6, 7, 8)


def _right(path: Path) -> None:
    path.write_bytes(b"right")


def test_a_changed_file_is_made_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    path = store.file("render", "key", ".mp4", _right)
    path.write_bytes(b"wrong")
    assert store.file("render", "key", ".mp4", _right).read_bytes() == b"right"


def test_a_failed_step_leaves_nothing(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        path.write_bytes(b"half")
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError):
        Store(tmp_path).file("render", "key", ".mp4", fail)
    assert [p for p in tmp_path.rglob("*") if p.is_file() and p.suffix != ".lock"] == []


def test_keys_depend_on_content_and_not_on_paths() -> None:
    assert key_of(video("a.mp4")) == key_of(video("elsewhere/b.mp4"))
    assert key_of(video("a.mp4")) != key_of(video("a.mp4", "b"))
    assert key_of(Span(seconds(1), seconds(2))) != key_of(Span(seconds(1), seconds(3)))
    assert key_of(np.zeros(3)) != key_of(np.zeros(4))
    assert key_of({"a": 1, "b": 2}) == key_of({"b": 2, "a": 1})


def test_without_reuse_everything_is_made_again(tmp_path: Path) -> None:
    Store(tmp_path).value("step", "key", Box, lambda: Box(1, 2, 3, 4))
    again = Store(tmp_path, reuse=False).value("step", "key", Box, lambda: Box(5, 6, 7, 8))
    assert again == Box(5, 6, 7, 8)


def test_a_store_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(StoreError, match="CLIPY_STORE"):
        Store(blocked).value("step", "key", Box, lambda: Box(1, 2, 3, 4))


def _slow(root: Path, log: Path) -> None:
    def make() -> Box:
        with log.open("a") as file:
            file.write("made\n")
        time.sleep(0.5)
        return Box(1, 2, 3, 4)

    Store(root).value("step", "key", Box, make)


def test_two_processes_make_it_once(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    log = tmp_path / "log"
    workers = [spawn.Process(target=_slow, args=(tmp_path / "store", log)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert log.read_text() == "made\n"


def test_an_atomic_write_replaces_all_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path]
