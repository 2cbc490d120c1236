"""Timelines for editing software, read back by the formats' own libraries and by their geometry."""

from __future__ import annotations

import json
import os
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest
from click.testing import CliRunner, Result

from clipy import documents
from clipy.cli import main
from clipy.errors import ClipyError
from clipy.export.edl import timecode
from clipy.export.fcpxml import fcpxml
from clipy.export.timeline import read_timelines
from clipy.media.probe import probe
from clipy.types import Box, Clip, CropPath, CropShot, Edit, Highlight, Keyframe, Panel, Span, Word
from fixtures.media import make_video

SIZE = (640, 360)
OUTPUT = (270, 480)


def second(value: float) -> Fraction:
    return Fraction(value).limit_denominator(1000)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of a moving window, a cut inside, and two panels at the end; captions in markup characters."""
    place = tmp_path_factory.mktemp("made")
    source = make_video(place / "a talk & more.mp4", seconds=8, size=SIZE, rate=Fraction(30000, 1001))
    into = place / "clips"
    into.mkdir()
    path = make_video(into / "talk-01.mp4", seconds=4, size=OUTPUT)
    moving = Panel(
        (Keyframe(second(1), Box(100, 0, 302.5, 360)), Keyframe(second(3), Box(200, 0, 402.5, 360))), (0, 0, *OUTPUT)
    )
    above = Panel((Keyframe(second(5), Box(0, 0, 320, 284.4)),), (0, 0, 270, 240))
    below = Panel((Keyframe(second(5), Box(320, 0, 640, 284.4)),), (0, 240, 270, 480))
    crop = CropPath(
        *OUTPUT,
        (
            CropShot(Span(second(1), second(5)), "single", (moving,)),
            CropShot(Span(second(5), second(6)), "stack", (above, below)),
        ),
    )
    words = tuple(
        Word(text, second(1.2 + n * 0.4), second(1.5 + n * 0.4)) for n, text in enumerate("5 < 7 & that's it.".split())
    )
    keep = (Span(second(1), second(3)), Span(second(4), second(6)))
    edit = Edit(Highlight(Span(second(1), second(6)), 0.5, "Five < seven", "why\x07"), crop, keep, "en", words)
    made = probe(path)
    clip = Clip(made.fingerprint, made.duration, *OUTPUT, edit, path, "talk-01")
    document = {"source": documents.source(probe(source)), "clips": [documents.clip_json(clip, None, ())]}
    (into / "clips.json").write_text(json.dumps(document))
    return into


def export(folder: Path, form: str, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["export", str(folder), "--to", form, *arguments])


def exported(folder: Path, form: str, into: Path) -> Path:
    result = export(folder, form, "-o", str(into))
    assert result.exit_code == 0, result.output
    (file,) = into.iterdir()
    return file


def test_opentimelineio_reads_cuts_crops_and_captions(folder: Path, tmp_path: Path) -> None:
    otio: Any = pytest.importorskip("opentimelineio", reason="has no wheels for this Python")
    timeline = otio.adapters.read_from_file(str(exported(folder, "otio", tmp_path)))
    video, sound = timeline.tracks
    assert (video.kind, sound.kind) == ("Video", "Audio")
    assert len(video) == len(sound) == 3  # the kept spans, and the change of layout in the second
    rate = 30000 / 1001
    assert [clip.source_range.start_time.value for clip in video] == [30, 120, 150]
    assert timeline.duration().to_seconds() == pytest.approx(4, abs=1 / rate)
    assert timeline.duration() == sound.duration()
    assert video[0].media_reference.target_url.endswith("a%20talk%20%26%20more.mp4")
    first = video[0].effects[0]
    keys = first.metadata["clipy"]["panels"][0]["keyframes"]
    assert [keys[0]["x1"], keys[-1]["x1"]] == pytest.approx([100, 200], abs=2)
    assert [len(clip.effects[0].metadata["clipy"]["panels"]) for clip in video] == [1, 1, 2]
    assert "5 < 7 &" in timeline.tracks.markers[0].name


def test_the_cmx3600_adapter_reads_the_cuts(folder: Path, tmp_path: Path) -> None:
    otio: Any = pytest.importorskip("opentimelineio", reason="has no wheels for this Python")
    file = exported(folder, "edl", tmp_path)
    timeline = otio.adapters.read_from_file(str(file), rate=30, ignore_timecode_mismatch=False)
    (track,) = timeline.video_tracks()
    assert [clip.source_range.start_time.value for clip in track] == [30, 120, 150]
    assert sum(clip.source_range.duration.value for clip in track) == 120
    assert len(timeline.audio_tracks()) >= 1


def test_timecode_counts_every_frame() -> None:
    assert timecode(0, Fraction(25)) == "00:00:00:00"
    assert timecode(3600 * 30 + 29, Fraction(30000, 1001)) == "01:00:00:29"


def test_subtitles_are_in_clip_time(folder: Path, tmp_path: Path) -> None:
    text = exported(folder, "srt", tmp_path).read_text()
    assert text.startswith("1\n00:00:00,2")
    assert "5 < 7" in text


def test_fcpxml_is_valid_by_apples_dtd(folder: Path, tmp_path: Path) -> None:
    """The DTD is Apple's and comes with Final Cut Pro; CLIPY_FCPXML_DTD says where a copy lies."""
    dtd = os.environ.get("CLIPY_FCPXML_DTD")
    if not dtd:
        pytest.skip("CLIPY_FCPXML_DTD does not name a copy of FCPXMLv1_10.dtd")
    etree: Any = pytest.importorskip("lxml.etree")
    rules = etree.DTD(dtd)
    assert rules.validate(etree.parse(str(exported(folder, "fcpxml", tmp_path)))), rules.error_log


