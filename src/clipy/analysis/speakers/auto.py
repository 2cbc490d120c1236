"""Who speaks, by lips and by a network, weighed: the default."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from clipy import models
from clipy.analysis.base import SpeakerDetector
from clipy.analysis.speakers.lip_sync import LipSync, speaking
from clipy.analysis.speakers.lr_asd import LrAsd
from clipy.analysis.speakers.scoring.evidence import combined, lip_trust, needs_network
from clipy.context import Context
from clipy.errors import ModelError
from clipy.types import Track, Video

log = logging.getLogger(__name__)

_LOOKAHEAD = 0.1  # seconds; that of lip-sync is 0.2, the network has none


class Auto(SpeakerDetector):
    """Lips on a face mesh and the network LR-ASD, weighed by how big a face is and how far it is turned.

    The network is asked where somebody is heard and two faces or more are on screen, so that there is a choice, or lips
    cannot be measured. Its weights are fetched once; where they cannot be had, lips alone tell, which is said.
    """

    version = 6

    class Options(SpeakerDetector.Options):
        """Nothing to set; pick a detector by name to set its options."""

    options: Options

    def __init__(self, options: SpeakerDetector.Options | None = None) -> None:
        super().__init__(options)
        self._lips = LipSync()

    def identity(self) -> dict[str, object]:
        parts = [part.identity() for part in (self._lips, self._network) if part is not None]
        return {**super().identity(), "parts": parts}

    def input_digests(self) -> tuple[str, ...]:
        network = () if self._network is None else self._network.input_digests()
        return (*self._lips.input_digests(), *network)

    def lookahead_seconds(self) -> float:
        return self._lips.lookahead_seconds() if self._network is None else _LOOKAHEAD

    def benefits_from_diarization(self) -> bool:
        return self._network is not None

    def score(self, video: Video, tracks: list[Track], ctx: Context) -> list[Track]:
        log.info("active speakers are found by %s", "lip-sync" if self._network is None else "lip-sync and lr-asd")
        if self._network is None:
            return self._lips.score(video, tracks, ctx)
        measured = self._lips.measure(video, tracks, ctx.within(0, 0.5))
        trust = [lip_trust(track, mouth) for track, mouth, _ in measured]
        stretches = needs_network(tracks, [heard.speech for _, _, heard in measured], trust)
        network = _log_odds(self._network, video, tracks, stretches, ctx.within(0.5, 1))
        return [
            replace(track, speaking=_probability(combined(speaking(mouth, heard), odds, sure)))
            for (track, mouth, heard), odds, sure in zip(measured, network, trust, strict=True)
        ]

    @cached_property
    def _network(self) -> LrAsd | None:
        """The first use fetches the weights."""
        try:
            models.fetch(models.LR_ASD)
        except ModelError as error:
            log.warning(
                "lr-asd is not available (%s): lip-sync alone finds the speaker and errs on profiles and small faces."
                " Fetch it with: clipy models pull lr-asd",
                error.what,
            )
            return None
        return LrAsd()


def _log_odds(
    network: LrAsd, video: Video, tracks: Sequence[Track], stretches: Sequence[Sequence[slice]], ctx: Context
) -> list[NDArray[np.float32]]:
    """The network's log odds at each track's times, NaN outside of some stretches."""
    places = [(number, part) for number, parts in enumerate(stretches) for part in parts]
    asked = [_part(tracks[number], part) for number, part in places]
    found = [np.full(len(track.times), np.nan, dtype=np.float32) for track in tracks]
    for (number, part), odds in zip(places, network.log_odds(video, asked, ctx), strict=True):
        found[number][part] = odds
    return found


def _part(track: Track, part: slice) -> Track:
    return replace(track, times=track.times[part], boxes=track.boxes[part], confidence=track.confidence[part])


def _probability(log_odds: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.asarray(1 / (1 + np.exp(-log_odds)), dtype=np.float32)
