"""What ``--debug`` leaves: a video in which everything is drawn where it was, and data that can be loaded again."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from click.testing import CliRunner

from clipy.cli import main
from clipy.errors import DocumentError
from clipy.media.probe import probe
from clipy.pipeline.debug.painting import RED, YELLOW, Painter, colour_of
from clipy.pipeline.debug.records import read_tracks, tracks_json
from clipy.pipeline.debug.scene import Scene
from clipy.pipeline.debug.video import write_movie
from clipy.types import Box, CropPath, CropShot, Edit, Highlight, Keyframe, Panel, Shot, Span, Track, Word
from fixtures.media import make_video

SECOND = Fraction(1)
LEFT, RIGHT = Box(40, 60, 80, 100), Box(220, 60, 260, 100)


def track(number: int, box: Box, speaking: float, shot: Span) -> Track:
    times = np.arange(float(shot.start), float(shot.end), 0.04)
    boxes = np.tile(np.array([box.x1, box.y1, box.x2, box.y2], dtype=np.float32), (len(times), 1))
    sure, spoken = np.ones(len(times), dtype=np.float32), np.full(len(times), speaking, dtype=np.float32)
    return Track(number, shot, times, boxes, sure, spoken)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("source") / "two.mp4", seconds=3, size=(320, 180))


@pytest.fixture
def scene(path: Path) -> Scene:
    """Two people; one speaks, then the picture is cut, and both are shown in panels one above the other."""
    whole, before, after = Span(0 * SECOND, 2 * SECOND), Span(0 * SECOND, SECOND), Span(SECOND, 2 * SECOND)

    def panel(x1: float, x2: float, into: tuple[int, int, int, int]) -> Panel:
        return Panel((Keyframe(0 * SECOND, Box(x1, 20, x2, 160)),), into)

    single = CropShot(before, "single", (panel(20, 100, (0, 0, 90, 160)),))
    stack = CropShot(after, "stack", (panel(0, 140, (0, 0, 90, 80)), panel(180, 320, (0, 80, 90, 160))))
    edit = Edit(
        Highlight(whole, 0.5, "Two"),
        CropPath(90, 160, (single, stack)),
        (Span(0 * SECOND, Fraction(3, 2)),),
        "en",
        (Word("hello", Fraction(1, 5), Fraction(4, 5)),),
    )
    tracks = [
        track(n, box, speaking, shot)
        for shot in (before, after)
        for n, box, speaking in ((0, LEFT, 0.9), (1, RIGHT, 0.1))
    ]
    return Scene(probe(path), edit, (Shot(before), Shot(after)), tuple(tracks))


def painted(scene: Scene, time: Fraction) -> np.ndarray:
    picture = np.full((180, 320, 3), 200, dtype=np.uint8)
    Painter(scene, 320, 180, Fraction(1, 25)).paint(picture, time)
    return picture


def test_debug_scene_has_target_and_current_word(scene: Scene) -> None:
    assert scene.targets(Fraction(1, 2)) == [0]
    assert scene.targets(Fraction(5, 4)) == [0, 1]
    assert [face.track.id for face in scene.faces(Fraction(1, 2))] == [0, 1]
    assert scene.faces(Fraction(1, 2))[0].speaking == pytest.approx(0.9)
    heard = scene.word(Fraction(1, 2))
    assert heard is not None
    assert heard.text == "hello"
    assert scene.word(Fraction(9, 10)) is None
    assert list(scene.cuts()) == [SECOND]
    assert list(scene.turns()) == []


def test_boxes_windows_and_cuts_are_drawn_in_place(scene: Scene) -> None:
    picture = painted(scene, Fraction(1, 2))
    assert tuple(picture[140, 20]) == YELLOW  # the edge of the window
    assert tuple(picture[80, 40]) == colour_of(scene.tracks[0])  # the speaker's box
    assert tuple(picture[80, 220]) == colour_of(scene.tracks[1])
    assert tuple(picture[150, 60]) == (200, 200, 200)  # inside the window: as it was
    assert tuple(picture[150, 160]) == (100, 100, 100)  # outside it: darker
    two = painted(scene, Fraction(5, 4))
    assert tuple(two[60, 0]) == YELLOW
    assert tuple(two[60, 180]) == YELLOW
    assert tuple(two[80, 90]) == (200, 200, 200)
    assert tuple(painted(scene, SECOND)[90, 0]) == RED  # the source has just cut
    assert tuple(painted(scene, Fraction(7, 4))[80, 90]) == (100, 100, 100)  # cut out of the clip


def test_the_debug_video_keeps_frames_colours_and_sound_of_the_source(scene: Scene, tmp_path: Path) -> None:
    nothing = replace(scene, tracks=(), edit=replace(scene.edit, words=(), crop=CropPath(90, 160, (_whole(scene),))))
    write_movie(nothing, tmp_path / "debug.mp4")
    with av.open(str(tmp_path / "debug.mp4")) as container, av.open(str(scene.video.path)) as source:
        video, sound = container.streams.video[0], container.streams.audio[0]
        assert float(sound.duration * sound.time_base) == pytest.approx(2, abs=0.05)  # type: ignore[operator]
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video)]
        first = next(source.decode(video=0)).to_ndarray(format="rgb24")
    assert len(pictures) == 2 * 25
    assert pictures[0].shape == (180 + 16, 320, 3)
    middle = (slice(60, 120), slice(80, 240))
    difference = pictures[0][middle].astype(int) - first[middle].astype(int)
    assert abs(float(difference.mean())) < 3
    assert float(np.abs(difference).mean()) < 8


def _whole(scene: Scene) -> CropShot:
    return CropShot(scene.span, "fit", (Panel((Keyframe(0 * SECOND, Box(0, 0, 320, 180)),), (0, 0, 90, 160)),))


def test_tracks_survive_a_round_trip_through_json(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(tracks_json(scene)))
    loaded = read_tracks(tmp_path / "a.json")
    for before, after in zip(scene.tracks, loaded, strict=True):
        assert (before.id, before.shot, before.identity) == (after.id, after.shot, after.identity)
        for name in ("times", "boxes", "confidence", "speaking"):
            assert getattr(after, name).dtype == getattr(before, name).dtype
            assert np.allclose(getattr(after, name), getattr(before, name), atol=1e-3)


@pytest.mark.parametrize("text", ["[]", '{"tracks": [{"id": 1}]}', '{"tracks": 3}'])
def test_a_malformed_tracks_file_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(DocumentError, match="not a tracks file"):
        read_tracks(tmp_path / "a.json")


@pytest.mark.parametrize("passes", [True, False])
def test_debug_writes_video_tracks_decisions_and_profile_for_every_candidate(
    path: Path, tmp_path: Path, passes: bool
) -> None:
    """With a reframer that looks for no faces, and whether or not the clip passes."""
    sets = [
        *("highlight.backend=even", "highlight.duration=2", "highlight.count=1", "highlight.min_duration=1"),
        "review=technical",
        *("reframe.backend=center", "reframe.width=90", "reframe.height=160", "pizzazz=", "render.quality=draft"),
        "review=technical",
        f"review.technical.width={90 if passes else 999}",
        "review.technical.height=160",
    ]
    flags = [f"--set={setting}" for setting in sets]
    result = CliRunner().invoke(main, ["run", str(path), "-o", str(tmp_path), *flags, "--debug", "-q"])
    assert result.exit_code in {0, 3}, result.output
    folder, name = tmp_path / "debug", "two-01" if result.exit_code == 0 else "rejected-01"
    decided = json.loads((folder / f"{name}.decisions.json").read_text())
    assert decided["camera"][0]["layout"] == "single"
    assert {"highlight", "reframe", "render"} <= {backend["stage"] for backend in decided["backends"]}
    assert json.loads((folder / f"{name}.tracks.json").read_text())["tracks"] == []
    assert probe(folder / f"{name}.mp4").duration == pytest.approx(2, abs=0.1)
    stages = json.loads((folder / "profile.json").read_text())["stages"]
    assert stages["render"]["seconds"] > 0
    assert stages["render"]["peak_mb"] is None or stages["render"]["peak_mb"] > 10
