"""Any S3-compatible store: multipart upload, resumed at the part that the store has, visible only when it is whole.

Credentials are found as every AWS program finds them: environment, profile, instance role.
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
from clipy.stages.upload.publishing.http import Interrupted
from clipy.stages.upload.publishing.job import Job
from clipy.stages.upload.publishing.journal import State
from clipy.stages.upload.publishing.limits import Limits
from clipy.stages.upload.publishing.platform import Platform
from clipy.stages.upload.publishing.secrets import guard_logs, hide, redact
from clipy.types import Json

_PART = 8 << 20
_MOST_PARTS = 10_000
_GONE = {"NoSuchUpload", "404", "NoSuchKey", "NotFound"}
_LOGIN = {"AccessDenied", "403", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"}
_REFUSED = {"NoSuchBucket", "InvalidBucketName", "EntityTooLarge", "QuotaExceeded", "InvalidArgument", "BadDigest"}


class S3(Platform):
    """Put each clip into a bucket, with its sha256 beside it. An object with other bytes is never replaced unasked."""

    class Options(Platform.Options):
        bucket: str = Field("", description="The bucket; it must exist.")
        key: str = Field("{name}.mp4", description="Template of the object's key; a / makes a folder.")
        endpoint: str = Field("", description="Address of a store that is not Amazon's.")
        region: str = Field("", description="Region of the bucket, where the store has regions.")
        profile: str = Field("", description="A profile of ~/.aws/config.")
        place: str = Field("", description="Where people see it; {key} is put in. s3://bucket/key unless given.")
        part: int = Field(_PART, ge=5 << 20, le=512 << 20, description="Bytes in one request, held in memory.")
        overwrite: bool = Field(False, description="Replace an object of the same key that holds something else.")

    options: Options
    limits: ClassVar[Limits] = Limits(
        checked=date(2026, 11, 23),
        source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html",
        containers=(),
        most_bytes=5 * 10**12,
        longest=Fraction(10**9),
    )

    def audience(self) -> str:
        return f"{self.options.endpoint or 'aws'}/{self.options.bucket}"

    def problems(self, job: Job) -> Iterator[str]:
        if not self.options.bucket:
            yield "no bucket is named: --set upload.s3.bucket=NAME"
        if job.size > self.options.part * _MOST_PARTS:
            yield f"that would be more than {_MOST_PARTS} parts: use a larger upload.s3.part"

    def describe(self, job: Job) -> list[Json]:
        place = {"bucket": self.options.bucket, "key": self._key(job)}
        return [
            {"call": "CreateMultipartUpload", **place, **self._object(job)},
            {"call": "UploadPart", **place, "bytes": job.size, "requests": self._parts(job)},
            {"call": "CompleteMultipartUpload", **place},
        ]

    def begin(self, job: Job) -> State:
        if self._is_there(job):
            return self._there(job)
        made = self._call(
            "create_multipart_upload", Bucket=self.options.bucket, Key=self._key(job), **self._object(job)
        )
        return State(
            "open", {"offset": 0, "upload": made["UploadId"], "key": self._key(job), "part": self.options.part}
        )

    def probe(self, job: Job, state: State) -> State:
        try:
            parts = self._stored(state)
        except LookupError:  # completed, or aborted by somebody: the object itself tells
            return self._there(job) if self._is_there(job) else State()
        offset = min(job.size, len(parts) * int(state.data["part"]))
        return state.at("open", offset=offset, parts=parts)

    def commits(self, job: Job, state: State) -> bool:
        return int(state.data["offset"]) >= job.size

    def advance(self, job: Job, state: State) -> State:
        parts: list[str] = list(state.data.get("parts", []))
        where = {"Bucket": self.options.bucket, "Key": state.data["key"], "UploadId": state.data["upload"]}
        offset, part = int(state.data["offset"]), int(state.data["part"])
        try:
            if offset >= job.size and parts:
                tags = [{"ETag": tag, "PartNumber": number} for number, tag in enumerate(parts, 1)]
                self._call("complete_multipart_upload", **where, MultipartUpload={"Parts": tags})
                return self._there(job)
            end = min(offset + part, job.size)
            body = b"".join(job.part(offset, end))
            check = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
            made = self._call("upload_part", **where, PartNumber=len(parts) + 1, Body=body, ContentMD5=check)
        except LookupError:
            return State()
        return state.at("open", offset=end, parts=[*parts, made["ETag"]])

    def close(self) -> None:
        super().close()
        if "_client" in vars(self):
            self._client.close()
            del self._client

    def _stored(self, state: State) -> list[str]:
        """The ETags of the parts that the store has, without a gap. Raises LookupError when it has no such upload."""
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

    def _is_there(self, job: Job) -> bool:
        """Whether the object is there with our bytes. Raises UploadRefused when it holds something else."""
        try:
            found = self._call("head_object", Bucket=self.options.bucket, Key=self._key(job))
        except LookupError:
            return False
        if found.get("Metadata", {}).get("sha256") == job.entry.sha256 and found["ContentLength"] == job.size:
            return True
        if self.options.overwrite:
            return False
        raise UploadRefused(
            "an object with other bytes is already there",
            where=f"s3://{self.options.bucket}/{self._key(job)}",
            do="Use another upload.s3.key, or allow it with upload.s3.overwrite=true",
        )

    def _there(self, job: Job) -> State:
        key = self._key(job)
        place = self.options.place.replace("{key}", quote(key)) or f"s3://{self.options.bucket}/{key}"
        return State("done", {"key": key}, place=place)

    def _object(self, job: Job) -> dict[str, Json]:
        return {"ContentType": "video/mp4", "Metadata": {"sha256": job.entry.sha256}}

    def _key(self, job: Job) -> str:
        return job.words.fill(self.options.key).lstrip("/")

    def _parts(self, job: Job) -> int:
        return max(1, -(-job.size // self.options.part))

    def _call(self, name: str, **arguments: Any) -> dict[str, Any]:
        """One call. Raises LookupError for what is not there, and the errors that every uploader raises."""
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

        call: Callable[..., dict[str, Any]] = getattr(self._client, name)
        try:
            return call(**arguments)
        except ClientError as error:
            raise self._failure(error.response) from None
        except (NoCredentialsError, PartialCredentialsError):
            raise LoginNeeded(
                "there are no credentials for the store",
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
            return LoginNeeded(f"the store does not let you in ({code}: {said})", do="Check the credentials and rights")
        if code in _REFUSED or (400 <= status < 500 and status != 429 and code not in {"SlowDown", "RequestTimeout"}):
            return UploadRefused(f"the store does not take it ({code}: {said})", where=self.options.bucket)
        return Interrupted(f"the store is busy ({code or status}: {said})")

    @cached_property
    def _client(self) -> Any:
        import boto3
        from botocore.config import Config

        guard_logs()
        session = boto3.Session(profile_name=self.options.profile or None)
        found = session.get_credentials()
        if found is not None:
            frozen = found.get_frozen_credentials()
            hide(*(secret for secret in (frozen.secret_key, frozen.token) if secret))
        # One try each: repeating is decided here, after asking what the store has. Other stores than Amazon's do not
        # all know its newer checksums; every part carries its MD5 instead.
        config = Config(
            retries={"total_max_attempts": 1},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        return session.client(
            "s3", endpoint_url=self.options.endpoint or None, region_name=self.options.region or None, config=config
        )
