"""Cuts and gradual transitions by TransNet V2, a network that was trained on both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from clipy import models
from clipy.analysis.base import ShotDetector
from clipy.analysis.shots.transitions.division import divided
from clipy.analysis.shots.transitions.gradual import Transition
from clipy.arrays import true_runs
from clipy.context import Context
from clipy.media.read import pictures
from clipy.models import inference
from clipy.types import Seconds, Shot, Span, Video, seconds

_SIZE = (48, 27)  # columns and rows that the network was trained on
_FASTEST = 30  # frames per second, about, that it was trained on: of more, only some are shown to it
_WINDOW = 250  # pictures of one call, of which
_MARGIN = 25  # ... these at either end are only looked at, not judged
_INSIDE = 0.5  # probability from which a picture is within a transition

Judged = tuple[Seconds, float, float]


class TransNetV2(ShotDetector):
    """Cuts, dissolves, fades and wipes by TransNet V2 (Soucek and Lokoc 2020) on ONNX Runtime.

    It looks at each picture among the 50 around it, for some 10 s of processor time a minute of video, where
    ``pyscenedetect`` takes one. Weights (30 MB, MIT) come from a package and are fetched once.
    """

    class Options(ShotDetector.Options):
        threshold: float = Field(0.5, gt=0, lt=1, description="Probability from which a picture begins a new shot.")
        shortest: float = Field(0.4, ge=0, description="Shortest shot, in seconds.")

    options: Options

    def __init__(self, options: ShotDetector.Options | None = None) -> None:
        super().__init__(options)
        self._network: inference.Network | None = None

    def release(self) -> None:
        self._network = None

    def input_digests(self) -> tuple[str, ...]:
        return (models.sha256(models.TRANSNETV2),)

    def detect(self, video: Video, span: Span, ctx: Context) -> list[Shot]:
        judged = list(self._judged(video, span, ctx))
        times = [time for time, _, _ in judged]
        cuts: list[Seconds] = []
        gradual: list[Transition] = []
        inside = np.array([probability >= _INSIDE for _, _, probability in judged], dtype=bool)
        for first, last in true_runs(np.array([one >= self.options.threshold for _, one, _ in judged], dtype=bool)):
            begin, end = _widened(inside, first, last)
            middle = times[min(len(times) - 1, (first + last) // 2 if end - begin > 2 else last)]
            if end - begin > 2:
                extent = Span(times[max(0, begin - 1)], times[min(len(times) - 1, end)])
                gradual.append(Transition(extent, middle, "network"))
            else:
                cuts.append(middle)
        return divided(span, cuts, gradual, seconds(self.options.shortest))

    def _judged(self, video: Video, span: Span, ctx: Context) -> Iterator[Judged]:
        """Each picture's time, the probability that it ends a shot, and that it is within a transition."""
        times: list[Seconds] = []
        small: list[NDArray[np.uint8]] = []
        ahead = 0  # pictures at the beginning that were judged with those before them
        for time, picture in _thinned(pictures(video, span, height=min(144, video.height))):
            times.append(time)
            small.append(np.asarray(cv2.resize(picture, _SIZE, interpolation=cv2.INTER_AREA), dtype=np.uint8))
            if len(small) == _WINDOW:
                ctx.report("Detecting shots", float((time - span.start) / span.duration))
                yield from self._window(times, small, ahead, _WINDOW - _MARGIN, ctx)
                kept = _WINDOW - 2 * _MARGIN
                times, small, ahead = times[kept:], small[kept:], _MARGIN
        if len(small) > ahead:
            yield from self._window(times, small, ahead, len(small), ctx)

    def _window(
        self, times: Sequence[Seconds], small: Sequence[NDArray[np.uint8]], first: int, last: int, ctx: Context
    ) -> Iterator[Judged]:
        if self._network is None:
            path = models.fetch(models.TRANSNETV2, report=ctx.report)
            (self._network,) = inference.load(["transnetv2"], path, ctx.device, "transnetv2")
        shown = np.stack(small)
        (found,) = self._network(pictures=shown[None], histograms=_histograms(shown)[None])
        for index in range(first, last):
            yield times[index], float(found[index, 0]), float(found[index, 1])


def _thinned(shown: Iterator[tuple[Seconds, NDArray[np.uint8]]]) -> Iterator[tuple[Seconds, NDArray[np.uint8]]]:
    """Without those that come too soon after the one before."""
    least = Fraction(4, 5) / _FASTEST
    before: Seconds | None = None
    for time, picture in shown:
        if before is None or time - before >= least:
            before = time
            yield time, picture


def _histograms(shown: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How many pixels of each picture have each of 512 colours, (n, 512), as vectors of unit length."""
    bins = shown.astype(np.int64) >> 5
    colours = (bins[..., 0] << 6) + (bins[..., 1] << 3) + bins[..., 2]
    counts = np.stack([np.bincount(picture.ravel(), minlength=512) for picture in colours]).astype(np.float32)
    return np.asarray(counts / np.linalg.norm(counts, axis=1, keepdims=True), dtype=np.float32)


def _widened(inside: NDArray[np.bool_], first: int, last: int) -> tuple[int, int]:
    """The run of pictures within a transition around those that may begin a shot."""
    while first > 0 and inside[first - 1]:
        first -= 1
    while last < len(inside) and inside[last]:
        last += 1
    return first, last
