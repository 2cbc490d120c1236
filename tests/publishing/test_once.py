"""After any schedule of faults and kills, followed by reruns, exactly one post exists, with the right bytes."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from clipy.errors import UploadError, UploadUnknown
from clipy.stages.upload import tiktok
from clipy.stages.upload.command import Command
from clipy.stages.upload.instagram import Instagram
from clipy.stages.upload.publishing.platform import Platform
from clipy.stages.upload.tiktok import TikTok
from clipy.stages.upload.webhook import Webhook
from clipy.stages.upload.youtube import YouTube
from clipy.types import Clip
from fixtures.publishing.clips import log_in, make_clip, make_context
from fixtures.publishing.instagram_server import USER, InstagramServer
from fixtures.publishing.server import Fault, LocalServer
from fixtures.publishing.tiktok_server import TikTokServer
from fixtures.publishing.webhook_server import SECRET, WebhookServer
from fixtures.publishing.youtube_server import GRAIN, YouTubeServer
from tests.publishing.killing import Killed, killing

SCHEDULES = 130  # of each of the five uploaders: 650 in all
SIZES = (GRAIN - 1, 2 * GRAIN, 3 * GRAIN + 7)  # one chunk; an exact number of them; a rest
_RUNS = 16
_QUICK: dict[str, Any] = {"wait": 0, "poll": 0, "tries": 3}
_EVERYWHERE = ("drop before", "drop within", "lost reply", "error before", "error after", "busy")


@dataclass(frozen=True)
class Schedule:
    """What breaks: requests by number, and for each run the step at which it is killed."""

    size: int
    faults: dict[int, Fault]
    kills: tuple[int | None, ...]


def schedules(*own: str) -> st.SearchStrategy[Schedule]:
    fault = st.builds(
        lambda kind, status, amount: Fault(kind, status if kind.startswith("error") else amount),
        st.sampled_from((*_EVERYWHERE, *own)),
        st.sampled_from((500, 502, 503)),
        st.integers(0, max(SIZES)),
    )
    bursts = st.lists(st.tuples(st.integers(0, 12), st.lists(fault, min_size=1, max_size=4)), max_size=3)
    faults = bursts.map(lambda found: {start + n: what for start, row in found for n, what in enumerate(row)})
    kills = st.lists(st.none() | st.integers(0, 60), max_size=4).map(tuple)
    return st.builds(Schedule, st.sampled_from(SIZES), faults, kills)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Clip]:
    folder = tmp_path_factory.mktemp("clips")
    return {size: make_clip(folder, size) for size in SIZES}


def check(server: LocalServer, make: Callable[[], Platform], clip: Clip, schedule: Schedule) -> None:
    """Run until it is done, as a person would: again after each error, and looking when told to look."""
    server.faults = dict(schedule.faults)
    with (
        tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder,
        mock.patch.dict("os.environ", {"CLIPY_TOKENS": f"{folder}/tokens.json", "CLIPY_WEBHOOK_SECRET": SECRET}),
    ):
        ctx = make_context(Path(folder))
        for platform in ("youtube", "tiktok", "instagram"):
            log_in(Path(folder), platform, access_token="token-that-is-good-1", user_id=USER)
        for run in range(_RUNS):
            uploader = make()
            try:
                with killing(schedule.kills[run] if run < len(schedule.kills) else None):
                    place = uploader.upload(clip, ctx).where
                break
            except UploadUnknown:
                server.quiet()
                assert uploader.settle(clip, ctx, posted=bool(server.posts))
            except (UploadError, Killed):
                server.quiet()
            finally:
                assert len(server.posts) <= 1
        else:
            pytest.fail(f"not done after {_RUNS} runs")
        server.faults.clear()
        assert make().upload(clip, ctx).where == place
    assert server.posts == [clip.path.read_bytes()]


def row(start: int, *kinds: str, kill: int | None = None) -> Schedule:
    """The smallest file, with faults in a row."""
    faults = {start + n: Fault(kind, 500 if kind.startswith("error") else 0) for n, kind in enumerate(kinds)}
    return Schedule(SIZES[0], faults, () if kill is None else (kill,))


def some(own: tuple[str, ...], *examples: Schedule) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Check a test over many schedules, the same ones in each run of the suite, and over the hardest ones known."""

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        many = settings(
            max_examples=SCHEDULES,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        )
        test = many(given(schedule=schedules(*own))(test))
        for hard in examples:
            test = example(schedule=hard)(test)
        return test

    return decorate


@pytest.fixture(scope="module")
def youtube() -> Iterator[YouTubeServer]:
    with YouTubeServer() as server:
        yield server


