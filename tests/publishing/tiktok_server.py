"""TikTok's Content Posting API as documented, with every rule checked. ``megabyte`` makes small files follow them."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from typing import Any

from tests.publishing.server import Answer, Asked, LocalServer, Wrong, answer

OK = {"code": "ok", "message": "", "log_id": "1"}


def refusal(status: int, code: str) -> Wrong:
    return Wrong(answer(status, {"data": {}, "error": {"code": code, "message": f"about {code}", "log_id": "1"}}))


@dataclass
class Upload:
    size: int
    chunk: int
    count: int
    request: dict[str, Any]
    inbox: bool
    data: bytearray = field(default_factory=bytearray)
    polls: int = 0


class TikTokServer(LocalServer):
    def reset(self) -> None:
        super().reset()
        self.megabyte = 1_000_000
        self.tokens = {"token-that-is-good-1"}
        self.uploads: dict[str, Upload] = {}
        self.addresses: dict[str, str] = {}
        self.polls = 1  # how often a post is still being worked on
        self.fails = ""
        self.names_post = True
        self.creator: dict[str, Any] = {
            "creator_username": "bees",
            "creator_nickname": "The Bees",
            "privacy_level_options": ["PUBLIC_TO_EVERYONE", "SELF_ONLY"],
            "comment_disabled": False,
            "duet_disabled": True,
            "stitch_disabled": False,
            "max_video_post_duration_sec": 300,
        }

    def handle(self, asked: Asked) -> Answer:
        if asked.path == "/video/":
            return self._bytes(asked)
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            raise refusal(401, "access_token_invalid")
        if asked.fault == "token with 200":
            raise refusal(200, "access_token_invalid")
        if asked.fault == "error with 200":
            raise refusal(200, "internal_error")
        if not asked.headers["content-type"].startswith("application/json"):
            raise refusal(400, "invalid_param")
        calls = {
            "creator_info/query/": lambda: answer(200, {"data": self.creator, "error": OK}),
            "video/init/": lambda: self._begin(asked, inbox=False),
            "inbox/video/init/": lambda: self._begin(asked, inbox=True),
            "status/fetch/": lambda: self._status(asked),
        }
        return calls[asked.path.removeprefix("/v2/post/publish/")]()

    def _begin(self, asked: Asked, *, inbox: bool) -> Answer:
        source = asked.json["source_info"]
        size, chunk, count = source["video_size"], source["chunk_size"], source["total_chunk_count"]
        least, most = 5 * self.megabyte, 64 * self.megabyte
        right = count == max(1, size // chunk) and 1 <= count <= 1000 and source["source"] == "FILE_UPLOAD"
        if size < least:
            right = right and chunk == size
        else:
            right = right and least <= chunk <= most and size - (count - 1) * chunk <= 2 * most
        if not right or (size > most and count == 1) or inbox == ("post_info" in asked.json):
            raise refusal(400, "invalid_param")
        if not inbox:
            post = asked.json["post_info"]
            if len(post["title"].encode("utf-16-le")) > 4400:
                raise refusal(400, "invalid_param")
            if post["privacy_level"] not in self.creator["privacy_level_options"]:
                raise refusal(403, "privacy_level_option_mismatch")
        name, token = f"v_pub_file~{len(self.uploads)}", secrets.token_urlsafe(16)
        self.uploads[name] = Upload(size, chunk, count, asked.json, inbox)
        self.addresses[token] = name
        address = f"{self.url}/video/?upload_id=1&upload_token={token}"
        return answer(200, {"data": {"publish_id": name, "upload_url": address}, "error": OK})

    def _bytes(self, asked: Asked) -> Answer:
        assert "authorization" not in asked.headers
        token = asked.query["upload_token"]
        if asked.fault == "expire":
            self.addresses.pop(token, None)
        if token not in self.addresses:
            return answer(403)
        upload = self.uploads[self.addresses[token]]
        found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", asked.headers["content-range"])
        if not found or asked.headers["content-type"] not in {"video/mp4", "video/quicktime", "video/webm"}:
            return answer(400)
        start, end, total = int(found[1]), int(found[2]) + 1, int(found[3])
        if total != upload.size or end - start != int(asked.headers["content-length"]):
            return answer(400)
        index = start // upload.chunk
        if start != len(upload.data) or asked.fault == "wrong range":
            return answer(416)
        if start % upload.chunk or end != (total if index >= upload.count - 1 else start + upload.chunk):
            return answer(400)
        if asked.broken:
            return answer(400)  # a chunk counts only when it is whole
        upload.data += asked.body
        if len(upload.data) < total:
            return answer(206, Content_Range=f"bytes 0-{len(upload.data)}/{total}")
        upload.polls = self.polls
        if not self.fails:
            self.posts.append(bytes(upload.data))
        return answer(201)

    def _status(self, asked: Asked) -> Answer:
        upload = self.uploads.get(asked.json["publish_id"])
        if upload is None or asked.fault == "forget":
            raise refusal(400, "invalid_publish_id")
        data: dict[str, Any] = {"status": "PROCESSING_UPLOAD", "uploaded_bytes": len(upload.data)}
        if len(upload.data) == upload.size:
            upload.polls -= 1
            if upload.polls < 0 and self.fails:
                data |= {"status": "FAILED", "fail_reason": self.fails}
            elif upload.polls < 0:
                data["status"] = "SEND_TO_USER_INBOX" if upload.inbox else "PUBLISH_COMPLETE"
                if self.names_post and not upload.inbox:
                    data["publicaly_available_post_id"] = [7123456789]
        return answer(200, {"data": data, "error": OK})
