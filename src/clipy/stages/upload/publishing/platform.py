"""The base class of uploaders that publish at most once, whatever breaks. Subclasses implement the steps:

    begin    open something private on the platform: a session, a container. Repeating it is harmless.
    probe    ask the platform how far the upload is. Has no side effects.
    advance  one step further: send bytes, publish, wait, add extras to the post.

The journal records the intent before each step and the outcome after it. Whenever an answer is missing (a broken
connection, a crash), the next step is a probe, never the same step again.
"""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import ClassVar

from pydantic import Field

from clipy.context import Context
from clipy.errors import LoginNeeded, UploadError, UploadLater, UploadRefused, UploadUnknown
from clipy.media.media_info import media_info
from clipy.stages.base import Uploader
from clipy.stages.platform_limits import PlatformLimits
from clipy.stages.upload.publishing.credentials import Credentials
from clipy.stages.upload.publishing.http import HttpClient, Interrupted, RetryPolicy, Unauthorized
from clipy.stages.upload.publishing.job import UploadJob
from clipy.stages.upload.publishing.journal import Phase, UploadIdentity, UploadState, open_journal
from clipy.stages.upload.publishing.oauth import OAuthProvider
from clipy.stages.upload.publishing.schedule import Interval, Timestamp, format_local
from clipy.stages.upload.publishing.secrets import redact
from clipy.stages.upload.publishing.templates import template_context
from clipy.stages.upload.publishing.vault import open_vault
from clipy.types import Clip, Json, Post

log = logging.getLogger(__name__)

_STARTED: tuple[Phase, ...] = ("open", "committing", "live")
_MAX_RESTARTS = 3  # in one run, for a platform that loses its sessions
_MAX_RETRY_AFTER = 600.0  # seconds to wait within a run when a platform asks for it


