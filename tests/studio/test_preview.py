"""Previews: what they show is what is rendered, and they are quick."""

from __future__ import annotations

from time import process_time

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from clipy.media.probe import probe
from clipy.media.read import pictures
from clipy.studio import preview
from clipy.studio.project import Project
from clipy.studio.workbench import Workbench
from clipy.types import seconds
from tests.studio.conftest import Made, configure, opened_bench


@pytest.fixture
def project(run_folder: object, made: Made) -> Project:
    assert run_folder
    return Project(made.folder, "_")


def decoded(data: bytes) -> NDArray[np.uint8]:
    """A picture file as an array, with its transparency."""
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED), np.uint8)


def test_a_still_is_the_frame_that_was_rendered(project: Project) -> None:
    with opened_bench(project) as bench:
        clip = project.row("boats-01").clip
        data = preview.still(bench, clip, seconds(clip.start + 1.5))
    shown = decoded(data)[..., ::-1]
    video = probe(project.folder / "boats-01.mp4")
    (_, rendered) = next(iter(pictures(video, video.span, times=[seconds("1.5")])))
    assert shown.shape == rendered.shape
    assert np.abs(shown.astype(int) - rendered.astype(int)).mean() < 6


def test_captions_are_transparent_but_for_their_letters(project: Project) -> None:
    with opened_bench(project) as bench:
        clip = project.row("boats-01").clip
        words = [word.model_dump() for word in clip.words or ()]
        shown = [preview.caption_picture(bench, clip, seconds(words[at]["start"] + 0.1)) for at in (0, 3)]
        words[0]["text"] = "Iiiii"
        other = clip.changed(words=words)
        changed = preview.caption_picture(bench, other, seconds(words[0]["start"] + 0.1))
    first, later, corrected = (decoded(data) for data in (*shown, changed))
    assert first.shape == (480, 270, 4)
    opaque = (first[..., 3] > 128).mean()
    assert 0.005 < opaque < 0.2
    assert (first[:100, :, 3] == 0).all()
    assert (first != later).any()
    assert (first != corrected).any()


def test_a_corrected_word_shows_within_half_a_second_of_work(project: Project) -> None:
    with opened_bench(project) as bench:
        clip = project.row("boats-01").clip
        words = [word.model_dump() for word in clip.words or ()]
        preview.caption_picture(bench, clip, seconds(clip.start + 1))  # the page has shown the clip before
        words[2]["text"] = "corrected"
        began = process_time()
        preview.caption_picture(bench, clip.changed(words=words), seconds(clip.start + 1))
        assert process_time() - began < 0.5


def test_settings_are_those_of_the_run(project: Project) -> None:
    bench = Workbench.open(project, configure)
    assert (bench.pipeline.reframer.options.width, bench.pipeline.uploaders[0].name) == (270, "folder")
    bench.close()
