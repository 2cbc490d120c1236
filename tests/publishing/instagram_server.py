"""Instagram's containers, resumable bytes and publishing as documented, with every rule checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.publishing.server import Answer, Asked, LocalServer, Wrong, answer

USER = "17841400000000000"


def refusal(code: int, detail: int = 0, message: str = "no", *, transient: bool = False, status: int = 400) -> Wrong:
    error = {"message": message, "type": "OAuthException", "code": code, "error_subcode": detail}
    return Wrong(answer(status, {"error": {**error, "is_transient": transient, "fbtrace_id": "x"}}))


@dataclass
class Container:
    request: dict[str, str]
    data: bytearray = field(default_factory=bytearray)
    total: int = -1
    polls: int = 0
    status: str = "IN_PROGRESS"


class InstagramServer(LocalServer):
    def reset(self) -> None:
        super().reset()
        self.tokens = {"token-that-is-good-1"}
        self.containers: dict[str, Container] = {}
        self.media: list[dict[str, Any]] = []
        self.polls = 1
        self.used = 0
        self.names_address = True
        self.transfer_field = "bytes_transferred"
        self.ends = "FINISHED"

    def handle(self, asked: Asked) -> Answer:
        if asked.path.startswith("/ig-api-upload/"):
            return self._bytes(asked)
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            raise refusal(190, message="Error validating access token", status=401)
        if asked.fault == "transient":
            raise refusal(2, transient=True, status=400)
        _, version, *rest = asked.path.split("/")
        assert version == "v25.0"
        if asked.method == "POST":
            return self._write(asked, rest)
        return self._read(asked, rest)

    def _write(self, asked: Asked, path: list[str]) -> Answer:
        if path == [USER, "media"]:
            return self._begin(asked)
        if path == [USER, "media_publish"]:
            return self._publish(asked)
        raise refusal(100)

    def _read(self, asked: Asked, path: list[str]) -> Answer:
        if path == ["me", "accounts"]:
            return answer(200, {"data": [{"instagram_business_account": {"id": USER, "username": "bees"}}, {}]})
        if path == [USER, "content_publishing_limit"]:
            config = {"quota_total": 50, "quota_duration": 86400}
            return answer(200, {"data": [{"quota_usage": self.used, "config": config}]})
        if path == [USER, "media"]:
            return answer(200, {"data": self.media})
        if path[0] in self.containers:
            return self._container(asked, self.containers[path[0]])
        found = [item for item in self.media if item["id"] == path[0]]
        if found:
            return answer(200, found[0])
        raise refusal(24, 2207006, "The requested resource does not exist")

    def _begin(self, asked: Asked) -> Answer:
        form = asked.form
        if form["media_type"] != "REELS" or form["upload_type"] != "resumable" or len(form["caption"]) > 2200:
            raise refusal(100)
        name = f"1790000000000{len(self.containers)}"
        self.containers[name] = Container(form)
        address = {"uri": f"{self.url}/ig-api-upload/v25.0/{name}"} if self.names_address else {}
        return answer(200, {"id": name, **address})

    def _bytes(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization", "").removeprefix("OAuth ") not in self.tokens:
            raise refusal(190, status=401)
        container = self.containers.get(asked.path.rpartition("/")[2])
        if container is None or asked.fault == "no bytes":
            trouble = {"retriable": container is not None, "type": "ProcessingFailedError", "message": "Request failed"}
            return answer(400, {"debug_info": trouble})
        offset, total = int(asked.headers["offset"]), int(asked.headers["file_size"])
        if offset != len(container.data) or offset + int(asked.headers["content-length"]) != total:
            trouble = {"retriable": False, "type": "OffsetInvalidError", "message": "Offset is wrong"}
            return answer(400, {"debug_info": trouble})
        container.data += asked.body
        if len(container.data) == total:
            container.total, container.polls = total, self.polls
        return answer(200, {"success": True, "message": "Upload successful."})

    def _container(self, asked: Asked, container: Container) -> Answer:
        if asked.fault == "forget":
            raise refusal(24, 2207006, "The requested resource does not exist")
        if asked.fault == "expire" and container.status != "PUBLISHED":
            container.status = "EXPIRED"
        if container.total >= 0 and container.status == "IN_PROGRESS":
            container.polls -= 1
            container.status = self.ends if container.polls < 0 else "IN_PROGRESS"
        phase = {"status": "in_progress", self.transfer_field: len(container.data)}
        document = {"status_code": container.status, "status": "about it", "video_status": {"uploading_phase": phase}}
        return answer(200, document)

    def _publish(self, asked: Asked) -> Answer:
        container = self.containers[asked.form["creation_id"]]
        if asked.fault == "not ready" or container.status == "IN_PROGRESS":
            raise refusal(9007, 2207027, "The media is not ready for publishing")
        if container.status != "FINISHED":
            raise refusal(24, 2207008, "The container cannot be published")
        container.status = "PUBLISHED"
        self.posts.append(bytes(container.data))
        made = {
            "id": f"1800{len(self.media)}",
            "permalink": f"https://www.instagram.com/reel/{len(self.media)}/",
            "caption": container.request["caption"],
            "timestamp": (datetime.now(UTC) + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%S+0000"),
        }
        self.media.insert(0, made)
        return answer(200, {"id": made["id"]})
