"""Addresses to files: real servers, the real yt-dlp, and nothing on a private network unless that is allowed."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote

import av
import httpx2
import pytest
from click.testing import CliRunner

from clipy import registry
from clipy.cli import main
from clipy.context import Context
from clipy.download.base import Downloader
from clipy.download.fetching.fetch import fetch
from clipy.download.guard.addresses import Refused, checked, is_address, is_public, resolve
from clipy.download.guard.proxy import GuardedProxy
from clipy.errors import ClipyError, InputError
from clipy.media.joining import join_streams
from clipy.media.probe import probe
from fixtures.media import make_video
from fixtures.serving import Handler, Serving

PUBLIC = "93.184.215.14"  # what the tests' name server says; connections to it go to the test's own server


class Site(Handler):
    """A site with a video file, a page that embeds it, redirects, and a server that hangs up half way."""

    protocol_version = "HTTP/1.1"
    video: ClassVar[bytes]
    requests: ClassVar[list[tuple[str, str]]] = []
    hangs_up: ClassVar[bool] = False

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self.requests.append((unquote(self.path), self.headers.get("Range", "")))
        path = unquote(self.path).partition("?")[0]
        if path in {"/talk.mp4", "/file"}:
            self._video()
        elif path == "/page":
            body = b'<html><head><title>A talk</title></head><body><video src="/talk.mp4"></video></body></html>'
            self._answer(200, body, {"Content-Type": "text/html"})
        elif path.startswith("/to/"):
            self._answer(302, b"", {"Location": path.removeprefix("/to/").replace("|", "/")})
        else:
            self._answer(404, b"nothing here", {"Content-Type": "text/plain"})

    def _video(self) -> None:
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        resumed = wanted is not None and self.headers.get("If-Range", '"v1"') == '"v1"'
        begin = int(wanted[1]) if wanted is not None and resumed else 0
        end = int(wanted[2]) + 1 if wanted is not None and resumed and wanted[2] else len(self.video)
        headers = {"Content-Type": "video/mp4", "ETag": '"v1"', "Accept-Ranges": "bytes"}
        if resumed:
            headers["Content-Range"] = f"bytes {begin}-{end - 1}/{len(self.video)}"
        self._answer(206 if resumed else 200, self.video[begin:end], headers)

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body[: len(body) // 2] if type(self).hangs_up else body)
        if type(self).hangs_up:
            self.close_connection = True


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("media") / "talk.mp4", seconds=2)


@pytest.fixture
def site(video: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(Site, "video", video.read_bytes(), raising=False)
    monkeypatch.setattr(Site, "hangs_up", False)
    Site.requests.clear()
    with Serving(Site) as serving:
        yield serving.origin


@pytest.fixture
def public(site: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The site at a public address, as far as the guard can see; this machine keeps its own addresses."""
    port = int(site.rpartition(":")[2])

    def look_up(host: str, asked: int) -> list[str]:
        return [PUBLIC] if host == "videos.example.com" else resolve(host, asked)

    def connect(address: str, asked: int) -> socket.socket:
        assert is_public(address)
        return socket.create_connection(("127.0.0.1", port), 10)

    monkeypatch.setattr(GuardedProxy.__init__, "__defaults__", (look_up, connect))
    return f"http://videos.example.com:{port}"


def downloader(name: str, **options: Any) -> Downloader:
    made = registry.create("download", name, options)
    assert isinstance(made, Downloader)
    return made


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://example.com/a", True),
        ("HTTP://x", True),
        ("talk.mp4", False),
        ("C:\\talk.mp4", False),
        ("a/b://c", False),
    ],
)
def test_addresses_are_told_from_file_names(text: str, address: bool) -> None:
    assert is_address(text) is address


@pytest.mark.parametrize(
    "address",
    [
        "http://",
        "https://user:secret@example.com/a",
        "http://example.com:0/",
        "http://exa mple.com",
        "http://[::1",
        "ftp://x/a",
    ],
)
def test_malformed_addresses_and_passwords_are_refused(address: str) -> None:
    with pytest.raises(InputError) as error:
        checked(address)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "::1", "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "255.255.255.255", "x"],
)  # fmt: skip
def test_private_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:8.8.8.8"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


def test_a_name_that_leads_home_is_refused() -> None:
    with pytest.raises(Refused, match="not on the public internet"):
        resolve("localhost", 80)


