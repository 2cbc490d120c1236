"""How loud sound is, as ITU-R BS.1770 and EBU R 128 say, and a limiter that keeps its true peak down.

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

Block = NDArray[np.float32]

_GATE = -70.0  # LUFS: BS.1770 leaves quieter stretches out, and FFmpeg answers with this when nothing else is there
_OVERSAMPLED = 192_000  # BS.1770 asks for four times 48 kHz to find the peaks between samples


@dataclass(frozen=True, slots=True)
class Loudness:
    """``integrated`` in LUFS and ``true_peak`` in dBTP, both -inf for silence; ``range`` in LU."""

    integrated: float
    true_peak: float
    range: float


def measure(blocks: Iterable[Block], rate: int) -> Loudness:
    """Measure a stream. Sound shorter than the 0.4 s that BS.1770 needs counts as that much of itself."""
    last: dict[str, str] = {}
    for frame in _filtered(_long_enough(blocks, rate), rate, [("ebur128", "peak=true:metadata=1")]):
        last = frame.metadata or last
    integrated = float(last.get("lavfi.r128.I", _GATE))
    peak = float(last.get("lavfi.r128.true_peak", 0.0))
    return Loudness(
        integrated=integrated if integrated > _GATE else -math.inf,
        true_peak=decibels(peak),
        range=float(last.get("lavfi.r128.LRA", 0.0)),
    )


def limited(blocks: Iterable[Block], rate: int, ceiling: float) -> Iterator[Block]:
    """The same sound, turned down for a moment wherever its true peak would pass ``ceiling`` dBTP."""
    chain = [
        ("aresample", str(_OVERSAMPLED)),
        ("alimiter", f"limit={amplitude(ceiling):.6f}:level=disabled:attack=5:release=60:latency=1"),
        ("aresample", str(rate)),
        ("aformat", "sample_fmts=fltp"),
    ]
    for frame in _filtered(blocks, rate, chain):
        yield np.asarray(frame.to_ndarray(), dtype=np.float32)


def decibels(amplitude: float) -> float:
    """An amplitude (1 is full scale) in dB; -inf for 0."""
    return 20 * math.log10(amplitude) if amplitude > 0 else -math.inf


def amplitude(decibels: float) -> float:
    """The factor that a change in dB multiplies samples by."""
    return float(10 ** (decibels / 20))


def _long_enough(blocks: Iterable[Block], rate: int) -> Iterator[Block]:
    length, last = 0, None
    for block in blocks:
        length, last = length + block.shape[1], block
        yield block
    while last is not None and 0 < length < rate // 2:
        length += last.shape[1]
        yield last


def _filtered(blocks: Iterable[Block], rate: int, chain: list[tuple[str, str]]) -> Iterator[av.AudioFrame]:
    """Run blocks through a chain of FFmpeg filters."""
    graph: Graph | None = None
    position = 0
    for block in blocks:
        if block.shape[1] == 0:
            continue
        layout = "mono" if block.shape[0] == 1 else "stereo"
        graph = graph or _graph(rate, layout, chain)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout=layout)
        frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), position
        position += block.shape[1]
        graph.push(frame)
        yield from _pulled(graph)
    if graph is not None:
        graph.push(None)
        yield from _pulled(graph)


def _graph(rate: int, layout: str, chain: list[tuple[str, str]]) -> Graph:
    graph = Graph()
    source = graph.add("abuffer", f"sample_rate={rate}:sample_fmt=fltp:channel_layout={layout}:time_base=1/{rate}")
    nodes = [source, *(graph.add(name, arguments) for name, arguments in chain), graph.add("abuffersink")]
    graph.link_nodes(*nodes).configure()
    return graph


def _pulled(graph: Graph) -> Iterator[av.AudioFrame]:
    while True:
        try:
            yield cast("av.AudioFrame", graph.pull())
        except (av.error.BlockingIOError, av.error.EOFError):
            return
