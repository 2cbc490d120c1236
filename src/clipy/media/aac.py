"""AAC encoding and decoding: what goes into a clip, and what a player makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain
from typing import TypeAlias

import av
import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 48_000
BIT_RATE = 160_000

Samples = NDArray[np.float32]
Packet: TypeAlias = "av.Packet[av.AudioStream]"


def encode_aac(blocks: Iterable[Samples]) -> Iterator[Packet]:
    """Encode stereo sound, float32 (2, samples) at 48 kHz in -1..1. The first packet starts before time 0 (priming)."""
    encoder = _encoder()
    position = 0
    for block in chain(blocks, (None,)):
        if block is not None and block.shape[1] == 0:
            continue
        frame = None if block is None else _frame(block, position)
        position += 0 if block is None else block.shape[1]
        yield from encoder.encode(frame)


def decode_aac(packets: Iterable[Packet]) -> Iterator[Samples]:
    """Decode packets of ``encode_aac`` as a player does. Encoding can raise peaks by over 1 dB."""
    decoder = av.CodecContext.create("aac", "r")
    decoder.extradata = _encoder().extradata
    for packet in packets:
        for frame in decoder.decode(packet):
            yield np.asarray(frame.to_ndarray(), dtype=np.float32)


def _encoder() -> av.AudioCodecContext:
    encoder = av.CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format = SAMPLE_RATE, "stereo", "fltp"
    encoder.bit_rate, encoder.time_base = BIT_RATE, Fraction(1, SAMPLE_RATE)
    encoder.open()
    return encoder


def _frame(samples: Samples, position: int) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="stereo")
    frame.sample_rate, frame.time_base, frame.pts = SAMPLE_RATE, Fraction(1, SAMPLE_RATE), position
    return frame
