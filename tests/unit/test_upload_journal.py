"""The journal of uploads."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from clipy.errors import StoreError
from clipy.stages.upload.publishing.journal import Journal, UploadIdentity, UploadState, open_journal
from clipy.stages.upload.publishing.secrets import register_secret

ENTRY = UploadIdentity("ab" * 32, "youtube", "default", name="bees-01")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "deep" / "journal.sqlite")


def test_unknown_uploads_are_new(journal: Journal) -> None:
    assert journal.find(ENTRY) == UploadState()


def test_the_last_state_is_found(journal: Journal) -> None:
    journal.record(ENTRY, "begun", UploadState("open", {"offset": 5}))
    journal.record(ENTRY, "commit", UploadState("committing", {"offset": 7}))
    assert Journal(journal.path).find(ENTRY) == UploadState("committing", {"offset": 7})
    assert journal.events(ENTRY) == [("begun", "open"), ("commit", "committing")]


def test_upload_identity_is_bytes_platform_account_and_slot(journal: Journal) -> None:
    journal.record(ENTRY, "begun", UploadState("done", location="there"))
    same = UploadIdentity(ENTRY.sha256, "youtube", "default", name="called otherwise")
    assert journal.find(same).location == "there"
    for other in (
        UploadIdentity("cd" * 32, "youtube", "default"),
        UploadIdentity(ENTRY.sha256, "tiktok", "default"),
        UploadIdentity(ENTRY.sha256, "youtube", "second"),
        UploadIdentity(ENTRY.sha256, "youtube", "default", slot="again"),
    ):
        assert journal.find(other) == UploadState()


def test_journal_contains_no_secrets(journal: Journal) -> None:
    register_secret("a-planted-secret")
    journal.record(
        ENTRY,
        "begun",
        UploadState("open", {"x": "a-planted-secret"}, location="https://x/?upload_id=planted", note="y"),
    )
    files = [path.read_bytes() for path in journal.path.parent.rglob("*") if path.is_file()]
    assert not any(b"planted" in data for data in files)


def test_uploads_are_counted_by_account_and_day(journal: Journal) -> None:
    for _ in range(3):
        journal.count_upload(ENTRY)
    now = datetime.now(UTC)
    assert journal.uploads_since(ENTRY, now - timedelta(hours=1)) == 3
    assert journal.uploads_since(ENTRY, now + timedelta(hours=1)) == 0
    assert journal.uploads_since(UploadIdentity(ENTRY.sha256, "youtube", "second"), now - timedelta(hours=1)) == 0


def entries(count: int) -> list[UploadIdentity]:
    return [UploadIdentity(f"{index:02d}", "youtube", "default") for index in range(count)]


def test_posts_are_scheduled_at_intervals_and_keep_their_times(journal: Journal) -> None:
    first, day = datetime(2030, 1, 1, 18, tzinfo=UTC), timedelta(days=1)
    expected = [first, first + day, first + 2 * day]
    for _ in range(2):  # a rerun changes nothing
        assert [journal.publish_time(entry, first, day, keep=True) for entry in entries(3)] == expected


def test_schedule_without_a_start_starts_now(journal: Journal) -> None:
    one, two = entries(2)
    hour = timedelta(hours=1)
    first = journal.publish_time(one, None, hour, keep=True)
    assert first is not None
    assert abs(first - datetime.now(UTC)) < timedelta(seconds=10)
    assert journal.publish_time(two, None, hour, keep=True) == first + hour
    assert journal.publish_time(one, None, hour, keep=True) == first


def test_preview_reserves_no_time(journal: Journal) -> None:
    at = datetime(2030, 1, 1, tzinfo=UTC)
    assert journal.publish_time(ENTRY, at, None, keep=False) == at
    assert journal.publish_time(ENTRY, at + timedelta(days=1), timedelta(days=1), keep=True) == at + timedelta(days=1)
    assert journal.publish_time(ENTRY, None, None, keep=True) is None


def test_parallel_uploads_are_limited(journal: Journal) -> None:
    active, most = 0, 0
    guard = threading.Lock()

    def work() -> None:
        nonlocal active, most
        with journal.parallel_slot("youtube", "default", 2):
            with guard:
                active += 1
                most = max(most, active)
            time.sleep(0.05)
            with guard:
                active -= 1

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 2


def test_unwritable_journal_stops_uploading(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StoreError, match=r"CLIPY_JOURNAL.*nothing is sent without the journal"):
        Journal(tmp_path / "file" / "journal.sqlite").find(ENTRY)
    (tmp_path / "journal.sqlite").write_bytes(b"this is no database, but it is long enough to be taken for one" * 10)
    with pytest.raises(StoreError, match="not a database"):
        Journal(tmp_path / "journal.sqlite").find(ENTRY)


def test_the_journal_is_beside_the_store(tmp_path: Path) -> None:
    assert open_journal(tmp_path / "store", {}).path == tmp_path / "journal.sqlite"
    assert open_journal(tmp_path, {"CLIPY_JOURNAL": "/elsewhere.sqlite"}).path == Path("/elsewhere.sqlite")
