"""The journal of uploads: intent before each call, receipt after it, in SQLite.

One row is one upload: a file's bytes, a platform, an account, a slot. Whatever dies, and whenever, the row says what
was about to be done, so the next run asks the platform how that ended before it does anything. Nothing secret is in
here: addresses of half-done uploads are in the vault.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, TypeAlias

from filelock import FileLock, Timeout

from clipy.errors import StoreError
from clipy.stages.upload.publishing.secrets import redact
from clipy.storage.store import key_of
from clipy.types import Json

Phase: TypeAlias = Literal["new", "open", "committing", "live", "done", "refused", "unknown"]
"""How far an upload is.

    new         nothing that matters is on the platform
    open        something private waits there (a session, a container); bytes move
    committing  a call that may have made the post public was begun; only the platform knows how it ended
    live        the post exists; something around it (its thumbnail, its captions) may still be missing
    done        the post exists, with all that belongs to it
    refused     the platform said no; nothing was posted
    unknown     the post may exist, and the platform does not tell
"""

_TABLES = """
CREATE TABLE IF NOT EXISTS uploads (
    key TEXT PRIMARY KEY, platform TEXT NOT NULL, account TEXT NOT NULL, sha256 TEXT NOT NULL, slot TEXT NOT NULL,
    name TEXT NOT NULL, phase TEXT NOT NULL, data TEXT NOT NULL, place TEXT NOT NULL, note TEXT NOT NULL,
    due REAL, changed REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL, time REAL NOT NULL, event TEXT NOT NULL, phase TEXT NOT NULL,
    note TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS spent (
    id INTEGER PRIMARY KEY, platform TEXT NOT NULL, account TEXT NOT NULL, time REAL NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS uploads_by_account ON uploads (platform, account, due);
CREATE INDEX IF NOT EXISTS spent_by_account ON spent (platform, account, time);
"""


@dataclass(frozen=True)
class State:
    """Where one upload is. ``data`` is what the platform's uploader needs to go on (JSON, nothing secret); ``place``
    is where the post can be seen; ``note`` says why, when it was refused or is not known.
    """

    phase: Phase = "new"
    data: Mapping[str, Json] = field(default_factory=dict)
    place: str = ""
    note: str = ""

    def at(self, phase: Phase, **data: Json) -> State:
        """The same upload in another phase, with some data changed."""
        return replace(self, phase=phase, data={**self.data, **data})


@dataclass(frozen=True)
class Entry:
    """What makes an upload the same upload: these bytes, on this platform, on this account, in this slot."""

    sha256: str
    platform: str
    account: str
    slot: str = ""
    name: str = ""  # for people; no part of identity

    @property
    def key(self) -> str:
        return key_of("upload", self.sha256, self.platform, self.account, self.slot)


@dataclass(frozen=True)
class Journal:
    """The journal file at ``path``. Every call opens it anew, so that threads and processes may share it."""

    path: Path

    def find(self, entry: Entry) -> State:
        """How far an upload is; ``new`` when it was never begun."""
        with self._open() as db:
            row = db.execute("SELECT phase, data, place, note FROM uploads WHERE key = ?", [entry.key]).fetchone()
        return State() if row is None else State(row[0], json.loads(row[1]), row[2], row[3])

    def write(self, entry: Entry, event: str, state: State) -> None:
        """Record an intent or a receipt. On return it would survive a power cut."""
        data, note = redact(json.dumps(state.data, sort_keys=True)), redact(state.note)
        with self._open() as db, db:
            self._ensure(db, entry)
            db.execute(
                "UPDATE uploads SET phase = ?, data = ?, place = ?, note = ?, name = ?, changed = ? WHERE key = ?",
                [state.phase, data, redact(state.place), note, entry.name, time.time(), entry.key],
            )
            db.execute(
                "INSERT INTO events (key, time, event, phase, note) VALUES (?, ?, ?, ?, ?)",
                [entry.key, time.time(), event, state.phase, note],
            )

    def published(self) -> list[tuple[str, str]]:
        """What is live on any platform: each file's sha256, and where it went, for people."""
        with self._open() as db:
            query = (
                "SELECT sha256, name, platform FROM uploads WHERE phase IN ('live', 'done') ORDER BY sha256, platform"
            )
            return [(str(sha256), f"{name} on {platform}") for sha256, name, platform in db.execute(query)]

    def events(self, entry: Entry) -> list[tuple[str, str]]:
        """Every intent and receipt of an upload, oldest first, with the phase that it left."""
        with self._open() as db:
            rows = db.execute("SELECT event, phase FROM events WHERE key = ? ORDER BY id", [entry.key])
            return [(str(event), str(phase)) for event, phase in rows]

    def due(self, entry: Entry, at: datetime | None, every: timedelta | None, *, keep: bool) -> datetime | None:
        """When an upload is to go out; None: at once. Decided once and kept, so that a rerun has the same times.

        The first of an account goes out ``at``, each further one ``every`` later than the latest before it.
        """
        if at is None and every is None:
            return None
        with self._open() as db, db:
            row = db.execute("SELECT due FROM uploads WHERE key = ?", [entry.key]).fetchone()
            kept = None if row is None else row[0]
            step = every.total_seconds() if every else 0.0
            first = time.time() if at is None else at.timestamp()
            if kept is None or (at is not None and kept < first):
                (latest,) = db.execute(
                    "SELECT max(due) FROM uploads WHERE platform = ? AND account = ? AND due >= ? AND key != ?",
                    [entry.platform, entry.account, first - step if at is None else first, entry.key],
                ).fetchone()
                kept = first if latest is None else max(first, latest + step)
                if keep:
                    self._ensure(db, entry)
                    db.execute("UPDATE uploads SET due = ? WHERE key = ?", [kept, entry.key])
        return datetime.fromtimestamp(kept, UTC)

    def spend(self, entry: Entry) -> None:
        """Count one upload against the platform's daily limit."""
        with self._open() as db, db:
            values = [entry.platform, entry.account, time.time()]
            db.execute("INSERT INTO spent (platform, account, time) VALUES (?, ?, ?)", values)

    def spent(self, entry: Entry, since: datetime) -> int:
        """How many uploads were begun on an account since a moment, as far as this journal knows."""
        with self._open() as db:
            values = [entry.platform, entry.account, since.timestamp()]
            query = "SELECT count(*) FROM spent WHERE platform = ? AND account = ? AND time >= ?"
            return int(db.execute(query, values).fetchone()[0])

    @contextmanager
    def alone(self, entry: Entry) -> Iterator[None]:
        """Only one process works on an upload; a second one waits, and then finds it done."""
        with self._lock(entry.key):
            yield

    @contextmanager
    def turn(self, platform: str, account: str, places: int) -> Iterator[None]:
        """At most ``places`` uploads to one account at a time, over all processes."""
        name = key_of("turn", platform, account)[:16]
        while True:
            for place in range(places):
                lock = self._lock(f"{name}-{place}")
                try:
                    lock.acquire(timeout=0)
                except Timeout:
                    continue
                try:
                    yield
                finally:
                    lock.release()
                return
            time.sleep(0.2)

    def _lock(self, name: str) -> FileLock:
        folder = self.path.with_suffix(".locks")
        with _reporting(self.path):
            folder.mkdir(parents=True, exist_ok=True)
        return FileLock(folder / f"{name}.lock")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with _reporting(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            new = not self.path.exists()
            with closing(sqlite3.connect(self.path, timeout=30)) as db:
                db.execute("PRAGMA synchronous = FULL")
                if new:
                    db.execute("PRAGMA journal_mode = WAL")
                db.executescript(_TABLES)
                yield db

    @staticmethod
    def _ensure(db: sqlite3.Connection, entry: Entry) -> None:
        values = [entry.key, entry.platform, entry.account, entry.sha256, entry.slot, entry.name, time.time()]
        db.execute("INSERT OR IGNORE INTO uploads VALUES (?, ?, ?, ?, ?, ?, 'new', '{}', '', '', NULL, ?)", values)


def journal_beside(store: Path, environment: Mapping[str, str] = os.environ) -> Journal:
    """The journal that belongs to a store: ``CLIPY_JOURNAL``, else ``journal.sqlite`` beside the store's folder."""
    return Journal(Path(environment.get("CLIPY_JOURNAL") or store.parent / "journal.sqlite"))


@contextmanager
def _reporting(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StoreError(
            f"cannot use the journal of uploads ({error})",
            where=path,
            do="Free some space, or point CLIPY_JOURNAL at a file that can be written; nothing is sent without it",
        ) from error
