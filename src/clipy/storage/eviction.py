"""The contents of the store: listed by step and by video, and evicted by age and total size.

Nothing that a run in progress has made or loaded is evicted: a run records when it began and waits while another
process evicts, and each use of an artifact updates its modification time. Only plain files in the folders of steps are
removed; links and everything outside the store are left alone.
"""

from __future__ import annotations

import logging
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from clipy.storage.store import Store
from clipy.types import Video

log = logging.getLogger(__name__)

_BEGAN = ".began"  # in a run's work folder: its time of modification is when the run began
_SLACK = 2.0  # seconds; the coarsest clock of a file system that is in use (FAT)


@dataclass(frozen=True)
class Artifact:
    """One stored result: its files, bytes, when it was made or last used (seconds since 1970), and for which videos."""

    step: str
    key: str
    files: tuple[Path, ...]
    size: int
    used: float
    videos: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limits:
    """How much is kept. ``size`` in bytes, ``age`` in seconds since the last use; None: no limit."""

    size: int | None = None
    age: float | None = None

    def excess(self, found: Sequence[Artifact], now: float) -> list[Artifact]:
        """What to evict: everything too old, then the least recently used until the rest is small enough."""
        oldest = sorted(found, key=lambda item: item.used)
        left = sum(item.size for item in found)
        gone = []
        for item in oldest:
            old = self.age is not None and now - item.used > self.age
            if old or (self.size is not None and left > self.size):
                gone.append(item)
                left -= item.size
        return gone


@dataclass
class Removal:
    """What was removed, and what was kept because a run uses it."""

    removed: list[Artifact] = field(default_factory=list)
    in_use: list[Artifact] = field(default_factory=list)

    @property
    def size(self) -> int:
        return sum(item.size for item in self.removed)


def enter(store: Store, work: Path) -> None:
    """Begin a run: wait for an eviction in progress, and record the time. ``work`` is the run's own folder."""
    with store.locked(store.root / "tidying.lock", "eviction of stored artifacts"):
        (work / _BEGAN).touch()


def note_made(store: Store, video: Video, step: str, key: str) -> None:
    """Note for which video something was made, so that it can be found by it."""
    _note(store, video, f"{step}/{key}")


def note_seen(store: Store, video: Video) -> None:
    """Note the name under which a video was seen, so that it can be found by each of its names."""
    path = _ledger(store, video.fingerprint)
    if not path.exists() or _name(video) not in path.read_text(encoding="utf-8").splitlines():
        _note(store, video, _name(video))


def _name(video: Video) -> str:
    """A file name as a line of a ledger: it holds no line break, and no slash, which every artifact's line does."""
    return " ".join(video.path.name.split())


def _note(store: Store, video: Video, line: str) -> None:
    path = _ledger(store, video.fingerprint)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        head = "" if path.exists() else f"{_name(video)}\n"
        lines = line if line + "\n" == head else head + line
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{lines}\n")  # in one write: lines of other runs do not come between
    except OSError as error:  # the results themselves are stored; only the note is missing
        log.warning("cannot note %s for %s (%s)", line, video.path.name, error.strerror or error)


def note_used(files: Iterable[Path]) -> None:
    """Note that artifacts were used now. Where that cannot be written they only seem older than they are."""
    for path in files:
        try:
            os.utime(path)
        except OSError as error:
            log.debug("the use of %s is not noted (%s)", path.name, error.strerror or error)


def artifacts(store: Store) -> list[Artifact]:
    """Everything that is stored, by step."""
    owners: defaultdict[str, list[str]] = defaultdict(list)
    for fingerprint in videos(store):
        for place in _ledger(store, fingerprint).read_text(encoding="utf-8").splitlines():
            owners[place].append(fingerprint)
    return [
        Artifact(
            step.name, key, tuple(files), *_size_and_use(files), tuple(dict.fromkeys(owners[f"{step.name}/{key}"]))
        )
        for step in _folders(store.root)
        if "." in step.name  # a step is named group.method; other folders hold no artifacts
        for shelf in _folders(step)
        for key, files in _by_key(shelf).items()
    ]


def videos(store: Store) -> dict[str, tuple[str, ...]]:
    """Every file name under which a video was seen, first to last, by its fingerprint."""
    found = {}
    for path in sorted((store.root / "videos").glob("*.txt")):
        lines = path.read_text(encoding="utf-8").splitlines()
        found[path.stem] = tuple(dict.fromkeys(line for line in lines if "/" not in line))
    return found


def remove(store: Store, choose: Callable[[list[Artifact]], Sequence[Artifact]], *, dry: bool = False) -> Removal:
    """Remove the artifacts that ``choose`` picks, but none that a run in progress has used. ``dry``: only report."""
    result = Removal()
    with store.locked(store.root / "tidying.lock", "eviction of stored artifacts"):
        running = _running(store)
        for item in choose(artifacts(store)):
            if item.used >= min(running, default=time.time() + _SLACK) - _SLACK and running:
                result.in_use.append(item)
            elif dry or _removed(item, alone=not running):
                result.removed.append(item)
            else:
                result.in_use.append(item)
    log.info("removed %d artifacts, %d bytes; %d are in use", len(result.removed), result.size, len(result.in_use))
    return result


def tidy(store: Store, limits: Limits, *, dry: bool = False) -> Removal:
    """Keep the store within its limits."""
    return remove(store, lambda found: limits.excess(found, time.time()), dry=dry)


def _ledger(store: Store, fingerprint: str) -> Path:
    return store.root / "videos" / f"{fingerprint}.txt"


def _folders(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(item for item in folder.iterdir() if item.is_dir() and not item.is_symlink())


def _by_key(shelf: Path) -> dict[str, list[Path]]:
    found: defaultdict[str, list[Path]] = defaultdict(list)
    for item in sorted(shelf.iterdir()):
        if item.is_file() and not item.is_symlink() and item.suffix != ".lock" and not item.name.startswith("."):
            found[item.stem].append(item)
    return found


def _size_and_use(files: Sequence[Path]) -> tuple[int, float]:
    """Bytes, and the last use; files that another process removes meanwhile count as nothing."""
    size, used = 0, 0.0
    for path in files:
        try:
            known = path.stat()
        except FileNotFoundError:
            continue
        size, used = size + known.st_size, max(used, known.st_mtime)
    return size, used


def _running(store: Store) -> list[float]:
    """When each run in progress on this store began."""
    found = []
    for lock in (store.root / "work").glob("*.lock"):
        with _tried(lock) as free:
            if not free:
                began = lock.with_suffix("") / _BEGAN
                found.append(began.stat().st_mtime if began.exists() else time.time())
    return found


def _removed(item: Artifact, *, alone: bool) -> bool:
    """Remove one artifact's files unless it is being made now; and its lock, where no run can wait for it."""
    lock = item.files[0].parent / f"{item.key}.lock"
    with _tried(lock) as free:
        if not free or max((path.stat().st_mtime for path in item.files if path.exists()), default=0.0) > item.used:
            return False
        for path in item.files:
            path.unlink(missing_ok=True)
        if alone:
            lock.unlink(missing_ok=True)
    return True


@contextmanager
def _tried(path: Path) -> Iterator[bool]:
    """Whether nobody holds a lock; held here meanwhile."""
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()
