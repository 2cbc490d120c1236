"""``upload = "webhook"``: one signed POST request with the clip and a JSON document about it.

Signature: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md. It covers the
JSON document, which contains the file's sha256, and thereby the file. ``webhook-id`` is the same in all requests for a
clip: receivers that remember the IDs process each clip once; declare that with ``idempotent``.
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
from clipy.stages.platform_limits import PlatformLimits
from clipy.stages.upload.publishing.http import CompositeBody, Interrupted, Response
from clipy.stages.upload.publishing.job import UploadJob
from clipy.stages.upload.publishing.journal import UploadState
from clipy.stages.upload.publishing.platform import Platform
from clipy.stages.upload.publishing.schedule import format_utc
from clipy.stages.upload.publishing.secrets import register_secret
from clipy.stages.upload.publishing.vault import open_vault
from clipy.types import Json

_BASE64_PREFIX = "whsec_"  # marks base64 secrets in the standard
_BOUNDARY = "clipy-3f9c1d5e8a7b4c60"  # 64 random bits, which no file contains by chance


class Webhook(Platform):
    """POST each clip to your own URL, signed. Requires: clipy login webhook, or CLIPY_WEBHOOK_SECRET."""

    class Options(Platform.Options):
        url: str = Field("", description="URL of the receiver.")
        text: str = Field("{title}\n\n{hashtags}", description="Template of the field text.")
        file: bool = Field(True, description="Send the file; otherwise only the JSON document.")
        idempotent: bool = Field(False, description="The receiver ignores a repeated webhook-id: retry freely.")

    options: Options
    limits: ClassVar[PlatformLimits] = PlatformLimits(
        as_of=date(2026, 11, 23), source="https://www.standardwebhooks.com", containers=()
    )

    def destination(self) -> str:
        parts = urlsplit(self.options.url)
        return f"{parts.netloc.rpartition('@')[2]}{parts.path}"

    @property
    def secret_name(self) -> str:
        return f"account:webhook:{self.options.account}"

    def problems(self, job: UploadJob) -> Iterator[str]:
        if not self.options.url:
            yield "no URL is set: --set upload.webhook.url=https://…"
        if len(self._secret()) < 24:
            yield "the signing secret is too short: use 24 characters or more"

    def describe(self, job: UploadJob) -> list[Json]:
        kind = "multipart/form-data" if self.options.file else "application/json"
        headers = {"Content-Type": kind, "webhook-id": job.identity.key, "webhook-signature": "v1,(signature)"}
        return [{"method": "POST", "url": self.destination(), "headers": headers, "json": self.document(job)}]

    def document(self, job: UploadJob) -> Json:
        """The JSON document for the receiver."""
        edit = job.clip.edit
        return {
            "type": "clip.published",
            "data": {
                "name": job.clip.name,
                "sha256": job.identity.sha256,
                "bytes": job.size,
                "duration": round(float(job.clip.duration), 3),
                "width": job.clip.width,
                "height": job.clip.height,
                "title": job.texts.values["title"],
                "text": job.texts.fill(self.options.text),
                "hashtags": list(job.texts.hashtags),
                "language": "" if edit is None else edit.language,
                "at": None if job.publish_at is None else format_utc(job.publish_at),
            },
        }

    def begin(self, job: UploadJob) -> UploadState:
        return UploadState("open")

    def probe(self, job: UploadJob, state: UploadState) -> UploadState:
        if state.phase == "open" or self.options.idempotent:
            return state.with_phase("open")
        return UploadState("unknown", note="it was sent, and no answer came")

    def advance(self, job: UploadJob, state: UploadState) -> UploadState:
        document = json.dumps(self.document(job), ensure_ascii=False, separators=(",", ":")).encode()
        now = str(int(time.time()))
        headers = {
            "webhook-id": job.identity.key,
            "webhook-timestamp": now,
            "webhook-signature": signature(self._secret(), job.identity.key, now, document),
            "Content-Type": f"multipart/form-data; boundary={_BOUNDARY}" if self.options.file else "application/json",
        }
        content = self._multipart(job, document) if self.options.file else document
        response = self.http.send("POST", self.options.url, headers=headers, content=content, authorized=False)
        if 200 <= response.status < 300:
            return UploadState("done", location=_location(response) or self.destination())
        if response.status == 408:
            raise Interrupted("the receiver timed out")
        raise UploadRefused(f"the receiver answered {response.status}: {response.text}", where=self.destination())

    def _multipart(self, job: UploadJob, document: bytes) -> CompositeBody:
        """The JSON document and the streamed file as two parts (RFC 7578)."""
        head = (
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="clip"\r\n'.encode()
            + b"Content-Type: application/json\r\n\r\n"
            + document
            + f'\r\n--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; '
            f'filename="{job.identity.sha256}.mp4"\r\n'
            "Content-Type: video/mp4\r\n\r\n".encode()
        )
        return CompositeBody((head, job.slice(0, job.size), f"\r\n--{_BOUNDARY}--\r\n".encode()))

    def _secret(self) -> str:
        kept = open_vault().read(self.secret_name) or {}
        secret = os.environ.get("CLIPY_WEBHOOK_SECRET") or str(kept.get("secret", ""))
        if not secret:
            raise LoginNeeded("no signing secret is set", do="Run: clipy login webhook")
        register_secret(secret)
        return secret


def signature(secret: str, name: str, time: str, document: bytes) -> str:
    """The value of ``webhook-signature``: HMAC-SHA256 over ``id.time.document``, in base64."""
    key = (
        base64.b64decode(secret.removeprefix(_BASE64_PREFIX)) if secret.startswith(_BASE64_PREFIX) else secret.encode()
    )
    digest = hmac.new(key, f"{name}.{time}.".encode() + document, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def _location(response: Response) -> str:
    """The clip's location, if the receiver answers with ``{"url": ...}``."""
    return str(response.json.get("url", ""))
