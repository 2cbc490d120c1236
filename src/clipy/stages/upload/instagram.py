"""Instagram: a Reel. A container is made, the bytes are sent into it, and then it is published.

Protocol: https://developers.facebook.com/docs/instagram-platform/content-publishing/resumable-uploads. Nothing is
public before the last call, and a container can be published only once; afterwards it says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import ClassVar

from pydantic import Field

from clipy.errors import LoginNeeded, UploadRefused
from clipy.stages.upload.platforms.instagram_errors import failure, is_gone
from clipy.stages.upload.publishing.http import Interrupted, Reply, host
from clipy.stages.upload.publishing.job import Job
from clipy.stages.upload.publishing.journal import State
from clipy.stages.upload.publishing.limits import Limits
from clipy.stages.upload.publishing.oauth import Provider
from clipy.stages.upload.publishing.platform import Platform
from clipy.stages.upload.publishing.schedule import utc
from clipy.stages.upload.publishing.words import cut
from clipy.types import Json

_MOST_HASHTAGS = 30
_RENEW_EARLY = 7 * 86_400.0  # of the sixty days that a token holds
_WINDOW = timedelta(minutes=5)  # by which clocks may differ


class Instagram(Platform):
    """Publish a Reel on a professional Instagram account. Needs: clipy login instagram."""

    class Options(Platform.Options):
        caption: str = Field("{title}\n\n{hashtags}", description="Template; at most 2200 characters are sent.")
        share_to_feed: bool = Field(True, description="Show it in the feed too.")
        cover_at: float = Field(0, ge=0, description="Second of the clip that becomes its cover.")
        user: str = Field("", pattern=r"^\d*$", description="Id of the Instagram account; found at login unless given.")
        api: str = Field("v25.0", pattern=r"^v\d+\.\d+$", description="Version of the Graph API.")
        base_url: str = Field("https://graph.facebook.com", description="For tests: where the API is.")
        upload_url: str = Field("https://rupload.facebook.com", description="For tests: where the bytes go.")
        login_url: str = Field("https://www.facebook.com", description="For tests: where people log in.")

    options: Options
    limits: ClassVar[Limits] = Limits(
        checked=date(2026, 11, 23),
        source="https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media",
        containers=("mp4", "mov"),
        video_codecs=("h264", "hevc"),
        audio_codecs=("aac",),
        most_bytes=300 * 10**6,
        shortest=Fraction(3),
        longest=Fraction(900),
        frame_rates=(23, 60),
        widest=1920,
        index_first=True,
        description=2200,
        hashtags=_MOST_HASHTAGS,
    )

    def provider(self) -> Provider:
        graph = f"{self.options.base_url}/{self.options.api}"
        return Provider(
            platform="instagram",
            authorize_url=f"{self.options.login_url}/{self.options.api}/dialog/oauth",
            token_url=f"{graph}/oauth/access_token",
            scopes=("instagram_basic", "instagram_content_publish", "pages_show_list", "pages_read_engagement"),
            scope_separator=",",
            exchange="fb_exchange_token",
            early=_RENEW_EARLY,  # one that has ended cannot be exchanged any more
        )

    def problems(self, job: Job) -> Iterator[str]:
        found = len(re.findall(r"#\w", self._caption(job)))
        if found > _MOST_HASHTAGS:
            yield f"the caption has {found} hashtags, it takes {_MOST_HASHTAGS}"

    def learn(self) -> str:
        user = self._user
        self.permission.add(user_id=user)
        return user

    def describe(self, job: Job) -> list[Json]:
        return [
            {"method": "POST", "url": self._url("(account)/media"), "form": self.request(job)},
            {"method": "POST", "url": f"{self.options.upload_url}/ig-api-upload/…", "bytes": job.size},
            {"method": "POST", "url": self._url("(account)/media_publish"), "form": {"creation_id": "(container)"}},
        ]

    def request(self, job: Job) -> dict[str, str]:
        """What makes a container."""
        return {
            "media_type": "REELS",
            "upload_type": "resumable",
            "caption": self._caption(job),
            "share_to_feed": str(self.options.share_to_feed).lower(),
            "thumb_offset": str(round(self.options.cover_at * 1000)),
        }

    def left_today(self, job: Job) -> tuple[int, int] | None:
        """What the platform itself counts: its own documents disagree about the limit."""
        params = {"fields": "quota_usage,config"}
        reply = self._ok(self.http.read("GET", self._url(f"{self._user}/content_publishing_limit"), params=params))
        found = (reply.json.get("data") or [{}])[0]
        total = int(found.get("config", {}).get("quota_total", 0))
        return (max(0, total - int(found.get("quota_usage", 0))), total) if total else None

    def begin(self, job: Job) -> State:
        user = self._user
        reply = self._ok(self.http.send("POST", self._url(f"{user}/media"), form=self.request(job)))
        container = str(reply.json["id"])
        job.keep_address(str(reply.json.get("uri", "")))
        return State("open", {"offset": 0, "container": container, "user": user, "begun": utc(datetime.now(UTC))})

    def probe(self, job: Job, state: State) -> State:
        if state.phase == "live":
            return state
        found = self._container(state)
        if found is None:
            if state.phase == "open":
                return State()
            return State("unknown", state.data, note="Instagram does not know the container any more")
        if found.phase == "open" and found.data.get("ready") and state.phase == "committing":
            job.wait("asked twice whether it is published")  # a call that was begun may still be at work
            found = self._container(state) or found
        return found

    def commits(self, job: Job, state: State) -> bool:
        return bool(state.data.get("ready"))

    def advance(self, job: Job, state: State) -> State:
        if state.phase == "live":
            return State("done", state.data, place=self._permalink(job, state))
        if state.data.get("ready"):
            return self._publish(state)
        if int(state.data["offset"]) < job.size:
            return self._send(job, state)
        job.wait("working on the video")
        return self._container(state) or State()

    def _send(self, job: Job, state: State) -> State:
        # Some answers name no address; then it is the documented one.
        documented = f"{self.options.upload_url}/ig-api-upload/{self.options.api}/{state.data['container']}"
        start, address = int(state.data["offset"]), job.address or documented
        if host(address) != host(self.options.upload_url):
            raise UploadRefused("Instagram names an unknown host for the bytes", do="Nothing was sent there")
        headers = {
            "Authorization": f"OAuth {self.permission.token()}",
            "offset": str(start),
            "file_size": str(job.size),
        }
        reply = self.http.send("POST", address, headers=headers, content=job.part(start, job.size), permitted=False)
        if reply.json.get("success") is True:
            return state.at("open", offset=job.size)
        trouble = reply.json.get("debug_info", {})
        if reply.status == 200 or trouble.get("retriable") or trouble.get("type") == "OffsetInvalidError":
            raise Interrupted(f"Instagram did not take all bytes ({reply.text})")
        if trouble:
            raise UploadRefused(f"Instagram does not take the bytes ({trouble.get('message', reply.text)})")
        raise failure(reply)

    def _container(self, state: State) -> State | None:
        """How far the container is; None when there is none."""
        url = self._url(str(state.data["container"]))
        reply = self.http.read("GET", url, params={"fields": "status_code,status,video_status"})
        if is_gone(reply):
            return None
        answer = self._ok(reply).json
        code = answer.get("status_code")
        if code == "PUBLISHED":
            return state.at("live")
        if code == "FINISHED":
            return state.at("open", ready=True)
        if code == "EXPIRED":
            return State()
        if code == "ERROR":
            return State("refused", state.data, note=f"Instagram could not use the video ({answer.get('status', '')})")
        uploading = answer.get("video_status", {}).get("uploading_phase", {})
        stored = uploading.get("bytes_transferred", uploading.get("bytes_transfered"))  # documented both ways
        return state.at("open") if stored is None else state.at("open", offset=int(stored))

    def _publish(self, state: State) -> State:
        url = self._url(f"{state.data['user']}/media_publish")
        reply = self._ok(self.http.send("POST", url, form={"creation_id": str(state.data["container"])}))
        return state.at("live", media=str(reply.json.get("id", "")))

    def _permalink(self, job: Job, state: State) -> str:
        """Where the Reel is. It is live whatever this finds, so nothing here is an error."""
        media = state.data.get("media")
        fields = {"fields": "id,permalink,timestamp,caption"}
        if media:
            found = self.http.read("GET", self._url(str(media)), params=fields).json
            return str(found.get("permalink") or f"Instagram media {media}")
        recent = self.http.read("GET", self._url(f"{state.data['user']}/media"), params=fields).json.get("data", [])
        begun = datetime.fromisoformat(str(state.data["begun"])) - _WINDOW
        for item in recent:
            same = str(item.get("caption", "")).strip() == self._caption(job)
            if same and datetime.fromisoformat(str(item["timestamp"])) >= begun:
                return str(item.get("permalink", ""))
        return f"Instagram container {state.data['container']}, published"

    @property
    def _user(self) -> str:
        """The account's id: as given, or the one whose page the login may manage."""
        known = self.options.user or self.permission.detail("user_id")
        if known:
            return known
        params = {"fields": "instagram_business_account{id,username}"}
        pages = self._ok(self.http.read("GET", self._url("me/accounts"), params=params)).json.get("data", [])
        users = [page["instagram_business_account"]["id"] for page in pages if page.get("instagram_business_account")]
        if len(users) != 1:
            raise LoginNeeded(
                f"the login leads to {len(users)} professional Instagram accounts",
                do="Name one: --set upload.instagram.user=ID" if users else "Link one to a Facebook page",
            )
        return str(users[0])

    def _caption(self, job: Job) -> str:
        return cut(job.words.fill(self.options.caption), self.limits.description or 0)

    def _url(self, path: str) -> str:
        return f"{self.options.base_url}/{self.options.api}/{path}"

    @staticmethod
    def _ok(reply: Reply) -> Reply:
        if reply.status != 200 or "error" in reply.json:
            raise failure(reply)
        return reply