def test_fcpxml_places_every_point_where_the_clip_has_it(folder: Path) -> None:
    (timeline,) = read_timelines(folder)
    root = fromstring(fcpxml([timeline], "talk"))
    clips = list(root.iter("asset-clip"))
    assert [len(clip.findall("asset-clip")) for clip in root.iter("spine") for clip in clip] == [0, 0, 1]
    panels = [(segment, panel) for segment in timeline.segments for panel in segment.shot.panels]
    for clip, (segment, panel) in zip(clips, panels, strict=True):
        for frame in (segment.start, segment.end):
            time = timeline.seconds(frame)
            box, (left, top, right, bottom) = panel.window(time), panel.into
            for point, target in (((box.x1, box.y1), (left, top)), ((box.x2, box.y2), (right, bottom))):
                assert shown_at(clip, time, point) == pytest.approx(target, abs=0.5)
            assert trimmed_to(clip, time) == pytest.approx((box.x1, box.y1, box.x2, box.y2), abs=0.5)


def shown_at(clip: Element, time: Fraction, point: tuple[float, float]) -> tuple[float, float]:
    """Where Final Cut shows a point of the source: fitted into the frame, scaled about its center, moved."""
    transform = clip.find("adjust-transform")
    assert transform is not None
    x, y = animated(transform, "position", time)
    scale, _ = animated(transform, "scale", time)
    fitted = min(OUTPUT[0] / SIZE[0], OUTPUT[1] / SIZE[1])
    return (
        OUTPUT[0] / 2 + x * OUTPUT[1] / 100 + (point[0] - SIZE[0] / 2) * fitted * scale,
        OUTPUT[1] / 2 - y * OUTPUT[1] / 100 + (point[1] - SIZE[1] / 2) * fitted * scale,
    )


def trimmed_to(clip: Element, time: Fraction) -> tuple[float, float, float, float]:
    rectangle = clip.find("adjust-crop/trim-rect")
    assert rectangle is not None
    left, top, right, bottom = (
        animated(rectangle, side, time)[0] * SIZE[1] / 100 for side in ("left", "top", "right", "bottom")
    )
    return left, top, SIZE[0] - right, SIZE[1] - bottom


def animated(element: Element, name: str, time: Fraction) -> list[float]:
    keys = [
        (Fraction(key.get("time", "").removesuffix("s")), list(map(float, key.get("value", "").split())))
        for key in element.findall(f"param[@name='{name}']/keyframeAnimation/keyframe")
    ]
    if not keys:
        return list(map(float, element.get(name, "").split()))
    before = max((key for key in keys if key[0] <= time), key=lambda key: key[0], default=keys[0])
    after = min((key for key in keys if key[0] >= time), key=lambda key: key[0], default=keys[-1])
    share = float((time - before[0]) / (after[0] - before[0])) if after[0] > before[0] else 0.0
    return [a + share * (b - a) for a, b in zip(before[1], after[1], strict=True)]


def test_fcpxml_spine_has_no_gaps_and_captions_lie_in_their_clip(folder: Path) -> None:
    (timeline,) = read_timelines(folder)
    root = fromstring(fcpxml([timeline], "talk"))
    (spine,) = root.iter("spine")
    (sequence,) = root.iter("sequence")
    passed = Fraction(0)
    for clip in spine:
        assert time_of(clip, "offset") == passed
        passed += time_of(clip, "duration")
        for title in clip.findall("title"):
            begin = time_of(title, "offset") - time_of(clip, "start")
            assert 0 <= begin < time_of(clip, "duration")
    assert passed == time_of(sequence, "duration")
    texts = [style.text or "" for style in root.iterfind(".//title/text/text-style")]
    assert " ".join(texts).split() == "5 < 7 & that's it.".split()


def time_of(element: Element, name: str) -> Fraction:
    return Fraction(element.get(name, "").removesuffix("s"))


def test_files_are_not_replaced_unasked(folder: Path, tmp_path: Path) -> None:
    exported(folder, "edl", tmp_path)
    again = export(folder, "edl", "-o", str(tmp_path))
    assert again.exit_code == 1
    assert "file exists" in again.output
    assert export(folder, "edl", "-o", str(tmp_path), "--overwrite").exit_code == 0


def test_a_moved_source_is_named_by_the_user_and_checked(folder: Path, tmp_path: Path) -> None:
    other = make_video(tmp_path / "other.mp4", seconds=1)
    with pytest.raises(ClipyError, match="not the video that the clips were cut from"):
        read_timelines(folder, other)
    with pytest.raises(ClipyError, match="--source"):
        read_timelines(folder, tmp_path / "missing.mp4")


def test_the_folder_of_a_run_can_be_exported_from_anywhere(folder: Path, tmp_path: Path) -> None:
    result = subprocess.run(
        ["clipy", "export", folder, "--to", "fcpxml", "-o", tmp_path, "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(result.stdout)["files"] == [str(tmp_path / "clips.fcpxml")]
