"""Files of at most a given size: a cap on the bit rate, which lowers the quality only where it must.

An encoder that keeps to ``maxrate`` with a buffer of ``bufsize`` bits (the video buffering verifier of H.264, annex C)
spends no more than their product with time plus the buffer. The rest of a file is sound and the container's index.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from clipy.errors import RenderError
from clipy.media.aac import BIT_RATE
from clipy.media.encoding import Encoding

_BUFFER = 2  # seconds of the highest bit rate that an encoder may save up
_OVERHEAD = 0.985  # what is left beside the container's index
_SOUND = 1.05 * BIT_RATE
_LEAST_BITS = 0.008  # a pixel: below it a picture is no longer fit to publish
_SHARES = (1.0, 0.8, 0.6)  # of the budget, for encoders that do not keep to their limit


def bit_rate_caps(max_size: int, duration: Fraction, width: int, height: int, rate: Fraction) -> Iterator[int]:
    """Bit rates of the picture (bits per second) to try in turn, for a file of at most ``max_size`` bytes.

    Raises RenderError where no picture worth publishing fits.
    """
    seconds = float(duration)
    budget = 8 * max_size * _OVERHEAD - _SOUND * seconds
    cap = budget / (seconds + _BUFFER)
    least = _LEAST_BITS * width * height * float(rate)
    if cap < least:
        needed = (least * (seconds + _BUFFER) + _SOUND * seconds) / 8 / _OVERHEAD
        size = f"{max_size / 1e6:g} MB (at least {needed / 1e6:.1f} MB)"
        raise RenderError(
            f"{seconds:.0f} s of {width}x{height} do not fit into {size}",
            do="Raise render.max_size, or make shorter or smaller clips",
        )
    yield from (round(cap * share) for share in _SHARES)


def capped(encoding: Encoding, cap: int) -> Encoding:
    """The settings, with the bit rate of the picture limited to ``cap`` bits per second."""
    options = {**encoding.options, "maxrate": str(cap), "bufsize": str(_BUFFER * cap)}
    return replace(encoding, options=options, bit_rate=min(encoding.bit_rate, cap) if encoding.bit_rate else 0)
