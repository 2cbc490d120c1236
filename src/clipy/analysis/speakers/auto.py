"""Who speaks, by lips and by a network, weighed: the default."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from threading import Lock

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

_ASKING = Lock()  # threads of a run ask, and warn, once
_LOOKAHEAD = 0.1  # seconds; that of lip-sync is 0.2, the network has none


class Auto(SpeakerDetector):
    """Lips on a face mesh and the network LR-ASD, weighed by how big a face is and how far it is turned.

    The network is asked where somebody is heard and two faces or more are on screen, so that there is a choice, or lips
    cannot be measured. Its weights are fetched when there are faces to score; where they cannot be had, lips
    alone tell, which is said.
    """

    version = 6

    class Options(SpeakerDetector.Options):
        """Nothing to set; pick a detector by name to set its options."""

    options: Options

    def __init__(self, options: SpeakerDetector.Options | None = None) -> None:
        super().__init__(options)
        self._lips, self._network = LipSync(), LrAsd()
        self._found: bool | None = None  # whether there are weights, once somebody asked

    def identity(self) -> dict[str, object]:
        return {**super().identity(), "parts": [self._lips.identity(), self._network.identity()]}

    def release(self) -> None:
        self._network.release()

    def input_digests(self) -> tuple[str, ...]:
        return (*self._lips.input_digests(), *self._network.input_digests())

    def available(self) -> SpeakerDetector:
        """Itself where the weights can be had, else ``lip-sync``, which is said once."""
        with _ASKING:
            if self._found is None:
                self._found = _has_weights()
            return self if self._found else self._lips

    def lookahead_seconds(self) -> float:
        return _LOOKAHEAD

    def benefits_from_diarization(self) -> bool:
        return True

    def score(self, video: Video, tracks: list[Track], ctx: Context) -> list[Track]:
        if self.available() is not self:
            return self._lips.score(video, tracks, ctx)
        measured = self._lips.measure(video, tracks, ctx.within(0, 0.5))
        trust = [lip_trust(track, mouth) for track, mouth, _ in measured]
        stretches = needs_network(tracks, [heard.speech for _, _, heard in measured], trust)
        network = _log_odds(self._network, video, tracks, stretches, ctx.within(0.5, 1))
        return [
            replace(track, speaking=_probability(combined(speaking(mouth, heard), odds, sure)))
            for (track, mouth, heard), odds, sure in zip(measured, network, trust, strict=True)
        ]


def _has_weights() -> bool:
    """Whether the network's weights are on this machine, or have now been fetched; a warning where they are not."""
    try:
        models.fetch(models.LR_ASD)
    except ModelError as error:
        log.warning(
            "lr-asd is not available (%s): lip-sync alone finds the speaker and errs on profiles and small faces."
            " Fetch it with: clipy models pull lr-asd",
            error.what,
        )
        return False
    return True


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
