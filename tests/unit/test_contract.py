"""A result that breaks its core class's contract ends in one line that names the backend and what was promised."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from clipy import probe, registry
from clipy.analysis.base import Aligner, Diarizer, Embedder, ShotDetector, SpeakerDetector, Transcriber
from clipy.analysis.faces.base import FaceDetector
from clipy.analysis.faces.tracking.detections import Detection
from clipy.backend import Backend
from clipy.cli import main
from clipy.context import Context
from clipy.contract import call
from clipy.errors import BackendError, ContractError
from clipy.media.frame import AudioBlock, Frame
from clipy.stages.base import Highlighter, Pizzazz, Reframer, Renderer, Reviewer, Uploader
from clipy.stages.streams import frames_through, sound_through
from clipy.types import (
    Array,
    Box,
    Clip,
    CropPath,
    CropShot,
    Edit,
    Finding,
    Highlight,
    Keyframe,
    Panel,
    Post,
    Review,
    Shot,
    Span,
    Track,
    Transcript,
    Turn,
    Video,
    Word,
)
from fixtures.media import make_video
from tests.clips import clip, gray, sound

VIDEO = Video("x", Fraction(20), Fraction(25), 640, 360, 640, 360, 0, Fraction(0))
SPAN = Span(Fraction(1), Fraction(3))
PLACE = (0, 0, 90, 160)
FINISHED = Clip("c", Fraction(2), 90, 160)
SPOKEN = Transcript("en", (Word("one", Fraction(1), Fraction(2)), Word("two", Fraction(2), Fraction(3))))


def span(start: float, end: float) -> Span:
    return Span(Fraction(start), Fraction(end))


def answering(core: type[Backend], method: str, answer: Any, **more: Any) -> Any:
    """A backend of another package whose method answers so."""

    def answers(self: Any, *_: object) -> Any:
        return answer

    answers.__name__ = method
    kind: Any = type("Theirs", (core,), {method: answers, "__module__": "acme_clips", **more})
    made = kind()
    made.name = "acme"
    return made


def words(*times: tuple[float, float]) -> Transcript:
    return Transcript("en", tuple(Word("word", Fraction(start), Fraction(end)) for start, end in times))


def crop(*shots: Span, box: Box | None = None, into: tuple[int, int, int, int] = PLACE) -> CropPath:
    window = Panel((Keyframe(Fraction(1), box or Box(0, 0, 90, 160)),), into)
    return CropPath(90, 160, tuple(CropShot(one, "single", (window,)) for one in shots))


def track(*speaking: float, number: int = 1) -> Track:
    times = np.array([1.0, 1.04])
    boxes, sure = np.zeros((2, 4), np.float32), np.ones(2, np.float32)
    return Track(number, SPAN, times, boxes, sure, np.array(speaking, np.float32))


def finding(**changes: Any) -> Review:
    return Review("acme", (replace(Finding("level", "error", "too quiet"), **changes),))


PICTURE = np.zeros((90, 160, 3), np.uint8)
SIZES = Reframer.Options(width=90, height=160)

CASES: list[tuple[type[Backend], str, tuple[Any, ...], Any, str]] = [
    (Highlighter, "highlight", (VIDEO,), [Highlight(span(0, 57))], r"inside the video \(0 to 20.00 s\).*0.00 to 57.00"),
    (Highlighter, "highlight", (VIDEO,), [Highlight(span(0, 16), 1.5)], r"scores in 0..1; returned: 1.5"),
    (Highlighter, "highlight", (VIDEO,), [Highlight(span(0, 16), float("nan"))], r"scores in 0..1; returned: nan"),
    (Highlighter, "highlight", (VIDEO,), [Highlight(span(0, 5))], r"clips of 15 to 60 s; returned: one of 5.00 s"),
    (Highlighter, "highlight", (VIDEO,), [Highlight(span(0, 16)), Highlight(span(3, 19))], "do not overlap"),
    (Highlighter, "highlight", (VIDEO,), None, "a list of Highlight; returned: None"),
    (Highlighter, "highlight", (VIDEO,), ["x"], "a list of Highlight; returned: one with str"),
    (Transcriber, "transcribe", (VIDEO,), words((30, 31)), "words inside the video"),
    (Transcriber, "transcribe", (VIDEO,), words((3, 4), (1, 2)), "in order of their beginning"),
    (Transcriber, "transcribe", (VIDEO,), words((3, 2)), "words inside the video"),
    (Aligner, "align", (VIDEO, SPOKEN), replace(SPOKEN, words=SPOKEN.words[:1]), "the same 2 words; returned: 1"),
    (
        Aligner,
        "align",
        (VIDEO, SPOKEN),
        replace(SPOKEN, words=SPOKEN.words[::-1]),
        "same order; returned: 'two' for 'one'",
    ),
    (ShotDetector, "detect", (VIDEO, SPAN), [], "shots that fill 1.00 to 3.00 s"),
    (
        ShotDetector,
        "detect",
        (VIDEO, SPAN),
        [Shot(span(1, 2)), Shot(span(2.5, 3))],
        "without gaps; returned: 1.00 to 2",
    ),
    (FaceDetector, "detect", ([PICTURE],), [], "for each of 1 pictures; returned: 0 lists"),
    (FaceDetector, "detect", ([PICTURE],), [[Detection(Box(170, 0, 250, 90), 1)]], "faces in a picture of 160x90"),
    (FaceDetector, "detect", ([PICTURE],), [[Detection(Box(0, 0, 20, 20), 2)]], "confidences in 0..1; returned: 2"),
    (SpeakerDetector, "score", (VIDEO, [track()]), [], "the same 1 tracks"),
    (SpeakerDetector, "score", (VIDEO, [track()]), [track(0.5)], r"each of the 2 times of track 1; .* shape \(1,\)"),
    (SpeakerDetector, "score", (VIDEO, [track()]), [track(0.5, np.nan)], "probabilities in 0..1"),
    (Diarizer, "diarize", (VIDEO, (SPAN,)), [Turn(span(8, 9), "A")], "turns inside 1.00 to 3.00 s"),
    (Diarizer, "diarize", (VIDEO, (SPAN,)), [Turn(span(2, 3), "A"), Turn(span(1, 2), "B")], "order of their beginning"),
    (
        Embedder,
        "embed",
        (("a", "b"),),
        np.eye(1, 3, dtype=np.float32),
        "each text, 2 in all; returned: float32 of shape",
    ),
    (Embedder, "embed", (("a",),), np.ones((1, 3), np.float32), "unit vector .*; returned: lengths of 1.73"),
    (Embedder, "embed", (("a",),), np.eye(1, 3), "returned: float64"),
    (Reframer, "reframe", (VIDEO, Highlight(SPAN)), crop(span(1, 2)), "shots that fill 1.00 to 3.00 s"),
    (
        Reframer,
        "reframe",
        (VIDEO, Highlight(SPAN)),
        crop(SPAN, box=Box(600, 0, 690, 160)),
        "windows inside the picture",
    ),
    (Reframer, "reframe", (VIDEO, Highlight(SPAN)), crop(SPAN, into=(0, 0, 99, 160)), "places inside the output"),
    (
        Reframer,
        "reframe",
        (VIDEO, Highlight(SPAN)),
        replace(crop(SPAN), width=92),
        "an output of 90x160; returned: 92x160",
    ),
    (Reviewer, "review", (FINISHED,), Review("other"), "a review by 'acme'; returned: one by 'other'"),
    (Reviewer, "review", (FINISHED,), finding(message=""), "findings with a check and a message"),
    (Reviewer, "review", (FINISHED,), finding(span=span(5, 6)), r"findings inside the clip \(0 to 2.00 s\)"),
    (Reviewer, "review", (FINISHED,), finding(value=float("nan")), "values that are numbers"),
    (Reviewer, "review", (FINISHED,), finding(severity="fatal"), "a severity: info, warning, error"),
    (Uploader, "upload", (FINISHED,), Post("acme", ""), "a post by 'acme' that says where"),
]


@pytest.mark.parametrize(("core", "method", "inputs", "answer", "line"), CASES, ids=lambda value: None)
def test_contract_violation_names_the_backend(
    core: type[Backend], method: str, inputs: tuple[Any, ...], answer: Any, line: str, ctx: Context
) -> None:
    backend = answering(core, method, answer, **({"__init__": _small} if core is Reframer else {}))
    with pytest.raises(ContractError, match=line) as raised:
        call(getattr(backend, method), inputs, ctx)
    assert str(raised.value).startswith(f"the {core.group} backend 'acme' of the module acme_clips broke its contract:")
    assert "\n" not in str(raised.value)
    if core is not Uploader:
        with pytest.raises(ContractError):
            ctx.cached(getattr(backend, method), *inputs)


def _small(self: Any, options: Any = None) -> None:
    Reframer.__init__(self, SIZES)


@pytest.mark.parametrize("method", ["input_digests", "sidecar_digests", "store_digests", "identity"])
def test_failure_while_computing_a_key_names_the_backend(method: str, ctx: Context) -> None:
    def fails(*_: object) -> object:
        raise ZeroDivisionError("division by zero")

    fails.__name__ = method
    backend = answering(Highlighter, "highlight", [], **{method: fails})
    with pytest.raises(BackendError, match=r"'acme' of the module acme_clips failed \(ZeroDivisionError"):
        ctx.cached(backend.highlight, VIDEO)


def test_failing_check_names_the_backend(ctx: Context) -> None:
    backend = answering(Renderer, "render", None)

    def check(self: Renderer) -> None:
        raise KeyError("driver")

    type(backend).check = check
    with pytest.raises(BackendError, match=r"the render backend 'acme' .* failed"):
        call(backend.check, ())


GOOD: list[tuple[type[Backend], str, tuple[Any, ...], Any]] = [
    (Highlighter, "highlight", (VIDEO,), [Highlight(span(4, 20), 1.0), Highlight(span(0, 2), given=True)]),
    (Transcriber, "transcribe", (VIDEO,), words((1, 2), (1.5, 1.75))),
    (Aligner, "align", (VIDEO, SPOKEN), SPOKEN),
    (ShotDetector, "detect", (VIDEO, SPAN), [Shot(span(1, 2)), Shot(span(2, 3))]),
    (SpeakerDetector, "score", (VIDEO, [track()]), [track(0, 1)]),
    (Diarizer, "diarize", (VIDEO, (SPAN,)), [Turn(span(1, 3), "A"), Turn(span(2, 3), "B")]),
    (Embedder, "embed", (("a",),), np.eye(1, 3, dtype=np.float32)),
    (Reframer, "reframe", (VIDEO, Highlight(SPAN)), crop(span(1, 2), span(2, 3))),
    (Reviewer, "review", (FINISHED,), finding(span=span(0, 2))),
]


@pytest.mark.parametrize(("core", "method", "inputs", "answer"), GOOD, ids=lambda value: None)
def test_valid_result_passes(
    core: type[Backend], method: str, inputs: tuple[Any, ...], answer: Any, ctx: Context
) -> None:
    backend = answering(core, method, answer, **({"__init__": _small} if core is Reframer else {}))
    ctx.cached(getattr(backend, method), *inputs)


# --- what a pizzazz decides ---


PLANS: list[tuple[Callable[[Edit], Edit], bool, str]] = [
    (lambda edit: replace(edit, keep=(span(10, 12),)), False, "because retimes is False; returned: 10.00 to 12.00 s"),
    (lambda edit: replace(edit, keep=(span(12, 13), span(10, 11))), True, "kept spans in order"),
    (lambda edit: replace(edit, keep=()), True, "at least one; returned: none"),
    (lambda edit: replace(edit, keep=(span(10, 40),)), True, "kept spans within 10.00 to 14.00 s"),
    (lambda edit: replace(edit, crop=replace(edit.crop, width=20)), False, "an output of 540x960, as before"),
]


@pytest.mark.parametrize(("change", "retimes", "line"), PLANS, ids=lambda value: None)
def test_invalid_plan_names_the_pizzazz(change: Callable[[Edit], Edit], retimes: bool, line: str, ctx: Context) -> None:
    edit = clip("some words")
    with pytest.raises(ContractError, match=line):
        ctx.cached(answering(Pizzazz, "plan", change(edit), retimes=retimes).plan, VIDEO, edit)


def test_plan_must_not_cut_after_others_or_change_their_plans(ctx: Context) -> None:
    edit = replace(clip("some words"), plans={"captions": {"cards": []}})
    cuts = answering(Pizzazz, "plan", replace(edit, keep=(span(10, 12),)), retimes=True)
    with pytest.raises(ContractError, match="to cut before others plan; returned: cuts after captions had planned"):
        ctx.cached(cuts.plan, VIDEO, edit)
    with pytest.raises(ContractError, match="another plan of captions"):
        ctx.cached(answering(Pizzazz, "plan", replace(edit, plans={})).plan, VIDEO, edit)


def test_plan_that_is_not_data_names_the_pizzazz(ctx: Context) -> None:
    edit = clip("some words")
    plan = answering(Pizzazz, "plan", replace(edit, plans={"acme": {"thing": object()}}))
    with pytest.raises(ContractError, match="'acme' of the module acme_clips broke its contract: promised: Edit"):
        ctx.cached(plan.plan, VIDEO, edit)


def test_inexact_times_name_the_backend(ctx: Context) -> None:
    found = [Highlight(Span(0.0, 16.0))]  # type: ignore[arg-type]
    with pytest.raises(ContractError, match="Expected `fraction`"):
        ctx.cached(answering(Highlighter, "highlight", found).highlight, VIDEO)


# --- streams ---


def drawn(change: Callable[[Iterator[Frame]], Any], ctx: Context) -> list[Frame]:
    edit = clip()
    source = iter([gray(Fraction(n, 25), (540, 960)) for n in range(4)])
    effect = answering(Pizzazz, "frames", None)
    type(effect).frames = lambda self, frames, edit, ctx: change(frames)
    return list(frames_through(effect, source, edit, ctx))


def _dropping(frames: Iterator[Frame]) -> Iterator[Frame]:
    next(frames)
    yield from frames


def _stopping(frames: Iterator[Frame]) -> Iterator[Frame]:
    yield next(frames)


def _adding(frames: Iterator[Frame]) -> Iterator[Frame]:
    yield from frames
    yield gray(1, (540, 960))


def _shrinking(frames: Iterator[Frame]) -> Iterator[Frame]:
    return (gray(frame.time, (540, 958)) for frame in frames)


def _failing(frames: Iterator[Frame]) -> Iterator[Frame]:
    yield next(frames)
    raise ZeroDivisionError("division by zero")


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (_dropping, "the frame of 0.000 s; returned: one of 0.040 s"),
        (_stopping, "as many frames as it was given; returned: 3 fewer"),
        (_adding, "as many frames as it was given; returned: one more"),
        (_shrinking, r"frames of 540x960; returned: uint8 of shape \(958, 540\)"),
        (lambda frames: 3, r"failed \(TypeError: 'int' object is not iterable\)"),
        (_failing, r"failed \(ZeroDivisionError: division by zero\)"),
    ],
)
def test_invalid_frames_name_the_pizzazz(change: Callable[[Iterator[Frame]], Any], line: str, ctx: Context) -> None:
    with pytest.raises(BackendError, match=line) as raised:
        drawn(change, ctx)
    assert "the pizzazz backend 'acme' of the module acme_clips" in str(raised.value)


def test_earlier_failure_is_not_blamed_on_a_later_effect(ctx: Context) -> None:
    def broken() -> Iterator[Frame]:
        yield gray(0, (540, 960))
        raise KeyError("decoder")

    effect = answering(Pizzazz, "frames", None)
    type(effect).frames = lambda self, frames, edit, ctx: (frame for frame in frames)
    with pytest.raises(KeyError, match="decoder"):
        list(frames_through(effect, broken(), clip(), ctx))


def test_passed_through_stream_is_not_checked(ctx: Context) -> None:
    source = iter([gray(0, (540, 960))])
    effect = answering(Pizzazz, "frames", None)
    type(effect).frames = lambda self, frames, edit, ctx: frames
    assert frames_through(effect, source, clip(), ctx) is source


def changed(change: Callable[[AudioBlock], Any], ctx: Context) -> list[AudioBlock]:
    effect = answering(Pizzazz, "audio", None)
    type(effect).audio = lambda self, audio, edit, ctx: (change(block) for block in audio)
    return list(sound_through(effect, iter(sound(Fraction(1))), clip(), ctx))


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda block: replace(block, samples=block.samples * np.nan), "finite numbers; returned: NaN or infinity"),
        (lambda block: replace(block, samples=block.samples[:, :-1]), r"promised: the block of|as many samples"),
        (lambda block: replace(block, samples=block.samples.astype(np.float64)), "returned: float64"),
        (lambda block: replace(block, samples=block.samples[:1]), r"shape \(2, n\) at 48000 Hz"),
        (lambda block: replace(block, rate=44_100), "at 44100 Hz"),
        (lambda block: block.samples, "blocks of sound; returned: ndarray"),
    ],
)
def test_invalid_sound_names_the_pizzazz(change: Callable[[AudioBlock], Any], line: str, ctx: Context) -> None:
    with pytest.raises(ContractError, match=line):
        changed(change, ctx)


def test_short_sound_names_the_pizzazz(ctx: Context) -> None:
    effect = answering(Pizzazz, "audio", None)
    type(effect).audio = lambda self, audio, edit, ctx: (block for block in [next(audio)])
    with pytest.raises(ContractError, match=r"as many samples as it was given \(48000\); returned: 4800"):
        list(sound_through(effect, iter(sound(Fraction(1))), clip(), ctx))


# --- the whole command ---

_THEIRS = """
from fractions import Fraction
import numpy as np
import clipy

