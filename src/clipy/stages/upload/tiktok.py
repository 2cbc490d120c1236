"""TikTok: the Content Posting API, either straight to the profile or into the app's inbox, to be finished there.

Protocol: https://developers.tiktok.com/doc/content-posting-api-reference-direct-post and .../-media-transfer-guide.
The post is made from the moment in which the last byte arrives. TikTok's rules shape the options: there is no default
privacy, and comments, duets and stitches are off until somebody turns them on.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import ClassVar, Literal

from pydantic import Field

from clipy.errors import UploadRefused
from clipy.stages.upload.platforms.tiktok_errors import failure, rejection
from clipy.stages.upload.publishing.http import Interrupted, Reply
from clipy.stages.upload.publishing.job import Job
from clipy.stages.upload.publishing.journal import State
from clipy.stages.upload.publishing.limits import Limits
from clipy.stages.upload.publishing.oauth import Provider
from clipy.stages.upload.publishing.platform import Platform
from clipy.stages.upload.publishing.words import cut, utf16
from clipy.types import Json

_CHUNK = 64_000_000  # at most 64 MB, whether MB means 10**6 or 2**20
_INBOX_PENDING = 5  # drafts that nobody has opened yet, in 24 hours


class TikTok(Platform):
    """Publish on TikTok, or send to the inbox of the app. Needs: clipy login tiktok."""

    class Options(Platform.Options):
        mode: Literal["inbox", "direct"] = Field("inbox", description="Finish in the app, or post at once.")
        title: str = Field("{title}\n\n{hashtags}", description="Template; at most 2200 UTF-16 units are sent.")
        privacy: Literal["", "PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY"] = Field(
            "", description="Who can see a direct post; TikTok wants you to choose."
        )
        comments: bool = Field(False, description="Allow comments.")
        duets: bool = Field(False, description="Allow duets.")
        stitches: bool = Field(False, description="Allow stitches.")
        own_brand: bool = Field(False, description="Declare that it promotes your own business.")
        paid_partnership: bool = Field(False, description="Declare that somebody else pays for it.")
        synthetic: bool = Field(False, description="Declare that it was made by AI.")
        cover_at: float = Field(0, ge=0, description="Second of the clip that becomes its cover.")
        base_url: str = Field("https://open.tiktokapis.com", description="For tests: where the API is.")
        login_url: str = Field("https://www.tiktok.com", description="For tests: where people log in.")

    options: Options
    limits: ClassVar[Limits] = Limits(
        checked=date(2026, 11, 23),
        source="https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide",
        video_codecs=("h264", "hevc", "vp8", "vp9"),
        most_bytes=4 * 10**9,
        longest=Fraction(600),
        frame_rates=(23, 60),
        sides=(360, 4096),
        title=2200,
        per_day=15,
    )

    def provider(self) -> Provider:
        scopes = ("user.info.basic", "video.publish" if self.options.mode == "direct" else "video.upload")
        return Provider(
            platform="tiktok",
            authorize_url=f"{self.options.login_url}/v2/auth/authorize/",
            token_url=f"{self.options.base_url}/v2/oauth/token/",
            revoke_url=f"{self.options.base_url}/v2/oauth/revoke/",
            scopes=scopes,
            scope_separator=",",
            client_field="client_key",
            challenge="hex",
            redirect_path="/callback/",
        )

    def problems(self, job: Job) -> Iterator[str]:
        options = self.options
        if options.mode == "direct" and not options.privacy:
            yield "nobody chose who can see it: --set upload.tiktok.privacy=SELF_ONLY, or PUBLIC_TO_EVERYONE"
        if options.paid_partnership and options.privacy == "SELF_ONLY":
            yield "a paid partnership cannot be for yourself only"

    def left_today(self, job: Job) -> tuple[int, int] | None:
        found = super().left_today(job)
        if found is None or self.options.mode == "direct" or self.options.per_day:
            return found
        return max(0, _INBOX_PENDING - (found[1] - found[0])), _INBOX_PENDING

    def describe(self, job: Job) -> list[Json]:
        ranges = [f"bytes {start}-{end - 1}/{job.size}" for start, end in plan(job.size, chunk_for(job.size))]
        asked: list[Json] = []
        if self.options.mode == "direct":
            asked = [{"method": "POST", "url": self._url("creator_info/query/"), "json": {}}]
        return [
            *asked,
            {"method": "POST", "url": self._url(self._begin_path), "json": self.request(job)},
            {"method": "PUT", "url": "(the address that TikTok gives)", "ranges": ranges},
        ]

    def request(self, job: Job) -> Json:
        """What begins a post: its words and who can see it (a draft has neither), and how the bytes will come."""
        options, size = self.options, job.size
        chunk = chunk_for(size)
        source = {
            "source": "FILE_UPLOAD",
            "video_size": size,
            "chunk_size": chunk,
            "total_chunk_count": len(plan(size, chunk)),
        }
        if options.mode == "inbox":
            return {"source_info": source}
        post = {
            "title": cut(job.words.fill(options.title), self.limits.title or 0, utf16),
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

    def begin(self, job: Job) -> State:
        creator = self._creator(job) if self.options.mode == "direct" else ""
        data = self._call(self._begin_path, self.request(job))
        job.keep_address(str(data["upload_url"]))
        return State("open", {"offset": 0, "publish": str(data["publish_id"]), "creator": creator})

    def probe(self, job: Job, state: State) -> State:
        try:
            data = self._call("status/fetch/", {"publish_id": state.data["publish"]}, repeat=True)
        except UploadRefused as error:
            if state.phase == "open":
                return State()  # its bytes were never complete, so nothing can come of it
            return State("unknown", state.data, note=f"TikTok does not know the upload any more ({error.what})")
        status = str(data.get("status", ""))
        if status == "FAILED":
            return State("refused", state.data, note=rejection(str(data.get("fail_reason", ""))))
        if status == "SEND_TO_USER_INBOX":
            return State("done", state.data, place="the inbox of the TikTok app: finish it there")
        if status == "PUBLISH_COMPLETE":
            return State("done", state.data, place=_place(state, data))
        uploaded = int(data.get("uploaded_bytes") or 0)
        if status == "PROCESSING_UPLOAD" and uploaded < job.size:
            return state.at("open", offset=uploaded) if job.address else State()
        return state.at("committing", offset=job.size)

    def commits(self, job: Job, state: State) -> bool:
        return int(state.data["offset"]) < job.size and self._chunk(job, state)[1] == job.size

    def advance(self, job: Job, state: State) -> State:
        if state.data["offset"] == job.size:
            job.wait("working on the video")
            return self.probe(job, state)
        start, end = self._chunk(job, state)
        headers = {"Content-Type": "video/mp4", "Content-Range": f"bytes {start}-{end - 1}/{job.size}"}
        reply = self.http.send("PUT", job.address, headers=headers, content=job.part(start, end), permitted=False)
        if reply.status == 201:
            return state.at("committing", offset=job.size)
        if reply.status == 206:
            return state.at("open", offset=end)
        if reply.status == 416:
            raise Interrupted("TikTok has other bytes than were thought")
        if reply.status in {403, 404}:
            raise UploadRefused(
                "TikTok's address for the bytes is over (it holds for an hour)",
                where=job.clip.path,
                do="Nothing was posted. Running again starts over, and counts as one more upload of today",
            )
        raise UploadRefused(f"TikTok does not take the bytes ({reply.text})", where=job.clip.path)

    def _creator(self, job: Job) -> str:
        """Ask what the creator may do right now, as TikTok wants before each post; the name for the post's address."""
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
                f"this account may post {longest} s at most, the clip has {float(job.media_info.duration):.0f} s",
                where=job.clip.path,
                do="Make shorter clips: --set highlight.max_duration=…",
            )
        for wanted, field in (("comments", "comment"), ("duets", "duet"), ("stitches", "stitch")):
            if getattr(self.options, wanted) and data.get(f"{field}_disabled"):
                raise UploadRefused(f"{wanted} are turned off for this account", do=f"Set upload.tiktok.{wanted}=false")
        job.say(f"posting as {data.get('creator_nickname', '')}")
        return str(data.get("creator_username", ""))

    def _call(self, path: str, body: Json, *, repeat: bool = False) -> dict[str, Json]:
        """One call of the API. Its errors may come with status 200: only the code ``ok`` is a success."""
        made = self.http.read if repeat else self.http.send
        reply: Reply = made("POST", self._url(path), json=body)
        if _code(reply) == "access_token_invalid" and self.permission.renew():
            reply = made("POST", self._url(path), json=body)
        if _code(reply) != "ok":
            raise failure(_code(reply), reply)
        data = reply.json.get("data")
        return data if isinstance(data, dict) else {}

    def _url(self, path: str) -> str:
        return f"{self.options.base_url}/v2/post/publish/{path}"

    @property
    def _begin_path(self) -> str:
        return "video/init/" if self.options.mode == "direct" else "inbox/video/init/"

    @staticmethod
    def _chunk(job: Job, state: State) -> tuple[int, int]:
        offset = int(state.data["offset"])
        end = next(end for _, end in plan(job.size, chunk_for(job.size)) if end > offset)
        return offset, end


def chunk_for(size: int) -> int:
    """How large the chunks of a file are: up to 64 MB it is one, above it is several, each of 5 MB at least."""
    if size <= _CHUNK:
        return size
    return _CHUNK if size >= 2 * _CHUNK else size // 2


def plan(size: int, chunk: int) -> list[tuple[int, int]]:
    """Half-open ranges of bytes: as many as fit whole, the rest goes with the last (so it may be almost twice)."""
    count = max(1, size // chunk)
    return [(index * chunk, size if index == count - 1 else (index + 1) * chunk) for index in range(count)]


def _code(reply: Reply) -> str:
    error = reply.json.get("error")
    if isinstance(error, dict):
        return str(error.get("code", ""))
    return str(error or f"status {reply.status}")


def _place(state: State, data: dict[str, Json]) -> str:
    profile = f"https://www.tiktok.com/@{state.data.get('creator', '')}"
    ids = data.get("publicaly_available_post_id") or data.get("publicly_available_post_id") or []  # TikTok's spelling
    return f"{profile}/video/{ids[0]}" if ids else profile
