"""The best size of Whisper that this machine runs fast enough, for ``transcribe.model = "auto"``."""

from __future__ import annotations

import logging
from collections.abc import Callable

from clipy.errors import ModelError

log = logging.getLogger(__name__)

AUTO = "auto"
SMALLEST = "base"
# Work for 30 s of speech, by the parameters of encoder and decoder, as a multiple of the smallest; the best first.
_WORK = {"large-v3": 25.0, "large-v3-turbo": 18.0, "medium": 12.0, "small": 3.7}
_TRIED = 0.8  # share of the wanted speed that a size has to be expected to reach; then it is measured


def choose_size(measured: Callable[[str], float], at_least: float, *, on_graphics_card: bool) -> str:
    """The best size that runs at ``at_least`` times real time.

    ``measured(size)`` is the speed of a size in times real time, and raises ModelError where its weights cannot be had.
    Only what the speed of the smallest promises is fetched and measured. On a graphics card, larger networks lose less
    speed than they have more work.
    """
    speeds = {SMALLEST: measured(SMALLEST)}
    for size, work in _WORK.items():
        if speeds[SMALLEST] / (work**0.5 if on_graphics_card else work) < _TRIED * at_least:
            continue
        try:
            speeds[size] = measured(size)
        except ModelError as error:
            log.warning("Whisper %s is not considered: %s", size, error)
            continue
        if speeds[size] >= at_least:
            break
    fast_enough = [size for size in _WORK if speeds.get(size, 0.0) >= at_least]
    chosen = fast_enough[0] if fast_enough else SMALLEST
    found = ", ".join(f"{size} {speed:.1f}" for size, speed in speeds.items())
    log.info("transcribe.model: Whisper %s, for at least %.1f times real time (measured: %s)", chosen, at_least, found)
    return chosen
