from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from clipy import registry
from clipy.analysis.base import ShotDetector
from clipy.analysis.clip_qc.lip_offset import LipOffset
from clipy.analysis.faces.base import FaceDetector
from clipy.analysis.faces.tracking.detections import Detection
from clipy.context import Context
from clipy.media.probe import probe
from clipy.pipeline.quality_control import clip_of
from clipy.stages.review.framing import Framing
from clipy.storage.store import Store
from clipy.types import Box, CropPath, CropShot, Edit, Finding, Highlight, Keyframe, Panel, Repair, Review, Span, Video
from fixtures.media import Draw, Picture, make_video, moving

SIZE = (180, 320)


class Faces(FaceDetector):
    """A skin-coloured square is a face; its landmarks lie inside it."""

    def detect(self, pictures: Sequence[NDArray[np.uint8]], ctx: Context) -> list[list[Detection]]:
        return [self._squares(picture) for picture in pictures]

    @staticmethod
    def _squares(picture: NDArray[np.uint8]) -> list[Detection]:
        ys, xs = np.nonzero(picture.astype(int).max(axis=2) - picture.astype(int).min(axis=2) > 110)
        if len(xs) < 40:
            return []
        box = Box(float(xs.min()), float(ys.min()), float(xs.max() + 1), float(ys.max() + 1))
        x, y = box.center
        marks = ((box.x1 + 2, y), (box.x2 - 2, y), (x, y), (x, y), (x, y))
        return [Detection(box, 0.9, marks)]


class Twice(Faces):
    """Sees two people where one is."""

    def detect(self, pictures: Sequence[NDArray[np.uint8]], ctx: Context) -> list[list[Detection]]:
        return [[*faces, *faces] for faces in super().detect(pictures, ctx)]


def _face(time: float, size: tuple[int, int], left: int, colour: tuple[int, int, int] = (220, 150, 90)) -> Picture:
    """Grey noise that drifts, with a face."""
    drift = 40 * time
    ys, xs = np.mgrid[0 : size[1], 0 : size[0]]
    grey = 110 + 40 * np.sin((xs + drift) / 3.1) * np.cos(ys / 2.7) + 20 * np.sin((xs - ys) / 1.7)
    picture = np.repeat(grey[..., None], 3, axis=2).astype(np.uint8)
    picture[100:160, max(0, left) : max(0, left + 50)] = colour
    return picture


