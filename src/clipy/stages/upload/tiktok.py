"""``upload = "tiktok"``: the Content Posting API, either directly to the profile or as a draft in the app's inbox.

Protocol: https://developers.tiktok.com/doc/content-posting-api-reference-direct-post and .../-media-transfer-guide.
The post exists as soon as the last byte has arrived. TikTok's guidelines shape the options: there is no default
privacy, and comments, duets and stitches are off unless turned on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from clipy.errors import UploadRefused
from clipy.stages.platform_limits import TIKTOK, PlatformLimits
from clipy.stages.upload.platforms.tiktok_errors import rejection_reason, upload_error
from clipy.stages.upload.publishing.http import Interrupted, Response
from clipy.stages.upload.publishing.job import UploadJob
from clipy.stages.upload.publishing.journal import UploadState
from clipy.stages.upload.publishing.oauth import OAuthProvider
from clipy.stages.upload.publishing.platform import Platform
from clipy.stages.upload.publishing.templates import truncate, utf16_length
from clipy.types import Json

_MAX_CHUNK = 64_000_000  # 64 MB, whether MB means 10**6 or 2**20
_MAX_PENDING_DRAFTS = 5  # unopened drafts in 24 hours


class TikTok(Platform):
    """Publish on TikTok, or send drafts to the app's inbox. Requires: clipy login tiktok."""

    class Options(Platform.Options):
        mode: Literal["inbox", "direct"] = Field("inbox", description="Draft to finish in the app, or direct post.")
        title: str = Field(
            "{title}\n\n{hashtags}", description="Template of the caption; truncated to 2200 UTF-16 code units."
        )
        privacy: Literal["", "PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY"] = Field(
            "", description="Who can see a direct post; TikTok requires a choice."
        )
        comments: bool = Field(False, description="Allow comments.")
        duets: bool = Field(False, description="Allow duets.")
        stitches: bool = Field(False, description="Allow stitches.")
        own_brand: bool = Field(False, description="Declare that it promotes your own business.")
        paid_partnership: bool = Field(False, description="Declare a paid partnership.")
        synthetic: bool = Field(False, description="Declare AI-generated content.")
        cover_at: float = Field(0, ge=0, description="Time of the cover frame, in seconds.")
        base_url: str = Field("https://open.tiktokapis.com", description="For tests: base URL of the API.")
        login_url: str = Field("https://www.tiktok.com", description="For tests: base URL of the login page.")

    options: Options
    limits: ClassVar[PlatformLimits] = TIKTOK

    def provider(self) -> OAuthProvider:
        scopes = ("user.info.basic", "video.publish" if self.options.mode == "direct" else "video.upload")
        return OAuthProvider(
            platform="tiktok",
            authorize_url=f"{self.options.login_url}/v2/auth/authorize/",
            token_url=f"{self.options.base_url}/v2/oauth/token/",
            revoke_url=f"{self.options.base_url}/v2/oauth/revoke/",
            scopes=scopes,
            scope_separator=",",
            client_field="client_key",
            challenge_encoding="hex",
            redirect_path="/callback/",
        )

    def problems(self, job: UploadJob) -> Iterator[str]:
        options = self.options
        if options.mode == "direct" and not options.privacy:
            yield "no privacy is set: --set upload.tiktok.privacy=SELF_ONLY, or PUBLIC_TO_EVERYONE"
        if options.paid_partnership and options.privacy == "SELF_ONLY":
            yield "a paid partnership cannot be private (SELF_ONLY)"

    def remaining_uploads(self, job: UploadJob) -> tuple[int, int] | None:
        found = super().remaining_uploads(job)
        if found is None or self.options.mode == "direct" or self.options.per_day:
            return found
        return max(0, _MAX_PENDING_DRAFTS - (found[1] - found[0])), _MAX_PENDING_DRAFTS

    def describe(self, job: UploadJob) -> list[Json]:
        ranges = [f"bytes {start}-{end - 1}/{job.size}" for start, end in chunk_ranges(job.size, chunk_size(job.size))]
        asked: list[Json] = []
        if self.options.mode == "direct":
            asked = [{"method": "POST", "url": self._url("creator_info/query/"), "json": {}}]
        return [
            *asked,
            {"method": "POST", "url": self._url(self._begin_path), "json": self.request(job)},
            {"method": "PUT", "url": "(the address that TikTok gives)", "ranges": ranges},
        ]

    def request(self, job: UploadJob) -> Json:
        """What begins a post: its words and who can see it (a draft has neither), and how the bytes will come."""
        options, size = self.options, job.size
        chunk = chunk_size(size)
        source = {
            "source": "FILE_UPLOAD",
            "video_size": size,
            "chunk_size": chunk,
            "total_chunk_count": len(chunk_ranges(size, chunk)),
        }
        if options.mode == "inbox":
            return {"source_info": source}
        post = {
            "title": truncate(job.texts.fill(options.title), self.limits.title or 0, utf16_length),
            "privacy_level": options.privacy,
            "disable_comment": not options.comments,
            "disable_duet": not options.duets,
            "disable_stitch": not options.stitches,
            "video_cover_timestamp_ms": round(options.cover_at * 1000),
            "brand_content_toggle": options.paid_partnership,
            "brand_organic_toggle": options.own_brand,
            "is_aigc": options.synthetic,
        }
        return {"post_info": post, "source_info": source}

    def begin(self, job: UploadJob) -> UploadState:
        creator = self._creator(job) if self.options.mode == "direct" else ""
        data = self._call(self._begin_path, self.request(job))
        job.save_upload_url(str(data["upload_url"]))
        return UploadState("open", {"offset": 0, "publish": str(data["publish_id"]), "creator": creator})

    def probe(self, job: UploadJob, state: UploadState) -> UploadState:
        try:
            data = self._call("status/fetch/", {"publish_id": state.data["publish"]}, repeat=True)
        except UploadRefused as error:
            if state.phase == "open":
                return UploadState()  # its bytes were never complete, so it cannot become public
            return UploadState("unknown", state.data, note=f"TikTok no longer knows the upload ({error.what})")
        status = str(data.get("status", ""))
        if status == "FAILED":
            return UploadState("refused", state.data, note=rejection_reason(str(data.get("fail_reason", ""))))
        if status == "SEND_TO_USER_INBOX":
            return UploadState("done", state.data, location="the inbox of the TikTok app: finish it there")
        if status == "PUBLISH_COMPLETE":
            return UploadState("done", state.data, location=_location(state, data))
        uploaded = int(data.get("uploaded_bytes") or 0)
        if status == "PROCESSING_UPLOAD" and uploaded < job.size:
            return state.with_phase("open", offset=uploaded) if job.upload_url else UploadState()
        return state.with_phase("committing", offset=job.size)

    def may_publish(self, job: UploadJob, state: UploadState) -> bool:
        return int(state.data["offset"]) < job.size and self._chunk(job, state)[1] == job.size

    def advance(self, job: UploadJob, state: UploadState) -> UploadState:
        if state.data["offset"] == job.size:
            job.wait("processing the video")
            return self.probe(job, state)
        start, end = self._chunk(job, state)
        headers = {"Content-Type": "video/mp4", "Content-Range": f"bytes {start}-{end - 1}/{job.size}"}
        response = self.http.send(
            "PUT", job.upload_url, headers=headers, content=job.slice(start, end), authorized=False
        )
        if response.status == 201:
            return state.with_phase("committing", offset=job.size)
        if response.status == 206:
            return state.with_phase("open", offset=end)
        if response.status == 416:
            raise Interrupted("TikTok has a different number of bytes than expected")
        if response.status in {403, 404}:
            raise UploadRefused(
                "TikTok's upload URL has expired (it is valid for an hour)",
                where=job.clip.path,
                do="Nothing was posted. Running again starts over, and counts as another upload of today",
            )
        raise UploadRefused(f"TikTok refused the bytes ({response.text})", where=job.clip.path)

    def _creator(self, job: UploadJob) -> str:
        """Check the creator's current permissions, as TikTok requires before each post; returns the user name."""
        data = self._call("creator_info/query/", {}, repeat=True)
        allowed = [str(level) for level in data.get("privacy_level_options", [])]
        if self.options.privacy not in allowed:
            raise UploadRefused(
                f"TikTok does not allow {self.options.privacy} on this account",
                do=f"Choose one of: {', '.join(allowed)}",
            )
        longest = data.get("max_video_post_duration_sec")
        if longest and job.media_info.duration > int(longest):
            raise UploadRefused(
                f"this account may post {longest} s at most; the clip has {float(job.media_info.duration):.0f} s",
                where=job.clip.path,
                do="Make shorter clips: --set highlight.max_duration=…",
            )
        for wanted, field in (("comments", "comment"), ("duets", "duet"), ("stitches", "stitch")):
            if getattr(self.options, wanted) and data.get(f"{field}_disabled"):
                raise UploadRefused(f"{wanted} are turned off for this account", do=f"Set upload.tiktok.{wanted}=false")
        job.report(f"posting as {data.get('creator_nickname', '')}")
        return str(data.get("creator_username", ""))

    def _call(self, path: str, body: Json, *, repeat: bool = False) -> dict[str, Json]:
        """Call the API. Errors may come with status 200: only the code ``ok`` means success."""
        send = self.http.query if repeat else self.http.send
        response: Response = send("POST", self._url(path), json=body)
        if _code(response) == "access_token_invalid" and self.credentials.refresh():
            response = send("POST", self._url(path), json=body)
        if _code(response) != "ok":
            raise upload_error(_code(response), response)
        data = response.json.get("data")
        return data if isinstance(data, dict) else {}

    def _url(self, path: str) -> str:
        return f"{self.options.base_url}/v2/post/publish/{path}"

    @property
    def _begin_path(self) -> str:
        return "video/init/" if self.options.mode == "direct" else "inbox/video/init/"

    @staticmethod
    def _chunk(job: UploadJob, state: UploadState) -> tuple[int, int]:
        offset = int(state.data["offset"])
        end = next(end for _, end in chunk_ranges(job.size, chunk_size(job.size)) if end > offset)
        return offset, end


def chunk_size(size: int) -> int:
    """The chunk size of a file: a single chunk up to 64 MB, several above, of 5 MB at least."""
    if size <= _MAX_CHUNK:
        return size
    return _MAX_CHUNK if size >= 2 * _MAX_CHUNK else size // 2


def chunk_ranges(size: int, chunk: int) -> list[tuple[int, int]]:
    """Half-open byte ranges of whole chunks; the last one includes the rest, and can be almost twice as large."""
    count = max(1, size // chunk)
    return [(index * chunk, size if index == count - 1 else (index + 1) * chunk) for index in range(count)]


def _code(response: Response) -> str:
    error = response.json.get("error")
    if isinstance(error, dict):
        return str(error.get("code", ""))
    return str(error or f"status {response.status}")


def _location(state: UploadState, data: dict[str, Json]) -> str:
    profile = f"https://www.tiktok.com/@{state.data.get('creator', '')}"
    ids = data.get("publicaly_available_post_id") or data.get("publicly_available_post_id") or []  # TikTok's spelling
    return f"{profile}/video/{ids[0]}" if ids else profile
