"""What the pipeline does about a review: repairs what can be repaired, else draws the next candidate."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from clipy.analysis.base import Transcriber
from clipy.backend import Backend
from clipy.config import load
from clipy.context import Context
from clipy.errors import NothingToDeliver
from clipy.media.checks.audio_metrics import measure_audio
from clipy.media.probe import probe
from clipy.media.read import sound_array
from clipy.pipeline.outcome import Result
from clipy.pipeline.pipeline import Pipeline
from clipy.pipeline.repair import plan_repair
from clipy.pipeline.run import context
from clipy.stages.base import Reviewer
from clipy.stages.highlight.even import Even
from clipy.types import Clip, CropPath, Edit, Finding, Highlight, Repair, Review, Span, Video
from fixtures.media import make_video
from tests.clips import VIDEO, clip
from tests.unit.llm.world import Spoken

SETTINGS = (
    *("highlight.backend=even", "highlight.duration=3", "highlight.min_duration=1", "highlight.count=2"),
    *("reframe.backend=center", "reframe.width=180", "reframe.height=320", "pizzazz=", "render.quality=draft"),
)


class Talk(Spoken):
    """Counts how often it gives back its memory."""

    released = 0

    def release(self) -> None:
        self.released += 1


class Judge(Reviewer):
    """Finds what a test tells it to find."""

    judged: Callable[[Clip], Iterable[Finding]] = staticmethod(lambda clip: ())

    foreseen: Callable[[Edit], Iterable[Finding]] = staticmethod(lambda edit: ())

    def review(self, clip: Clip, ctx: Context) -> Review:
        return Review("judge", tuple(self.judged(clip)))

    def foresee(self, edit: Edit, ctx: Context) -> Review:
        return Review("judge", tuple(self.foreseen(edit)))


class Plenty(Even):
    """More candidates than are asked for."""

    def highlight(self, video: Video, ctx: Context) -> list[Highlight]:
        return Even(self.options.model_copy(update={"count": 4})).highlight(video, ctx)


def _nothing(item: object) -> Iterable[Finding]:
    return ()


def _run(
    folder: Path,
    judged: Callable[[Clip], Iterable[Finding]] = _nothing,
    foreseen: Callable[[Edit], Iterable[Finding]] = _nothing,
    talk: Talk | None = None,
) -> Result:
    source = probe(make_video(folder / "source.mp4", seconds=12, size=(320, 180)))
    judge = Judge()
    judge.judged, judge.foreseen = judged, foreseen
    whole = Pipeline.from_config(load(sets=SETTINGS))
    plenty = Plenty(whole.highlighter.options)
    words: dict[type[Backend], Backend] = {Transcriber: talk or Talk()}
    pipeline = replace(whole, highlighter=plenty, analysers=words, reviewers=(judge,), uploaders=())
    (folder / "out").mkdir()
    with context(pipeline) as ctx:
        return pipeline.run(source, folder / "out", ctx)


def _span(item: Edit | Highlight) -> tuple[float, float]:
    highlight = item.highlight if isinstance(item, Edit) else item
    return float(highlight.span.start), float(highlight.span.end)


def _edit(clip: Clip) -> Edit:
    assert clip.edit is not None
    return clip.edit


def test_a_rejected_candidate_is_replaced_by_the_next(tmp_path: Path) -> None:
    first: list[Highlight] = []

    def judged(clip: Clip) -> Iterable[Finding]:
        first.append(_edit(clip).highlight)
        if _edit(clip).highlight == first[0]:
            yield Finding("taste", "error", "it is dull")

    result = _run(tmp_path, judged)
    assert len(result.made) == 2
    assert [item.highlight for item in result.rejected] == [first[0]]
    assert first[0] not in [outcome.highlight for outcome in result.made]
    (story,) = result.document()["rejected"]
    assert [finding["message"] for finding in story["findings"]] == ["it is dull"]
    assert story["repaired"] == []


def test_a_repair_saves_a_clip(tmp_path: Path) -> None:
    def judged(clip: Clip) -> Iterable[Finding]:
        if clip.duration > 2:
            span = Span(Fraction(1, 2), Fraction(3, 2))
            yield Finding("edge", "error", "it starts too early", repair=Repair("trim", span))
            yield Finding("loudness", "error", "too loud", repair=Repair("relevel", gain=-6.0))

    result = _run(tmp_path, judged)
    assert not result.rejected
    made = result.made[0]
    start, end = _span(_edit(made.clip))
    assert end - start == 1
    assert float(probe(made.clip.path).duration) == pytest.approx(1, abs=0.05)
    assert measure_audio(probe(made.clip.path)).loudness == pytest.approx(-20, abs=1)
    entry = result.document()["clips"][0]
    assert entry["review"]["passed"]
    assert [finding["repair"]["kind"] for finding in entry["review"]["repaired"]] == ["trim", "relevel"]


def _pictures(path: Path) -> list[tuple[Fraction, bytes]]:
    """The coded pictures of a file, and when each is shown."""
    with av.open(str(path)) as container:
        packets = container.demux(video=0)
        return [(packet.pts * packet.time_base, bytes(packet)) for packet in packets if packet.pts is not None]


def test_remix_changes_the_channels_and_copies_the_pictures(tmp_path: Path) -> None:
    judged_clips: list[Clip] = []

    def judged(clip: Clip) -> Iterable[Finding]:
        judged_clips.append(clip)
        if _edit(clip).sides is None:
            repair = Repair("remix", sides=((1.0, 0.0), (0.0, -1.0)))
            yield Finding("phase", "error", "left and right cancel out", repair=repair)

    result = _run(tmp_path, judged)
    assert not result.rejected
    earlier, clip = judged_clips[0], probe(result.made[0].clip.path)
    assert _pictures(clip.path) == _pictures(earlier.path), "only the sound is encoded again"
    assert clip.duration == pytest.approx(earlier.duration, abs=0.03)
    left, right = sound_array(clip, clip.span, rate=48_000, channels=2)
    assert np.corrcoef(left, right)[0, 1] < -0.99


def test_clip_is_repaired_once_and_the_repair_is_reported(tmp_path: Path) -> None:
    def judged(clip: Clip) -> Iterable[Finding]:
        stays = Span(Fraction(1, 4), clip.duration)
        yield Finding("edge", "error", f"it lasts {float(clip.duration):.2f} s", repair=Repair("trim", stays))

    with pytest.raises(NothingToDeliver) as error:
        _run(tmp_path, judged)
    assert all("it lasts 2.7" in why and "(after a repair of: it lasts 3.00 s)" in why for why in error.value.reasons)


def test_a_candidate_with_an_error_in_its_plan_is_never_rendered(tmp_path: Path) -> None:
    first: list[Highlight] = []
    rendered: list[Highlight] = []

    def foreseen(edit: Edit) -> Iterable[Finding]:
        first.append(edit.highlight)
        if edit.highlight == first[0]:
            yield Finding("speaker-out", "error", "the speaker is not shown")

    def judged(clip: Clip) -> Iterable[Finding]:
        rendered.append(_edit(clip).highlight)
        return ()

    result = _run(tmp_path, judged, foreseen)
    assert len(result.made) == 2
    assert first[0] not in rendered
    (refused,) = result.rejected
    assert (refused.highlight, refused.clip) == (first[0], None)
    assert refused.edit is not None
    assert refused.edit.highlight == first[0]
    assert "the speaker is not shown" in refused.reason()


def test_an_error_in_a_plan_is_repaired_before_it_is_rendered(tmp_path: Path) -> None:
    rendered: list[Fraction] = []

    def foreseen(edit: Edit) -> Iterable[Finding]:
        if edit.duration > 2:
            stays = Span(Fraction(1, 2), Fraction(3, 2))
            yield Finding("edge", "error", "it starts too early", repair=Repair("trim", stays))

    def judged(clip: Clip) -> Iterable[Finding]:
        rendered.append(_edit(clip).duration)
        return ()

    result = _run(tmp_path, judged, foreseen)
    assert rendered == [1, 1]
    assert [finding.check for finding in result.made[0].repaired] == ["edge"]


def test_what_transcribes_gives_back_its_memory_before_clips_are_rendered(tmp_path: Path) -> None:
    talk, released = Talk(), list[int]()

    def foreseen(edit: Edit) -> Iterable[Finding]:
        released.append(talk.released)
        return ()

    _run(tmp_path, foreseen=foreseen, talk=talk)
    assert released == [1, 1]


SHOWN = clip(seconds=10, start=10, fit=[(4, 6)])
TRIM = Finding("edge", "error", "", repair=Repair("trim", Span(Fraction(1), Fraction(8))))


def _repaired(*findings: Finding, shortest: int = 2, edit: Edit = SHOWN, video: Video = VIDEO) -> CropPath | None:
    found = plan_repair(video, edit, findings, Fraction(shortest))
    return None if found is None else found.crop


def test_clip_is_repaired_only_if_every_error_is_repairable() -> None:
    assert _repaired(TRIM) is not None
    assert _repaired(TRIM, Finding("black", "error", "")) is None
    assert _repaired(TRIM, shortest=8) is None
    assert _repaired(TRIM, Finding("late", "error", "", repair=Repair("trim", Span(Fraction(9), Fraction(10))))) is None
    assert _repaired(Finding("dim", "warning", "", repair=Repair("relevel", gain=3))) is None
    assert _repaired(Finding("quiet", "error", "", repair=Repair("relevel", gain=40))) is None


def test_repairs_trim_the_crop_and_relayout_to_fit() -> None:
    framing = Finding("face", "error", "", repair=Repair("relayout", Span(Fraction(7), Fraction(8))))
    crop = _repaired(TRIM, framing)
    assert crop is not None
    assert [shot.layout for shot in crop.shots] == ["single", "fit", "fit"]
    assert crop.shots[0].span.start == 11
    assert crop.shots[-1].span.end == 18
