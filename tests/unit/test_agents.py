"""clipy as tools of a language model: the SDK's own client talks to the real server in a process of its own."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest

from clipy.agents.folders import Folders
from clipy.errors import InputError
from clipy.media.probe import probe
from fixtures.media import make_video

pytest.importorskip("mcp", reason='not installed: pip install "clipy[mcp]"')
from mcp import Client, StdioServerParameters, stdio_client

T = TypeVar("T")
SETTINGS = """
[transcribe]
backend = "subtitles"
[highlight]
backend = "even"
duration = 2
[reframe]
backend = "center"
width = 180
height = 320
[render]
quality = "draft"
[[review]]
backend = "technical"
width = 180
height = 320
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """What a person allows: a folder with a video and its subtitles. Beside it lies a secret."""
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    make_video(allowed / "talk.mp4", seconds=6, size=(320, 180))
    cues = "\n".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n},800\nSentence number {n}.\n" for n in range(1, 6))
    (allowed / "talk.srt").write_text(cues)
    (tmp_path / "clipy.toml").write_text(SETTINGS)
    make_video(tmp_path / "secret.mp4", seconds=1)
    (allowed / "link.mp4").symlink_to(tmp_path / "secret.mp4")
    return allowed


def talk(home: Path, conversation: Callable[[Client], Awaitable[T]], *flags: str) -> T:
    """A conversation with the server."""
    command = ["-P", "-c", "from clipy.cli import main; main()", "mcp", "--allow", str(home)]
    command += ["--config", str(home.parent / "clipy.toml"), *flags]
    import os

    server = StdioServerParameters(command=sys.executable, args=command, env=dict(os.environ))

    async def held() -> T:
        async with Client(stdio_client(server)) as client:
            return await conversation(client)

    with ThreadPoolExecutor(1) as thread:  # this one may have a loop already, that of a browser
        return thread.submit(lambda: asyncio.run(held())).result()


async def asked(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    assert result.structured_content is not None
    content: dict[str, Any] = result.structured_content
    return content


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    return str(result.content)


async def finished(client: Client, run: str) -> dict[str, Any]:
    for _ in range(10):
        status = await asked(client, "run_status", run=run, wait=30)
        if status["state"] != "running":
            return status
    raise AssertionError(f"it does not end: {status}")


def test_a_run_its_clips_and_one_made_again(home: Path) -> None:
    async def conversation(client: Client) -> None:
        started = await asked(client, "start_run", video="talk.mp4", output="clips", clips=2, caption_style="karaoke")
        ended = await finished(client, started["run"])
        assert ended["state"] == "done", ended
        found = await asked(client, "list_clips", output="clips")
        assert len(found["clips"]) == 2
        first = found["clips"][0]
        assert first["reason"]
        assert "Sentence number" in first["text"]
        picture = await client.call_tool("show_clip", {"output": "clips", "file": first["file"]})
        assert picture.content[0].type == "image"
        again = await asked(
            client, "make_clip", video=found["source"], output="again", start=1.0, end=4.0, title="My own"
        )
        assert (await finished(client, again["run"]))["state"] == "done"
        (mine,) = (await asked(client, "list_clips", output="again"))["clips"]
        assert (mine["title"], mine["start"], mine["end"], mine["passed"]) == ("My own", 1.0, 4.0, None)
        taken = await refused(client, "make_clip", video="talk.mp4", output="clips", start=1, end=3)
        assert "holds the clips of a run" in taken

    talk(home, conversation)
    (clip,) = (home / "again").glob("*.mp4")
    assert probe(clip).duration == pytest.approx(3, abs=0.2)


def test_nothing_outside_of_the_allowed_folders_is_reached(home: Path) -> None:
    async def conversation(client: Client) -> None:
        for path in ("../secret.mp4", str(home.parent / "secret.mp4"), "link.mp4", "talk.mp4\0", "/etc/passwd"):
            said = await refused(client, "start_run", video=path, output="clips")
            assert "outside of the folders" in said or "not a path" in said
        assert "outside of" in await refused(client, "start_run", video="talk.mp4", output="../elsewhere")
        assert "outside of" in await refused(client, "list_clips", output="/")
        assert "not a file name" in await refused(client, "show_clip", output=".", file="../secret.jpg")

    talk(home, conversation)
    assert not (home.parent / "elsewhere").exists()


def test_publishing_is_offered_only_where_it_is_switched_on(home: Path) -> None:
    async def names(client: Client) -> set[str]:
        return {tool.name for tool in (await client.list_tools()).tools}

    always = {"start_run", "make_clip", "run_status", "cancel_run", "list_clips", "show_clip"}
    assert talk(home, names) == always
    assert talk(home, names, "--uploads") == always | {"publish"}


def test_a_run_publishes_nothing_whatever_the_settings_say(home: Path) -> None:
    marker = home.parent / "published"
    settings = home.parent / "clipy.toml"
    settings.write_text(settings.read_text() + f'[[upload]]\nbackend = "command"\nprogram = ["touch", "{marker}"]\n')

    async def conversation(client: Client) -> dict[str, Any]:
        started = await asked(client, "start_run", video="talk.mp4", output="clips", clips=1)
        return await finished(client, started["run"])

    assert talk(home, conversation)["state"] == "done"
    assert list((home / "clips").glob("*.mp4"))
    assert not marker.exists()


def test_a_failed_and_a_cancelled_run_say_so(home: Path) -> None:
    async def conversation(client: Client) -> None:
        (home / "broken.mp4").write_bytes(b"no video")
        broken = await asked(client, "start_run", video="broken.mp4", output="one")
        ended = await finished(client, broken["run"])
        assert ended["state"] == "failed"
        assert "broken.mp4" in json.dumps(ended["log"])
        long = await asked(client, "start_run", video="talk.mp4", output="two")
        assert "working in this folder" in await refused(client, "start_run", video="talk.mp4", output="two")
        assert (await asked(client, "cancel_run", run=long["run"]))["state"] == "cancelled"
        assert "no run is called" in await refused(client, "cancel_run", run="run-9")

    talk(home, conversation)


def test_relative_paths_are_those_of_the_first_folder(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    folders = Folders([one, two])
    assert folders.folder("new") == one / "new"
    assert folders.folder(str(two / "new")) == two / "new"
    (one / "file").write_text("")
    with pytest.raises(InputError, match="no folder"):
        folders.folder("file")
    with pytest.raises(InputError, match="no such file"):
        folders.file("missing")
