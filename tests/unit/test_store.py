"""The store: what is saved is what is loaded, and what is damaged is never used."""

from __future__ import annotations

import json
import multiprocessing
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from clipy.errors import StoreError
from clipy.storage import locks
from clipy.storage.store import Store, key_of, write_atomically
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


def test_arrays_round_trip_exactly_and_read_only(tmp_path: Path) -> None:
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
def test_damaged_artifact_is_recomputed(tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture) -> None:
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


def test_changed_file_is_recomputed(tmp_path: Path) -> None:
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


def test_renewed_values_and_files_replace_the_stored_ones(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.value("step", "key", Box, lambda: Box(1, 2, 3, 4))
    store.file("render", "key", ".mp4", _wrong)
    assert store.value("step", "key", Box, lambda: Box(5, 6, 7, 8), renew=True) == Box(5, 6, 7, 8)
    assert store.stored("step", "key", Box) == (Box(5, 6, 7, 8),)
    assert store.file("render", "key", ".mp4", _right, renew=True).read_bytes() == b"right"


def test_concurrent_threads_compute_an_artifact_once(tmp_path: Path) -> None:
    store, begun, made = Store(tmp_path), threading.Event(), list[float]()

    def make() -> Box:
        begun.set()
        time.sleep(0.2)
        made.append(time.perf_counter())
        return Box(1, 2, 3, 4)

    def wait() -> None:
        assert begun.wait(20)
        found = store.value("step", "key", Box, lambda: Box(0, 0, 0, 0))
        assert found == Box(1, 2, 3, 4)

    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(store.value, "step", "key", Box, make)
        others = [pool.submit(wait) for _ in range(8)]
        assert first.result(timeout=30) == Box(1, 2, 3, 4)
        for other in others:
            other.result(timeout=30)
    assert len(made) == 1
    assert locks._waiting == {}


def test_threads_never_poll_a_lock_file_that_another_thread_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeouts: list[float] = []

    class Noting:
        def __init__(self, path: Path) -> None:
            self._lock = FileLock(path)
            self.release = self._lock.release

        def acquire(self, timeout: float = -1) -> None:
            timeouts.append(timeout)
            self._lock.acquire(timeout)

    monkeypatch.setattr(locks, "FileLock", Noting)
    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(_hold_briefly, tmp_path / "a.lock") for _ in range(4)]
        for future in futures:
            future.result(timeout=30)
    assert timeouts == [0, 0, 0, 0]  # each gets it at the first try


def _wrong(path: Path) -> None:
    path.write_bytes(b"wrong")


def _hold_briefly(lock: Path) -> None:
    with locks.exclusive(lock, "the test"):
        time.sleep(0.05)


def test_unwritable_store_gives_one_clear_error(tmp_path: Path) -> None:
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


def test_concurrent_processes_compute_an_artifact_once(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    log = tmp_path / "log"
    workers = [spawn.Process(target=_slow, args=(tmp_path / "store", log)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert log.read_text() == "made\n"


_KILLED = """
import os, signal, sys
from pathlib import Path
from clipy.storage.store import Store

def make(path):
    path.write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)

store = Store(Path(sys.argv[1]))
with store.workplace() as work, store.delivering(Path(sys.argv[2])):
    (work / "big").write_bytes(b"half")
    (Path(sys.argv[2]) / ".making-clip-01-x.mp4").write_bytes(b"half")
    store.file("render", "key", ".mp4", make)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")
def test_leftovers_of_a_killed_process_are_removed_and_block_nobody(tmp_path: Path) -> None:
    root, out = tmp_path / "store", tmp_path / "out"
    out.mkdir()
    done = subprocess.run([sys.executable, "-c", _KILLED, str(root), str(out)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert list(root.rglob(".making-*"))
    assert list(root.rglob("big"))
    store = Store(root)
    with store.workplace(), store.delivering(out):
        assert store.file("render", "key", ".mp4", _right).read_bytes() == b"right"
    assert not list(root.rglob(".making-*"))
    assert not list(root.rglob("big"))
    assert not list(out.iterdir())
    assert not list((root / "work").iterdir())


def test_files_of_another_running_process_are_kept(tmp_path: Path) -> None:
    with Store(tmp_path).workplace() as first, Store(tmp_path).workplace() as second:
        assert first != second
        assert first.is_dir()


_FULL = """
import resource, signal, sys
from pathlib import Path
from clipy.errors import StoreError
from clipy.storage.store import Store

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    Store(Path(sys.argv[1])).value("step", "key", list[str], lambda: ["x" * 5000])
except StoreError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot limit the size of files")
def test_full_disk_gives_one_clear_error_and_no_partial_file(tmp_path: Path) -> None:
    told = subprocess.run([sys.executable, "-c", _FULL, str(tmp_path)], capture_output=True, text=True, check=True)
    assert "Free some space" in told.stdout
    assert [path.suffix for path in tmp_path.rglob("*") if path.is_file()] == [".lock"]
    assert Store(tmp_path).value("step", "key", list[str], lambda: ["y"]) == ["y"]


def test_stored_values_are_read_without_writing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.value("step", "key", Box, lambda: Box(1, 2, 3, 4))
    store.file("render", "key", ".mp4", _right)
    for lock in tmp_path.rglob("*.lock"):  # a store on a disk that is now read-only can still be read
        lock.unlink()
    assert store.value("step", "key", Box, lambda: Box(0, 0, 0, 0)) == Box(1, 2, 3, 4)
    assert store.file("render", "key", ".mp4", Path.unlink).read_bytes() == b"right"
    assert not list(tmp_path.rglob("*.lock"))


def test_artifact_of_an_older_clipy_is_recomputed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.value("step", "key", Box, lambda: Box(1, 2, 3, 4))
    (path,) = tmp_path.rglob("*.json")
    head, _, body = path.read_bytes().partition(b"\n")
    path.write_bytes(json.dumps(json.loads(head) | {"shape": "older"}).encode() + b"\n" + body)
    assert store.value("step", "key", Box, lambda: Box(5, 6, 7, 8)) == Box(5, 6, 7, 8)


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "a\\b"])
def test_step_and_key_cannot_escape_the_store(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="plain names"):
        Store(tmp_path).value("step", name, Box, lambda: Box(1, 2, 3, 4))
    with pytest.raises(ValueError, match="plain names"):
        Store(tmp_path).value(name, "key", Box, lambda: Box(1, 2, 3, 4))


def test_atomic_write_is_all_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path]
