"""``upload = "instagram"``: Reels. A container is created, the bytes are uploaded into it, and then it is published.

Protocol: https://developers.facebook.com/docs/instagram-platform/content-publishing/resumable-uploads. Nothing is
public before the last request. A container can be published only once, and reports afterwards that it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from pydantic import Field

from clipy.errors import LoginNeeded, UploadRefused
from clipy.stages.platform_limits import INSTAGRAM_REELS, PlatformLimits
from clipy.stages.upload.platforms.instagram_errors import container_is_gone, upload_error
from clipy.stages.upload.publishing.http import Interrupted, Response, host
from clipy.stages.upload.publishing.job import UploadJob
from clipy.stages.upload.publishing.journal import UploadState
from clipy.stages.upload.publishing.oauth import OAuthProvider
from clipy.stages.upload.publishing.platform import Platform
from clipy.stages.upload.publishing.schedule import format_utc
from clipy.stages.upload.publishing.templates import truncate
from clipy.types import Json

_MAX_HASHTAGS = 30
_REFRESH_MARGIN = 7 * 86_400.0  # seconds, of the sixty days that a token is valid
_CLOCK_SKEW = timedelta(minutes=5)


class Instagram(Platform):
    """Publish Reels on a professional Instagram account. Requires: clipy login instagram."""

    class Options(Platform.Options):
        caption: str = Field(
            "{title}\n\n{hashtags}", description="Template of the caption; truncated to 2200 characters."
        )
        share_to_feed: bool = Field(True, description="Show the Reel in the feed as well.")
        cover_at: float = Field(0, ge=0, description="Time of the cover frame, in seconds.")
        user: str = Field(
            "", pattern=r"^\d*$", description="ID of the Instagram account. Default: determined at login."
        )
        api: str = Field("v25.0", pattern=r"^v\d+\.\d+$", description="Version of the Graph API.")
        base_url: str = Field("https://graph.facebook.com", description="For tests: base URL of the API.")
        upload_url: str = Field("https://rupload.facebook.com", description="For tests: base URL of uploads.")
        login_url: str = Field("https://www.facebook.com", description="For tests: base URL of the login page.")

    options: Options
    limits: ClassVar[PlatformLimits] = INSTAGRAM_REELS

    def provider(self) -> OAuthProvider:
        graph = f"{self.options.base_url}/{self.options.api}"
        return OAuthProvider(
            platform="instagram",
            authorize_url=f"{self.options.login_url}/{self.options.api}/dialog/oauth",
            token_url=f"{graph}/oauth/access_token",
            scopes=("instagram_basic", "instagram_content_publish", "pages_show_list", "pages_read_engagement"),
            scope_separator=",",
            exchange_grant="fb_exchange_token",
            refresh_margin=_REFRESH_MARGIN,  # an expired token cannot be exchanged any more
        )

    def problems(self, job: UploadJob) -> Iterator[str]:
        count = len(re.findall(r"#\w", self._caption(job)))
        if count > _MAX_HASHTAGS:
            yield f"the caption has {count} hashtags (maximum {_MAX_HASHTAGS})"

    def fetch_account_name(self) -> str:
        user = self._user
        self.credentials.save_details(user_id=user)
        return user

    def describe(self, job: UploadJob) -> list[Json]:
        return [
            {"method": "POST", "url": self._url("(account)/media"), "form": self.request(job)},
            {"method": "POST", "url": f"{self.options.upload_url}/ig-api-upload/…", "bytes": job.size},
            {"method": "POST", "url": self._url("(account)/media_publish"), "form": {"creation_id": "(container)"}},
        ]

    def request(self, job: UploadJob) -> dict[str, str]:
        """The request that creates a container."""
        return {
            "media_type": "REELS",
            "upload_type": "resumable",
            "caption": self._caption(job),
            "share_to_feed": str(self.options.share_to_feed).lower(),
            "thumb_offset": str(round(self.options.cover_at * 1000)),
        }

    def remaining_uploads(self, job: UploadJob) -> tuple[int, int] | None:
        """The platform's own count, as its documentation is contradictory about the limit."""
        params = {"fields": "quota_usage,config"}
        response = self._ok(self.http.query("GET", self._url(f"{self._user}/content_publishing_limit"), params=params))
        found = (response.json.get("data") or [{}])[0]
        total = int(found.get("config", {}).get("quota_total", 0))
        return (max(0, total - int(found.get("quota_usage", 0))), total) if total else None

    def begin(self, job: UploadJob) -> UploadState:
        user = self._user
        response = self._ok(self.http.send("POST", self._url(f"{user}/media"), form=self.request(job)))
        container = str(response.json["id"])
        job.save_upload_url(str(response.json.get("uri", "")))
        return UploadState(
            "open", {"offset": 0, "container": container, "user": user, "begun": format_utc(datetime.now(UTC))}
        )

    def probe(self, job: UploadJob, state: UploadState) -> UploadState:
        if state.phase == "live":
            return state
        found = self._container(state)
        if found is None:
            if state.phase == "open":
                return UploadState()
            return UploadState("unknown", state.data, note="Instagram no longer knows the container")
        if found.phase == "open" and found.data.get("ready") and state.phase == "committing":
            job.wait("confirming the publication")  # a request that was sent may still be in progress
            found = self._container(state) or found
        return found

    def may_publish(self, job: UploadJob, state: UploadState) -> bool:
        return bool(state.data.get("ready"))

    def advance(self, job: UploadJob, state: UploadState) -> UploadState:
        if state.phase == "live":
            return UploadState("done", state.data, location=self._permalink(job, state))
        if state.data.get("ready"):
            return self._publish(state)
        if int(state.data["offset"]) < job.size:
            return self._send(job, state)
        job.wait("processing the video")
        return self._container(state) or UploadState()

    def _send(self, job: UploadJob, state: UploadState) -> UploadState:
        # Some responses contain no URL; then it is the documented one.
        documented = f"{self.options.upload_url}/ig-api-upload/{self.options.api}/{state.data['container']}"
        start, address = int(state.data["offset"]), job.upload_url or documented
        if host(address) != host(self.options.upload_url):
            raise UploadRefused("Instagram gave an upload URL on an unknown host", do="Nothing was sent there")
        headers = {
            "Authorization": f"OAuth {self.credentials.token()}",
            "offset": str(start),
            "file_size": str(job.size),
        }
        response = self.http.send(
            "POST", address, headers=headers, content=job.slice(start, job.size), authorized=False
        )
        if response.json.get("success") is True:
            return state.with_phase("open", offset=job.size)
        trouble = response.json.get("debug_info", {})
        if response.status == 200 or trouble.get("retriable") or trouble.get("type") == "OffsetInvalidError":
            raise Interrupted(f"Instagram did not accept all bytes ({response.text})")
        if trouble:
            raise UploadRefused(f"Instagram refused the bytes ({trouble.get('message', response.text)})")
        raise upload_error(response)

    def _container(self, state: UploadState) -> UploadState | None:
        """The state of the container; None if it does not exist."""
        url = self._url(str(state.data["container"]))
        response = self.http.query("GET", url, params={"fields": "status_code,status,video_status"})
        if container_is_gone(response):
            return None
        answer = self._ok(response).json
        code = answer.get("status_code")
        if code == "PUBLISHED":
            return state.with_phase("live")
        if code == "FINISHED":
            return state.with_phase("open", ready=True)
        if code == "EXPIRED":
            return UploadState()
        if code == "ERROR":
            return UploadState(
                "refused", state.data, note=f"Instagram could not process the video ({answer.get('status', '')})"
            )
        uploading = answer.get("video_status", {}).get("uploading_phase", {})
        stored = uploading.get("bytes_transferred", uploading.get("bytes_transfered"))  # documented both ways
        return state.with_phase("open") if stored is None else state.with_phase("open", offset=int(stored))

    def _publish(self, state: UploadState) -> UploadState:
        url = self._url(f"{state.data['user']}/media_publish")
        response = self._ok(self.http.send("POST", url, form={"creation_id": str(state.data["container"])}))
        return state.with_phase("live", media=str(response.json.get("id", "")))

    def _permalink(self, job: UploadJob, state: UploadState) -> str:
        """The location of the Reel. It is live in any case, so nothing here is an error."""
        media = state.data.get("media")
        fields = {"fields": "id,permalink,timestamp,caption"}
        if media:
            found = self.http.query("GET", self._url(str(media)), params=fields).json
            return str(found.get("permalink") or f"Instagram media {media}")
        recent = self.http.query("GET", self._url(f"{state.data['user']}/media"), params=fields).json.get("data", [])
        begun = datetime.fromisoformat(str(state.data["begun"])) - _CLOCK_SKEW
        for item in recent:
            same = str(item.get("caption", "")).strip() == self._caption(job)
            if same and datetime.fromisoformat(str(item["timestamp"])) >= begun:
                return str(item.get("permalink", ""))
        return f"Instagram container {state.data['container']}, published"

    @property
    def _user(self) -> str:
        """The account's ID: as configured, or the one whose page the login may manage."""
        known = self.options.user or self.credentials.detail("user_id")
        if known:
            return known
        params = {"fields": "instagram_business_account{id,username}"}
        pages = self._ok(self.http.query("GET", self._url("me/accounts"), params=params)).json.get("data", [])
        users = [page["instagram_business_account"]["id"] for page in pages if page.get("instagram_business_account")]
        if len(users) != 1:
            raise LoginNeeded(
                f"the login gives access to {len(users)} professional Instagram accounts",
                do="Choose one with --set upload.instagram.user=ID" if users else "Link one to a Facebook page",
            )
        return str(users[0])

    def _caption(self, job: UploadJob) -> str:
        return truncate(job.texts.fill(self.options.caption), self.limits.description or 0)

    def _url(self, path: str) -> str:
        return f"{self.options.base_url}/{self.options.api}/{path}"

    @staticmethod
    def _ok(response: Response) -> Response:
        if response.status != 200 or "error" in response.json:
            raise upload_error(response)
        return response
