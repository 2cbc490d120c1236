"""Publish at most once, whatever breaks: the steps that every platform's uploader fills in.

    begin    something private on the platform: a session, a container. Doing it twice does no harm.
    probe    ask how far it is. Changes nothing.
    advance  one step on: move bytes, publish, wait, add what belongs to the post.

The journal holds the intent before each step and the receipt after it. Whenever an answer is missing (a broken
connection, a kill), the next thing done is a probe, never the same step again.
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
from clipy.stages.upload.publishing.http import Denied, Http, Interrupted, Patience
from clipy.stages.upload.publishing.job import Job
from clipy.stages.upload.publishing.journal import Entry, Phase, State, journal_beside
from clipy.stages.upload.publishing.limits import Limits
from clipy.stages.upload.publishing.oauth import Provider
from clipy.stages.upload.publishing.permissions import Permission
from clipy.stages.upload.publishing.schedule import Distance, Moment, shown
from clipy.stages.upload.publishing.secrets import redact
from clipy.stages.upload.publishing.vault import open_vault
from clipy.stages.upload.publishing.words import words_of
from clipy.types import Clip, Json, Post

log = logging.getLogger(__name__)

_BEGUN: tuple[Phase, ...] = ("open", "committing", "live")
_MOST_BEGINNINGS = 3  # in one run: a platform that forgets every session is broken
_LONGEST_PAUSE = 600.0  # seconds that a run waits because a platform asks for it; longer is told to the user


class Platform(Uploader):
    """An uploader that journals every step, resumes, and never posts the same file twice to one account."""

    class Options(Uploader.Options):
        account: str = Field("default", pattern=r"^[\w.@-]+$", description="Which login to use: clipy login --account.")
        slot: str = Field("", description="The same file goes out once per slot: another slot posts it again.")
        hashtags: tuple[str, ...] = Field((), description="Without #; templates as in the title.")
        at: Moment | None = Field(None, description="When the first post goes out, as 2026-12-01T18:00.")
        every: Distance | None = Field(None, description="How long after it each further one, as 1d or 6h.")
        per_day: int = Field(0, ge=0, description="Uploads a day, where yours are not the usual number; 0: the usual.")
        parallel: int = Field(1, ge=1, le=16, description="Uploads to one account at a time, over all processes.")
        tries: int = Field(6, ge=1, le=50, description="How often one step is tried.")
        wait: float = Field(1.0, ge=0, description="Seconds before the second try; doubles with each further one.")
        poll: float = Field(5.0, ge=0, description="Seconds between two questions whether the platform is ready.")
        longest_wait: float = Field(900.0, ge=0, description="Seconds to wait for the platform, at most, in one run.")

    options: Options
    limits: ClassVar[Limits]
    holds_back: ClassVar[bool] = False  # the platform itself publishes at a given time

    @abstractmethod
    def describe(self, job: Job) -> list[Json]:
        """Every request that would be sent, in order, without secrets."""

    @abstractmethod
    def begin(self, job: Job) -> State:
        """Open something private on the platform. Never makes anything public."""

    @abstractmethod
    def probe(self, job: Job, state: State) -> State:
        """Ask how far it is, and change nothing. Returns ``new`` only when nothing can become public any more."""

    @abstractmethod
    def advance(self, job: Job, state: State) -> State:
        """Do one step. Raises an UploadError only when the step was surely not carried out, else Interrupted."""

    def commits(self, job: Job, state: State) -> bool:
        """Whether the next step may make the post public."""
        return True

    def problems(self, job: Job) -> Iterator[str]:
        """What the platform would refuse, besides the file itself."""
        return iter(())

    def provider(self) -> Provider | None:
        """How to log in; None when there is nothing to log in to."""
        return None

    def learn(self) -> str:
        """Who the account is, asked once after a login; what the uploader needs later is kept with the permission."""
        return ""

    @property
    def secret_name(self) -> str:
        """The name in the vault of a secret that the user types in; empty when there is none."""
        return ""

    def keep_secret(self, secret: str) -> None:
        """Keep that secret in the vault; an empty one is forgotten."""
        if secret:
            open_vault().write(self.secret_name, {"secret": secret})
        else:
            open_vault().forget(self.secret_name)

    def upload(self, clip: Clip, ctx: Context) -> Post:
        job = self.job(clip, ctx)
        with closing(self), job.journal.alone(job.entry):
            state = job.journal.find(job.entry)
            if state.phase == "refused":
                state = State()
            if state.phase == "new":
                with _plainly(job):
                    self._check(job)
            with job.journal.turn(job.entry.platform, job.entry.account, self.options.parallel):
                state = self._carry(job, state)
        if state.phase == "unknown":
            raise UploadUnknown(
                f"{self.name} may have posted it or not: {state.note}",
                where=clip.path,
                do="Look at the account, then run again with --settle posted or --settle missing",
            )
        return Post(self.name, state.place)

    def preview(self, clip: Clip, ctx: Context) -> Json:
        """All that is known before anything is sent: what would be sent, when, and what speaks against it."""
        job = self.job(clip, ctx, plan=False)
        state = job.journal.find(job.entry)
        with closing(self):
            left = self._left(job)
        return {
            "file": str(clip.path),
            "uploader": self.name,
            "account": job.entry.account,
            "sha256": clip.fingerprint,
            "bytes": job.size,
            "at": None if job.due is None else job.due.isoformat(),
            "state": state.phase,
            "where": state.place,
            "left_today": left,
            "problems": [] if state.phase in {"live", "done"} else self._problems(job),
            "requests": [] if state.phase in {"live", "done"} else self.describe(job),
        }

    def settle(self, clip: Clip, ctx: Context, *, posted: bool) -> bool:
        """Record what a person saw about an upload whose end is not known. False when it is not such a one."""
        job = self.job(clip, ctx, plan=False)
        with job.journal.alone(job.entry):
            state = job.journal.find(job.entry)
            if state.phase != "unknown":
                return False
            said = State("done", state.data, state.place or self.name) if posted else State()
            job.journal.write(job.entry, f"settled: {'posted' if posted else 'missing'}", said)
        return True

    def job(self, clip: Clip, ctx: Context, *, plan: bool = True) -> Job:
        """Everything that the steps need. With ``plan``, the time of the post is decided and kept."""
        options = self.options
        entry = Entry(clip.fingerprint, self.name, self.audience(), options.slot, clip.name)
        journal = journal_beside(ctx.store.root)
        due = journal.due(entry, options.at, options.every, keep=plan)
        return Job(
            clip=clip,
            entry=entry,
            media_info=media_info(clip.path),
            words=words_of(clip, options.hashtags),
            due=due,
            journal=journal,
            vault=open_vault(),
            ctx=ctx,
            patience=self._patience,
            longest_wait=options.longest_wait,
            poll=options.poll,
        )

    def audience(self) -> str:
        """Where posts appear: part of what makes two uploads the same."""
        return self.options.account

    def close(self) -> None:
        """End all connections; the next call makes new ones."""
        if "http" in vars(self):
            self.http.close()

    @cached_property
    def http(self) -> Http:
        """Calls with the account's permission as ``Authorization: Bearer``."""
        if self.provider() is None:
            return Http(self.name, patience=self._patience)
        permission = self.permission
        return Http(
            self.name,
            permission=lambda: {"Authorization": f"Bearer {permission.token()}"},
            renew=permission.renew,
            patience=self._patience,
        )

    @cached_property
    def permission(self) -> Permission:
        """The permission of the account in use. Raises LoginNeeded when this platform has no logins."""
        provider = self.provider()
        if provider is None:
            raise LoginNeeded(f"{self.name} has no login", do="See docs/uploading.md for what it needs")
        return Permission(provider, self.options.account, open_vault(), Http(self.name, patience=self._patience))

    @property
    def _patience(self) -> Patience:
        return Patience(self.options.tries, self.options.wait)

    def left_today(self, job: Job) -> tuple[int, int] | None:
        """How many uploads are left of how many; None when that is not limited. By this journal's own count."""
        most = self.options.per_day or self.limits.per_day
        if most is None:
            return None
        return max(0, most - job.journal.spent(job.entry, self.limits.day_began())), most

    def _carry(self, job: Job, state: State) -> State:
        """Step by step until it ends. Raises UploadError when it cannot end now."""
        if state.phase == "unknown":  # perhaps the platform tells by now
            state = state.at("committing")
        failures = beginnings = furthest = 0
        doubtful = state.phase in _BEGUN
        while state.phase not in {"done", "refused", "unknown"}:
            try:
                if doubtful:
                    state = self._probed(job, state)
                else:
                    begins = state.phase == "new"
                    state, failures = self._stepped(job, state), 0
                    beginnings += begins
                doubtful = False
                if int(state.data.get("offset", 0)) > furthest:  # broken again and again, but it moves
                    furthest, failures = int(state.data["offset"]), 0
                if state.phase == "new" and beginnings == _MOST_BEGINNINGS:
                    raise UploadError(f"{self.name} forgets every upload that is begun", do="Try again later")
            except Interrupted as error:
                failures += 1
                self._endure(job, error, failures)
                state = job.journal.find(job.entry)
                doubtful = state.phase in _BEGUN
            except Denied as error:
                raise _login(job, error) from None
        if state.phase != "unknown":
            job.keep_address("")
        if state.phase == "refused":
            raise UploadRefused(f"{self.name} refused it: {state.note}", where=job.clip.path, do="Nothing was posted")
        return state

    def _probed(self, job: Job, state: State) -> State:
        return self._receipt(job, "probe", self.probe(job, state))

    def _stepped(self, job: Job, state: State) -> State:
        if state.phase == "new":
            job.journal.write(job.entry, "begin", state)
            job.journal.spend(job.entry)
            return self._receipt(job, "begun", self.begin(job))
        committing = state.phase != "live" and self.commits(job, state)
        intent = state.at("committing") if committing else state
        job.journal.write(job.entry, "commit" if committing else "advance", intent)
        try:
            return self._receipt(job, "advanced", self.advance(job, state))
        except (UploadError, Denied) as error:  # a clear answer: the step was not carried out
            if state.phase == "live":
                log.warning("it is posted, but something that belongs to it failed: %s", redact(str(error)))
                return self._receipt(job, "given up", state.at("done"))
            if isinstance(error, UploadRefused):
                state = State("refused", note=error.what)
                job.keep_address("")
            self._receipt(job, f"failed: {type(error).__name__}", state)
            raise

    @staticmethod
    def _receipt(job: Job, event: str, state: State) -> State:
        job.journal.write(job.entry, event, state)
        return state

    def _endure(self, job: Job, error: Interrupted, failures: int) -> None:
        state = job.journal.find(job.entry)
        if state.phase == "live" and failures >= self.options.tries:
            log.warning("it is posted, but something that belongs to it failed: %s", error)
            self._receipt(job, "given up", state.at("done"))
            return
        if error.retry_after > _LONGEST_PAUSE:
            moment = datetime.now(UTC) + timedelta(seconds=error.retry_after)
            raise UploadLater(f"{error}", where=job.clip.path, do=f"Run again after {shown(moment)}") from None
        if failures >= self.options.tries:
            raise UploadError(
                f"{error}, {failures} times",
                where=job.clip.path,
                do="Run the same command again: it asks how far it got, and goes on from there",
            ) from None
        job.say(f"{error}; trying again")
        job.patience.wait(failures, error.retry_after)

    def _problems(self, job: Job) -> list[str]:
        return [*self.limits.problems(job.media_info), *self.problems(job)]

    def _check(self, job: Job) -> None:
        """Before any byte is sent. Raises UploadRefused or UploadLater."""
        problems = self._problems(job)
        if problems:
            read = f"limits of {self.limits.checked:%Y-%m-%d}"
            raise UploadRefused(
                f"{self.name} would refuse it: {'; '.join(problems)}", where=job.clip.path, do=f"({read})"
            )
        if job.due is not None and not self.holds_back and job.due > datetime.now(UTC):
            raise UploadLater(
                f"{job.clip.name} goes to {self.name} at {shown(job.due)}",
                do="Run the same command again then, for example from cron: each goes out when its time has come",
            )
        left = self.left_today(job)
        if left is not None:
            job.say(f"{left[0]} of {left[1]} uploads left today")
            if left[0] <= 0:
                raise UploadLater(
                    f"all {left[1]} uploads of today are used up on {self.name}",
                    where=job.clip.path,
                    do="Run the same command again tomorrow",
                )

    def _left(self, job: Job) -> str:
        try:
            with _plainly(job):
                left = self.left_today(job)
        except UploadError as error:
            return str(error)
        return "not limited" if left is None else f"{left[0]} of {left[1]}"


@contextmanager
def _plainly(job: Job) -> Iterator[None]:
    """Questions before anything is begun: no answer to them is an error for the user."""
    try:
        yield
    except Interrupted as error:
        raise UploadError(str(error), where=job.clip.path, do="Nothing was sent; run again later") from None
    except Denied as error:
        raise _login(job, error) from None


def _login(job: Job, error: Denied) -> LoginNeeded:
    return LoginNeeded(str(error), do=f"Run: clipy login {job.entry.platform}")