class Long(clipy.Highlighter):
    'A clip of 57 s, whatever the video.'
    def highlight(self, video, ctx):
        return [clipy.Highlight(clipy.Span(Fraction(0), Fraction(57)), 0.5, 'title', 'reason')]

class Crash(clipy.Highlighter):
    'Fails.'
    def highlight(self, video, ctx):
        return [][0]

class Silent(clipy.Pizzazz):
    'Sound that is no number.'
    def audio(self, audio, edit, ctx):
        for block in audio:
            block.samples[:] = np.nan
            yield block

class Short(clipy.Renderer):
    'Writes something that is no video.'
    def render(self, video, edit, pizzazz, path, ctx):
        path.write_bytes(b'no video')
"""


@pytest.fixture
def theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed package whose backends break their contracts."""
    info = tmp_path / "acme_clips-2.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-clips\nVersion: 2.0\n")
    (info / "RECORD").write_text("acme_clips.py,,\n")
    (info / "entry_points.txt").write_text(
        "[clipy.highlight]\nlong = acme_clips:Long\ncrash = acme_clips:Crash\n"
        "[clipy.pizzazz]\nsilent = acme_clips:Silent\n[clipy.render]\nshort = acme_clips:Short\n"
    )
    (tmp_path / "acme_clips.py").write_text(_THEIRS)
    monkeypatch.syspath_prepend(str(tmp_path))
    registry._all_points.cache_clear()
    yield tmp_path
    registry._all_points.cache_clear()
    sys.modules.pop("acme_clips", None)