@some(
    ("expire", "short", "no range", "unauthorised"),
    row(1, "lost reply", "expire"),  # the video is there, its session is not
    row(1, "error after", "expire"),
    row(1, "drop before", "expire"),  # neither is there, which only a person can see
)
def test_youtube_receives_it_once(youtube: YouTubeServer, clips: dict[int, Clip], schedule: Schedule) -> None:
    youtube.reset()
    options = YouTube.Options(base_url=youtube.url, token_url=youtube.url, chunk=GRAIN, **_QUICK)
    check(youtube, lambda: _named(YouTube(options)), clips[schedule.size], schedule)


@pytest.fixture(scope="module")
def tiktok_server() -> Iterator[TikTokServer]:
    with TikTokServer() as server:
        yield server


@some(
    ("expire", "wrong range", "error with 200", "forget"),
    row(2, "lost reply", "forget"),  # TikTok does not know any more what it has posted
    row(2, "drop before", "forget"),
    row(2, "drop within", "expire"),
)
def test_tiktok_receives_it_once(tiktok_server: TikTokServer, clips: dict[int, Clip], schedule: Schedule) -> None:
    tiktok_server.reset()
    tiktok_server.megabyte = 4000  # so that chunks of 64 "MB" are about as large as YouTube's
    options = TikTok.Options(base_url=tiktok_server.url, mode="direct", privacy="SELF_ONLY", **_QUICK)
    with mock.patch.object(tiktok, "_MAX_CHUNK", 64 * 4000):
        check(tiktok_server, lambda: _named(TikTok(options)), clips[schedule.size], schedule)


@pytest.fixture(scope="module")
def instagram() -> Iterator[InstagramServer]:
    with InstagramServer() as server:
        yield server


@some(
    ("expire", "transient", "no bytes", "not ready", "forget"),
    row(5, "lost reply", "forget"),
    row(5, "error after", "drop before", "forget"),
)
def test_instagram_receives_it_once(instagram: InstagramServer, clips: dict[int, Clip], schedule: Schedule) -> None:
    instagram.reset()
    options = Instagram.Options(base_url=instagram.url, upload_url=instagram.url, **_QUICK)
    check(instagram, lambda: _named(Instagram(options)), clips[schedule.size], schedule)


@pytest.fixture(scope="module")
def webhook() -> Iterator[WebhookServer]:
    with WebhookServer() as server:
        yield server


@some((), row(0, "lost reply"), row(0, "drop within"), row(0, "error after", "lost reply"))
def test_receiver_without_ids_gets_it_once(webhook: WebhookServer, clips: dict[int, Clip], schedule: Schedule) -> None:
    webhook.reset()
    options = Webhook.Options(url=f"{webhook.url}/clips", **_QUICK)
    check(webhook, lambda: _named(Webhook(options)), clips[schedule.size], schedule)


@some((), row(0, "lost reply"), row(0, "drop within"), row(0, "error after", "lost reply"))
def test_receiver_with_ids_gets_it_once_without_asking(
    webhook: WebhookServer, clips: dict[int, Clip], schedule: Schedule
) -> None:
    webhook.reset()
    webhook.remembers = True
    options = Webhook.Options(url=f"{webhook.url}/clips", idempotent=True, **_QUICK)

    def make() -> Platform:
        return _named(Webhook(options))

    with mock.patch.object(Webhook, "settle", side_effect=AssertionError("nobody had to look")):
        check(webhook, make, clips[schedule.size], schedule)


def _named(uploader: Platform) -> Platform:
    uploader.name = type(uploader).__name__.lower()
    return uploader


@pytest.mark.parametrize("kill", range(8))
def test_program_runs_once(clips: dict[int, Clip], tmp_path: Path, kill: int) -> None:
    """A program's end is seen, or the user is asked."""
    posted = tmp_path / "posted"
    posted.mkdir()
    copy = "import shutil, sys, uuid; shutil.copy(sys.argv[1], f'{sys.argv[2]}/{uuid.uuid4()}')"
    options = Command.Options(program=(sys.executable, "-c", copy, "{path}", str(posted)), **_QUICK)
    clip, ctx = clips[SIZES[0]], make_context(tmp_path)
    for run in range(4):
        uploader = Command(options)
        try:
            with killing(kill if run == 0 else None):
                uploader.upload(clip, ctx)
            break
        except Killed:
            continue
        except UploadUnknown:
            assert uploader.settle(clip, ctx, posted=any(posted.iterdir()))
    assert [path.read_bytes() for path in posted.iterdir()] == [clip.path.read_bytes()]
