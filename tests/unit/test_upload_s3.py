"""S3, against moto's server, which speaks it as Amazon's does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clipy.errors import LoginNeeded, UploadError, UploadRefused
from clipy.stages.upload.publishing.http import Interrupted
from clipy.stages.upload.s3 import S3
from clipy.types import Clip
from fixtures.publishing.clips import make_clip, make_context
from tests.publishing.killing import Killed
from tests.publishing.worlds import World, s3_world

PART = 5 << 20
SIZE = 2 * PART + 12_345


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with s3_world(tmp_path, monkeypatch) as found:
        yield found


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return make_clip(tmp_path_factory.mktemp("clips"), SIZE)


def s3(world: World, **options: Any) -> S3:
    return S3(S3.Options(**{**world.options, "part": PART, **options}))


def head(world: World, key: str) -> dict[str, Any]:
    client = boto3.client("s3", endpoint_url=world.options["endpoint"])
    try:
        found: dict[str, Any] = client.head_object(Bucket=world.options["bucket"], Key=key)
        return found
    finally:
        client.close()


class Steps:
    """Lets the calls of an uploader fail by number: before they reach the store, or after."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[str] = []
        self.faults: dict[int, str] = {}
        real = S3._call

        def call(uploader: S3, name: str, **arguments: Any) -> dict[str, Any]:
            fault = self.faults.pop(len(self.calls), "")
            self.calls.append(name)
            if fault.endswith("before"):
                raise Killed if fault.startswith("kill") else Interrupted("broken")
            result = real(uploader, name, **arguments)
            if fault:
                raise Killed if fault.startswith("kill") else Interrupted("broken")
            return result

        monkeypatch.setattr(S3, "_call", call)


def test_parts_are_uploaded_with_checksums(world: World, clip: Clip, tmp_path: Path) -> None:
    post = s3(world, key="shorts/{name}.mp4", place="https://cdn.example.org/{key}").upload(
        clip, make_context(tmp_path)
    )
    assert post.where == "https://cdn.example.org/shorts/bees-01.mp4"
    found = head(world, "shorts/bees-01.mp4")
    assert found["Metadata"]["sha256"] == clip.fingerprint
    assert (found["ContentLength"], found["ContentType"]) == (SIZE, "video/mp4")
    assert found["ETag"].endswith('-3"')  # three parts
    assert [hashlib.sha256(data).hexdigest() for data in world.posts()] == [clip.fingerprint]


def test_uploads_resume_at_the_missing_part(
    world: World, clip: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = Steps(monkeypatch)
    steps.faults = {3: "kill after"}
    with pytest.raises(Killed):
        s3(world).upload(clip, make_context(tmp_path))
    before = len(steps.calls)
    s3(world).upload(clip, make_context(tmp_path))
    assert steps.calls[before:] == ["list_parts", "upload_part", "complete_multipart_upload"]
    assert [hashlib.sha256(data).hexdigest() for data in world.posts()] == [clip.fingerprint]


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    faults=st.dictionaries(
        st.integers(0, 11), st.sampled_from(["kill before", "kill after", "break before", "break after"]), max_size=5
    )
)
def test_any_interruption_leaves_one_complete_object(
    world: World, clip: Clip, tmp_path_factory: pytest.TempPathFactory, faults: dict[int, str]
) -> None:
    folder = tmp_path_factory.mktemp("run")
    options = {"key": f"{folder.name}.mp4", "slot": folder.name}
    with pytest.MonkeyPatch.context() as patch:
        Steps(patch).faults = dict(faults)
        for _ in range(8):
            try:
                s3(world, **options).upload(clip, make_context(folder))
            except (Killed, UploadError):
                continue
            break
    found = head(world, options["key"])
    assert (found["Metadata"]["sha256"], found["ContentLength"]) == (clip.fingerprint, SIZE)


def test_different_objects_are_not_replaced_by_default(world: World, clip: Clip, tmp_path: Path) -> None:
    other = make_clip(tmp_path, 200_000)
    s3(world).upload(clip, make_context(tmp_path))
    with pytest.raises(UploadRefused, match=r"a different object exists already: s3://.*/bees-01\.mp4"):
        s3(world).upload(other, make_context(tmp_path))
    s3(world, overwrite=True).upload(other, make_context(tmp_path))
    assert [hashlib.sha256(data).hexdigest() for data in world.posts()] == [other.fingerprint]


def test_existing_object_is_not_sent_again(
    world: World, clip: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3(world).upload(clip, make_context(tmp_path))
    (tmp_path / "other machine").mkdir()
    steps = Steps(monkeypatch)
    s3(world).upload(clip, make_context(tmp_path / "other machine" / "x"))
    assert steps.calls == ["head_object"]


def test_configuration_errors_are_reported(
    world: World, clip: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ctx = make_context(tmp_path)
    with pytest.raises(UploadRefused, match="no bucket is set"):
        s3(world, bucket="").upload(clip, ctx)
    with pytest.raises(UploadRefused, match="NoSuchBucket"):
        s3(world, bucket="nowhere-at-all").upload(clip, ctx)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(LoginNeeded, match="no credentials"):
        s3(world).upload(clip, ctx)


def test_unavailable_store_is_an_error_with_a_remedy(world: World, clip: Clip, tmp_path: Path) -> None:
    with pytest.raises(UploadError, match="the connection to the store broke"):
        s3(world, endpoint="http://127.0.0.1:9").upload(clip, make_context(tmp_path))