def test_the_proxy_serves_only_whom_it_gave_its_password(site: str) -> None:
    with GuardedProxy() as proxy:
        stranger = re.sub(r"//[^@]*@", "//", proxy.address)
        with httpx2.Client(proxy=stranger, trust_env=False) as client:
            assert client.get(f"{site}/talk.mp4").status_code == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED
        with httpx2.Client(proxy=proxy.address, trust_env=False) as client:
            assert client.get(f"{site}/talk.mp4").status_code == HTTPStatus.FORBIDDEN
    assert Site.requests == []


def test_tls_goes_through_the_proxy_untouched() -> None:
    """Bytes both ways, to an address that passes for public."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        proxy = GuardedProxy(lambda host, _: [PUBLIC], lambda *_: socket.create_connection(("127.0.0.1", port)))
        with proxy, socket.create_connection(("127.0.0.1", int(proxy.address.rpartition(":")[2]))) as client:
            credentials = httpx2.BasicAuth("clipy", proxy.address.split(":")[2].partition("@")[0])._auth_header
            client.sendall(f"CONNECT any.example:443 HTTP/1.1\r\nProxy-Authorization: {credentials}\r\n\r\n".encode())
            other, _ = listening.accept()
            with other:
                assert b" 200 " in client.recv(1000)
                client.sendall(b"\x16\x03hello")
                assert other.recv(100) == b"\x16\x03hello"
                other.sendall(b"\x16\x03there")
                assert client.recv(100) == b"\x16\x03there"


def test_a_media_file_arrives_byte_for_byte(public: str, video: Path, tmp_path: Path, ctx: Context) -> None:
    (path,) = fetch(f"{public}/talk.mp4", tmp_path / "in", [downloader("direct")], ctx)
    assert path.name == "talk.mp4"
    assert path.read_bytes() == video.read_bytes()


def test_a_file_without_a_telling_name_is_named_by_its_type(public: str, tmp_path: Path, ctx: Context) -> None:
    assert [path.name for path in fetch(f"{public}/file", tmp_path, [downloader("direct")], ctx)] == ["file.mp4"]


def test_a_known_address_is_not_fetched_again(public: str, tmp_path: Path, ctx: Context) -> None:
    first = fetch(f"{public}/talk.mp4", tmp_path, [downloader("direct")], ctx)
    asked = len(Site.requests)
    assert fetch(f"{public}/talk.mp4", tmp_path, [downloader("direct")], ctx) == first
    assert len(Site.requests) == asked
    (other,) = fetch(f"{public}/talk.mp4?other", tmp_path, [downloader("direct")], ctx)
    assert other.name == "talk-2.mp4"


def test_a_broken_download_goes_on_where_it_stopped(
    public: str, video: Path, tmp_path: Path, ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Site, "hangs_up", True)
    with pytest.raises(InputError):
        fetch(f"{public}/talk.mp4", tmp_path, [downloader("direct")], ctx)
    monkeypatch.setattr(Site, "hangs_up", False)
    (path,) = fetch(f"{public}/talk.mp4", tmp_path, [downloader("direct")], ctx)
    assert path.read_bytes() == video.read_bytes()
    assert Site.requests[-1][1].startswith("bytes=")
    assert Site.requests[-1][1] != "bytes=0-"
    assert not list(tmp_path.glob("*.part*"))


def test_files_that_are_too_large_are_refused(public: str, tmp_path: Path, ctx: Context) -> None:
    for name in ("direct", "yt-dlp"):
        with pytest.raises(ClipyError, match=r"larger than|GB, the limit|larger than it may be"):
            fetch(f"{public}/talk.mp4", tmp_path, [downloader(name, max_size="1KB")], ctx)
    assert not list(tmp_path.glob("*.mp4"))


@pytest.mark.parametrize("name", ["direct", "yt-dlp"])
@pytest.mark.parametrize("path", ["/talk.mp4", "/page"])
def test_this_machine_is_out_of_reach(name: str, path: str, site: str, tmp_path: Path, ctx: Context) -> None:
    with pytest.raises(ClipyError, match="not on the public internet"):
        fetch(f"{site}{path}", tmp_path, [downloader(name)], ctx)
    assert Site.requests == []


@pytest.mark.parametrize("name", ["direct", "yt-dlp"])
def test_a_redirect_leads_to_no_private_address(
    name: str, public: str, site: str, tmp_path: Path, ctx: Context
) -> None:
    inside = f"http:||127.0.0.1:{site.rpartition(':')[2]}|talk.mp4"
    with pytest.raises(ClipyError, match="not on the public internet"):
        fetch(f"{public}/to/{inside}", tmp_path, [downloader(name)], ctx)
    assert {path for path, _ in Site.requests} == {f"/to/{inside}"}


def test_yt_dlp_fetches_the_video_of_a_page(public: str, tmp_path: Path, ctx: Context) -> None:
    (path,) = fetch(f"{public}/page", tmp_path, [downloader("direct"), downloader("yt-dlp")], ctx)
    assert path.name == "a-talk-1.mp4"
    assert probe(path).duration == pytest.approx(2, abs=0.2)
    assert (tmp_path / "a-talk-1.info.json").is_file()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a-talk-1.info.json", "a-talk-1.mp4", "downloads.json"]


def test_an_intranet_can_be_allowed(site: str, tmp_path: Path, ctx: Context) -> None:
    (path,) = fetch(f"{site}/page", tmp_path, [downloader("yt-dlp", allow_private=True)], ctx)
    assert path.is_file()


def test_an_address_without_a_video_says_so(public: str, tmp_path: Path, ctx: Context) -> None:
    with pytest.raises(InputError, match=r"no video was found|cannot fetch it"):
        fetch(f"{public}/nothing", tmp_path, [downloader("direct"), downloader("yt-dlp")], ctx)


def test_settings_of_the_user_and_the_folder_do_not_steer_yt_dlp(
    public: str, tmp_path: Path, ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "executed"
    home = tmp_path / "home"
    (home / ".config" / "yt-dlp").mkdir(parents=True)
    (home / ".config" / "yt-dlp" / "config").write_text(f'--exec "touch {marker}"\n')
    (home / "yt-dlp.conf").write_text(f'--exec "touch {marker}"\n')
    (home / "yt_dlp.py").write_text(f"open({str(marker)!r}, 'w')\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.chdir(home)
    fetch(f"{public}/page", tmp_path / "in", [downloader("yt-dlp")], ctx)
    assert not marker.exists()


def test_the_cookie_file_is_only_read(public: str, tmp_path: Path, ctx: Context) -> None:
    cookies = tmp_path / "cookies.txt"
    text = "# Netscape HTTP Cookie File\nvideos.example.com\tFALSE\t/\tFALSE\t0\tsession\tsecret\n"
    cookies.write_text(text)
    fetch(f"{public}/page", tmp_path / "in", [downloader("yt-dlp", cookies=cookies)], ctx)
    assert cookies.read_text() == text


def test_clipy_run_takes_addresses(site: str, tmp_path: Path) -> None:
    """One by itself, and one of several that cannot be had: the others still get their turn."""
    settings = ["transcribe.backend=subtitles", "highlight=even", "highlight.duration=1", "reframe=center"]
    flags = [part for one in [*settings, "review=technical", "download=direct"] for part in ("--set", one)]
    flags += ["--set", "download.direct.allow_private=true", "--clips", "1"]
    for name in ("one", "two"):
        (tmp_path / name / "source").mkdir(parents=True)
        (tmp_path / name / "source" / "talk.srt").write_text("1\n00:00:00,200 --> 00:00:01,800\nA sentence.\n")
    single = CliRunner().invoke(main, ["run", f"{site}/talk.mp4", "-o", str(tmp_path / "one"), *flags])
    assert single.exit_code == 0, single.output
    assert (tmp_path / "one" / "source" / "talk.mp4").is_file()
    assert (tmp_path / "one" / "talk-01.mp4").is_file()
    both = [f"{site}/talk.mp4", f"{site}/nothing.mp4"]
    several = CliRunner().invoke(main, ["run", *both, "-o", str(tmp_path / "two"), *flags])
    assert several.exit_code == 1
    assert "no video was found at this address" in several.output
    assert (tmp_path / "two" / "talk" / "talk-01.mp4").is_file()


def test_picture_and_sound_in_two_files_become_one(tmp_path: Path, video: Path) -> None:
    parts = []
    for kind in ("video", "audio"):
        part = tmp_path / f"talk.{kind}.mp4"
        with av.open(str(video)) as source, av.open(str(part), "w") as out:
            stream = source.streams.best(kind)
            assert stream is not None
            copy = out.add_stream_from_template(stream)
            for packet in source.demux(stream):
                if packet.dts is not None:
                    packet.stream = copy
                    out.mux(packet)
        parts.append(part)
    joined = tmp_path / "talk.mkv"
    join_streams(parts, joined)
    made, original = probe(joined), probe(video)
    assert made.duration == pytest.approx(original.duration, abs=0.05)
    assert len(made.audio) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["talk.audio.mp4", "talk.mkv", "talk.video.mp4"]
