"""Extras of an uploaded YouTube video: captions, playlist, processing status and thumbnail.

Each checks first whether it is there already, so that repeating it after a broken connection adds nothing twice.
"""

from __future__ import annotations

import json
import logging
import secrets
from dataclasses import dataclass
from typing import Protocol

from clipy.analysis.subtitles import writer as subtitles
from clipy.errors import UploadError, UploadRefused
from clipy.stages.upload.platforms.youtube_errors import rejection_reason, upload_error
from clipy.stages.upload.publishing.http import HttpClient
from clipy.stages.upload.publishing.job import UploadJob
from clipy.stages.upload.publishing.journal import UploadState
from clipy.stages.upload.publishing.thumbnail import thumbnail
from clipy.types import Json

log = logging.getLogger(__name__)

_TRACK_NAME = "clipy"  # of the captions track, by which it is recognized
_BOUNDARY_BYTES = 16


class ExtrasOptions(Protocol):
    """The options for extras."""

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
    """Adds the extras of one video, one per step."""

    http: HttpClient
    options: ExtrasOptions
    job: UploadJob

    @staticmethod
    def wanted(options: ExtrasOptions) -> list[str]:
        """The enabled extras in order: a Short accepts a thumbnail only after processing."""
        asked = {
            "captions": options.captions,
            "playlist": bool(options.playlist),
            "processing": options.processing or options.thumbnail,
            "thumbnail": options.thumbnail,
        }
        return [name for name, want in asked.items() if want]

    def next(self, state: UploadState) -> UploadState:
        """Add the next extra. One that YouTube refuses is skipped with a warning: the video itself is there."""
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
            log.warning("%s is on YouTube, but adding its %s failed: %s", self.job.clip.name, name, error)
            finished = True
        left = left if finished else [name, *left]
        return state.with_phase("live" if left else "done", left=left)

    def _captions(self, video: str) -> bool:
        edit = self.job.clip.edit
        if edit is None or not edit.words:
            log.warning("%s has no words; no captions track is added.", self.job.clip.name)
            return True
        tracks = self._get("captions", part="snippet", videoId=video)
        if any(track["snippet"].get("name") == _TRACK_NAME for track in tracks):
            return True
        snippet = {"videoId": video, "language": edit.language or "und", "name": _TRACK_NAME}
        self._related("captions", snippet, subtitles.srt(edit.clip_words()).encode())
        return True

    def _playlist(self, video: str) -> bool:
        playlist = self.options.playlist
        if self._get("playlistItems", part="id", playlistId=playlist, videoId=video):
            return True
        resource = {"kind": "youtube#video", "videoId": video}
        url = f"{self.options.base_url}/youtube/v3/playlistItems?part=snippet"
        response = self.http.send("POST", url, json={"snippet": {"playlistId": playlist, "resourceId": resource}})
        if response.status != 200:
            raise upload_error(response)
        return True

    def _processing(self, video: str) -> bool:
        found = self._get("videos", part="status", id=video)
        status = found[0]["status"] if found else {"uploadStatus": "deleted"}
        reason = rejection_reason(status)
        if reason:
            raise UploadRefused(f"YouTube will not show it: {reason}", do="Check it in YouTube Studio")
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
        response = self.http.send("POST", url, headers={"Content-Type": "image/jpeg"}, content=thumbnail(self.job.clip))
        if response.status != 200:
            raise upload_error(response)
        return True

    def _get(self, kind: str, **params: str) -> list[dict[str, Json]]:
        response = self.http.query("GET", f"{self.options.base_url}/youtube/v3/{kind}", params=params)
        if response.status != 200:
            raise upload_error(response)
        items: list[dict[str, Json]] = response.json.get("items", [])
        return items

    def _related(self, kind: str, snippet: Json, data: bytes) -> None:
        """Upload a resource and its bytes in one request (multipart/related)."""
        mark = secrets.token_hex(_BOUNDARY_BYTES)
        head = (
            f"--{mark}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{json.dumps({'snippet': snippet})}\r\n"
        )
        media = f"--{mark}\r\nContent-Type: application/octet-stream\r\n\r\n"
        body = head.encode() + media.encode() + data + f"\r\n--{mark}--\r\n".encode()
        url = f"{self.options.base_url}/upload/youtube/v3/{kind}?uploadType=multipart&part=snippet"
        response = self.http.send(
            "POST", url, headers={"Content-Type": f"multipart/related; boundary={mark}"}, content=body
        )
        if response.status != 200:
            raise upload_error(response)
