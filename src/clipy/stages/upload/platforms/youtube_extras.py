"""What belongs to a video on YouTube once it is there: captions, playlist, thumbnail, and YouTube's own verdict.

Each is asked for before it is sent, so that doing it again after a broken connection adds nothing twice.
"""

from __future__ import annotations

import json
import logging
import secrets
from dataclasses import dataclass
from typing import Protocol

from clipy.analysis.subtitles import writer as subtitles
from clipy.errors import UploadError, UploadRefused
from clipy.stages.upload.platforms.youtube_errors import failure, rejection
from clipy.stages.upload.publishing.http import Http
from clipy.stages.upload.publishing.job import Job
from clipy.stages.upload.publishing.journal import State
from clipy.stages.upload.publishing.thumbnail import thumbnail
from clipy.types import Json

log = logging.getLogger(__name__)

_TRACK = "clipy"  # the captions track's name, by which it is found again
_BOUNDARY_BYTES = 16


class Wanted(Protocol):
    """The options that ask for extras."""

    @property
    def captions(self) -> bool: ...
    @property
    def playlist(self) -> str: ...
    @property
    def processing(self) -> bool: ...
    @property
    def thumbnail(self) -> bool: ...
    @property
    def base_url(self) -> str: ...


@dataclass(frozen=True)
class Extras:
    """Works through what is left for one video, one thing at a time."""

    http: Http
    options: Wanted
    job: Job

    @staticmethod
    def wanted(options: Wanted) -> list[str]:
        """What is to be done, in order: a Short takes a thumbnail only after it was processed."""
        asked = {
            "captions": options.captions,
            "playlist": bool(options.playlist),
            "processing": options.processing or options.thumbnail,
            "thumbnail": options.thumbnail,
        }
        return [name for name, want in asked.items() if want]

    def next(self, state: State) -> State:
        """Do the next thing. One that YouTube refuses is left out, with a warning: the video itself is there."""
        name, *left = state.data["left"]
        video = str(state.data["video"])
        steps = {
            "captions": self._captions,
            "playlist": self._playlist,
            "processing": self._processing,
            "thumbnail": self._thumbnail,
        }
        try:
            finished = steps[name](video)
        except UploadRefused as error:
            log.warning("%s is on YouTube, but its %s failed: %s", self.job.clip.name, name, error)
            finished = True
        left = left if finished else [name, *left]
        return state.at("live" if left else "done", left=left)

    def _captions(self, video: str) -> bool:
        edit = self.job.clip.edit
        if edit is None or not edit.words:
            log.warning("%s has no words for a captions track", self.job.clip.name)
            return True
        tracks = self._get("captions", part="snippet", videoId=video)
        if any(track["snippet"].get("name") == _TRACK for track in tracks):
            return True
        snippet = {"videoId": video, "language": edit.language or "und", "name": _TRACK}
        self._related("captions", snippet, subtitles.srt(edit.clip_words()).encode())
        return True

    def _playlist(self, video: str) -> bool:
        playlist = self.options.playlist
        if self._get("playlistItems", part="id", playlistId=playlist, videoId=video):
            return True
        resource = {"kind": "youtube#video", "videoId": video}
        url = f"{self.options.base_url}/youtube/v3/playlistItems?part=snippet"
        reply = self.http.send("POST", url, json={"snippet": {"playlistId": playlist, "resourceId": resource}})
        if reply.status != 200:
            raise failure(reply)
        return True

    def _processing(self, video: str) -> bool:
        found = self._get("videos", part="status", id=video)
        status = found[0]["status"] if found else {"uploadStatus": "deleted"}
        why = rejection(status)
        if why:
            raise UploadRefused(f"YouTube will not show it: {why}", do="Look at it in YouTube Studio")
        if status.get("uploadStatus") == "processed":
            return True
        try:
            self.job.wait("processing the video")
        except UploadError as error:
            log.warning("%s: %s", self.job.clip.name, error.what)
            return True
        return False

    def _thumbnail(self, video: str) -> bool:
        url = f"{self.options.base_url}/upload/youtube/v3/thumbnails/set?videoId={video}"
        reply = self.http.send("POST", url, headers={"Content-Type": "image/jpeg"}, content=thumbnail(self.job.clip))
        if reply.status != 200:
            raise failure(reply)
        return True

    def _get(self, kind: str, **params: str) -> list[dict[str, Json]]:
        reply = self.http.read("GET", f"{self.options.base_url}/youtube/v3/{kind}", params=params)
        if reply.status != 200:
            raise failure(reply)
        items: list[dict[str, Json]] = reply.json.get("items", [])
        return items

    def _related(self, kind: str, snippet: Json, data: bytes) -> None:
        """An upload of a resource and its bytes in one request (multipart/related)."""
        mark = secrets.token_hex(_BOUNDARY_BYTES)
        head = (
            f"--{mark}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{json.dumps({'snippet': snippet})}\r\n"
        )
        media = f"--{mark}\r\nContent-Type: application/octet-stream\r\n\r\n"
        body = head.encode() + media.encode() + data + f"\r\n--{mark}--\r\n".encode()
        url = f"{self.options.base_url}/upload/youtube/v3/{kind}?uploadType=multipart&part=snippet"
        reply = self.http.send(
            "POST", url, headers={"Content-Type": f"multipart/related; boundary={mark}"}, content=body
        )
        if reply.status != 200:
            raise failure(reply)