class Platform(Uploader):
    """An uploader that journals every step, resumes, and never posts the same file twice to an account."""

    class Options(Uploader.Options):
        account: str = Field("default", pattern=r"^[\w.@-]+$", description="Login to use (clipy login --account).")
        slot: str = Field("", description="A file is posted once per slot; use another slot to post it again.")
        hashtags: tuple[str, ...] = Field((), description="Hashtags without #; templates like the title.")
        at: Timestamp | None = Field(None, description="When to publish the first clip, such as 2026-12-01T18:00.")
        every: Interval | None = Field(None, description="Interval between posts, such as 1d or 6h.")
        per_day: int = Field(0, ge=0, description="Your daily upload limit. Default (0): the platform's usual one.")
        parallel: int = Field(1, ge=1, le=16, description="Parallel uploads to one account, across all processes.")
        tries: int = Field(6, ge=1, le=50, description="Maximum attempts of one step.")
        wait: float = Field(1.0, ge=0, description="Delay before the second attempt, in seconds; doubles each time.")
        poll: float = Field(5.0, ge=0, description="Interval for polling the platform's status, in seconds.")
        longest_wait: float = Field(900.0, ge=0, description="Maximum wait for the platform in one run, in seconds.")

    options: Options
    limits: ClassVar[PlatformLimits]
    schedules_posts: ClassVar[bool] = False
    """Whether the platform itself publishes at a given time."""

    @abstractmethod
    def describe(self, job: UploadJob) -> list[Json]:
        """All requests that would be sent, in order, without secrets."""

    @abstractmethod
    def begin(self, job: UploadJob) -> UploadState:
        """Open something private on the platform. Must never make anything public."""

    @abstractmethod
    def probe(self, job: UploadJob, state: UploadState) -> UploadState:
        """Ask how far the upload is, without side effects. Return ``new`` only if nothing can become public."""

    @abstractmethod
    def advance(self, job: UploadJob, state: UploadState) -> UploadState:
        """Do one step. Raise an UploadError only if the step certainly had no effect, else Interrupted."""

    def may_publish(self, job: UploadJob, state: UploadState) -> bool:
        """Whether the next step may make the post public."""
        return True

    def problems(self, job: UploadJob) -> Iterator[str]:
        """What the platform would refuse, apart from the file itself."""
        return iter(())

    def provider(self) -> OAuthProvider | None:
        """How to log in; None if there is no login."""
        return None

    def fetch_account_name(self) -> str:
        """Ask for the account's name after a login; details needed later are stored with the credentials."""
        return ""

    @property
    def secret_name(self) -> str:
        """The vault name of a secret that the user enters; empty if there is none."""
        return ""

    def save_secret(self, secret: str) -> None:
        """Store that secret in the vault; an empty one is deleted."""
        if secret:
            open_vault().write(self.secret_name, {"secret": secret})
        else:
            open_vault().delete(self.secret_name)

    def upload(self, clip: Clip, ctx: Context) -> Post:
        job = self.make_job(clip, ctx)
        with closing(self), job.journal.exclusive(job.identity):
            state = job.journal.find(job.identity)
            if state.phase == "refused":
                state = UploadState()
            if state.phase == "new":
                with _translated_errors(job):
                    self._check(job)
            with job.journal.parallel_slot(job.identity.platform, job.identity.account, self.options.parallel):
                state = self._run_steps(job, state)
        if state.phase == "unknown":
            raise UploadUnknown(
                f"{self.name} may or may not have posted it: {state.note}",
                where=clip.path,
                do="Look at the account, then run again with --settle posted or --settle missing",
            )
        return Post(self.name, state.location)

    def preview(self, clip: Clip, ctx: Context) -> Json:
        """What would be sent and when, and what speaks against it. Sends nothing."""
        job = self.make_job(clip, ctx, keep_time=False)
        state = job.journal.find(job.identity)
        with closing(self):
            remaining = self._describe_remaining(job)
        posted = state.phase in {"live", "done"}
        return {
            "file": str(clip.path),
            "uploader": self.name,
            "account": job.identity.account,
            "sha256": clip.fingerprint,
            "bytes": job.size,
            "at": None if job.publish_at is None else job.publish_at.isoformat(),
            "state": state.phase,
            "where": state.location,
            "left_today": remaining,
            "problems": [] if posted else self._problems(job),
            "requests": [] if posted else self.describe(job),
        }

    def settle(self, clip: Clip, ctx: Context, *, posted: bool) -> bool:
        """Record what a person found out about an upload with unknown outcome. False if it is not such a one."""
        job = self.make_job(clip, ctx, keep_time=False)
        with job.journal.exclusive(job.identity):
            state = job.journal.find(job.identity)
            if state.phase != "unknown":
                return False
            settled = UploadState("done", state.data, state.location or self.name) if posted else UploadState()
            job.journal.record(job.identity, f"settled: {'posted' if posted else 'missing'}", settled)
        return True

    def make_job(self, clip: Clip, ctx: Context, *, keep_time: bool = True) -> UploadJob:
        """Everything that the steps need. With ``keep_time``, the time of the post is decided for good."""
        options = self.options
        identity = UploadIdentity(clip.fingerprint, self.name, self.destination(), options.slot, clip.name)
        journal = open_journal(ctx.store.root)
        return UploadJob(
            clip=clip,
            identity=identity,
            media_info=media_info(clip.path),
            texts=template_context(clip, options.hashtags),
            publish_at=journal.publish_time(identity, options.at, options.every, keep=keep_time),
            journal=journal,
            vault=open_vault(),
            ctx=ctx,
            retries=self._retries,
            max_wait=options.longest_wait,
            poll_interval=options.poll,
        )

    def destination(self) -> str:
        """Where posts appear; part of an upload's identity."""
        return self.options.account

    def close(self) -> None:
        """Close all connections; the next request opens new ones."""
        if "http" in vars(self):
            self.http.close()

    @cached_property
    def http(self) -> HttpClient:
        """A client that sends the account's token as ``Authorization: Bearer``."""
        if self.provider() is None:
            return HttpClient(self.name, retries=self._retries)
        credentials = self.credentials
        return HttpClient(
            self.name,
            authorization=lambda: {"Authorization": f"Bearer {credentials.token()}"},
            refresh=credentials.refresh,
            retries=self._retries,
        )

    @cached_property
    def credentials(self) -> Credentials:
        """The credentials of the configured account. Raises LoginNeeded if this platform has no login."""
        provider = self.provider()
        if provider is None:
            raise LoginNeeded(f"{self.name} has no login", do="See docs/uploading.md for what it needs")
        return Credentials(provider, self.options.account, open_vault(), HttpClient(self.name, retries=self._retries))

    @property
    def _retries(self) -> RetryPolicy:
        return RetryPolicy(self.options.tries, self.options.wait)

    def remaining_uploads(self, job: UploadJob) -> tuple[int, int] | None:
        """The remaining and the total uploads of the day, by this journal's count; None if unlimited."""
        total = self.options.per_day or self.limits.per_day
        if total is None:
            return None
        return max(0, total - job.journal.uploads_since(job.identity, self.limits.day_start())), total

    def _run_steps(self, job: UploadJob, state: UploadState) -> UploadState:
        """Run steps until the upload has ended. Raises UploadError if it cannot end now."""
        if state.phase == "unknown":  # the platform may know by now
            state = state.with_phase("committing")
        failures = restarts = furthest = 0
        needs_probe = state.phase in _STARTED
        while state.phase not in {"done", "refused", "unknown"}:
            try:
                if needs_probe:
                    state = self._record(job, "probe", self.probe(job, state))
                else:
                    is_start = state.phase == "new"
                    state, failures = self._step(job, state), 0
                    restarts += is_start
                needs_probe = False
                if int(state.data.get("offset", 0)) > furthest:  # interrupted repeatedly, but making progress
                    furthest, failures = int(state.data["offset"]), 0
                if state.phase == "new" and restarts == _MAX_RESTARTS:
                    raise UploadError(f"{self.name} keeps losing the upload", do="Try again later")
            except Interrupted as error:
                failures += 1
                self._handle_interruption(job, error, failures)
                state = job.journal.find(job.identity)
                needs_probe = state.phase in _STARTED
            except Unauthorized as error:
                raise _login_needed(job, error) from None
        if state.phase != "unknown":
            job.save_upload_url("")
        if state.phase == "refused":
            raise UploadRefused(f"{self.name} refused it: {state.note}", where=job.clip.path, do="Nothing was posted")
        return state

    def _step(self, job: UploadJob, state: UploadState) -> UploadState:
        if state.phase == "new":
            job.journal.record(job.identity, "begin", state)
            job.journal.count_upload(job.identity)
            return self._record(job, "begun", self.begin(job))
        committing = state.phase != "live" and self.may_publish(job, state)
        intent = state.with_phase("committing") if committing else state
        job.journal.record(job.identity, "commit" if committing else "advance", intent)
        try:
            return self._record(job, "advanced", self.advance(job, state))
        except (UploadError, Unauthorized) as error:  # a clear answer: the step had no effect
            if state.phase == "live":
                log.warning("Posted, but adding an extra failed: %s", redact(str(error)))
                return self._record(job, "given up", state.with_phase("done"))
            if isinstance(error, UploadRefused):
                state = UploadState("refused", note=error.what)
                job.save_upload_url("")
            self._record(job, f"failed: {type(error).__name__}", state)
            raise

    @staticmethod
    def _record(job: UploadJob, event: str, state: UploadState) -> UploadState:
        job.journal.record(job.identity, event, state)
        return state

    def _handle_interruption(self, job: UploadJob, error: Interrupted, failures: int) -> None:
        """Wait before the next attempt; give up on extras, or raise UploadError, after too many."""
        state = job.journal.find(job.identity)
        if state.phase == "live" and failures >= self.options.tries:
            log.warning("Posted, but adding an extra failed: %s", error)
            self._record(job, "given up", state.with_phase("done"))
            return
        if error.retry_after > _MAX_RETRY_AFTER:
            time = datetime.now(UTC) + timedelta(seconds=error.retry_after)
            raise UploadLater(f"{error}", where=job.clip.path, do=f"Run again after {format_local(time)}") from None
        if failures >= self.options.tries:
            raise UploadError(
                f"{error} ({failures} times)",
                where=job.clip.path,
                do="Run the same command again to continue where it stopped",
            ) from None
        job.report(f"{error}; retrying")
        job.retries.wait(failures, error.retry_after)

    def _problems(self, job: UploadJob) -> list[str]:
        return [*self.limits.problems(job.media_info), *self.problems(job)]

    def _check(self, job: UploadJob) -> None:
        """Check limits before any byte is sent. Raises UploadRefused or UploadLater."""
        problems = self._problems(job)
        if problems:
            raise UploadRefused(
                f"{self.name} would refuse it: {'; '.join(problems)}",
                where=job.clip.path,
                do=f"(limits as of {self.limits.as_of:%Y-%m-%d})",
            )
        if job.publish_at is not None and not self.schedules_posts and job.publish_at > datetime.now(UTC):
            raise UploadLater(
                f"{job.clip.name} is scheduled for {self.name} at {format_local(job.publish_at)}",
                do="Run the same command again then, for example from cron: each clip goes out when its time has come",
            )
        uploads = self.remaining_uploads(job)
        if uploads is not None:
            remaining, total = uploads
            job.report(f"{remaining} of {total} uploads left today")
            if remaining <= 0:
                raise UploadLater(
                    f"today's {total} uploads to {self.name} are used up",
                    where=job.clip.path,
                    do="Run the same command again tomorrow",
                )

    def _describe_remaining(self, job: UploadJob) -> str:
        try:
            with _translated_errors(job):
                uploads = self.remaining_uploads(job)
        except UploadError as error:
            return str(error)
        return "not limited" if uploads is None else f"{uploads[0]} of {uploads[1]}"


@contextmanager
def _translated_errors(job: UploadJob) -> Iterator[None]:
    """Errors before the upload has started are reported to the user."""
    try:
        yield
    except Interrupted as error:
        raise UploadError(str(error), where=job.clip.path, do="Nothing was sent; run again later") from None
    except Unauthorized as error:
        raise _login_needed(job, error) from None


def _login_needed(job: UploadJob, error: Unauthorized) -> LoginNeeded:
    return LoginNeeded(str(error), do=f"Run: clipy login {job.identity.platform}")
