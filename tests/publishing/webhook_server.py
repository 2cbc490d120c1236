"""A receiver of Standard Webhooks that checks every signature; it can keep the ids that it has seen."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from typing import Any

from tests.publishing.server import Answer, Asked, LocalServer, answer

SECRET = "a-secret-that-nobody-may-see-0001"


class WebhookServer(LocalServer):
    def reset(self) -> None:
        super().reset()
        self.remembers = False
        self.seen: set[str] = set()
        self.documents: list[dict[str, Any]] = []

    def handle(self, asked: Asked) -> Answer:
        if asked.broken:
            return answer(400)
        name, when = asked.headers["webhook-id"], asked.headers["webhook-timestamp"]
        document, data = self._parts(asked)
        expected = hmac.new(SECRET.encode(), f"{name}.{when}.".encode() + document, hashlib.sha256).digest()
        version, _, given = asked.headers["webhook-signature"].partition(",")
        if version != "v1" or not hmac.compare_digest(base64.b64decode(given), expected):
            return answer(401)
        if abs(time.time() - int(when)) > 300:
            return answer(401)
        found = json.loads(document)
        if data is not None and hashlib.sha256(data).hexdigest() != found["data"]["sha256"]:
            return answer(422, {"error": "other bytes"})
        if not (self.remembers and name in self.seen):
            self.seen.add(name)
            self.documents.append(found)
            self.posts.append(b"" if data is None else data)
        return answer(200, {"url": f"https://example.org/clips/{found['data']['name']}"})

    @staticmethod
    def _parts(asked: Asked) -> tuple[bytes, bytes | None]:
        kind = asked.headers["content-type"]
        if kind == "application/json":
            return asked.body, None
        found = re.fullmatch(r"multipart/form-data; boundary=([\w-]+)", kind)
        assert found
        before, clip, file, after = asked.body.split(f"--{found[1]}".encode())
        assert (before, after) == (b"", b"--\r\n")
        bodies = [part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n") for part in (clip, file)]
        return bodies[0], bodies[1]
