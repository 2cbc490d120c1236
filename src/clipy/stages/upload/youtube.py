"""``upload = "youtube"``: resumable uploads. A vertical video of up to three minutes becomes a Short automatically.

Protocol: https://developers.google.com/youtube/v3/guides/using_resumable_upload_protocol. The video exists as soon as
the last byte has arrived. ``privacyStatus`` is always sent: without it a video is public.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Literal

from pydantic import Field

from clipy.errors import LoginNeeded, UploadRefused
from clipy.stages.platform_limits import YOUTUBE, PlatformLimits
from clipy.stages.upload.platforms.youtube_errors import upload_error
from clipy.stages.upload.platforms.youtube_extras import Extras
from clipy.stages.upload.publishing.http import Interrupted, Response, Unauthorized, host
from clipy.stages.upload.publishing.job import UploadJob
from clipy.stages.upload.publishing.journal import UploadState
from clipy.stages.upload.publishing.oauth import OAuthProvider
from clipy.stages.upload.publishing.platform import Platform
from clipy.stages.upload.publishing.schedule import format_utc
from clipy.stages.upload.publishing.templates import truncate, utf8_length
from clipy.types import Json

_CHUNK_UNIT = 262_144  # every chunk but the last is a multiple of this
_MAX_TAGS = 500  # characters in all; a tag with a space counts two more, for its quotes
_SCOPE = "https://www.googleapis.com/auth/"
_COMPLETE, _INCOMPLETE, _GONE = (200, 201), 308, (404, 410)


class YouTube(Platform):
    """Publish on YouTube, privately by default. Requires: clipy login youtube."""

    class Options(Platform.Options):
        title: str = Field("{title}", description="Template of the title; truncated to 100 characters.")
        description: str = Field(
            "{reason}\n\n{hashtags}", description="Template of the description; truncated to 5000 bytes."
        )
        tags: tuple[str, ...] = Field((), description="Templates of tags; at most 500 characters in all.")
        privacy: Literal["private", "unlisted", "public"] = Field("private", description="Who can see it.")
        category: str = Field("22", pattern=r"^\d+$", description="Category ID; 22 is People & Blogs.")
        made_for_kids: bool = Field(False, description="Declare that it is made for kids.")
        synthetic: bool = Field(False, description="Declare realistic altered or AI-generated content.")
        notify: bool = Field(False, description="Notify subscribers.")
        playlist: str = Field("", description="ID of a playlist to add it to.")
        captions: bool = Field(False, description="Upload the words as a captions track.")
        thumbnail: bool = Field(False, description="Upload the clip's thumbnail.")
        processing: bool = Field(True, description="Wait until YouTube has processed it, and report a rejection.")
        chunk: int = Field(
            32 * _CHUNK_UNIT, ge=_CHUNK_UNIT, multiple_of=_CHUNK_UNIT, description="Chunk size in bytes."
        )
        base_url: str = Field("https://www.googleapis.com", description="For tests: base URL of the API.")
        login_url: str = Field("https://accounts.google.com", description="For tests: base URL of the login page.")
        token_url: str = Field(
            "https://oauth2.googleapis.com", description="For tests: base URL of the token endpoint."
        )

    options: Options
    schedules_posts = True
    limits: ClassVar[PlatformLimits] = YOUTUBE

    def provider(self) -> OAuthProvider:
        scopes = ["youtube.upload", "youtube.readonly"]
        if self.options.playlist or self.options.captions:
            scopes.append("youtube.force-ssl")
        return OAuthProvider(
            platform="youtube",
            authorize_url=f"{self.options.login_url}/o/oauth2/v2/auth",
            token_url=f"{self.options.token_url}/token",
            revoke_url=f"{self.options.token_url}/revoke",
            scopes=tuple(_SCOPE + scope for scope in scopes),
            extra={"access_type": "offline", "prompt": "consent"},
        )

    def problems(self, job: UploadJob) -> Iterator[str]:
        if not self._title(job):
            yield "it has no title"
        if job.publish_at is not None and self.options.privacy == "unlisted":
            yield "a scheduled video becomes public and cannot be unlisted"
        if self.options.made_for_kids and self.options.notify:
            yield "subscribers cannot be notified of videos made for kids"

    def fetch_account_name(self) -> str:
        channels = self._list("channels", part="snippet", mine="true")
        return str(channels[0]["snippet"]["title"]) if channels else ""

    def describe(self, job: UploadJob) -> list[Json]:
        chunks = -(-job.size // self.options.chunk)
        body: list[Json] = [
            {
                "method": "POST",
                "url": self._insert_url,
                "headers": self._insert_headers(job),
                "json": self.resource(job),
            },
            {"method": "PUT", "url": "(upload URL from YouTube)", "bytes": job.size, "requests": chunks},
        ]
        return body + [{"then": name} for name in Extras.wanted(self.options)]

    def resource(self, job: UploadJob) -> Json:
        """The video resource: its texts, truncated to YouTube's limits, and its visibility."""
        options, language = self.options, job.texts.values["language"]
        snippet = {
            "title": self._title(job),
            "description": truncate(
                _plain(job.texts.fill(options.description)), self.limits.description or 0, utf8_length
            ),
            "tags": self._tags(job),
            "categoryId": options.category,
            **({"defaultLanguage": language, "defaultAudioLanguage": language} if language else {}),
        }
        status: dict[str, Json] = {
            "privacyStatus": options.privacy,
            "selfDeclaredMadeForKids": options.made_for_kids,
            "containsSyntheticMedia": options.synthetic,
        }
        if job.publish_at is not None and job.publish_at > datetime.now(UTC):
            status |= {"privacyStatus": "private", "publishAt": format_utc(job.publish_at)}
        return {"snippet": snippet, "status": status}

    def begin(self, job: UploadJob) -> UploadState:
        response = self.http.send("POST", self._insert_url, headers=self._insert_headers(job), json=self.resource(job))
        if response.status != 200:
            raise upload_error(response)
        address = response.headers.get("location")
        if not address:
            raise Interrupted("YouTube returned no upload URL")
        job.save_upload_url(address)
        return UploadState("open", {"offset": 0, "begun": format_utc(datetime.now(UTC))})

    def probe(self, job: UploadJob, state: UploadState) -> UploadState:
        if state.phase == "live":
            return state
        address = job.upload_url
        if not address:
            return self._after_session_end(job, state)
        headers = {"Content-Range": f"bytes */{job.size}"}
        response = self.http.query(
            "PUT", address, headers=headers, content=b"", authorized=self._is_google_host(address)
        )
        if response.status in _COMPLETE:
            return self._live(response, state)
        if response.status == _INCOMPLETE:
            return state.with_phase("open", offset=_stored(response))
        if response.status in _GONE:
            return self._after_session_end(job, state)
        raise upload_error(response)

    def may_publish(self, job: UploadJob, state: UploadState) -> bool:
        return int(state.data.get("offset", 0)) + self.options.chunk >= job.size

    def advance(self, job: UploadJob, state: UploadState) -> UploadState:
        if state.phase == "live":
            return Extras(self.http, self.options, job).next(state)
        start = int(state.data["offset"])
        end = min(start + self.options.chunk, job.size)
        headers = {"Content-Range": f"bytes {start}-{end - 1}/{job.size}", "Content-Type": "video/*"}
        address = job.upload_url
        response = self.http.send(
            "PUT", address, headers=headers, content=job.slice(start, end), authorized=self._is_google_host(address)
        )
        if response.status in _COMPLETE:
            return self._live(response, state)
        if response.status == _INCOMPLETE:
            stored = _stored(response)
            if stored <= start:
                raise Interrupted(f"YouTube stored no bytes from offset {start} on")
            return state.with_phase("open", offset=stored)
        if response.status in _GONE:  # a clear answer: these bytes were not stored, and never will be
            return UploadState()
        raise upload_error(response)

    def _after_session_end(self, job: UploadJob, state: UploadState) -> UploadState:
        """The session has ended: start over if its last bytes were not sent yet, else look for the video."""
        if state.phase != "committing":
            return UploadState()
        found = self._uploaded(job, state)
        if found:
            return self._posted(found, state)
        note = "the upload session has ended, and the video is not among the channel's latest"
        return UploadState("unknown", state.data, note=note)

    def _uploaded(self, job: UploadJob, state: UploadState) -> str:
        """The ID of a video with this size and title on the channel since this upload started; else empty."""
        try:
            channels = self._list("channels", part="contentDetails", mine="true")
            uploads = str(channels[0]["contentDetails"]["relatedPlaylists"]["uploads"]) if channels else ""
            newest = self._list("playlistItems", part="contentDetails", playlistId=uploads, maxResults="50")
            ids = ",".join(str(item["contentDetails"]["videoId"]) for item in newest)
            videos = self._list("videos", part="snippet,fileDetails", id=ids) if ids else []
        except (UploadRefused, LoginNeeded, Unauthorized):  # a login with permission to upload but not to read
            return ""
        begun = datetime.fromisoformat(str(state.data["begun"])) - timedelta(minutes=5)
        for video in videos:
            snippet, size = video["snippet"], video.get("fileDetails", {}).get("fileSize")
            same = snippet["title"] == self._title(job) and (size is None or int(size) == job.size)
            if same and datetime.fromisoformat(str(snippet["publishedAt"])) >= begun:
                return str(video["id"])
        return ""

    def _list(self, kind: str, **params: str) -> list[dict[str, Json]]:
        response = self.http.query("GET", f"{self.options.base_url}/youtube/v3/{kind}", params=params)
        if response.status != 200:
            raise upload_error(response)
        items: list[dict[str, Json]] = response.json.get("items", [])
        return items

    def _live(self, response: Response, state: UploadState) -> UploadState:
        video = str(response.json.get("id", ""))
        if not video:
            raise Interrupted("YouTube accepted the video but returned no ID")
        return self._posted(video, state)

    def _posted(self, video: str, state: UploadState) -> UploadState:
        left = Extras.wanted(self.options)
        data = {**state.data, "video": video, "left": left}
        return UploadState("live" if left else "done", data, location=f"https://youtu.be/{video}")

    @property
    def _insert_url(self) -> str:
        notify = str(self.options.notify).lower()
        query = f"uploadType=resumable&part=snippet,status&notifySubscribers={notify}"
        return f"{self.options.base_url}/upload/youtube/v3/videos?{query}"

    @staticmethod
    def _insert_headers(job: UploadJob) -> dict[str, str]:
        return {"X-Upload-Content-Length": str(job.size), "X-Upload-Content-Type": "video/*"}

    def _is_google_host(self, address: str) -> bool:
        """Whether the token may be sent to a URL from a response."""
        origin = host(address)
        return origin == host(self.options.base_url) or origin.endswith(".googleapis.com")

    def _title(self, job: UploadJob) -> str:
        return truncate(_plain(job.texts.fill(self.options.title)), self.limits.title or 0)

    def _tags(self, job: UploadJob) -> list[str]:
        tags: list[str] = []
        left = _MAX_TAGS
        for text in (*self.options.tags, *(tag.lstrip("#") for tag in job.texts.hashtags)):
            tag = _plain(job.texts.fill(text)).replace(",", " ").strip()
            left -= len(tag) + (2 if " " in tag else 0) + (1 if tags else 0)
            if tag and tag not in tags and left >= 0:
                tags.append(tag)
        return tags


def _plain(text: str) -> str:
    """Replace what YouTube refuses: angle brackets and control characters."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", text.replace("<", "‹").replace(">", "›"))


def _stored(response: Response) -> int:
    """The number of stored bytes according to the response's ``Range``; 0 without one."""
    match = re.fullmatch(r"bytes=0-(\d+)", response.headers.get("range", "").strip())
    return int(match[1]) + 1 if match else 0
