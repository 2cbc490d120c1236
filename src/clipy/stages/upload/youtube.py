"""YouTube: a resumable upload; a vertical video of up to three minutes becomes a Short by itself.

Protocol: https://developers.google.com/youtube/v3/guides/using_resumable_upload_protocol. The video exists from the
moment in which the last byte arrives. ``privacyStatus`` is always sent: without it a video is public.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import ClassVar, Literal

from pydantic import Field

from clipy.errors import LoginNeeded, UploadRefused
from clipy.stages.upload.platforms.youtube_errors import failure
from clipy.stages.upload.platforms.youtube_extras import Extras
from clipy.stages.upload.publishing.http import Denied, Interrupted, Reply, host
from clipy.stages.upload.publishing.job import Job
from clipy.stages.upload.publishing.journal import State
from clipy.stages.upload.publishing.limits import Limits
from clipy.stages.upload.publishing.oauth import Provider
from clipy.stages.upload.publishing.platform import Platform
from clipy.stages.upload.publishing.schedule import utc
from clipy.stages.upload.publishing.words import cut, utf8
from clipy.types import Json

_GRAIN = 262_144  # every chunk but the last is a multiple of this
_TAGS_TOGETHER = 500  # characters; a tag with a space counts two more, for its quotes
_SCOPE = "https://www.googleapis.com/auth/"
_TAKEN, _MORE, _GONE = (200, 201), 308, (404, 410)


class YouTube(Platform):
    """Publish on YouTube, private unless you say otherwise. Needs: clipy login youtube."""

    class Options(Platform.Options):
        title: str = Field("{title}", description="Template; at most 100 characters are sent.")
        description: str = Field("{reason}\n\n{hashtags}", description="Template; at most 5000 bytes are sent.")
        tags: tuple[str, ...] = Field((), description="Templates of search words; at most 500 characters are sent.")
        privacy: Literal["private", "unlisted", "public"] = Field("private", description="Who can see it.")
        category: str = Field("22", pattern=r"^\d+$", description="Number of the category; 22 is People & Blogs.")
        made_for_kids: bool = Field(False, description="Declare that it is made for children.")
        synthetic: bool = Field(False, description="Declare that it shows realistic things made by AI.")
        notify: bool = Field(False, description="Tell the subscribers.")
        playlist: str = Field("", description="Id of a playlist to add it to.")
        captions: bool = Field(False, description="Add the words as a captions track.")
        thumbnail: bool = Field(False, description="Send the clip's own thumbnail.")
        processing: bool = Field(True, description="Wait until YouTube has looked at it, and say if it rejects it.")
        chunk: int = Field(32 * _GRAIN, ge=_GRAIN, multiple_of=_GRAIN, description="Bytes in one request.")
        base_url: str = Field("https://www.googleapis.com", description="For tests: where the API is.")
        login_url: str = Field("https://accounts.google.com", description="For tests: where people log in.")
        token_url: str = Field("https://oauth2.googleapis.com", description="For tests: where tokens come from.")

    options: Options
    holds_back = True
    limits: ClassVar[Limits] = Limits(
        checked=date(2026, 11, 23),
        source="https://developers.google.com/youtube/v3/docs/videos/insert",
        containers=(),
        most_bytes=256 * 10**9,
        longest=Fraction(12 * 3600),
        title=100,
        description=5000,
        per_day=100,
        day="America/Los_Angeles",
    )

    def provider(self) -> Provider:
        scopes = ["youtube.upload", "youtube.readonly"]
        if self.options.playlist or self.options.captions:
            scopes.append("youtube.force-ssl")
        return Provider(
            platform="youtube",
            authorize_url=f"{self.options.login_url}/o/oauth2/v2/auth",
            token_url=f"{self.options.token_url}/token",
            revoke_url=f"{self.options.token_url}/revoke",
            scopes=tuple(_SCOPE + scope for scope in scopes),
            extra={"access_type": "offline", "prompt": "consent"},
        )

    def problems(self, job: Job) -> Iterator[str]:
        if not self._title(job):
            yield "it has no title"
        if job.due is not None and self.options.privacy == "unlisted":
            yield "a video with a time becomes public then, it cannot be unlisted"
        if self.options.made_for_kids and self.options.notify:
            yield "subscribers are not told of videos for children"

    def learn(self) -> str:
        channels = self._list("channels", part="snippet", mine="true")
        return str(channels[0]["snippet"]["title"]) if channels else ""

    def describe(self, job: Job) -> list[Json]:
        chunks = -(-job.size // self.options.chunk)
        body: list[Json] = [
            {
                "method": "POST",
                "url": self._insert_url,
                "headers": self._insert_headers(job),
                "json": self.resource(job),
            },
            {"method": "PUT", "url": "(the address that YouTube gives)", "bytes": job.size, "requests": chunks},
        ]
        return body + [{"then": name} for name in Extras.wanted(self.options)]

    def resource(self, job: Job) -> Json:
        """The video resource that is sent: its words, cut to what YouTube takes, and who can see it."""
        options, language = self.options, job.words.values["language"]
        snippet = {
            "title": self._title(job),
            "description": cut(_plain(job.words.fill(options.description)), self.limits.description or 0, utf8),
            "tags": self._tags(job),
            "categoryId": options.category,
            **({"defaultLanguage": language, "defaultAudioLanguage": language} if language else {}),
        }
        status: dict[str, Json] = {
            "privacyStatus": options.privacy,
            "selfDeclaredMadeForKids": options.made_for_kids,
            "containsSyntheticMedia": options.synthetic,
        }
        if job.due is not None and job.due > datetime.now(UTC):
            status |= {"privacyStatus": "private", "publishAt": utc(job.due)}
        return {"snippet": snippet, "status": status}

    def begin(self, job: Job) -> State:
        reply = self.http.send("POST", self._insert_url, headers=self._insert_headers(job), json=self.resource(job))
        if reply.status != 200:
            raise failure(reply)
        address = reply.headers.get("location")
        if not address:
            raise Interrupted("YouTube gave no address for the upload")
        job.keep_address(address)
        return State("open", {"offset": 0, "begun": utc(datetime.now(UTC))})

    def probe(self, job: Job, state: State) -> State:
        if state.phase == "live":
            return state
        address = job.address
        if not address:
            return self._after_the_session(job, state)
        headers = {"Content-Range": f"bytes */{job.size}"}
        reply = self.http.read("PUT", address, headers=headers, content=b"", permitted=self._ours(address))
        if reply.status in _TAKEN:
            return self._live(reply, state)
        if reply.status == _MORE:
            return state.at("open", offset=_stored(reply))
        if reply.status in _GONE:
            return self._after_the_session(job, state)
        raise failure(reply)

    def commits(self, job: Job, state: State) -> bool:
        return int(state.data.get("offset", 0)) + self.options.chunk >= job.size

    def advance(self, job: Job, state: State) -> State:
        if state.phase == "live":
            return Extras(self.http, self.options, job).next(state)
        start = int(state.data["offset"])
        end = min(start + self.options.chunk, job.size)
        headers = {"Content-Range": f"bytes {start}-{end - 1}/{job.size}", "Content-Type": "video/*"}
        address = job.address
        reply = self.http.send(
            "PUT", address, headers=headers, content=job.part(start, end), permitted=self._ours(address)
        )
        if reply.status in _TAKEN:
            return self._live(reply, state)
        if reply.status == _MORE:
            stored = _stored(reply)
            if stored <= start:
                raise Interrupted(f"YouTube kept none of the bytes from {start} on")
            return state.at("open", offset=stored)
        if reply.status in _GONE:  # a clear answer: these bytes were not taken, and never will be
            return State()
        raise failure(reply)

    def _after_the_session(self, job: Job, state: State) -> State:
        """The session is over. Before its last bytes were sent that means: start again. After that: look for it."""
        if state.phase != "committing":
            return State()
        found = self._uploaded(job, state)
        if found:
            return self._posted(found, state)
        note = "the upload's session has ended, and the video is not among the channel's newest"
        return State("unknown", state.data, note=note)

    def _uploaded(self, job: Job, state: State) -> str:
        """The id of a video of this size and title that the channel got since this upload was begun; else empty."""
        try:
            channels = self._list("channels", part="contentDetails", mine="true")
            uploads = str(channels[0]["contentDetails"]["relatedPlaylists"]["uploads"]) if channels else ""
            newest = self._list("playlistItems", part="contentDetails", playlistId=uploads, maxResults="50")
            ids = ",".join(str(item["contentDetails"]["videoId"]) for item in newest)
            videos = self._list("videos", part="snippet,fileDetails", id=ids) if ids else []
        except (UploadRefused, LoginNeeded, Denied):  # a login that may upload but not read
            return ""
        begun = datetime.fromisoformat(str(state.data["begun"])) - timedelta(minutes=5)
        for video in videos:
            snippet, size = video["snippet"], video.get("fileDetails", {}).get("fileSize")
            same = snippet["title"] == self._title(job) and (size is None or int(size) == job.size)
            if same and datetime.fromisoformat(str(snippet["publishedAt"])) >= begun:
                return str(video["id"])
        return ""

    def _list(self, kind: str, **params: str) -> list[dict[str, Json]]:
        reply = self.http.read("GET", f"{self.options.base_url}/youtube/v3/{kind}", params=params)
        if reply.status != 200:
            raise failure(reply)
        items: list[dict[str, Json]] = reply.json.get("items", [])
        return items

    def _live(self, reply: Reply, state: State) -> State:
        video = str(reply.json.get("id", ""))
        if not video:
            raise Interrupted("YouTube took the video but did not say its name")
        return self._posted(video, state)

    def _posted(self, video: str, state: State) -> State:
        left = Extras.wanted(self.options)
        data = {**state.data, "video": video, "left": left}
        return State("live" if left else "done", data, place=f"https://youtu.be/{video}")

    @property
    def _insert_url(self) -> str:
        notify = str(self.options.notify).lower()
        query = f"uploadType=resumable&part=snippet,status&notifySubscribers={notify}"
        return f"{self.options.base_url}/upload/youtube/v3/videos?{query}"

    @staticmethod
    def _insert_headers(job: Job) -> dict[str, str]:
        return {"X-Upload-Content-Length": str(job.size), "X-Upload-Content-Type": "video/*"}

    def _ours(self, address: str) -> bool:
        """Whether the permission may go to an address that a reply named."""
        found = host(address)
        return found == host(self.options.base_url) or found.endswith(".googleapis.com")

    def _title(self, job: Job) -> str:
        return cut(_plain(job.words.fill(self.options.title)), self.limits.title or 0)

    def _tags(self, job: Job) -> list[str]:
        tags: list[str] = []
        left = _TAGS_TOGETHER
        for text in (*self.options.tags, *(tag.lstrip("#") for tag in job.words.hashtags)):
            tag = _plain(job.words.fill(text)).replace(",", " ").strip()
            left -= len(tag) + (2 if " " in tag else 0) + (1 if tags else 0)
            if tag and tag not in tags and left >= 0:
                tags.append(tag)
        return tags


def _plain(text: str) -> str:
    """YouTube takes no angle brackets, and no control characters."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", text.replace("<", "‹").replace(">", "›"))


def _stored(reply: Reply) -> int:
    """How many bytes the platform has: what its ``Range`` says, whatever was sent; none when it says nothing."""
    found = re.fullmatch(r"bytes=0-(\d+)", reply.headers.get("range", "").strip())
    return int(found[1]) + 1 if found else 0
