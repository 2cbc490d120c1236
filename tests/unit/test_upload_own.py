"""The uploaders for what is the user's own: a webhook, and any program."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clipy.errors import LoginNeeded, UploadError, UploadRefused, UploadUnknown
from clipy.stages.upload.command import Command
from clipy.stages.upload.webhook import Webhook, signature
from clipy.types import Clip
from fixtures.publishing.clips import make_clip, make_context
from fixtures.publishing.server import Fault
from fixtures.publishing.webhook_server import SECRET, WebhookServer
from tests.publishing.worlds import QUICK

READ = "import json, sys; print(json.load(sys.stdin)['title']); print('there')"


@pytest.fixture
def clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clip:
    monkeypatch.setenv("CLIPY_TOKENS", str(tmp_path / "tokens.json"))
    monkeypatch.setenv("CLIPY_WEBHOOK_SECRET", SECRET)
    return make_clip(tmp_path, 200_000)


@pytest.fixture
def server() -> Iterator[WebhookServer]:
    with WebhookServer() as found:
        yield found


def webhook(server: WebhookServer, **options: Any) -> Webhook:
    return Webhook(Webhook.Options(**{"url": f"{server.url}/clips?key=planted-key", **QUICK, **options}))


def command(*program: str, **options: Any) -> Command:
    return Command(Command.Options(**{"program": (sys.executable, "-c", *program), **QUICK, **options}))


def test_the_receiver_gets_the_document_and_returns_the_location(
    server: WebhookServer, clip: Clip, tmp_path: Path
) -> None:
    uploader = webhook(server, hashtags=("bees",))
    shown = uploader.preview(clip, make_context(tmp_path))
    assert "planted-key" not in json.dumps(shown)
    assert uploader.upload(clip, make_context(tmp_path)).where == "https://example.org/clips/bees-01"
    assert server.documents == [shown["requests"][0]["json"]]
    assert server.documents[0]["data"]["sha256"] == clip.fingerprint


def test_json_only_without_the_file(server: WebhookServer, clip: Clip, tmp_path: Path) -> None:
    webhook(server, file=False).upload(clip, make_context(tmp_path))
    assert server.posts == [b""]


def test_webhook_signature_matches_the_standard() -> None:
    """The example of the specification."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    document = b'{"test": 2432232314}'
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", document) == expected


def test_a_lost_answer_leaves_an_unknown_outcome(server: WebhookServer, clip: Clip, tmp_path: Path) -> None:
    server.faults = {0: Fault("lost reply")}
    for _ in range(2):
        with pytest.raises(UploadUnknown, match="it was sent, and no answer came"):
            webhook(server).upload(clip, make_context(tmp_path))
    assert len(server.posts) == 1
    assert webhook(server).settle(clip, make_context(tmp_path), posted=False)
    webhook(server).upload(clip, make_context(tmp_path))
    assert len(server.posts) == 2


def test_wrong_or_missing_secret_is_reported(
    server: WebhookServer, clip: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIPY_WEBHOOK_SECRET", "another-secret-of-some-length")
    with pytest.raises(UploadRefused, match="the receiver answered 401"):
        webhook(server).upload(clip, make_context(tmp_path))
    monkeypatch.setenv("CLIPY_WEBHOOK_SECRET", "short")
    with pytest.raises(UploadRefused, match="signing secret is too short"):
        webhook(server).upload(clip, make_context(tmp_path))
    monkeypatch.delenv("CLIPY_WEBHOOK_SECRET")
    with pytest.raises(LoginNeeded, match="clipy login webhook"):
        webhook(server).upload(clip, make_context(tmp_path))
    uploader = webhook(server)
    uploader.save_secret(SECRET)
    assert webhook(server).upload(clip, make_context(tmp_path)).where
    uploader.save_secret("")
    with pytest.raises(LoginNeeded):
        webhook(server, slot="2").upload(clip, make_context(tmp_path))


def test_the_program_gets_the_clip_and_prints_the_location(clip: Clip, tmp_path: Path) -> None:
    assert command(READ).upload(clip, make_context(tmp_path)).where == "there"


def test_text_is_always_one_argument(clip: Clip, tmp_path: Path) -> None:
    shown = "import sys; print(sys.argv[1:])"
    post = command(shown, "--title={title}; touch {name}", "{path}").upload(clip, make_context(tmp_path))
    assert post.where == str(["--title=Why bees <dance>; touch bees-01", str(clip.path)])


def test_command_does_not_inherit_secrets(clip: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIPY_YOUTUBE_TOKEN", "planted")
    monkeypatch.setenv("CLIPY_TIKTOK_CLIENT_SECRET", "planted")
    monkeypatch.setenv("CLIPY_STORE", "fine")
    shown = "import os; print(sorted(name for name in os.environ if name.startswith('CLIPY_')))"
    assert command(shown).upload(clip, make_context(tmp_path)).where == "['CLIPY_STORE', 'CLIPY_TOKENS']"


def test_failing_command_is_an_error_and_can_be_retried(clip: Clip, tmp_path: Path) -> None:
    with pytest.raises(UploadRefused, match="the program exited with 3: no disk"):
        command("import sys; sys.stderr.write('no disk'); sys.exit(3)").upload(clip, make_context(tmp_path))
    with pytest.raises(UploadRefused, match="cannot start"):
        Command(Command.Options(program=("/no/such/program",))).upload(clip, make_context(tmp_path))
    with pytest.raises(UploadRefused, match="no program is set"):
        Command().upload(clip, make_context(tmp_path))


def test_a_hanging_program_is_stopped_and_then_checked(clip: Clip, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    hangs = f"import pathlib, time; pathlib.Path({str(mark)!r}).touch(); time.sleep(60)"
    check = (sys.executable, "-c", f"import pathlib, sys; sys.exit(not pathlib.Path({str(mark)!r}).exists())")
    assert command(hangs, check=check, timeout=1).upload(clip, make_context(tmp_path)).where == sys.executable
    with pytest.raises(UploadUnknown, match="did not see it finish"):
        command(hangs, timeout=0.5, slot="2").upload(clip, make_context(tmp_path))
    broken = (sys.executable, "-c", "import sys; sys.exit(9)")
    with pytest.raises(UploadError, match="the check exited with 9"):
        command(hangs, check=broken, timeout=0.5, slot="3").upload(clip, make_context(tmp_path))