QUICK = [
    *("highlight.backend=even", "highlight.duration=2", "highlight.count=1", "highlight.min_duration=1"),
    *("reframe.backend=center", "reframe.width=180", "reframe.height=320", "pizzazz="),
    "review=technical",
]


def quick(sets: Sequence[str]) -> list[str]:
    """Settings that cost little; the default highlighter's only where it is picked."""
    mine = any(setting.startswith("highlight") for setting in sets)
    return [
        setting for setting in QUICK if not (mine and setting.startswith(("highlight.backend", "highlight.duration")))
    ]


def run(folder: Path, *sets: str) -> Result:
    source = folder / "source.mp4"
    if not source.exists():
        make_video(source, seconds=3, size=(320, 180))
    options = [f"--set={setting}" for setting in (*quick(sets), *sets, "highlight.min_duration=1")]
    return CliRunner().invoke(main, ["run", str(source), "-o", str(folder / "out"), *options])


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("highlight.backend=long", "highlight backend 'long' of acme-clips 2.0 broke its contract: promised: clips"),
        ("highlight.backend=crash", "highlight backend 'crash' of acme-clips 2.0 failed (IndexError: list index"),
        ("pizzazz=silent", "pizzazz backend 'silent' of acme-clips 2.0 broke its contract: promised: samples"),
        ("render.backend=short", "render backend 'short' of acme-clips 2.0 broke its contract: promised: a video"),
    ],
)
def test_failed_run_prints_one_line_and_exits_with_1(theirs: Path, setting: str, line: str) -> None:
    done = run(theirs, setting)
    assert done.exit_code == 1
    assert f"error: the {line}" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Report it to the authors of acme-clips 2.0" in done.stderr


