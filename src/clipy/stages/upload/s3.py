"""``upload = "s3"``: any S3-compatible store. Multipart upload, resumable by part, visible only once complete.

Credentials are resolved as by every AWS tool: environment, profile, instance role.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import quote

from pydantic import Field

from clipy.errors import LoginNeeded, UploadRefused
from clipy.stages.platform_limits import PlatformLimits
from clipy.stages.upload.publishing.http import Interrupted
from clipy.stages.upload.publishing.job import UploadJob
from clipy.stages.upload.publishing.journal import UploadState
from clipy.stages.upload.publishing.platform import Platform
from clipy.stages.upload.publishing.secrets import redact, redact_logs, register_secret
from clipy.types import Json

_PART_SIZE = 8 << 20
_MAX_PARTS = 10_000
_GONE = {"NoSuchUpload", "404", "NoSuchKey", "NotFound"}
_LOGIN = {"AccessDenied", "403", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"}
_REFUSED = {"NoSuchBucket", "InvalidBucketName", "EntityTooLarge", "QuotaExceeded", "InvalidArgument", "BadDigest"}


class S3(Platform):
    """Upload each clip to a bucket, with its sha256 as metadata. Different objects are only replaced if allowed."""

    class Options(Platform.Options):
        bucket: str = Field("", description="Name of the bucket, which must exist.")
        key: str = Field("{name}.mp4", description="Template of the object key; / separates folders.")
        endpoint: str = Field("", description="Endpoint URL of a store other than Amazon's.")
        region: str = Field("", description="Region of the bucket, if the store has regions.")
        profile: str = Field("", description="Profile in ~/.aws/config.")
        place: str = Field("", description="Public URL with {key} as a placeholder. Default: s3://bucket/key.")
        part: int = Field(
            _PART_SIZE, ge=5 << 20, le=512 << 20, description="Part size in bytes; one part is held in memory."
        )
        overwrite: bool = Field(False, description="Replace an existing object with different content.")

    options: Options
    limits: ClassVar[PlatformLimits] = PlatformLimits(
        as_of=date(2026, 11, 23),
        source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html",
        containers=(),
        max_bytes=5 * 10**12,
        max_duration=Fraction(10**9),
    )

    def destination(self) -> str:
        return f"{self.options.endpoint or 'aws'}/{self.options.bucket}"

    def problems(self, job: UploadJob) -> Iterator[str]:
        if not self.options.bucket:
            yield "no bucket is set: --set upload.s3.bucket=NAME"
        if job.size > self.options.part * _MAX_PARTS:
            yield f"the upload would have more than {_MAX_PARTS} parts: increase upload.s3.part"

    def describe(self, job: UploadJob) -> list[Json]:
        place = {"bucket": self.options.bucket, "key": self._key(job)}
        return [
            {"call": "CreateMultipartUpload", **place, **self._object(job)},
            {"call": "UploadPart", **place, "bytes": job.size, "requests": self._parts(job)},
            {"call": "CompleteMultipartUpload", **place},
        ]

    def begin(self, job: UploadJob) -> UploadState:
        if self._is_there(job):
            return self._there(job)
        created = self._call(
            "create_multipart_upload", Bucket=self.options.bucket, Key=self._key(job), **self._object(job)
        )
        return UploadState(
            "open", {"offset": 0, "upload": created["UploadId"], "key": self._key(job), "part": self.options.part}
        )

    def probe(self, job: UploadJob, state: UploadState) -> UploadState:
        try:
            parts = self._stored(state)
        except LookupError:  # completed, or aborted by somebody: check the object itself
            return self._there(job) if self._is_there(job) else UploadState()
        offset = min(job.size, len(parts) * int(state.data["part"]))
        return state.with_phase("open", offset=offset, parts=parts)

    def may_publish(self, job: UploadJob, state: UploadState) -> bool:
        return int(state.data["offset"]) >= job.size

    def advance(self, job: UploadJob, state: UploadState) -> UploadState:
        parts: list[str] = list(state.data.get("parts", []))
        where = {"Bucket": self.options.bucket, "Key": state.data["key"], "UploadId": state.data["upload"]}
        offset, part = int(state.data["offset"]), int(state.data["part"])
        try:
            if offset >= job.size and parts:
                tags = [{"ETag": tag, "PartNumber": number} for number, tag in enumerate(parts, 1)]
                self._call("complete_multipart_upload", **where, MultipartUpload={"Parts": tags})
                return self._there(job)
            end = min(offset + part, job.size)
            body = b"".join(job.slice(offset, end))
            check = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
            uploaded = self._call("upload_part", **where, PartNumber=len(parts) + 1, Body=body, ContentMD5=check)
        except LookupError:
            return UploadState()
        return state.with_phase("open", offset=end, parts=[*parts, uploaded["ETag"]])

    def close(self) -> None:
        super().close()
        if "_client" in vars(self):
            self._client.close()
            del self._client

    def _stored(self, state: UploadState) -> list[str]:
        """The ETags of the stored parts, up to the first gap. Raises LookupError if there is no such upload."""
        where = {"Bucket": self.options.bucket, "Key": state.data["key"], "UploadId": state.data["upload"]}
        found: list[str] = []
        after = 0
        while True:
            page = self._call("list_parts", **where, PartNumberMarker=after)
            for part in page.get("Parts", []):
                if part["PartNumber"] != len(found) + 1:
                    return found
                found.append(part["ETag"])
            if not page.get("IsTruncated"):
                return found
            after = page["NextPartNumberMarker"]

    def _is_there(self, job: UploadJob) -> bool:
        """Whether the object exists with the clip's bytes. Raises UploadRefused if its content is different."""
        try:
            found = self._call("head_object", Bucket=self.options.bucket, Key=self._key(job))
        except LookupError:
            return False
        if found.get("Metadata", {}).get("sha256") == job.identity.sha256 and found["ContentLength"] == job.size:
            return True
        if self.options.overwrite:
            return False
        raise UploadRefused(
            "a different object exists already",
            where=f"s3://{self.options.bucket}/{self._key(job)}",
            do="Use another upload.s3.key, or set upload.s3.overwrite=true",
        )

    def _there(self, job: UploadJob) -> UploadState:
        key = self._key(job)
        place = self.options.place.replace("{key}", quote(key)) or f"s3://{self.options.bucket}/{key}"
        return UploadState("done", {"key": key}, location=place)

    def _object(self, job: UploadJob) -> dict[str, Json]:
        return {"ContentType": "video/mp4", "Metadata": {"sha256": job.identity.sha256}}

    def _key(self, job: UploadJob) -> str:
        return job.texts.fill(self.options.key).lstrip("/")

    def _parts(self, job: UploadJob) -> int:
        return max(1, -(-job.size // self.options.part))

    def _call(self, name: str, **arguments: Any) -> dict[str, Any]:
        """Call a method of the client. Raises LookupError for missing objects, and the errors of uploaders."""
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

        call: Callable[..., dict[str, Any]] = getattr(self._client, name)
        try:
            return call(**arguments)
        except ClientError as error:
            raise self._failure(error.response) from None
        except (NoCredentialsError, PartialCredentialsError):
            raise LoginNeeded(
                "no credentials for the store",
                do="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile",
            ) from None
        except BotoCoreError as error:
            raise Interrupted(f"the connection to the store broke ({type(error).__name__}: {error})") from None

    def _failure(self, response: dict[str, Any]) -> Exception:
        code = str(response.get("Error", {}).get("Code", ""))
        status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        said = redact(str(response.get("Error", {}).get("Message", "")))
        if code in _GONE:
            return LookupError(code)
        if code in _LOGIN:
            return LoginNeeded(f"the store denies access ({code}: {said})", do="Check the credentials and permissions")
        if code in _REFUSED or (400 <= status < 500 and status != 429 and code not in {"SlowDown", "RequestTimeout"}):
            return UploadRefused(f"the store refuses it ({code}: {said})", where=self.options.bucket)
        return Interrupted(f"the store is busy ({code or status}: {said})")

    @cached_property
    def _client(self) -> Any:
        import boto3
        from botocore.config import Config

        redact_logs()
        session = boto3.Session(profile_name=self.options.profile or None)
        credentials = session.get_credentials()
        if credentials is not None:
            frozen = credentials.get_frozen_credentials()
            register_secret(*(secret for secret in (frozen.secret_key, frozen.token) if secret))
        # No automatic retries: the uploader asks first what the store has. Not all other stores support Amazon's newer
        # checksums; every part carries its MD5 instead.
        config = Config(
            retries={"total_max_attempts": 1},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        return session.client(
            "s3", endpoint_url=self.options.endpoint or None, region_name=self.options.region or None, config=config
        )
