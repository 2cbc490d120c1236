"""Who may ask the studio for what: everything else is refused, and says so."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.studio.conftest import Running


def test_the_launch_url_becomes_a_cookie_that_scripts_cannot_read(studio: Running) -> None:
    status, headers, _ = studio.ask("GET", studio.url.removeprefix(studio.origin))
    assert (status, headers["location"]) == (303, "/")
    assert "httponly" in headers["set-cookie"].lower()
    assert "samesite=strict" in headers["set-cookie"].lower()
    assert studio.get("/p/_/")[0] == 200


@pytest.mark.parametrize("path", ["/", "/p/_/", "/p/_/clips/boats-01/video", "/events", "/static/studio.css"])
def test_nothing_is_answered_without_the_token(studio: Running, path: str) -> None:
    assert studio.ask("GET", path)[0] == 401
    assert studio.ask("GET", "/?token=guess")[0] == 401
    assert studio.ask("GET", path, headers={"Cookie": studio.cookie.split("=")[0] + "=guess"})[0] == 401
    assert studio.ask("GET", path, headers={"Cookie": "\x01=;;=,"})[0] == 401


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "evil.example:80", ""])
def test_another_host_name_is_refused_even_with_the_token(studio: Running, host: str) -> None:
    """Else a page could make its own name mean this machine (DNS rebinding), and read the answers."""
    assert studio.get("/p/_/", Host=host)[0] == 400
    path = studio.url.removeprefix(studio.origin)
    status, headers, _ = studio.ask("GET", path, headers={"Host": host})
    assert status == 400
    assert "set-cookie" not in headers


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost"])
def test_changes_from_another_origin_are_refused(studio: Running, origin: str) -> None:
    path = "/p/_/clips/boats-01/edit"
    assert studio.post(path, '{"op": "verdict", "verdict": "approved"}', Origin=origin)[0] == 403
    assert not (studio.folder / "edits.json").exists()


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_requests_that_the_browser_marks_as_foreign_are_refused(studio: Running, site: str) -> None:
    assert studio.get("/p/_/clips/boats-01/video", **{"Sec-Fetch-Site": site})[0] == 403
    assert studio.post("/jobs/1/cancel", **{"Sec-Fetch-Site": site})[0] == 403


def test_a_change_must_say_where_it_comes_from(studio: Running) -> None:
    path, body = "/p/_/clips/boats-01/edit", '{"op": "verdict", "verdict": "approved"}'
    assert studio.ask("POST", path, body, {"Cookie": studio.cookie})[0] == 403
    assert studio.ask("TRACE", path, headers={"Cookie": studio.cookie})[0] == 405


def test_every_answer_forbids_what_the_page_does_not_need(studio: Running) -> None:
    for path in ("/p/_/", "/static/studio.css", "/nowhere", "/p/_/clips/boats-01/video"):
        _, headers, _ = studio.get(path)
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
    assert studio.ask("GET", "/p/_/")[1]["content-security-policy"] == policy


@pytest.mark.parametrize(
    "path",
    [
        "/static/../../../../../../etc/passwd",
        "/static/%2e%2e/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static//etc/passwd",
        "/p/../../etc/",
        "/p/%2e%2e/",
        "/p/..%2f..%2fetc/",
        "/p/_/clips/..%2f..%2fclips.json/video",
        "/p/_/clips/%2e%2e/video",
        "/p/_/clips/boats-01.mp4/video",
        "/p/_/clips/clips.json/video",
        "/p/_/clips/boats-01%00/video",
        "/p/.studio/",
    ],
)
def test_nothing_outside_of_the_run_can_be_reached(studio: Running, path: str) -> None:
    status, _, body = studio.get(path)
    assert status in {400, 404}
    assert b"root:" not in body


def test_a_clips_json_cannot_name_files_elsewhere(studio: Running, tmp_path: Path) -> None:
    (tmp_path / "secret.mp4").write_bytes(b"secret")
    document = (studio.folder / "clips.json").read_text()
    (studio.folder / "boats-02.mp4").unlink()
    (studio.folder / "boats-02.mp4").symlink_to(tmp_path / "secret.mp4")
    assert studio.get("/p/_/clips/boats-02/video")[0] == 404
    (studio.folder / "clips.json").write_text(document.replace('"boats-01.mp4"', '"../secret.mp4"'))
    assert studio.get("/p/_/clips/secret/video")[0] == 404


def test_oversized_requests_are_refused_before_they_are_read(studio: Running) -> None:
    path = "/p/_/clips/boats-01/edit"
    assert studio.post(path, "x" * 2_000_001)[0] == 413
    own = {"Cookie": studio.cookie, "Origin": studio.origin}
    assert studio.ask("POST", path, headers={**own, "Content-Length": "99999999999999"})[0] == 413
    assert studio.ask("POST", path, headers={**own, "Content-Length": "many"})[0] in {400, 413}


def test_a_body_that_does_not_say_how_long_it_is_ends_at_the_limit(studio: Running) -> None:
    head = (
        f"POST /p/_/clips/boats-01/edit HTTP/1.1\r\nHost: 127.0.0.1:{studio.port}\r\nOrigin: {studio.origin}\r\n"
        f"Cookie: {studio.cookie}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", studio.port), timeout=20) as connection:
        connection.sendall(head.encode())
        chunk = b"186a0\r\n" + b"x" * 100_000 + b"\r\n"
        try:
            for _ in range(25):
                connection.sendall(chunk)
        except OSError:
            return  # the server hung up: that is an answer, too
        assert b" 413 " in connection.recv(4096)


def test_ranges_of_a_video_are_served_as_players_ask(studio: Running) -> None:
    whole = (studio.folder / "boats-01.mp4").read_bytes()
    path = "/p/_/clips/boats-01/video"
    status, headers, body = studio.get(path)
    assert (status, headers["accept-ranges"], body) == (200, "bytes", whole)
    status, headers, body = studio.get(path, Range="bytes=100-199")
    assert (status, body) == (206, whole[100:200])
    assert headers["content-range"] == f"bytes 100-199/{len(whole)}"
    assert studio.get(path, Range="bytes=-50")[2] == whole[-50:]
    assert studio.get(path, Range=f"bytes={len(whole)}-")[0] == 416


def test_a_change_must_name_the_revision_and_be_understood(studio: Running) -> None:
    path = "/p/_/clips/boats-01/edit"
    good = '{"op": "verdict", "verdict": "approved"}'
    assert studio.post(path, good)[0] == 428
    assert studio.post(path, good, **{"If-Match": '"7"'})[0] == 412
    assert studio.post(path, good, **{"If-Match": '"0"'})[0] == 200
    odd = [
        "",
        "[]",
        "{}",
        '{"op": "none"}',
        '{"op": "verdict", "verdict": "maybe"}',
        '{"op": "trim", "start": -1, "end": 2}',
        '{"op": "trim", "start": 1, "end": NaN}',
        '{"op": "trim", "start": 5, "end": 2}',
        '{"op": "trim", "start": 1e300, "end": 1e301}',
        '{"op": "word", "index": 99999, "text": "x"}',
        '{"op": "word", "index": 0, "text": ""}',
        '{"op": "window", "time": 1, "x": 1, "y": 1, "height": 0}',
        '{"op": "window", "time": 1, "panel": 7, "x": 1, "y": 1, "height": 100}',
        '{"op": "follow", "time": 1, "person": "nobody"}',
        '{"op": "pizzazz", "entries": [{"backend": "none"}]}',
        '{"op": "pizzazz", "entries": [{"backend": "captions", "preset": "none"}]}',
        '{"op": "pizzazz", "entries": [{"preset": "bold"}]}',
        '{"op": "verdict", "verdict": "approved", "id": "other"}',
        '{"op": "title", "title": "' + "x" * 301 + '"}',
        "[" * 3000,
        "\x00\xff",
    ]
    before = (studio.folder / "edits.json").read_bytes()
    for body in odd:
        status, _, answer = studio.post(path, body, **{"If-Match": '"1"'})
        assert status in {409, 422}, body
        assert b"Traceback" not in answer
    assert (studio.folder / "edits.json").read_bytes() == before
    for query in ("", "?time=", "?time=x", "?time=inf", "?time=nan"):
        assert studio.get(f"/p/_/clips/boats-01/captions.png{query}")[0] == 400
    assert studio.get("/p/_/clips/boats-01/style.jpg?time=1&preset=../x")[0] == 409
