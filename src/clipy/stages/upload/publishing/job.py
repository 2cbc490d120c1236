"""One upload: the file, its texts, its journal entry, and progress reports."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime

from clipy.context import Context
from clipy.errors import UploadError
from clipy.media.media_info import MediaInfo
from clipy.stages.upload.publishing.http import FileSlice, RetryPolicy
from clipy.stages.upload.publishing.journal import Journal, UploadIdentity
from clipy.stages.upload.publishing.templates import TemplateContext
from clipy.stages.upload.publishing.vault import Vault
from clipy.types import Clip

_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class UploadJob:
    """What every step of an upload receives. ``publish_at``: when the post becomes public; None: immediately."""

    clip: Clip
    identity: UploadIdentity
    media_info: MediaInfo
    texts: TemplateContext
    publish_at: datetime | None
    journal: Journal
    vault: Vault = field(repr=False)
    ctx: Context = field(repr=False)
    retries: RetryPolicy
    max_wait: float
    poll_interval: float
    _started: float = field(default_factory=time.monotonic)

    @property
    def size(self) -> int:
        """The file's size in bytes."""
        return self.media_info.size

    def slice(self, start: int, end: int) -> FileSlice:
        """The bytes ``[start, end)`` of the file as a request body that reports progress."""
        return FileSlice(self.clip.path, start, end, self.report_sent)

    def report_sent(self, offset: int) -> None:
        """Report progress in bytes."""
        share = offset / self.size if self.size else 1.0
        self.ctx.report(f"{self.clip.name}: {offset / _MEGABYTE:.1f} of {self.size / _MEGABYTE:.1f} MB", share)

    def report(self, message: str) -> None:
        """Report what the upload is waiting for."""
        self.ctx.report(f"{self.clip.name}: {message}")

    def wait(self, activity: str) -> None:
        """Pause before polling the platform again. Raises UploadError after ``max_wait`` seconds."""
        if time.monotonic() - self._started > self.max_wait:
            raise UploadError(
                f"{self.identity.platform} is still {activity} after {self.max_wait:.0f} s",
                where=self.clip.path,
                do="Nothing is lost: run the same command again later to continue",
            )
        self.report(activity)
        self.retries.sleep(self.poll_interval)

    @property
    def upload_url(self) -> str:
        """Where the bytes go; empty if unknown. Anyone who knows it can write to the upload, so it is a secret."""
        stored = self.vault.read(self._url_name)
        return "" if stored is None else str(stored["address"])

    def save_upload_url(self, url: str) -> None:
        """Store the upload URL in the vault; an empty one is deleted."""
        if url:
            self.vault.write(self._url_name, {"address": url})
        else:
            self.vault.delete(self._url_name)

    @property
    def _url_name(self) -> str:
        return f"session:{self.identity.platform}:{self.identity.key}"
