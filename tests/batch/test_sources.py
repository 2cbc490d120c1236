"""Which videos are meant by files, folders, patterns and manifests, and where their clips go."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipy.batch import manifest, sources
from clipy.batch.sources import Source
from clipy.errors import DocumentError, InputError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.mp4", "a.MKV", "notes.txt", ".hidden.mp4", "sub/a.mp4", "sub/Zwei Wörter.mov", "out/old-01.mp4"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return tmp_path


def _places(found: list[Source], root: Path) -> dict[str, str]:
    return {source.video.relative_to(root).as_posix(): source.place for source in found}


def test_one_file_has_its_clips_in_the_output_folder_itself(folder: Path) -> None:
    assert sources.find([folder / "b.mp4"], folder / "out") == [Source(folder / "b.mp4", "")]
    assert not sources.is_batch([folder / "b.mp4"])


def test_a_folder_means_its_videos_but_none_of_the_clips_that_were_made_of_them(folder: Path) -> None:
    found = sources.find([folder], folder / "out")
    assert _places(found, folder) == {
        "a.MKV": "a",
        "b.mp4": "b",
        "sub/Zwei Wörter.mov": "sub/zwei-worter",
        "sub/a.mp4": "sub/a",
    }


def test_a_pattern_and_a_file_that_it_finds_mean_the_file_once(folder: Path) -> None:
    found = sources.find([folder / "*.mp4", folder / "b.mp4", folder / "sub" / "a.mp4"], folder / "out")
    assert _places(found, folder) == {"b.mp4": "b", "sub/a.mp4": "a"}


def test_a_file_whose_name_is_a_pattern_is_that_file(folder: Path) -> None:
    odd = folder / "talk [x].mp4"
    odd.touch()
    assert sources.find([odd], folder / "out") == [Source(odd, "")]


def test_places_of_the_same_name_are_numbered(folder: Path) -> None:
    (folder / "b.mov").touch()
    (folder / "b-2.mp4").touch()
    found = sources.find([folder / "b.mp4", folder / "b.mov", folder / "b-2.mp4"], folder / "out")
    assert [source.place for source in found] == ["b", "b-2", "b-2-2"]


@pytest.mark.parametrize("nothing", ["empty", "*.webm"])
def test_what_means_no_video_is_an_error(folder: Path, nothing: str) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(InputError, match=r"no video in this folder|no file has a name"):
        sources.find([folder / nothing], folder / "out")


@given(count=st.integers(0, 40), parts=st.integers(1, 12))
def test_shards_are_all_of_the_videos_and_nearly_equal(count: int, parts: int) -> None:
    everything = [Source(Path(f"/in/{number * 7919 % 1000}-{number}.mp4"), str(number)) for number in range(count)]
    shards = [sources.shard(everything, index, parts) for index in range(1, parts + 1)]
    assert sorted(source.place for shard in shards for source in shard) == sorted(source.place for source in everything)
    assert max(map(len, shards)) - min(map(len, shards)) <= 1
    backwards = [sources.shard(everything[::-1], index, parts) for index in range(1, parts + 1)]
    assert [sorted(map(str, shard)) for shard in backwards] == [sorted(map(str, shard)) for shard in shards]


def test_manifests_of_both_kinds_say_the_same(tmp_path: Path) -> None:
    rows = [
        {"video": "one.mp4", "name": "First", "highlight.count": 5, "pizzazz.captions.words": None},
        {"video": "/far/two.mp4", "highlight.about": "money, and time"},
    ]
    lines = tmp_path / "list.jsonl"
    lines.write_text("\n\n".join(json.dumps(row) for row in rows))
    table = tmp_path / "list.csv"
    table.write_text(
        '\ufeffvideo,name,highlight.count,highlight.about\none.mp4,First,5,\n/far/two.mp4,,,"money, and time"\n',
        encoding="utf-8",
    )
    assert manifest.read(lines) == manifest.read(table)
    assert sources.find([table], tmp_path / "out") == [
        Source(tmp_path / "one.mp4", "first", ("highlight.count=5",)),
        Source(Path("/far/two.mp4"), "two", ("highlight.about=money, and time",)),
    ]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.jsonl", '{"video": "a.mp4"}\n{"video": ', "a.jsonl:2"),
        ("a.jsonl", "[1]", "not a JSON object"),
        ("a.jsonl", '{"vidoe": "a.mp4"}', '"video" is missing'),
        ("a.jsonl", "", "names no video"),
        ("a.csv", "file\na.mp4\n", '"video" is missing'),
        ("a.csv", "video\na.mp4,3\n", "more cells than columns"),
        ("a.csv", 'video\n"a.mp4\n', "not CSV"),
        ("missing.csv", None, "cannot read the manifest"),
    ],
)
def test_a_manifest_that_cannot_be_understood_is_refused_with_its_line(
    tmp_path: Path, name: str, text: str | None, says: str
) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    with pytest.raises(DocumentError, match=says.replace("[", r"\[")):
        manifest.read(path)
