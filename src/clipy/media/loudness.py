"""Loudness and level measurement according to ITU-R BS.1770 and EBU R 128.

Sound is a stream of float32 blocks (channels, samples) in -1..1; one or two channels.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

from clipy.types import Array, Span

Block = NDArray[np.float32]

_GATE = -70.0  # LUFS; BS.1770 ignores quieter passages, and FFmpeg reports this value if nothing else is left


@dataclass(frozen=True, slots=True)
class Loudness:
    """``integrated`` in LUFS and ``true_peak`` in dBTP, both -inf for silence; ``range`` in LU."""

    integrated: float
    true_peak: float
    range: float


def measure_loudness(blocks: Iterable[Block], rate: int) -> Loudness:
    """Measure a stream. Sound shorter than the 0.4 s that BS.1770 needs is repeated."""
    metadata = _final_metadata(blocks, rate, "peak=true:metadata=1")
    return Loudness(
        integrated=_integrated(metadata),
        true_peak=to_decibels(float(metadata.get("lavfi.r128.true_peak", 0.0))),
        range=float(metadata.get("lavfi.r128.LRA", 0.0)),
    )


def integrated_loudness(blocks: Iterable[Block], rate: int) -> float:
    """Only ``measure_loudness(...).integrated``: true peaks cost more than the rest."""
    return _integrated(_final_metadata(blocks, rate, "metadata=1"))


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """RMS level in dBFS, float32 (n,), one for each ``step`` seconds from 0 on; at least -70."""

    decibels: Array
    step: float = 0.1

    def within(self, span: Span) -> Array:
        """The levels of a span; at least one."""
        first = min(int(span.start / self.step), max(0, len(self.decibels) - 1))
        return self.decibels[first : max(first + 1, int(span.end / self.step))]


def block_levels(samples: NDArray[np.floating], size: int, floor: float) -> NDArray[np.float32]:
    """RMS levels in dBFS (at least ``floor``) of each whole block of ``size`` samples of sound (channels, n).

    Channels are averaged by power: a downmix would be off by up to 3 dB.
    """
    whole = samples.shape[-1] // size
    power = np.square(samples[:, : whole * size].reshape(len(samples), whole, size)).mean(axis=(0, 2))
    return np.asarray(10 * np.log10(np.maximum(power, 10 ** (floor / 10))), dtype=np.float32)


def to_decibels(amplitude: float) -> float:
    """An amplitude (1: full scale) in dB; -inf for 0."""
    return 20 * math.log10(amplitude) if amplitude > 0 else -math.inf


def to_amplitude(decibels: float) -> float:
    """A level in dB as an amplitude factor."""
    return float(10 ** (decibels / 20))


def _final_metadata(blocks: Iterable[Block], rate: int, options: str) -> dict[str, str]:
    """The metadata of FFmpeg's ebur128 filter at the end of a stream."""
    last: dict[str, str] = {}
    for frame in _filter_blocks(_repeat_short(blocks, rate), rate, options):
        last = frame.metadata or last
    return last


def _integrated(metadata: dict[str, str]) -> float:
    integrated = float(metadata.get("lavfi.r128.I", _GATE))
    return integrated if integrated > _GATE else -math.inf


def _repeat_short(blocks: Iterable[Block], rate: int) -> Iterator[Block]:
    length, last = 0, None
    for block in blocks:
        length, last = length + block.shape[1], block
        yield block
    while last is not None and 0 < length < rate // 2:
        length += last.shape[1]
        yield last


def _filter_blocks(blocks: Iterable[Block], rate: int, options: str) -> Iterator[av.AudioFrame]:
    """Run blocks through the ebur128 filter."""
    graph: Graph | None = None
    position = 0
    for block in blocks:
        if block.shape[1] == 0:
            continue
        layout = "mono" if block.shape[0] == 1 else "stereo"
        graph = graph or _ebur128_graph(rate, layout, options)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout=layout)
        frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), position
        position += block.shape[1]
        graph.push(frame)
        yield from _pull(graph)
    if graph is not None:
        graph.push(None)
        yield from _pull(graph)


def _ebur128_graph(rate: int, layout: str, options: str) -> Graph:
    graph = Graph()
    source = graph.add("abuffer", f"sample_rate={rate}:sample_fmt=fltp:channel_layout={layout}:time_base=1/{rate}")
    graph.link_nodes(source, graph.add("ebur128", options), graph.add("abuffersink")).configure()
    return graph


def _pull(graph: Graph) -> Iterator[av.AudioFrame]:
    while True:
        try:
            yield cast("av.AudioFrame", graph.pull())
        except (av.error.BlockingIOError, av.error.EOFError):
            return
