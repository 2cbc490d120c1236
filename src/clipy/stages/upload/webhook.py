"""Any address of the user's: one POST with the clip and what is known about it, signed.

Signature: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md. It covers the
JSON, which names the file's sha256, and so covers the file. ``webhook-id`` is the same for the same clip, however
often it comes: a receiver that keeps the ids it has seen gets each clip once, and can say so with ``idempotent``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time
from collections.abc import Iterator
from datetime import date
from typing import ClassVar
from urllib.parse import urlsplit

from pydantic import Field

from clipy.errors import LoginNeeded, UploadRefused
from clipy.stages.upload.publishing.http import Body, Interrupted, Reply
from clipy.stages.upload.publishing.job import Job
from clipy.stages.upload.publishing.journal import State
from clipy.stages.upload.publishing.limits import Limits
from clipy.stages.upload.publishing.platform import Platform
from clipy.stages.upload.publishing.schedule import utc
from clipy.stages.upload.publishing.secrets import hide
from clipy.stages.upload.publishing.vault import open_vault
from clipy.types import Json

_PREFIX = "whsec_"  # how the standard writes a secret that is base64
_MARK = "clipy-3f9c1d5e8a7b4c60"  # ends a part; 64 random bits are not in a file by chance


class Webhook(Platform):
    """POST each clip to an address of yours, signed. Needs: clipy login webhook, or CLIPY_WEBHOOK_SECRET."""

    class Options(Platform.Options):
        url: str = Field("", description="Where to.")
        text: str = Field("{title}\n\n{hashtags}", description="Template of the field text.")
        file: bool = Field(True, description="Send the file too; without it only the JSON goes.")
        idempotent: bool = Field(False, description="The receiver takes the same webhook-id only once: repeat freely.")

    options: Options
    limits: ClassVar[Limits] = Limits(
        checked=date(2026, 11, 23), source="https://www.standardwebhooks.com", containers=()
    )

    def audience(self) -> str:
        parts = urlsplit(self.options.url)
        return f"{parts.netloc.rpartition('@')[2]}{parts.path}"

    @property
    def secret_name(self) -> str:
        return f"account:webhook:{self.options.account}"

    def problems(self, job: Job) -> Iterator[str]:
        if not self.options.url:
            yield "no address is named: --set upload.webhook.url=https://…"
        if len(self._secret()) < 24:
            yield "the secret is too short to sign with: use 24 characters or more"

    def describe(self, job: Job) -> list[Json]:
        kind = "multipart/form-data" if self.options.file else "application/json"
        headers = {"Content-Type": kind, "webhook-id": job.entry.key, "webhook-signature": "v1,(signature)"}
        return [{"method": "POST", "url": self.audience(), "headers": headers, "json": self.document(job)}]

    def document(self, job: Job) -> Json:
        """What the receiver is told."""
        edit = job.clip.edit
        return {
            "type": "clip.published",
            "data": {
                "name": job.clip.name,
                "sha256": job.entry.sha256,
                "bytes": job.size,
                "duration": round(float(job.clip.duration), 3),
                "width": job.clip.width,
                "height": job.clip.height,
                "title": job.words.values["title"],
                "text": job.words.fill(self.options.text),
                "hashtags": list(job.words.hashtags),
                "language": "" if edit is None else edit.language,
                "at": None if job.due is None else utc(job.due),
            },
        }

    def begin(self, job: Job) -> State:
        return State("open")

    def probe(self, job: Job, state: State) -> State:
        if state.phase == "open" or self.options.idempotent:
            return state.at("open")
        return State("unknown", note="it was sent, and no answer came")

    def advance(self, job: Job, state: State) -> State:
        document = json.dumps(self.document(job), ensure_ascii=False, separators=(",", ":")).encode()
        now = str(int(time.time()))
        headers = {
            "webhook-id": job.entry.key,
            "webhook-timestamp": now,
            "webhook-signature": signature(self._secret(), job.entry.key, now, document),
            "Content-Type": f"multipart/form-data; boundary={_MARK}" if self.options.file else "application/json",
        }
        content = self._multipart(job, document) if self.options.file else document
        reply = self.http.send("POST", self.options.url, headers=headers, content=content, permitted=False)
        if 200 <= reply.status < 300:
            return State("done", place=_place(reply) or self.audience())
        if reply.status == 408:
            raise Interrupted("the receiver did not wait for the end")
        raise UploadRefused(f"the receiver answered {reply.status}: {reply.text}", where=self.audience())

    def _multipart(self, job: Job, document: bytes) -> Body:
        """The JSON and the file as two parts (RFC 7578), the file read while it is sent."""
        head = (
            f'--{_MARK}\r\nContent-Disposition: form-data; name="clip"\r\n'.encode()
            + b"Content-Type: application/json\r\n\r\n"
            + document
            + f'\r\n--{_MARK}\r\nContent-Disposition: form-data; name="file"; filename="{job.entry.sha256}.mp4"\r\n'
            "Content-Type: video/mp4\r\n\r\n".encode()
        )
        return Body((head, job.part(0, job.size), f"\r\n--{_MARK}--\r\n".encode()))

    def _secret(self) -> str:
        kept = open_vault().read(self.secret_name) or {}
        secret = os.environ.get("CLIPY_WEBHOOK_SECRET") or str(kept.get("secret", ""))
        if not secret:
            raise LoginNeeded("there is no secret to sign with", do="Run: clipy login webhook")
        hide(secret)
        return secret


def signature(secret: str, name: str, time: str, document: bytes) -> str:
    """The value of ``webhook-signature``: HMAC-SHA256 over ``id.time.document``, in base64."""
    key = base64.b64decode(secret.removeprefix(_PREFIX)) if secret.startswith(_PREFIX) else secret.encode()
    digest = hmac.new(key, f"{name}.{time}.".encode() + document, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def _place(reply: Reply) -> str:
    """Where the clip is now, when the receiver answers with ``{"url": ...}``."""
    return str(reply.json.get("url", ""))
