"""The upload journal: in SQLite, the intent before each request and the outcome after it.

One row is one upload: a file's bytes, a platform, an account, a slot. Whatever crashes, and whenever, the row says what
was about to happen, so that the next run asks the platform about the outcome before it does anything. It holds no
secrets: URLs of unfinished uploads are in the vault.
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
"""The progress of an upload.

    new         nothing relevant is on the platform
    open        something private exists there (a session, a container); bytes are being sent
    committing  a request that may have published the post was sent; only the platform knows the outcome
    live        the post exists; extras (its thumbnail, its captions) may be missing
    done        the post exists, with all its extras
    refused     the platform refused it; nothing was posted
    unknown     the post may exist, and the platform cannot tell
"""

_SCHEMA = """
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
class UploadState:
    """The state of an upload. ``data``: what the uploader needs to continue (JSON without secrets); ``location``: where
    the post is; ``note``: the reason, if it was refused or its outcome is unknown.
    """

    phase: Phase = "new"
    data: Mapping[str, Json] = field(default_factory=dict)
    location: str = ""
    note: str = ""

    def with_phase(self, phase: Phase, **data: Json) -> UploadState:
        """The same upload in another phase, with some data changed."""
        return replace(self, phase=phase, data={**self.data, **data})


@dataclass(frozen=True)
class UploadIdentity:
    """What identifies an upload: these bytes, on this platform, on this account, in this slot."""

    sha256: str
    platform: str
    account: str
    slot: str = ""
    name: str = ""  # for people; not part of the identity

    @property
    def key(self) -> str:
        return key_of("upload", self.sha256, self.platform, self.account, self.slot)


@dataclass(frozen=True)
class Journal:
    """The journal file at ``path``. Every call opens its own connection, so threads and processes can share it."""

    path: Path

    def find(self, upload: UploadIdentity) -> UploadState:
        """The state of an upload; ``new`` if it was never started."""
        with self._open() as db:
            row = db.execute("SELECT phase, data, place, note FROM uploads WHERE key = ?", [upload.key]).fetchone()
        return UploadState() if row is None else UploadState(row[0], json.loads(row[1]), row[2], row[3])

    def record(self, upload: UploadIdentity, event: str, state: UploadState) -> None:
        """Record an intent or an outcome. On return it would survive a power cut."""
        data, note = redact(json.dumps(state.data, sort_keys=True)), redact(state.note)
        with self._open() as db, db:
            self._ensure_row(db, upload)
            db.execute(
                "UPDATE uploads SET phase = ?, data = ?, place = ?, note = ?, name = ?, changed = ? WHERE key = ?",
                [state.phase, data, redact(state.location), note, upload.name, time.time(), upload.key],
            )
            db.execute(
                "INSERT INTO events (key, time, event, phase, note) VALUES (?, ?, ?, ?, ?)",
                [upload.key, time.time(), event, state.phase, note],
            )

    def published(self) -> list[tuple[str, str]]:
        """What is live on any platform: each file's sha256, and a description for people."""
        with self._open() as db:
            query = (
                "SELECT sha256, name, platform FROM uploads WHERE phase IN ('live', 'done') ORDER BY sha256, platform"
            )
            return [(str(sha256), f"{name} on {platform}") for sha256, name, platform in db.execute(query)]

    def events(self, upload: UploadIdentity) -> list[tuple[str, str]]:
        """All recorded events of an upload, oldest first, each with the phase after it."""
        with self._open() as db:
            rows = db.execute("SELECT event, phase FROM events WHERE key = ? ORDER BY id", [upload.key])
            return [(str(event), str(phase)) for event, phase in rows]

    def publish_time(
        self, upload: UploadIdentity, start: datetime | None, interval: timedelta | None, *, keep: bool
    ) -> datetime | None:
        """When an upload is to be published; None: immediately. Decided once and kept, so that reruns agree.

        The first upload to an account goes out at ``start``, each further one ``interval`` after the latest before it.
        """
        if start is None and interval is None:
            return None
        with self._open() as db, db:
            row = db.execute("SELECT due FROM uploads WHERE key = ?", [upload.key]).fetchone()
            due = None if row is None else row[0]
            step = interval.total_seconds() if interval else 0.0
            first = time.time() if start is None else start.timestamp()
            if due is None or (start is not None and due < first):
                (latest,) = db.execute(
                    "SELECT max(due) FROM uploads WHERE platform = ? AND account = ? AND due >= ? AND key != ?",
                    [upload.platform, upload.account, first - step if start is None else first, upload.key],
                ).fetchone()
                due = first if latest is None else max(first, latest + step)
                if keep:
                    self._ensure_row(db, upload)
                    db.execute("UPDATE uploads SET due = ? WHERE key = ?", [due, upload.key])
        return datetime.fromtimestamp(due, UTC)

    def count_upload(self, upload: UploadIdentity) -> None:
        """Count one upload towards the account's daily limit."""
        with self._open() as db, db:
            values = [upload.platform, upload.account, time.time()]
            db.execute("INSERT INTO spent (platform, account, time) VALUES (?, ?, ?)", values)

    def uploads_since(self, upload: UploadIdentity, since: datetime) -> int:
        """The number of uploads started on an account since a time, as far as this journal knows."""
        with self._open() as db:
            values = [upload.platform, upload.account, since.timestamp()]
            query = "SELECT count(*) FROM spent WHERE platform = ? AND account = ? AND time >= ?"
            return int(db.execute(query, values).fetchone()[0])

    @contextmanager
    def exclusive(self, upload: UploadIdentity) -> Iterator[None]:
        """Lock an upload: a second process waits, and then finds it done."""
        with self._lock(upload.key):
            yield

    @contextmanager
    def parallel_slot(self, platform: str, account: str, slots: int) -> Iterator[None]:
        """Limit the parallel uploads to one account to ``slots``, across all processes."""
        name = key_of("turn", platform, account)[:16]
        while True:
            for slot in range(slots):
                lock = self._lock(f"{name}-{slot}")
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
        with _translated_errors(self.path):
            folder.mkdir(parents=True, exist_ok=True)
        return FileLock(folder / f"{name}.lock")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with _translated_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=30)) as db:
                # SQLite's rollback journal, unlike its write-ahead log, also holds on file systems that machines share.
                # EXTRA: that the journal's removal is on disk counts, too.
                db.execute("PRAGMA synchronous = EXTRA")
                db.executescript(_SCHEMA)
                yield db

    @staticmethod
    def _ensure_row(db: sqlite3.Connection, upload: UploadIdentity) -> None:
        values = [upload.key, upload.platform, upload.account, upload.sha256, upload.slot, upload.name, time.time()]
        db.execute("INSERT OR IGNORE INTO uploads VALUES (?, ?, ?, ?, ?, ?, 'new', '{}', '', '', NULL, ?)", values)


def open_journal(store: Path, environment: Mapping[str, str] = os.environ) -> Journal:
    """The journal of a store: ``CLIPY_JOURNAL``, or ``journal.sqlite`` beside the store's folder."""
    return Journal(Path(environment.get("CLIPY_JOURNAL") or store.parent / "journal.sqlite"))


@contextmanager
def _translated_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StoreError(
            f"cannot use the upload journal ({error})",
            where=path,
            do="Free some space, or point CLIPY_JOURNAL at a writable file; nothing is sent without the journal",
        ) from error
