"""YouTube's resumable upload as documented, with every rule checked."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.publishing.server import Answer, Asked, LocalServer, Wrong, answer

GRAIN = 262_144


def refusal(status: int, reason: str, message: str = "") -> Wrong:
    details = {"domain": "youtube", "reason": reason, "message": message or reason}
    return Wrong(answer(status, {"error": {"code": status, "message": message or reason, "errors": [details]}}))


@dataclass
class Session:
    total: int
    resource: dict[str, Any]
    data: bytearray = field(default_factory=bytearray)
    video: str = ""


class YouTubeServer(LocalServer):
    def reset(self) -> None:
        super().reset()
        self.tokens = {"token-that-is-good-1"}
        self.sessions: dict[str, Session] = {}
        self.videos: dict[str, dict[str, Any]] = {}
        self.captions: list[dict[str, Any]] = []
        self.playlist: list[str] = []
        self.thumbnails: dict[str, bytes] = {}
        self.status: dict[str, str] = {"uploadStatus": "processed"}
        self.polls = 0  # how often a video is still being processed
        self.may_read = True
        self.refuse: tuple[int, str] | None = None  # what insert answers

    def handle(self, asked: Asked) -> Answer:
        path = asked.path
        if asked.fault == "unauthorised":
            raise refusal(401, "authError")
        if path == "/upload/youtube/v3/videos" and asked.method == "POST":
            return self._insert(asked)
        if path == "/upload/youtube/v3/videos" and asked.method == "PUT":
            return self._bytes(asked)
        self._permitted(asked)
        if path.startswith("/youtube/v3/") and asked.method == "GET":
            return self._read(asked)
        if path == "/youtube/v3/playlistItems" and asked.method == "POST":
            self.playlist.append(asked.json["snippet"]["resourceId"]["videoId"])
            return answer(200, {"id": "item"})
        if path == "/upload/youtube/v3/captions":
            return self._caption(asked)
        if path == "/upload/youtube/v3/thumbnails/set":
            assert asked.headers["content-type"] == "image/jpeg"
            self.thumbnails[asked.query["videoId"]] = asked.body
            return answer(200, {"items": []})
        raise refusal(404, "notFound")

    def _permitted(self, asked: Asked) -> None:
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            raise refusal(401, "authError")

    def _insert(self, asked: Asked) -> Answer:
        self._permitted(asked)
        if self.refuse:
            raise refusal(*self.refuse)
        if asked.query.get("uploadType") != "resumable" or asked.query.get("part") != "snippet,status":
            raise refusal(400, "badRequest")
        if not asked.headers["content-type"].startswith("application/json"):
            raise refusal(400, "badRequest")
        resource = asked.json
        snippet, status = resource["snippet"], resource["status"]
        if not 0 < len(snippet["title"]) <= 100 or re.search("[<>]", snippet["title"]):
            raise refusal(400, "invalidTitle")
        if len(snippet["description"].encode()) > 5000 or re.search("[<>]", snippet["description"]):
            raise refusal(400, "invalidDescription")
        tags = snippet.get("tags", [])
        if len(",".join(f'"{tag}"' if " " in tag else tag for tag in tags)) > 500:
            raise refusal(400, "invalidTags")
        if status["privacyStatus"] not in {"private", "unlisted", "public"}:
            raise refusal(400, "invalidVideoMetadata")
        if "publishAt" in status and status["privacyStatus"] != "private":
            raise refusal(400, "invalidPublishAt")
        name = secrets.token_urlsafe(16)
        self.sessions[name] = Session(int(asked.headers["x-upload-content-length"]), resource)
        return answer(200, Location=f"{self.url}{asked.path}?uploadType=resumable&upload_id={name}")

    def _bytes(self, asked: Asked) -> Answer:
        if asked.fault == "expire":
            self.sessions.pop(asked.query["upload_id"], None)
        session = self.sessions.get(asked.query["upload_id"])
        if session is None:
            return answer(404)
        found = re.fullmatch(r"bytes (?:(\d+)-(\d+)|\*)/(\d+)", asked.headers["content-range"])
        if not found or int(found[3]) != session.total:
            return answer(400)
        if found[1] is None:
            return self._progress(session)
        start, end = int(found[1]), int(found[2]) + 1
        whole = int(asked.headers["content-length"])
        last = end == session.total
        if end - start != whole or end > session.total or (whole % GRAIN and not last):
            return answer(400)
        if session.video or start != len(session.data):
            return self._progress(session)
        keep = asked.body
        if asked.fault == "short":
            keep = keep[: len(keep) // 2]
        if asked.fault == "no range":
            return answer(308)
        session.data += keep
        return self._progress(session)

    def _progress(self, session: Session) -> Answer:
        if len(session.data) < session.total:
            stored = {"Range": f"bytes=0-{len(session.data) - 1}"} if session.data else {}
            return answer(308, **stored)
        if not session.video:
            session.video = f"video{len(self.videos)}"
            self.posts.append(bytes(session.data))
            published = (datetime.now(UTC) + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
            self.videos[session.video] = {
                "id": session.video,
                "snippet": {**session.resource["snippet"], "publishedAt": published},
                "fileDetails": {"fileSize": str(session.total)},
                "sent": session.resource,
            }
            return answer(201, self.videos[session.video])
        return answer(200, self.videos[session.video])

    def _read(self, asked: Asked) -> Answer:
        kind = asked.path.removeprefix("/youtube/v3/")
        if not self.may_read:
            raise refusal(403, "insufficientPermissions")
        items: list[dict[str, Any]] = []
        if kind == "channels":
            items = [{"contentDetails": {"relatedPlaylists": {"uploads": "uploads"}}}]
        elif kind == "playlistItems" and asked.query["playlistId"] == "uploads":
            items = [{"contentDetails": {"videoId": name}} for name in self.videos]
        elif kind == "playlistItems":
            items = [{"id": name} for name in self.playlist if name == asked.query["videoId"]]
        elif kind == "captions":
            items = self.captions
        elif kind == "videos":
            self.polls -= 1
            status = {"uploadStatus": "uploaded"} if self.polls >= 0 else self.status
            names = asked.query["id"].split(",")
            items = [{**self.videos[name], "status": status} for name in names if name in self.videos]
        return answer(200, {"items": items})

    def _caption(self, asked: Asked) -> Answer:
        found = re.fullmatch(r"multipart/related; boundary=(\w+)", asked.headers["content-type"])
        assert found
        pieces = asked.body.split(f"--{found[1]}".encode())
        assert len(pieces) == 4
        assert pieces[3] == b"--\r\n"
        assert b"-->" in pieces[2]
        name = "clipy" if b'"name": "clipy"' in pieces[1] else "other"
        self.captions.append({"snippet": {"name": name}, "text": pieces[2].partition(b"\r\n\r\n")[2].decode()})
        return answer(200, {"id": "caption"})
