"""Cuts by PySceneDetect on our own frames with their own times, and gradual transitions beside them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from clipy.analysis.base import ShotDetector
from clipy.analysis.shots.transitions.division import divided
from clipy.analysis.shots.transitions.gradual import SIZE, GradualTransitions
from clipy.context import Context
from clipy.media.read import pictures
from clipy.types import Seconds, Shot, Span, Video, seconds

_HEIGHT = 144  # pixels: enough for the detector, which averages over the whole picture
_FLASH = Fraction(2, 5)  # seconds after which the picture before a flash must be back
_SAME = 0.35  # pictures differ by less than this share of the jump at the cut: the same picture came back
_CLOCK = Fraction(1, 90_000)


class PySceneDetect(ShotDetector):
    """Hard cuts by adaptive content change (PySceneDetect's ``AdaptiveDetector``), robust to flashes and fast motion.

    Each change is judged against its neighbours, so that a fast pan is no cut; one after which the old picture comes
    back is a flash. The threshold leans towards finding cuts: a missed one shows a wrong window, one too many nothing.
    Dissolves, fades, wipes and pushes are found by what explains the pictures between two shots (``transitions``).
    """

    version = 4

    class Options(ShotDetector.Options):
        threshold: float = Field(3.0, gt=1, description="How many times its neighbours a change must be to be a cut.")
        window: int = Field(3, ge=1, le=25, description="How many frames on each side are its neighbours.")
        minimum_change: float = Field(15, ge=0, le=255, description="Smallest mean change of a pixel that is a cut.")
        shortest: float = Field(0.4, ge=0, description="Shortest shot, in seconds.")

    options: Options

    def detect(self, video: Video, span: Span, ctx: Context) -> list[Shot]:
        gradual = GradualTransitions()
        cuts = list(self._cuts(video, span, gradual, ctx))
        return divided(span, cuts, gradual.transitions(), seconds(self.options.shortest))

    def _cuts(self, video: Video, span: Span, gradual: GradualTransitions, ctx: Context) -> Iterator[Seconds]:
        """The exact times of the first pictures after each hard cut; ``gradual`` sees the same pictures."""
        from scenedetect.common import FrameTimecode, Timecode
        from scenedetect.detectors import AdaptiveDetector

        detector = AdaptiveDetector(
            adaptive_threshold=self.options.threshold,
            window_width=self.options.window,
            min_content_val=self.options.minimum_change,
            min_scene_len=0,
        )
        guard = _FlashGuard()
        times: deque[tuple[int, Seconds]] = deque(maxlen=2 * self.options.window + 2)
        for index, (time, picture) in enumerate(pictures(video, span, height=min(_HEIGHT, video.height))):
            if index % 250 == 0:
                ctx.report("Detecting shots", float((time - span.start) / span.duration))
            ticks = round(time / _CLOCK)
            times.append((ticks, time))
            small = np.asarray(cv2.resize(picture, SIZE, interpolation=cv2.INTER_AREA), dtype=np.uint8)
            gradual.add(time, small)
            guard.see(time, small)
            stamp = FrameTimecode(Timecode(ticks, _CLOCK), fps=video.frame_rate)
            for cut in detector.process_frame(stamp, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)):
                guard.suspect(dict(times)[cut.pts])
            yield from guard.sure(time)
        yield from guard.sure(None)


@dataclass
class _FlashGuard:
    """Holds a cut back until it is known whether the picture before it comes back: then it was a flash."""

    seen: deque[tuple[Seconds, NDArray[np.float32]]] = field(default_factory=deque)
    suspects: deque[Seconds] = field(default_factory=deque)

    def see(self, time: Seconds, small: NDArray[np.uint8]) -> None:
        self.seen.append((time, small.astype(np.float32)))
        oldest = (self.suspects[0] if self.suspects else time - _FLASH) - _FLASH
        while self.seen[0][0] < oldest:
            self.seen.popleft()

    def suspect(self, time: Seconds) -> None:
        self.suspects.append(time)

    def sure(self, now: Seconds | None) -> Iterator[Seconds]:
        """The cuts that are old enough to be judged (all, at the end), without those that were flashes."""
        while self.suspects and (now is None or now >= self.suspects[0] + _FLASH):
            time = self.suspects.popleft()
            if not self._was_flash(time):
                yield time

    def _was_flash(self, time: Seconds) -> bool:
        before = np.array([picture for at, picture in self.seen if time - _FLASH <= at < time])
        after = np.array([picture for at, picture in self.seen if time <= at < time + _FLASH])
        if not len(before) or not len(after):
            return False
        jump = float(np.abs(after[0] - before[-1]).mean())
        return any(float(np.abs(after - old).mean(axis=(1, 2, 3)).min()) < _SAME * jump for old in before)