def _natural(shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Noise with the spectrum of natural pictures: power that falls with the square of the frequency."""
    frequency = np.hypot(np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None, :])
    frequency[0, 0] = np.inf
    phase = np.exp(2j * np.pi * np.random.default_rng(4).random(frequency.shape))
    noise = np.fft.irfft2(phase / frequency, shape)
    return np.asarray(np.clip(128 + 45 * noise / noise.std(), 0, 255), dtype=np.uint8)


def _showing(picture: Picture) -> Draw:
    return lambda time, size: picture


def _review(
    folder: Path,
    draw: Draw,
    edit: Edit | None = None,
    *,
    seconds: float = 4,
    size: tuple[int, int] = SIZE,
    source: Video | None = None,
    faces: type[Faces] = Faces,
    **options: object,
) -> Review:
    path = make_video(folder / "a.mp4", size=size, draw=draw, seconds=seconds)
    work = folder / "work"
    work.mkdir(exist_ok=True)
    ctx = Context(Store(folder / "store"), work, {FaceDetector: faces(), ShotDetector: _detector()}, video=source)
    return Framing(Framing.Options.model_validate(options)).review(replace(clip_of(path), edit=edit), ctx)


def _detector() -> ShotDetector:
    detector = registry.create("shots", registry.names("shots")[0], {})
    assert isinstance(detector, ShotDetector)
    return detector


def _errors(review: Review) -> dict[str, Finding]:
    return {finding.check: finding for finding in review.findings if finding.severity == "error"}


def _edit(seconds: int = 4) -> Edit:
    span = Span(Fraction(0), Fraction(seconds))
    panel = Panel((Keyframe(Fraction(0), Box(0, 0, 180, 320)),), (0, 0, *SIZE))
    return Edit(Highlight(span), CropPath(*SIZE, (CropShot(span, "single", (panel,)),)), (span,))


def test_a_face_in_the_middle_is_well_framed(tmp_path: Path) -> None:
    assert _review(tmp_path, lambda time, size: _face(time, size, 65)).findings == ()


def test_cut_face_is_reported_and_repaired_by_relayout(tmp_path: Path) -> None:
    review = _review(tmp_path, lambda time, size: _face(time, size, -20), _edit())
    found = _errors(review)["face-cut"]
    assert found.span == Span(Fraction(0), Fraction(4))
    assert found.evidence is not None
    assert found.evidence.box is not None
    assert found.repair == Repair("relayout", found.span)


def test_empty_picture_is_reported_after_a_person_leaves(tmp_path: Path) -> None:
    def leaves(time: float, size: tuple[int, int]) -> Picture:
        return _face(time, size, 65 if time < 2 else 500)

    found = _errors(_review(tmp_path, leaves))["empty"]
    assert found.span is not None
    assert float(found.span.start) == pytest.approx(2, abs=0.4)
    assert found.span.end == 4


def test_empty_picture_is_accepted_when_the_whole_source_is_shown(tmp_path: Path) -> None:
    def leaves(time: float, size: tuple[int, int]) -> Picture:
        return _face(time, size, 65 if time < 2 else 500)

    source, window = probe(make_video(tmp_path / "source.mp4", size=SIZE, draw=leaves, seconds=4)), _edit()
    (shot,) = window.crop.shots
    whole = replace(window, crop=replace(window.crop, shots=(replace(shot, layout="fit"),)))
    assert "empty" in _errors(_review(tmp_path, leaves, window, source=source))
    assert "empty" not in _errors(_review(tmp_path, leaves, whole, source=source))


@pytest.mark.parametrize(("beside", "severity"), [(None, "warning"), (False, "warning"), (True, "error")])
def test_listener_shown_while_somebody_else_speaks_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beside: bool | None, severity: str
) -> None:
    """``beside``: whether the source shows another face outside of the window; None where nobody knows the source."""
    resting = Span(Fraction(0), Fraction(4))
    found = LipOffset(np.zeros(0), 0.0, np.zeros((2, 0)), (resting, Span(Fraction(0), Fraction(1))))
    monkeypatch.setattr("clipy.stages.review.framing.lip_offset", lambda inspection, ctx: found)

    def wide(time: float, size: tuple[int, int]) -> Picture:
        return _face(time, size, 220 if beside else 65)

    source = None if beside is None else probe(make_video(tmp_path / "s.mp4", size=(360, 320), seconds=4, draw=wide))
    edit = None if beside is None else _edit()
    review = _review(tmp_path, lambda time, size: _face(time, size, 65), edit, source=source)
    together = _review(tmp_path, lambda time, size: _face(time, size, 65), edit, source=source, faces=Twice)
    assert not [finding for finding in together.findings if finding.check == "speaker-out"]
    (finding,) = [finding for finding in review.findings if finding.check == "speaker-out"]
    assert (finding.severity, finding.span, finding.value) == (severity, resting, 4)
    assert finding.repair == (Repair("relayout", resting) if beside else None)


def test_cutaway_is_accepted_unless_people_are_expected(tmp_path: Path) -> None:
    def cuts(time: float, size: tuple[int, int]) -> Picture:
        return _face(time, size, 65) if time < 1.6 else 255 - _face(time, size, 500) // 2

    assert "empty" not in _errors(_review(tmp_path, cuts))
    assert "empty" in _errors(_review(tmp_path, cuts, people="expected"))


def test_window_jumping_off_a_person_is_not_a_cut(tmp_path: Path) -> None:
    def off(time: float, size: tuple[int, int]) -> Picture:
        return _face(time, size, 65) if time < 1.6 else 255 - _face(time, size, 500) // 2

    source = probe(make_video(tmp_path / "source.mp4", size=SIZE, draw=lambda time, size: _face(time, size, 65)))
    found = _errors(_review(tmp_path, off, _edit(), source=source))["empty"]
    assert found.span == Span(Fraction(8, 5), Fraction(4))


def test_soft_source_gives_only_a_warning(tmp_path: Path) -> None:
    grain = np.repeat(_natural((960, 540))[..., None], 3, axis=2)
    soft = np.asarray(cv2.GaussianBlur(grain, (0, 0), 2.5), dtype=np.uint8)
    large = (540, 960)
    sharp_source, soft_source = (
        probe(make_video(tmp_path / f"{name}.mp4", size=large, seconds=0.8, draw=_showing(shown)))
        for name, shown in (("sharp", grain), ("soft", soft))
    )
    for source, severity in ((sharp_source, "error"), (soft_source, "warning")):
        edit = replace(_edit(), highlight=Highlight(Span(Fraction(0), Fraction(4, 5))))
        review = _review(tmp_path, _showing(soft), edit, seconds=0.8, size=large, source=source)
        assert {f.severity for f in review.findings if f.check == "sharpness"} == {severity}


def test_bluish_faces_are_reported(tmp_path: Path) -> None:
    found = _errors(_review(tmp_path, lambda time, size: _face(time, size, 65, (90, 150, 220)), seconds=2))
    assert set(found) == {"colours"}


def test_shake_is_distinguished_from_a_pan(tmp_path: Path) -> None:
    jumps = np.random.default_rng(2).integers(-4, 5, (200, 2))

    def trembles(time: float, size: tuple[int, int]) -> Picture:
        x, y = jumps[round(time * 25)]
        return np.roll(moving(0, size), (int(y), int(x)), axis=(0, 1))

    def pans(time: float, size: tuple[int, int]) -> Picture:
        return np.roll(moving(0, size), round(time * 75), axis=1)

    found = _errors(_review(tmp_path, trembles))["shake"]
    assert found.value == pytest.approx(2.6 * 2**0.5 / 180, rel=0.5)
    assert "shake" not in _errors(_review(tmp_path, pans))


def test_more_than_three_flashes_per_second_are_reported(tmp_path: Path) -> None:
    def flashing(rate: float) -> Draw:
        return lambda time, size: np.full((size[1], size[0], 3), 230 if time * rate % 1 < 0.5 else 30, np.uint8)

    assert "flashes" in _errors(_review(tmp_path, flashing(5), seconds=2))
    assert "flashes" not in _errors(_review(tmp_path, flashing(2.5), seconds=2))

    def corner(time: float, size: tuple[int, int]) -> Picture:
        picture = moving(0, size)
        picture[:100, :100] = 230 if time * 5 % 1 < 0.5 else 30  # 17 % of the picture
        return picture

    assert "flashes" not in _errors(_review(tmp_path, corner, seconds=2))


def test_soft_picture_is_accepted_when_the_crop_explains_it(tmp_path: Path) -> None:
    grain = np.repeat(_natural((960, 560))[..., None], 3, axis=2)

    large = (540, 960)

    def shown(factor: int) -> Draw:
        small = cv2.resize(grain[::1, ::1], None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
        big = np.asarray(cv2.resize(small, (560, 960), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
        return lambda time, size: big[: size[1], round(25 * time) :][:, : size[0]]

    assert "sharpness" not in _errors(_review(tmp_path, shown(1), seconds=0.8, size=large))
    assert "sharpness" in _errors(_review(tmp_path, shown(4), seconds=0.8, size=large))
    panel = Panel((Keyframe(Fraction(0), Box(0, 0, 45, 80)),), (0, 0, *SIZE))
    edit = _edit(2)
    edit = replace(edit, crop=replace(edit.crop, shots=(replace(edit.crop.shots[0], panels=(panel,)),)))
    review = _review(tmp_path, shown(4), edit, seconds=0.8, size=large)
    assert "sharpness" not in _errors(review)
    assert "upscale" in {finding.check for finding in review.findings}
