"""The inputs of a mix, mended and summed: a stream of blocks (2, samples) each, in exact time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

from clipy.media.loudness import to_amplitude
from clipy.mixing import MixInput

Block = NDArray[np.float32]

RUN_UP = 1  # seconds before a span in which notches settle: they ring for a tenth of that
_NOTCH = 4.0  # Hz that a notch is wide
_TOGETHER = 1 << 14  # samples that are summed at once


def mended(blocks: Iterator[Block], source: MixInput, rate: int, drop: int) -> Iterator[Block]:
    """A track's sound as an input of a mix: without hum, its sides as they should be, at its level.

    ``drop`` samples at the beginning are only there for the notches to settle.
    """
    gain = to_amplitude(source.gain)
    sides = np.array([[gain * part for part in side] for side in (source.left, source.right)], dtype=np.float32)
    stream = _notched(blocks, source.hum, rate) if source.hum else blocks
    for block in stream:
        kept = block[:, min(drop, block.shape[1]) :]
        drop -= block.shape[1] - kept.shape[1]
        if kept.shape[1]:
            yield np.asarray(sides @ kept, dtype=np.float32)


def summed(streams: Sequence[Iterator[Block]], channels: int) -> Iterator[Block]:
    """The inputs of a mix, which are equally long, added up; as one channel the mean of both sides."""
    whole = [_rechunked(stream) for stream in streams]
    for parts in zip(*whole, strict=True):
        block = np.sum(parts, axis=0, dtype=np.float32)
        yield np.asarray(block if channels == 2 else block.mean(axis=0, keepdims=True), dtype=np.float32)


def _rechunked(stream: Iterator[Block]) -> Iterator[Block]:
    """Blocks of one length, the last one shorter."""
    held: list[Block] = []
    length = 0
    for block in stream:
        held.append(block)
        length += block.shape[1]
        while length >= _TOGETHER:
            joined = np.concatenate(held, axis=1)
            yield joined[:, :_TOGETHER]
            held, length = [joined[:, _TOGETHER:]], length - _TOGETHER
    if length:
        yield np.concatenate(held, axis=1)


def _notched(blocks: Iterator[Block], frequencies: Sequence[float], rate: int) -> Iterator[Block]:
    graph = Graph()
    source = graph.add("abuffer", f"sample_rate={rate}:sample_fmt=fltp:channel_layout=stereo:time_base=1/{rate}")
    notches = [graph.add("bandreject", f"f={f:.2f}:t=h:w={_NOTCH}:r=f64") for f in frequencies]
    back = graph.add("aformat", "sample_fmts=fltp")
    graph.link_nodes(source, *notches, back, graph.add("abuffersink")).configure()
    position = 0
    for block in blocks:
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout="stereo")
        frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), position
        position += block.shape[1]
        graph.push(frame)
        yield from _pulled(graph)
    graph.push(None)
    yield from _pulled(graph)


def _pulled(graph: Graph) -> Iterator[Block]:
    while True:
        try:
            frame = graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        assert isinstance(frame, av.AudioFrame)  # noqa: S101  nothing else goes in
        yield np.asarray(frame.to_ndarray(), dtype=np.float32)
