"""One upload: which file, which words, which row of the journal, and whom to tell."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime

from clipy.context import Context
from clipy.errors import UploadError
from clipy.media.media_info import MediaInfo
from clipy.stages.upload.publishing.http import Part, Patience
from clipy.stages.upload.publishing.journal import Entry, Journal
from clipy.stages.upload.publishing.vault import Vault
from clipy.stages.upload.publishing.words import Words
from clipy.types import Clip

_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Job:
    """Handed to every step of an upload. ``due`` is when the post shall be public; None: at once."""

    clip: Clip
    entry: Entry
    media_info: MediaInfo
    words: Words
    due: datetime | None
    journal: Journal
    vault: Vault = field(repr=False)
    ctx: Context = field(repr=False)
    patience: Patience
    longest_wait: float
    poll: float
    _began: float = field(default_factory=time.monotonic)

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.media_info.size

    def part(self, start: int, end: int) -> Part:
        """Some bytes of the file as a body; whoever listens hears how many were sent."""
        return Part(self.clip.path, start, end, self.sent)

    def sent(self, offset: int) -> None:
        """Tell how much is done."""
        share = offset / self.size if self.size else 1.0
        self.ctx.report(f"{self.clip.name}: {offset / _MEGABYTE:.1f} of {self.size / _MEGABYTE:.1f} MB", share)

    def say(self, message: str) -> None:
        """Tell what is being waited for."""
        self.ctx.report(f"{self.clip.name}: {message}")

    def wait(self, what: str) -> None:
        """Pause before the platform is asked again. Raises UploadError when it takes too long."""
        if time.monotonic() - self._began > self.longest_wait:
            raise UploadError(
                f"{self.entry.platform} is still {what} after {self.longest_wait:.0f} s",
                where=self.clip.path,
                do="Nothing is lost: run the same command again later, and it goes on from there",
            )
        self.say(what)
        self.patience.pause(self.poll)

    @property
    def address(self) -> str:
        """Where the bytes go. Whoever knows it can write to the upload, so it is kept like a password."""
        found = self.vault.read(self._address_name)
        return "" if found is None else str(found["address"])

    def keep_address(self, address: str) -> None:
        """Keep the address of an upload that was begun; an empty one forgets it."""
        if address:
            self.vault.write(self._address_name, {"address": address})
        else:
            self.vault.forget(self._address_name)

    @property
    def _address_name(self) -> str:
        return f"session:{self.entry.platform}:{self.entry.key}"