def test_the_traceback_is_shown_with_debug(theirs: Path) -> None:
    source = make_video(theirs / "source.mp4", seconds=3, size=(320, 180))
    options = [
        f"--set={setting}" for setting in (*quick(["highlight"]), "highlight.backend=crash", "highlight.min_duration=1")
    ]
    done = CliRunner().invoke(main, ["run", str(source), "-o", str(theirs / "out"), "--debug", *options])
    assert done.exit_code == 1
    assert "Traceback" in done.stderr
    assert "return [][0]" in done.stderr


def test_wrong_length_of_a_rendered_file_names_the_renderer(tmp_path: Path, ctx: Context) -> None:
    video = probe(make_video(tmp_path / "a.mp4", seconds=3, size=(90, 160)))

    class Copied(Renderer):
        def render(self, video: Video, edit: Edit, pizzazz: tuple[Pizzazz, ...], path: Path, ctx: Context) -> None:
            path.write_bytes(video.path.read_bytes())

    edit = Edit(Highlight(span(0, 1)), crop(span(0, 1)), (span(0, 1),))
    with pytest.raises(ContractError, match=r"a video of 1.00 s; returned: 3.00 s"):
        ctx.cached_file(Copied().render, video, edit, (), suffix=".mp4")
    assert list(ctx.store.root.rglob("*.mp4")) == []


def test_arrays_are_checked_before_they_are_stored(ctx: Context) -> None:
    class Wide(Embedder):
        def embed(self, texts: tuple[str, ...], ctx: Context) -> Array:
            return np.zeros((len(texts), 2), np.float32)

    with pytest.raises(ContractError, match="lengths of 0 to 0"):
        ctx.cached(Wide().embed, ("a", "b"))
